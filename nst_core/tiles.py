"""The objective and its gradient by tiles: what the whole picture gives, in the memory of one tile.

The losses see a picture through a few small matrices only, which add up over tiles (Galerne et al. 2024). A first pass
adds them up, a second one carries the derivatives of the loss with respect to them back through each tile.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Float, Objective
from nst_core.layers import CONVOLUTIONS, Method
from nst_core.octaves import Octave
from nst_core.statistics import Array, Grams, Targets, gram_weights, held_weights, tv_weight
from nst_core.tile_grid import tiles
from nst_core.tile_passes import Exact, Passes, exact


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
        self.keep_within, self.nearest = backend.keep_within, backend.nearest

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`."""
        return self._passes(image, method).held(image)

    def style(self, image: Array, method: Method) -> Grams:
        """See `Backend.style`."""
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        return divided(self.whole, self._passes(image, method).sums(image, self.array(ones)), ones)

    def described(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.described`."""
        return self.style(image, method), self.held(image, method)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        return _Tiled(self.whole, targets, self._passes(targets.guides, targets.method))

    def _passes(self, image: Array, method: Method) -> Passes:
        height, width = image.shape[2:]
        return Passes(self.whole, list(tiles(height, width, self._size)), method)


def in_tiles(backend: Backend, octave: Octave) -> Backend:
    """The backend for an octave: cut into tiles where the octave is."""
    return InTiles(backend, octave.tile) if octave.tile else backend


class _Tiled:
    """An objective: see `nst_core.backends.Objective`."""

    def __init__(self, backend: Backend, targets: Targets, passes: Passes) -> None:
        self._backend, self._guides, self._passes = backend, targets.guides, passes
        self._style, self._on_tv = StyleLoss(backend, targets), tv_weight(targets)
        weights = held_weights(targets)
        self._held = {layer: (target, weights[layer]) for layer, target in targets.held.items()}

    def __call__(self, image: Array) -> tuple[Array, Array]:
        # Without a Gram term nothing has to be known of the other tiles.
        sums = self._passes.sums(image, self._guides) if self._style.counts else {}
        style, derivatives = self._style(sums)
        tv, gradient = smoothness(image, self._on_tv)
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
        self.counts = any(targets.weights.gram.values())
        """Whether there is a style loss at all; without one no sums are needed."""

    def __call__(self, sums: Mapping[str, Exact]) -> tuple[float, dict[str, Array]]:
        """The loss, and its derivatives with respect to the sums."""
        loss, derivatives = 0.0, {}
        for layer, wanted in self._wanted.items():
            mass, factor = self._masses[layer], self._factors[layer]
            gap = sums[layer] / mass - wanted if self.counts else wanted * 0
            loss += float((factor * gap**2).sum())
            derivatives[layer] = self._backend.array((2 * factor * gap / mass).astype(np.float32))
        return loss, derivatives


def divided(backend: Backend, sums: Mapping[str, Exact], guides: Float) -> dict[str, Array]:
    """Gram matrices out of sums over tiles under these guides."""
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


def smoothness(image: Array, weight: float) -> tuple[float, Array]:
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
