"""What an artist can see of a layer: hidden pixels are filled from visible ones, so that they influence nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def filled(color: Float, visible: Float) -> Float:
    """color (H, W, C), itself where all is visible. Where `visible` (H, W) is less than 1: the colour of what is near.

    Push and pull over a pyramid (Gortler et al., The Lumigraph, 1996): hidden areas take means of coarser levels.
    """
    if (visible >= 1).all():
        return color
    weight = visible[..., None]
    if min(color.shape[:2]) < 2:
        total = max(float(weight.sum()), 1e-6)
        mean = (color * weight).sum((0, 1)) / total
        flat: Float = (color * weight + mean * (1 - weight)).astype(np.float32)
        return flat
    small_weight = _halved(weight)
    small = _halved(color * weight) / np.maximum(small_weight, 1e-6)
    pulled = filled(small.astype(np.float32), np.minimum(small_weight[..., 0] * 4, 1).astype(np.float32))
    around = pulled.repeat(2, 0).repeat(2, 1)[: color.shape[0], : color.shape[1]]
    out: Float = (color * weight + around * (1 - weight)).astype(np.float32)
    return out


def _halved(values: Float) -> Float:
    """Means over 2 x 2; odd sides repeat their last row or column."""
    padded = np.pad(values, ((0, values.shape[0] % 2), (0, values.shape[1] % 2), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, -1)
    means: Float = blocks.mean((1, 3))
    return means
