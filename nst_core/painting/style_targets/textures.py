"""The start image of a texture: parts of the styles at random positions, blended into each other.

A texture has no photograph as the query of the matching. In the coarsest octave the query is such a patchwork, in later
octaves it is the result so far (texture optimization, Kwatra et al., 2005, with features).
"""

from __future__ import annotations

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import resize
from nst_core.painting.style_targets.regions import Region
from nst_core.painting.style_targets.targets import sized

SIDE = 160
"""Longest edge of a patchwork, px: only the coarsest octave uses it."""
PATCH = 0.35
"""Side of a part, relative to the shorter side of the style."""
LEAST_PATCH = 8
"""Least side of a part, px."""


def patchwork(region: Region, height: int, width: int, brush_size: float, seed: int) -> Float:
    """(height, width, 3) in [0, 1], with periodic borders, made of a region's styles."""
    scale = min(1.0, SIDE / max(height, width))
    rows, columns = (max(1, round(side * scale)) for side in (height, width))
    rng = np.random.default_rng(seed)
    pictures = [sized(picture, rows * columns, brush_size) for picture, _ in region.styles]
    shares = np.array([share for _, share in region.styles])
    side = max(LEAST_PATCH, round(PATCH * min(min(picture.shape[:2]) for picture in pictures)))
    line = np.hanning(side + 2)[1:-1] ** 4
    window = np.outer(line, line).astype(np.float32)[..., None]
    total = np.zeros((rows, columns, 3), np.float32)
    weight = np.full((rows, columns, 1), 1e-6, np.float32)
    for top in range(0, rows, side // 2):
        for left in range(0, columns, side // 2):
            picture = pictures[rng.choice(len(pictures), p=shares / shares.sum())]
            y, x = (rng.integers(0, length - side + 1) for length in picture.shape[:2])
            place = np.ix_(np.arange(top, top + side) % rows, np.arange(left, left + side) % columns)
            np.add.at(total, place, picture[y : y + side, x : x + side] * window)
            np.add.at(weight, place, window)
    return resize((total / weight).clip(0, 1), height, width)
