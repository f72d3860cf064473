"""Pictures at another size, whole or a strip of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from nst_core.imaging.arrays import Float

STRIP_PIXELS = 1_000_000
"""Approximate number of pixels in a strip."""


def resize(pixels: Float, height: int, width: int) -> Float:
    """The picture (H, W, C) at another size, clipped to [0, 1]. A fourth channel is alpha and weights the colours."""
    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.shape[2] != 4:
        return _resampled(pixels, height, width)
    alpha = pixels[..., 3:]
    new_alpha = _resampled(alpha, height, width)
    weighed = _resampled(pixels[..., :3] * alpha, height, width)
    # Where alpha is 0 the weighted colour is undefined; the unweighted one is used.
    hidden = new_alpha < 1 / 512
    color = np.where(hidden, _resampled(pixels[..., :3], height, width), weighed / np.where(hidden, 1, new_alpha))
    return np.concatenate([np.clip(color, 0, 1), new_alpha], axis=2, dtype=np.float32)


def resize_plane(plane: Float, height: int, width: int) -> Float:
    """A mask, guide or map (H, W) at another size, clipped to [0, 1]."""
    return resize(plane[..., None], height, width)[..., 0]


def strips(height: int, width: int) -> Iterator[slice]:
    """Strips of rows, from top to bottom, of about STRIP_PIXELS px each."""
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


def resized_strip(pixels: Float, height: int, width: int, rows: slice) -> Float:
    """Rows of the picture (H, W, C), without alpha, at another size: equal to the same rows of `resize`."""
    if pixels.shape[:2] == (height, width):
        return pixels[rows]
    scale = pixels.shape[0] / height
    box = (0, rows.start * scale, pixels.shape[1], rows.stop * scale)
    return _resampled(pixels, rows.stop - rows.start, width, box)


def _resampled(pixels: Float, height: int, width: int, box: tuple[float, float, float, float] | None = None) -> Float:
    """By Pillow's Lanczos filter, which is antialiased when it reduces. Overshoot at edges is clipped.

    box: the part of the picture to resample, (left, top, right, bottom), px.
    """
    channels = [
        np.asarray(Image.fromarray(pixels[..., c]).resize((width, height), Image.Resampling.LANCZOS, box))
        for c in range(pixels.shape[2])
    ]
    bounded: Float = np.clip(np.stack(channels, axis=2), 0, 1)
    return bounded
