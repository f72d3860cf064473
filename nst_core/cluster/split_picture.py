"""One picture over many workers: the picture is cut into bands, and each worker evaluates the tiles of one band."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from nst_core.backends.base import AbortedError, Backend, Objective
from nst_core.backends.select import choose
from nst_core.backends.tiling import (
    ALIGNED,
    MARGIN,
    BackendWrapper,
    Box,
    Exact,
    Passes,
    StyleLoss,
    Tile,
    TiledBackend,
    normalized,
    reduction,
    tiles,
    total_variation,
)
from nst_core.imaging.arrays import Float
from nst_core.painting.job_plan import budget
from nst_core.shared.errors import CancelledError, EngineCrashedError
from nst_core.shared.planning.cost_model import CPU_NEEDS, TILES
from nst_core.shared.planning.schedule import Octave
from nst_core.shared.sentences import note
from nst_core.shared.settings import Settings
from nst_core.vgg.layers import METHODS, Method
from nst_core.vgg.losses import Array, Grams, Targets, held_weights, tv_weight


@dataclass(frozen=True)
class Band:
    """Rows [top, bottom) of a picture of this width; outer_top and outer_bottom: the same with the margin."""

    top: int
    bottom: int
    outer_top: int
    outer_bottom: int
    width: int

    def cut(self, reduced: int = 1) -> tuple[slice, slice, slice, slice]:
        """The index of the band with its margin in an array (N, C, H, W) that is `reduced` times smaller."""
        return slice(None), slice(None), slice(self.outer_top // reduced, self.outer_bottom // reduced), slice(None)

    def grid(self, size: int) -> Iterator[Tile]:
        """The tiles of the band, relative to the top left corner of the band with its margin."""
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
class WorkerInfo:
    """A worker's backend, device and precision. memory: bytes that it may use."""

    name: str
    device: str
    precision: str
    memory: float

    def __str__(self) -> str:
        return f"{self.name} on {self.device} ({self.precision})"


class BandWorker:
    """Evaluates the tiles of a band in a worker, and keeps what does not change between iterations.

    Returns numpy arrays.
    """

    def __init__(self, backend: str, device: str) -> None:
        self._backend = choose(backend, device)
        self._passes: Passes | None = None

    def info(self) -> WorkerInfo:
        """How this worker computes."""
        backend = self._backend
        return WorkerInfo(backend.name, backend.device, backend.precision, budget(Settings(), backend))

    def style(self, band: Band, size: int, method: str, image: Float) -> Mapping[str, Exact]:
        """The sums of a style's Gram matrices over its part (1, 3, H, W)."""
        everywhere = np.ones((1, 1, *image.shape[2:]), np.float32)
        passes = Passes(self._backend, list(band.grid(size)), METHODS[method])
        return passes.sums(self._backend.array(image), self._backend.array(everywhere))

    def prepare(
        self, band: Band, size: int, method: str, guides: Float, held: Mapping[str, tuple[Float, Float]]
    ) -> None:
        """Store this band of the guides, and of the target features with their weights."""
        array = self._backend.array
        self._guides = array(guides)
        self._passes = Passes(self._backend, list(band.grid(size)), METHODS[method])
        self._held = {layer: (array(target), array(weight)) for layer, (target, weight) in held.items()}

    def sums(self, image: Float) -> Mapping[str, Exact]:
        """See Passes.sums."""
        return self._prepared().sums(self._backend.array(image), self._guides)

    def gradient(self, image: Float, derivatives: Mapping[str, Float]) -> tuple[float, Float]:
        """The loss of the target features, and the gradient of target features and style together on the band."""
        own = {layer: self._backend.array(part) for layer, part in derivatives.items()}
        x = self._backend.array(image)
        found = x * 0
        loss = self._prepared().gradient(x, self._guides, own, self._held, found)
        return loss, self._backend.numpy(found)

    def _prepared(self) -> Passes:
        if self._passes is None:
            raise EngineCrashedError("a worker has lost its state")
        return self._passes


