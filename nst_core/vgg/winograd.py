"""Winograd convolutions, 3 x 3 in a quarter of the multiplications, for processors (Lavin & Gray, arXiv 1509.09308).

An output tile Y of 4 x 4 px comes from an input tile D of 6 x 6 px and the taps W of a convolution:

    Y = A [ (G W G') * (B D B') ] A'

where the matrices G, B and A evaluate polynomials at POINTS and at infinity, and interpolate (Toom and Cook). The
kernel G W G' is computed once; the 36 products become matrix products over channels. This module has the matrices and
kernels; `export.winograd` writes them into graphs. In float32 the result differs from a direct convolution by 4e-6
(relative norm).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float
from nst_core.vgg import weights
from nst_core.vgg.layers import CONVOLUTIONS

POINTS = (Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2))
"""Interpolation points. Together with infinity they contain each point's inverse: see `transforms`."""
TAPS, TILE = 3, 4
"""px: sides of a convolution's taps and of an output tile."""
INPUT_TILE = TILE + TAPS - 1
"""px: side of the input tile."""
PRODUCTS = INPUT_TILE**2
"""Products for each tile and pair of channels; a direct convolution has 144."""
FAST = tuple(conv.name for conv in CONVOLUTIONS[3:])
"""The convolutions that become faster; with fewer channels the transforms cost more than they save."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Transforms:
    """On tiles and taps as vectors, row by row. pixels: (36, 36), input tile to values; tile: (16, 36), back."""

    pixels: Matrix
    tile: Matrix


@cache
def kernels() -> dict[str, Float]:
    """The kernel (36, O, I) of each FAST convolution. Raises DamagedWeightsError."""
    arrays = weights.read(weights.verified(weights.WEIGHTS_FILE))
    return {name: kernel(arrays[f"{name}.weight"]) for name in FAST}


def kernel(taps: Float) -> Float:
    """taps: (O, I, 3, 3). Returns (36, O, I)."""
    _, to_kernel, _ = _matrices()
    values: Float = _twice(to_kernel).astype(np.float32) @ taps.reshape(-1, TAPS**2).T
    return values.reshape(-1, *taps.shape[:2])


def transforms(*, turned: bool = False) -> Transforms:
    """The transforms for kernels. turned: for taps turned by 180 degrees, as in the backward pass.

    At a point p the polynomial of reversed taps has the value of the original one at 1/p, times p squared. So the
    kernel of turned taps is a permuted and scaled kernel, and the pixels can be permuted and scaled instead.
    """
    to_tile, to_kernel, to_values = _matrices()
    if turned:
        order, factors = zip(*(_reversed(row, to_kernel) for row in to_kernel), strict=True)
        back = np.argsort(order)
        to_tile, to_values = to_tile[:, back], (np.array(factors)[:, None] * to_values)[back]
    return Transforms(pixels=_twice(to_values), tile=_twice(to_tile))


def _twice(one_dimension: Matrix) -> Matrix:
    """The same in both dimensions, on tiles as vectors."""
    return np.asarray(np.kron(one_dimension, one_dimension), np.float64)


def _reversed(row: Matrix, rows: Matrix) -> tuple[int, float]:
    """The index of the row that is this one reversed, up to a factor; and the factor."""
    turned = row[::-1]
    for index, other in enumerate(rows):
        factor = float(turned @ other / (other @ other))
        if np.allclose(turned, factor * other):
            return index, factor
    raise AssertionError(row)


@cache
def _matrices() -> tuple[Matrix, Matrix, Matrix]:
    """A (4, 6), G (6, 3) and B (6, 6) for one dimension, computed exactly and rounded once."""
    spread = [math.prod(p - q for q in POINTS if q != p) for p in POINTS]
    to_tile = [[p**power for p in POINTS] + [Fraction(power == TILE - 1)] for power in range(TILE)]
    to_kernel = [[p**tap / each for tap in range(TAPS)] for p, each in zip(POINTS, spread, strict=True)]
    to_kernel.append([Fraction(tap == TAPS - 1) for tap in range(TAPS)])
    to_values = [[*_with_roots([q for q in POINTS if q != p]), Fraction(0)] for p in POINTS]
    to_values.append(_with_roots(POINTS))
    return np.array(to_tile, float), np.array(to_kernel, float), np.array(to_values, float)


def _with_roots(roots: tuple[Fraction, ...] | list[Fraction]) -> list[Fraction]:
    """Coefficients, lowest first, of the polynomial with these roots."""
    polynomial = [Fraction(1)]
    for root in roots:
        shifted, padded = [Fraction(0), *polynomial], [*polynomial, Fraction(0)]
        polynomial = [a - root * b for a, b in zip(shifted, padded, strict=True)]
    return polynomial
