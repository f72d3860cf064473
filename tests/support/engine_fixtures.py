"""Pictures and targets for tests of the engine: small crops of what the project ships, at odd sizes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nst_core import Progress
from nst_core.backends import onnx
from nst_core.backends.base import Backend
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.onnx_session import run_options
from nst_core.imaging.arrays import Float, planes
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.seamless import MARGIN
from nst_core.vgg.layers import CHANNELS, CLASSIC, CONTENT_LAYER, METHODS, STYLE_LAYERS, Method
from nst_core.vgg.losses import GRAM_WEIGHTS, Array, Targets, Weights

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "nst_core"
PHOTOGRAPHS = ROOT / "demo" / "photographs"
BACKENDS = ["onnx", pytest.param("torch", marks=pytest.mark.skipif(not find_spec("torch"), reason="needs PyTorch"))]
BOTH = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
"""Both methods."""
BOTH_NAMES = pytest.mark.parametrize("method", METHODS)
"""Names of both methods."""


@cache
def _read(name: str) -> Float:
    return image_files.read(PHOTOGRAPHS / name)[..., :3]


def photograph(height: int, width: int) -> Float:
    return resize(_read("cat.jpg"), height, width)


def painting(height: int, width: int) -> Float:
    return resize(_read("coffee.jpg"), height, width)


def distance(a: Float, b: Float) -> float:
    """Of two arrays, relative to the norm of the second."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def feature_maps(backend: Backend, image: Array) -> Mapping[str, Array]:
    """The network's maps of an image, (1, C, h, w) by layer."""
    if isinstance(backend, OnnxBackend):
        names = [*STYLE_LAYERS, CONTENT_LAYER]
        maps = onnx._run(backend._features, {"image": image}, names, run_options(backend.device))
        return dict(zip(names, maps, strict=True))
    import torch  # noqa: PLC0415 - optional

    from nst_core.backends.torch import TorchBackend  # noqa: PLC0415 - as above

    assert isinstance(backend, TorchBackend)
    with torch.no_grad():
        return backend._vgg(image, STYLE_LAYERS[-1])


def near_ties(height: int, width: int) -> float:
    """How far a right gradient may be off, by its norm, where rounding decides ReLUs or poolings otherwise.

    Of the smallest map's values, as many as nine at once: each is one share of so many, and their squares add.
    """
    return 3 / float(np.sqrt(CHANNELS[STYLE_LAYERS[-1]] * (height // 16) * (width // 16)))


def nearest(distances: Iterable[float], height: int, width: int, enough: float) -> float:
    """The first distance of two gradients, each of another picture, that is less than enough; else the least of all.

    Raises where one is more than ties explain. One picture of noise in six is near a tie, another one with other
    kernels; a wrong gradient is wrong for all, so that a picture whose gradient is right needs no other one.
    """
    found = list[float]()
    for distance in distances:
        found.append(distance)
        if distance < enough:
            break
    assert max(found) < near_ties(height, width), found
    return min(found)


def noise(height: int, width: int, seed: int = 0) -> Float:
    """Noise, to compare gradients: unlike pictures it has no equal values, between which max pooling could choose."""
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def targets(
    backend: Backend, height: int, width: int, guides: Float | None = None, method: Method = CLASSIC
) -> Targets:
    """Everything switched on: a Gram term on every layer, features half of another picture's, that count softly, tv."""
    if guides is None:
        guides = np.ones((1, 1, height, width), np.float32)
    style = backend.grams(backend.array(planes(painting(48, 64))), method)
    grams = {layer: backend.array(np.repeat(backend.numpy(gram), len(guides), 0)) for layer, gram in style.items()}
    pictures = (photograph(height, width), painting(height, width))
    own, other = (backend.held(backend.array(planes(picture)), method) for picture in pictures)
    held = {layer: (values + other[layer]) / 2 for layer, values in own.items()}
    soft = np.outer(np.linspace(0.1, 1, height), np.linspace(1, 0.3, width)).astype(np.float32)
    weights = Weights(gram=GRAM_WEIGHTS[method.name], held=0.7, tv=0.3)
    share = tuple([1 / len(guides)] * len(guides))
    return Targets(method, grams, backend.array(guides), share, held, backend.array(soft[None, None]), weights)


def wrapped_targets(backend: Backend, height: int, width: int, method: Method = CLASSIC) -> Targets:
    """The same for a seamless picture, with a margin that counts nothing."""
    whole = targets(backend, height + 2 * MARGIN, width + 2 * MARGIN, None, method)
    inside = np.pad(np.ones((height, width), np.float32), MARGIN)[None, None]
    return replace(whole, guides=backend.array(inside), held_share=whole.held_share * backend.array(inside))


def losses(seen: Sequence[Progress]) -> list[float]:
    """The losses of every evaluation; the start image has none."""
    return [progress.loss for progress in seen if progress.loss is not None]


def ripples(height: int, width: int, wavelength: float) -> Float:
    """An isotropic gray pattern with a period of about `wavelength` px."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    band = np.exp(-(((frequency * wavelength - 1) / 0.2) ** 2))
    spectrum = np.fft.fft2(np.random.default_rng(1).standard_normal((height, width))) * band
    pattern = np.fft.ifft2(spectrum).real
    gray = (0.5 + 0.2 * pattern / pattern.std()).clip(0, 1).astype(np.float32)
    return np.repeat(gray[..., None], 3, axis=2)