TRIES = 3
"""Number of lost workers after which the work on one part is given up."""


class PendingResult(Protocol):
    """The pending result of a call."""

    def get(self, cancelled: Callable[[], bool]) -> Any:
        """Wait for it. Raises EngineCrashedError for a lost worker, CancelledError if `cancelled`."""


class TeamWorker(Protocol):
    """A process that holds a BandWorker; see ray_cluster.Worker."""

    def call(self, method: str, *arguments: Any) -> PendingResult:
        """Start a call; returns at once. Calls are done one after another."""

    def close(self) -> None:
        """End the worker."""


class Team:
    """A fixed number of workers, which are started when they are first needed.

    start: starts one. share: prepares a value that several calls send, so that it is sent once.
    """

    def __init__(
        self, count: int, start: Callable[[], TeamWorker], share: Callable[[Any], Any] = lambda value: value
    ) -> None:
        self.count, self.share = count, share
        self._start = start
        self._workers: list[TeamWorker] = []
        self._aborted = threading.Event()

    def call_each(
        self, method: str, parts: Sequence[tuple[Any, ...]], setup: Callable[[int], tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """Call the method once for each part, each on a worker of its own, and return the results in that order.

        setup: the call (method and arguments) that a worker of this number needs first if it replaces a lost one.
        Raises AbortedError after `abort`, EngineCrashedError if TRIES workers are lost in the work on one part.
        """
        self._workers = self._workers or [self._start() for _ in range(self.count)]
        calls = [(method, *part) for part in parts]
        results = [worker.call(*call) for worker, call in zip(self._workers, calls, strict=False)]
        return [
            self._result(number, result, call, setup)
            for number, (result, call) in enumerate(zip(results, calls, strict=True))
        ]

    def begin(self) -> None:
        """Start new work: clear an earlier `abort`."""
        self._aborted.clear()

    def abort(self) -> None:
        """End the calls that are being waited for."""
        self._aborted.set()

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.close()

    def _result(
        self, number: int, result: PendingResult, call: tuple[Any, ...], setup: Callable[[int], tuple[Any, ...]] | None
    ) -> Any:
        """The result of a worker's call, which is repeated on another worker if this one is lost."""
        pending = [result]
        lost = 0
        while True:
            try:
                return [each.get(self._aborted.is_set) for each in pending][-1]
            except CancelledError as error:
                raise AbortedError from error
            except EngineCrashedError:
                lost += 1
                if lost == TRIES:
                    raise
            worker = self._workers[number] = self._start()
            calls = [setup(number), call] if setup else [call]
            pending = [worker.call(*each) for each in calls]


MIN_MEGAPIXELS = 1.0
"""Size of the smallest picture that is worth being split; octaves in tiles are split at any size."""

TILE = 1024
"""px: side of the tiles of an octave that would fit into memory whole."""

BAND_BYTES = 1.9e8
"""Bytes that a worker holds for each megapixel of its band. For each pixel: features 144, guides 8, image 12, gradient
12, and the weights of the features."""


class SplitBackend(BackendWrapper):
    """A backend whose objective a team of BandWorkers computes."""

    def __init__(self, backend: Backend, team: Team, size: int = 0) -> None:
        """size: side of the tiles, px; 0: everything is computed in this process."""
        super().__init__(backend)
        self._team, self._size = team, size
        self._memory: float | None = None

    def at(self, _: Backend, octave: Octave) -> Backend:
        """The backend for an octave: see `Run`. `notes` then name workers with another backend or precision."""
        worth = octave.area >= MIN_MEGAPIXELS and self._team.count > 1
        size = octave.tile or (TILE if worth else 0)
        return SplitBackend(self.whole, self._team, size and self._tile_that_fits(octave, size))

    def _tile_that_fits(self, octave: Octave, size: int) -> int:
        """The largest side of tiles, not above `size`, that every worker has memory for; the smallest if none is."""
        if self._memory is None:
            self._memory = self._least_memory()
        sizes = [size, *(side for side in TILES if side < size)]
        kept = BAND_BYTES * octave.area / self._team.count + CPU_NEEDS.base + CPU_NEEDS.graphs
        needed = {side: kept + CPU_NEEDS.evaluation * replace(octave, tile=side).at_once for side in sizes}
        return next((side for side in sizes if needed[side] <= self._memory), sizes[-1])

    def _least_memory(self) -> float:
        """Bytes that every worker may use. Adds a note if workers compute in another way than this process."""
        self._team.begin()
        workers: list[WorkerInfo] = self._team.call_each("info", [()] * self._team.count)
        own = WorkerInfo(self.name, self.device, self.precision, math.inf)
        if len({(one.name, one.precision) for one in (own, *workers)}) > 1:
            theirs = " and ".join(sorted({str(one) for one in workers}))
            self.notes += (note("workers-differ", theirs=theirs, ours=str(own)),)
        return min(worker.memory for worker in workers)

    def abort(self) -> None:
        """See `Backend.abort`."""
        self.whole.abort()
        self._team.abort()

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`; computed here, in tiles."""
        backend = TiledBackend(self.whole, self._size) if self._size else self.whole
        return backend.held(image, method)

    def grams(self, image: Array, method: Method) -> Grams:
        """See `Backend.grams`."""
        height, width = image.shape[2:]
        if not self._size or height * width / 1e6 < MIN_MEGAPIXELS:
            return self.whole.grams(image, method)
        pixels = self.numpy(image)
        cut = bands(height, width, self._team.count)
        self._team.begin()
        parts = self._team.call_each("style", [(band, self._size, method.name, _rows(pixels, band)) for band in cut])
        return normalized(self.whole, _summed(parts), np.ones((1, 1, height, width), np.float32))

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.grams_and_held`."""
        return self.grams(image, method), self.held(image, method)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        if not self._size:
            return self.whole.objective(targets)
        self._team.begin()
        return Objective(_Evaluate(self.whole, self._team, targets, self._size))


class _Evaluate:
    """See `nst_core.backends.base.Evaluate`: the team computes Gram matrices and gradients of its bands."""

    def __init__(self, backend: Backend, team: Team, targets: Targets, size: int) -> None:
        self._backend, self._team, self._size = backend, team, size
        self._style, self._tv_weight = StyleLoss(backend, targets), tv_weight(targets)
        self._method, self._guides = targets.method, backend.numpy(targets.guides)
        weights = held_weights(targets)
        self._held = {
            layer: (backend.numpy(target), backend.numpy(weights[layer])) for layer, target in targets.held.items()
        }
        height, width = self._guides.shape[2:]
        self._bands = bands(height, width, team.count)
        team.call_each("prepare", [self._setup(number)[1:] for number in range(len(self._bands))])

    def __call__(self, image: Array) -> tuple[Array, Array]:
        pixels = self._backend.numpy(image)
        parts = [self._team.share(_rows(pixels, band)) for band in self._bands]
        counted = [(part,) for part in parts] if self._style.has_weight else []
        style, derivatives = self._style(_summed(self._team.call_each("sums", counted, self._setup)))
        shared = self._team.share({layer: self._backend.numpy(part) for layer, part in derivatives.items()})
        found = self._team.call_each("gradient", [(part, shared) for part in parts], self._setup)
        tv, gradient = total_variation(image, self._tv_weight)
        for band, (_, part) in zip(self._bands, found, strict=True):
            gradient[band.cut()] += self._backend.array(part)
        held = sum(loss for loss, _ in found)
        return self._backend.array(np.array([style, held, tv], np.float32)), gradient

    def _setup(self, number: int) -> tuple[Any, ...]:
        """The call that prepares the worker of a band."""
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
