"""One picture over many workers: the objective in tiles, in bands of which each worker keeps one.

A worker learns its band's content features and guides once. In a step it gets its rows of the picture and returns the
sums of its tiles' statistics; then it gets the derivatives of the loss with respect to the sums of all, and returns the
gradient on its rows. A worker that replaces a lost one learns and does again what that had to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nst_core.backends import Backend, Float, Objective
from nst_core.bands import About, Band, bands
from nst_core.estimate import IN_FULL, TILES
from nst_core.octaves import Octave
from nst_core.statistics import TINY, Array, LayerStatistics, Targets, tv_weight
from nst_core.team import Team
from nst_core.tile_passes import added
from nst_core.tiles import StyleLoss, divided, smoothness

ALONE = 1.0
"""Megapixels of the smallest picture worth spreading; what is in tiles for want of memory is spread at any size."""
TILE = 1024
"""px: of an octave that would fit whole."""
KEPT = 6e7
"""Bytes for each megapixel of a worker's band: features 32, guide 4, rows 12 and gradient 12 for each pixel."""


class Spread:
    """A backend that computes with a team of `BandWork` what another one computes here."""

    def __init__(self, backend: Backend, team: Team, size: int = 0) -> None:
        """size: side of the tiles, px; 0: everything is done here."""
        self._backend, self._team, self._size = backend, team, size
        self.name, self.device, self.precision, self.notes = (
            backend.name,
            backend.device,
            backend.precision,
            backend.notes,
        )
        self.array, self.numpy, self.features = backend.array, backend.numpy, backend.features
        self.tile_work, self.free_memory = backend.tile_work, backend.free_memory
        self.keep_within = backend.keep_within
        self._room: float | None = None

    def at(self, _: Backend, octave: Octave) -> Backend:
        """The same for an octave: see Run. `notes` tell from now on of workers that compute in another way."""
        worth = octave.area >= ALONE and self._team.count > 1
        size = octave.tile or (TILE if worth else 0)
        return Spread(self._backend, self._team, size and self._fitting(octave, size))

    def _fitting(self, octave: Octave, size: int) -> int:
        """The largest side of tiles, not above `size`, that every worker has memory for; the smallest if none is."""
        if self._room is None:
            self._room = self._asked()
        sizes = [size, *(side for side in TILES if side < size)]
        kept = KEPT * octave.area / self._team.count + IN_FULL.base + IN_FULL.graphs
        held = {side: kept + IN_FULL.evaluation * replace(octave, tile=side).at_once for side in sizes}
        return next((side for side in sizes if held[side] <= self._room), sizes[-1])

    def _asked(self) -> float:
        """Bytes that each worker may hold."""
        self._team.begin()
        workers: list[About] = self._team.each("about", [()] * self._team.count)
        here = About(self.name, self.device, self.precision, math.inf)
        if len({(one.name, one.precision) for one in (here, *workers)}) > 1:
            ways = sorted({_way(one) for one in workers})
            self.notes += (f"the workers compute with {' and '.join(ways)}, this machine with {_way(here)}",)
        return min(worker.room for worker in workers)

    def abort(self) -> None:
        """See `Backend.abort`."""
        self._backend.abort()
        self._team.abort()

    def content(self, image: Array) -> Array:
        """The feature map; where that is for the workers to keep, the image that they will learn it from."""
        return image if self._size else self._backend.content(image)

    def style(self, image: Array) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`."""
        height, width = image.shape[2:]
        if not self._size or height * width / 1e6 < ALONE:
            return self._backend.style(image)
        pixels = self.numpy(image)
        cut = bands(height, width, self._team.count)
        self._team.begin()
        parts = self._team.each("style", [(band, self._size, _rows(pixels, band)) for band in cut])
        return divided(self._backend, _summed(parts), np.ones((1, 1, height, width), np.float32))

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        if not self._size:
            return self._backend.objective(targets)
        self._team.begin()
        return _Together(self._backend, self._team, targets, self._size)


def _way(about: About) -> str:
    return f"{about.name} on {about.device} ({about.precision})"


class _Together:
    """An objective: see `nst_core.backends.Objective`."""

    def __init__(self, backend: Backend, team: Team, targets: Targets, size: int) -> None:
        self._backend, self._team, self._size = backend, team, size
        self._style, self._on_tv = StyleLoss(backend, targets), tv_weight(targets)
        self._content, self._guides = backend.numpy(targets.content), backend.numpy(targets.guides)
        height, width = self._guides.shape[2:]
        self._bands = bands(height, width, team.count)
        norms = team.each("prepare", [self._lesson(number)[1:] for number in range(len(self._bands))])
        self._on_content = targets.weights.content / (sum(norms) + TINY)

    def __call__(self, image: Array) -> tuple[Array, Array]:
        pixels = self._backend.numpy(image)
        parts = [self._team.share(_rows(pixels, band)) for band in self._bands]
        style, derivatives = self._style(_summed(self._team.each("sums", [(part,) for part in parts], self._lesson)))
        pull = self._team.share({layer: _plain(self._backend, part) for layer, part in derivatives.items()})
        found = self._team.each("gradient", [(part, pull, self._on_content) for part in parts], self._lesson)
        tv, gradient = smoothness(image, self._on_tv)
        for band, (_, part) in zip(self._bands, found, strict=True):
            gradient[band.cut] += self._backend.array(part)
        content = sum(loss for loss, _ in found)
        return self._backend.array(np.array([style, content, tv], np.float32)), gradient

    def _lesson(self, number: int) -> tuple[Any, ...]:
        """What teaches a worker its band."""
        band = self._bands[number]
        return "prepare", band, self._size, _rows(self._content, band), _rows(self._guides, band)


def _summed(parts: Iterable[Mapping[str, LayerStatistics]]) -> dict[str, LayerStatistics]:
    total: dict[str, LayerStatistics] = {}
    for part in parts:
        for layer, found in part.items():
            total[layer] = added(total.get(layer), found)
    return total


def _rows(pixels: Float, band: Band) -> Float:
    return np.ascontiguousarray(pixels[band.cut])


def _plain(backend: Backend, part: LayerStatistics) -> LayerStatistics:
    return LayerStatistics(backend.numpy(part.gram), backend.numpy(part.mean))
