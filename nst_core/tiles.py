"""The objective and its gradient by tiles: what the whole picture gives, in the memory of one tile.

The losses see a picture through a few small matrices only, which add up over tiles (Galerne et al. 2024). A first pass
adds them up, a second one carries the derivatives of the loss with respect to them back through each tile.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Float, Objective
from nst_core.layers import CONVOLUTIONS, STYLE_LAYERS
from nst_core.octaves import Octave
from nst_core.statistics import (
    Array,
    LayerStatistics,
    Targets,
    content_weight,
    relative_weights,
    tv_weight,
)
from nst_core.tile_grid import tiles
from nst_core.tile_passes import Exact, Held, Passes, exact


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
        self.keep_within = backend.keep_within

    def content(self, image: Array) -> Array:
        """See `Backend.content`."""
        return self._passes(image).content(image)

    def style(self, image: Array) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`."""
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        return divided(self.whole, self._passes(image).sums(image, self.array(ones)), ones)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        return _Tiled(self.whole, targets, self._passes(targets.guides))

    def _passes(self, image: Array) -> Passes:
        height, width = image.shape[2:]
        return Passes(self.whole, list(tiles(height, width, self._size)))


def in_tiles(backend: Backend, octave: Octave) -> Backend:
    """The backend for an octave: cut into tiles where the octave is."""
    return InTiles(backend, octave.tile) if octave.tile else backend


class _Tiled:
    """An objective: see `nst_core.backends.Objective`."""

    def __init__(self, backend: Backend, targets: Targets, passes: Passes) -> None:
        self._backend, self._guides, self._passes = backend, targets.guides, passes
        self._style = StyleLoss(backend, targets)
        self._held, self._on_tv = Held(targets.content, content_weight(targets)), tv_weight(targets)

    def __call__(self, image: Array) -> tuple[Array, Array]:
        style, derivatives = self._style(self._passes.sums(image, self._guides))
        tv, gradient = smoothness(image, self._on_tv)
        content = self._passes.gradient(image, self._guides, derivatives, self._held, gradient)
        return self._backend.array(np.array([style, content, tv], np.float32)), gradient


class StyleLoss:
    """The style loss as a function of the statistics' sums over all tiles."""

    def __init__(self, backend: Backend, targets: Targets) -> None:
        self._backend = backend
        self._masses = _masses(backend.numpy(targets.guides))
        self._wanted = {
            layer: LayerStatistics(exact(backend, part.gram), exact(backend, part.mean))
            for layer, part in targets.styles.items()
        }
        self._factors = {
            layer: tuple(np.array(factor).reshape(-1, 1, 1) for factor in relative_weights(targets, layer))
            for layer in STYLE_LAYERS
        }

    def __call__(self, sums: Mapping[str, LayerStatistics]) -> tuple[float, dict[str, LayerStatistics]]:
        """The loss, and its derivatives with respect to the sums."""
        loss, derivatives = 0.0, {}
        for layer, found in sums.items():
            mass, wanted, (on_gram, on_mean) = self._masses[layer], self._wanted[layer], self._factors[layer]
            gram, mean = found.gram / mass - wanted.gram, found.mean / mass - wanted.mean
            loss += float((on_gram * gram**2).sum() + (on_mean * mean**2).sum())
            derivatives[layer] = LayerStatistics(
                self._backend.array(2 * on_gram * gram / mass), self._backend.array(2 * on_mean * mean / mass)
            )
        return loss, derivatives


def divided(backend: Backend, sums: Mapping[str, LayerStatistics], guides: Float) -> dict[str, LayerStatistics]:
    """Statistics out of sums over tiles under these guides."""
    masses = _masses(guides)
    return {
        layer: LayerStatistics(backend.array(part.gram / masses[layer]), backend.array(part.mean / masses[layer]))
        for layer, part in sums.items()
    }


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
