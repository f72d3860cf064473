"""Estimates seconds and memory of a job before it starts, and chooses tiles so that it fits into memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nst_core.shared.planning.schedule import DRAFT, PROCESSOR_MEGAPIXELS, Octave, largest_optimized_megapixels, plan
from nst_core.shared.settings import Settings, from_mapping

SPEED = 7.0
"""Seconds for a unit of work (see `Octave.work`) on two server cores: used until this machine was measured."""
FAST = 1.5
"""Seconds for a unit of work below which the device is taken for a graphics card."""
START = 0.5
"""Seconds that a warm engine needs before the first evaluation."""
CARRY = 6.0
"""Seconds per megapixel of a picture that is upscaled to full size with fine pieces."""
UPSCALED = 0.45
"""Seconds per megapixel of a picture that is only upscaled to full size."""
BESIDE = 1.15
"""Seconds per megapixel of a picture that is evaluated at full size, for the work outside of evaluations."""
MOVE = 2.4e7
"""Bytes per megapixel of an octave and per move in the optimiser's history."""
VECTORS = {"painterly": 6e8, "classic": 1.2e8}
"""Bytes per megapixel of an octave: targets, pieces of the styles, and working memory."""
REFINED = 1.5e9
"""Bytes per megapixel of a picture that gets fine pieces at full size."""
CARRIED = 1.2e9
"""Upper limit of that, bytes, because it is computed in tiles."""
LARGE_MEGAPIXELS, LARGE = 2 * PROCESSOR_MEGAPIXELS, 4e9
"""Limit of memory, bytes, on a processor for pictures of more megapixels: their last octave is computed in tiles, which
takes longer, but not for each megapixel of the picture."""
TILES = (2048, 1536, 1024, 768, 512, 384, 256)
"""Possible sides of tiles, px."""
FEW = 4
"""Length of the optimiser's history if memory is short."""
LESS = 0.75
"""After running out of memory, the next tile size must reduce the pixels evaluated at once to this fraction or less."""
DEAR = 2.3
"""Tilings that cost more than this multiple of an untiled evaluation are used only if nothing else fits."""


@dataclass(frozen=True)
class Needs:
    """Memory, in bytes, that depends on the device and the precision.

    base: of a small job. evaluation: feature maps, for each megapixel evaluated at once (the octave, or a tile).
    region: the same for each region beyond the first. graphs: the graphs that only tiles need. picture: for each
    megapixel of the picture: content, start image and result.
    """

    base: float
    evaluation: float
    region: float
    graphs: float
    picture: float


IN_FULL = Needs(base=5.9e8, evaluation=2.9e9, region=3e8, graphs=2e8, picture=4.5e7)
"""In float32 on a processor."""
IN_HALF = Needs(base=1.05e9, evaluation=1.7e9, region=6.8e8, graphs=0.0, picture=0.0)
"""In half precision on a graphics card, memory of the card. Most of the base is CUDA itself. PyTorch reserves a fifth
more than it uses. What is computed on the processor, like the finished picture, is not included."""


ON_ANY_CARD = Needs(base=4e8, evaluation=4.5e9, region=3.5e8, graphs=2e8, picture=0.0)
"""In float32 by ONNX Runtime on any maker's card, memory of the card."""


def needs(device: str, precision: str) -> Needs:
    """The memory needs of a backend."""
    if device == "gpu":
        return ON_ANY_CARD
    return IN_HALF if device == "cuda" and precision != "fp32" else IN_FULL


@dataclass(frozen=True)
class Estimate:
    """seconds: of the whole run; memory: peak of the engine's process, bytes; tiled: whether any octave is in tiles."""

    seconds: float
    memory: int
    tiled: bool


def estimate(height: int, width: int, values: Mapping[str, object], speed: float | None = None) -> Estimate:
    """The cost of painting (height, width) with these settings; those not in `values` have their defaults.

    speed: measured seconds for a unit of work. Raises InvalidSettingError.
    """
    settings = from_mapping(values)
    area = height * width / 1e6
    octaves = planned_octaves(height, width, settings, speed) if settings.paints else []
    seconds = duration(octaves, area, speed or SPEED, settings.seconds)
    return Estimate(seconds, peak(octaves, area, place=_place(speed)), any(octave.tile for octave in octaves))


def planned_octaves(
    height: int, width: int, settings: Settings, speed: float | None = None, *, resumed: bool = False
) -> list[Octave]:
    """The octaves, as far as they are known without the engine's free memory."""
    place = _place(speed)
    most = largest_optimized_megapixels(settings, processor=place is IN_FULL)
    octaves = plan(height, width, settings, resumed=resumed, most=most)
    return arranged(octaves, height * width / 1e6, settings.memory * 1e9 or math.inf, place=place)


def _place(speed: float | None) -> Needs:
    """The memory needs of the device that has this speed."""
    return IN_FULL if (speed or SPEED) > FAST else IN_HALF


def duration(octaves: Sequence[Octave], area: float, speed: float, limit: float = 0.0) -> float:
    """Seconds to paint `area` megapixels with these octaves, at most `limit` if that is not 0.

    speed: seconds for a unit of work.
    """
    seconds = START + speed * sum(octave.cost for octave in octaves)
    if octaves:
        seconds += beside(octaves[-1], area)
    return min(seconds, limit) if limit else seconds


def beside(last: Octave, area: float) -> float:
    """Seconds outside of evaluations for `area` megapixels, of which the last octave has some or all."""
    return area * (CARRY if _refined(last, area) else UPSCALED if last.area < area else BESIDE)


def peak(octaves: Sequence[Octave], area: float, regions: int = 1, place: Needs = IN_FULL) -> int:
    """Peak memory, bytes, while `area` megapixels are painted with these octaves."""
    return round(max([resting(area, place), *(held(octave, area, regions, place) for octave in octaves)]))


def _refined(last: Octave, area: float) -> bool:
    """Whether the last octave's picture gets fine pieces at full size; a draft is only upscaled."""
    return last.area < area and last.method == "painterly" and max(last.height, last.width) > DRAFT


def resting(area: float, place: Needs = IN_FULL) -> float:
    """Bytes for a picture of `area` megapixels while nothing is evaluated."""
    refined = min(CARRIED, REFINED * area) if area > PROCESSOR_MEGAPIXELS else 0.0
    return place.base + place.picture * area + refined


def held(octave: Octave, area: float, regions: int = 1, place: Needs = IN_FULL) -> float:
    """Bytes while an octave of a picture of `area` megapixels is evaluated."""
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
    """The octaves as they fit into `budget` bytes: whole or in tiles; an octave that does not fit is left out.

    The first one always stays. area: megapixels of the picture. On a processor, large pictures that are upscaled to
    full size have at most LARGE.
    """
    if place is IN_FULL and octaves[-1].area < area > LARGE_MEGAPIXELS:
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
    """The octave in tiles, preferred ones first: a short history costs less time than small tiles."""
    ways = [replace(octave, tile=tile, history=history) for history in (octave.history, FEW) for tile in TILES]
    return sorted(ways, key=lambda way: -way.tile if way.work > DEAR * way.whole.work else -math.inf)


def smaller(octave: Octave) -> Octave | None:
    """The same octave with clearly less memory (see LESS); None if that is not possible."""
    ways = (replace(octave, tile=side, history=FEW) for side in TILES)
    return next((way for way in ways if way.at_once <= LESS * octave.at_once), None)
