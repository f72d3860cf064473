"""Undo and redo of settings. Plain values, without GIMP or GTK."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")

TOGETHER = 0.6  # seconds: changes that follow each other faster, as those of a slider being dragged, are one step
MOST = 100  # steps


@dataclass
class History(Generic[State]):
    """The states in their order. now: the current one."""

    now: State

    def __post_init__(self) -> None:
        self._past: list[State] = []
        self._future: list[State] = []
        self._last = -TOGETHER  # when the last change was

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier state."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a later state."""
        return bool(self._future)

    def note(self, state: State, at: float) -> None:
        """Add a state. at: time of the change, seconds of any clock. The same state again is no change."""
        if state == self.now:
            return
        if at - self._last >= TOGETHER or not self._past:
            self._past = [*self._past, self.now][-MOST:]
        self._future = []
        self._last = at
        self.now = state

    def undo(self) -> State:
        """Go back to the state before, if there is one. Returns the current state."""
        if self._past:
            self._future.append(self.now)
            self.now = self._past.pop()
            self._last = -TOGETHER
        return self.now

    def redo(self) -> State:
        """Go on to the state after, if there is one. Returns the current state."""
        if self._future:
            self._past.append(self.now)
            self.now = self._future.pop()
            self._last = -TOGETHER
        return self.now
