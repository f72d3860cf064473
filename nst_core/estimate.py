"""What a job will cost, said before it starts: seconds and memory; and how it is cut to fit into memory.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nst_core.octaves import Octave, affordable, plan
from nst_core.settings import Settings, from_mapping

SPEED = 11.0
"""Seconds for a unit of work (see `Octave.work`), on two server cores, until this machine was seen at work."""
FAST = 1.5
"""Seconds for the same below which it is no processor that computes."""
START = 0.5
"""Seconds that a warm engine needs before the first evaluation."""
SKETCH, BESIDE = 1.0, 0.6
"""Seconds for each megapixel of the picture: of a first picture; of what the processor does beside evaluations."""
BASE = 5.3e8
"""Bytes of a small job."""
EVALUATION = 2.5e9
"""Bytes for each megapixel that is evaluated at once, of the octave or of a tile: its feature maps."""
GRAPHS = 5.2e8
"""Bytes of the graphs that tiles need beside the others."""
REGION = 3e8
"""The same for each region beyond the first: feature maps under its guide."""
MOVE, VECTORS = 2.4e7, 1.2e8
"""Bytes for each megapixel of an octave: for each move that the optimiser remembers, and for the rest of it."""
PICTURE = 5e7
"""Bytes for each megapixel of the picture: it, where it starts from, what becomes of it."""
BEGUN, SKETCHED = 2.8e7, 8e7
"""Bytes for each megapixel while a first picture is painted: of what there is by then; of the network's maps."""
SKETCHING, SKETCHED_TILE = 2.2e8, 5.2e8
"""Bytes of it whatever the size: beside the maps, and with those of a tile, where a large one is painted in tiles."""
SKETCHED_WHOLE = 4.0
"""Megapixels up to which it is not."""
TILES = (2048, 1536, 1024, 768, 512, 384, 256)
"""Sides to choose from, px."""
FEW = 4
"""Moves to remember where memory is short."""
LESS = 0.75
"""Of what is evaluated at once, what the next smaller tiles leave at most: less of a difference would not help."""
DEAR = 2.3
"""Times an evaluation of the whole: smaller tiles, which cost more than that, are cut only where no others fit."""


@dataclass(frozen=True)
class Estimate:
    """seconds: of a whole run; memory: bytes of the engine's process at most; tiled: whether any of it is in tiles."""

    seconds: float
    memory: int
    tiled: bool


def estimate(height: int, width: int, values: Mapping[str, object], speed: float | None = None) -> Estimate:
    """The cost of painting (height, width) with these settings; what `values` leaves out has its default.

    speed: seconds that a unit of work was seen to take here. Raises InvalidSettingError.
    """
    settings = from_mapping(values)
    area = height * width / 1e6
    octaves = foreseen(height, width, settings, speed) if settings.strength else []
    seconds = duration(octaves, area, speed or SPEED, settings.seconds)
    return Estimate(seconds, peak(octaves, area), any(octave.tile for octave in octaves))


def foreseen(
    height: int, width: int, settings: Settings, speed: float | None = None, *, resumed: bool = False
) -> list[Octave]:
    """What will be painted, as far as that can be told without asking the engine what memory is free there."""
    most = affordable(settings, processor=(speed or SPEED) > FAST)
    octaves = plan(height, width, settings, resumed=resumed, most=most)
    return arranged(octaves, height * width / 1e6, settings.memory * 1e9 or math.inf)


def duration(octaves: Sequence[Octave], area: float, speed: float, limit: float = 0.0) -> float:
    """Seconds to paint `area` megapixels by these octaves, at most `limit` where that is not 0.

    speed: seconds for a unit of work.
    """
    seconds = START + speed * sum(octave.cost for octave in octaves)
    if octaves:
        seconds += (SKETCH if octaves[-1].area < area else BESIDE) * area
    return min(seconds, limit) if limit else seconds


def peak(octaves: Sequence[Octave], area: float, regions: int = 1) -> int:
    """Bytes held at most while `area` megapixels are painted by these octaves."""
    return round(max([resting(area), *(held(octave, area, regions) for octave in octaves)]))


def resting(area: float) -> float:
    """Bytes for a picture of that many megapixels while nothing is evaluated."""
    maps = SKETCHING + SKETCHED * area if area <= SKETCHED_WHOLE else SKETCHED_TILE
    return BASE + max(PICTURE * area, BEGUN * area + maps)


def held(octave: Octave, area: float, regions: int = 1) -> float:
    """Bytes while an octave is at work on a picture of that many megapixels."""
    evaluated = (EVALUATION + REGION * (regions - 1)) * octave.at_once
    graphs = GRAPHS if octave.tile else 0.0
    return BASE + PICTURE * area + graphs + evaluated + (VECTORS + MOVE * octave.history) * octave.area


def arranged(octaves: Sequence[Octave], area: float, budget: float, regions: int = 1) -> list[Octave]:
    """The octaves as they fit into `budget` bytes: whole or in tiles; an octave that never fits is left out.

    The first one stays, however little there is. area: megapixels of the picture.
    """
    fitting: list[Octave] = []
    for octave in octaves:
        ways = [octave, *_ways(octave)]
        way = next((way for way in ways if held(way, area, regions) <= budget), None)
        if way is None and fitting:
            break
        fitting.append(way or ways[-1])
    return fitting


def _ways(octave: Octave) -> list[Octave]:
    """The octave in tiles, in the order of preference: to forget moves costs less time than small tiles do."""
    ways = [replace(octave, tile=tile, history=history) for history in (octave.history, FEW) for tile in TILES]
    return sorted(ways, key=lambda way: -way.tile if way.work > DEAR * way.whole.work else -math.inf)


def smaller(octave: Octave) -> Octave | None:
    """The same octave in a good deal less memory; None where there is no less."""
    ways = (replace(octave, tile=side, history=FEW) for side in TILES)
    return next((way for way in ways if way.at_once <= LESS * octave.at_once), None)
