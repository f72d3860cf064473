"""Cells that tile a picture and turn with its direction field: the pieces of a mosaic, the panes of a window.

Oriented Voronoi cells moved to their centres (after Hausner, Simulating Decorative Mosaics, 2001); a cell never
crosses the border of a region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from styles.scene import Scene
from styles.sheet import Array
from styles.strokes import at, scattered

ROUNDS = 5


@dataclass(frozen=True)
class Cells:
    """number (H, W): whose cell a pixel is in; sites (N, 2) pixels (x, y); inset (H, W): pixels from its border."""

    number: Array
    sites: Array
    inset: Array

    def spread(self, values: Array) -> Array:
        """One value (or colour) per cell, as a picture."""
        return np.asarray(values[self.number])

    def mean(self, field: Array) -> Array:
        """The mean of a field (H, W) or (H, W, 3) over each cell."""
        planes = field[..., None] if field.ndim == 2 else field
        counts = np.maximum(np.bincount(self.number.ravel(), minlength=len(self.sites)), 1)
        sums = [
            np.bincount(self.number.ravel(), plane.ravel(), len(self.sites)) for plane in np.moveaxis(planes, -1, 0)
        ]
        means = np.stack(sums, -1) / counts[:, None]
        return means[:, 0] if field.ndim == 2 else means


def tiled(scene: Scene, size: float, square: float) -> Cells:
    """Cells about `size` wide (sheet heights). square: 1 for square ones along the angle, 0 for rounded ones."""
    sites = scattered(scene.sheet, size)
    height, width = scene.sheet.shape
    sites = np.clip(sites, 0, [width - 1, height - 1])
    reach = round(size * scene.sheet.unit * 1.9)
    for turn in range(ROUNDS):
        number = _nearest(scene, sites, reach, square)
        if turn < ROUNDS - 1:
            sites = _centers(number, sites)
    _, number = np.unique(number * (scene.label.max() + 1) + scene.label, return_inverse=True)
    number = number.reshape(height, width)
    sites = _centers(number, np.zeros((number.max() + 1, 2)))
    borders = (number != np.roll(number, 1, 0)) | (number != np.roll(number, 1, 1))
    borders[0], borders[:, 0] = False, False
    return Cells(number, sites, ndimage.distance_transform_edt(~borders).astype(np.float32))


def _centers(number: Array, sites: Array) -> Array:
    height, width = number.shape
    y, x = np.mgrid[0:height, 0:width]
    counts = np.bincount(number.ravel(), minlength=len(sites))
    some = counts > 0
    moved = sites.copy()
    for axis, field in enumerate((x, y)):
        sums = np.bincount(number.ravel(), field.ravel(), len(sites))
        moved[some, axis] = sums[some] / counts[some]
    return moved


def _nearest(scene: Scene, sites: Array, reach: int, square: float) -> Array:
    height, width = scene.sheet.shape
    best = np.full((height, width), np.inf, np.float32)
    number = np.zeros((height, width), np.int32)
    angles, labels = at(scene.angle, sites), at(scene.label, sites)
    for site, ((x, y), angle, label) in enumerate(zip(sites, angles, labels, strict=True)):
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        window = np.s_[top : int(y) + reach + 1, left : int(x) + reach + 1]
        if best[window].size == 0:
            continue
        rows, columns = best[window].shape
        dy = (np.arange(top, top + rows) - y)[:, None].astype(np.float32)
        dx = (np.arange(left, left + columns) - x)[None, :].astype(np.float32)
        u, v = np.abs(dx * np.cos(angle) + dy * np.sin(angle)), np.abs(dy * np.cos(angle) - dx * np.sin(angle))
        far = square * np.maximum(u, v) + (1 - square) * np.hypot(u, v) * 0.85
        far = far + (scene.label[window] != label) * 1e4
        nearer = far < best[window]
        best[window][nearer] = far[nearer]
        number[window][nearer] = site
    return number
