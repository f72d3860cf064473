"""The engine's sentences in the user's language."""

from __future__ import annotations

import ast
import gettext
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from gimp_plugin import engine_words
from gimp_plugin.translation import CATALOGS, DOMAIN
from nst_core.shared import sentences
from nst_core.shared.errors import EngineMissingError, ImageTooSmallError, InvalidImageError, OutOfMemoryError
from nst_core.shared.sentences import NOTES, SENTENCES, note
from nst_core.shared.wire.frames import Frame
from nst_core.shared.wire.messages import Failed
from nst_core.shared.wire.protocol import decode_event, encode

SOURCES = Path(sentences.__file__).resolve().parents[1]
TOO_SMALL = ImageTooSmallError.of("file-too-small", name="'a {0} is\nempty'", width=20, height=30, least=32)


def placeholders(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def uses() -> Iterator[tuple[str, set[str] | None]]:
    """Each code that stands in the package, and the names of the values that it gets; None where they are gathered."""
    for file in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if called in ("of", "note") and isinstance(first, ast.Constant) and isinstance(first.value, str):
                named = {word.arg for word in node.keywords}
                yield first.value, None if None in named else {name for name in named if name}


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_words, "_", gettext.translation(DOMAIN, CATALOGS, ["de"]).gettext)


def test_every_code_gets_the_values_that_its_sentence_names() -> None:
    """Where errors are raised and notes are made."""
    for code, given in uses():
        texts = SENTENCES[code] if code in SENTENCES else (NOTES[code],)
        assert given is None or given == placeholders(texts), code


def test_every_error_has_a_remedy() -> None:
    """Except that of a closed engine, which is not shown."""
    assert [code for code, (_, remedy) in SENTENCES.items() if not remedy] == ["engine-closed"]


def test_every_sentence_is_used() -> None:
    """Or else it would be translated in vain."""
    strings = {
        str(node.value)
        for file in SOURCES.rglob("*.py")
        if file.name != "sentences.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    said = {code for code in (*SENTENCES, *NOTES) if code in strings or code.removesuffix("-saying") in strings}
    built = {code for code in SENTENCES if code.startswith(("engine-ended", "engine-killed"))}
    assert set(SENTENCES) | set(NOTES) == said | built


@pytest.mark.usefixtures("german")
def test_an_error_that_crossed_the_wire_is_translated() -> None:
    """With any values."""
    sent = encode(Failed.of(7, TOO_SMALL))
    failed = decode_event(Frame(sent.fields, ()))
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ImageTooSmallError)
    message, remedy = engine_words.in_words(failed.error)
    assert message == "'a {0} is\nempty' ist 20 x 30 px groß"
    assert "32 px" in remedy
    assert remedy != failed.remedy


@pytest.mark.usefixtures("german")
def test_another_wording_of_the_engine_changes_nothing() -> None:
    """The translation is found by the code, not by the sentence, which may differ in another version."""
    failed = Failed(7, "out-of-memory", "memory is exhausted", "try less", "job-too-large-for-memory")
    assert engine_words.in_words(failed.error) == engine_words.in_words(OutOfMemoryError.of("job-too-large-for-memory"))


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("sentence", ["", "from-the-future", "file-empty"])
def test_unknown_or_incomplete_errors_stay_english(sentence: str) -> None:
    """Without a code, with a code of a newer engine, or without a value."""
    error = Failed(7, "invalid-image", "it rains", "wait", sentence).error
    assert engine_words.in_words(error) == (
        "it rains",
        "wait" if sentence != "file-empty" else "ein anderes Bild wählen",
    )
    assert engine_words.in_a_line(InvalidImageError("it rains")) == "it rains."


@pytest.mark.usefixtures("german")
def test_notes_are_translated_and_invalid_ones_are_ignored() -> None:
    """A note with an unknown code is shown in English."""
    known = note("device-fell-back", device="cuda")
    strange = {"code": "rain", "values": {}, "text": "it rains"}
    said = engine_words.notes({"notes": [known.to_mapping(), strange, "it rains", 5, {"code": []}]})
    assert said[1:] == ["it rains"]
    assert said[0] not in ("", str(known))
    assert "cuda" in said[0]
    assert engine_words.notes({}) == engine_words.notes({"notes": "no list"}) == []


@pytest.mark.usefixtures("german")
def test_one_line_has_message_and_remedy() -> None:
    """As GIMP shows it."""
    line = engine_words.in_a_line(EngineMissingError.of("engine-cannot-start", name="'x'", reason="no"))
    assert line.startswith("die Engine 'x' kann nicht gestartet werden (no); ")
