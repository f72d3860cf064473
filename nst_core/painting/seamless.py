"""Seamless tiles: an objective with periodic borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nst_core.backends.base import Backend, Evaluate, Objective
from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import resize
from nst_core.vgg.losses import Array, Targets, tv_weight

MARGIN = 32
"""px: width of the wrapped margin; a multiple of 16, which keeps the pooling grid, and at most the shortest side."""


def wrapped(pixels: Float) -> Float:
    """(H, W) or (H, W, C) padded periodically by MARGIN on each side."""
    edges = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
    return np.pad(pixels, edges[: pixels.ndim], mode="wrap")


def bordered(guide: Float) -> Float:
    """(H, W) padded by a margin of zeros: features in the margin are counted at their original position."""
    return np.pad(guide, MARGIN)


def unwrapped(pixels: Float) -> Float:
    """(H, W, C) without its margin."""
    return np.ascontiguousarray(pixels[MARGIN:-MARGIN, MARGIN:-MARGIN])


def seamless(backend: Backend, targets: Targets) -> Objective:
    """The objective on a picture whose opposite borders touch. targets: for that picture with its margin."""
    height, width = targets.guides.shape[2:]
    inner = replace(targets, guides=targets.guides[:, :, MARGIN : height - MARGIN, MARGIN : width - MARGIN])
    objective = backend.objective(replace(targets, weights=replace(targets.weights, tv=0.0)))
    return Objective(periodic(objective, tv_weight(inner)), objective.close)


def resized(tile: Float, height: int, width: int) -> Float:
    """(H, W, C) at another size, with periodic borders; one axis at a time, which needs less memory."""
    tall = resize(np.concatenate([tile] * 3), 3 * height, tile.shape[1])[height : 2 * height]
    return resize(np.concatenate([tall] * 3, axis=1), height, 3 * width)[:, width : 2 * width]


def periodic(objective: Evaluate, tv_factor: float) -> Evaluate:
    """An objective for (1, 3, H, W) made of one for the padded picture without tv term. The gradient is exact."""

    def evaluate(image: Array) -> tuple[Array, Array]:
        height, width = image.shape[2:]
        rows, columns = ([i % side for i in range(-MARGIN, side + MARGIN)] for side in (height, width))
        losses, gradient = objective(image[:, :, rows][:, :, :, columns])
        tv, tv_gradient = _tv(image, tv_factor)
        losses[2] = tv
        return losses, folded(gradient) + tv_gradient

    return evaluate


def _tv(image: Array, weight: float) -> tuple[float, Array]:
    """The weighted sum of squared differences between neighbours on the tile, and its gradient."""
    height, width = image.shape[2:]
    down, right = image[:, :, [*range(1, height), 0]], image[:, :, :, [*range(1, width), 0]]
    up, left = image[:, :, [*range(-1, height - 1)]], image[:, :, :, [*range(-1, width - 1)]]
    laplacian = 4 * image - down - right - up - left
    return weight * float(((down - image) ** 2 + (right - image) ** 2).sum()), 2 * weight * laplacian


def folded(gradient: Array) -> Array:
    """The adjoint of wrapping: gradients of the margin are added at the pixels' original positions."""
    rows = gradient[:, :, MARGIN:-MARGIN] * 1  # a copy, for numpy as for torch
    rows[:, :, -MARGIN:] += gradient[:, :, :MARGIN]
    rows[:, :, :MARGIN] += gradient[:, :, -MARGIN:]
    inner = rows[:, :, :, MARGIN:-MARGIN] * 1
    inner[:, :, :, -MARGIN:] += rows[:, :, :, :MARGIN]
    inner[:, :, :, :MARGIN] += rows[:, :, :, -MARGIN:]
    return inner
