"""The gallery of styles, in a real GIMP on a screen that nobody sees, worked with by keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from desktop.screens import noted
from PIL import Image

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def answers(studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What windows/gallery.py noted."""
    folder = tmp_path_factory.mktemp("gallery")
    for name in ("photograph.png", "style.png"):
        shutil.copyfile(studio.folder / name, folder / name)
    Image.new("1", (11_000, 11_000)).save(folder / "bomb.png")
    broken = folder / "profile" / "home" / ".local" / "share" / "gimp-neural-style" / "presets" / "torn"
    broken.mkdir(parents=True)
    (broken / "preset.json").write_text('{"format": 1')
    found = noted(windows, HERE.parent / "inside" / "windows" / "gallery.py", folder, "NST_GALLERY")
    with Image.open(folder / "shot.png") as shot:
        found["colours"] = len(shot.convert("RGB").resize((90, 70)).getcolors(90 * 70) or ())
    return found


def test_a_broken_preset_is_shown_with_the_reason_and_cannot_be_chosen(answers: dict[str, Any]) -> None:
    """It is last; the focus can reach it, and the choice does not change."""
    title, reason = answers["browse"]["broken"]
    assert title == "torn"
    assert "is not JSON" in reason
    assert answers["browse"]["first"] == "Art nouveau poster"
    assert answers["browse"]["moved"] == ["art-nouveau-poster"]
    assert answers["browse"]["after the broken one"] == ["byzantine-gold"]


def test_the_gallery_is_one_stop_for_tab(answers: dict[str, Any]) -> None:
    """Tab enters and leaves it at the chosen tile, both ways, without choosing; Return there presses Stylize."""
    found = answers["tab"]
    for way in ("forth", "back"):
        stops = found[way]
        assert stops.count(found["begins"]) == 1, stops
        assert len(set(stops)) >= 5, stops
    assert found["still chosen"]
    assert found["after Return in the empty search"]


def test_a_message_or_a_second_style_moves_nothing(answers: dict[str, Any]) -> None:
    """Tiles and buttons stay where they are, and the gallery keeps its width."""
    found = answers["places"]
    assert found["message"], found["all"]
    assert found["blend"], found["all"]


def test_a_picture_that_would_fill_the_memory_is_not_shown(answers: dict[str, Any]) -> None:
    """The size in its header is checked before GdkPixbuf decodes it."""
    assert answers["judge"] == {"bomb.png": False, "style.png": True}


def test_typing_searches_styles_and_return_chooses_one(answers: dict[str, Any]) -> None:
    """Return in the search or the grid does not press the default button, and Escape does not close the window."""
    assert answers["search"]["found"] == ["Pointillism"]
    assert answers["search"]["window"]
    assert answers["search"]["accepted"] == answers["change"]["accepted"] == 0


def test_a_second_style_shows_the_list_of_weights(answers: dict[str, Any]) -> None:
    """It is shown as long as there are two styles, and all of its widgets have names."""
    found = answers["blend"]
    assert [found["hidden"], found["shown"], found["hidden again"]] == [False, True, False]
    assert found["both"] == ["pointillism", "risograph"]
    assert found["shares at first"] == [50.0, 50.0]
    assert found["weights"] == pytest.approx([0.99, 0.01])
    assert found["sliders"] == pytest.approx([99.0, 1.0])
    assert found["regions"] == ["", "inside"]
    assert found["left"] == ["risograph"]
    assert found["focused"] == "Risograph"
    assert found["slider"] == "Share of Risograph"
    assert found["nameless"] == []
    assert answers["colours"] > 50


def test_an_added_picture_file_is_the_first_tile_and_chosen(answers: dict[str, Any]) -> None:
    """Another kind of file is refused with a message, and nothing changes."""
    found = answers["take_picture"]
    assert found["front"] == found["name"] == "style.png"
    assert [Path(key).name for key in found["chosen"]] == ["style.png"]
    assert found["refused"] == "notes.txt is not a picture."
    assert found["still chosen"] == found["chosen"]


def test_a_layer_of_an_open_image_can_be_the_style(answers: dict[str, Any]) -> None:
    """It is the first tile, and its pixels are those of the layer."""
    assert answers["take_layer"] == {"front": ["Background", "style.png"], "size": [128, 96]}


