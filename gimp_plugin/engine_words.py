"""Translates errors and notes of the engine and of presets.

Errors and notes have the code of a template in `nst_core.shared.sentences` and its values; the plug-in's catalogs
contain the translated templates. A sentence without a code, or with an unknown one, stays in English.
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
    """The translated notes in these metrics, which may come from an engine of another version, in any form."""
    found = metrics.get("notes")
    return [text for note in found if (text := _of_note(note))] if isinstance(found, list) else []


def in_words(error: NeuralStyleError) -> tuple[str, str]:
    """Translated message and remedy of an error."""
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
    """The translated template with these values; the English sentence if a value is missing."""
    try:
        return _(template).format(**values) if template else english
    except (LookupError, ValueError, AttributeError):
        return english
