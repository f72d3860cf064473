"""The arrays of pictures: their type, their layouts (H, W, C) and (1, C, H, W), their digest."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def digest(pixels: Float) -> str:
    """SHA-256 of shape and values."""
    found = hashlib.sha256(repr(pixels.shape).encode())
    found.update(np.ascontiguousarray(pixels).data)
    return found.hexdigest()


def flatten(pixels: Float) -> Float:
    """The picture without alpha, (H, W, 3): transparent pixels are blended with white."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:]
    return pixels[..., :3] * alpha + (1 - alpha)


def planes(pixels: Float) -> Float:
    """(H, W, 3) to the backends' (1, 3, H, W)."""
    return np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1)[None])


def picture(image: Float) -> Float:
    """(1, 3, H, W) to (H, W, 3)."""
    return np.ascontiguousarray(image[0].transpose(1, 2, 0))
