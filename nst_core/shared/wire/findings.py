"""What an examination finds: one line each, with the remedy. On the wire, in reports and in GIMP's window alike.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nst_core.shared.errors import NeuralStyleError, ProtocolError
from nst_core.shared.wire import validation

State = Literal["ok", "note", "problem"]
STATES = ("ok", "note", "problem")
MAX_TEXT = 2000  # characters of what went wrong: more is cut off, for the sake of the window that shows it
REPORT = 1
"""Version of the report's form: keys are added to it, never renamed or removed, while this number stays."""


@dataclass(frozen=True)
class Finding:
    """One line of an examination. A note is worth knowing; a problem keeps something from working.

    subject: a stable word, such as onnx or memory. where: which of several, a device or a folder. Lines of a text are
    joined, and what is too long is cut off.
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
        """One line for a person."""
        return f"{self.state:8}{self.about}: {self.text}{f'; {self.remedy}' if self.remedy else ''}"

    @property
    def about(self) -> str:
        """The subject, and which of several."""
        return f"{self.subject} ({self.where})" if self.where else self.subject


def of_error(subject: str, error: NeuralStyleError, where: str = "") -> Finding:
    """The problem that an error is."""
    return Finding(subject, "problem", error.message, error.remedy, where)


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing needs mending."""
    return all(finding.state != "problem" for finding in findings)


def to_mapping(findings: Iterable[Finding], version: str) -> dict[str, Any]:
    """The findings as a report in JSON holds them. version: of who examined."""
    found = list(findings)
    return {
        "report": REPORT,
        "version": version,
        "ok": is_well(found),
        "findings": [asdict(finding) for finding in found],
    }
