"""Estimates seconds and memory of a job before it starts, and chooses tiles so that it fits into memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nst_core.shared.planning.schedule import (
    DRAFT_SIDE,
    PROCESSOR_MEGAPIXELS,
    Octave,
    largest_optimized_megapixels,
    plan,
)
from nst_core.shared.settings import Settings, from_mapping

DEFAULT_SPEED = 7.0
"""Seconds for a unit of work (see `Octave.work`) on two server cores: used until this machine was measured."""
CARD_SPEED = 1.5
"""Seconds for a unit of work below which the device is taken for a graphics card."""
START_SECONDS = 0.5
"""Seconds that a warm engine needs before the first step."""
REFINE_SECONDS = 6.0
"""Seconds per megapixel of a picture that is upscaled to full size with fine pieces."""
UPSCALE_SECONDS = 0.45
"""Seconds per megapixel of a picture that is only upscaled to full size."""
FULL_SIZE_SECONDS = 1.15
"""Seconds per megapixel of a picture whose last octave has full size, for the work outside of steps."""
HISTORY_BYTES = 2.4e7
"""Bytes per megapixel of an octave and per move in the optimiser's history."""
TARGET_BYTES = {"painterly": 6e8, "classic": 1.2e8}
"""Bytes per megapixel of an octave: targets, pieces of the styles, and working memory."""
REFINE_BYTES = 1.5e9
"""Bytes per megapixel of a picture that gets fine pieces at full size."""
MAX_REFINE_BYTES = 1.2e9
"""Upper limit of that, bytes, because it is computed in tiles."""
LARGE_MEGAPIXELS, LARGE_BUDGET = 2 * PROCESSOR_MEGAPIXELS, 4e9
"""Limit of memory, bytes, on a processor for pictures of more megapixels: their last octave is computed in tiles, which
takes longer, but not for each megapixel of the picture."""
TILES = (2048, 1536, 1024, 768, 512, 384, 256)
"""Possible sides of tiles, px."""
SHORT_HISTORY = 4
"""Length of the optimiser's history if memory is short."""
RETRY_SHARE = 0.75
"""After running out of memory, the next tile size must reduce the pixels evaluated at once to this share or less."""
MAX_TILING_COST = 2.3
"""Tilings that cost more than this multiple of an untiled step are used only if nothing else fits."""


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


CPU_NEEDS = Needs(base=5.9e8, evaluation=2.9e9, region=3e8, graphs=2e8, picture=4.5e7)
"""In float32 on a processor."""
CUDA_NEEDS = Needs(base=1.05e9, evaluation=1.7e9, region=6.8e8, graphs=0.0, picture=0.0)
"""In half precision on a graphics card, memory of the card. Most of the base is CUDA itself. PyTorch reserves a fifth
more than it uses. What is computed on the processor, like the finished picture, is not included."""
CARD_NEEDS = Needs(base=4e8, evaluation=4.5e9, region=3.5e8, graphs=2e8, picture=0.0)
"""In float32 by ONNX Runtime on any maker's card, memory of the card."""


def needs_of(device: str, precision: str) -> Needs:
    """The memory needs of a backend."""
    if device == "gpu":
        return CARD_NEEDS
    return CUDA_NEEDS if device == "cuda" and precision != "fp32" else CPU_NEEDS


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
    seconds = duration(octaves, area, speed or DEFAULT_SPEED, settings.seconds)
    return Estimate(seconds, peak(octaves, area, needs=_needs_at(speed)), any(octave.tile for octave in octaves))


def planned_octaves(
    height: int, width: int, settings: Settings, speed: float | None = None, *, resumed: bool = False
) -> list[Octave]:
    """The octaves, as far as they are known without the engine's free memory."""
    needs = _needs_at(speed)
    most = largest_optimized_megapixels(settings, processor=needs is CPU_NEEDS)
    octaves = plan(height, width, settings, resumed=resumed, max_megapixels=most)
    return tiled_to_fit(octaves, height * width / 1e6, settings.memory * 1e9 or math.inf, needs=needs)


