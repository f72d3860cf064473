"""The parts of an objective: Gram matrices, targets, and weights that make the losses relative.

For numpy arrays and torch tensors. A Gram matrix under a guide g with mass n = sum(g): G = F diag(g) F^T / n (Gatys et
al. 2016; guides: Gatys et al. 2017). The division by the mass makes matrices of different resolutions comparable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nst_core.vgg.layers import PAINTERLY, STYLE_LAYERS, Method

Array = Any
"""A numpy array or a torch tensor; only operations that both have are used."""

TINY = 1e-12
"""Keeps divisions by the norm of an all-zero target finite."""

GRAM_WEIGHTS = {
    "classic": dict(zip(STYLE_LAYERS, (0.47, 0.24, 0.15, 0.08, 0.06), strict=True)),
    "painterly": dict.fromkeys(PAINTERLY.gram, 0.25),
}
"""Weights of the layers, by method; each sums to 1. In the classic method shallow layers count more, because then more
of the photograph's structure is kept at the same strength of the style."""

Grams = Mapping[str, Array]
"""Gram matrices (K, C, C) by layer, under K guides."""


@dataclass(frozen=True)
class Weights:
    """Weights of the losses, which are relative squared errors.

    gram: of each layer of the Gram term. held: of the target features. tv: of the mean squared difference between
    neighbours.
    """

    gram: Mapping[str, float] = field(default_factory=lambda: dict(GRAM_WEIGHTS["classic"]))
    held: float = 1.0
    tv: float = 1.0


@dataclass(frozen=True)
class Targets:
    """The targets of an objective for images (1, 3, H, W).

    grams: of the style, under K guides. guides: (K, 1, H, W) in [0, 1]. guide_share: weight of each guide. held: target
    features (1, C, h, w) by layer of the method. held_share: (1, 1, H, W) in [0, 1], their weight at each position.
    """

    method: Method
    grams: Grams
    guides: Array
    guide_share: Sequence[float]
    held: Mapping[str, Array]
    held_share: Array
    weights: Weights


def blend(parts: Sequence[Grams], shares: Sequence[float]) -> dict[str, Array]:
    """The weighted mean of the Gram matrices of several styles. shares: sum to 1."""
    return {layer: sum(part[layer] * share for part, share in zip(parts, shares, strict=True)) for layer in parts[0]}


def gram_weights(targets: Targets, layer: str) -> list[float]:
    """For each guide the factor that makes |G - target|^2 a weighted relative error."""
    target, weight = targets.grams[layer], targets.weights.gram[layer]
    return [share * weight / (float((target[k] ** 2).sum()) + TINY) for k, share in enumerate(targets.guide_share)]


def held_weights(targets: Targets) -> dict[str, Array]:
    """For each layer with target features the factor (1, 1, h, w) that makes |F - target|^2 its loss.

    All layers have the same weight. The factor is 0 where `held_share` is 0.
    """
    shares = cell_means(targets.held_share, targets.held)
    each = targets.weights.held / len(targets.held)
    return {
        layer: shares[layer] * (each / (float((shares[layer] * target**2).sum()) + TINY))
        for layer, target in targets.held.items()
    }


def cell_means(plane: Array, like: Mapping[str, Array]) -> dict[str, Array]:
    """A plane (1, 1, H, W) averaged to the size of each of these maps (1, C, h, w)."""
    return {layer: _mean_at(plane, int(values.shape[2])) for layer, values in like.items()}


def _mean_at(plane: Array, height: int) -> Array:
    while int(plane.shape[2]) // 2 >= height:
        rows, columns = (int(side) // 2 for side in plane.shape[2:])
        halved = plane[:, :, : 2 * rows].reshape(1, 1, rows, 2, -1).sum(3)[..., : 2 * columns]
        plane = halved.reshape(1, 1, rows, columns, 2).sum(4) / 4
    return plane


def tv_weight(targets: Targets) -> float:
    """The factor on the sum of squared differences between neighbours, 3 H W along each axis."""
    height, width = targets.guides.shape[2:]
    return targets.weights.tv / (3 * int(height) * int(width))
