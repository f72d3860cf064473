"""Presets: found, read, and refused with a reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from preset_fixtures import JPEG

from nst_core.shared.errors import BrokenPresetError, UnknownPresetError
from nst_core.shared.presets import lookup
from nst_core.shared.presets.lookup import Roots, list_presets, load_preset, read_preset, user_root
from nst_core.shared.settings import Settings, all_settings

GOOD: dict[str, Any] = {
    "format": 1,
    "title": "Great Wave",
    "description": "Blue water",
    "credits": "Painted by program, CC0",
    "styles": [{"file": "style.jpg", "weight": 2}],
    "settings": {"strength": 70, "color": "content"},
}


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(tmp_path / "builtin", tmp_path / "user")


def put(root: Path, slug: str, entry: object = None, **changes: object) -> Path:
    """A preset's folder, with GOOD or another entry, changed."""
    folder = root / slug
    folder.mkdir(parents=True)
    text = entry if isinstance(entry, str) else json.dumps({**GOOD, **changes})
    (folder / "preset.json").write_text(text)
    (folder / "style.jpg").write_bytes(JPEG)
    (folder / "empty.jpg").touch()
    return folder


def test_a_preset_is_read_with_its_pictures(roots: Roots) -> None:
    """Every field arrives; settings are in their own types; the thumbnail stands in for itself."""
    folder = put(roots.builtin, "wave")
    (folder / "thumbnail.jpg").write_bytes(JPEG)
    preset = load_preset("wave", roots)
    assert (preset.slug, preset.title, preset.description) == ("wave", "Great Wave", "Blue water")
    assert preset.settings == {"strength": 70.0, "color": "content"}
    assert [(style.read(), style.weight, style.name) for style in preset.styles] == [(JPEG, 2.0, "style.jpg")]
    assert preset.thumbnail == folder / "thumbnail.jpg"
    assert preset.builtin


def test_the_first_style_stands_in_for_a_thumbnail(roots: Roots) -> None:
    """A preset without one still has a picture to show."""
    assert read_preset(put(roots.user, "wave")).thumbnail.name == "style.jpg"


def test_a_look_is_laid_over_other_settings(roots: Roots) -> None:
    """Only what the preset names changes."""
    put(roots.user, "wave")
    settings = load_preset("wave", roots).over(Settings(strength=10, seed=5))
    assert (settings.strength, settings.color, settings.seed) == (70.0, "content", 5)


@pytest.mark.parametrize("name", ["wave", "WAVE", "great wave", "Great Wave", " wave "])
def test_presets_are_found_by_slug_or_title(roots: Roots, name: str) -> None:
    """In upper or lower case."""
    put(roots.builtin, "wave")
    assert load_preset(name, roots).slug == "wave"


def test_an_unknown_preset_names_similar_ones(roots: Roots) -> None:
    """The remedy names what was perhaps meant, or where to look."""
    put(roots.builtin, "woodcut", title="Woodcut")
    put(roots.user, "wave")
    with pytest.raises(UnknownPresetError, match="there is no preset 'wodcut'; did you mean woodcut"):
        load_preset("wodcut", roots)
    with pytest.raises(UnknownPresetError, match="did you mean wave"):
        load_preset("Grat Wave", roots)
    with pytest.raises(UnknownPresetError, match="presets list"):
        load_preset("zzz", roots)


def test_the_artists_preset_wins_over_a_built_in_one(roots: Roots) -> None:
    """The same slug, or the same title, means hers; built-in ones come first in the list."""
    put(roots.builtin, "wave")
    put(roots.builtin, "tiles", title="Mosaic")
    put(roots.user, "wave", description="mine")
    put(roots.user, "tesserae", title="Mosaic", description="mine")
    listed = [(preset.slug, preset.builtin) for preset in list_presets(roots).presets]
    assert listed == [("tiles", True), ("wave", False), ("tesserae", False)]
    assert load_preset("wave", roots).description == "mine"
    assert load_preset("mosaic", roots).description == "mine"
    assert load_preset("tiles", roots).builtin


def test_no_folder_is_no_preset(roots: Roots) -> None:
    """A machine on which nothing was saved yet has an empty list."""
    assert list_presets(roots) == lookup.Listing((), ())


