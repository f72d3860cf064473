"""What a job will cost, said before it starts: seconds and memory.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nst_core.octaves import plan
from nst_core.settings import from_mapping

SPEED = 8.4
"""Seconds an evaluation of one megapixel takes, on two server cores, until this machine was seen at work."""
START = 0.5
"""Seconds that a warm engine needs before the first evaluation."""
BASE, PER_MEGAPIXEL = 6e8, 2.9e9
"""Bytes of a small job, and for each megapixel of the largest octave: feature maps, kept for the gradient."""
PER_PICTURE_MEGAPIXEL = 1.5e8
"""Bytes for each megapixel of the picture: copies in float32 on their way in and out."""


@dataclass(frozen=True)
class Estimate:
    """seconds: of a whole run; memory: bytes of the engine's process at most."""

    seconds: float
    memory: int


def estimate(height: int, width: int, values: Mapping[str, object], speed: float | None = None) -> Estimate:
    """The cost of painting (height, width) with these settings; what `values` leaves out has its default.

    speed: seconds an evaluation of one megapixel was seen to take here. Raises InvalidSettingError.
    """
    settings = from_mapping(values)
    octaves = plan(height, width, settings) if settings.strength else []
    seconds = START + (speed or SPEED) * sum(octave.cost for octave in octaves)
    largest = max((octave.area for octave in octaves), default=0.0)
    memory = BASE + PER_MEGAPIXEL * largest + PER_PICTURE_MEGAPIXEL * height * width / 1e6
    return Estimate(min(seconds, settings.seconds) if settings.seconds else seconds, round(memory))
