"""How much memory a run may take, and which octaves fit into that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nst_core.backends import Backend
from nst_core.estimate import arranged, needs, peak
from nst_core.job import Job
from nst_core.memory import held_memory
from nst_core.octaves import Octave
from nst_core.regions import region_count
from nst_core.settings import Settings, knobs

SHARE = 0.9
"""Of what is free: other programs want some too."""
MOST = next(named.knob.high for named in knobs() if named.name == "memory")
_sharers = {"cpu": 1, "card": 1}
_parts: dict[str, float] = {}
"""What this program's part was when it first asked, by device: later the others have taken some of theirs."""


def in_budget(octaves: Sequence[Octave], job: Job, backend: Backend) -> tuple[list[Octave], tuple[str, ...]]:
    """The octaves as memory allows them, and what a person should know of that."""
    height, width = job.content.shape[:2]
    area, room, regions = height * width / 1e6, budget(job.settings, backend), region_count(job.styles)
    fitting = arranged(octaves, area, room, regions, needs(backend.device, backend.precision))
    if len(fitting) == len(octaves):
        return fitting, ()
    wanted, had = octaves[-1], fitting[-1]
    where = f"{wanted.width} x {wanted.height} px"
    return fitting, (f"there is too little memory to paint at {where}: painted at {had.width} x {had.height} px",)


def keep(octaves: Sequence[Octave], job: Job, backend: Backend) -> None:
    """Have the library see to it that the memory that was set is kept: or what the plan takes, where none keeps it."""
    height, width = job.content.shape[:2]
    place = needs(backend.device, backend.precision)
    least = peak(octaves, height * width / 1e6, region_count(job.styles), place)
    backend.keep_within(max(job.settings.memory * 1e9 or math.inf, least))


def budget(settings: Settings, backend: Backend) -> float:
    """Bytes that the engine may hold where the backend computes: what was set, or what it holds and what is free."""
    if settings.memory:
        return settings.memory * 1e9
    free = backend.free_memory()
    if free is None:
        return math.inf
    on_processor = backend.device == "cpu"
    sharers = _sharers["cpu" if on_processor else "card"]
    whole = (held_memory() if on_processor else 0) + SHARE * free / sharers
    return whole if sharers == 1 else _parts.setdefault(backend.device, whole)


def share(here: int, card: int) -> None:
    """Leave others their parts of what is free: so many programs like this work on this machine and on each card."""
    _sharers.update(cpu=max(1, here), card=max(1, card))
    _parts.clear()


def parted(settings: Settings, backend: Backend, engines: int) -> Settings:
    """The settings for each of so many engines that are about to work beside each other: what is free is shared out."""
    free = backend.free_memory()
    if settings.memory or engines == 1 or free is None:
        return settings
    return replace(settings, memory=min(MOST, SHARE * free / engines / 1e9))
