"""The contract of a backend: it makes arrays of pixels, feature maps of an image, and an objective of targets.

Arrays are numpy's or torch's; the optimiser and the statistics use only what both can do. Two implementations stand
beside this file; `nst_core.backends.select` picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float
from nst_core.shared.sentences import Note
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import Array, Grams, Targets

Evaluate = Callable[[Array], tuple[Array, Array]]
"""image (1, 3, H, W) -> losses (3: style, held, tv, already weighted) and the gradient of their sum (1, 3, H, W)."""


class Objective:
    """The loss of an image, and its gradient: see `Evaluate`.

    It may keep memory from one evaluation to the next; `close`, or the end of a `with` statement, gives that back.
    """

    def __init__(self, evaluate: Evaluate, release: Callable[[], object] = lambda: None) -> None:
        self._evaluate: Evaluate | None = evaluate
        self._release = release

    def __call__(self, image: Array) -> tuple[Array, Array]:
        """See `Evaluate`. Raises OutOfMemoryError, AbortedError, and ValueError once it is closed."""
        if self._evaluate is None:
            raise ValueError("the objective is closed")
        return self._evaluate(image)

    def close(self) -> None:
        """Free what it holds; may be called again."""
        if self._evaluate is not None:
            self._evaluate = None
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


GROUPS = 128
"""Number of groups into which the blocks of a style are divided."""
BEST = 32
"""Number of groups whose best block is searched for the nearest cell."""


@dataclass(frozen=True)
class LossGradients:
    """Gradients of the loss with respect to a tile's feature maps.

    grams: derivatives of the loss with respect to the tile's sums, by layer. held: target features by layer, each with
    the factor (1, 1, h, w) on their squared distance, zero where another tile counts.
    """

    grams: Grams
    held: Mapping[str, tuple[Array, Array]]


@dataclass(frozen=True)
class Blocks:
    """The vectors of a picture's cells, by blocks of 2 x 2 cells, which share a part of them.

    fine: (4, B, F), for each place in the block; coarse: (B, D), what its four cells share; inverse: (4, B), one over
    the length of each cell's whole vector.
    """

    fine: Array
    coarse: Array
    inverse: Array

    def parts(self, reference: Blocks, room: float, *, every: bool) -> Iterator[Blocks]:
        """These blocks in parts, each of which can be searched within `room` bytes (see `Backend.nearest`)."""
        count, (places, _, size) = len(reference.coarse), reference.fine.shape
        numbers = places**2 * count if every else max(count, BEST * (places * size + reference.coarse.shape[1]))
        step = max(1, int(room / 4 / numbers))
        for first in range(0, len(self.coarse), step):
            part = slice(first, first + step)
            yield Blocks(self.fine[:, part], self.coarse[part], self.inverse[:, part])


def grouped(count: int) -> NDArray[np.int64]:
    """(GROUPS, S): the numbers of `count` blocks in random order, with a fixed seed; some twice, to fill the groups."""
    dealt = np.random.default_rng(0).permutation(count)
    order: NDArray[np.int64] = np.resize(dealt, (GROUPS, -(-count // GROUPS)))
    return order


class TileWork(Protocol):
    """What a backend does with one tile, for `nst_core.backends.tiling`. `abort` ends it as it ends an evaluation."""

    def held(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.held`."""

    def sums(self, image: Array, guides: Array) -> Grams:
        """A tile's Gram matrices under guides (K, 1, H, W), before the division by the guides' mass."""

    def gradient(self, image: Array, guides: Array, pull: LossGradients) -> tuple[float, Array]:
        """The loss of the target features, and the gradient on the tile of that and of style together."""


class Backend(Protocol):
    """What the optimisation needs of a numeric library."""

    name: str
    precision: str

    @property
    def device(self) -> str:
        """Where it computes: cpu, gpu, cuda or mps."""

    @property
    def card(self) -> str:
        """The name of the graphics card that computes; empty where none does, or nobody knows it."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should know, e.g. that a graphics card was asked for and is not used."""

    def array(self, values: Float) -> Array:
        """A float32 numpy array as one of the backend's own, on its device."""

    def numpy(self, array: Array) -> Float:
        """One of its arrays as a float32 numpy array on the host."""

    def features(self, image: Array) -> Mapping[str, Array]:
        """An image (1, 3, H, W), sRGB in [0, 1], H and W >= 32: its feature maps (1, C, h, w)."""

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """The features of an image that the method holds, averaged over its squares: (1, C, h, w) by layer."""

    def style(self, image: Array, method: Method) -> Grams:
        """An image's Gram matrices at the method's layers, under one guide of ones."""

    def described(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """`style` and `held` at once."""

    def nearest(self, query: Blocks, reference: Blocks, *, every: bool) -> Array:
        """(4, n): the reference's cell with the largest cosine for each cell of the query; counted place by place.

        Cell number k of place p is p * B + k; the first of equal ones is taken. every: look at all cells; else at those
        of the BEST blocks among the GROUPS ones that have the largest product of means in their group.
        """

    def objective(self, targets: Targets) -> Objective:
        """The loss to be minimised. Raises OutOfMemoryError where it does not fit.

        An evaluation raises it too, and CardLostError where a graphics card fails.
        """

    def tile_work(self, method: Method) -> TileWork:
        """The same over tiles. Its methods raise OutOfMemoryError where a tile does not fit."""

    def free_memory(self) -> int | None:
        """Free bytes of the memory that holds the arrays; None if it is not known."""

    def keep_within(self, memory: float) -> None:
        """Limit the memory of the arrays to this many bytes, if the library can; beyond that it raises."""

    def abort(self) -> None:
        """Ask a running evaluation to end early where the library can; it then raises AbortedError."""


class AbortedError(Exception):
    """An evaluation was ended by `abort`."""
