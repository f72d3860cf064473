"""The objective and its gradient in tiles: the same values as for the whole picture, in the memory of one tile.

Tiles begin where pooling windows begin, so that their feature maps lie on the whole picture's grid. Each tile has a
margin as wide as the receptive field of the deepest layer. Each feature position is counted in exactly one tile;
gradients that fall on margin pixels are added to the neighbouring tile.

The style loss depends on the picture through Gram matrices only, and these are sums over positions (Galerne et al.
2024). A first pass sums them over the tiles, a second pass propagates the derivatives of the loss back through each
tile.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.backends.base import Backend, LossGradients, Objective
from nst_core.imaging.arrays import Float
from nst_core.shared.planning.schedule import Octave
from nst_core.vgg.layers import CHANNELS, CONVOLUTIONS, REDUCTION, Method
from nst_core.vgg.losses import Array, Grams, Targets, gram_weights, held_weights, tv_weight

ALIGNED = 16
"""px: four poolings by two."""

MARGIN = 80
"""px: a position of relu5_1 sees 70 px beyond its own 16 on each side, and gradients reach no further."""

Exact = NDArray[np.float64]

HeldTargets = Mapping[str, tuple[Array, Array]]
"""Target features (1, C, h, w) by layer, each with the factor (1, 1, h, w) on their squared distance."""


@dataclass(frozen=True)
class Box:
    """Rows top to bottom and columns left to right of a picture, the ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def rows_columns(self) -> tuple[slice, slice]:
        """The index of this part of a picture (H, W, C)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def cut(self) -> tuple[slice, slice, slice, slice]:
        """The index of this part of an image (N, C, H, W)."""
        return slice(None), slice(None), *self.rows_columns

    def within(self, other: Box) -> Box:
        """The same part, relative to the other's top left corner."""
        rows, columns = other.top, other.left
        return Box(self.top - rows, self.bottom - rows, self.left - columns, self.right - columns)

    def reduced(self, factor: int) -> Box:
        """The same part of a map that is smaller by that factor, as pooling makes it: rounded down."""
        return Box(*(side // factor for side in (self.top, self.bottom, self.left, self.right)))


@dataclass(frozen=True)
class Tile:
    """inner: the positions that count; outer: the same with the margin, cut at the picture's borders."""

    inner: Box
    outer: Box


def tiles(height: int, width: int, size: int, margin: int | None = None) -> Iterator[Tile]:
    """Tiles over the picture, row by row, the inner parts at most `size` px wide and high, a multiple of 16."""
    margin = MARGIN if margin is None else margin
    for top, bottom in _spans(height, size):
        for left, right in _spans(width, size):
            outer = Box(
                max(0, top - margin), min(height, bottom + margin), max(0, left - margin), min(width, right + margin)
            )
            yield Tile(Box(top, bottom, left, right), outer)


def _spans(side: int, size: int) -> Iterator[tuple[int, int]]:
    """Parts of nearly the same length, beginning at multiples of 16."""
    blocks = math.ceil(side / ALIGNED)
    count = math.ceil(side / size)
    starts = [round(i * blocks / count) * ALIGNED for i in range(count)]
    yield from zip(starts, [*starts[1:], side], strict=True)


class Passes:
    """The passes over the tiles of an image, or of the part of an image that holds these tiles."""

    def __init__(self, backend: Backend, grid: Sequence[Tile], method: Method) -> None:
        self._backend, self._grid, self._method = backend, grid, method
        self._work = backend.tile_work(method)

    def held(self, image: Array) -> dict[str, Array]:
        """See `Backend.held`; zero outside the tiles."""
        height, width = image.shape[2:]
        found = {}
        for layer in self._method.held:
            reduced = reduction(self._method, layer)
            shape = (1, CHANNELS[layer], height // reduced, width // reduced)
            found[layer] = self._backend.array(np.zeros(shape, np.float32))
        for tile in self._grid:
            for layer, part in self._work.held(image[tile.outer.cut]).items():
                inner, outer = (box.reduced(reduction(self._method, layer)) for box in (tile.inner, tile.outer))
                found[layer][inner.cut] = part[inner.within(outer).cut]
        return found

    def sums(self, image: Array, guides: Array) -> dict[str, Exact]:
        """Gram matrices times masses, under guides (K, 1, H, W), in float64."""
        total: dict[str, Exact] = {}
        for tile in self._grid:
            inner_guides = _inner_only(guides, tile.inner, tile.outer)
            for layer, part in self._work.sums(image[tile.outer.cut], inner_guides).items():
                found = exact(self._backend, part)
                total[layer] = total[layer] + found if layer in total else found
        return total

    def gradient(self, image: Array, guides: Array, derivatives: Grams, held: HeldTargets, into: Array) -> float:
        """Add to `into` the gradient of style and target features, and return the loss of these."""
        loss = 0.0
        for tile in self._grid:
            tile_held = {layer: self._tile_held(tile, layer, *both) for layer, both in held.items()}
            loss_gradients = LossGradients(derivatives, tile_held)
            inner_guides = _inner_only(guides, tile.inner, tile.outer)
            tile_loss, part = self._work.gradient(image[tile.outer.cut], inner_guides, loss_gradients)
            loss += tile_loss
            into[tile.outer.cut] += part
        return loss

    def _tile_held(self, tile: Tile, layer: str, target: Array, weight: Array) -> tuple[Array, Array]:
        """A layer's target and weight in the tile; the weight is zero in the margin."""
        inner, outer = (box.reduced(reduction(self._method, layer)) for box in (tile.inner, tile.outer))
        return target[outer.cut], _inner_only(weight, inner, outer)


def reduction(method: Method, layer: str) -> int:
    """Pixels of the image, along each axis, for one position of a layer's target features."""
    return int(REDUCTION[layer] * method.held[layer])


def exact(backend: Backend, array: Array) -> Exact:
    """A backend's array in float64."""
    return np.asarray(backend.numpy(array), np.float64)


def _inner_only(values: Array, inner: Box, outer: Box) -> Array:
    """(N, C, h, w): the values in the outer box, zero outside the inner one."""
    found = values[outer.cut] * 0
    found[inner.within(outer).cut] = values[inner.cut]
    return found


class BackendWrapper:
    """The attributes and methods that a backend which evaluates in parts passes on to another one."""

    def __init__(self, backend: Backend) -> None:
        self.whole = backend
        self.name, self.device, self.precision = backend.name, backend.device, backend.precision
        self.notes, self.card = backend.notes, backend.card
        self.array, self.numpy = backend.array, backend.numpy
        self.tile_work, self.free_memory = backend.tile_work, backend.free_memory
        self.limit_memory, self.nearest = backend.limit_memory, backend.nearest


class TiledBackend(BackendWrapper):
    """Another backend, whose computations it runs in tiles of `size` px."""

    def __init__(self, backend: Backend, size: int) -> None:
        super().__init__(backend)
        self._size, self.abort = size, backend.abort

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`."""
        return self._passes(image, method).held(image)

    def grams(self, image: Array, method: Method) -> Grams:
        """See `Backend.grams`."""
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        return normalized(self.whole, self._passes(image, method).sums(image, self.array(ones)), ones)

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.grams_and_held`."""
        return self.grams(image, method), self.held(image, method)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        return Objective(_TiledObjective(self.whole, targets, self._passes(targets.guides, targets.method)))

    def _passes(self, image: Array, method: Method) -> Passes:
        height, width = image.shape[2:]
        return Passes(self.whole, list(tiles(height, width, self._size)), method)


def tiled_if_planned(backend: Backend, octave: Octave) -> Backend:
    """The backend for an octave: in tiles if its plan says so."""
    return TiledBackend(backend, octave.tile) if octave.tile else backend


class _TiledObjective:
    """See `nst_core.backends.base.Evaluate`."""

    def __init__(self, backend: Backend, targets: Targets, passes: Passes) -> None:
        self._backend, self._guides, self._passes = backend, targets.guides, passes
        self._style, self._tv_weight = StyleLoss(backend, targets), tv_weight(targets)
        weights = held_weights(targets)
        self._held = {layer: (target, weights[layer]) for layer, target in targets.held.items()}

    def __call__(self, image: Array) -> tuple[Array, Array]:
        # Without a Gram term no tile depends on the others.
        sums = self._passes.sums(image, self._guides) if self._style.has_weight else {}
        style, derivatives = self._style(sums)
        tv, gradient = total_variation(image, self._tv_weight)
        held = self._passes.gradient(image, self._guides, derivatives, self._held, gradient)
        return self._backend.array(np.array([style, held, tv], np.float32)), gradient


class StyleLoss:
    """The style loss as a function of the Gram matrices' sums over all tiles."""

    def __init__(self, backend: Backend, targets: Targets) -> None:
        self._backend = backend
        self._masses = _masses(backend.numpy(targets.guides), targets.method.gram)
        self._wanted = {layer: exact(backend, gram) for layer, gram in targets.grams.items()}
        self._factors = {
            layer: np.array(gram_weights(targets, layer)).reshape(-1, 1, 1) for layer in targets.method.gram
        }
        self.has_weight = any(targets.weights.gram.values())
        """Whether the weight is not zero; if it is, no sums are needed."""

    def __call__(self, sums: Mapping[str, Exact]) -> tuple[float, dict[str, Array]]:
        """The loss, and its derivatives with respect to the sums."""
        loss, derivatives = 0.0, {}
        for layer, wanted in self._wanted.items():
            mass, factor = self._masses[layer], self._factors[layer]
            gap = sums[layer] / mass - wanted if self.has_weight else wanted * 0
            loss += float((factor * gap**2).sum())
            derivatives[layer] = self._backend.array((2 * factor * gap / mass).astype(np.float32))
        return loss, derivatives


def normalized(backend: Backend, sums: Mapping[str, Exact], guides: Float) -> dict[str, Array]:
    """Gram matrices from sums over tiles under these guides (K, 1, H, W)."""
    masses = _masses(guides, sums)
    return {layer: backend.array((part / masses[layer]).astype(np.float32)) for layer, part in sums.items()}


def _masses(guides: NDArray[np.floating], layers: Container[str]) -> dict[str, Exact]:
    """The sum of each of K guides at each of these layers: (K, 1, 1)."""
    found = {}
    for conv in CONVOLUTIONS:
        if conv.pooled:
            height, width = (side // 2 * 2 for side in guides.shape[2:])
            rows = (guides[:, :, 0:height:2] + guides[:, :, 1:height:2]) / 2
            guides = (rows[..., 0:width:2] + rows[..., 1:width:2]) / 2
        if conv.relu in layers:
            found[conv.relu] = guides.sum((2, 3), dtype=np.float64)[..., None]
    return found


def total_variation(image: Array, weight: float) -> tuple[float, Array]:
    """The weighted sum of squared differences between neighbours, and its gradient."""
    gradient = image * 0
    down = image[:, :, 1:] - image[:, :, :-1]
    loss = float((down**2).sum())
    gradient[:, :, 1:] += 2 * weight * down
    gradient[:, :, :-1] -= 2 * weight * down
    right = image[..., 1:] - image[..., :-1]
    loss += float((right**2).sum())
    gradient[..., 1:] += 2 * weight * right
    gradient[..., :-1] -= 2 * weight * right
    return weight * loss, gradient
