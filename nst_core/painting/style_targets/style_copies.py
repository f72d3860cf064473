"""Adds a mirrored or turned copy beside a style, so that pieces in more directions can be matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.painting.job import Style

COPIES = 2
"""The style and its copy, of equal areas."""


def with_copies(styles: Sequence[Style], choice: str) -> tuple[Style, ...]:
    """The styles: unchanged for `none`, with a copy (COPIES times the area) for `mirrored` and `turned`."""
    if choice == "none":
        return tuple(styles)
    return tuple(replace(style, pixels=_doubled(style.pixels, turned=choice == "turned")) for style in styles)


def _doubled(pixels: Float, *, turned: bool) -> Float:
    """(H, W, C) to (H, 2 W, C)."""
    copy = _turned(pixels) if turned else pixels[:, ::-1]
    return np.ascontiguousarray(np.concatenate([pixels, copy], axis=1))


def _turned(pixels: Float) -> Float:
    """(H, W, C) turned by 90 degrees, cut into strips and joined to (H, W, C) again."""
    height, width = pixels.shape[:2]
    quarter = np.rot90(pixels)  # (W, H, C)
    if width >= height:
        strips = [quarter[top : top + height] for top in range(0, width, height)]
        strips[-1] = quarter[width - height :]
        return np.concatenate(strips, axis=1)[:, :width]
    strips = [quarter[:, left : left + width] for left in range(0, height, width)]
    strips[-1] = quarter[:, height - width :]
    return np.concatenate(strips, axis=0)[:height]
