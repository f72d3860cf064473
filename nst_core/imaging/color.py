"""Colour transfer: moment matching of colours, and the chroma of one picture with the lightness of another.

Pictures are float32 (H, W, 3) sRGB in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float

_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

NOISY = 0.01
"""Standard deviation of a picture's colours along an axis, about three steps of 8 bits: less may be only noise."""
NOISE_GAIN = 4.0
"""Largest factor by which a deviation of NOISY or less is stretched to match another palette."""
_BISECTIONS = 12
_PIECE = 1_000_000
"""Pixels that are summed at a time."""


@dataclass(frozen=True)
class Palette:
    """Mean (3,) and covariance (3, 3) of a picture's colours."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def palette(pixels: Float, shares: Float | None = None) -> Palette:
    """The palette of a picture (H, W, 3), summed in pieces, so that no large copy is made.

    shares: (H, W) in [0, 1], the weight of each pixel; they may not all be zero.
    """
    count, total, products = 0.0, np.zeros(3), np.zeros((3, 3))
    rows = max(1, _PIECE * 3 * len(pixels) // pixels.size)
    for top in range(0, len(pixels), rows):
        piece = pixels[top : top + rows].reshape(-1, 3).astype(np.float64)
        share = np.ones(len(piece)) if shares is None else shares[top : top + rows].reshape(-1)
        count, total, products = count + share.sum(), total + share @ piece, products + (piece.T * share) @ piece
    mean = total / count
    return Palette(mean, (products - count * np.outer(mean, mean)) / max(count - 1, 1))


def matched(style: Float, wanted: Palette) -> Float:
    """The style with that mean and covariance of its colours (Gatys et al. 2017, symmetric square roots)."""
    own = palette(style)
    return _transformed(style, own, wanted, _power(*_axes(own), -0.5))


def recolored(pixels: Float, own: Palette, wanted: Palette) -> Float:
    """A picture, or a part of it, with its colours changed so that the whole picture's palette `own` becomes `wanted`.

    A picture that is gray or flat, except for noise, does not reach that palette: noise would become visible spots.
    """
    values, vectors = _axes(own)
    variances = (vectors * (wanted.covariance @ vectors)).sum(0)
    # The limit grows fast, so that deviations above the noise are stretched as far as needed.
    most = NOISE_GAIN * np.maximum(1, np.sqrt(values) / NOISY) ** 3
    return _transformed(pixels, own, wanted, _power(np.maximum(values, variances / most**2), vectors, -0.5))


def _transformed(pixels: Float, own: Palette, wanted: Palette, whitening: NDArray[np.float64]) -> Float:
    """Whiten the colours with this (3, 3) matrix, then give them the covariance and mean of `wanted`."""
    matrix = _power(*_axes(wanted), 0.5) @ whitening
    colors = (pixels.reshape(-1, 3).astype(np.float64) - own.mean) @ matrix.T + wanted.mean
    out: Float = colors.reshape(pixels.shape).clip(0, 1).astype(np.float32)
    return out


def _axes(own: Palette) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The palette's variances (3,) and their directions, the columns of (3, 3)."""
    values, vectors = np.linalg.eigh(own.covariance + 1e-5 * np.eye(3))
    return values, vectors


def _power(values: NDArray[np.float64], vectors: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """(3, 3): the power of the matrix with these eigenvalues (3,) and eigenvectors, its columns."""
    powered: NDArray[np.float64] = (vectors * values**power) @ vectors.T
    return powered


def with_chroma_of(content: Float, result: Float, share: Float | float = 1.0) -> Float:
    """The lightness of `result` with the hue and chroma of `content`, in OkLab (Ottosson 2020).

    share: (H, W) in [0, 1]: 0 keeps the content's lightness, 1 takes the result's. A colour outside sRGB keeps its
    chroma and gets the nearest lightness for which sRGB has this chroma.
    """
    lab = oklab(content)
    lightness = lab[..., 0] + share * (oklab(result)[..., 0] - lab[..., 0])
    outside = ~_in_gamut(lab, lightness)
    lightness[outside] = _nearest_lightness(lab[outside], lightness[outside])
    return srgb(np.dstack([lightness, lab[..., 1:]]))


def _nearest_lightness(lab: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,): bisects between each colour's own lightness and `wanted` (N,). lab: (N, 3) colours inside sRGB."""
    inside, outside = lab[:, 0], wanted
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        fits = _in_gamut(lab, middle)
        inside, outside = np.where(fits, middle, inside), np.where(fits, outside, middle)
    return inside


def _in_gamut(lab: NDArray[np.float64], lightness: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether sRGB has these colours with that lightness. lab: (..., 3); lightness: (...)."""
    linear = _linear(np.concatenate([lightness[..., None], lab[..., 1:]], axis=-1))
    return np.asarray(((linear > -1e-4) & (linear < 1 + 1e-4)).all(axis=-1))


def oklab(pixels: Float) -> NDArray[np.float64]:
    """(H, W, 3) OkLab: lightness in [0, 1], then the green-red and the blue-yellow axis."""
    x = pixels.astype(np.float64)
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _LINEAR_TO_LMS.T) @ _LMS_TO_LAB.T
    return lab


def _linear(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear: NDArray[np.float64] = (lab @ np.linalg.inv(_LMS_TO_LAB).T) ** 3 @ np.linalg.inv(_LINEAR_TO_LMS).T
    return linear


def srgb(lab: NDArray[np.float64]) -> Float:
    """(H, W, 3) OkLab to sRGB, clipped to [0, 1]."""
    return encoded(_linear(lab).clip(0, 1)).clip(0, 1).astype(np.float32)


def encoded(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Linear light in [0, 1] with the transfer function of sRGB applied."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
