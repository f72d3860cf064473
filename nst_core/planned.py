"""What a job will do and cost, told before it is done: sizes, steps, tiles, seconds, memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nst_core.affordable import in_budget
from nst_core.backends import Backend
from nst_core.estimate import duration, needs, peak
from nst_core.job import Job
from nst_core.octaves import Octave, affordable, plan
from nst_core.planes import planes
from nst_core.regions import Region, region_count
from nst_core.statistics import Weights
from nst_core.targets import Scene, classic_targets

_SIDES = {"cpu": 256}
_LARGE = 1024
"""px: where speed is measured; a graphics card shows what it can only on larger pictures."""


@dataclass(frozen=True)
class Plan:
    """How a picture of this size will be painted.

    carried: what the last octave found is enlarged to the full size. seconds: None where no speed is known. memory:
    bytes of the engine at most; free: bytes that are free where it computes, None where nobody knows. notes: what a
    person should know, the backend's included.
    """

    height: int
    width: int
    octaves: tuple[Octave, ...]
    carried: bool
    seconds: float | None
    memory: int
    free: int | None
    backend: Backend
    notes: tuple[str, ...]

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
            "precision": self.backend.precision,
            "notes": list(self.notes),
        }


def planned(job: Job, backend: Backend, speed: float | None = None) -> Plan:
    """The plan of a run of this job. speed: seconds for a unit of work (see `Octave.work`)."""
    (height, width), settings = job.content.shape[:2], job.settings
    area, octaves, notes = height * width / 1e6, list[Octave](), backend.notes
    if settings.strength:
        most = affordable(settings, processor=backend.device == "cpu")
        wanted = plan(height, width, settings, resumed=job.init is not None, most=most)
        octaves, more = in_budget(wanted, job, backend)
        notes += more
    memory = peak(octaves, area, region_count(job.styles), needs(backend.device, backend.precision))
    if settings.memory and memory > settings.memory * 1e9:
        notes += (f"no way of painting this picture takes as little as {settings.memory:g} GB of memory",)
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
    """Seconds for a unit of work here: measured on a picture of that side (px; 0: one that takes a few seconds)."""
    side = side or _SIDES.get(backend.device, _LARGE)
    picture = np.random.default_rng(0).random((side, side, 3), dtype=np.float32)
    everywhere = np.ones((side, side), np.float32)
    scene = Scene(picture, everywhere, [Region(everywhere, ((picture, 1.0),))], side * side, 1.0)
    objective = backend.objective(classic_targets(backend, scene, Weights()))
    image = backend.array(planes(picture))
    seconds = min(_timed(lambda: backend.numpy(objective(image)[1])) for _ in range(2))
    return seconds / Octave(side, side, 1, method="classic").work


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
