"""Reads the network's weights: 8-bit codes with a table per layer, or full precision. Never unpickles anything."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load

from nst_core.imaging.arrays import Float
from nst_core.shared.errors import DamagedWeightsError
from nst_core.vgg.layers import CONVOLUTIONS

MODELS = Path(__file__).resolve().parents[1] / "data" / "models"
WEIGHTS_FILE = "vgg19.safetensors"
FEATURES_FILE = "features.onnx"
TILE_SUMS_FILE = "tile-sums.onnx"
OBJECTIVE_FILE = "{method}.onnx"
TILE_GRADIENT_FILE = "{method}-tile-gradient.onnx"
"""These two files exist for each method."""
WINOGRAD = "winograd-"
"""Prefix of the names of these graphs with convolutions of `nst_core.vgg.winograd`."""
HALF = "half-"
"""Prefix of the names of these graphs in float16, for graphics cards."""
NEAREST_FILE = "nearest.onnx"
NEAREST_OF_BEST_FILE = "nearest-of-best.onnx"
CHANGE_FILE, MOVE_FILE = "descent-change.onnx", "descent-move.onnx"
FACES_FILE = "faces.onnx"
DIGESTS_FILE = "digests.json"
"""SHA-256 of each file in the folder."""


def verified(name: str, models: Path = MODELS) -> Path:
    """Path of a model file. Raises DamagedWeightsError if its digest is not that in DIGESTS_FILE."""
    path = models / name
    try:
        expected = json.loads((models / DIGESTS_FILE).read_text("utf-8"))[name]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError) as error:
        raise DamagedWeightsError.of("weights-unreadable", name=name) from error
    if digest != expected:
        raise DamagedWeightsError.of("weights-damaged", name=name)
    return path


def read(path: Path) -> dict[str, Float]:
    """`NAME.weight` (O, I, 3, 3) and `NAME.bias` of every convolution, `input.matrix` and `input.offset`.

    Raises DamagedWeightsError if the file is not a weights file.
    """
    try:
        tensors = load(path.read_bytes())
        out = {name: tensors[name] for name in ("input.matrix", "input.offset")}
        for conv in CONVOLUTIONS:
            out[f"{conv.name}.bias"] = tensors[f"{conv.name}.bias"]
            codes = tensors.get(f"{conv.name}.codes")
            whole = tensors[f"{conv.name}.table"][codes] if codes is not None else tensors[f"{conv.name}.weight"]
            out[f"{conv.name}.weight"] = whole
    except (OSError, SafetensorError, KeyError) as error:
        raise DamagedWeightsError(
            f"{path.name} is not a weights file", "write it again with `python -m export`"
        ) from error
    return out