def test_presets_are_saved_deleted_and_restored(answers: dict[str, Any]) -> None:
    """With the current settings, a thumbnail, and a layer as a picture; the notice has a button to undo."""
    found = answers["keep"]
    assert found["settings"] == {"strength": 66.0}
    assert found["pictures"] == ["ffd8ff", "PNG"]
    assert found["said"] == "Saved “Kept”"
    assert found["deleted"] == ["Deleted “Kept”", False]
    assert found["restored"]


def test_a_preset_is_updated_with_the_current_settings(answers: dict[str, Any]) -> None:
    """Only with those of the look; undo restores the old ones."""
    found = answers["change"]
    assert found["said"] == "“Kept” has the settings of now"
    assert found["updated"] == {"strength": 12.0}
    assert found["as before"] == {"strength": 66.0}


def test_presets_are_renamed_exported_and_imported(answers: dict[str, Any]) -> None:
    """A message says that a built-in one cannot be deleted."""
    found = answers["change"]
    assert found["renamed"] == "Kept well"
    assert found["imported"] == ["Imported “Kept well”", "Kept well"]
    assert "built in" in found["built-in"]
    assert found["changes"]


def test_undo_restores_an_updated_built_in_preset(answers: dict[str, Any]) -> None:
    """The copy that the update made is deleted."""
    assert answers["change"]["over a built-in"] == [False, 12.0]
    assert answers["change"]["chosen after that"] == ["mosaic"]


def test_a_broken_preset_can_be_deleted(answers: dict[str, Any]) -> None:
    """By the Delete key or the menu of its tile; undo restores it, still broken."""
    found = answers["clear_away"]
    assert found["deleted"] == ["Deleted “torn”", False]
    assert found["still chosen"] == ["mosaic"]


def test_favourites_come_first_and_categories_filter_the_tiles(answers: dict[str, Any]) -> None:
    """By the menu of a tile; both are remembered; titles are sorted as people expect."""
    found = answers["look_after"]
    assert found["first"][0] == "Watercolour"
    assert found["name"] == "Watercolour, a favourite"
    assert found["chosen"] == ["watercolour"]
    assert found["large"]
    assert found["shown"]["favourites"] == 1
    assert found["print"] == ["Art nouveau poster", "Comic ink", "Linocut", "Risograph", "Ukiyo-e woodcut"]
    assert "Kept well" in found["own"]
    assert found["recent"] == ["style.png"]
    assert found["wheel"] == [112, 112, 96]  # sideways it changes nothing
    assert found["remembered"]["size"] == 96
    assert found["remembered"]["favourites"] == []
    assert found["as before"]
    assert found["sorted"] == ["aquarell", "Öl", "Ornament", "Zinn"]


def test_tiles_can_show_the_layer_in_every_style(answers: dict[str, Any]) -> None:
    """Each is painted as a sketch, visible ones first, in the layer's shape; none while styles are shown."""
    found = answers["own_picture"]
    assert [found["at first"], found["afterwards"]] == [False, True]
    assert found["request"][:3] == [128, 96, True]
    assert found["request"][3] <= 256
    assert found["first in sight"]
    assert found["heard"]
    assert found["all"]
    assert found["tile"] == [96, 72]


def test_pictures_and_files_are_pasted_and_dropped(answers: dict[str, Any]) -> None:
    """A picture is saved as a file; several files are all added; text is not pasted; errors give a message."""
    found = answers["paste"]
    assert [found["kept"], found["kind"], found["readable"]] == [True, "file", True]
    assert found["several"] == [["two words.png", "photograph.png"], True]
    assert found["text"] == [False, True]
    assert found["tiny"] == "The picture is 1 x 1 px. Use one of at least 32 px on each side."
    assert "Save it first" in found["remote"]


def test_a_part_of_a_style_becomes_a_style(answers: dict[str, Any]) -> None:
    """It is set by numbers or dragged at its corners, always inside the picture; also by keyboard."""
    found = answers["cut_out"]
    assert [found["begins inside"], found["numbers"], found["inside"]] == [True, True, True]
    assert found["menu"] == "style, part"
    assert found["size"] == [True, True]
