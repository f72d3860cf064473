"""Draws over the preview: a tint where the strength counts less, outlines of faces, the ring of the brush."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GdkPixbuf, rgba_pixbuf
from gimp_plugin.preview.pictures import BLACK, WHITE, fill
from gimp_plugin.strength_map import face_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gimp_plugin.preview.viewport import Point, Viewport
    from nst_core.shared.wire.messages import Face

TINT = (255, 40, 40)  # as of GIMP's quick mask
MOST_TINT = 150  # of 255: the picture shines through
SPACING = 1.0  # px of the screen between points of a line


def tint(levels: bytes, width: int, height: int) -> GdkPixbuf.Pixbuf:
    """A tint that is transparent where a map is white, and strongest where it is black."""
    rgba = bytearray(4 * len(levels))
    for channel, value in enumerate(TINT):
        rgba[channel::4] = bytes([value]) * len(levels)
    rgba[3::4] = levels.translate(bytes((255 - level) * MOST_TINT // 255 for level in range(256)))
    return rgba_pixbuf(bytes(rgba), width, height)


def lay_over(seen: GdkPixbuf.Pixbuf, view: Viewport, over: GdkPixbuf.Pixbuf, place: tuple[Point, Point]) -> None:
    """Draw a map over the visible part of a layer. place: its position, px of the layer, and px of the layer per px."""
    (left, top), (wide, high) = place
    box = view.visible
    across, down = seen.get_width() / box.width, seen.get_height() / box.height
    corner = ((left - box.left) * across, (top - box.top) * down)
    smooth = GdkPixbuf.InterpType.BILINEAR
    over.composite(seen, 0, 0, seen.get_width(), seen.get_height(), *corner, across * wide, down * high, smooth, 255)


def outline(seen: GdkPixbuf.Pixbuf, view: Viewport, faces: Iterable[Face]) -> None:
    """Draw around faces, whose lengths are px of the layer."""
    box = view.visible
    across, down = seen.get_width() / box.width, seen.get_height() / box.height
    for face in faces:
        count = max(24, math.ceil(face_shapes.around(face) * across / SPACING))
        points = [((x - box.left) * across, (y - box.top) * down) for x, y in face_shapes.outline(face, count)]
        _line(seen, points, view.density)


def ring(seen: GdkPixbuf.Pixbuf, view: Viewport, middle: Point, diameter: float) -> None:
    """Draw a brush. middle and diameter: px of the layer."""
    box = view.visible
    across, down = seen.get_width() / box.width, seen.get_height() / box.height
    radius = max(2.0, diameter / 2 * across)
    count = max(24, math.ceil(2 * math.pi * radius / SPACING))
    x, y = (middle[0] - box.left) * across, (middle[1] - box.top) * down
    turns = [2 * math.pi * number / count for number in range(count)]
    _line(seen, [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns], view.density)


def _line(seen: GdkPixbuf.Pixbuf, points: list[Point], weight: int) -> None:
    """A light line with a dark border, visible on every background."""
    for color, wide in ((BLACK, 4 * weight), (WHITE, 2 * weight)):
        for x, y in points:
            fill(seen, math.floor(x) - wide // 2, math.floor(y) - wide // 2, (wide, wide), color)
