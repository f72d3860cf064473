"""The contract of a backend: turns pixels into its own arrays, an image into feature maps, targets into an objective.

Arrays are numpy's or torch's; the optimiser and the statistics use only what both can do. Two implementations stand
beside this file; `nst_core.choose` picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nst_core.layers import Method
from nst_core.statistics import Array, Grams, Targets

Float = NDArray[np.float32]
Objective = Callable[[Array], tuple[Array, Array]]
"""image (1, 3, H, W) -> losses (3: style, held, tv, already weighted) and the gradient of their sum (1, 3, H, W)."""


@dataclass(frozen=True)
class Pull:
    """What pulls at a tile's feature maps.

    grams: derivatives of the loss with respect to the tile's sums, by layer. held: target features by layer, each with
    the factor (1, 1, h, w) on their squared distance, zero where another tile counts.
    """

    grams: Grams
    held: Mapping[str, tuple[Array, Array]]


class TileWork(Protocol):
    """What a backend does with one tile, for `nst_core.tiles`. `abort` ends it as it ends an evaluation."""

    def held(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.held`."""

    def sums(self, image: Array, guides: Array) -> Grams:
        """A tile's Gram matrices under guides (K, 1, H, W), before the division by the guides' mass."""

    def gradient(self, image: Array, guides: Array, pull: Pull) -> tuple[float, Array]:
        """The loss of the target features, and the gradient on the tile of that and of style together."""


class Backend(Protocol):
    """What the optimisation needs of a numeric library."""

    name: str
    precision: str

    @property
    def device(self) -> str:
        """Where it computes: cpu, cuda or mps."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, e.g. that a graphics card was asked for and not had."""

    def array(self, values: Float) -> Array:
        """A float32 numpy array as one of the backend's own, on its device."""

    def numpy(self, array: Array) -> Float:
        """The way back."""

    def features(self, image: Array) -> Mapping[str, Array]:
        """An image (1, 3, H, W), sRGB in [0, 1], H and W >= 32: its feature maps (1, C, h, w)."""

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """The features of an image that the method holds, averaged over its squares: (1, C, h, w) by layer."""

    def style(self, image: Array, method: Method) -> Grams:
        """An image's Gram matrices at the method's layers, under one guide of ones."""

    def described(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """`style` and `held` at once."""

    def nearest(self, query: Array, reference: Array) -> Array:
        """query (N, C), reference (M, C): for each row of the first, the row (N,) of the other with most in common.

        That is the largest scalar product; the first of equal ones.
        """

    def objective(self, targets: Targets) -> Objective:
        """The loss to be minimised. Raises OutOfMemoryError where it does not fit."""

    def tile_work(self, method: Method) -> TileWork:
        """The same over tiles. Its methods raise OutOfMemoryError where a tile does not fit."""

    def free_memory(self) -> int | None:
        """Bytes free where the arrays live; None where nobody knows."""

    def keep_within(self, memory: float) -> None:
        """Hold no more than that many bytes where the arrays live, where the library can see to it: rather raise."""

    def abort(self) -> None:
        """Ask a running evaluation to end early where the library can; it then raises AbortedError."""


class AbortedError(Exception):
    """An evaluation was ended by `abort`."""
