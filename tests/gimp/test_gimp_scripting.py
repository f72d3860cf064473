"""docs/scripting.md, held against a real GIMP: it lists every argument as it is, and its examples run."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "scripting.md").read_text("utf-8")
PROCEDURES = [
    "plug-in-neural-style",
    *(f"plug-in-neural-style-{ending}" for ending in ("repeat", "refine", "presets", "doctor")),
]


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    """The tables below a heading, cell by cell, without their heads."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture(scope="module")
def found(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What GIMP says of the procedures, and what came of the examples with a small photograph."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copyfile(studio.folder / "style.png", folder / "style.png")
    with Image.open(studio.folder / "photograph.png") as photograph:
        photograph.resize((64, 48)).save(folder / "photograph.png")
    here: dict[str, Any] = {
        language: [code.replace("/home/me", str(folder)) for code in examples(language)]
        for language in ("python", "scheme")
    }
    return replace(studio, folder=folder).check("checks/scripting.py", **here)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_argument_is_listed_with_its_values_and_default(found: Found, procedure: str) -> None:
    """In GIMP's order, and no others."""
    listed = [[name.strip("`"), *rest[:2]] for name, *rest in rows(procedure)]
    assert listed == found("arguments")[procedure]["arguments"]


def test_what_the_procedures_return_is_listed(found: Found) -> None:
    """By the names of the return values."""
    answers = {name: facts["answers"] for name, facts in found("arguments").items()}
    (table,) = re.findall(r"^# .*?(?=^## )", DOCUMENT, re.DOTALL | re.MULTILINE)
    listed = re.findall(r"^\| `([a-z-]+)` \|[^|]*\| (.*?) \|$", table, re.MULTILINE)
    assert {name: re.findall("`([a-z]+)`", answer) for name, answer in listed} == answers


def test_the_python_examples_run(found: Found) -> None:
    """Each writes the output that the document shows."""
    assert list(found("python").values()) == [
        {"error": "", "wrote": ["painted.xcf"]},
        {"error": "", "wrote": ["frames.xcf"]},
        {"error": "", "wrote": ["regions.xcf"]},
    ]


def test_the_script_fu_examples_run(found: Found) -> None:
    """Each writes the output that the document shows."""
    assert list(found("scheme").values()) == [
        {"error": "", "wrote": ["charcoal.xcf"]},
        {"error": "", "wrote": ["refined.xcf"]},
        {"error": "", "wrote": ["blended.xcf"]},
    ]
