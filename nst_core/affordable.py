"""How much memory a run may take, and which octaves fit into that."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nst_core.backends import Backend
from nst_core.estimate import arranged
from nst_core.job import Job
from nst_core.memory import held_memory
from nst_core.octaves import Octave
from nst_core.regions import region_count
from nst_core.settings import Settings

SHARE = 0.9
"""Of what is free: other programs want some too."""


def in_budget(octaves: Sequence[Octave], job: Job, backend: Backend) -> tuple[list[Octave], tuple[str, ...]]:
    """The octaves as memory allows them, and what a person should know of that."""
    height, width = job.content.shape[:2]
    fitting = arranged(octaves, height * width / 1e6, budget(job.settings, backend), region_count(job.styles))
    if len(fitting) == len(octaves):
        return fitting, ()
    wanted, had = octaves[-1], fitting[-1]
    where = f"{wanted.width} x {wanted.height} px"
    return fitting, (f"there is too little memory to paint at {where}: painted at {had.width} x {had.height} px",)


def budget(settings: Settings, backend: Backend) -> float:
    """Bytes that the engine may hold where the backend computes: what was set, or what it holds and what is free."""
    if settings.memory:
        return settings.memory * 1e9
    free = backend.free_memory()
    if free is None:
        return math.inf
    held = held_memory() if backend.device == "cpu" else 0
    return held + SHARE * free
