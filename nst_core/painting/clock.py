"""Measures evaluations, keeps to a time limit, and detects convergence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from nst_core.shared.planning.schedule import SETUP, Octave

SAFETY_FACTOR = 1.4
"""How much slower than predicted the next octave may be."""


class Clock:
    """Measures how long evaluations take, estimates the time left, and decides what fits into a time limit.

    limit: seconds for the whole run, 0 for none. Time comes from `now` (seconds, any origin).
    """

    def __init__(self, limit: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._now = limit, now
        self._start = self._last_time = now()
        self._rate = self._reserved = 0.0
        self._full_area = math.inf
        self._measured = False

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._start

    @property
    def reserved(self) -> float:
        """Seconds that are reserved for upscaling the picture to full size."""
        return self._reserved

    def expect(self, rate: float) -> None:
        """Set the expected seconds for a unit of work, used until an evaluation was measured."""
        self._rate = rate

    def reserve(self, seconds: float, area: float) -> bool:
        """Reserve time for upscaling to `area` megapixels, until an octave of that size starts.

        Returns False, and reserves nothing, if it is more than half of the limit.
        """
        fits = not self._limit or seconds <= self._limit / 2
        self._reserved, self._full_area = seconds if fits else 0.0, area
        return fits

    def evaluated(self, octave: Octave) -> None:
        """One evaluation of that octave has just ended."""
        now = self._now()
        # The latest counts most: speed changes with the size and with the load of the machine.
        self._rate += (0.5 if self._measured else 1.0) * ((now - self._last_time) / octave.work - self._rate)
        self._measured, self._last_time = True, now

    def restart_lap(self) -> None:
        """Do not count the time since the last evaluation."""
        self._last_time = self._now()

    def seconds_left(self, octave: Octave, done: int, later: Sequence[Octave]) -> float:
        """Seconds for the rest of this octave and all later ones at the measured speed, within the time limit."""
        left = ((octave.steps - done) * octave.work + sum(o.cost for o in later)) * self._rate
        left += self._reserved_during(later[-1] if later else octave)
        return max(0.0, min(left, self._limit - self.elapsed)) if self._limit else left

    def affords(self, octave: Octave, done: int, later: Sequence[Octave]) -> bool:
        """Whether the limit leaves time for one more evaluation, and for the later octaves' share."""
        if not self._limit:
            return True
        left, step = self._limit - self._reserved_during(octave) - self.elapsed, self._rate * octave.work
        if done == 0:
            # The first evaluation is always made if it fits: there is no result yet.
            return left >= self._least_seconds(octave)
        # Octaves that are too large for the time left will not start; no time is reserved for them.
        startable = [o for o in later if self._least_seconds(o) <= left]
        if startable and self._least_seconds(startable[0]) > left - step:
            return False
        wanted = (octave.steps - done) * step + sum(o.cost for o in startable) * self._rate
        share = min(1.0, left / wanted) if wanted else 1.0
        return (octave.steps - done) * share >= 1

    def _reserved_during(self, octave: Octave) -> float:
        """Seconds that are reserved while that octave is the largest one begun."""
        return 0.0 if octave.area >= self._full_area else self._reserved

    def _least_seconds(self, octave: Octave) -> float:
        """Seconds for the octave's targets and one evaluation, upper estimate."""
        return self._rate * octave.work * ((SAFETY_FACTOR if self._measured else 1.0) + SETUP[octave.method])


class Plateau:
    """Detects convergence: the loss fell by less than `least` (relative) over `steps` steps."""

    def __init__(self, least: float = 2e-3, steps: int = 8) -> None:
        self._least, self._steps = least, steps
        self._losses: list[float] = []

    def reached(self, loss: float) -> bool:
        """Add a loss; True if the run has converged."""
        self._losses.append(loss)
        if len(self._losses) <= self._steps:
            return False
        before = self._losses[-1 - self._steps]
        return before - min(self._losses[-self._steps :]) < self._least * before
