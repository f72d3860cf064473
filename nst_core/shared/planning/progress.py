"""How far a job is: said by a run, carried by the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A step is done: `step` of `steps` in octave `octave` of `octaves`, all from 1; step 0: there is a first picture.

    loss: the objective, about 1 at the start; None at step 0, when it is not known yet. seconds_left: an estimate.
    fraction: of the whole job, 0 to 1. While a picture is brought to full size the last step is told again and again,
    with less time left.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    loss: float | None
    seconds_left: float
    fraction: float
