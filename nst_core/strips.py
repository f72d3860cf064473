"""Large pictures a strip of rows at a time, so that what is made on the way does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Float = NDArray[np.float32]
PIXELS = 1_000_000
"""About as many in each strip."""


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows from the top down."""
    rows = max(1, PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


def resized_strip(pixels: Float, height: int, width: int, rows: slice) -> Float:
    """These rows of the picture (H, W, C), without alpha, at another size: those that `images.resize` gives."""
    if pixels.shape[:2] == (height, width):
        return pixels[rows]
    scale = pixels.shape[0] / height
    box = (0, rows.start * scale, pixels.shape[1], rows.stop * scale)
    size = (width, rows.stop - rows.start)
    channels = [
        np.asarray(Image.fromarray(pixels[..., c]).resize(size, Image.Resampling.LANCZOS, box))
        for c in range(pixels.shape[2])
    ]
    bounded: Float = np.clip(np.stack(channels, axis=2), 0, 1)
    return bounded
