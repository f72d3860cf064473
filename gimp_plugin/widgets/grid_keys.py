"""Keyboard navigation in a grid of tiles, in rows. Plain arithmetic."""

from __future__ import annotations

ENTER, SPACE = {"Return", "KP_Enter", "ISO_Enter"}, {"space", "KP_Space"}
_STEPS = {"Left": -1, "Right": 1}
_ROWS = {"Up": -1, "Down": 1}
_PAGES = {"Page_Up": -1, "Page_Down": 1}


def target(key: str, at: int, count: int, columns: int, rows: int, *, mirrored: bool = False) -> int | None:
    """The tile to which a key moves from tile `at` of `count`; None for keys that do not move.

    key: its GDK name. columns: tiles in a row. rows: number of visible rows. mirrored: for languages
    that are written from right to left.
    """
    key = key.removeprefix("KP_").replace("Prior", "Page_Up").replace("Next", "Page_Down")
    last = count - 1
    if key in {"Home", "End"}:
        return 0 if key == "Home" else last
    if key in _STEPS:
        return min(max(at + (-_STEPS[key] if mirrored else _STEPS[key]), 0), last)
    if key in _ROWS:
        there = at + _ROWS[key] * columns
        return there if 0 <= there <= last else at
    if key in _PAGES:
        there = at + _PAGES[key] * columns * max(1, rows)
        column = at % columns
        return column if there < 0 else there if there <= last else last - (last - column) % columns
    return None
