"""Whether a small picture is another one mirrored or turned. Plain arithmetic on bytes."""

from __future__ import annotations

SIDE = 32  # px: longest edge of the compared pictures
SURELY = 0.5  # a turned copy must have at most this share of the difference

Small = tuple[int, bytes]
"""A width, and rows of RGBA bytes."""


def turned(before: Small, now: Small) -> bool:
    """Whether `now` is much more similar to `before` mirrored or turned than to `before` itself."""
    change = _difference(before[1], now[1])
    return bool(change) and any(_difference(one, now[1]) < SURELY * change for one in _turns(*before))


def _turns(width: int, rgba: bytes) -> list[bytes]:
    """The picture mirrored along both axes and turned by 180 degrees; a square one also by 90 degrees."""
    pixels = [rgba[at : at + 4] for at in range(0, len(rgba), 4)]
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    mirrored = [row[::-1] for row in rows]
    found = [mirrored, rows[::-1], mirrored[::-1]]
    if len(rows) == width:
        columns = [list(column) for column in zip(*rows, strict=True)]
        backwards = [row[::-1] for row in columns]
        found += [columns, backwards, columns[::-1], backwards[::-1]]
    return [b"".join(pixel for row in one for pixel in row) for one in found]


def _difference(one: bytes, other: bytes) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0
