"""A picture cut into bands, one for each worker, and what a worker does with its own: the passes over its tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nst_core.affordable import budget
from nst_core.backends import Float
from nst_core.choose import choose
from nst_core.errors import EngineCrashedError
from nst_core.layers import METHODS
from nst_core.settings import Settings
from nst_core.tile_grid import ALIGNED, MARGIN, Box, Tile, tiles
from nst_core.tile_passes import Exact, Passes


@dataclass(frozen=True)
class Band:
    """Rows of a picture of this width, the ends excluded: what counts, and with a margin what is seen."""

    top: int
    bottom: int
    outer_top: int
    outer_bottom: int
    width: int

    def cut(self, reduced: int = 1) -> tuple[slice, slice, slice, slice]:
        """The index of what is seen, of a (N, C, H, W) that is smaller than the picture by that factor."""
        return slice(None), slice(None), slice(self.outer_top // reduced, self.outer_bottom // reduced), slice(None)

    def grid(self, size: int) -> Iterator[Tile]:
        """Its tiles, counted from the corner of what is seen."""
        shift, rows = self.top - self.outer_top, self.outer_bottom - self.outer_top
        for tile in tiles(self.bottom - self.top, self.width, size):
            top, bottom = tile.inner.top + shift, tile.inner.bottom + shift
            outer = Box(max(0, top - MARGIN), min(rows, bottom + MARGIN), tile.outer.left, tile.outer.right)
            yield Tile(Box(top, bottom, tile.inner.left, tile.inner.right), outer)


def bands(height: int, width: int, count: int) -> list[Band]:
    """At most so many bands of nearly the same height, beginning at multiples of 16."""
    blocks = math.ceil(height / ALIGNED)
    count = min(count, blocks)
    edges = [*(round(i * blocks / count) * ALIGNED for i in range(count)), height]
    return [
        Band(top, bottom, max(0, top - MARGIN), min(height, bottom + MARGIN), width) for top, bottom in pairwise(edges)
    ]


@dataclass(frozen=True)
class About:
    """How a worker computes: backend, device and precision. room: bytes that it may hold."""

    name: str
    device: str
    precision: str
    room: float


class BandWork:
    """The far side: keeps what does not change from step to step, and answers with arrays of numpy."""

    def __init__(self, backend: str, device: str) -> None:
        self._backend = choose(backend, device)
        self._passes: Passes | None = None

    def about(self) -> About:
        """Of this worker."""
        backend = self._backend
        return About(backend.name, backend.device, backend.precision, budget(Settings(), backend))

    def style(self, band: Band, size: int, method: str, image: Float) -> Mapping[str, Exact]:
        """The sums of a style's Gram matrices over its part (1, 3, H, W)."""
        everywhere = np.ones((1, 1, *image.shape[2:]), np.float32)
        passes = Passes(self._backend, list(band.grid(size)), METHODS[method])
        return passes.sums(self._backend.array(image), self._backend.array(everywhere))

    def prepare(
        self, band: Band, size: int, method: str, guides: Float, held: Mapping[str, tuple[Float, Float]]
    ) -> None:
        """Learn and keep the guides' part, and that of the target features with their weights."""
        array = self._backend.array
        self._guides = array(guides)
        self._passes = Passes(self._backend, list(band.grid(size)), METHODS[method])
        self._held = {layer: (array(target), array(weight)) for layer, (target, weight) in held.items()}

    def sums(self, image: Float) -> Mapping[str, Exact]:
        """See Passes.sums."""
        return self._prepared().sums(self._backend.array(image), self._guides)

    def gradient(self, image: Float, derivatives: Mapping[str, Float]) -> tuple[float, Float]:
        """The loss of the target features, and the gradient on the part of that and of style together."""
        own = {layer: self._backend.array(part) for layer, part in derivatives.items()}
        x = self._backend.array(image)
        found = x * 0
        loss = self._prepared().gradient(x, self._guides, own, self._held, found)
        return loss, self._backend.numpy(found)

    def _prepared(self) -> Passes:
        if self._passes is None:
            raise EngineCrashedError("a worker has lost what it had learnt")
        return self._passes
