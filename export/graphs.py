"""The graphs over one weights file: feature extraction, and each method's objective with its gradient.

The gradient is written as forward operators, so that an inference-only runtime computes it: convolution with flipped,
transposed weights; ReLU and max pooling by masks (a pooling tie shares its gradient among the equal values). Height and
width are dynamic. Padding is by replication on the image and by zeros between convolutions.

Objective, for an image x in [0, 1] (1, 3, H, W), and K guides g_k with mass n = sum(g_k) at each layer:

    G_k   = F diag(g_k) F^T / n
    style = sum over layers of the Gram term, k of  gram_weight |G_k - gram|^2
    held  = sum over layers with target features of  held_weight |mean(F) - held|^2, mean: over squares (Method.held)
    tv    = tv_weight (|dx/dh|^2 + |dx/dw|^2)

Weights are inputs; nst_core.vgg.losses computes them. Sources: Gatys et al. (2016)
for the Gram term; Gatys et al. (2017) for guides; Kolkin et al. (2022) for target features.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from export.builder import Builder
from nst_core.backends.base import BEST, GROUPS
from nst_core.vgg.layers import (
    BLOCK_SIZE,
    CELL_LAYERS,
    CELL_SIZE,
    CELLS,
    CHANNELS,
    CONTENT_LAYER,
    CONVOLUTIONS,
    STYLE_LAYERS,
    Convolution,
    Method,
)

_TYPES = {"U8": TensorProto.UINT8, "F32": TensorProto.FLOAT}
_AXES_HW = (2, 3)
_PAD_ONE = (1, 1, 1, 1)
_LAPLACIAN = ((0.0, -1.0, 0.0), (-1.0, 4.0, -1.0), (0.0, -1.0, 0.0))


@dataclass(frozen=True)
class Forward:
    """The forward pass: the padded image and the feature map made by each convolution."""

    padded: str
    maps: dict[str, str]
    pooled: dict[str, str]


class WeightsInGraph:
    """VGG19's parameters as initialisers that point into the weights file; codes are looked up in their tables."""

    def __init__(self, builder: Builder, path: Path) -> None:
        self._b = builder
        self._file = path.name
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            self._entries = json.loads(stream.read(length))
        self._start = 8 + length

    def tensor(self, name: str) -> str:
        """One entry of the file, as it is stored."""
        entry = self._entries[name]
        first, last = entry["data_offsets"]
        return self._b.external(
            name, _TYPES[entry["dtype"]], entry["shape"], (self._file, self._start + first, last - first)
        )

    def weight(self, conv: str) -> str:
        """(out, in, 3, 3) float32."""
        if f"{conv}.weight" in self._entries:
            return self.tensor(f"{conv}.weight")
        codes = self._b.op("Cast", self.tensor(f"{conv}.codes"), to=TensorProto.INT32)
        return self._b.op("Gather", self.tensor(f"{conv}.table"), codes, axis=0)


