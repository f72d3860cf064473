"""Regions: which style counts where, with soft borders between them.

Where guides overlap, the styles are mixed in proportion to guide times weight, and the shares sum to 1. Therefore soft
borders that fade on both sides leave no gap. Where all guides are 0, the photograph stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.imaging.resizing import resize_plane
from nst_core.painting.job import Style

FAINT = 1 / 16
"""Guides below this are not scaled up to 1: they may be compression artifacts of a JPEG file."""
TINY = 1e-12


@dataclass(frozen=True)
class Region:
    """Styles under one guide. guide: (H, W) in [0, 1]; styles: (picture (H, W, 3), share), the shares sum to 1."""

    guide: Float
    styles: tuple[tuple[Float, float], ...]


def regions_of(styles: Sequence[Style], height: int, width: int) -> list[Region]:
    """A region for each style with a guide, and one for all the others together, which count everywhere."""
    groups = _groups(styles)
    guides = [_guide(group, height, width) for group in groups]
    weights = [sum(style.weight for style in group) for group in groups]
    total = np.maximum(sum(guide * weight for guide, weight in zip(guides, weights, strict=True)), TINY)
    reach = _reach(guides)
    return [
        Region(
            guide=(reach * (guide * weight / total)).astype(np.float32),
            styles=tuple((opaque(style.pixels), style.weight / weight) for style in group),
        )
        for group, guide, weight in zip(groups, guides, weights, strict=True)
    ]


def region_count(styles: Sequence[Style]) -> int:
    """The number of regions of these styles."""
    return len(_groups(styles))


def guided_in(styles: Sequence[Style], rows: slice, columns: slice = slice(None)) -> list[Style]:
    """The styles with these rows and columns of their guides."""
    return [replace(style, guide=None if style.guide is None else style.guide[rows, columns]) for style in styles]


def reach_of(styles: Sequence[Style], height: int, width: int) -> Float:
    """(H, W) in [0, 1]: 1 where any style counts, 0 where none does."""
    return _reach([_guide(group, height, width) for group in _groups(styles)])


def opaque(pixels: Float) -> Float:
    """(H, W, 3), hidden pixels filled from visible ones."""
    return fill_hidden(pixels[..., :3], pixels[..., 3]) if pixels.shape[2] == 4 else pixels


def _groups(styles: Sequence[Style]) -> list[list[Style]]:
    counting = [style for style in styles if style.weight > 0]
    free = [style for style in counting if style.guide is None]
    return [[style] for style in counting if style.guide is not None] + ([free] if free else [])


def _guide(group: Sequence[Style], height: int, width: int) -> Float:
    guide = group[0].guide
    if guide is None:
        return np.ones((height, width), np.float32)
    return resize_plane(guide, height, width)


def _reach(guides: Sequence[Float]) -> Float:
    strongest: Float = np.minimum(np.max(guides, axis=0) / np.float32(FAINT), 1)
    return strongest
