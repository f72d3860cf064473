"""The filter's dialog, in a real GIMP on a screen that nobody sees, with an artist who looks and presses keys."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from screens import gimp_with_windows, on_screen

from nst_core.install import default_command, install_plugin

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

HERE = Path(__file__).resolve().parent
SPEAKS = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"
AWAKE = {"NO_AT_BRIDGE": "0"}  # windows tell what is in them

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def sittings(studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    """What GIMP and the artist saw of each opening of the dialog; one start of GIMP serves all."""
    if windows.root is None and not shutil.which("dbus-run-session"):
        pytest.skip("windows cannot be read here: install dbus")
    if windows.root is None and subprocess.run(["python3", "-c", SPEAKS], check=False).returncode:
        pytest.skip("windows cannot be read here: install at-spi2-core and gir1.2-atspi-2.0")
    folder = tmp_path_factory.mktemp("window")
    profile = folder / "profile"
    mark = f"--of={folder}"  # a word on the command line, by which engines are known
    unchanged, slow = (
        studio.gimp.outside([sys.executable, "-I", "-u", str(HERE / "stand_in_engine.py"), way, mark])
        for way in ("unchanged", "slow")
    )
    plug_in = install_plugin(profile / "plug-ins", unchanged)
    style = str(studio.folder / "style.png")
    pick = {"kind": "file", "key": style, "title": "style.png", "weight": 1.0}
    (profile / "neural-style.json").write_text(json.dumps({"picks": [pick], "complete": True}))
    order = {
        "folder": str(folder),
        "photograph": str(studio.folder / "photograph.png"),
        "plug_in": str(plug_in),
        "mark": mark,
        "repaired": unchanged,
        "sittings": [
            {"name": "accept", "engine": unchanged, "layers": 1},
            {"name": "adjust", "engine": [*studio.gimp.outside(default_command()), mark], "layers": 1},
            {"name": "keep", "engine": slow, "layers": 2},
            {"name": "leave", "engine": slow, "layers": 1},
            {"name": "repair", "engine": ["/nowhere/neural-style-engine"], "layers": 1},
            {"name": "lose", "engine": slow, "layers": 1},
        ],
    }
    (folder / "order.json").write_text(json.dumps(order))
    told = {**AWAKE, "NST_WINDOW": str(folder / "order.json")}
    artist = ["dbus-run-session", "--", "python3", str(HERE / "gimp_artist.py")]
    command = [*artist, *gimp_with_windows(HERE / "gimp_window.py")]
    done = windows.run(on_screen("1280x720", command), profile, told, timeout=900)
    sys.stdout.write(done.stdout)  # seen where a test fails
    answers, seen = (
        json.loads(path.read_text()) if path.exists() else {}
        for path in (folder / "answers.json", folder / "seen.json")
    )
    return {name: {**facts, **seen.get(name, {}), "folder": str(folder)} for name, facts in answers.items()}


def test_return_leads_to_a_layer_that_one_undo_removes(sittings: dict[str, Facts]) -> None:
    """Return accepts what the dialog shows; the style picture's path does not get into the image."""
    facts = sittings["accept"]
    assert facts["status"] == "success", facts
    assert facts["layers"] == ["Background: stylized", "Background"]
    assert facts["layers after one undo"] == ["Background"]
    assert facts["clean after one undo"]
    assert facts["saved"], "GIMP writes the arguments into the image; if it no longer does, this test is void"
    assert "style.png" not in json.dumps([facts["saved"], facts["recipes"]])
    with Image.open(Path(facts["folder"]) / "accept.png") as shot:
        assert len(set(shot.convert("L").tobytes())) > 1


def test_what_was_set_by_keyboard_is_what_is_painted(sittings: dict[str, Facts]) -> None:
    """Preset, quality and a variation, with the real engine; the recipe on the layer tells."""
    facts = sittings["adjust"]
    assert facts["status"] == "success", facts
    assert facts["layers"][0] == "Background: Watercolour"
    settings = json.loads(next(iter(facts["recipes"][0].values())))["settings"]
    assert settings["quality"] == "draft"
    assert facts["taken"] == f"Strength {settings['strength']:g}, brush size {settings['brush_size']:.3g}"
    assert settings["strength"] == 98.0
    assert facts["estimate changed"]
    assert "MB" in facts["estimate"] or "GB" in facts["estimate"]


def test_the_sheet_shows_nine_variations_around_what_was_set(sittings: dict[str, Facts]) -> None:
    """Each has a name of its own; going back leaves all as it was; the keys begin at the one that is as things are."""
    facts = sittings["adjust"]
    names = {name for name in facts["variations"] if ", brush size" in name}
    assert len(names) == 9
    assert {name.split(",")[0] for name in names} == {"Strength 48", "Strength 73", "Strength 98"}
    assert facts["strength after going back"] == 73.0
    assert facts["present"].startswith("Strength 73, ")
    assert facts["nameless variations"] == []


def test_every_widget_has_a_name_and_no_two_answer_to_one_letter(sittings: dict[str, Facts]) -> None:
    """As a screen reader is told."""
    facts = sittings["adjust"]
    assert facts["nameless"] == []
    assert len(facts["letters"]) >= 8
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]


def test_stop_keeps_the_layer_being_painted(sittings: dict[str, Facts]) -> None:
    """The first of two, as far as it was; the second is not begun."""
    facts = sittings["keep"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 3
    assert "left" in facts["progress"]


def test_cancelling_and_closing_leave_nothing(sittings: dict[str, Facts]) -> None:
    """Escape leads from a run back to choosing; closing the window ends a run; no layer, no engine stays."""
    facts = sittings["leave"]
    assert facts["back to choosing"]
    assert facts["status"] == "cancel"
    assert facts["layers"] == ["Background"]
    assert facts["clean"]


def test_an_engine_that_does_not_start_is_told_in_the_window(sittings: dict[str, Facts]) -> None:
    """With the remedy; once that was followed, Stylize works in the same window."""
    facts = sittings["repair"]
    assert "neural-style install" in facts["error"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 2


def test_a_layer_that_is_gone_when_it_is_painted_is_told_in_the_window(sittings: dict[str, Facts]) -> None:
    """Deleted in GIMP's own menu; nothing is left over of it."""
    facts = sittings["lose"]
    assert facts["said"].startswith("The layer or its image was closed while the engine worked"), facts
    assert facts["status"] == "cancel"
    assert facts["layers"] == []
    assert facts["images"] == 0


@pytest.mark.parametrize("name", ["accept", "adjust", "keep", "leave", "repair", "lose"])
def test_no_engine_outlives_the_dialog(sittings: dict[str, Facts], name: str) -> None:
    """However it was left."""
    assert sittings[name]["engines gone"] is True
