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


def test_a_broken_preset_is_seen_with_the_reason_and_cannot_be_chosen(answers: dict[str, Any]) -> None:
    """It stands last; keys go there, and the choice stays what it was."""
    title, reason = answers["browse"]["broken"]
    assert title == "torn"
    assert "is not JSON" in reason
    assert answers["browse"]["first"] == "Art nouveau poster"
    assert answers["browse"]["moved"] == ["art-nouveau-poster"]
    assert answers["browse"]["after the broken one"] == ["byzantine-gold"]


def test_the_gallery_is_one_stop_for_tab(answers: dict[str, Any]) -> None:
    """Entered at the chosen tile, and left from it, both ways; nothing is chosen so. Return on it is for the window."""
    found = answers["tab"]
    for way in ("forth", "back"):
        stops = found[way]
        assert stops.count(found["begins"]) == 1, stops
        assert len(set(stops)) >= 5, stops
    assert found["still chosen"]
    assert found["after Return in the empty search"]


def test_nothing_changes_its_place_for_a_message_or_a_second_style(answers: dict[str, Any]) -> None:
    """Tiles, buttons, and the gallery's width."""
    found = answers["places"]
    assert found["message"], found["all"]
    assert found["blend"], found["all"]


def test_a_picture_that_would_fill_the_memory_is_not_shown(answers: dict[str, Any]) -> None:
    """What its header announces is judged before GdkPixbuf unpacks it."""
    assert answers["judge"] == {"bomb.png": False, "style.png": True}


def test_typing_finds_styles_and_return_takes_one(answers: dict[str, Any]) -> None:
    """Return in the search or the grid never presses the window's default button, nor does Escape close it."""
    assert answers["search"]["found"] == ["Pointillism"]
    assert answers["search"]["window"]
    assert answers["search"]["accepted"] == answers["change"]["accepted"] == 0


def test_a_second_style_brings_the_blend_with_its_shares(answers: dict[str, Any]) -> None:
    """The list is there as long as there are two, and every widget that takes the focus has a name."""
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


def test_a_picture_file_comes_to_the_front_and_is_chosen(answers: dict[str, Any]) -> None:
    """A file that is no picture is refused in words, and nothing changes."""
    found = answers["take_picture"]
    assert found["front"] == found["name"] == "style.png"
    assert [Path(key).name for key in found["chosen"]] == ["style.png"]
    assert found["refused"] == "notes.txt is not a picture."
    assert found["still chosen"] == found["chosen"]


def test_a_layer_of_an_open_image_can_be_the_style(answers: dict[str, Any]) -> None:
    """It stands in front of the picture chosen before, and its pixels are those of the layer."""
    assert answers["take_layer"] == {"front": ["Background", "style.png"], "size": [128, 96]}


def test_presets_are_saved_deleted_and_brought_back(answers: dict[str, Any]) -> None:
    """With the settings of the moment, a thumbnail, and the layer as a picture; undo is in the notice."""
    found = answers["keep"]
    assert found["settings"] == {"strength": 66.0}
    assert found["pictures"] == ["ffd8ff", "PNG"]
    assert found["said"] == "Saved “Kept”"
    assert found["deleted"] == ["Deleted “Kept”", False]
    assert found["restored"]


def test_a_preset_takes_the_settings_of_the_moment(answers: dict[str, Any]) -> None:
    """Those of a look only, and one press brings the old ones back."""
    found = answers["change"]
    assert found["said"] == "“Kept” has the settings of now"
    assert found["updated"] == {"strength": 12.0}
    assert found["as before"] == {"strength": 66.0}


def test_presets_are_renamed_and_travel_as_files(answers: dict[str, Any]) -> None:
    """A built-in one is not deleted, and that is said."""
    found = answers["change"]
    assert found["renamed"] == "Kept well"
    assert found["imported"] == ["Imported “Kept well”", "Kept well"]
    assert "built in" in found["built-in"]
    assert found["changes"]


def test_a_built_in_preset_is_itself_again_after_an_undo(answers: dict[str, Any]) -> None:
    """The own copy that an update made is gone."""
    assert answers["change"]["over a built-in"] == [False, 12.0]
    assert answers["change"]["chosen after that"] == ["mosaic"]


def test_a_broken_preset_can_be_cleared_away(answers: dict[str, Any]) -> None:
    """By the Delete key on its tile or by the tile's menu; undo brings it back as broken as it was."""
    found = answers["clear_away"]
    assert found["deleted"] == ["Deleted “torn”", False]
    assert found["still chosen"] == ["mosaic"]


def test_favourites_come_first_and_categories_leave_out_the_rest(answers: dict[str, Any]) -> None:
    """By the menu of a tile; the choice stays; all that is remembered; titles sorted as people read them."""
    found = answers["look_after"]
    assert found["first"][0] == "Watercolour"
    assert found["name"] == "Watercolour, a favourite"
    assert found["chosen"] == ["watercolour"]
    assert found["large"]
    assert found["shown"]["favourites"] == 1
    assert found["print"] == ["Art nouveau poster", "Comic ink", "Linocut", "Risograph", "Ukiyo-e woodcut"]
    assert "Kept well" in found["own"]
    assert found["recent"] == ["style.png"]
    assert found["remembered"]["size"] == 96
    assert found["remembered"]["favourites"] == []
    assert found["as before"]
    assert found["sorted"] == ["aquarell", "Öl", "Ornament", "Zinn"]


def test_tiles_can_show_the_layer_in_every_style(answers: dict[str, Any]) -> None:
    """A sketch is asked for each, those in sight first; tiles have the layer's shape; none while styles are shown."""
    found = answers["own_picture"]
    assert [found["at first"], found["afterwards"]] == [False, True]
    assert found["request"][:3] == [128, 96, True]
    assert found["request"][3] <= 256
    assert found["first in sight"]
    assert found["heard"]
    assert found["all"]
    assert found["tile"] == [96, 72]


def test_pictures_and_files_are_pasted_and_dropped(answers: dict[str, Any]) -> None:
    """A picture gets a file of its own; several at once stand side by side; text stays text; what fails is said."""
    found = answers["paste"]
    assert [found["kept"], found["kind"], found["readable"]] == [True, "file", True]
    assert found["several"] == [["two words.png", "photograph.png"], True]
    assert found["text"] == [False, True]
    assert found["tiny"] == "The picture is 1 x 1 px. Use one of at least 32 px on each side."
    assert "Save it first" in found["remote"]


def test_a_part_of_a_style_becomes_a_style(answers: dict[str, Any]) -> None:
    """Chosen by numbers or by corners, always inside of the picture; from the tile's menu, by keyboard."""
    found = answers["cut_out"]
    assert [found["begins inside"], found["numbers"], found["inside"]] == [True, True, True]
    assert found["menu"] == "style, part"
    assert found["size"] == [True, True]
