"""The contract of a backend: it converts pixels to arrays, and computes feature maps and objectives.

Arrays are numpy's or torch's; the optimiser and the statistics use only operations that both have. `onnx.py` and
`torch.py` implement it; `select.py` chooses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float, picture, planes
from nst_core.shared.sentences import Note
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import Array, Grams, Targets

Evaluate = Callable[[Array], tuple[Array, Array]]
"""image (1, 3, H, W) -> losses (3: style, held, tv, already weighted) and the gradient of their sum (1, 3, H, W)."""

LARGEST_MOVE = 0.1
"""Upper limit of the root mean square change of a pixel in a step; the quadratic model is not reliable further away."""

GROUPS = 128
"""Number of groups into which the blocks of a style are divided."""
BEST = 32
"""Number of groups whose best block is searched for the nearest cell."""


class AbortedError(Exception):
    """An evaluation was ended by `abort`."""


@dataclass(frozen=True)
class Move:
    """From one image to the next. s, y: how image and gradient changed; curvature: s y; change: y y."""

    s: Array
    y: Array
    curvature: Array
    change: Array


@dataclass(frozen=True)
class Point:
    """An evaluated image. losses: as `Evaluate` returns them; move: from the point before, None for the first."""

    image: Array
    gradient: Array
    losses: tuple[float, float, float]
    move: Move | None = None


@dataclass(frozen=True)
class Curvature:
    """The quadratic model of the objective. moves: oldest first; scale: the size of the inverse Hessian.

    first_move: root mean square change of a pixel where there are no moves.
    """

    moves: Sequence[Move]
    scale: Array
    first_move: float


class Descent(Protocol):
    """The arithmetic on images that L-BFGS needs, in whatever memory the images are."""

    def start(self, image: Array) -> Array:
        """The image, clipped to [0, 1], as the other methods take it."""

    def evaluated(self, image: Array, before: Point | None) -> Point:
        """The image with its losses and gradient, and the move from the point before."""

    def moved(self, point: Point, curvature: Curvature) -> Array:
        """The next image, in [0, 1]."""


class Objective:
    """The loss of an image, and its gradient: see `Evaluate`.

    It may keep memory from one evaluation to the next; `close`, or the end of a `with` statement, frees it.
    descent: the optimiser's arithmetic where images are no arrays of numpy or torch; else None.
    """

    def __init__(
        self, evaluate: Evaluate, release: Callable[[], object] = lambda: None, descent: Descent | None = None
    ) -> None:
        self._evaluate: Evaluate | None = evaluate
        self._release = release
        self.descent = descent

    def __call__(self, image: Array) -> tuple[Array, Array]:
        """See `Evaluate`. Raises OutOfMemoryError, AbortedError, and ValueError once it is closed."""
        if self._evaluate is None:
            raise ValueError("the objective is closed")
        return self._evaluate(image)

    def close(self) -> None:
        """Free what it holds; may be called again."""
        if self._evaluate is not None:
            self._evaluate = self.descent = None
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
    """The feature vectors of a picture's cells, in blocks of 2 x 2 cells. The cells of a block share a part of them.

    fine: (4, B, F), the part of its own, for each position in the block; coarse: (B, D), the shared part; inverse:
    (4, B), 1 / length of each cell's whole vector.
    """

    fine: Array
    coarse: Array
    inverse: Array

    def parts(self, reference: Blocks, most_bytes: float, *, exhaustive: bool) -> Iterator[Blocks]:
        """These blocks in parts, each of which can be searched within `most_bytes` (see `Backend.nearest`)."""
        count, (places, _, size) = len(reference.coarse), reference.fine.shape
        numbers = places**2 * count if exhaustive else max(count, BEST * (places * size + reference.coarse.shape[1]))
        step = max(1, int(most_bytes / 4 / numbers))
        for first in range(0, len(self.coarse), step):
            part = slice(first, first + step)
            yield Blocks(self.fine[:, part], self.coarse[part], self.inverse[:, part])


def random_groups(count: int) -> NDArray[np.int64]:
    """(GROUPS, S): indices of `count` blocks in random order, fixed seed; some occur twice, to fill the groups."""
    shuffled = np.random.default_rng(0).permutation(count)
    order: NDArray[np.int64] = np.resize(shuffled, (GROUPS, -(-count // GROUPS)))
    return order


class TileWork(Protocol):
    """The computations on one tile, for `nst_core.backends.tiling`. `Backend.abort` ends them too."""

    def held(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.held`."""

    def sums(self, image: Array, guides: Array) -> Grams:
        """A tile's part of the Gram matrices under guides (K, 1, H, W), before the division by the guides' mass."""

    def gradient(self, image: Array, guides: Array, loss_gradients: LossGradients) -> tuple[float, Array]:
        """The loss of the target features, and the gradient of target features and style together on the tile."""


class Backend(Protocol):
    """What a painting needs of a numeric library."""

    name: str
    precision: str

    @property
    def device(self) -> str:
        """Where it computes: cpu, gpu, cuda or mps."""

    @property
    def card(self) -> str:
        """The name of the graphics card that computes; empty on a processor, or if the name is unknown."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes for the user, for example that a requested graphics card is not used."""

    def array(self, values: Float) -> Array:
        """A float32 numpy array, any shape, as an array of the backend on its device."""

    def numpy(self, array: Array) -> Float:
        """An array of the backend as a float32 numpy array in main memory."""

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """The features of an image that are compared with targets, averaged over cells: (1, C, h, w) by layer.

        image: (1, 3, H, W), sRGB in [0, 1], H and W >= 32.
        """

    def grams(self, image: Array, method: Method) -> Grams:
        """An image's Gram matrices (1, C, C) at the method's layers, under one guide of ones."""

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """`grams` and `held` at once."""

    def nearest(self, query: Blocks, reference: Blocks, *, exhaustive: bool) -> Array:
        """(4, n) int: for each cell of the query, the index of the reference's cell with the largest cosine.

        The cell at position p of block k has the index p * B + k; of equal ones the first is taken. exhaustive: compare
        all cells. Otherwise each of GROUPS groups gives the block whose mean has the largest product with that of the
        query's block, and the cells of the BEST ones among these blocks are compared.
        """

    def objective(self, targets: Targets) -> Objective:
        """The loss to be minimised. Raises OutOfMemoryError if it does not fit.

        An evaluation raises OutOfMemoryError too, and CardLostError if a graphics card fails.
        """

    def tile_work(self, method: Method) -> TileWork:
        """The computations on tiles. Its methods raise OutOfMemoryError if a tile does not fit."""

    def free_memory(self) -> int | None:
        """Free bytes of the memory that holds the arrays; None if it is not known."""

    def limit_memory(self, memory: float) -> None:
        """Limit the memory of the arrays to this many bytes, if the library can. Beyond it, evaluations raise."""

    def abort(self) -> None:
        """Ask a running evaluation to end early, if the library can. It then raises AbortedError."""


def to_image(backend: Backend, pixels: Float) -> Array:
    """A picture (H, W, 3) as an image (1, 3, H, W) of the backend."""
    return backend.array(planes(pixels))


def to_pixels(backend: Backend, image: Array) -> Float:
    """An image (1, 3, H, W) of the backend as a picture (H, W, 3)."""
    return picture(backend.numpy(image))
