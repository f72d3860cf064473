"""A picture put together from pieces of a style: where a cell's nearest piece lies, its pixels are taken.

Pieces are 12 x 12 px around a cell of 4 x 4 px, so nine of them overlap everywhere; they are averaged under a Hann
window, which fades them into each other.
"""

from __future__ import annotations

import numpy as np

from nst_core.backends import Float
from nst_core.layers import CELL
from nst_core.matching import Index

_WIDE = 3 * CELL


def assembled(style: Float, index: Index, height: int, width: int) -> Float:
    """style: (H', W', 3); index: (h, w, 2), the style's cell for each cell. Returns (height, width, 3)."""
    rows, columns = (side // CELL for side in style.shape[:2])
    blocks = style[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3).swapaxes(1, 2)
    h, w = index.shape[:2]
    total = np.zeros((h, w, CELL, CELL, 3), np.float32)
    window = _window()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            y, x = np.clip(np.arange(h) + down, 0, h - 1), np.clip(np.arange(w) + right, 0, w - 1)
            place = index[y][:, x]
            # The neighbour's piece reaches over this cell: as far from its centre as this cell is from the neighbour.
            row = np.clip(place[..., 0] + (np.arange(h) - y)[:, None], 0, rows - 1)
            column = np.clip(place[..., 1] + (np.arange(w) - x)[None], 0, columns - 1)
            part = window[(1 - down) * CELL : (2 - down) * CELL, (1 - right) * CELL : (2 - right) * CELL]
            total += blocks[row, column] * part[..., None]
    whole = total.swapaxes(1, 2).reshape(h * CELL, w * CELL, 3)
    return np.pad(whole, ((0, height - h * CELL), (0, width - w * CELL), (0, 0)), mode="edge")


def _window() -> Float:
    """(12, 12): shares that add up to 1 wherever nine pieces overlap."""
    line = np.hanning(_WIDE + 2)[1:-1]
    line = line / line.reshape(3, CELL).sum(0)[np.arange(_WIDE) % CELL]
    return np.outer(line, line).astype(np.float32)
