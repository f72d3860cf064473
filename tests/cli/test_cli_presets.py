"""The `presets` commands, from their words to what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import command_line
import pytest
from click.testing import Result
from PIL import Image

from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.shared.presets.lookup import Roots, list_presets, load_preset, user_root
from nst_core.shared.settings import all_settings

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "demo" / "photographs"


def run(*words: str | Path) -> Result:
    return command_line.run("presets", *words)


def answer(*words: str | Path) -> Any:
    """The one object that a command prints with --json."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of own presets, and the working folder with two pictures, one of them under an odd name."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "data"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    cat = resize(image_files.read(PHOTOGRAPHS / "cat.jpg"), 64, 64)
    image_files.write("cat.png", cat)
    image_files.write("a cat:2.jpg", cat)
    assert user_root().is_relative_to(tmp_path)
    return tmp_path


def test_a_look_is_saved_with_what_was_given(work: Path) -> None:
    """Pictures with weights as `stylize` takes them, and of the settings only those that were given."""
    words = ["--style", "cat.png:0.5", "--style", "a cat:2.jpg", "--strength", "80", "--color", "luminance"]
    result = run("save", "Die Katze", *words, "--description", "Soft fur", "--credits", "CC0")
    assert result.stdout == "saved 'Die Katze' as die-katze\n"
    preset = load_preset("die katze")
    assert (preset.description, preset.credits) == ("Soft fur", "CC0")
    assert preset.settings == {"strength": 80.0, "color": "luminance"}
    assert [(style.name, style.weight) for style in preset.styles] == [("style.png", 0.5), ("style-2.jpg", 1.0)]
    assert preset.styles[0].read() == (work / "cat.png").read_bytes()
    assert run("save", "Die Katze", *words).stdout == "saved 'Die Katze' as die-katze-2\n"


def test_only_what_travels_with_a_look_can_be_saved() -> None:
    """No seed, no device, and no picture to start from."""
    shown = run("save", "--help").stdout
    for named in all_settings():
        assert (f"--{named.name.replace('_', '-')}" in shown) == (named.info.scope == "look")
    assert "sketch|content|noise " in shown


def test_a_look_is_shown_whole() -> None:
    """By its slug or its title, for people and for programs."""
    run("save", "Ink", "--style", "cat.png:2", "--strength", "70", "--description", "Black\nwater")
    text = run("show", "INK").stdout
    style = load_preset("ink").styles[0].path
    assert text == f"Ink (ink, yours)\n  Black water\n  style {style}, weight 2\n  strength 70.0\n"
    shown = answer("show", "ink")
    assert shown["settings"] == {"strength": 70.0}
    assert shown["styles"] == [{"file": str(style), "weight": 2.0}]
    assert "built in" in run("show", "mosaic").stdout


def test_broken_looks_are_listed_with_their_reason() -> None:
    """Beside the good ones, with the slug by which they can be deleted."""
    run("save", "Ink", "--style", "cat.png")
    folder = user_root() / "torn"
    folder.mkdir()
    (folder / "preset.json").write_text("{")
    result = run("list")
    assert result.exit_code == 0
    assert "Ink (yours)\n" in result.stdout
    assert "'torn' cannot be used: preset.json is not JSON; repair or delete" in result.stderr
    listed = answer("list")
    assert [entry["slug"] for entry in listed["presets"]] == [preset.slug for preset in list_presets().presets]
    assert [error["slug"] for error in listed["broken"]] == ["torn"]
    assert run("delete", "torn").stdout == "deleted torn\n"
    assert list_presets().broken == ()


def test_looks_are_renamed_and_deleted_by_either_name() -> None:
    """The slug stays when the title changes."""
    run("save", "Ink", "--style", "cat.png")
    assert run("rename", "INK", "大きな波").stdout == "renamed '大きな波' as ink\n"
    assert answer("rename", "大きな波", "Great Wave")["slug"] == "ink"
    assert answer("delete", "great wave") == {"slug": "ink"}
    assert all(preset.builtin for preset in list_presets().presets)


def test_looks_travel_as_files(work: Path) -> None:
    """Exported from one folder and imported into another; what is there already is not kept twice."""
    run("save", "Ink", "--style", "cat.png", "--strength", "70")
    assert run("export", "ink", "ink.nstyle").stdout == "wrote ink.nstyle\n"
    assert answer("export", "mosaic", "m.nstyle")["file"] == "m.nstyle"
    assert (work / "m.nstyle").is_file()
    run("delete", "ink")
    assert run("import", "ink.nstyle", "m.nstyle").stdout == "imported 'Ink' as ink\nimported 'Mosaic' as mosaic\n"
    assert [entry["slug"] for entry in answer("import", "ink.nstyle")["presets"]] == ["ink"]
    assert [preset.slug for preset in list_presets(Roots()).presets if not preset.builtin] == ["ink"]
    assert load_preset("ink").settings == {"strength": 70.0}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "no such look"], "unknown-preset"),
        (["save", "x"], "invalid-setting"),
        (["save", "", "--style", "cat.png"], "invalid-setting"),
        (["save", "x" * 81, "--style", "cat.png"], "invalid-setting"),
        (["save", "x", "--style", "gone.png"], "invalid-image"),
        (["save", "x", "--style", "words.png"], "invalid-image"),
        (["save", "x", "--style", "cat.gif"], "invalid-image"),
        (["save", "x", "--style", "cat.png:0"], "invalid-setting"),
        (["save", "x", "--style", "cat.png", "--strength", "101"], "invalid-setting"),
        (["save", "x", "--style", "cat.png", "--init", "cat.png"], "invalid-setting"),
        (["rename", "mosaic", "x"], "built-in-preset"),
        (["delete", "mosaic"], "built-in-preset"),
        (["delete", "../cat"], "unknown-preset"),
        (["export", "mosaic", "none/x.nstyle"], "unwritable-output"),
        (["import", "gone.nstyle"], "broken-preset"),
        (["import", "cat.png"], "broken-preset"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(words: list[str], code: str) -> None:
    """Exit code 2, one sentence with a remedy, its code with --json, and no preset more or less."""
    Path("words.png").write_text("words")
    with Image.open("cat.png") as cat:
        cat.save("cat.gif")
    result = run(*words, "--json")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("neural-style: ")
    assert result.stderr.count("\n") == 1
    error = json.loads(result.stdout)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["remedy"]
    assert all(preset.builtin for preset in list_presets().presets)
