"""The two graphs over one weights file: feature extraction, and the whole objective with its gradient.

The gradient is written as forward operators, so that an inference-only runtime computes it: convolution with flipped,
transposed weights; ReLU and max pooling by masks (a pooling tie shares its gradient among the equal values). Height and
width are dynamic. Padding is by replication on the image and by zeros between convolutions.

Objective, for an image x in [0, 1] (1, 3, H, W), and K guides g_k with mass n = sum(g_k) at each layer:

    G_k = F diag(g_k) F^T / n,  m_k = F g_k / n
    style   = sum over layers, k of  gram_weight |G_k - gram|^2 + mean_weight |m_k - mean|^2
    content = content_weight |F_relu4_2 - content|^2
    tv      = tv_weight (|dx/dh|^2 + |dx/dw|^2)

Weights arrive ready to use: what makes them free of scale lives in nst_core.statistics. Sources: Gatys et al. (2016)
for the Gram term and content; Gatys et al. (2017) for guides; Galerne et al. (2024) for the term on means.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from export.builder import Builder
from nst_core.layers import CHANNELS, CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS, Convolution

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

    def backward(self, weight: str) -> str:
        """(in, out, 3, 3): the weight of the convolution that carries a gradient back."""
        swapped = self._b.op("Transpose", weight, perm=[1, 0, 2, 3])
        ends = [self._b.constant(v, np.int64) for v in ([-1, -1], [-4, -4], _AXES_HW, [-1, -1])]
        return self._b.op("Slice", swapped, *ends)


class Vgg:
    """Forward and backward passes through the convolutions."""

    def __init__(self, builder: Builder, weights: Path) -> None:
        self._b = builder
        self._parameters = WeightsInGraph(builder, weights)
        self._weights: dict[str, str] = {}

    def forward(self, image: str) -> Forward:
        """The image (1, 3, H, W) through all convolutions."""
        b = self._b
        # Replicate, not zero, padding: zeros draw a frame around the picture.
        padded = b.op("Pad", image, b.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
        matrix = b.op("Reshape", self._parameters.tensor("input.matrix"), b.constant([3, 3, 1, 1], np.int64))
        x = b.op("Conv", padded, matrix, self._parameters.tensor("input.offset"))
        maps: dict[str, str] = {}
        pooled: dict[str, str] = {}
        for conv in CONVOLUTIONS:
            if conv.pooled:
                x = pooled[conv.name] = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
            x = maps[conv.relu] = b.op("Relu", self._convolved(conv, x))
        return Forward(padded, maps, pooled)

    def backward(self, run: Forward, gradients: dict[str, str]) -> str:
        """Gradient on the padded image (1, 3, H + 2, W + 2), given one on each feature map that has a loss."""
        b = self._b
        g = ""
        for conv in reversed(CONVOLUTIONS):
            own = gradients.get(conv.relu)
            g = b.op("Add", g, own) if g and own else g or own or ""
            g = self._through_relu(g, run.maps[conv.relu])
            g = self._convolved_back(conv, g)
            if conv.pooled:
                before = CONVOLUTIONS[CONVOLUTIONS.index(conv) - 1]
                g = self._through_pooling(g, run.maps[before.relu], run.pooled[conv.name])
        matrix = b.op("Transpose", self._parameters.tensor("input.matrix"), perm=[1, 0])
        return b.op("Conv", g, b.op("Reshape", matrix, b.constant([3, 3, 1, 1], np.int64)))

    def _convolved(self, conv: Convolution, x: str) -> str:
        pads = [0, 0, 0, 0] if conv.name == "conv1_1" else list(_PAD_ONE)
        return self._b.op("Conv", x, self._weight(conv), self._bias(conv), pads=pads)

    def _convolved_back(self, conv: Convolution, g: str) -> str:
        pads = [2, 2, 2, 2] if conv.name == "conv1_1" else list(_PAD_ONE)
        return self._b.op("Conv", g, self._parameters.backward(self._weight(conv)), pads=pads)

    def _weight(self, conv: Convolution) -> str:
        if conv.name not in self._weights:
            self._weights[conv.name] = self._parameters.weight(conv.name)
        return self._weights[conv.name]

    def _bias(self, conv: Convolution) -> str:
        return self._parameters.tensor(f"{conv.name}.bias")

    def _through_relu(self, g: str, feature_map: str) -> str:
        positive = self._b.op("Greater", feature_map, self._b.constant(0.0))
        return self._b.op("Mul", g, self._b.op("Cast", positive, to=TensorProto.FLOAT))

    def _through_pooling(self, g: str, feature_map: str, pooled: str) -> str:
        b = self._b
        chosen = b.op("Equal", feature_map, self._upsampled(pooled, feature_map))
        mask = b.op("Cast", chosen, to=TensorProto.FLOAT)
        # Ties share the gradient, so that flat areas do not count several times.
        share = b.op("AveragePool", mask, kernel_shape=[2, 2], strides=[2, 2])
        share = b.op("Mul", share, b.constant(4.0))
        return b.op("Mul", mask, self._upsampled(b.op("Div", g, share), feature_map))

    def _upsampled(self, small: str, like: str) -> str:
        """Each value twice in both directions, then zeros where an odd side lost its last row or column."""
        b = self._b
        scales = b.constant([1, 1, 2, 2])
        large = b.op(
            "Resize",
            small,
            "",
            scales,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )
        missing = b.op("Sub", b.op("Shape", like), b.op("Shape", large))
        return b.op("Pad", large, b.op("Concat", b.constant([0, 0, 0, 0], np.int64), missing, axis=0))


class Objective:
    """The losses on top of the feature maps, and their gradients."""

    def __init__(self, builder: Builder) -> None:
        self._b = builder

    def style(self, layer: str, feature_map: str, guide: str) -> tuple[str, str]:
        """The style loss of one layer, and its gradient on the feature map.

        Matrices have the guides in front: F (1, C, N), guide (K, 1, N), gram (K, C, C), mean (K, C, 1).
        """
        b, channels = self._b, CHANNELS[layer]
        gram_target = b.input(f"{layer}.gram", ["K", channels, channels])
        mean_target = b.input(f"{layer}.mean", ["K", channels, 1])
        gram_weight, mean_weight = (b.input(f"{layer}.{kind}_weight", ["K", 1, 1]) for kind in ("gram", "mean"))
        F = b.op("Reshape", feature_map, b.constant([1, channels, -1], np.int64))
        g = b.op("Reshape", guide, b.constant([0, 1, -1], np.int64))
        share = b.op("Div", g, b.op("ReduceSum", g, b.constant([2], np.int64), keepdims=1))
        weighted = b.op("Mul", F, share)
        gram = b.op("MatMul", weighted, b.op("Transpose", F, perm=[0, 2, 1]))
        mean = b.op("ReduceSum", weighted, b.constant([2], np.int64), keepdims=1)
        loss_gram, d_gram = self._weighted_square(gram, gram_target, gram_weight)
        loss_mean, d_mean = self._weighted_square(mean, mean_target, mean_weight)
        # G is quadratic in F: its derivative counts twice, like that of a square.
        twice = b.op("MatMul", b.op("Mul", d_gram, b.constant(2.0)), F)
        per_guide = b.op("Mul", b.op("Add", twice, d_mean), share)
        gradient = b.op("ReduceSum", per_guide, b.constant([0], np.int64), keepdims=1)
        return b.op("Add", loss_gram, loss_mean), b.op("Reshape", gradient, b.op("Shape", feature_map))

    def content(self, feature_map: str) -> tuple[str, str]:
        """The content loss, and its gradient on the feature map."""
        target = self._b.input("content", [1, CHANNELS[CONTENT_LAYER], "h", "w"])
        return self._weighted_square(feature_map, target, self._b.input("content_weight", []))

    def tv(self, padded: str, image: str) -> tuple[str, str]:
        """The sum of squared differences is x . Lx with the Laplacian L; replicated borders make that exact."""
        b = self._b
        kernel = b.constant(np.tile(np.array(_LAPLACIAN, np.float32), (3, 1, 1, 1)))
        scaled = b.op("Mul", b.op("Conv", padded, kernel, group=3), b.input("tv_weight", []))
        loss = b.op("ReduceSum", b.op("Mul", image, scaled), keepdims=0)
        return loss, b.op("Mul", scaled, b.constant(2.0))

    def _weighted_square(self, value: str, target: str, weight: str) -> tuple[str, str]:
        """weight |value - target|^2, and its gradient."""
        b = self._b
        gap = b.op("Sub", value, target)
        scaled = b.op("Mul", gap, weight)
        loss = b.op("ReduceSum", b.op("Mul", gap, scaled), keepdims=0)
        return loss, b.op("Mul", scaled, b.constant(2.0))


def unpadded(b: Builder, g: str) -> str:
    """Adjoint of replicate padding by one: what fell on the border returns to the pixel it came from."""
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


def features_graph(weights: Path, network: type[Vgg] = Vgg) -> onnx.ModelProto:
    """image (1, 3, H, W) to the feature maps of the style layers and the content layer."""
    b = Builder()
    maps = network(b, weights).forward(b.input("image", [1, 3, "H", "W"])).maps
    for layer in (*STYLE_LAYERS, CONTENT_LAYER):
        b.output(maps[layer], layer, [1, CHANNELS[layer], f"h_{layer}", f"w_{layer}"])
    return b.model("vgg19-features")


def objective_graph(weights: Path, network: type[Vgg] = Vgg) -> onnx.ModelProto:
    """Image, guides and targets to the three losses and the gradient on the image."""
    b = Builder()
    vgg, objective = network(b, weights), Objective(b)
    image, guide = b.input("image", [1, 3, "H", "W"]), b.input("guide", ["K", 1, "H", "W"])
    run = vgg.forward(image)
    style_losses: list[str] = []
    gradients: dict[str, str] = {}
    for conv in CONVOLUTIONS:
        if conv.pooled:
            guide = b.op("AveragePool", guide, kernel_shape=[2, 2], strides=[2, 2])
        if conv.relu in STYLE_LAYERS:
            loss, gradients[conv.relu] = objective.style(conv.relu, run.maps[conv.relu], guide)
            style_losses.append(loss)
    content_loss, gradients[CONTENT_LAYER] = objective.content(run.maps[CONTENT_LAYER])
    tv_loss, tv_gradient = objective.tv(run.padded, image)
    gradient = b.op("Add", unpadded(b, vgg.backward(run, gradients)), tv_gradient)
    one = b.constant([1], np.int64)
    losses = [b.op("Reshape", loss, one) for loss in (b.op("Sum", *style_losses), content_loss, tv_loss)]
    b.output(b.op("Concat", *losses, axis=0), "losses", [3])
    b.output(gradient, "gradient", [1, 3, "H", "W"])
    return b.model("vgg19-objective")
