"""How many threads this program's networks may use; set once, before the first of them is loaded."""

from __future__ import annotations

_most = 0


def limit(count: int) -> None:
    """Use that many threads at most; 0: as many as the machine has cores. Networks loaded before keep theirs."""
    global _most  # noqa: PLW0603 - a process has one set of cores
    _most = count


def most() -> int:
    """What was set; 0 where nothing was."""
    return _most
