"""Findings of an examination: one line each, with a remedy. Used on the wire, in reports and in GIMP's window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from nst_core.shared.errors import NeuralStyleError, ProtocolError
from nst_core.shared.wire import validation

State = Literal["ok", "note", "problem"]
STATES: tuple[State, ...] = get_args(State)
MAX_TEXT = 2000  # largest length of a text, characters; longer ones are cut, to fit into a window
REPORT = 1
"""Version of the report's format: keys may be added, but not renamed or removed, while this number stays."""


@dataclass(frozen=True)
class Finding:
    """One line of an examination. state: ok, note, or problem (something does not work).

    subject: a stable word, such as onnx or memory. where: a device or a folder, if there are several. Lines of texts
    are joined, and texts longer than MAX_TEXT are cut.
    """

    subject: str
    state: State
    text: str
    remedy: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        for name in ("subject", "text", "remedy", "where"):
            text = getattr(self, name)
            validation.text(name, text)
            object.__setattr__(self, name, " ".join(filter(None, map(str.strip, text.splitlines())))[:MAX_TEXT])
        if self.state not in STATES:
            raise ProtocolError(f"a state is {self.state!r}, not one of {', '.join(STATES)}")

    def __str__(self) -> str:
        """The finding as one line of text."""
        return f"{self.state:8}{self.about}: {self.text}{f'; {self.remedy}' if self.remedy else ''}"

    @property
    def about(self) -> str:
        """The subject with `where`."""
        return f"{self.subject} ({self.where})" if self.where else self.subject


def of_error(subject: str, error: NeuralStyleError, where: str = "") -> Finding:
    """An error as a finding of state problem."""
    return Finding(subject, "problem", error.message, error.remedy, where)


def is_ok(findings: Iterable[Finding]) -> bool:
    """Whether there is no problem among the findings."""
    return all(finding.state != "problem" for finding in findings)


def to_mapping(findings: Iterable[Finding], version: str) -> dict[str, Any]:
    """The findings as a JSON report. version: of the program that made it."""
    found = list(findings)
    return {
        "report": REPORT,
        "version": version,
        "ok": is_ok(found),
        "findings": [asdict(finding) for finding in found],
    }
