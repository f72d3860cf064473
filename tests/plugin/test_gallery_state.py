"""What the gallery remembers, the categories, and the rectangle on a style picture: the plain parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp_plugin.looks import categories
from gimp_plugin.looks.gallery_state import FILE, LARGEST, MOST_RECENT, GalleryState, recall, remember
from gimp_plugin.picks import Pick, of_file
from gimp_plugin.widgets.rectangle import Rectangle
from nst_core.shared.presets import lookup

LINOCUT, MOSAIC = Pick("preset", "linocut", "Linocut"), Pick("preset", "mosaic", "Mosaic")


def test_saved_settings_of_the_gallery_are_restored(tmp_path: Path) -> None:
    """Favourites, recent styles, category, size, and what tiles show."""
    state = GalleryState(category=categories.PRINT, mine=True, size=128).toggled(LINOCUT).used([MOSAIC])
    remember(tmp_path, state)
    assert recall(tmp_path) == state
    assert state.starred(LINOCUT)
    assert not state.toggled(LINOCUT).starred(LINOCUT)


@pytest.mark.parametrize(
    "said", ["", "[]", '{"favourites": 7, "size": 9000, "category": "x", "mine": 1}', "[" * 100_000]
)
def test_a_broken_file_counts_as_an_empty_one(tmp_path: Path, said: str) -> None:
    """There is only something to choose again."""
    (tmp_path / FILE).write_text(said)
    assert recall(tmp_path) == recall(tmp_path / "nowhere") == GalleryState()


def test_recent_styles_come_latest_first(tmp_path: Path) -> None:
    """Each once, up to a maximum, no layers; files as long as they exist."""
    kept, gone = tmp_path / "kept.png", tmp_path / "gone.png"
    kept.touch()
    many = [Pick("preset", str(number), "") for number in range(MOST_RECENT)]
    state = GalleryState().used(many).used([MOSAIC, Pick("layer", "7", "Sky")]).used([of_file(kept), of_file(gone)])
    assert state.recent[:3] == (f"file {kept}", f"file {gone}", "preset mosaic")
    assert len(state.recent) == MOST_RECENT
    assert state.files == [of_file(kept)]
    assert state.without(of_file(kept)).files == []
    assert GalleryState().used([LINOCUT]).used([MOSAIC]).used([LINOCUT]).recent == ("preset linocut", "preset mosaic")
    assert GalleryState().size < LARGEST


def test_every_built_in_preset_has_its_category() -> None:
    """One that the filter offers; other presets are the artist's own."""
    built_in = [preset.slug for preset in lookup.list_presets().presets if preset.builtin]
    assert sorted(categories.OF_BUILT_IN) == sorted(built_in)
    assert set(categories.OF_BUILT_IN.values()) < set(categories.TITLES)
    assert categories.of(LINOCUT, builtin=True) == categories.PRINT
    assert categories.of(LINOCUT, builtin=False) == categories.OWN


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Rectangle(10, 20, 50, 40), Rectangle(10, 20, 50, 40)),
        (Rectangle(-5, 90, 50, 40), Rectangle(0, 60, 50, 40)),
        (Rectangle(190, 10, 5, 5), Rectangle(168, 10, 32, 32)),
        (Rectangle(0, 0, 900, 900), Rectangle(0, 0, 200, 100)),
    ],
)
def test_a_rectangle_is_limited_to_its_picture(wanted: Rectangle, found: Rectangle) -> None:
    """And to the minimum size of the engine."""
    assert wanted.inside((200, 100), 32) == found


def test_a_rectangle_is_drawn_from_any_corner() -> None:
    """And converted to px of a larger picture."""
    assert Rectangle.between((30.4, 5), (10, 25)) == Rectangle(10, 5, 20, 20)
    assert Rectangle(10, 5, 20, 20).scaled(2.5) == Rectangle(25, 12, 50, 50)
