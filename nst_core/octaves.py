"""The octave plan: which sizes, for how many steps, and when to stop. Pure arithmetic; knows no arrays."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nst_core.layers import MIN_SIDE

COARSEST = 640
"""Longest edge of the coarsest octave at most, px: structure is lost where optimisation begins at fewer."""

@dataclass(frozen=True)
class Octave:
    """One resolution. steps: evaluations of the objective."""

    height: int
    width: int
    steps: int

    @property
    def cost(self) -> float:
        """In evaluations of one megapixel."""
        return self.steps * self.height * self.width / 1e6


STEPS = {"draft": 3, "normal": 10, "high": 30, "max": 120}
"""Evaluations at the coarsest octave."""
LEAST_STEPS = 3
"""Evaluations at any octave: the first learns nothing but the slope."""


def plan(height: int, width: int, quality: str) -> list[Octave]:
    """Octaves from coarse to full size, each twice the one before, with half its steps."""
    halvings = max(0, math.ceil(math.log2(max(height, width) / COARSEST)))
    while min(height, width) / 2**halvings < MIN_SIDE:
        halvings -= 1
    steps = STEPS[quality]
    return [
        Octave(
            round(height / 2**halving),
            round(width / 2**halving),
            max(LEAST_STEPS, round(steps / 2 ** (halvings - halving))),
        )
        for halving in range(halvings, -1, -1)
    ]


class Clock:
    """Knows how long evaluations take, hence the time left; shortens a plan that would overrun a limit.

    limit: seconds for the whole run, 0 for none. Time comes from `now` (seconds, any origin).
    """

    def __init__(self, limit: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._now = limit, now
        self._start = self._mark = now()
        self._rate = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._start

    def evaluated(self, octave: Octave) -> None:
        """One evaluation of that octave has just ended."""
        now = self._now()
        rate = (now - self._mark) / (octave.cost / octave.steps)
        # A mean over the last few: the first evaluation of a size pays for allocations.
        self._rate = rate if not self._rate else self._rate + 0.4 * (rate - self._rate)
        self._mark = now

    def restart_lap(self) -> None:
        """What happened since the last evaluation was something else."""
        self._mark = self._now()

    def seconds_left(self, octave: Octave, done: int, later: Sequence[Octave]) -> float:
        """For the rest of this octave and all later ones, at the speed seen so far; 0 before anything was seen."""
        rest = octave.cost * (1 - done / octave.steps) + sum(o.cost for o in later)
        return rest * self._rate

    def fitted(self, octave: Octave, later: Sequence[Octave]) -> Octave:
        """The octave with as many steps as its share of the time left allows, at least one."""
        if not self._limit or not self._rate:
            return octave
        wanted = (octave.cost + sum(o.cost for o in later)) * self._rate
        share = (self._limit - self.elapsed) / wanted if wanted else 1.0
        return replace(octave, steps=max(1, min(octave.steps, math.floor(octave.steps * share))))

    def out_of_time(self, octave: Octave) -> bool:
        """Whether one more evaluation would overrun the limit."""
        return bool(self._limit) and self.elapsed + self._rate * octave.cost / octave.steps > self._limit


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
