"""The gallery's plain parts: searching, and where keys lead in the grid."""

from __future__ import annotations

import pytest

from gimp_plugin.looks.search_words import matches
from gimp_plugin.widgets.grid_keys import target


@pytest.mark.parametrize("query", ["", "wave", "GREAT wave", "wave great", "cafe", "Café", "blue wav"])
def test_a_search_finds_all_words_in_any_order(query: str) -> None:
    """In any case, with or without accents, in title and description."""
    assert matches(query, "Great Wave", "A CAFÉ in blue")


@pytest.mark.parametrize("query", ["waves", "great red", "x"])
def test_a_search_omits_styles_that_lack_a_word(query: str) -> None:
    """One missing word is enough."""
    assert not matches(query, "Great Wave", "in blue")


@pytest.mark.parametrize(
    ("key", "at", "there"),
    [
        ("Left", 5, 4),
        ("Left", 0, 0),
        ("Right", 5, 6),
        ("Right", 13, 13),
        ("KP_Right", 2, 3),  # from one row's end to the next one's beginning
        ("Up", 5, 2),
        ("Up", 1, 1),
        ("Down", 5, 8),
        ("Down", 12, 12),
        ("Home", 9, 0),
        ("KP_End", 9, 13),
        ("Page_Down", 1, 7),
        ("Next", 1, 7),
        ("Page_Down", 9, 12),  # the last of its column
        ("Page_Down", 11, 11),
        ("Page_Up", 8, 2),
        ("Prior", 4, 1),
        ("Page_Up", 2, 2),
    ],
)
def test_keys_move_the_focus_through_a_grid(key: str, at: int, there: int) -> None:
    """14 tiles in rows of three, two rows per page; the focus never leaves the grid."""
    assert target(key, at, count=14, columns=3, rows=2) == there


@pytest.mark.parametrize(("key", "there"), [("Left", 6), ("KP_Left", 6), ("Right", 4), ("KP_Right", 4), ("Up", 2)])
def test_in_languages_from_right_to_left_arrows_follow_the_screen(key: str, there: int) -> None:
    """GTK mirrors the grid; also the arrows of the keypad lead to the tile that lies there."""
    assert target(key, 5, count=14, columns=3, rows=2, mirrored=True) == there


def test_other_keys_do_not_move_the_focus() -> None:
    """The search or the window handles them."""
    assert target("a", 3, count=14, columns=3, rows=2) is None
    assert target("Escape", 3, count=14, columns=3, rows=2) is None


def test_in_a_grid_of_one_tile_every_key_leads_to_it() -> None:
    """Every key that moves leads to it."""
    for key in ("Left", "Right", "Up", "Down", "Home", "End", "Page_Up", "Page_Down"):
        assert target(key, 0, count=1, columns=1, rows=0) == 0
