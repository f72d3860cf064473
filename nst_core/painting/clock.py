"""How long evaluations take, what a time limit affords, and when steps no longer pay."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from nst_core.shared.planning.schedule import SETUP, Octave

UNSEEN = 1.4
"""An octave not seen yet may be that much slower than the one before: a time limit is to be kept."""


class Clock:
    """Knows how long evaluations take, hence the time left, and what a time limit affords.

    limit: seconds for the whole run, 0 for none. Time comes from `now` (seconds, any origin).
    """

    def __init__(self, limit: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._now = limit, now
        self._start = self._mark = now()
        self._rate = self._reserved = 0.0
        self._full = math.inf
        self._seen = False

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._start

    @property
    def reserved(self) -> float:
        """Seconds that are kept for carrying the picture to full size."""
        return self._reserved

    def expect(self, rate: float) -> None:
        """Seconds that a unit of work is expected to take, until an evaluation was seen."""
        self._rate = rate

    def reserve(self, seconds: float, area: float) -> bool:
        """Keep that much for carrying the picture to `area` megapixels, until an octave of that size is begun.

        Not, and False, where it is more than half of the limit.
        """
        kept = not self._limit or seconds <= self._limit / 2
        self._reserved, self._full = seconds if kept else 0.0, area
        return kept

    def evaluated(self, octave: Octave) -> None:
        """One evaluation of that octave has just ended."""
        now = self._now()
        # The latest counts most: speed changes with size and with what else the machine does.
        self._rate += (0.5 if self._seen else 1.0) * ((now - self._mark) / octave.work - self._rate)
        self._seen, self._mark = True, now

    def restart_lap(self) -> None:
        """What happened since the last evaluation was something else."""
        self._mark = self._now()

    def seconds_left(self, octave: Octave, done: int, later: Sequence[Octave]) -> float:
        """For the rest of this octave and all later ones, at the speed seen so far; at most what the limit leaves."""
        left = ((octave.steps - done) * octave.work + sum(o.cost for o in later)) * self._rate
        left += self._kept(later[-1] if later else octave)
        return max(0.0, min(left, self._limit - self.elapsed)) if self._limit else left

    def affords(self, octave: Octave, done: int, later: Sequence[Octave]) -> bool:
        """Whether the limit leaves time for one more evaluation, and for the later octaves' share."""
        if not self._limit:
            return True
        left, one = self._limit - self._kept(octave) - self.elapsed, self._rate * octave.work
        if done == 0:
            # Of the first one there is nothing to compare with, and nothing better than a sketch to keep.
            return left >= self._shortest(octave)
        # An octave too large for the time left will not be begun: nothing is saved for it.
        begun = [o for o in later if self._shortest(o) <= left]
        if begun and self._shortest(begun[0]) > left - one:
            return False
        wanted = (octave.steps - done) * one + sum(o.cost for o in begun) * self._rate
        share = min(1.0, left / wanted) if wanted else 1.0
        return (octave.steps - done) * share >= 1

    def _kept(self, octave: Octave) -> float:
        """Seconds that are kept while that octave is the largest one begun."""
        return 0.0 if octave.area >= self._full else self._reserved

    def _shortest(self, octave: Octave) -> float:
        """Seconds for the octave's targets and one evaluation, at the worst."""
        return self._rate * octave.work * ((UNSEEN if self._seen else 1.0) + SETUP[octave.method])


class Plateau:
    """Tells when steps no longer pay: the loss fell by less than `least` (relative) over `patience` steps."""

    def __init__(self, least: float = 2e-3, patience: int = 8) -> None:
        self._least, self._patience = least, patience
        self._losses: list[float] = []

    def reached(self, loss: float) -> bool:
        """Note one more loss."""
        self._losses.append(loss)
        if len(self._losses) <= self._patience:
            return False
        before = self._losses[-1 - self._patience]
        return before - min(self._losses[-self._patience :]) < self._least * before