def _needs_at(speed: float | None) -> Needs:
    """The memory needs of the device that has this speed."""
    return CPU_NEEDS if (speed or DEFAULT_SPEED) > CARD_SPEED else CUDA_NEEDS


def duration(octaves: Sequence[Octave], area: float, speed: float, limit: float = 0.0) -> float:
    """Seconds to paint `area` megapixels with these octaves, at most `limit` if that is not 0.

    speed: seconds for a unit of work.
    """
    seconds = START_SECONDS + speed * sum(octave.cost for octave in octaves)
    if octaves:
        seconds += overhead(octaves[-1], area)
    return min(seconds, limit) if limit else seconds


def overhead(last: Octave, area: float) -> float:
    """Seconds outside of steps for `area` megapixels. last: the last octave, of full size or upscaled to it.

    A painterly octave gets fine pieces at full size; a draft is only upscaled.
    """
    if last.area >= area:
        return area * FULL_SIZE_SECONDS
    refined = last.method == "painterly" and max(last.height, last.width) > DRAFT_SIDE
    return area * (REFINE_SECONDS if refined else UPSCALE_SECONDS)


def peak(octaves: Sequence[Octave], area: float, regions: int = 1, needs: Needs = CPU_NEEDS) -> int:
    """Peak memory, bytes, while `area` megapixels are painted with these octaves."""
    return round(max([idle_memory(area, needs), *(octave_memory(octave, area, regions, needs) for octave in octaves)]))


def idle_memory(area: float, needs: Needs = CPU_NEEDS) -> float:
    """Bytes for a picture of `area` megapixels while nothing is evaluated."""
    refined = min(MAX_REFINE_BYTES, REFINE_BYTES * area) if area > PROCESSOR_MEGAPIXELS else 0.0
    return needs.base + needs.picture * area + refined


def octave_memory(octave: Octave, area: float, regions: int = 1, needs: Needs = CPU_NEEDS) -> float:
    """Bytes while an octave of a picture of `area` megapixels is evaluated."""
    evaluated = (needs.evaluation + needs.region * (regions - 1)) * octave.at_once
    graphs = needs.graphs if octave.tile else 0.0
    targets = (TARGET_BYTES[octave.method] + HISTORY_BYTES * octave.history) * octave.area
    return needs.base + needs.picture * area + graphs + evaluated + targets


def tiled_to_fit(
    octaves: Sequence[Octave], area: float, budget: float, regions: int = 1, needs: Needs = CPU_NEEDS
) -> list[Octave]:
    """The octaves as they fit into `budget` bytes: whole or in tiles; an octave that does not fit is left out.

    The first one always stays. area: megapixels of the picture. On a processor, large pictures that are upscaled to
    full size have at most LARGE_BUDGET.
    """
    if needs is CPU_NEEDS and octaves[-1].area < area > LARGE_MEGAPIXELS:
        budget = min(budget, LARGE_BUDGET)
    fitting: list[Octave] = []
    for octave in octaves:
        variants = [octave, *_tilings(octave)]
        chosen = next((variant for variant in variants if octave_memory(variant, area, regions, needs) <= budget), None)
        if chosen is None and fitting:
            break
        fitting.append(chosen or variants[-1])
    return fitting


def _tilings(octave: Octave) -> list[Octave]:
    """The octave in tiles, preferred ones first: a short history costs less time than small tiles."""
    histories = (octave.history, SHORT_HISTORY)
    tilings = [replace(octave, tile=tile, history=history) for history in histories for tile in TILES]
    limit = MAX_TILING_COST * octave.whole.work
    costly = sorted((tiled for tiled in tilings if tiled.work > limit), key=lambda tiled: tiled.tile, reverse=True)
    return [*(tiled for tiled in tilings if tiled.work <= limit), *costly]


def with_less_memory(octave: Octave) -> Octave | None:
    """The same octave with clearly less memory (see RETRY_SHARE); None if that is not possible."""
    tilings = (replace(octave, tile=side, history=SHORT_HISTORY) for side in TILES)
    return next((tiled for tiled in tilings if tiled.at_once <= RETRY_SHARE * octave.at_once), None)
