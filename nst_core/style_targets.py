"""What a style asks of a picture of a given area: its statistics at the size at which its strokes are right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from nst_core import images
from nst_core.backends import Backend, Float
from nst_core.kept import Kept, digest
from nst_core.planes import planes
from nst_core.settings import MIN_SIDE
from nst_core.statistics import LayerStatistics, blend

KEPT = 36
"""Styles at a size, each of 2.5 MB: three in six octaves (24 megapixels), of pictures of two sizes by turns."""

_kept: Kept[dict[str, LayerStatistics]] = Kept(KEPT)


def style_statistics(backend: Backend, style: Float, area: int, brush_size: float) -> dict[str, LayerStatistics]:
    """Statistics of one style (H, W, 3) for a picture of `area` px."""
    key = (backend.name, backend.device, backend.precision, digest(style), area, brush_size)
    return _kept.get(key, lambda: _measured(backend, style, area, brush_size))


def style_windows(style: Float, area: int, brush_size: float) -> Iterator[Float]:
    """The style at the size at which its strokes have the right width: its area is `area` x brush_size^2.

    A style larger than the picture is seen through four windows, one in each quadrant, that together have the picture's
    area: what matters are statistics, and time does not grow with the brush.
    """
    height, width = style.shape[:2]
    scale = math.sqrt(area / (height * width)) * brush_size
    if brush_size <= math.sqrt(2):
        yield images.resize(style, *(max(MIN_SIDE, round(side * scale)) for side in (height, width)))
        return
    size = tuple(max(MIN_SIDE, round(side * scale / brush_size / 2)) for side in (height, width))
    for y in (0.25, 0.75):
        for x in (0.25, 0.75):
            yield images.resize(_around(style, (y, x), [math.ceil(side / scale) for side in size]), *size)


def _around(style: Float, center: tuple[float, float], size: Sequence[int]) -> Float:
    """The part of this (height, width) around a center given in shares of the style's sides, moved to lie inside."""
    cut = []
    for side, share, length in zip(style.shape[:2], center, size, strict=True):
        first = round(min(max(share * side - length / 2, 0), max(side - length, 0)))
        cut.append(slice(first, first + length))
    return style[cut[0], cut[1]]


def _measured(backend: Backend, style: Float, area: int, brush_size: float) -> dict[str, LayerStatistics]:
    parts = [backend.style(backend.array(planes(window))) for window in style_windows(style, area, brush_size)]
    return blend(parts, [1 / len(parts)] * len(parts))
