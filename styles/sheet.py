"""The sheet of paper everything is painted on: coordinates, noise, palettes, and how light falls on a relief.

Lengths are in units of the sheet's height: y runs from 0 (top) to 1, x from 0 to the aspect ratio. So a picture can
be painted at any size. Colours are sRGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

Array = npt.NDArray[Any]
Point = tuple[float, float]


@dataclass(frozen=True)
class Sheet:
    """A blank sheet. x, y: (H, W) float32 coordinates; rng: the only source of randomness."""

    x: Array
    y: Array
    rng: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.x.shape[0], self.x.shape[1]

    @property
    def unit(self) -> int:
        """Pixels per unit of length."""
        return int(self.x.shape[0])

    @property
    def aspect(self) -> float:
        """Width over height."""
        return float(self.x.shape[1] / self.x.shape[0])

    def zeros(self) -> Array:
        """(H, W) float32 zeros."""
        return np.zeros(self.shape, np.float32)


def blank(width: int, height: int, seed: int) -> Sheet:
    """A sheet of that many pixels."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return Sheet((x + 0.5) / height, (y + 0.5) / height, np.random.default_rng(seed))


def noise(sheet: Sheet, cell: float | Point, octaves: int = 1) -> Array:
    """Smooth noise (H, W), mean 0, deviation 1. cell: its grain, or its grain along x and along y."""
    across, down = cell if isinstance(cell, tuple) else (cell, cell)
    height, width = sheet.shape
    total = sheet.zeros()
    for octave in range(octaves):
        fine = 0.5**octave
        rows = max(2, min(height, round(1 / (down * fine)) + 2))
        columns = max(2, min(width, round(sheet.aspect / (across * fine)) + 2))
        grid = sheet.rng.standard_normal((rows, columns)).astype(np.float32)
        total += np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)) * fine
    return np.asarray((total - total.mean()) / (total.std() + 1e-6))


def warped(sheet: Sheet, amount: float, cell: float) -> Sheet:
    """The sheet with noise added to its coordinates, so that straight lines waver as if drawn by hand."""
    return Sheet(sheet.x + amount * noise(sheet, cell, 2), sheet.y + amount * noise(sheet, cell, 2), sheet.rng)


def step(low: float, high: float, value: Array) -> Array:
    """Smooth step: 0 below low, 1 above high; falling when low > high."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def hexes(codes: str) -> Array:
    """Colours (N, 3) from hexadecimal codes separated by spaces."""
    return np.array([[int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)] for c in codes.split()], np.float32)


def ramp(t: Array, colors: Array) -> Array:
    """Colours (..., 3) along a palette (N, 3) at t in [0, 1]."""
    at = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(t, at, colors[:, c]) for c in range(3)], -1).astype(np.float32)


def mix(a: Array, b: Array, t: Array | float) -> Array:
    """a where t is 0, b where it is 1; t of shape (H, W) mixes colours too."""
    if isinstance(t, np.ndarray) and t.ndim == 2 and (a.ndim == 3 or b.ndim in (1, 3)):
        t = t[..., None]
    return np.asarray(a * (1 - t) + b * t)


def luma(color: Array) -> Array:
    """Brightness of colours (..., 3)."""
    return np.asarray(color @ np.array([0.299, 0.587, 0.114], np.float32))


def blur(field: Array, sigma: float) -> Array:
    """Gaussian blur of (H, W) or (H, W, C), sigma in pixels."""
    spread = (sigma, sigma) + (0,) * (field.ndim - 2)
    return np.asarray(ndimage.gaussian_filter(field, spread, mode="nearest"))


def polygon(sheet: Sheet, points: Sequence[Point]) -> Array:
    """Coverage (H, W) of a polygon with smooth edges."""
    return drawn(sheet, [list(points)], 0)


def drawn(sheet: Sheet, lines: Sequence[Sequence[Point]], width: float) -> Array:
    """Coverage (H, W) of polylines of that width, or of filled polygons where the width is 0."""
    scale, (height, wide) = 2, sheet.shape
    picture = Image.new("L", (wide * scale, height * scale))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        points = [(x * sheet.unit * scale, y * sheet.unit * scale) for x, y in line]
        if width:
            pen.line(points, fill=255, width=max(1, round(width * sheet.unit * scale)), joint="curve")
        else:
            pen.polygon(points, fill=255)
    return np.asarray(picture.resize((wide, height), Image.Resampling.BOX), np.float32) / 255


def edges(label: Array) -> Array:
    """1 where the region number (H, W) changes to the right or below, else 0."""
    found = np.zeros(label.shape, np.float32)
    found[:, :-1] += label[:, 1:] != label[:, :-1]
    found[:-1] += label[1:] != label[:-1]
    return np.minimum(found, 1)


def lit(color: Array, height: Array, strength: float, gloss: float = 0.0) -> Array:
    """The colour of a relief that is lit from the upper left. height: (H, W) in pixels."""
    down, right = np.gradient(height * strength)
    length = np.sqrt(1 + down**2 + right**2)
    toward = np.array([-0.5, -0.6, 0.75], np.float32) / np.sqrt(0.25 + 0.36 + 0.5625)
    facing = (-right * toward[0] - down * toward[1] + toward[2]) / length
    shade = np.clip(facing / toward[2], 0.25, 1.6)
    shine = gloss * np.clip(facing, 0, 1) ** 24
    return np.asarray(np.clip(color * shade[..., None] ** 0.8 + shine[..., None], 0, 1))
