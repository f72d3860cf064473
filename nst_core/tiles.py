"""The objective and its gradient by tiles: what the whole picture gives, in the memory of one tile.

The losses see a picture through a few small matrices only, which add up over tiles (Galerne et al. 2024). A first pass
adds them up, a second one carries the derivatives of the loss with respect to them back through each tile. Feature maps
count in one tile each; what reaches the margin's pixels from there is added to the neighbours' share.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Objective, Pull, TileWork
from nst_core.layers import CHANNELS, CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS
from nst_core.statistics import (
    Array,
    LayerStatistics,
    Targets,
    content_weight,
    relative_weights,
    tv_weight,
)
from nst_core.tile_grid import Tile, tiles

_REDUCED = 8
"""How much smaller than the image the content layer's map is."""
Exact = NDArray[np.float64]


class InTiles:
    """A backend that computes what another one does in tiles of `size` px."""

    def __init__(self, backend: Backend, size: int) -> None:
        self.whole, self._size = backend, size
        self.name, self.device, self.precision, self.notes = (
            backend.name,
            backend.device,
            backend.precision,
            backend.notes,
        )
        self.array, self.numpy, self.features = backend.array, backend.numpy, backend.features
        self.tile_work, self.free_memory, self.abort = backend.tile_work, backend.free_memory, backend.abort

    def content(self, image: Array) -> Array:
        """See `Backend.content`."""
        height, width = image.shape[2:]
        shape = (1, CHANNELS[CONTENT_LAYER], height // _REDUCED, width // _REDUCED)
        found, work = self.array(np.zeros(shape, np.float32)), self.tile_work()
        for tile in tiles(height, width, self._size):
            inner, outer = tile.inner.reduced(_REDUCED), tile.outer.reduced(_REDUCED)
            found[inner.cut] = work.content(image[tile.outer.cut])[inner.within(outer).cut]
        return found

    def style(self, image: Array) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`."""
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        found = _summed(self.whole, self.tile_work(), image, self.array(ones), self._size)
        masses = _masses(ones)
        return {
            layer: LayerStatistics(self.array(sums.gram / masses[layer]), self.array(sums.mean / masses[layer]))
            for layer, sums in found.items()
        }

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        return _Tiled(self.whole, targets, self._size)


class _Tiled:
    """An objective: see `nst_core.backends.Objective`."""

    def __init__(self, backend: Backend, targets: Targets, size: int) -> None:
        self._backend, self._targets, self._size = backend, targets, size
        self._work = backend.tile_work()
        self._masses = _masses(backend.numpy(targets.guides))
        self._wanted = {
            layer: LayerStatistics(_exact(backend, part.gram), _exact(backend, part.mean))
            for layer, part in targets.styles.items()
        }
        self._factors = {
            layer: tuple(np.array(factor).reshape(-1, 1, 1) for factor in relative_weights(targets, layer))
            for layer in STYLE_LAYERS
        }
        self._on_content, self._on_tv = content_weight(targets), tv_weight(targets)

    def __call__(self, image: Array) -> tuple[Array, Array]:
        sums = _summed(self._backend, self._work, image, self._targets.guides, self._size)
        style, derivatives = self._style(sums)
        tv, gradient = _tv(image, self._on_tv)
        content = 0.0
        height, width = image.shape[2:]
        for tile in tiles(height, width, self._size):
            loss, part = self._work.gradient(
                image[tile.outer.cut], _inner_guides(self._targets.guides, tile), self._pull(tile, derivatives)
            )
            content += loss
            gradient[tile.outer.cut] += part
        return self._backend.array(np.array([style, content, tv], np.float32)), gradient

    def _style(self, sums: Mapping[str, LayerStatistics]) -> tuple[float, dict[str, LayerStatistics]]:
        """The style loss, and its derivatives with respect to the sums."""
        loss, derivatives = 0.0, {}
        for layer, found in sums.items():
            mass, wanted, (on_gram, on_mean) = self._masses[layer], self._wanted[layer], self._factors[layer]
            gram, mean = found.gram / mass - wanted.gram, found.mean / mass - wanted.mean
            loss += float((on_gram * gram**2).sum() + (on_mean * mean**2).sum())
            derivatives[layer] = LayerStatistics(
                self._backend.array(2 * on_gram * gram / mass), self._backend.array(2 * on_mean * mean / mass)
            )
        return loss, derivatives

    def _pull(self, tile: Tile, derivatives: Mapping[str, LayerStatistics]) -> Pull:
        inner, outer = tile.inner.reduced(_REDUCED), tile.outer.reduced(_REDUCED)
        content = self._targets.content[outer.cut]
        weight = np.zeros((1, 1, *content.shape[2:]), np.float32)
        weight[inner.within(outer).cut] = self._on_content
        return Pull(derivatives, content, self._backend.array(weight))


def _summed(backend: Backend, work: TileWork, image: Array, guides: Array, size: int) -> dict[str, LayerStatistics]:
    """Statistics times masses, in float64."""
    total: dict[str, LayerStatistics] = {}
    height, width = image.shape[2:]
    for tile in tiles(height, width, size):
        for layer, part in work.sums(image[tile.outer.cut], _inner_guides(guides, tile)).items():
            gram, mean = _exact(backend, part.gram), _exact(backend, part.mean)
            if layer in total:
                gram, mean = gram + total[layer].gram, mean + total[layer].mean
            total[layer] = LayerStatistics(gram, mean)
    return total


def _exact(backend: Backend, array: Array) -> Exact:
    return np.asarray(backend.numpy(array), np.float64)


def _inner_guides(guides: Array, tile: Tile) -> Array:
    """The tile's guides, zero in its margin."""
    masked = guides[tile.outer.cut] * 0
    masked[tile.inner.within(tile.outer).cut] = guides[tile.inner.cut]
    return masked


def _masses(guides: NDArray[np.floating]) -> dict[str, Exact]:
    """The sum of each of K guides at each style layer: (K, 1, 1)."""
    found = {}
    for conv in CONVOLUTIONS:
        if conv.pooled:
            height, width = (side // 2 * 2 for side in guides.shape[2:])
            rows = (guides[:, :, 0:height:2] + guides[:, :, 1:height:2]) / 2
            guides = (rows[..., 0:width:2] + rows[..., 1:width:2]) / 2
        if conv.relu in STYLE_LAYERS:
            found[conv.relu] = guides.sum((2, 3), dtype=np.float64)[..., None]
    return found


def _tv(image: Array, weight: float) -> tuple[float, Array]:
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
