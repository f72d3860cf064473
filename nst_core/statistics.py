"""What a feature map says of style, and the weights that make losses free of scale. For numpy arrays and torch tensors.

Statistics under a guide g, with mass n = sum(g): Gram matrix G = F diag(g) F^T / n (Gatys et al. 2016; guides: Gatys et
al. 2017) and mean m = F g / n (Galerne et al. 2024). Divided by the mass, they compare across resolutions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nst_core.layers import STYLE_LAYERS

Array = Any
"""A numpy array or a torch tensor: only what both can do is used here."""

TINY = 1e-12
"""Keeps a division by the norm of an all-zero target finite."""

GRAM_WEIGHTS = dict(zip(STYLE_LAYERS, (0.47, 0.24, 0.15, 0.08, 0.06), strict=True))
"""Shallow layers count more: the same style is reached with more of the photograph's structure left. Sum 1."""


@dataclass(frozen=True)
class LayerStatistics:
    """One layer under K guides. gram: (K, C, C); mean: (K, C, 1)."""

    gram: Array
    mean: Array


@dataclass(frozen=True)
class Weights:
    """How much each loss counts, all in units of relative squared error.

    gram, mean: one number per style layer. content: on relu4_2. tv: on the mean squared difference between neighbours.
    """

    gram: Mapping[str, float] = field(default_factory=lambda: dict(GRAM_WEIGHTS))
    mean: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 0.0))
    content: float = 1.0
    tv: float = 1.0


@dataclass(frozen=True)
class Targets:
    """All an objective compares an image with.

    styles: statistics per style layer. guides: (K, 1, H, W), in [0, 1]. guide_share: how much each counts.
    content: the content's relu4_2 (1, 512, h, w).
    """

    styles: Mapping[str, LayerStatistics]
    guides: Array
    guide_share: Sequence[float]
    content: Array
    weights: Weights


def layer_statistics(feature_map: Array) -> LayerStatistics:
    """Statistics of a whole feature map (1, C, h, w) under one guide of ones."""
    F = feature_map.reshape(feature_map.shape[1], -1)
    return LayerStatistics(gram=((F @ F.T) / F.shape[1])[None], mean=(F.sum(1) / F.shape[1])[None, :, None])


def blend(parts: Sequence[Mapping[str, LayerStatistics]], shares: Sequence[float]) -> dict[str, LayerStatistics]:
    """One target out of several styles: the weighted mean of their statistics. shares sum to 1."""
    return {
        layer: LayerStatistics(
            gram=sum(part[layer].gram * share for part, share in zip(parts, shares, strict=True)),
            mean=sum(part[layer].mean * share for part, share in zip(parts, shares, strict=True)),
        )
        for layer in parts[0]
    }


def relative_weights(targets: Targets, layer: str) -> tuple[list[float], list[float]]:
    """Per guide, the factors that turn |G - target|^2 and |m - target|^2 into weighted relative errors."""
    target, weights = targets.styles[layer], targets.weights
    gram, mean = [], []
    for k, share in enumerate(targets.guide_share):
        gram.append(share * weights.gram[layer] / (float((target.gram[k] ** 2).sum()) + TINY))
        mean.append(share * weights.mean[layer] / (float((target.mean[k] ** 2).sum()) + TINY))
    return gram, mean


def content_weight(targets: Targets) -> float:
    """The factor that turns |F - content|^2 into a weighted relative error."""
    return targets.weights.content / (float((targets.content**2).sum()) + TINY)


def tv_weight(targets: Targets) -> float:
    """The factor on the sum of squared differences between neighbours; 3 H W of them in each direction."""
    height, width = targets.guides.shape[2:]
    return targets.weights.tv / (3 * int(height) * int(width))
