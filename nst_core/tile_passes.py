"""What is done tile by tile: content features, statistics that add up, and a gradient whose overlaps are added.

Feature maps count in one tile each; what reaches the margin's pixels from there is added to the neighbours' share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Pull
from nst_core.layers import CHANNELS, REDUCTION, Method
from nst_core.statistics import Array, Grams
from nst_core.tile_grid import Tile

Exact = NDArray[np.float64]
Held = Mapping[str, tuple[Array, Array]]
"""Target features (1, C, h, w) by layer, each with the factor (1, 1, h, w) on their squared distance."""


class Passes:
    """The passes over the tiles of an image, or of that part of one in which they lie."""

    def __init__(self, backend: Backend, grid: Sequence[Tile], method: Method) -> None:
        self._backend, self._grid, self._method = backend, grid, method
        self._work = backend.tile_work(method)

    def held(self, image: Array) -> dict[str, Array]:
        """See `Backend.held`; zero where no tile counts."""
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
            for layer, part in self._work.sums(image[tile.outer.cut], _inner_guides(guides, tile)).items():
                found = exact(self._backend, part)
                total[layer] = total[layer] + found if layer in total else found
        return total

    def gradient(self, image: Array, guides: Array, derivatives: Grams, held: Held, into: Array) -> float:
        """Add to `into` the gradient of style and target features, and return the loss of these."""
        loss = 0.0
        for tile in self._grid:
            pull = Pull(derivatives, {layer: self._pull(tile, layer, *one) for layer, one in held.items()})
            one, part = self._work.gradient(image[tile.outer.cut], _inner_guides(guides, tile), pull)
            loss += one
            into[tile.outer.cut] += part
        return loss

    def _pull(self, tile: Tile, layer: str, target: Array, weight: Array) -> tuple[Array, Array]:
        """A layer's target and weight in the tile, the weight zero where another tile counts."""
        inner, outer = (box.reduced(reduction(self._method, layer)) for box in (tile.inner, tile.outer))
        counting = weight[outer.cut] * 0
        counting[inner.within(outer).cut] = weight[inner.cut]
        return target[outer.cut], counting


def reduction(method: Method, layer: str) -> int:
    """How many px of the image, each way, one position of a layer's target features stands for."""
    return int(REDUCTION[layer] * method.held[layer])


def exact(backend: Backend, array: Array) -> Exact:
    """A backend's array in float64."""
    return np.asarray(backend.numpy(array), np.float64)


def _inner_guides(guides: Array, tile: Tile) -> Array:
    """The tile's guides, zero in its margin."""
    masked = guides[tile.outer.cut] * 0
    masked[tile.inner.within(tile.outer).cut] = guides[tile.inner.cut]
    return masked
