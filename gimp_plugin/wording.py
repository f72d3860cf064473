"""Sentences of the dialog: errors, progress, estimates. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.engine_words import in_words
from gimp_plugin.translation import _, ngettext

if TYPE_CHECKING:
    from gimp_plugin.flow.roles import Status
    from nst_core.shared.errors import NeuralStyleError

MINUTE, HOUR = 60, 3600  # seconds
ABOUT = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50)  # round numbers of seconds or minutes


def of_error(error: NeuralStyleError) -> tuple[str, str]:
    """Message and remedy as two sentences; the second may be empty."""
    message, remedy = in_words(error)
    return sentence(message), sentence(remedy)


def in_sentences(error: NeuralStyleError) -> str:
    """Message and remedy in one line."""
    return " ".join(of_error(error)).strip()


def of_bug(bug: BaseException) -> tuple[str, str]:
    """Message and remedy for an unexpected error of the plug-in."""
    failed = _("the plug-in failed ({reason})").format(reason=repr(bug))
    return failed, _("report it, with what Neural Style: Check Set-up… says")


def of_status(status: Status) -> str:
    """The progress of a run."""
    parts = []
    if status.count > 1:
        parts.append(_("Layer {number} of {count}").format(number=status.number, count=status.count))
    progress = status.progress
    if progress is None:
        parts.append(_("Starting"))
        return _joined(parts)
    if progress.octaves > 1:
        parts.append(_("Size {number} of {count}").format(number=progress.octave, count=progress.octaves))
    if progress.step:
        parts.append(_("Step {number} of {count}").format(number=progress.step, count=progress.steps))
    parts.append(_("{time} left").format(time=duration(progress.seconds_left)))
    return _joined(parts)


def of_estimate(seconds: float, memory: int, *, tiled: bool) -> str:
    """The estimate of a run: time, memory in bytes, and whether it will be painted in tiles."""
    return _joined([duration(seconds), amount(memory), *([_("part by part")] if tiled else [])])


def sentence(text: str) -> str:
    """The text with a capital letter (see `capitalized`) and a full stop."""
    return f"{capitalized(text)}." if text else ""


def capitalized(text: str) -> str:
    """The text with a capital letter; a file name at its beginning stays as it is."""
    return text if "." in text.split(maxsplit=1)[0] else text[:1].upper() + text[1:]


def duration(seconds: float) -> str:
    """A duration as a round number of seconds, minutes or hours."""
    if seconds < MINUTE - 5:
        number = _round(seconds)
        return ngettext("about {number} second", "about {number} seconds", number).format(number=number)
    if seconds < HOUR - 5 * MINUTE:
        number = _round(seconds / MINUTE)
        return ngettext("about {number} minute", "about {number} minutes", number).format(number=number)
    number = max(1, round(seconds / HOUR))
    return ngettext("about {number} hour", "about {number} hours", number).format(number=number)


def amount(memory: int) -> str:
    """A number of bytes in a suitable unit."""
    if memory < 1e9:
        return _("{number} MB").format(number=max(10, round(memory / 1e7) * 10))
    return _("{number} GB").format(number=f"{memory / 1e9:.1f}")


def _round(number: float) -> int:
    return min(ABOUT, key=lambda rounded: (abs(rounded - number), rounded))


def _joined(parts: list[str]) -> str:
    text = " · ".join(parts)
    return text[:1].upper() + text[1:]
