"""What was set before, to go back to and forth again. Plain values; knows neither GIMP nor a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")

TOGETHER = 0.6  # seconds: changes that follow each other so soon, as of a slider on its way, are one step
MOST = 100  # steps


@dataclass
class History(Generic[State]):
    """The states in their order. `now` is the one that is shown."""

    now: State

    def __post_init__(self) -> None:
        self._past: list[State] = []
        self._future: list[State] = []
        self._last = -TOGETHER  # when the last change was

    @property
    def ways(self) -> tuple[bool, bool]:
        """Whether there is something to go back to, and to go forth to."""
        return bool(self._past), bool(self._future)

    def note(self, state: State, at: float) -> None:
        """The state is another one, at a time in seconds of any clock. The same state is no change."""
        if state == self.now:
            return
        if at - self._last >= TOGETHER or not self._past:
            self._past = [*self._past, self.now][-MOST:]
        self._future = []
        self._last = at
        self.now = state

    def back(self) -> State:
        """The state before; the one now, where there is none."""
        if self._past:
            self._future.append(self.now)
            self.now = self._past.pop()
            self._last = -TOGETHER
        return self.now

    def forth(self) -> State:
        """The state that was gone back from; the one now, where there is none."""
        if self._future:
            self._past.append(self.now)
            self.now = self._future.pop()
            self._last = -TOGETHER
        return self.now
