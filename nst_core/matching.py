"""Which piece of a style is nearest to each piece of a picture: by VGG19 features of cells of 4 x 4 px.

A cell's vector is what four layers say of it, put on top of each other (a hypercolumn). Nearest is the vector with the
largest cosine after both pictures' means were taken off (Kolkin et al., Neural Neighbor Style Transfer, 2022). 2 x 2
cells are a block: relu4_1 has one position for it, so products of that layer, which counts most, are taken once for 16
pairs of cells. Small pictures compare all pairs. Larger ones compare the means of blocks, and then the cells of the
best blocks. At full size cells look where the coarser octave found something, at and around the places that their
neighbours point to (after Barnes et al., PatchMatch, 2009): what lay side by side in the style may do so again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.backends import Backend, Blocks
from nst_core.layers import CELL_LAYERS
from nst_core.statistics import TINY, Array

Index = NDArray[np.int64]

SHARES = dict(zip(CELL_LAYERS, (0.03, 0.14, 0.21, 0.62), strict=True))
"""How much each layer counts in a distance. Sum 1."""
DEEPEST = "relu4_1"
"""The layer with one position for each block."""
ALL_PAIRS = 2.7e8
"""Pairs of cells up to which all are compared: a picture of 512 px and a style of its size."""
ALL_BLOCKS = 2e9
"""Pairs of blocks up to which all are compared."""
ROWS = 1 << 16
"""Cells that are compared with their candidates at a time."""

Means = Mapping[str, Array]
"""A picture's mean features (1, C) by layer."""


@dataclass(frozen=True)
class Pieces:
    """A style's cells. grid: (h, w), how many. scale: by layer, what its features count."""

    blocks: Blocks
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
    return Pieces(_blocks(held, scale, means), _grid(held), scale)


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
    (height, width), query = _grid(held), _blocks(held, style.scale, means)
    pairs = len(query.coarse) * len(style.blocks.coarse)
    if start is not None and pairs > ALL_BLOCKS:
        return _among_candidates(query, style, start)
    picked = np.asarray(backend.numpy(backend.nearest(query, style.blocks, every=16 * pairs <= ALL_PAIRS)))
    rows, across = (-(-side // 2) for side in (height, width))
    found = _of_blocks(picked.astype(np.int64), style.grid)
    # From (down in the block, across in it, row of blocks, column of blocks) to rows and columns of cells.
    whole = found.reshape(2, 2, rows, across, 2).transpose(2, 0, 3, 1, 4).reshape(2 * rows, 2 * across, 2)
    return np.ascontiguousarray(whole[:height, :width])


def _of_blocks(cells: Index, grid: tuple[int, int]) -> Index:
    """Row and column (..., 2) of cells in a grid, counted block by block for each of the four places in a block."""
    rows, across = (-(-side // 2) for side in grid)
    place, block = np.divmod(cells, rows * across)
    found: Index = np.stack([block // across * 2 + place // 2, block % across * 2 + place % 2], axis=-1)
    # Where a side is odd, the last cells stand twice in their blocks.
    clipped: Index = np.minimum(found, np.array(grid) - 1)
    return clipped


def _in_blocks(index: Index, grid: tuple[int, int]) -> Index:
    """The opposite of `_of_blocks`."""
    rows, across = (-(-side // 2) for side in grid)
    y, x = index[..., 0], index[..., 1]
    return (y % 2 * 2 + x % 2) * (rows * across) + y // 2 * across + x // 2


def _grid(held: Mapping[str, Array]) -> tuple[int, int]:
    height, width = held["relu3_1"].shape[2:]
    return int(height), int(width)


def _blocks(held: Mapping[str, Array], scale: Mapping[str, float], means: Means) -> Blocks:
    """The cells' vectors. Where a side is odd, the last cells stand twice in their blocks."""
    rows, across = (-(-side // 2) for side in _grid(held))
    parts = {layer: (values[0] - means[layer][0][:, None, None]) * scale[layer] for layer, values in held.items()}
    coarse = _repeated(parts.pop(DEEPEST), rows, across)
    coarse = coarse.reshape(len(coarse), -1).T
    shape, first = (4, rows * across, sum(len(part) for part in parts.values())), 0
    fine: Array = np.empty(shape, np.float32) if isinstance(coarse, np.ndarray) else coarse.new_empty(shape)
    for values in parts.values():
        part, last = _repeated(values, 2 * rows, 2 * across), first + len(values)
        for place, (down, right) in enumerate(np.ndindex(2, 2)):
            fine[place, :, first:last] = part[:, down::2, right::2].reshape(len(part), -1).T
        first = last
    squares = (fine**2).sum(2) + (coarse**2).sum(1)
    return Blocks(fine, coarse, (squares + TINY) ** -0.5)


def _repeated(values: Array, height: int, width: int) -> Array:
    """(C, h, w) with its last row and column once more where it is smaller than that."""
    down, right = (
        np.minimum(np.arange(side), size - 1) for side, size in zip((height, width), values.shape[1:], strict=True)
    )
    return values if values.shape[1:] == (height, width) else values[:, down][:, :, right]


def _among_candidates(query: Blocks, style: Pieces, start: Index) -> Index:
    """The best of each cell's candidates."""
    height, width = start.shape[:2]
    found = np.empty((height, width, 2), np.int64)
    strip = max(1, ROWS // width)
    for top in range(0, height, strip):
        rows = slice(top, min(height, top + strip))
        here = np.stack(np.meshgrid(np.arange(height)[rows], np.arange(width), indexing="ij"), axis=-1)
        own = _in_blocks(here, (height, width))
        best, place = None, None
        for candidate in _candidates(start, rows, style.grid):
            score = _products(query, own.reshape(-1), style.blocks, _in_blocks(candidate, style.grid).reshape(-1))
            if best is None or place is None:
                best, place = score, candidate.reshape(-1, 2)
            else:
                place = np.where((score > best)[:, None], candidate.reshape(-1, 2), place)
                best = np.maximum(best, score)
        assert place is not None
        found[rows] = place.reshape(-1, width, 2)
    return found


def _products(a: Blocks, own: Index, b: Blocks, other: Index) -> NDArray[np.float32]:
    """What each of the cells `own` (N,) of a has in common with one of b: (N,)."""
    size = a.fine.shape[2]
    fine = a.fine.reshape(-1, size)[own], b.fine.reshape(-1, size)[other]
    coarse = a.coarse[own % len(a.coarse)], b.coarse[other % len(b.coarse)]
    if isinstance(a.fine, np.ndarray):
        common: Array = sum(np.einsum("ij,ij->i", *pair) for pair in (fine, coarse))
        return np.asarray(common * b.inverse.reshape(-1)[other])
    common = sum((first * second).sum(1) for first, second in (fine, coarse))
    return np.asarray((common * b.inverse.reshape(-1)[other]).cpu())


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
