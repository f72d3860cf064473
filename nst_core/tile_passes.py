"""What is done tile by tile: content features, statistics that add up, and a gradient whose overlaps are added.

Feature maps count in one tile each; what reaches the margin's pixels from there is added to the neighbours' share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Pull
from nst_core.layers import CHANNELS, CONTENT_LAYER
from nst_core.statistics import Array, LayerStatistics
from nst_core.tile_grid import Tile

_REDUCED = 8
"""How much smaller than the image the content layer's map is."""
Exact = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """What holds a picture at its content: features (1, C, h, w), and the factor on their squared distance."""

    features: Array
    weight: float


class Passes:
    """The passes over the tiles of an image, or of that part of one in which they lie."""

    def __init__(self, backend: Backend, grid: Sequence[Tile]) -> None:
        self._backend, self._grid = backend, grid
        self._work = backend.tile_work()

    def content(self, image: Array) -> Array:
        """The feature map (1, C, h, w) at the content layer; zero where no tile counts."""
        height, width = image.shape[2:]
        shape = (1, CHANNELS[CONTENT_LAYER], height // _REDUCED, width // _REDUCED)
        found = self._backend.array(np.zeros(shape, np.float32))
        for tile in self._grid:
            inner, outer = tile.inner.reduced(_REDUCED), tile.outer.reduced(_REDUCED)
            found[inner.cut] = self._work.content(image[tile.outer.cut])[inner.within(outer).cut]
        return found

    def sums(self, image: Array, guides: Array) -> dict[str, LayerStatistics]:
        """Statistics times masses, under guides (K, 1, H, W), in float64."""
        total: dict[str, LayerStatistics] = {}
        for tile in self._grid:
            for layer, part in self._work.sums(image[tile.outer.cut], _inner_guides(guides, tile)).items():
                gram, mean = exact(self._backend, part.gram), exact(self._backend, part.mean)
                total[layer] = added(total.get(layer), LayerStatistics(gram, mean))
        return total

    def gradient(
        self, image: Array, guides: Array, derivatives: Mapping[str, LayerStatistics], held: Held, into: Array
    ) -> float:
        """Add to `into` the gradient of style and content, and return the content loss."""
        loss = 0.0
        for tile in self._grid:
            pull = self._pull(tile, derivatives, held)
            one, part = self._work.gradient(image[tile.outer.cut], _inner_guides(guides, tile), pull)
            loss += one
            into[tile.outer.cut] += part
        return loss

    def _pull(self, tile: Tile, derivatives: Mapping[str, LayerStatistics], held: Held) -> Pull:
        inner, outer = tile.inner.reduced(_REDUCED), tile.outer.reduced(_REDUCED)
        content = held.features[outer.cut]
        weight = np.zeros((1, 1, *content.shape[2:]), np.float32)
        weight[inner.within(outer).cut] = held.weight
        return Pull(derivatives, content, self._backend.array(weight))


def added(one: LayerStatistics | None, other: LayerStatistics) -> LayerStatistics:
    """The sum of two."""
    return LayerStatistics(one.gram + other.gram, one.mean + other.mean) if one else other


def exact(backend: Backend, array: Array) -> Exact:
    """A backend's array in float64."""
    return np.asarray(backend.numpy(array), np.float64)


def _inner_guides(guides: Array, tile: Tile) -> Array:
    """The tile's guides, zero in its margin."""
    masked = guides[tile.outer.cut] * 0
    masked[tile.inner.within(tile.outer).cut] = guides[tile.inner.cut]
    return masked