def test_hidden_folders_and_loose_files_are_not_presets(roots: Roots) -> None:
    """Folders put aside, caches and notes are passed over."""
    put(roots.user, ".wave")
    put(roots.user, "__pycache__")
    (roots.user / "notes.txt").touch()
    assert list_presets(roots) == lookup.Listing((), ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"entry": ""}, "not JSON"),
        ({"entry": "[" * 60_000}, "not JSON"),
        ({"entry": "[]"}, "not of format 1"),
        ({"entry": " " * 70_000}, "longer than"),
        ({"format": 0}, "not of format 1"),
        ({"colour": 1}, "unknown field 'colour'"),
        ({"title": 3}, "title is not text"),
        ({"title": " "}, "no title"),
        ({"credits": None}, "credits is not text"),
        ({"styles": []}, "1 to 16 styles"),
        ({"styles": {"file": "style.jpg"}}, "1 to 16 styles"),
        ({"styles": [{"file": "style.jpg"}] * 17}, "1 to 16 styles"),
        ({"styles": ["style.jpg"]}, "a style is not"),
        ({"styles": [{"file": "style.jpg", "path": "x"}]}, "a style is not"),
        ({"styles": [{"file": "style.jpg", "weight": -1}]}, "the weight -1"),
        ({"styles": [{"file": "style.jpg", "weight": True}]}, "the weight True"),
        ({"styles": [{"file": "style.jpg", "weight": float("nan")}]}, "the weight nan"),
        ({"styles": [{"file": "style.jpg", "weight": 0}]}, "weigh nothing"),
        ({"styles": [{"file": "missing.jpg"}]}, "missing, empty"),
        ({"styles": [{"file": "empty.jpg"}]}, "missing, empty"),
        ({"settings": []}, "settings are not"),
        ({"settings": {"strength": 101}}, "strength is 101"),
        ({"settings": {"colour": "style"}}, "no setting 'colour'"),
        ({"settings": {"seed": 4}}, "seed is no part of a look"),
        ({"settings": {"device": "cuda"}}, "device is no part of a look"),
    ],
)
def test_a_broken_preset_tells_why(roots: Roots, changes: dict[str, Any], reason: str) -> None:
    """Loading raises BrokenPresetError with the reason; listing returns it beside the good ones."""
    put(roots.user, "good")
    put(roots.user, "broken", **changes)
    with pytest.raises(BrokenPresetError, match=reason):
        load_preset("broken", roots)
    listing = list_presets(roots)
    assert [preset.slug for preset in listing.presets] == ["good"]
    assert [str(error.remedy) for error in listing.broken] == [f"repair or delete {roots.user / 'broken'}"]


@pytest.mark.parametrize(
    "name",
    [
        "../good/style.jpg",
        "/etc/passwd",
        "sub/style.jpg",
        "..",
        ".",
        "",
        "c:style.jpg",
        "..\\x.jpg",
        "a\0b",
        "link.jpg",
    ],
)
def test_a_style_cannot_leave_its_folder(roots: Roots, name: str) -> None:
    """Neither by a path of any system nor by a link."""
    good = put(roots.user, "good")
    folder = put(roots.user, "broken", styles=[{"file": name}])
    if os.name == "posix":
        (folder / "link.jpg").symlink_to(good / "style.jpg")
    with pytest.raises(BrokenPresetError, match="not a file name inside its folder"):
        read_preset(folder)


def test_a_folder_without_a_preset_file_is_broken(roots: Roots) -> None:
    """So is one whose preset file is a folder."""
    (roots.user / "empty").mkdir(parents=True)
    (roots.user / "odd" / "preset.json").mkdir(parents=True)
    assert [error.code for error in list_presets(roots).broken] == ["broken-preset"] * 2


def test_a_picture_that_vanishes_is_told(roots: Roots) -> None:
    """Between listing and reading a file may go."""
    preset = read_preset(put(roots.user, "wave"))
    preset.styles[0].path.unlink()
    with pytest.raises(BrokenPresetError, match="cannot be read"):
        preset.styles[0].read()


def test_the_artists_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The custom of each system, with its variables."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    end = Path("gimp-neural-style") / "presets"
    assert user_root({}, "linux") == tmp_path / ".local" / "share" / end
    assert user_root({"XDG_DATA_HOME": str(tmp_path / "x")}, "linux") == tmp_path / "x" / end
    assert user_root({"XDG_DATA_HOME": "relative"}, "linux") == tmp_path / ".local" / "share" / end
    assert user_root({}, "darwin") == tmp_path / "Library" / "Application Support" / end
    assert user_root({"APPDATA": str(tmp_path / "r")}, "win32") == tmp_path / "r" / end
    assert user_root({}, "win32") == tmp_path / "AppData" / "Roaming" / end


def test_the_built_in_presets_are_all_good(tmp_path: Path) -> None:
    """Whatever is shipped can be read, is credited, and has a thumbnail of its own."""
    listing = list_presets(Roots(user=tmp_path))
    assert listing.broken == ()
    for preset in listing.presets:
        assert preset.credits
        assert preset.description
        assert preset.thumbnail.name == "thumbnail.jpg"
        assert all(style.read().startswith(b"\xff\xd8") for style in preset.styles)
        assert set(preset.settings) <= {setting.name for setting in all_settings() if setting.info.scope == "look"}
