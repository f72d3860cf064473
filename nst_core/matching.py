"""Which piece of a style is nearest to each piece of a picture: by VGG19 features of cells of 4 x 4 px.

A cell's vector is what four layers say of it, put on top of each other (a hypercolumn). Nearest is the vector with the
largest cosine after both pictures' means were taken off (Kolkin et al., Neural Neighbor Style Transfer, 2022). Small
pictures compare all pairs. Larger ones look where the coarser octave found something, at and around the places that its
neighbours point to (after Barnes et al., PatchMatch, 2009): what lay side by side in the style may do so again.
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
ROWS = 1 << 16
"""Cells that are compared with their candidates at a time."""


@dataclass(frozen=True)
class Pieces:
    """A style's cells. vectors: (h * w, C), of length 1. grid: (h, w). mean, scale: by layer, what made them so."""

    vectors: Array
    grid: tuple[int, int]
    scale: Mapping[str, float]


def pieces(held: Mapping[str, Array]) -> Pieces:
    """held: a style's features by layer, as `Backend.held` gives them for the painterly method."""
    scale = {}
    for layer, values in held.items():
        centred = values - values.mean((2, 3))[:, :, None, None]
        deviation = float((centred**2).sum() / (values.shape[2] * values.shape[3])) ** 0.5
        scale[layer] = SHARES[layer] ** 0.5 / (deviation + TINY)
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    return Pieces(_vectors(held, scale, None), (height, width), scale)


def nearest(backend: Backend, held: Mapping[str, Array], guide: Array, style: Pieces, coarser: Index | None) -> Index:
    """(h, w, 2): row and column of the nearest style cell of each cell.

    held: the picture's features; guide: (1, 1, h, w), how much each cell counts for the picture's mean. coarser: what
    was found at half the size, on the style at half its size; without it all pairs are compared.
    """
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    query = _vectors(held, style.scale, guide)
    if coarser is None or len(query) * len(style.vectors) <= ALL_PAIRS:
        found = backend.numpy(backend.nearest(query, style.vectors)).astype(np.int64)
        return np.stack(np.divmod(found, style.grid[1]), axis=-1).reshape(height, width, 2)
    return _among_candidates(query, style, _enlarged(coarser, height, width, style.grid))


def _vectors(held: Mapping[str, Array], scale: Mapping[str, float], guide: Array | None) -> Array:
    """(h * w, C), each row of length 1."""
    height, width = (int(side) for side in held["relu3_1"].shape[2:])
    parts: list[Array] = []
    for layer, values in held.items():
        if guide is None:
            mean = values.mean((2, 3))
        else:
            step = 1 if values.shape[2] == height else 2
            share = guide[:, :, : step * values.shape[2] : step, : step * values.shape[3] : step]
            mean = (values * share).sum((2, 3)) / (share.sum() + TINY)
        part = (values - mean[:, :, None, None]) * scale[layer]
        if part.shape[2] != height or part.shape[3] != width:
            rows, columns = (
                np.minimum(np.arange(side) // 2, int(short) - 1)
                for side, short in zip((height, width), part.shape[2:], strict=True)
            )
            part = part[:, :, rows][:, :, :, columns]
        parts.append(part.reshape(part.shape[1], -1))
    length = (sum((part**2).sum(0) for part in parts) + TINY) ** 0.5
    return _stacked([part / length for part in parts]).T


def _stacked(parts: list[Array]) -> Array:
    """(C, N) out of several (c, N), of numpy or torch."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    import torch  # noqa: PLC0415 - these are torch's own

    return torch.cat(parts)


def _enlarged(coarser: Index, height: int, width: int, grid: tuple[int, int]) -> Index:
    """What was found at half the size, for a picture of (height, width) cells and a style of twice the cells."""
    rows, columns = (
        np.minimum(np.arange(side) // 2, short - 1)
        for side, short in zip((height, width), coarser.shape[:2], strict=True)
    )
    odd = np.stack(np.meshgrid(np.arange(height) % 2, np.arange(width) % 2, indexing="ij"), axis=-1)
    found: Index = np.clip(2 * coarser[rows][:, columns] + odd, 0, np.array(grid) - 1)
    return found


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
            score = (own * style.vectors[flat.reshape(-1)]).sum(1)
            score = np.asarray(score if isinstance(score, np.ndarray) else score.cpu())
            if best is None or place is None:
                best, place = score, flat.reshape(-1)
            else:
                place = np.where(score > best, flat.reshape(-1), place)
                best = np.maximum(best, score)
        assert place is not None
        found[rows] = np.stack(np.divmod(place, style.grid[1]), axis=-1).reshape(-1, width, 2)
    return found


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
