"""What the engine and the presets say of errors and of finished pictures, in the user's language.

Errors and notes carry the code of their sentence and the values in it. The plug-in has the same sentences
(`nst_core.shared.sentences`), and its catalogs their translations. A sentence without a code, or with one that this
version does not know, stays in English.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.translation import _
from nst_core.shared.sentences import NOTES, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nst_core.shared.errors import NeuralStyleError


def notes(metrics: Mapping[str, Any]) -> list[str]:
    """What a user should know of a picture with these metrics. A foreign engine may have put anything there."""
    said = metrics.get("notes")
    return [text for note in said if (text := _of_note(note))] if isinstance(said, list) else []


def in_words(error: NeuralStyleError) -> tuple[str, str]:
    """Message and remedy of an error."""
    known = SENTENCES.get(error.sentence)
    if known is None:
        return error.message, error.remedy
    message, remedy = known
    return _filled(message, error.values, error.message), _filled(remedy, error.values, error.remedy)


def in_a_line(error: NeuralStyleError) -> str:
    """The same in one line, as `str` gives it in English."""
    return str(type(error)(*in_words(error)))


def _of_note(note: object) -> str:
    match note:
        case {"code": str(code), "values": dict(values), "text": str(text)}:
            return _filled(NOTES[code], values, text) if code in NOTES else text
    return ""


def _filled(template: str, values: Mapping[str, Any], english: str) -> str:
    """The template's translation with these values; the English sentence where one is missing."""
    try:
        return _(template).format(**values) if template else english
    except (LookupError, ValueError, AttributeError):
        return english
