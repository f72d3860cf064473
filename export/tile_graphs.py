"""The objective in tiles, for pictures that do not fit into memory whole: two graphs over the same weights file.

The first computes a tile's share of the Gram matrices, unnormalised, so that shares add up over tiles:

    S_k = F diag(g_k) F^T

The derivatives of the loss follow from their sums; a method's second graph propagates them back to the tile's pixels:
with A_k = dL/dS_k, the gradient on F is  sum over k of 2 A_k F g_k.  Guides, and the weights of target features, are
zero outside the tile's inner part: every position of a feature map counts in one tile only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from export.builder import Builder
from export.graphs import Vgg, add_held_losses, flat_guide, flat_map, guides_at, total, unpadded
from nst_core.vgg.layers import CHANNELS, CLASSIC, Method


def sums_graph(weights: Path, network: type[Vgg]) -> onnx.ModelProto:
    """Image and guides to S_k of each style layer."""
    b = Builder()
    vgg = network(b, weights)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    run = vgg.forward(image, CLASSIC.deepest)
    for layer, pooled in guides_at(b, guide, CLASSIC).items():
        F = flat_map(b, vgg.exact(run, layer), layer)
        gram = b.op("MatMul", b.op("Mul", F, flat_guide(b, pooled)), b.op("Transpose", F, perm=[0, 2, 1]))
        b.output(gram, f"{layer}.gram", ["K", CHANNELS[layer], CHANNELS[layer]])
    return b.model("vgg19-tile-sums")


def gradient_graph(weights: Path, method: Method, network: type[Vgg]) -> onnx.ModelProto:
    """Image, guides, derivatives and target features to the loss of these and the gradient on the image."""
    b = Builder()
    vgg = network(b, weights)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    run = vgg.forward(image, method.deepest)
    maps = {layer: vgg.exact(run, layer) for layer in dict.fromkeys((*method.gram, *method.held))}
    gradients = {layer: _style(b, maps[layer], pooled, layer) for layer, pooled in guides_at(b, guide, method).items()}
    b.output(total(b, add_held_losses(b, method, maps, gradients)), "held_loss", [])
    b.output(unpadded(b, vgg.backward(run, gradients)), "gradient", [1, 3, "H", "W"])
    return b.model(f"vgg19-{method.name}-tile-gradient")


def _style(b: Builder, feature_map: str, guide: str, layer: str) -> str:
    """The gradient on one feature map."""
    channels = CHANNELS[layer]
    on_gram = b.input(f"{layer}.gram", ["K", channels, channels])
    # S is quadratic in F: its derivative counts twice, like that of a square.
    twice = b.op("MatMul", b.op("Mul", on_gram, b.constant(2.0)), flat_map(b, feature_map, layer))
    gradient = b.op("ReduceSum", b.op("Mul", twice, flat_guide(b, guide)), b.constant([0], np.int64), keepdims=1)
    return b.op("Reshape", gradient, b.op("Shape", feature_map))
