"""How a picture is cut into tiles whose feature maps are those of the whole picture.

Tiles begin where pooling windows begin, so that their maps lie on the whole picture's grid. Around its inner part each
has a margin: what the deepest layer sees beyond it. An inner part counts; margins are seen only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

ALIGNED = 16
"""px: four poolings by two."""
MARGIN = 80
"""px: a position of relu5_1 sees 70 px beyond its own 16 on each side, and gradients reach no further."""


@dataclass(frozen=True)
class Box:
    """Rows top to bottom and columns left to right of a picture, the ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cut(self) -> tuple[slice, slice, slice, slice]:
        """The index of this part of a (N, C, H, W)."""
        return slice(None), slice(None), slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: Box) -> Box:
        """The same part, counted from the other's corner."""
        rows, columns = other.top, other.left
        return Box(self.top - rows, self.bottom - rows, self.left - columns, self.right - columns)

    def reduced(self, factor: int) -> Box:
        """The same part of a map that is smaller by that factor, as pooling makes it: rounded down."""
        return Box(*(side // factor for side in (self.top, self.bottom, self.left, self.right)))


@dataclass(frozen=True)
class Tile:
    """inner: what counts; outer: with the margin, as far as the picture goes."""

    inner: Box
    outer: Box


def tiles(height: int, width: int, size: int, margin: int | None = None) -> Iterator[Tile]:
    """Tiles over the picture, row by row, the inner parts at most `size` px wide and high, a multiple of 16."""
    beyond = MARGIN if margin is None else margin
    for top, bottom in _spans(height, size):
        for left, right in _spans(width, size):
            outer = Box(
                max(0, top - beyond), min(height, bottom + beyond), max(0, left - beyond), min(width, right + beyond)
            )
            yield Tile(Box(top, bottom, left, right), outer)


def _spans(side: int, size: int) -> Iterator[tuple[int, int]]:
    """Parts of nearly the same length, beginning at multiples of 16."""
    blocks = math.ceil(side / ALIGNED)
    count = math.ceil(side / size)
    starts = [round(i * blocks / count) * ALIGNED for i in range(count)]
    yield from zip(starts, [*starts[1:], side], strict=True)
