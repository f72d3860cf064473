"""The objective by tiles: two graphs over the weights file of the others, for pictures that do not fit whole.

The first gives a tile's share of the statistics, unnormalised, so that shares add up over tiles:

    S_k = F diag(g_k) F^T,  s_k = F g_k

From their sums the derivatives of the loss follow, and the second graph carries those back to the tile's pixels:
with A_k = dL/dS_k and a_k = dL/ds_k, the gradient on F is  sum over k of (2 A_k F + a_k) g_k.  Guides, and the weight
of the content term, are zero outside the tile's inner part: every position of a feature map counts in one tile only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from export.builder import Builder
from export.graphs import Vgg, unpadded
from nst_core.layers import CHANNELS, CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS


def sums_graph(weights: Path, network: type[Vgg] = Vgg) -> onnx.ModelProto:
    """Image and guides to S_k and s_k of each style layer."""
    b = Builder()
    vgg = network(b, weights)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    maps = vgg.forward(image).maps
    for layer, pooled in _guides(b, guide).items():
        F = _rows(b, maps[layer], layer)
        weighted = b.op("Mul", F, _flat(b, pooled))
        gram = b.op("MatMul", weighted, b.op("Transpose", F, perm=[0, 2, 1]))
        mean = b.op("ReduceSum", weighted, b.constant([2], np.int64), keepdims=1)
        b.output(gram, f"{layer}.gram", ["K", CHANNELS[layer], CHANNELS[layer]])
        b.output(mean, f"{layer}.mean", ["K", CHANNELS[layer], 1])
    return b.model("vgg19-tile-sums")


def gradient_graph(weights: Path, network: type[Vgg] = Vgg) -> onnx.ModelProto:
    """Image, guides, derivatives and content features to the content loss and the gradient on the image."""
    b = Builder()
    vgg = network(b, weights)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    run = vgg.forward(image)
    gradients = {layer: _style(b, run.maps[layer], pooled, layer) for layer, pooled in _guides(b, guide).items()}
    gap = b.op("Sub", run.maps[CONTENT_LAYER], b.input("content", [1, CHANNELS[CONTENT_LAYER], "h", "w"]))
    scaled = b.op("Mul", gap, b.input("content_weight", [1, 1, "h", "w"]))
    loss = b.op("ReduceSum", b.op("Mul", gap, scaled), keepdims=0)
    gradients[CONTENT_LAYER] = b.op("Mul", scaled, b.constant(2.0))
    b.output(loss, "content_loss", [])
    b.output(unpadded(b, vgg.backward(run, gradients)), "gradient", [1, 3, "H", "W"])
    return b.model("vgg19-tile-gradient")


def _style(b: Builder, feature_map: str, guide: str, layer: str) -> str:
    """The gradient on one feature map."""
    channels = CHANNELS[layer]
    on_gram = b.input(f"{layer}.gram", ["K", channels, channels])
    on_mean = b.input(f"{layer}.mean", ["K", channels, 1])
    # S is quadratic in F: its derivative counts twice, like that of a square.
    twice = b.op("MatMul", b.op("Mul", on_gram, b.constant(2.0)), _rows(b, feature_map, layer))
    per_guide = b.op("Mul", b.op("Add", twice, on_mean), _flat(b, guide))
    gradient = b.op("ReduceSum", per_guide, b.constant([0], np.int64), keepdims=1)
    return b.op("Reshape", gradient, b.op("Shape", feature_map))


def _guides(b: Builder, guide: str) -> dict[str, str]:
    """The guides at each style layer's size."""
    guides = {}
    for conv in CONVOLUTIONS:
        if conv.pooled:
            guide = b.op("AveragePool", guide, kernel_shape=[2, 2], strides=[2, 2])
        if conv.relu in STYLE_LAYERS:
            guides[conv.relu] = guide
    return guides


def _rows(b: Builder, feature_map: str, layer: str) -> str:
    return b.op("Reshape", feature_map, b.constant([1, CHANNELS[layer], -1], np.int64))


def _flat(b: Builder, guide: str) -> str:
    return b.op("Reshape", guide, b.constant([0, 1, -1], np.int64))
