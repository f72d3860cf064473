"""Writes ONNX graphs node by node: a thin layer over onnx.helper that names values and collects initialisers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 9
INLINE_BYTES = 32
"""Constants of up to this size have their bytes in their name, others a digest."""


class Builder:
    """One graph under construction. Values are named by strings; `op` returns the name of a node's output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self._count += 1
        output = name or f"{kind.lower()}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def second(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with two outputs and return the name of the second; the first is not used."""
        self._count += 1
        output = f"{kind.lower()}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [f"{output}_first", output], name=output, **attributes))
        return output

    def constant(self, value: ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        """A small constant; equal ones are stored once."""
        array = np.asarray(value, dtype)
        content = array.tobytes()
        identity = content.hex() if len(content) <= INLINE_BYTES else hashlib.sha256(content).hexdigest()
        key = f"const_{array.dtype}_{'x'.join(map(str, array.shape))}_{identity}"
        self.initializers.setdefault(key, numpy_helper.from_array(array, key))
        return key

    def external(self, name: str, dtype: int, shape: Sequence[int], span: tuple[str, int, int]) -> str:
        """An initialiser whose bytes lie in another file: span = (file name, offset, length)."""
        tensor = TensorProto(name=name, data_type=dtype, dims=list(shape), data_location=TensorProto.EXTERNAL)
        for key, value in zip(("location", "offset", "length"), span, strict=True):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers[name] = tensor
        return name

    def input(self, name: str, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT) -> str:
        """An input; a string in its shape is a dynamic side."""
        self.inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return name

    def output(self, value: str, name: str, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT) -> None:
        """Make a value an output of this name."""
        self.op("Identity", value, name=name)
        self.outputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))

    def model(self, title: str) -> onnx.ModelProto:
        """The finished model."""
        graph = helper.make_graph(self.nodes, title, self.inputs, self.outputs, list(self.initializers.values()))
        model: onnx.ModelProto = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="neural-style"
        )
        return model
