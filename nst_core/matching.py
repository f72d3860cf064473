"""Which piece of a style is nearest to each piece of a picture: by VGG19 features of cells of 4 x 4 px.

A cell's vector is what four layers say of it, put on top of each other (a hypercolumn). Nearest is the vector with the
largest cosine after both pictures' means were taken off (Kolkin et al., Neural Neighbor Style Transfer, 2022). Small
pictures compare all pairs, larger ones all pairs in the principal components of the style. The largest look where the
coarser octave found something, at and around the places that its neighbours point to (after Barnes et al., PatchMatch,
2009): what lay side by side in the style may do so again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend
from nst_core.layers import CELL_LAYERS
from nst_core.statistics import TINY, Array

Index = NDArray[np.int64]

SHARES = dict(zip(CELL_LAYERS, (0.03, 0.14, 0.21, 0.62), strict=True))
"""How much each layer counts in a distance. Sum 1."""
ALL_PAIRS = 2.2e8
"""Pairs of cells up to which all are compared: a picture of 512 px and a style of its size."""
COMPONENTS = 128
"""Principal components of a style's vectors in which larger pictures are compared."""
ALL_PROJECTED = 3.3e9
"""Pairs of cells up to which all are compared in these components."""
SAMPLE = 4096
"""Cells of which they are computed."""
CACHED = 4
"""Rows of cells that are made into vectors at a time."""
ROWS = 1 << 16
"""Cells that are compared with their candidates at a time."""


Means = Mapping[str, Array]
"""A picture's mean features (1, C) by layer."""


@dataclass(frozen=True)
class Pieces:
    """A style's cells. vectors: (h * w, C), of length 1. grid: (h, w). scale: by layer, what its features count."""

    vectors: Array
    grid: tuple[int, int]
    scale: Mapping[str, float]


