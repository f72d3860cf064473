"""What a style asks of a picture of a given area, with strokes of the right size: Gram matrices and pieces."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nst_core import images, matching
from nst_core.backends import Backend, Float
from nst_core.kept import Kept, digest
from nst_core.layers import CELL, SHALLOW, Method
from nst_core.matching import DEEPEST, FinePieces, Pieces
from nst_core.planes import planes
from nst_core.settings import MIN_SIDE
from nst_core.statistics import Array, Grams

KEPT = 36
"""Gram matrices at a size, each of 2.5 MB: three styles in six octaves (24 megapixels), of two sizes by turns."""
ENLARGED = 1.5
"""How much larger than its file a style picture is looked at, at most."""
FRAME, FRAMED = 2 * CELL, 64
"""px: this much of a style's borders is no piece of it, from that shortest side on."""
KEPT_PIECES = 6
"""Cells of a style at a size: 65 MB for 512 px, and less for each coarser octave."""
_grams: Kept[Grams] = Kept(KEPT)
_pieces: Kept[StylePieces] = Kept(KEPT_PIECES)


@dataclass(frozen=True)
class StylePieces:
    """A style at a size. picture: (H, W, 3); grams; held: its features by layer; pieces: its cells."""

    picture: Float
    grams: Grams
    held: Mapping[str, Array]
    pieces: Pieces


def style_grams(backend: Backend, style: Float, area: int, brush_size: float, method: Method) -> Grams:
    """Gram matrices of one style (H, W, 3) for a picture of `area` px."""
    key = (*_key(backend, style, area, brush_size), method.name)
    return _grams.get(key, lambda: backend.style(backend.array(planes(sized(style, area, brush_size))), method))


def style_pieces(backend: Backend, style: Float, area: int, brush_size: float, method: Method) -> StylePieces:
    """The cells of one style (H, W, 3) for a picture of `area` px."""
    return _pieces.get(
        _key(backend, style, area, brush_size), lambda: _cut(backend, sized(style, area, brush_size), method)
    )


def fine_style(backend: Backend, style: Float, area: int, brush_size: float) -> tuple[Float, FinePieces]:
    """A style (H, W, 3) that adds what is too fine for the size at which a picture of `area` px was painted.

    Not enlarged: that would bring nothing finer.
    """
    scale = min(_scale(style, area, brush_size), max(1.0, brush_size))
    picture = _resized(style, scale)
    held = backend.held(backend.array(planes(picture)), SHALLOW)
    picture, held = _unframed(picture, held)
    return picture, matching.fine_pieces(held)


def sized(style: Float, area: int, brush_size: float) -> Float:
    """The style at the size at which its strokes have the right width: its area is `area` x brush_size^2.

    It is not enlarged further than ENLARGED, or the brush: there the strokes would be blurs. A style
    larger than the picture is seen through four windows, one in each quadrant, that together have the picture's
    area: what matters are its pieces, and time does not grow with the brush.
    """
    height, width = style.shape[:2]
    scale = min(_scale(style, area, brush_size), max(ENLARGED, brush_size))
    if scale * math.sqrt(height * width) <= math.sqrt(2 * area):
        return _resized(style, scale)
    shrink = math.sqrt(area / (height * width)) / 2
    size = tuple(max(MIN_SIDE, round(side * shrink)) for side in (height, width))
    rows = [
        [images.resize(_around(style, (y, x), [math.ceil(side / scale) for side in size]), *size) for x in (0.25, 0.75)]
        for y in (0.25, 0.75)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def _scale(style: Float, area: int, brush_size: float) -> float:
    return math.sqrt(area / (style.shape[0] * style.shape[1])) * brush_size


def _resized(style: Float, scale: float) -> Float:
    return images.resize(style, *(max(MIN_SIDE, round(side * scale)) for side in style.shape[:2]))


def _around(style: Float, center: tuple[float, float], size: Sequence[int]) -> Float:
    """The part of this (height, width) around a center given in shares of the style's sides, moved to lie inside."""
    cut = []
    for side, share, length in zip(style.shape[:2], center, size, strict=True):
        first = round(min(max(share * side - length / 2, 0), max(side - length, 0)))
        cut.append(slice(first, first + length))
    return style[cut[0], cut[1]]


def _key(backend: Backend, style: Float, area: int, brush_size: float) -> tuple[Hashable, ...]:
    return backend.name, backend.device, backend.precision, digest(style), area, brush_size


def _cut(backend: Backend, picture: Float, method: Method) -> StylePieces:
    grams, held = backend.described(backend.array(planes(picture)), method)
    picture, held = _unframed(picture, held)
    return StylePieces(picture, grams, held, matching.pieces(held))


def _unframed(picture: Float, held: Mapping[str, Array]) -> tuple[Float, Mapping[str, Array]]:
    """Without its borders. What they look like to the network is found again along every border: as a frame."""
    if min(picture.shape[:2]) < FRAMED:
        return picture, held
    margins = {layer: 1 if layer == DEEPEST else 2 for layer in held}
    inside = {
        layer: values[:, :, m:-m, m:-m] for (layer, values), m in zip(held.items(), margins.values(), strict=True)
    }
    return picture[FRAME:-FRAME, FRAME:-FRAME], inside
