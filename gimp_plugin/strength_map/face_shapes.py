"""Shapes of detected faces: outlines for the screen, and soft levels for a map. Plain arithmetic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gimp_plugin.preview.viewport import Point
    from nst_core.shared.wire.messages import Face

SOFT = 0.25  # of the radius: width of the soft border, as in the engine
MOST = 2**16  # px: largest size of a mask, which is computed in pure Python

Levels = tuple[int, int, bytes]


def outline(face: Face, count: int) -> Iterator[Point]:
    """So many points along a face's ellipse, px of the picture."""
    cos, sin = math.cos(face.roll), math.sin(face.roll)
    for number in range(count):
        turn = 2 * math.pi * number / count
        across, down = face.half_width * math.cos(turn), face.half_height * math.sin(turn)
        yield face.x + across * cos - down * sin, face.y + across * sin + down * cos


def around(face: Face) -> float:
    """Approximate length of a face's outline, px of the picture."""
    return 2 * math.pi * math.hypot(face.half_width, face.half_height) / math.sqrt(2)


def levels(faces: Sequence[Face], size: tuple[int, int]) -> Levels:
    """(width, height, one byte a pixel): 255 on faces, 0 beyond, soft in between. size: of the picture, px."""
    scale = min(1.0, math.sqrt(MOST / (size[0] * size[1])))
    width, height = (max(1, round(side * scale)) for side in size)
    rows = [bytearray(width) for _row in range(height)]
    for face in faces:
        _add(face, rows, (width / size[0], height / size[1]))
    return width, height, b"".join(rows)


def _add(face: Face, rows: list[bytearray], scale: Point) -> None:
    if min(face.half_width, face.half_height) <= 0:
        return
    reach = (1 + SOFT) * max(face.half_width, face.half_height)
    cos, sin = math.cos(face.roll), math.sin(face.roll)
    left, right = (round(scale[0] * (face.x + side)) for side in (-reach, reach))
    top, bottom = (round(scale[1] * (face.y + side)) for side in (-reach, reach))
    for y in range(max(0, top), min(len(rows), bottom + 1)):
        row, down = rows[y], (y + 0.5) / scale[1] - face.y
        for x in range(max(0, left), min(len(row), right + 1)):
            right_of = (x + 0.5) / scale[0] - face.x
            along = (right_of * cos + down * sin) / face.half_width
            across = (down * cos - right_of * sin) / face.half_height
            inward = min(1.0, max(0.0, (1 + SOFT - math.hypot(along, across)) / SOFT))
            row[x] = max(row[x], round(127.5 * (1 - math.cos(math.pi * inward))))
