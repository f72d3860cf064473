"""The engine's sentences in the artist's language."""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator
from pathlib import Path

import pytest

from gimp_plugin import engine_words
from gimp_plugin.translation import CATALOGS, DOMAIN
from nst_core.shared import errors
from nst_core.shared.errors import DOCTOR, REINSTALL, EngineMissingError, ImageTooSmallError, InvalidImageError

SOURCES = Path(errors.__file__).resolve().parents[1]
KINDS = {name for name in vars(errors) if name.endswith("Error")}


def template(node: ast.expr) -> str:
    """The sentence, with numbers in braces for what is filled in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    filled = (number for number in range(len(parts)))
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(filled)}}}" for part in parts)


def sentences() -> Iterator[str]:
    """All that are given to errors anywhere in the package."""
    for file in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                yield from map(template, node.args)


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_words, "_", gettext.translation(DOMAIN, CATALOGS, ["de"]).gettext)


def test_every_sentence_known_is_one_that_is_said() -> None:
    """Or else it would be translated in vain."""
    said = {*sentences(), REINSTALL, DOCTOR}
    assert [text for text in (*engine_words.MESSAGES, *engine_words.REMEDIES) if text not in said] == []


def test_every_note_known_is_one_that_is_said() -> None:
    """As a constant of the engine, or put together with numbers in it."""
    trees = [ast.parse(file.read_text("utf-8")) for file in SOURCES.rglob("*.py")]
    texts = [node for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.Constant, ast.JoinedStr))]
    said = {template(node) for node in texts}
    assert [text for text in engine_words.NOTES if text not in said] == []


@pytest.mark.usefixtures("german")
def test_notes_are_translated_and_a_foreign_engine_may_say_anything() -> None:
    """Whatever is no sentence is left out."""
    known = engine_words.NOTES[0]
    assert engine_words.notes({"notes": [known, "it rains", 5]})[1:] == ["it rains"]
    assert engine_words.notes({"notes": [known]}) != [known]
    assert engine_words.notes({}) == engine_words.notes({"notes": "no list"}) == []


@pytest.mark.usefixtures("german")
def test_names_and_numbers_stay_as_they_are() -> None:
    """Whatever stands in them."""
    error = ImageTooSmallError("'a {0} is\nempty' is 20 x 30 px", "use a picture of at least 32 px on each side")
    message, remedy = engine_words.in_words(error)
    assert message == "'a {0} is\nempty' ist 20 x 30 px groß"
    assert "32 px" in remedy
    assert remedy != error.remedy


@pytest.mark.usefixtures("german")
def test_a_sentence_that_is_not_known_stays_english() -> None:
    """With its remedy, or without one."""
    assert engine_words.in_words(InvalidImageError("it rains", "wait")) == ("it rains", "wait")
    assert engine_words.in_a_line(InvalidImageError("it rains")) == "it rains."


@pytest.mark.usefixtures("german")
def test_one_line_has_message_and_remedy() -> None:
    """As GIMP shows it."""
    line = engine_words.in_a_line(EngineMissingError("the engine 'x' cannot be started (no)", REINSTALL))
    assert line.startswith("die Engine 'x' kann nicht gestartet werden (no); ")
