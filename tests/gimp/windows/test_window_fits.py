"""The filter's window as it is read: in every language, on two kinds of screens, dark and light, and by keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from desktop.known_plug_ins import prepare
from desktop.screens import ROOT, engine_threads, gimp_with_windows, on_screen
from PIL import Image

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

LONGER = "longer"
SEEN = {
    ("dark", 1): ["en", "de", "es", "fr", "ja", LONGER],
    ("light", 2): ["en", LONGER],
}
"""The languages of a GIMP in such colours, on a screen of 1280 x 720 px with so many of its own for each."""
STATES = ("idle", "brush", "all settings", "blend", "messages", "paintings", "variations", "painting")


@pytest.fixture(scope="module", params=list(SEEN), ids=lambda param: f"{param[0]}, {param[1]}x")
def found(
    request: pytest.FixtureRequest, studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What windows/fits.py found, by language."""
    colors, scale = request.param
    folder = tmp_path_factory.mktemp("fits")
    profile = folder / "profile"
    prepare(windows, profile)
    with (profile / "gimprc").open("a") as settings:
        settings.write(f"(theme-color-scheme {colors})\n")
    with Image.open(studio.folder / "photograph.png") as photograph:
        photograph.resize((600, 400)).save(folder / "photograph.png")
    order: dict[str, Any] = {"repository": str(ROOT), "folder": str(folder), "answers": str(folder / "answers.json")}
    order |= {"scale": scale, "languages": SEEN[request.param]}
    (folder / "order.json").write_text(json.dumps(order))
    script = ROOT / "tests" / "gimp" / "inside" / "windows" / "fits.py"
    command = on_screen(f"{1280 * scale}x{720 * scale}", gimp_with_windows(script))
    done = windows.run(command, profile, {"NST_FITS": str(folder / "order.json"), **engine_threads()}, timeout=500)
    assert (folder / "answers.json").is_file(), done.stdout
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    assert "failed" not in answers, answers["failed"]
    assert list(answers) == SEEN[request.param]
    return answers


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_cut_off_in_any_language(found: dict[str, Any], state: str) -> None:
    """The window need not be enlarged or scrolled sideways; texts may be 40 % longer than the English ones."""
    assert {language: cut for language, facts in found.items() if (cut := facts[state])} == {}


def test_every_text_has_enough_contrast(found: dict[str, Any]) -> None:
    """At least 4.5 : 1, as accessibility guidelines demand."""
    assert found["en"]["pale"] == []
    assert found["en"]["pale messages"] == []


def test_changes_are_undone_and_redone(found: dict[str, Any]) -> None:
    """Styles and settings, by Ctrl+Z and Ctrl+Shift+Z, a step for each."""
    history = found["en"]["history"]
    before, middle, last = history["states"]
    assert (before[1], middle[0], last) == (middle[1], 77.0, [77.0, ["mosaic", "linocut"]])
    assert history["seen"] == [middle, before, middle, last]


def test_the_preview_shows_a_small_selection_first(found: dict[str, Any]) -> None:
    """Of the photograph's 600 x 400 px those from (10, 10) to (70, 50), with some around them."""
    seen = found["en"]["seen"]
    assert seen["left"] <= 10
    assert seen["top"] <= 10
    assert 70 <= seen["right"] < 450
    assert 50 <= seen["bottom"] < 300


def test_refining_starts_from_the_layer(found: dict[str, Any]) -> None:
    """The window shows that instead of a choice."""
    assert {"Start from", "This layer, as it is"} <= set(found["en"]["further"])


def test_tab_reaches_every_control_and_the_focus_is_visible(found: dict[str, Any]) -> None:
    """Arrow keys reach radio buttons and tiles from there."""
    tab = found["en"]["tab"]
    assert tab["stops"] > 20
    assert tab["missed"] == []
    assert tab["unseen"] == []
