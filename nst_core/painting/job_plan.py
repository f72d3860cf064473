"""The plan of a job: resolutions, steps, tiles, seconds and memory; and the memory budget that it must keep."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nst_core.backends.base import Backend, to_image
from nst_core.painting.job import Job
from nst_core.painting.style_targets.regions import Region, region_count
from nst_core.painting.style_targets.targets import Scene, classic_targets
from nst_core.shared.planning.cost_model import duration, needs_of, peak, tiled_to_fit
from nst_core.shared.planning.schedule import Octave, largest_optimized_megapixels, plan
from nst_core.shared.sentences import Note, note
from nst_core.shared.settings import Settings
from nst_core.system.memory import held_memory
from nst_core.vgg.losses import Weights

_SIDES = {"cpu": 256, "gpu": 512, "cuda": 1024, "mps": 1024}
"""px: side of the picture with which a device's speed is measured; fast devices are fast only on large pictures."""

SHARE = 0.9
"""Share of the free memory that the engine may take."""

_sharers = {"cpu": 1, "card": 1}
"""The number of processes like this one that work on this machine, and on each card."""

_own_bytes: dict[str, float] = {}
"""This process's share of the memory, by device, as first computed: later the others hold some of it."""


@dataclass(frozen=True)
class Plan:
    """How a picture of this size will be painted.

    carried: whether the last octave is upscaled to full size. seconds: None if the speed is not known. memory: largest
    memory of the engine, bytes. free: free bytes of the memory in which it computes; None if unknown. notes: for the
    user, those of the backend included.
    """

    height: int
    width: int
    octaves: tuple[Octave, ...]
    carried: bool
    seconds: float | None
    memory: int
    free: int | None
    backend: Backend
    notes: tuple[Note, ...]

    def to_mapping(self) -> dict[str, Any]:
        """For JSON: sizes are [width, height] in px; a tile of 0 means that the octave is computed whole."""
        return {
            "size": [self.width, self.height],
            "octaves": [{"size": [o.width, o.height], "steps": o.steps, "tile": o.tile} for o in self.octaves],
            "carried": self.carried,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "memory": self.memory,
            "free": self.free,
            "backend": self.backend.name,
            "device": self.backend.device,
            "card": self.backend.card,
            "precision": self.backend.precision,
            "notes": [str(note) for note in self.notes],
        }


def plan_job(job: Job, backend: Backend, speed: float | None = None) -> Plan:
    """The plan of a run of this job. speed: seconds for a unit of work (see `Octave.work`)."""
    (height, width), settings = job.content.shape[:2], job.settings
    area, octaves, notes = height * width / 1e6, list[Octave](), backend.notes
    if settings.paints:
        most = largest_optimized_megapixels(settings, processor=backend.device == "cpu")
        wanted = plan(height, width, settings, resumed=job.init is not None, max_megapixels=most)
        octaves, budget_notes = in_budget(wanted, job, backend)
        notes += budget_notes
    memory = _peak(octaves, job, backend)
    if settings.memory and memory > settings.memory * 1e9:
        notes += (note("over-budget", gigabytes=f"{settings.memory:g}"),)
    return Plan(
        height=height,
        width=width,
        octaves=tuple(octaves),
        carried=bool(octaves) and octaves[-1].area < area,
        seconds=None if speed is None else duration(octaves, area, speed, settings.seconds),
        memory=memory,
        free=backend.free_memory(),
        backend=backend,
        notes=notes,
    )


def speed_of(backend: Backend, side: int = 0) -> float:
    """Seconds for a unit of work, measured. side: of the picture to measure with, px; 0: as in _SIDES."""
    side = side or _SIDES[backend.device]
    picture = np.random.default_rng(0).random((side, side, 3), dtype=np.float32)
    everywhere = np.ones((side, side), np.float32)
    scene = Scene(picture, everywhere, [Region(everywhere, ((picture, 1.0),))], side * side, 1.0)
    image = to_image(backend, picture)
    with backend.objective(classic_targets(backend, scene, Weights())) as objective:
        seconds = min(_timed(lambda: backend.numpy(objective(image)[1])) for _ in range(2))
    return seconds / Octave(side, side, 1, method="classic").work


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_budget(octaves: Sequence[Octave], job: Job, backend: Backend) -> tuple[list[Octave], tuple[Note, ...]]:
    """The octaves, in tiles or without the largest if memory requires it, and notes for the user."""
    height, width = job.content.shape[:2]
    area, most_bytes, regions = height * width / 1e6, budget(job.settings, backend), region_count(job.styles)
    fitting = tiled_to_fit(octaves, area, most_bytes, regions, needs_of(backend.device, backend.precision))
    if len(fitting) == len(octaves):
        return fitting, ()
    sizes = [f"{octave.width} x {octave.height} px" for octave in (octaves[-1], fitting[-1])]
    return fitting, (note("too-little-memory", wanted=sizes[0], had=sizes[1]),)


def enforce_budget(octaves: Sequence[Octave], job: Job, backend: Backend) -> None:
    """Set the library's memory limit: the `memory` setting, or the plan's peak if that is larger."""
    backend.limit_memory(max(job.settings.memory * 1e9 or math.inf, _peak(octaves, job, backend)))


def _peak(octaves: Sequence[Octave], job: Job, backend: Backend) -> int:
    """Largest memory of the engine, bytes."""
    height, width = job.content.shape[:2]
    needs = needs_of(backend.device, backend.precision)
    return peak(octaves, height * width / 1e6, region_count(job.styles), needs)


def budget(settings: Settings, backend: Backend) -> float:
    """Bytes that the engine may hold: the `memory` setting, or what it holds already and SHARE of what is free."""
    if settings.memory:
        return settings.memory * 1e9
    free = backend.free_memory()
    if free is None:
        return math.inf
    on_processor = backend.device == "cpu"
    sharers = _sharers["cpu" if on_processor else "card"]
    usable = (held_memory() if on_processor else 0) + SHARE * free / sharers
    return usable if sharers == 1 else _own_bytes.setdefault(backend.device, usable)


def set_sharers(machine: int, card: int) -> None:
    """Share the free memory: so many processes like this one work on this machine, and on each card."""
    sharers = {"cpu": max(1, machine), "card": max(1, card)}
    if sharers != _sharers:
        _sharers.update(sharers)
        _own_bytes.clear()