class Vgg:
    """Forward and backward passes through the convolutions. TYPE: of their numbers; all else is float32."""

    TYPE: type[np.generic] = np.float32

    def __init__(self, builder: Builder, weights: Path) -> None:
        self._b = builder
        self._parameters = WeightsInGraph(builder, weights)
        self._weights: dict[str, str] = {}

    def forward(self, image: str, deepest: str) -> Forward:
        """The image (1, 3, H, W) through all convolutions up to that layer."""
        b = self._b
        # Replicate, not zero, padding: zeros draw a frame around the picture.
        padded = b.op("Pad", image, b.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
        matrix = b.op("Reshape", self._parameters.tensor("input.matrix"), b.constant([3, 3, 1, 1], np.int64))
        x = self._to_type(b.op("Conv", padded, matrix, self._parameters.tensor("input.offset")))
        maps: dict[str, str] = {}
        pooled: dict[str, str] = {}
        for conv in CONVOLUTIONS:
            if conv.pooled:
                x = pooled[conv.name] = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
            x = maps[conv.relu] = b.op("Relu", self._convolved(conv, x))
            if conv.relu == deepest:
                break
        return Forward(padded, maps, pooled)

    def exact(self, run: Forward, layer: str) -> str:
        """A feature map in float32."""
        return run.maps[layer]

    def backward(self, run: Forward, gradients: dict[str, str]) -> str:
        """Gradient on the padded image (1, 3, H + 2, W + 2), given one on each feature map that has a loss."""
        b = self._b
        gradients = self._gradients_to_type(gradients)
        g = ""
        for conv in reversed(CONVOLUTIONS[: len(run.maps)]):
            own = gradients.get(conv.relu)
            g = b.op("Add", g, own) if g and own else g or own or ""
            g = self._through_relu(g, run.maps[conv.relu])
            g = self._convolved_back(conv, g)
            if conv.pooled:
                before = CONVOLUTIONS[CONVOLUTIONS.index(conv) - 1]
                g = self._through_pooling(g, run.maps[before.relu], run.pooled[conv.name])
        matrix = b.op("Transpose", self._parameters.tensor("input.matrix"), perm=[1, 0])
        g = self._gradient_to_float32(g)
        return b.op("Conv", g, b.op("Reshape", matrix, b.constant([3, 3, 1, 1], np.int64)))

    def _convolved(self, conv: Convolution, x: str) -> str:
        pads = [0, 0, 0, 0] if conv.name == "conv1_1" else list(_PAD_ONE)
        return self._b.op("Conv", x, self._weight(conv), self._bias(conv), pads=pads)

    def _convolved_back(self, conv: Convolution, g: str) -> str:
        pads = [2, 2, 2, 2] if conv.name == "conv1_1" else list(_PAD_ONE)
        return self._b.op("Conv", g, self._flipped(self._weight(conv)), pads=pads)

    def _flipped(self, weight: str) -> str:
        """(in, out, 3, 3): the weight of the convolution that computes the gradient."""
        swapped = self._b.op("Transpose", weight, perm=[1, 0, 2, 3])
        ends = [self._b.constant(v, np.int64) for v in ([-1, -1], [-4, -4], _AXES_HW, [-1, -1])]
        return self._b.op("Slice", swapped, *ends)

    def _to_type(self, value: str) -> str:
        """A float32 value in the network's TYPE."""
        return value

    def _gradients_to_type(self, gradients: dict[str, str]) -> dict[str, str]:
        """Float32 gradients on the maps in the network's TYPE, perhaps scaled."""
        return gradients

    def _gradient_to_float32(self, gradient: str) -> str:
        """The gradient on the image, without that scale."""
        return gradient

    def _weight(self, conv: Convolution) -> str:
        if conv.name not in self._weights:
            self._weights[conv.name] = self._parameters.weight(conv.name)
        return self._weights[conv.name]

    def _bias(self, conv: Convolution) -> str:
        return self._parameters.tensor(f"{conv.name}.bias")

    def _number(self, value: float) -> str:
        return self._b.constant(value, self.TYPE)

    def _mask(self, chosen: str) -> str:
        """1 where `chosen` is true, else 0."""
        return self._b.op("Cast", chosen, to=helper.np_dtype_to_tensor_dtype(np.dtype(self.TYPE)))

    def _through_relu(self, g: str, feature_map: str) -> str:
        return self._b.op("Mul", g, self._mask(self._b.op("Greater", feature_map, self._number(0.0))))

    def _through_pooling(self, g: str, feature_map: str, pooled: str) -> str:
        b = self._b
        mask = self._mask(b.op("Equal", feature_map, self._upsampled(pooled, feature_map)))
        # Ties share the gradient, so that flat areas do not count several times.
        share = b.op("AveragePool", mask, kernel_shape=[2, 2], strides=[2, 2])
        share = b.op("Mul", share, self._number(4.0))
        return b.op("Mul", mask, self._upsampled(b.op("Div", g, share), feature_map))

    def _upsampled(self, small: str, like: str) -> str:
        return upsampled(self._b, small, like, 2)


def upsampled(b: Builder, small: str, like: str, factor: int) -> str:
    """Each value `factor` times along both axes, then zeros where `factor` does not divide a side."""
    large = b.op(
        "Resize",
        small,
        "",
        b.constant([1, 1, factor, factor]),
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    missing = b.op("Sub", b.op("Shape", like), b.op("Shape", large))
    return b.op("Pad", large, b.op("Concat", b.constant([0, 0, 0, 0], np.int64), missing, axis=0))


def total(b: Builder, values: Sequence[str]) -> str:
    """The sum of the values, two at a time: WebGPU has no Sum of many, which would run on the processor instead."""
    return functools.reduce(lambda left, right: b.op("Add", left, right), values)


def summed(b: Builder, values: str) -> str:
    """The sum of all, by rows first, which a graphics card sums in parallel."""
    return b.op("ReduceSum", b.op("ReduceSum", values, b.constant([-1], np.int64), keepdims=0), keepdims=0)


def averaged(b: Builder, feature_map: str, side: int) -> str:
    """The means over squares of that side; the map itself for 1."""
    if side == 1:
        return feature_map
    return b.op("AveragePool", feature_map, kernel_shape=[side, side], strides=[side, side])


def spread_back(b: Builder, gradient: str, feature_map: str, side: int) -> str:
    """The adjoint of `averaged`."""
    if side == 1:
        return gradient
    return upsampled(b, b.op("Mul", gradient, b.constant(1 / side**2)), feature_map, side)


def flat_map(b: Builder, feature_map: str, layer: str) -> str:
    """(1, C, h, w) to (1, C, N)."""
    return b.op("Reshape", feature_map, b.constant([1, CHANNELS[layer], -1], np.int64))


def flat_guide(b: Builder, guide: str) -> str:
    """(K, 1, h, w) to (K, 1, N)."""
    return b.op("Reshape", guide, b.constant([0, 1, -1], np.int64))


def style_loss(b: Builder, layer: str, feature_map: str, guide: str) -> tuple[str, str]:
    """The style loss of one layer, and its gradient on the feature map.

    Matrices have the guides in front: F (1, C, N), guide (K, 1, N), gram (K, C, C).
    """
    channels = CHANNELS[layer]
    target = b.input(f"{layer}.gram", ["K", channels, channels])
    weight = b.input(f"{layer}.gram_weight", ["K", 1, 1])
    F, g = flat_map(b, feature_map, layer), flat_guide(b, guide)
    share = b.op("Div", g, b.op("ReduceSum", g, b.constant([2], np.int64), keepdims=1))
    gram = b.op("MatMul", b.op("Mul", F, share), b.op("Transpose", F, perm=[0, 2, 1]))
    loss, d_gram = _weighted_square(b, gram, target, weight)
    # G is quadratic in F: its derivative counts twice, like that of a square.
    twice = b.op("MatMul", b.op("Mul", d_gram, b.constant(2.0)), F)
    gradient = b.op("ReduceSum", b.op("Mul", twice, share), b.constant([0], np.int64), keepdims=1)
    return loss, b.op("Reshape", gradient, b.op("Shape", feature_map))


def held_loss(b: Builder, layer: str, feature_map: str, side: int) -> tuple[str, str]:
    """The loss of a layer with target features, and its gradient on the feature map."""
    target = b.input(f"{layer}.held", [1, CHANNELS[layer], f"h_{layer}", f"w_{layer}"])
    weight = b.input(f"{layer}.held_weight", [1, 1, f"h_{layer}", f"w_{layer}"])
    loss, gradient = _weighted_square(b, averaged(b, feature_map, side), target, weight)
    return loss, spread_back(b, gradient, feature_map, side)


def tv_loss(b: Builder, padded: str, image: str) -> tuple[str, str]:
    """The sum of squared differences is x . Lx with the Laplacian L; replicated borders make that exact."""
    kernel = b.constant(np.tile(np.array(_LAPLACIAN, np.float32), (3, 1, 1, 1)))
    scaled = b.op("Mul", b.op("Conv", padded, kernel, group=3), b.input("tv_weight", []))
    return summed(b, b.op("Mul", image, scaled)), b.op("Mul", scaled, b.constant(2.0))


def _weighted_square(b: Builder, value: str, target: str, weight: str) -> tuple[str, str]:
    """weight |value - target|^2, and its gradient."""
    gap = b.op("Sub", value, target)
    scaled = b.op("Mul", gap, weight)
    return summed(b, b.op("Mul", gap, scaled)), b.op("Mul", scaled, b.constant(2.0))


def add_held_losses(b: Builder, method: Method, maps: Mapping[str, str], gradients: dict[str, str]) -> list[str]:
    """The losses of the method's target features. Their gradients are added to those by layer."""
    losses = []
    for layer, side in method.held.items():
        loss, gradient = held_loss(b, layer, maps[layer], side)
        gradients[layer] = b.op("Add", gradients[layer], gradient) if layer in gradients else gradient
        losses.append(loss)
    return losses


def unpadded(b: Builder, g: str) -> str:
    """Adjoint of replicate padding by one: the border's gradient is added to the pixel that it repeats."""
    for axis in _AXES_HW:
        first, second, last, end = (b.constant([v], np.int64) for v in (0, 1, -1, 2**31))
        on = b.constant([axis], np.int64)
        near = b.op("Slice", g, first, second, on)
        far = b.op("Slice", g, last, end, on)
        inner = b.op("Slice", g, second, last, on)
        head = b.op("Slice", inner, first, second, on)
        body = b.op("Slice", inner, second, last, on)
        tail = b.op("Slice", inner, last, end, on)
        g = b.op("Concat", b.op("Add", head, near), body, b.op("Add", tail, far), axis=axis)
    return g


def features_graph(weights: Path, network: type[Vgg]) -> onnx.ModelProto:
    """image (1, 3, H, W) to the maps of all layers that count, those that describe cells averaged, Gram matrices."""
    b = Builder()
    vgg = network(b, weights)
    run = vgg.forward(b.input("image", [1, 3, "H", "W"]), STYLE_LAYERS[-1])
    maps = {layer: vgg.exact(run, layer) for layer in (*STYLE_LAYERS, CONTENT_LAYER)}
    for layer in (*STYLE_LAYERS, CONTENT_LAYER):
        b.output(maps[layer], layer, [1, CHANNELS[layer], f"h_{layer}", f"w_{layer}"])
    for layer, side in CELL_LAYERS.items():
        b.output(averaged(b, maps[layer], side), layer + CELLS, [1, CHANNELS[layer], f"hc_{layer}", f"wc_{layer}"])
    for layer in STYLE_LAYERS:
        F = flat_map(b, maps[layer], layer)
        gram = b.op("MatMul", F, b.op("Transpose", F, perm=[0, 2, 1]))
        positions = b.op("Cast", b.op("Shape", F, start=2), to=TensorProto.FLOAT)
        b.output(b.op("Div", gram, positions), f"{layer}.gram", [1, CHANNELS[layer], CHANNELS[layer]])
    return b.model("vgg19-features")


def objective_graph(weights: Path, method: Method, network: type[Vgg]) -> onnx.ModelProto:
    """Image, guides and targets to the three losses and the gradient on the image."""
    b = Builder()
    vgg = network(b, weights)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    run = vgg.forward(image, method.deepest)
    maps = {layer: vgg.exact(run, layer) for layer in dict.fromkeys((*method.gram, *method.held))}
    style: list[str] = []
    gradients: dict[str, str] = {}
    for layer, pooled in guides_at(b, guide, method).items():
        loss, gradients[layer] = style_loss(b, layer, maps[layer], pooled)
        style.append(loss)
    held = add_held_losses(b, method, maps, gradients)
    tv, tv_gradient = tv_loss(b, run.padded, image)
    gradient = b.op("Add", unpadded(b, vgg.backward(run, gradients)), tv_gradient)
    one = b.constant([1], np.int64)
    losses = [b.op("Reshape", loss, one) for loss in (total(b, style), total(b, held), tv)]
    b.output(b.op("Concat", *losses, axis=0), "losses", [3])
    b.output(gradient, "gradient", [1, 3, "H", "W"])
    return b.model(f"vgg19-{method.name}")


def guides_at(b: Builder, guide: str, method: Method) -> dict[str, str]:
    """The guides at the size of each layer of the method's Gram term."""
    guides = {}
    for conv in CONVOLUTIONS:
        if conv.pooled:
            guide = b.op("AveragePool", guide, kernel_shape=[2, 2], strides=[2, 2])
        if conv.relu in method.gram:
            guides[conv.relu] = guide
        if conv.relu == method.gram[-1]:
            break
    return guides


def nearest_graph() -> onnx.ModelProto:
    """The nearest cell of all, for each cell of some blocks: see `Backend.nearest` and `base.Blocks`."""
    b = Builder()
    fine, coarse, of_reference, scaled, inverse = _blocks(b)
    products = b.op("Gemm", _rows(b, fine), _rows(b, scaled), transB=1)
    shared = b.op("Gemm", coarse, of_reference, transB=1)
    shared = b.op("Mul", _at(b, shared, 1), _at(b, inverse, 0))
    shared = b.op("Reshape", shared, b.constant([0, -1], np.int64))
    shape = b.op("Concat", b.constant([4, -1], np.int64), _last_side(b, products), axis=0)
    found = b.op("Add", b.op("Reshape", products, shape), shared)
    b.output(b.op("ArgMax", found, axis=2, keepdims=0), "index", [4, "n"], TensorProto.INT64)
    return b.model("nearest")


def nearest_of_best_graph() -> onnx.ModelProto:
    """The same among the cells of the best blocks. index: (4, n), place in a block times BEST plus one of `blocks`.

    means: (GROUPS, S, F + D), the reference's blocks as means, by group; order: (GROUPS, S), which blocks these are.
    """
    b = Builder()
    fine, coarse, of_reference, scaled, inverse = _blocks(b)
    means = b.input("means", [GROUPS, "S", CELL_SIZE + BLOCK_SIZE])
    order = b.input("order", [GROUPS, "S"], TensorProto.INT64)
    mean = b.op("Concat", b.op("ReduceMean", fine, b.constant([0], np.int64), keepdims=0), coarse, axis=1)
    whole = b.op("Reshape", means, b.constant([-1, CELL_SIZE + BLOCK_SIZE], np.int64))
    scores = b.op("Gemm", mean, whole, transB=1)
    scores = b.op("Reshape", scores, b.constant([0, GROUPS, -1], np.int64))
    best = b.op("ReduceMax", scores, b.constant([2], np.int64), keepdims=0)
    in_group = b.op("ArgMax", scores, axis=2, keepdims=0)
    groups = b.second("TopK", best, b.constant([BEST], np.int64), axis=1)
    at = b.op("Add", b.op("Mul", groups, _last_side(b, order)), b.op("GatherElements", in_group, groups, axis=1))
    blocks = b.op("Gather", b.op("Reshape", order, b.constant([-1], np.int64)), at, axis=0)
    products = b.op("MatMul", b.op("Gather", scaled, blocks, axis=1), b.op("Transpose", fine, perm=[1, 2, 0]))
    shared = b.op("MatMul", b.op("Gather", of_reference, blocks, axis=0), _at(b, coarse, 2))
    found = b.op("Add", products, b.op("Mul", shared, _at(b, b.op("Gather", inverse, blocks, axis=1), 3)))
    found = b.op("Reshape", b.op("Transpose", found, perm=[3, 1, 0, 2]), b.constant([0, 0, -1], np.int64))
    b.output(b.op("ArgMax", found, axis=2, keepdims=0), "index", [4, "n"], TensorProto.INT64)
    b.output(blocks, "blocks", ["n", BEST], TensorProto.INT64)
    return b.model("nearest-of-best")


def _blocks(b: Builder) -> tuple[str, str, str, str, str]:
    """The inputs that both graphs have: fine and coarse of the query, then coarse, scaled fine and inverse lengths."""
    fine, coarse = b.input("fine", [4, "n", CELL_SIZE]), b.input("coarse", ["n", BLOCK_SIZE])
    of_reference = b.input("reference_coarse", ["B", BLOCK_SIZE])
    inverse = b.input("reference_inverse", [4, "B"])
    scaled = b.op("Mul", b.input("reference_fine", [4, "B", CELL_SIZE]), _at(b, inverse, 2))
    return fine, coarse, of_reference, scaled, inverse


def _rows(b: Builder, blocks: str) -> str:
    return b.op("Reshape", blocks, b.constant([-1, CELL_SIZE], np.int64))


def _at(b: Builder, value: str, axis: int) -> str:
    return b.op("Unsqueeze", value, b.constant([axis], np.int64))


def _last_side(b: Builder, value: str) -> str:
    """Its length, (1,)."""
    return b.op("Shape", value, start=-1)
