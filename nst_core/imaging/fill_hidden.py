"""Fills hidden (masked or transparent) pixels from visible ones, so that their values do not influence the result."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import strips


def fill_hidden(color: Float, visible: Float) -> Float:
    """color (H, W, C), with pixels where `visible` (H, W) is less than 1 blended with the colours of visible ones near.

    Push and pull over a pyramid (Gortler et al., The Lumigraph, 1996): hidden areas take means of coarser levels.
    Returns `color` itself if all is visible.
    """
    if (visible >= 1).all():
        return color
    height, width = color.shape[:2]
    if min(height, width) < 2:
        weight = visible[..., None]
        total = max(float(weight.sum()), 1e-6)
        mean = (color * weight).sum((0, 1)) / total
        flat: Float = (color * weight + mean * (1 - weight)).astype(np.float32)
        return flat
    around = fill_hidden(*_coarser(color, visible))
    out = np.empty(color.shape, np.float32)
    for half, rows in _pairs(height, width):
        weight = visible[rows, :, None]
        near = around[half].repeat(2, 0).repeat(2, 1)[: rows.stop - rows.start, :width]
        out[rows] = color[rows] * weight + near * (1 - weight)
    return out


def _coarser(color: Float, visible: Float) -> tuple[Float, Float]:
    """At half the size: the mean colour of visible pixels, and the mean of `visible`."""
    height, width = color.shape[:2]
    size = -(-height // 2), -(-width // 2)
    small, small_visible = np.empty((*size, color.shape[2]), np.float32), np.empty(size, np.float32)
    for half, rows in _pairs(height, width):
        weight = visible[rows, :, None]
        share = _halved(weight)
        small[half] = _halved(color[rows] * weight) / np.maximum(share, 1e-6)
        small_visible[half] = np.minimum(share[..., 0] * 4, 1)
    return small, small_visible


def _pairs(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Strips of the halved picture, each with the rows of the full one that it is computed from."""
    for half in strips(-(-height // 2), 2 * width):
        yield half, slice(2 * half.start, min(2 * half.stop, height))


def _halved(values: Float) -> Float:
    """Means over 2 x 2; odd sides repeat their last row or column."""
    padded = np.pad(values, ((0, values.shape[0] % 2), (0, values.shape[1] % 2), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, -1)
    means: Float = blocks.mean((1, 3))
    return means
