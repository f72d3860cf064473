"""The network in float16, for graphics cards: convolutions, ReLUs and poolings; losses and the image stay float32.

Feature maps are computed in units of their usual size, so that nothing overflows. Gradients of the losses may be
smaller or larger than float16 can hold: they are divided by the largest.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from export.graphs import Forward, Vgg
from nst_core.vgg.layers import CONVOLUTIONS, HALF_UNITS, Convolution

LARGEST = 16.0
"""The largest gradient after scaling: a thousandth of the largest float16, since gradients grow on their way back."""
TINY = 1e-30
"""Keeps a division finite."""


class HalfVgg(Vgg):
    """See `Vgg`."""

    TYPE = np.float16

    def exact(self, run: Forward, layer: str) -> str:
        """See `Vgg.exact`."""
        return self._b.op("Mul", self._exact(run.maps[layer]), self._unit(layer))

    def _to_type(self, value: str) -> str:
        return self._b.op("Cast", value, to=TensorProto.FLOAT16)

    def _exact(self, value: str) -> str:
        return self._b.op("Cast", value, to=TensorProto.FLOAT)

    def _unit(self, layer: str) -> str:
        return self._b.constant(HALF_UNITS[layer])

    def _gradients_to_type(self, gradients: dict[str, str]) -> dict[str, str]:
        b = self._b
        scaled = {layer: b.op("Mul", gradient, self._unit(layer)) for layer, gradient in gradients.items()}
        one, last = b.constant([1], np.int64), b.constant([-1], np.int64)
        largest = []
        for gradient in scaled.values():  # by rows first, as in `graphs.summed`
            rows = b.op("ReduceMax", b.op("Abs", gradient), last, keepdims=0)
            largest.append(b.op("Reshape", b.op("ReduceMax", rows, keepdims=0), one))
        self._largest = b.op("Add", b.op("ReduceMax", b.op("Concat", *largest, axis=0), keepdims=0), b.constant(TINY))
        factor = b.op("Div", b.constant(LARGEST), self._largest)
        return {layer: self._to_type(b.op("Mul", gradient, factor)) for layer, gradient in scaled.items()}

    def _gradient_to_float32(self, gradient: str) -> str:
        return self._b.op("Mul", self._exact(gradient), self._b.op("Div", self._largest, self._b.constant(LARGEST)))

    def _weight(self, conv: Convolution) -> str:
        if conv.name not in self._weights:
            before = CONVOLUTIONS[CONVOLUTIONS.index(conv) - 1].relu
            input_unit = 1 if conv is CONVOLUTIONS[0] else HALF_UNITS[before]
            factor = self._b.constant(input_unit / HALF_UNITS[conv.relu])
            self._weights[conv.name] = self._to_type(self._b.op("Mul", self._parameters.weight(conv.name), factor))
        return self._weights[conv.name]

    def _bias(self, conv: Convolution) -> str:
        bias = self._parameters.tensor(f"{conv.name}.bias")
        return self._to_type(self._b.op("Div", bias, self._unit(conv.relu)))