@dataclass(frozen=True)
class Found:
    """The nearest cells: index (h, w, 2), row and column in a style of so many cells (grid)."""

    index: Index
    grid: tuple[int, int]

    def enlarged(self, size: tuple[int, int], grid: tuple[int, int]) -> Index:
        """What they say of a larger picture of so many cells (height, width), for the style at a size of that grid."""
        lines = []
        for side, short, large, small in zip(size, self.index.shape[:2], grid, self.grid, strict=True):
            parent = np.minimum(np.arange(side) * short // side, short - 1)
            # How far a cell lies inside its parent, in cells: there in the style its own counterpart lies.
            lines.append((parent, np.arange(side) - -(-parent * side // short), large / small))
        (rows, below, tall), (columns, beside, wide) = lines
        start = self.index[rows][:, columns] * np.array((tall, wide))
        inside = np.stack(np.meshgrid(below, beside, indexing="ij"), axis=-1)
        found: Index = np.clip(start.astype(np.int64) + inside, 0, np.array(grid) - 1)
        return found


def pieces(held: Mapping[str, Array]) -> Pieces:
    """held: a style's features by layer, as `Backend.held` gives them for the painterly method."""
    means, scale = means_of(held), {}
    for layer, values in held.items():
        centred = values - means[layer][:, :, None, None]
        deviation = float((centred**2).sum() / (values.shape[2] * values.shape[3])) ** 0.5
        scale[layer] = SHARES[layer] ** 0.5 / (deviation + TINY)
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    return Pieces(_vectors(held, scale, means), (height, width), scale)


def means_of(held: Mapping[str, Array], shares: Mapping[str, Array] | None = None) -> Means:
    """A picture's mean features. shares: (1, 1, h, w) by layer, how much each position counts."""
    if shares is None:
        return {layer: values.mean((2, 3)) for layer, values in held.items()}
    return {
        layer: (values * shares[layer]).sum((2, 3)) / (shares[layer].sum() + TINY) for layer, values in held.items()
    }


def nearest(
    backend: Backend, held: Mapping[str, Array], means: Means, style: Pieces, start: Index | None = None
) -> Index:
    """(h, w, 2): row and column of the nearest style cell of each cell.

    held: the picture's features; means: of the picture, or of the part of it in which the style counts. start: where
    to look for each cell of a picture for which all pairs are too many.
    """
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    query, reference = _vectors(held, style.scale, means), style.vectors
    pairs = len(query) * len(reference)
    if start is not None and pairs > ALL_PROJECTED:
        return _among_candidates(query, style, start)
    if pairs > ALL_PAIRS:
        query, reference = _projected(backend, query, reference)
    found = np.asarray(backend.numpy(backend.nearest(query, reference))).astype(np.int64)
    return np.stack(np.divmod(found, style.grid[1]), axis=-1).reshape(height, width, 2)


def _projected(backend: Backend, query: Array, reference: Array) -> tuple[Array, Array]:
    """Both in the principal components of the reference, each row of length 1 there."""
    sample = backend.numpy(reference[:: max(1, len(reference) // SAMPLE)]).astype(np.float64)
    _, axes = np.linalg.eigh(sample.T @ sample)
    basis = backend.array(np.ascontiguousarray(axes[:, -COMPONENTS:], np.float32))
    parts = [values @ basis for values in (query, reference)]
    first, second = (part / ((part**2).sum(1) + TINY)[:, None] ** 0.5 for part in parts)
    return first, second


def _vectors(held: Mapping[str, Array], scale: Mapping[str, float], means: Means) -> Array:
    """(h * w, C), each row of length 1."""
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    like, size = held["relu3_1"], (height * width, sum(int(values.shape[1]) for values in held.values()))
    on_processor = isinstance(like, np.ndarray)
    found: Array = np.empty(size, np.float32) if on_processor else like.new_empty(size)
    # A few rows at a time stay in a processor's cache.
    step = CACHED if on_processor else height
    for top in range(0, height, step):
        rows, first = slice(top, min(height, top + step)), 0
        for part in _centred(held, scale, means, rows):
            found[rows.start * width : rows.stop * width, first : first + len(part)] = part.T
            first += len(part)
    return found


def _centred(held: Mapping[str, Array], scale: Mapping[str, float], means: Means, rows: slice) -> list[Array]:
    """Of these rows of cells: their parts (c, N), together of length 1."""
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    parts: list[Array] = []
    squares: Array = 0.0
    for layer, values in held.items():
        down, across = (
            np.minimum(np.arange(side) // 2, int(short) - 1)
            for side, short in zip((height, width), values.shape[2:], strict=True)
        )
        same = tuple(values.shape[2:]) == (height, width)
        chosen = values[0, :, rows] if same else values[0][:, down[rows]][:, :, across]
        part = (chosen - means[layer][0][:, None, None]) * scale[layer]
        part = part.reshape(part.shape[0], -1)
        squares = squares + (part**2).sum(0)
        parts.append(part)
    length = (squares + TINY) ** 0.5
    return [part / length for part in parts]


def _among_candidates(query: Array, style: Pieces, start: Index) -> Index:
    """The best of each cell's candidates."""
    height, width = start.shape[:2]
    found = np.empty((height, width, 2), np.int64)
    strip = max(1, ROWS // width)
    for top in range(0, height, strip):
        rows = slice(top, min(height, top + strip))
        own = query[rows.start * width : rows.stop * width]
        best, place = None, None
        for candidate in _candidates(start, rows, style.grid):
            flat = candidate[..., 0] * style.grid[1] + candidate[..., 1]
            score = _products(own, style.vectors[flat.reshape(-1)])
            if best is None or place is None:
                best, place = score, flat.reshape(-1)
            else:
                place = np.where(score > best, flat.reshape(-1), place)
                best = np.maximum(best, score)
        assert place is not None
        found[rows] = np.stack(np.divmod(place, style.grid[1]), axis=-1).reshape(-1, width, 2)
    return found


def _products(a: Array, b: Array) -> NDArray[np.float32]:
    """The scalar product of each row of (N, C) with that of the other."""
    if isinstance(a, np.ndarray):
        found: NDArray[np.float32] = np.einsum("ij,ij->i", a, b)
        return found
    return np.asarray((a * b).sum(1).cpu())


def _candidates(start: Index, rows: slice, grid: tuple[int, int]) -> Iterator[Index]:
    """Where a cell may have its nearest: where its neighbours' neighbours point to, and around its own start."""
    height, width = start.shape[:2]
    last = np.array(grid) - 1
    above, left = np.arange(rows.start, rows.stop), np.arange(width)
    for down in (0, -2, 2):
        for right in (0, -2, 2):
            y, x = np.clip(above + down, 0, height - 1), np.clip(left + right, 0, width - 1)
            back = np.stack(np.meshgrid(above - y, left - x, indexing="ij"), axis=-1)
            yield np.clip(start[y][:, x] + back, 0, last)
    for step in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        yield np.clip(start[rows] + np.array(step), 0, last)
