"""The progress of a job, reported by a run and sent over the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A step is done: `step` of `steps` in octave `octave` of `octaves`, all from 1; step 0: there is a first picture.

    loss: of the objective, about 1 at the start; None at step 0. seconds_left: an estimate. fraction: of the whole job,
    in [0, 1]. While the picture is upscaled to full size the last step is repeated, with new values of these two.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    loss: float | None
    seconds_left: float
    fraction: float
