"""Nearest-neighbour search between the cells of a picture and of a style, and pictures assembled from style pieces.

Cells are squares of 4 x 4 px. A cell's vector consists of the VGG19 features of four layers at its position (a
hypercolumn). The nearest cell is that with the largest cosine, after the mean features of both pictures were subtracted
(Kolkin et al., Neural Neighbor Style Transfer, 2022). A block is 2 x 2 cells: relu4_1 has one position for it, so the
products of that layer are computed once for 16 pairs of cells. For small pictures all pairs are compared; for larger
ones the means of blocks, and then the cells of the best blocks. At full size, where only detail is added, cells compare
their shallow layers at the positions that the match of the last octave and its neighbours point to (after Barnes et
al., PatchMatch, 2009). Pictures are assembled from pieces of 12 x 12 px around cells, which overlap and are blended by
a Hann window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.backends.base import Backend, Blocks
from nst_core.imaging.arrays import Float
from nst_core.vgg.layers import BLOCK_LAYER, CELL, CELL_LAYERS
from nst_core.vgg.losses import TINY, Array

Index = NDArray[np.int64]

SHARES = dict(zip(CELL_LAYERS, (0.03, 0.14, 0.21, 0.62), strict=True))
"""Weight of each layer in a distance; the sum is 1."""

ALL_PAIRS = 2.7e8
"""Largest number of pairs of cells that are all compared: a picture of 512 px and a style of its size."""

CELLS_AT_ONCE = 1 << 16
"""Number of cells that are compared with their candidates at a time."""

PIECE = 3 * CELL
"""px: side of a piece."""

Means = Mapping[str, Array]
"""A picture's mean features (1, C) by layer."""


@dataclass(frozen=True)
class Pieces:
    """A style's cells. grid: their number (h, w). scale: factor on the features of each layer."""

    blocks: Blocks
    grid: tuple[int, int]
    scale: Mapping[str, float]


@dataclass(frozen=True)
class FinePieces:
    """A style's cells by their shallow layers. vectors: (h * w, F), of length 1; grid and scale as in `Pieces`."""

    vectors: Array
    grid: tuple[int, int]
    scale: Mapping[str, float]


