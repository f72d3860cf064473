"""A strength map that is drawn: strokes of a soft brush, and undo."""

from __future__ import annotations

import enum
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gimp_plugin.image.level_maps import gray_pixbuf, levels_of
from gimp_plugin.libgimp import GdkPixbuf, rgba_pixbuf

if TYPE_CHECKING:
    from gimp_plugin.preview.viewport import Point, Size

MOST_UNDONE = 50  # strokes
SPACING = 0.1  # of the brush's diameter: distance of dabs
FINEST = 3.0  # px of the map: least diameter of a brush
PROFILE = 128  # px: size at which a brush is rendered once

Box = tuple[int, int, int, int]  # left, top, width, height


class BrushMode(enum.Enum):
    """What a stroke does to the levels."""

    LESS = "less"
    MORE = "more"
    ERASE = "erase"


@dataclass(frozen=True)
class Brush:
    """A brush. size: diameter, px of the map. softness: of its border, in [0, 1]. amount: of one stroke, in [0, 1]."""

    size: float
    softness: float
    amount: float
    mode: BrushMode


class Drawing:
    """Levels of a map, 255 where the strength counts fully, drawn on base levels, which the eraser restores."""

    def __init__(self, size: Size, levels: bytes) -> None:
        """levels: the base levels, one byte per pixel."""
        self.size = size
        self.version = 0  # number of changes
        self._under = gray_pixbuf(levels, *size)
        self._seen = gray_pixbuf(levels, *size).copy()
        self._past: list[bytes] = []
        self._stroke: _Stroke | None = None

    @property
    def levels(self) -> bytes:
        """The current levels."""
        return levels_of(self._seen)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    def begin(self, brush: Brush, at: Point, pressure: float = 1.0) -> None:
        """Begin a stroke with a dab. at: px of the map."""
        self._remember()
        self._stroke = _Stroke(brush, self._seen.copy(), self.size)
        self.go_on(at, pressure)

    def go_on(self, at: Point, pressure: float = 1.0) -> None:
        """Continue the stroke to this point. pressure: of a pen, in [0, 1]."""
        if self._stroke is not None and (box := self._stroke.reach(at, pressure)):
            self._blend(self._stroke, box)
            self.version += 1

    def end(self) -> None:
        """End the stroke."""
        self._stroke = None

    def replace(self, levels: bytes) -> None:
        """Set other levels, in one undo step."""
        self._remember()
        self._put(levels)

    def rebase(self, levels: bytes) -> None:
        """Set other base levels, and remove what was drawn; in one undo step."""
        self.replace(levels)
        self._under = gray_pixbuf(levels, *self.size)

    def undo(self) -> None:
        """Undo the last stroke."""
        if self._past:
            self._put(zlib.decompress(self._past.pop()))

    def _remember(self) -> None:
        self._past.append(zlib.compress(self.levels, 1))
        del self._past[:-MOST_UNDONE]

    def _put(self, levels: bytes) -> None:
        self._stroke = None
        self._seen = gray_pixbuf(levels, *self.size).copy()
        self.version += 1

    def _blend(self, stroke: _Stroke, box: Box) -> None:
        """Blend the stroke with the levels before it, in a box."""
        left, top, width, height = box
        stroke.before.copy_area(left, top, width, height, self._seen, left, top)
        rgba = bytearray(4 * width * height)
        rgba[3::4] = stroke.part(box)
        if stroke.brush.mode is BrushMode.ERASE:
            target = levels_of(self._under.new_subpixbuf(left, top, width, height))
            for channel in range(3):
                rgba[channel::4] = target
        elif stroke.brush.mode is BrushMode.MORE:
            for channel in range(3):
                rgba[channel::4] = b"\xff" * (width * height)
        over = rgba_pixbuf(bytes(rgba), width, height)
        amount = 255 if stroke.brush.mode is BrushMode.ERASE else round(255 * stroke.brush.amount)
        nearest = GdkPixbuf.InterpType.NEAREST
        over.composite(self._seen, left, top, width, height, left, top, 1, 1, nearest, amount)


class _Stroke:
    """The coverage of a stroke: the maximum of its dabs, so that overlapping dabs do not add up."""

    def __init__(self, brush: Brush, before: GdkPixbuf.Pixbuf, size: Size) -> None:
        self.brush = brush
        self.before = before
        self._size = size
        self._rows = [bytearray(size[0]) for _row in range(size[1])]
        self._profile = _profile(brush.softness)
        self._dabs: dict[tuple[int, int], list[bytes]] = {}
        self._last: Point | None = None

    def part(self, box: Box) -> bytes:
        """The coverage in a box."""
        left, top, width, height = box
        return b"".join(self._rows[row][left : left + width] for row in range(top, top + height))

    def reach(self, at: Point, pressure: float) -> Box | None:
        """Add dabs up to a point. Returns the box that has changed."""
        size = max(FINEST, self.brush.size)
        last = self._last or at
        way = math.dist(last, at)
        steps = math.ceil(way / max(1.0, SPACING * size))
        if self._last is not None and not steps:
            return None
        reach = size / 2 + 1
        for step in range(steps + 1) if self._last is None else range(1, steps + 1):
            share = step / steps if steps else 1.0
            self._dab((last[0] + share * (at[0] - last[0]), last[1] + share * (at[1] - last[1])), size, pressure)
        self._last = at
        left, top = (max(0, math.floor(min(a, b) - reach)) for a, b in zip(last, at, strict=True))
        right, bottom = (
            min(side, math.ceil(max(a, b) + reach)) for a, b, side in zip(last, at, self._size, strict=True)
        )
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def _dab(self, at: Point, size: float, pressure: float) -> None:
        side = round(size)
        rows = self._scaled(side, round(255 * min(1.0, max(0.0, pressure))))
        left, top = round(at[0] - side / 2), round(at[1] - side / 2)
        first, last = max(0, -left), min(side, self._size[0] - left)
        if first >= last:
            return
        for row in range(max(0, -top), min(side, self._size[1] - top)):
            there = self._rows[top + row]
            part = there[left + first : left + last]
            there[left + first : left + last] = bytes(map(max, part, rows[row][first:last]))

    def _scaled(self, side: int, pressure: int) -> list[bytes]:
        """The brush's coverage at a size, row by row."""
        if (side, pressure) not in self._dabs:
            smooth = GdkPixbuf.InterpType.BILINEAR
            levels = levels_of(self._profile.scale_simple(side, side, smooth))
            weaker = bytes(level * pressure // 255 for level in range(256))
            levels = levels.translate(weaker)
            self._dabs[side, pressure] = [levels[row * side :][:side] for row in range(side)]
        return self._dabs[side, pressure]


@lru_cache(maxsize=4)
def _profile(softness: float) -> GdkPixbuf.Pixbuf:
    """A round brush: full in its middle, a raised cosine to its border."""
    middle, rows = PROFILE / 2, bytearray()
    soft = max(softness, 2 / PROFILE)
    for y in range(PROFILE):
        for x in range(PROFILE):
            radius = math.hypot(x + 0.5 - middle, y + 0.5 - middle) / middle
            inward = min(1.0, max(0.0, (1 - radius) / soft))
            rows.append(round(127.5 * (1 - math.cos(math.pi * inward))))
    return gray_pixbuf(bytes(rows), PROFILE, PROFILE)
