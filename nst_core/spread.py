"""One picture over many workers: the objective in tiles, in bands of which each worker keeps one.

A worker learns its band's target features and guides once. In a step it gets its rows of the picture and returns the
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
from nst_core.layers import Method
from nst_core.octaves import Octave
from nst_core.statistics import Array, Grams, Targets, held_weights, tv_weight
from nst_core.team import Team
from nst_core.tile_passes import Exact, reduction
from nst_core.tiles import InTiles, StyleLoss, divided, smoothness

ALONE = 1.0
"""Megapixels of the smallest picture worth spreading; what is in tiles for want of memory is spread at any size."""
TILE = 1024
"""px: of an octave that would fit whole."""
KEPT = 1.9e8
"""Bytes for each megapixel of a worker's band: features 144, guides 8, rows 12 and gradient 12 for each pixel, and the
weights of the features."""


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
        self.keep_within, self.nearest = backend.keep_within, backend.nearest
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

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`; computed here, in tiles."""
        here = InTiles(self._backend, self._size) if self._size else self._backend
        return here.held(image, method)

    def style(self, image: Array, method: Method) -> Grams:
        """See `Backend.style`."""
        height, width = image.shape[2:]
        if not self._size or height * width / 1e6 < ALONE:
            return self._backend.style(image, method)
        pixels = self.numpy(image)
        cut = bands(height, width, self._team.count)
        self._team.begin()
        parts = self._team.each("style", [(band, self._size, method.name, _rows(pixels, band)) for band in cut])
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
        self._method, self._guides = targets.method, backend.numpy(targets.guides)
        weights = held_weights(targets)
        self._held = {
            layer: (backend.numpy(target), backend.numpy(weights[layer])) for layer, target in targets.held.items()
        }
        height, width = self._guides.shape[2:]
        self._bands = bands(height, width, team.count)
        team.each("prepare", [self._lesson(number)[1:] for number in range(len(self._bands))])

    def __call__(self, image: Array) -> tuple[Array, Array]:
        pixels = self._backend.numpy(image)
        parts = [self._team.share(_rows(pixels, band)) for band in self._bands]
        asked = [(part,) for part in parts] if self._style.counts else []
        style, derivatives = self._style(_summed(self._team.each("sums", asked, self._lesson)))
        pull = self._team.share({layer: self._backend.numpy(part) for layer, part in derivatives.items()})
        found = self._team.each("gradient", [(part, pull) for part in parts], self._lesson)
        tv, gradient = smoothness(image, self._on_tv)
        for band, (_, part) in zip(self._bands, found, strict=True):
            gradient[band.cut()] += self._backend.array(part)
        held = sum(loss for loss, _ in found)
        return self._backend.array(np.array([style, held, tv], np.float32)), gradient

    def _lesson(self, number: int) -> tuple[Any, ...]:
        """What teaches a worker its band."""
        band = self._bands[number]
        held = {
            layer: tuple(_rows(values, band, reduction(self._method, layer)) for values in one)
            for layer, one in self._held.items()
        }
        return "prepare", band, self._size, self._method.name, _rows(self._guides, band), held


def _summed(parts: Iterable[Mapping[str, Exact]]) -> dict[str, Exact]:
    total: dict[str, Exact] = {}
    for part in parts:
        for layer, found in part.items():
            total[layer] = total[layer] + found if layer in total else found
    return total


def _rows(pixels: Float, band: Band, reduced: int = 1) -> Float:
    return np.ascontiguousarray(pixels[band.cut(reduced)])
