"""One suite over both backends, then one against the other and both against finite differences.

Tolerances. ONNX Runtime and torch add the same float32 products in other orders: a relative error of a few 1e-7 per
sum, 7e-7 of the gradient's norm, and 5e-6 with convolutions by Winograd; tests allow ten times that. Decisions near a
tie are another matter: see `engine_fixtures.nearest`. bfloat16
carries 8 bits: 4e-3 per value, about 4e-2 of the gradient; float16 carries 11, about 1e-2. Central differences in
float64 with h = 1e-7 carry the rounding of the loss over h, 1e-16 * 5 / 1e-7: 1e-7 to 1e-6 of the slope; a larger h
meets ReLUs that change sign.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from children import child
from engine_fixtures import BOTH, distance, feature_maps, near_ties, nearest, noise, painting, photograph, targets

from nst_core.backends.base import AbortedError, Backend
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.select import choose
from nst_core.backends.torch import TorchBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.shared.errors import BackendUnavailableError
from nst_core.vgg import weights
from nst_core.vgg.layers import CHANNELS, CONTENT_LAYER, METHODS, REDUCTION, STYLE_LAYERS, Method

pytestmark = pytest.mark.slow

SAME_LOSSES = 1e-3
ROUND_OFF = 5e-5
HALF_PRECISION = {torch.bfloat16: 0.08, torch.float16: 0.03}
FINITE_DIFFERENCES = 1e-5
FEATURE_MAPS = 2.5e7
"""Bytes that those of an evaluation at 128 x 128 px take at least."""
MEMORY = """
from engine_fixtures import noise, targets
from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import planes
from nst_core.system.memory import held_memory
from nst_core.vgg.layers import METHODS

