"""What an octave descends on: the artist's words about strength, smoothness and brush, as one objective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nst_core.backends import Backend, Float, Objective
from nst_core.job import Job, Style
from nst_core.periodic import seamless
from nst_core.statistics import Weights
from nst_core.targets import make_targets

BALANCE = 0.05
"""Content weight at strength 50, against a style weight of 1: where rulers and eyes were content."""
SPAN = 8.0
"""Strength 0 holds content this many times, strength 100 this many times less, than strength 50."""
TV_UNIT = 0.5
"""What a smoothness of 1 means, against a style weight of 1."""


def loss_weights(strength: float, smoothness: float) -> Weights:
    """The weights behind the artist's two words."""
    return Weights(content=BALANCE * SPAN ** ((50 - strength) / 50), tv=TV_UNIT * smoothness)


def aimed(backend: Backend, job: Job, content: Float, visible: Float, styles: Sequence[Style]) -> Objective:
    """The job's objective for a picture of the size of `content` (H, W, 3), nothing hidden in it; visible: (H, W).

    styles: in the colours that are wanted.
    """
    settings = job.settings
    weights = loss_weights(settings.strength, settings.tv_weight)
    if settings.texture:
        weights = replace(weights, content=0.0)
    targets = make_targets(backend, content, visible, styles, settings.brush_size / math.sqrt(job.part), weights)
    return seamless(backend, targets, content) if settings.seamless else backend.objective(targets)