@dataclass(frozen=True)
class NearestCells:
    """The nearest style cell of each cell. index: (h, w, 2), row and column in the style. grid: (h, w) of the style."""

    index: Index
    grid: tuple[int, int]

    def upscaled(self, size: tuple[int, int], grid: tuple[int, int]) -> Index:
        """(*size, 2): the same for a larger picture of `size` cells (h, w) and the style at a size of `grid` cells."""
        lines = []
        for side, short, large, small in zip(size, self.index.shape[:2], grid, self.grid, strict=True):
            parent = np.minimum(np.arange(side) * short // side, short - 1)
            # A cell has the same offset from the first cell of its parent as its match from the parent's match.
            lines.append((parent, np.arange(side) - -(-parent * side // short), large / small))
        (rows, below, tall), (columns, beside, wide) = lines
        start = self.index[rows][:, columns] * np.array((tall, wide))
        inside = np.stack(np.meshgrid(below, beside, indexing="ij"), axis=-1)
        found: Index = np.clip(start.astype(np.int64) + inside, 0, np.array(grid) - 1)
        return found


def pieces(held: Mapping[str, Array]) -> Pieces:
    """The cells of a style. held: its features by layer, from `Backend.held` for the painterly method."""
    means = means_of(held)
    scale = _scale(held, means)
    return Pieces(_blocks(held, scale, means), _grid(held), scale)


def fine_pieces(held: Mapping[str, Array]) -> FinePieces:
    """The cells of a style by their shallow layers. held: its features of these layers."""
    means = means_of(held)
    scale = _scale(held, means)
    return FinePieces(_rows(held, scale, means), _grid(held), scale)


def _scale(held: Mapping[str, Array], means: Means) -> dict[str, float]:
    scale = {}
    for layer, values in held.items():
        centered = values - means[layer][:, :, None, None]
        deviation = float((centered**2).sum() / (values.shape[2] * values.shape[3])) ** 0.5
        scale[layer] = SHARES[layer] ** 0.5 / (deviation + TINY)
    return scale


def means_of(held: Mapping[str, Array], shares: Mapping[str, Array] | None = None) -> Means:
    """A picture's mean features. shares: (1, 1, h, w) by layer, weights of the positions."""
    if shares is None:
        return {layer: values.mean((2, 3)) for layer, values in held.items()}
    return {
        layer: (values * shares[layer]).sum((2, 3)) / (shares[layer].sum() + TINY) for layer, values in held.items()
    }


def nearest(backend: Backend, held: Mapping[str, Array], means: Means, style: Pieces) -> Index:
    """(h, w, 2): row and column of the nearest style cell of each cell.

    held: the picture's features. means: their means over the part of the picture in which the style counts.
    """
    (height, width), query = _grid(held), _blocks(held, style.scale, means)
    exhaustive = 16 * len(query.coarse) * len(style.blocks.coarse) <= ALL_PAIRS
    cells = np.asarray(backend.numpy(backend.nearest(query, style.blocks, exhaustive=exhaustive)))
    rows, across = (-(-side // 2) for side in (height, width))
    found = _of_blocks(cells.astype(np.int64), style.grid)
    # From (down in the block, across in it, row of blocks, column of blocks) to rows and columns of cells.
    whole = found.reshape(2, 2, rows, across, 2).transpose(2, 0, 3, 1, 4).reshape(2 * rows, 2 * across, 2)
    return np.ascontiguousarray(whole[:height, :width])


def nearest_fine(held: Mapping[str, Array], means: Means, style: FinePieces, start: Index) -> Index:
    """The same among the style cells that `start` (h, w, 2) and its neighbours point to, by the shallow layers only."""
    height, width = start.shape[:2]
    query = _rows(held, style.scale, means)
    found = np.empty((height, width, 2), np.int64)
    strip = max(1, CELLS_AT_ONCE // width)
    for top in range(0, height, strip):
        rows = slice(top, min(height, top + strip))
        own = query[rows.start * width : rows.stop * width]
        best, place = np.full(len(own), -np.inf, np.float32), np.zeros(len(own), np.int64)
        for candidate in _candidates(start, rows, style.grid):
            flat = (candidate[..., 0] * style.grid[1] + candidate[..., 1]).reshape(-1)
            score = _products(own, style.vectors[flat])
            place = np.where(score > best, flat, place)
            best = np.maximum(best, score)
        found[rows] = np.stack(np.divmod(place, style.grid[1]), axis=-1).reshape(-1, width, 2)
    return found


def _of_blocks(cells: Index, grid: tuple[int, int]) -> Index:
    """(..., 2): row and column in a grid of cells that are indexed as by `Backend.nearest`."""
    rows, across = (-(-side // 2) for side in grid)
    place, block = np.divmod(cells, rows * across)
    found: Index = np.stack([block // across * 2 + place // 2, block % across * 2 + place % 2], axis=-1)
    # If a side is odd, the last cells occur twice in their blocks.
    clipped: Index = np.minimum(found, np.array(grid) - 1)
    return clipped


def _grid(held: Mapping[str, Array]) -> tuple[int, int]:
    height, width = held["relu3_1"].shape[2:]
    return int(height), int(width)


def _blocks(held: Mapping[str, Array], scale: Mapping[str, float], means: Means) -> Blocks:
    """The cells' vectors. If a side is odd, the last cells occur twice in their blocks."""
    rows, across = (-(-side // 2) for side in _grid(held))
    maps = _scaled(held, scale, means)
    shared = _repeated(maps.pop(BLOCK_LAYER), rows, across)
    coarse = _empty((rows * across, len(shared)), shared)
    _join([shared], coarse)
    whole = [_repeated(values, 2 * rows, 2 * across) for values in maps.values()]
    fine = _empty((4, rows * across, sum(len(values) for values in whole)), shared)
    for place, (down, right) in enumerate(np.ndindex(2, 2)):
        _join([values[:, down::2, right::2] for values in whole], fine[place])
    squares = (fine**2).sum(2) + (coarse**2).sum(1)
    return Blocks(fine, coarse, (squares + TINY) ** -0.5)


def _rows(held: Mapping[str, Array], scale: Mapping[str, float], means: Means) -> Array:
    """(h * w, F): the cells' vectors, each of length 1, for layers with one position per cell."""
    maps, (height, width) = list(_scaled(held, scale, means).values()), _grid(held)
    rows = _empty((height * width, sum(len(values) for values in maps)), maps[0])
    _join(maps, rows)
    return rows * ((rows**2).sum(1) + TINY)[:, None] ** -0.5


def _scaled(held: Mapping[str, Array], scale: Mapping[str, float], means: Means) -> dict[str, Array]:
    """The maps (C, h, w), centred and scaled."""
    return {layer: (values[0] - means[layer][0][:, None, None]) * scale[layer] for layer, values in held.items()}


def _empty(shape: tuple[int, ...], like: Array) -> Array:
    """An uninitialised float32 array of the same library and device."""
    return np.empty(shape, np.float32) if isinstance(like, np.ndarray) else like.new_empty(shape)


def _join(maps: Sequence[Array], rows: Array) -> None:
    """Write maps (C, h, w) side by side into rows (h * w, sum of C)."""
    first = 0
    for values in maps:
        rows[:, first : first + len(values)] = values.reshape(len(values), -1).T
        first += len(values)


def _repeated(values: Array, height: int, width: int) -> Array:
    """(C, height, width): the map, with its last row or column repeated if it is smaller."""
    down, right = (
        np.minimum(np.arange(side), size - 1) for side, size in zip((height, width), values.shape[1:], strict=True)
    )
    return values if values.shape[1:] == (height, width) else values[:, down][:, :, right]


def _products(a: Array, b: Array) -> NDArray[np.float32]:
    """(N,): the scalar product of each row of `a` (N, F) with that of `b`."""
    if isinstance(a, np.ndarray):
        found: NDArray[np.float32] = np.einsum("ij,ij->i", a, b)
        return found
    return np.asarray((a * b).sum(1).cpu())


def _candidates(start: Index, rows: slice, grid: tuple[int, int]) -> Iterator[Index]:
    """Candidates (rows, w, 2) for the nearest cell: those of cells 2 away, and those around the start of the cell."""
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


def assembled(style: Float, index: Index, height: int, width: int) -> Float:
    """(height, width, 3): a picture of overlapping pieces of the style (H', W', 3). index: (h, w, 2), style cells."""
    rows, columns = (side // CELL for side in style.shape[:2])
    blocks = style[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3).swapaxes(1, 2)
    h, w = index.shape[:2]
    total = np.zeros((h, w, CELL, CELL, 3), np.float32)
    window = _window()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            y, x = np.clip(np.arange(h) + down, 0, h - 1), np.clip(np.arange(w) + right, 0, w - 1)
            place = index[y][:, x]
            # This cell shows the part of the neighbour's piece that has the same offset from its centre.
            row = np.clip(place[..., 0] + (np.arange(h) - y)[:, None], 0, rows - 1)
            column = np.clip(place[..., 1] + (np.arange(w) - x)[None], 0, columns - 1)
            part = window[(1 - down) * CELL : (2 - down) * CELL, (1 - right) * CELL : (2 - right) * CELL]
            total += blocks[row, column] * part[..., None]
    whole = total.swapaxes(1, 2).reshape(h * CELL, w * CELL, 3)
    return np.pad(whole, ((0, height - h * CELL), (0, width - w * CELL), (0, 0)), mode="edge")


def _window() -> Float:
    """(12, 12): weights of a piece; those of the nine overlapping pieces add up to 1."""
    line = np.hanning(PIECE + 2)[1:-1]
    line = line / line.reshape(3, CELL).sum(0)[np.arange(PIECE) % CELL]
    return np.outer(line, line).astype(np.float32)