backend, image = OnnxBackend(), planes(noise(128, 128))
objective = backend.objective(targets(backend, 128, 128, None, METHODS[sys.argv[1]]))
objective(image), objective(image)
kept = held_memory()
objective.close()
print(kept, held_memory())
"""
"""Prints the bytes held while an objective waits for its next image, and when it is gone."""
PICTURES = range(6)
"""Seeds of noise."""
FAR = 112
"""px: what lies further right is seen by no position of a map over the first 32 px."""
SIZES = [(32, 32), (37, 45), (64, 33)]


@pytest.fixture(scope="module")
def onnx() -> OnnxBackend:
    return OnnxBackend()


@pytest.fixture(scope="module")
def exact() -> TorchBackend:
    return TorchBackend(dtype=torch.float64)


@pytest.fixture(scope="module", params=["onnx", "onnx with the graphs of graphics cards", "torch"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "torch":
        return TorchBackend(dtype=torch.float32)
    made = OnnxBackend()
    made.prefix = weights.WINOGRAD if request.param == "onnx" else ""
    return made


def gradient(backend: Backend, image: Float, method: Method) -> tuple[Float, Float]:
    objective = backend.objective(targets(backend, image.shape[2], image.shape[3], None, method))
    losses, grad = objective(backend.array(image))
    return backend.numpy(losses), backend.numpy(grad)


def gradients(
    backend: Backend, size: tuple[int, int], method: Method, guides: Float | None = None
) -> Iterator[tuple[Float, Float]]:
    """Losses and gradient for each of some pictures."""
    objective = backend.objective(targets(backend, *size, guides, method))
    for seed in PICTURES:
        losses, grad = objective(backend.array(planes(noise(*size, seed))))
        yield backend.numpy(losses), backend.numpy(grad)


@pytest.mark.parametrize("size", SIZES)
def test_feature_maps_have_the_networks_shapes(backend: Backend, size: tuple[int, int]) -> None:
    """Every named layer comes back, halved at each pooling, rounded down."""
    maps = feature_maps(backend, backend.array(planes(noise(*size))))
    assert set(maps) == {*STYLE_LAYERS, CONTENT_LAYER}
    for layer, values in maps.items():
        factor = 2 ** (int(layer[4]) - 1)
        assert tuple(values.shape) == (1, CHANNELS[layer], size[0] // factor, size[1] // factor)


@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_features_that_are_held_are_means_over_squares(backend: Backend, size: tuple[int, int], method: Method) -> None:
    """Of the method's layers; what is left of a side that squares do not divide is left out."""
    image = backend.array(planes(noise(*size)))
    maps = feature_maps(backend, image)
    held = backend.held(image, method)
    assert list(held) == list(method.held)
    for layer, side in method.held.items():
        height, width = (length // side for length in maps[layer].shape[2:])
        cut = backend.numpy(maps[layer])[:, :, : height * side, : width * side]
        expected = cut.reshape(1, -1, height, side, width, side).mean((3, 5))
        np.testing.assert_allclose(backend.numpy(held[layer]), expected, atol=1e-5 * float(expected.max()))


@BOTH
def test_gram_matrices_are_sums_of_products(backend: Backend, method: Method) -> None:
    """Of the method's layers, divided by the number of positions."""
    image = backend.array(planes(noise(37, 45)))
    maps, found = feature_maps(backend, image), backend.grams(image, method)
    assert list(found) == list(method.gram)
    for layer, gram in found.items():
        flat = backend.numpy(maps[layer]).reshape(CHANNELS[layer], -1)
        assert flat.shape[1] == (37 // REDUCTION[layer]) * (45 // REDUCTION[layer])
        assert distance(backend.numpy(gram)[0], (flat @ flat.T / flat.shape[1]).astype(np.float32)) < ROUND_OFF


@BOTH
def test_losses_are_zero_at_their_targets(backend: Backend, method: Method) -> None:
    """An image is no distance from its own features and Gram matrices, and a flat image has no tv loss."""
    image = backend.array(planes(photograph(48, 64)))
    wanted = targets(backend, 48, 64, None, method)
    own = replace(wanted, held=backend.held(image, method), grams=backend.grams(image, method))
    losses = backend.numpy(backend.objective(own)(image)[0])
    np.testing.assert_allclose(losses[:2], 0, atol=1e-6)
    flat = np.full((1, 3, 48, 64), 0.4, np.float32)
    assert gradient(backend, flat, method)[0][2] == pytest.approx(0, abs=1e-7)


@BOTH
def test_gradient_points_downhill(backend: Backend, method: Method) -> None:
    """A small move against the gradient lowers the loss by what the gradient promises."""
    image = planes(noise(40, 48))
    before, grad = gradient(backend, image, method)
    move = 1e-3 / np.abs(grad).max()
    after, _ = gradient(backend, (image - move * grad).astype(np.float32), method)
    assert after.sum() < before.sum()
    promised = move * float((grad**2).sum())
    assert before.sum() - after.sum() == pytest.approx(promised, rel=0.1)


@BOTH
def test_a_flat_image_has_a_finite_gradient(backend: Backend, method: Method) -> None:
    """Ties in every pooling window do no harm."""
    _, grad = gradient(backend, np.full((1, 3, 35, 50), 0.5, np.float32), method)
    assert np.isfinite(grad).all()


@BOTH
def test_hidden_pixels_neither_matter_nor_are_pulled(backend: Backend, method: Method) -> None:
    """Where guide and share are zero, and far from where they are not: no gradient, and any pixels give the losses."""
    visible = np.zeros((1, 1, 32, 256), np.float32)
    visible[..., :32] = 1
    wanted = targets(backend, 32, 256, visible, method)
    wanted = replace(wanted, held_share=backend.array(visible), weights=replace(wanted.weights, tv=0.0))
    objective, image = backend.objective(wanted), planes(photograph(32, 256))
    losses, grad = (backend.numpy(part) for part in objective(backend.array(image)))
    assert np.abs(grad[..., FAR:]).max() < 1e-6 * np.abs(grad).max()
    image[..., FAR:] = noise(32, 256).transpose(2, 0, 1)[..., FAR:]
    np.testing.assert_allclose(backend.numpy(objective(backend.array(image))[0]), losses, rtol=ROUND_OFF)


@BOTH
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("regions", [1, 2])
def test_backends_agree(onnx: OnnxBackend, size: tuple[int, int], regions: int, method: Method) -> None:
    """Losses and gradients of both, for odd sizes and for two soft regions."""
    guides = np.random.default_rng(1).random((regions, 1, *size), dtype=np.float32) + 0.1
    torchs = TorchBackend(dtype=torch.float32)
    pairs = zip(gradients(onnx, size, method, guides), gradients(torchs, size, method, guides), strict=True)

    def distances() -> Iterator[float]:
        for (losses, grad), (expected_losses, expected) in pairs:
            np.testing.assert_allclose(losses, expected_losses, rtol=SAME_LOSSES)
            yield distance(grad, expected)

    assert nearest(distances(), *size, ROUND_OFF) < ROUND_OFF


@BOTH
def test_backends_agree_at_a_working_size(onnx: OnnxBackend, exact: TorchBackend, method: Method) -> None:
    """The same for a real picture of 80 x 61, in which something may be near a tie."""
    image = planes(painting(61, 80))
    found, expected = (gradient(backend, image, method)[1] for backend in (onnx, exact))
    assert distance(found, expected) < near_ties(61, 80)


EXTREMES = {
    "noise": noise(34, 37),
    "white": np.ones((34, 37, 3), np.float32),
    "checkers": np.repeat(np.indices((34, 37)).sum(0)[..., None] % 2, 3, 2).astype(np.float32),
    "only black and white": np.round(noise(34, 37)),
}


@cache
def exact_gradient(name: str, method: str) -> tuple[Float, Float]:
    """Losses and gradient of one of EXTREMES in float64."""
    return gradient(TorchBackend(dtype=torch.float64), planes(EXTREMES[name]), METHODS[method])


@BOTH
@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("precision", HALF_PRECISION, ids=str)
def test_half_precision_is_close(precision: torch.dtype, name: str, method: Method) -> None:
    """The losses of float64 and no NaN, whatever contrasts an image has; where nothing repeats, its direction too."""
    losses, grad = gradient(TorchBackend(dtype=precision), planes(EXTREMES[name]), method)
    expected_losses, expected = exact_gradient(name, method.name)
    assert np.isfinite(grad).all()
    np.testing.assert_allclose(losses, expected_losses, rtol=HALF_PRECISION[precision], atol=1e-6)
    if name == "noise":
        assert distance(grad, expected) < HALF_PRECISION[precision]


@BOTH
def test_float16_neither_overflows_nor_vanishes(exact: TorchBackend, method: Method) -> None:
    """Matrices of a style a hundred times as strong as the picture's, or as weak, still have a gradient."""
    backends = TorchBackend(dtype=torch.float16), exact
    both_targets = [targets(backend, 34, 37, None, method) for backend in backends]
    for factor in (0.01, 100):
        found = []
        for backend, wanted in zip(backends, both_targets, strict=True):
            grams = {layer: gram * factor for layer, gram in wanted.grams.items()}
            _, grad = backend.objective(replace(wanted, grams=grams))(backend.array(planes(noise(34, 37))))
            found.append(backend.numpy(grad))
        assert distance(*found) < HALF_PRECISION[torch.float16]


@BOTH
def test_gradient_equals_finite_differences(exact: TorchBackend, method: Method) -> None:
    """In float64, along random directions; the float32 graph is then held to the float64 gradient."""
    image = torch.from_numpy(planes(noise(34, 37))).double() * 0.8 + 0.1
    objective = exact.objective(targets(exact, 34, 37, None, method))
    grad = objective(image)[1]
    rng = torch.Generator().manual_seed(3)
    for _ in range(3):
        direction = torch.randn(image.shape, generator=rng, dtype=torch.float64)
        h = 1e-7 / float(direction.abs().max())
        ahead, behind = (float(objective(image + sign * h * direction)[0].sum()) for sign in (1, -1))
        slope = float((grad * direction).sum())
        assert (ahead - behind) / (2 * h) == pytest.approx(slope, rel=FINITE_DIFFERENCES)


@BOTH
@pytest.mark.arithmetic
def test_onnx_gradient_equals_the_float64_one(onnx: OnnxBackend, exact: TorchBackend, method: Method) -> None:
    """The float32 graph against float64: nothing but rounding between them."""
    size = (34, 37)
    pairs = zip(gradients(onnx, size, method), gradients(exact, size, method), strict=True)
    distances = (distance(grad, expected) for (_, grad), (_, expected) in pairs)
    assert nearest(distances, *size, ROUND_OFF) < ROUND_OFF


@BOTH
@pytest.mark.parametrize("before", [0, 1, 2])
def test_abort_ends_an_evaluation(onnx: OnnxBackend, before: int, method: Method) -> None:
    """After `abort` the objective raises, however many it made before; the next objective works again."""
    image = planes(noise(64, 64))
    wanted = targets(onnx, 64, 64, None, method)
    objective = onnx.objective(wanted)
    for _ in range(before):
        objective(image)
    onnx.abort()
    with pytest.raises(AbortedError):
        objective(image)
    assert np.isfinite(onnx.objective(wanted)(image)[1]).all()


@BOTH
def test_an_objective_keeps_its_memory_and_gives_it_back(method: Method) -> None:
    """From one evaluation to the next, until it is closed. Other objectives share what is counted here."""
    done = subprocess.run([*child(MEMORY), method.name], capture_output=True, text=True, check=True)
    kept, left = map(int, done.stdout.split())
    assert left < kept - FEATURE_MAPS


def test_choice_is_overridable_and_visible() -> None:
    """Asking for a backend gets it, with its device and precision to be printed."""
    chosen = choose("onnx", "cpu")
    assert (chosen.name, chosen.device, chosen.precision) == ("onnx", "cpu", "fp32")
    assert choose("torch", "cpu").name == "torch"
    assert choose().name in {"onnx", "torch"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("name", ["auto", "onnx", "torch"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    """One sentence with the remedy, instead of a silent fall to the processor."""
    with pytest.raises(BackendUnavailableError, match="doctor"):
        choose(name, "cuda")


def test_a_silent_fall_to_the_processor_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the build offers CUDA but a session does not get it, the backend says so at once: a plan asks it first."""
    monkeypatch.setattr("nst_core.backends.onnx.devices", lambda: ["cpu", "cuda"])
    with pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        fallen = OnnxBackend("cuda")
    assert fallen.device == "cpu"
    assert "fell back" in str(fallen.notes[0])
