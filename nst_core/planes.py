"""Pictures (H, W, 3) and the backends' images (1, 3, H, W)."""

from __future__ import annotations

import numpy as np

from nst_core.backends import Float


def planes(pixels: Float) -> Float:
    """(H, W, 3) to the backends' (1, 3, H, W)."""
    return np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1)[None])


def picture(image: Float) -> Float:
    """(1, 3, H, W) to (H, W, 3)."""
    return np.ascontiguousarray(image[0].transpose(1, 2, 0))


def viewed(pixels: Float) -> Float:
    """Like `planes`, but the same memory seen another way: for pictures too large to be copied without need."""
    return pixels.transpose(2, 0, 1)[None]
