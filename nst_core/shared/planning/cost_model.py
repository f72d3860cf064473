"""What a job will cost, said before it starts: seconds and memory; and how it is cut to fit into memory.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nst_core.shared.planning.schedule import DRAFT, PROCESSOR_MEGAPIXELS, Octave, largest_optimized_megapixels, plan
from nst_core.shared.settings import Settings, from_mapping

SPEED = 7.0
"""Seconds for a unit of work (see `Octave.work`), on two server cores, until this machine was seen at work."""
FAST = 1.5
"""Seconds for the same below which it is no processor that computes."""
START = 0.5
"""Seconds that a warm engine needs before the first evaluation."""
CARRY, BESIDE = 6.0, 1.15
"""Seconds for each megapixel of the picture: to carry it to full size; of what is done beside evaluations otherwise."""
MOVE = 2.4e7
"""Bytes for each megapixel of an octave, for each move that the optimiser remembers."""
VECTORS = {"painterly": 6e8, "classic": 1.2e8}
"""Bytes for each megapixel of an octave: for its targets, the styles' pieces, and the rest of it."""
REFINED, CARRIED = 1.5e9, 2e9
"""Bytes for each megapixel of a picture that gets finer pieces at full size; at most, since it gets them in parts."""
LARGE = 4e9
"""Bytes in which a picture is painted that is larger than what is evaluated on a processor."""
TILES = (2048, 1536, 1024, 768, 512, 384, 256)
"""Sides to choose from, px."""
FEW = 4
"""Moves to remember where memory is short."""
LESS = 0.75
"""Of what is evaluated at once, what the next smaller tiles leave at most: less of a difference would not help."""
DEAR = 2.3
"""Times an evaluation of the whole: smaller tiles, which cost more than that, are cut only where no others fit."""


@dataclass(frozen=True)
class Needs:
    """Bytes of what differs by where a job is computed.

    base: of a small job. evaluation: for each megapixel that is evaluated at once, of the octave or of a tile: its
    feature maps. region: the same for each region beyond the first: maps under its guide. graphs: of those that tiles
    need beside the others. picture: for each megapixel of the picture: it, where it starts from, what becomes of it.
    """

    base: float
    evaluation: float
    region: float
    graphs: float
    picture: float


IN_FULL = Needs(base=5.9e8, evaluation=2.9e9, region=3e8, graphs=2e8, picture=4.5e7)
"""In float32, by the engine's own memory."""
IN_HALF = Needs(base=1.05e9, evaluation=1.7e9, region=6.8e8, graphs=0.0, picture=0.0)
"""In half precision on a graphics card, by the card's memory, most of the base for CUDA itself. PyTorch sets a fifth
more aside than it uses; what is not computed there, like the finished picture, is no part of it."""


ON_ANY_CARD = Needs(base=4e8, evaluation=4.5e9, region=3.5e8, graphs=2e8, picture=0.0)
"""In float32 by ONNX Runtime on any maker's card, by the card's memory."""


def needs(device: str, precision: str) -> Needs:
    """What a backend needs."""
    if device == "gpu":
        return ON_ANY_CARD
    return IN_HALF if device == "cuda" and precision != "fp32" else IN_FULL


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
    octaves = planned_octaves(height, width, settings, speed) if settings.strength else []
    seconds = duration(octaves, area, speed or SPEED, settings.seconds)
    return Estimate(seconds, peak(octaves, area, place=_place(speed)), any(octave.tile for octave in octaves))


def planned_octaves(
    height: int, width: int, settings: Settings, speed: float | None = None, *, resumed: bool = False
) -> list[Octave]:
    """What will be painted, as far as that can be told without asking the engine what memory is free there."""
    place = _place(speed)
    most = largest_optimized_megapixels(settings, processor=place is IN_FULL)
    octaves = plan(height, width, settings, resumed=resumed, most=most)
    return arranged(octaves, height * width / 1e6, settings.memory * 1e9 or math.inf, place=place)


def _place(speed: float | None) -> Needs:
    """Where a job is computed, by how fast."""
    return IN_FULL if (speed or SPEED) > FAST else IN_HALF


def duration(octaves: Sequence[Octave], area: float, speed: float, limit: float = 0.0) -> float:
    """Seconds to paint `area` megapixels by these octaves, at most `limit` where that is not 0.

    speed: seconds for a unit of work.
    """
    seconds = START + speed * sum(octave.cost for octave in octaves)
    if octaves:
        seconds += (CARRY if _refined(octaves[-1], area) else BESIDE) * area
    return min(seconds, limit) if limit else seconds


def peak(octaves: Sequence[Octave], area: float, regions: int = 1, place: Needs = IN_FULL) -> int:
    """Bytes held at most while `area` megapixels are painted by these octaves."""
    return round(max([resting(area, place), *(held(octave, area, regions, place) for octave in octaves)]))


def _refined(last: Octave, area: float) -> bool:
    """Whether the last octave's picture gets finer pieces at full size; a draft is only enlarged."""
    return last.area < area and last.method == "painterly" and max(last.height, last.width) > DRAFT


def resting(area: float, place: Needs = IN_FULL) -> float:
    """Bytes for a picture of that many megapixels while nothing is evaluated."""
    refined = min(CARRIED, REFINED * area) if area > PROCESSOR_MEGAPIXELS else 0.0
    return place.base + place.picture * area + refined


def held(octave: Octave, area: float, regions: int = 1, place: Needs = IN_FULL) -> float:
    """Bytes while an octave is at work on a picture of that many megapixels."""
    evaluated = (place.evaluation + place.region * (regions - 1)) * octave.at_once
    graphs = place.graphs if octave.tile else 0.0
    return (
        place.base
        + place.picture * area
        + graphs
        + evaluated
        + (VECTORS[octave.method] + MOVE * octave.history) * octave.area
    )


def arranged(
    octaves: Sequence[Octave], area: float, budget: float, regions: int = 1, place: Needs = IN_FULL
) -> list[Octave]:
    """The octaves as they fit into `budget` bytes: whole or in tiles; an octave that never fits is left out.

    The first one stays, however little there is. area: megapixels of the picture. A picture that is carried to full
    size leaves a processor's memory to others, as far as LARGE goes.
    """
    if place is IN_FULL and octaves[-1].area < area > PROCESSOR_MEGAPIXELS:
        budget = min(budget, LARGE)
    fitting: list[Octave] = []
    for octave in octaves:
        ways = [octave, *_ways(octave)]
        way = next((way for way in ways if held(way, area, regions, place) <= budget), None)
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
