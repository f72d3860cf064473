"""The check of the set-up in a real GIMP, above all where there is nothing but the plug-in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from nst_core.setup.plugin_installer import default_command, install_plugin

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Found, Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

NAME = "plug-in-neural-style"
MENU = "<Image>/Filters/Artistic"


@pytest.fixture(scope="module")
def folder(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the checks' own profile, and what they write."""
    folder = tmp_path_factory.mktemp("checkup")
    (folder / "photograph.png").write_bytes((studio.folder / "photograph.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def found(studio: Studio, windows: Gimp, folder: Path) -> Found:
    """What GIMP answers. At its start it sees the plug-in for the first time, and no engine.json in it."""
    profile = folder / "profile"
    plug_in = install_plugin(profile / "plug-ins", windows.outside(default_command()))
    real = json.loads((plug_in / "engine.json").read_text())
    (plug_in / "engine.json").unlink()
    own = replace(studio, profile=profile, plug_in=plug_in, folder=folder)
    procedures = [NAME, *(f"{NAME}-{ending}" for ending in ("repeat", "refine", "doctor"))]
    return own.check("checks/checkup.py", "1000x700", procedures=procedures, real=real)


def problems(report: dict[str, Any]) -> list[str]:
    assert report["status"] == "success"
    return [
        f"{one['text']}; {one['remedy']}"
        for one in report["findings"]
        if one["state"] == "problem" and one["subject"] == "engine"
    ]


def test_a_missing_engine_hides_no_menu_entry(found: Found) -> None:
    """All are where they always are."""
    assert set(map(tuple, found("menu").values())) == {(MENU,)}


def test_the_filter_says_why_it_cannot_paint(found: Found) -> None:
    """In one sentence, with the remedy."""
    facts = found("without_engine")["filter"]
    assert facts["status"] == "execution-error"
    assert "engine.json" in facts["message"]
    assert "neural-style install" in facts["message"]


@pytest.mark.parametrize(
    ("case", "word"),
    [
        ("missing", "does not exist"),
        ("nowhere", "/nowhere/engine"),
        ("no JSON", "cannot be read"),
        ("empty", "cannot be read"),
    ],
)
def test_the_check_reports_exactly_what_is_broken(found: Found, case: str, word: str) -> None:
    """One problem with its remedy, besides the line on GIMP."""
    report = found("without_engine")[case]
    (problem,) = problems(report)
    assert word in problem
    assert "neural-style install" in problem
    assert not report["ok"]
    assert report["findings"][0]["subject"] == "gimp"
    assert "Python 3" in report["findings"][0]["text"]


def test_the_check_tries_a_working_engine(found: Found) -> None:
    """Its backends have really run."""
    report = found("with_engine")
    assert report["ok"], report
    assert {one["subject"] for one in report["findings"]} >= {"gimp", "engine", "onnx", "memory", "presets"}


def test_the_window_shows_the_same_and_can_be_closed(found: Found, folder: Path) -> None:
    """It was on the screen, in more than one colour, and the script gets the findings."""
    (problem,) = problems(found("window"))
    assert "/nowhere/engine" in problem
    with Image.open(folder / "checkup.png") as shot:
        assert len(set(shot.convert("L").tobytes())) > 10
