"""The plan of octaves: their sizes and numbers of steps. Arithmetic only, no arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nst_core.shared.errors import ImageTooSmallError
from nst_core.shared.settings import MIN_SIDE, Settings

Size = tuple[int, int]
"""Height and width, px."""

COARSEST = {"painterly": 80, "classic": 640}
"""px: longest edge, at most, of the coarsest octave. For the classic method, which loses structure at smaller sizes, of
the octave after the one for large forms."""
DRAFT_SIDE = 320
"""px: longest edge at which a draft is optimised before it is upscaled."""
TEXTURE_COARSEST = 64
"""px: textures start at a shortest side between this and twice this."""
PROCESSOR_MEGAPIXELS = 1.6
"""Megapixels of the largest octave on a processor, except at quality `max`: a step takes about 7 s per megapixel."""

PAINTERLY_STEPS = {"draft": (4, 5, 6), "normal": (4, 7, 11, 13), "high": (10, 16, 20, 24), "max": (60, 60, 80)}
"""Steps of the painterly method, from full size down; the last number holds for all smaller octaves."""
CLASSIC_STEPS = {"draft": 4, "normal": 7, "high": 16, "max": 90}
"""Steps of the classic method at each octave but the one for large forms."""
FORM_STEPS = {"normal": 20, "high": 50, "max": 120}
"""Steps at half the first size, where the large forms of the style are found at a quarter of the cost."""
FORM_SIDE = 64
"""px: shortest side for that. Smaller pictures run the same total cost at their own size; small textures run all
steps, because they have no other octave."""
FIRST_STEPS = (1, 2, 5)
"""Largest numbers of steps of a picture's first small copy, from its own size down."""
SAME_SIZE = 1.03
"""A copy that is smaller than an octave by at most this factor is painted at the copy's size."""
REPAINTED = 0.6
"""Octaves of at least this share of the width at which a copy was painted before are painted again."""

HISTORY = 10
"""Moves in the history of the optimiser."""
BLOCK = 16
"""px: tiles begin at multiples of this."""
MARGINS = 160
"""px: the margins of a tile on both sides together, which are evaluated with it."""
STEP_COST = {"painterly": 0.8, "classic": 1.0}
"""Cost of a step, relative to a classic one; the painterly method evaluates two layers fewer."""
SETUP = {"painterly": 3.5, "classic": 1.8}
"""Cost of an octave's targets, in steps: forward passes of content and styles, matching, allocation."""
TILED_COST = 1.65
"""Cost of a step in tiles relative to one of the whole: the forward pass is computed twice."""
GROWTH = 0.05
"""Exponent: four times the pixels take 7 % more than four times as long, because less stays in the caches."""


@dataclass(frozen=True)
class Octave:
    """One resolution. height, width: px. tile: side of its tiles, px; 0: no tiles. history: moves of the optimiser."""

    height: int
    width: int
    steps: int
    tile: int = 0
    history: int = HISTORY
    method: str = "painterly"

    @property
    def area(self) -> float:
        """Megapixels."""
        return self.height * self.width / 1e6

    @property
    def work(self) -> float:
        """Cost of a step. The unit is a classic step at one megapixel without tiles."""
        work = STEP_COST[self.method] * self.area * math.pow(self.at_once, GROWTH)
        if not self.tile:
            return work
        for side in (self.height, self.width):
            count = math.ceil(side / self.tile)
            work *= (side + (count - 1) * MARGINS) / side
        return TILED_COST * work

    @property
    def at_once(self) -> float:
        """Megapixels that are evaluated at once: the whole octave, or the largest tile with its margins."""
        area = 1.0
        for side in (self.height, self.width):
            count = math.ceil(side / (self.tile or side))
            inner = math.ceil(math.ceil(side / BLOCK) / count) * BLOCK
            area *= min(side, inner + min(count - 1, 2) * MARGINS // 2)
        return area / 1e6

    @property
    def whole(self) -> Octave:
        """The octave without tiles."""
        return replace(self, tile=0)

    @property
    def halved(self) -> Octave:
        """The octave before it, of half the size, but at least MIN_SIDE on each side."""
        scale = max(0.5, MIN_SIDE / min(self.height, self.width))
        return replace(self, height=round(self.height * scale), width=round(self.width * scale))

    @property
    def cost(self) -> float:
        """Cost of the targets and of all steps, in units of work."""
        return (self.steps + SETUP[self.method]) * self.work


def largest_optimized_megapixels(settings: Settings, *, processor: bool) -> float:
    """Megapixels of the largest octave; larger pictures are upscaled from that to full size."""
    return PROCESSOR_MEGAPIXELS if processor and settings.quality != "max" else math.inf


def plan(
    height: int, width: int, settings: Settings, *, resumed: bool = False, max_megapixels: float = math.inf
) -> list[Octave]:
    """Octaves from coarse to full size (or `max_megapixels`), each twice as large as the one before.

    A draft has coarse octaves only. The first octave forms large shapes; for strengths above 50 it has more steps,
    because the style then changes shapes more. resumed: the start is an earlier result, so coarse octaves, which would
    blur its strokes, are left out. A classic texture has no structure to lose and starts at small sizes, where steps
    are cheap. Raises ImageTooSmallError.
    """
    if min(height, width) < MIN_SIDE:
        raise ImageTooSmallError.of("picture-too-small", name="the picture", width=width, height=height, least=MIN_SIDE)
    if settings.drafted:
        height, width = _scaled(height, width, DRAFT_SIDE / max(height, width))
    height, width = _scaled(height, width, math.sqrt(max_megapixels / (height * width / 1e6)))
    sizes = _halved_sizes(height, width, COARSEST[settings.method])
    if settings.by_pieces:
        counts = _steps_by_octave(PAINTERLY_STEPS[settings.quality], len(sizes))
    else:
        counts = [CLASSIC_STEPS[settings.quality]] * len(sizes)
    octaves = [Octave(*size, steps, method=settings.method) for size, steps in zip(sizes, counts, strict=True)]
    if resumed:
        return octaves[-1:]
    if settings.by_pieces:
        return octaves
    if settings.drafted:
        forms = octaves[0].steps
    else:
        forms = math.ceil(FORM_STEPS[settings.quality] * max(1.0, settings.boldness))
        octaves = _with_forms(octaves, forms, forms if settings.texture else math.ceil(forms / 4))
    while settings.texture and min(octaves[0].height, octaves[0].width) >= 2 * TEXTURE_COARSEST:
        octaves.insert(0, replace(octaves[0].halved, steps=forms))
    return octaves


def excerpt_octaves(octaves: Sequence[Octave], whole: Size, content: Size, part: float, begun: int = 0) -> list[Octave]:
    """The octaves of a picture's plan for a smaller copy or a part of it: those that are not larger than that.

    whole: (height, width) of the picture; content: of the copy or part; part: its share of the picture's area; begun:
    the width at which it was painted before; 0: never. Of a part, octaves up to that width are left out; of a copy,
    those much smaller than it (REPAINTED), so that its last octave is painted again. A copy that was not painted before
    has few steps (FIRST_STEPS).
    """
    scale = math.sqrt(content[0] * content[1] / (whole[0] * whole[1] * part))
    shares = [math.sqrt(octave.height * octave.width / (whole[0] * whole[1])) / scale for octave in octaves]
    fitting = [
        octave if part == 1 else replace(octave, height=round(share * content[0]), width=round(share * content[1]))
        for octave, share in zip(octaves, shares, strict=True)
        if share <= SAME_SIZE
    ]
    fitting = [octave for octave in fitting if min(octave.height, octave.width) >= MIN_SIDE]
    if not fitting:
        return [replace(octaves[0], height=content[0], width=content[1])]
    if part == 1 and not begun and fitting[-1].width < octaves[-1].width:
        counts = _steps_by_octave(FIRST_STEPS, len(fitting))
        return [replace(octave, steps=min(octave.steps, n)) for octave, n in zip(fitting, counts, strict=True)]
    done = begun * (REPAINTED if part == 1 else SAME_SIZE)
    return [octave for octave in fitting if octave.width > done] or fitting[-1:]


def _steps_by_octave(steps: Sequence[int], octaves: int) -> list[int]:
    """Steps of each octave, coarse to fine. steps: from full size down; the last number holds for all smaller ones."""
    return [steps[min(k, len(steps) - 1)] for k in range(octaves - 1, -1, -1)]


def _with_forms(octaves: list[Octave], steps: int, at_own_size: int) -> list[Octave]:
    """The octaves and, before them, one for large forms; small pictures get more steps at the first octave instead."""
    first = octaves[0]
    if min(first.height, first.width) < 2 * FORM_SIDE:
        return [replace(first, steps=first.steps + at_own_size), *octaves[1:]]
    return [replace(first.halved, steps=steps), *octaves]


def _scaled(height: int, width: int, scale: float) -> Size:
    """The size, reduced by this factor if it is below 1, but not below MIN_SIDE on either side."""
    scale = min(1.0, max(scale, MIN_SIDE / min(height, width)))
    return round(height * scale), round(width * scale)


def _halved_sizes(height: int, width: int, coarsest: int) -> list[Size]:
    """The sizes from coarse to full, each twice the one before."""
    halvings = max(0, math.ceil(math.log2(max(height, width) / coarsest)))
    while halvings and min(height, width) / 2**halvings < MIN_SIDE:
        halvings -= 1
    return [(round(height / 2**halving), round(width / 2**halving)) for halving in range(halvings, -1, -1)]
