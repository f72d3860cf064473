"""Pictures and targets for tests of the engine: small crops of what the project ships, at odd sizes."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nst_core import Progress, images
from nst_core.backends import Backend
from nst_core.layers import CHANNELS, CONTENT_LAYER, STYLE_LAYERS
from nst_core.planes import planes
from nst_core.statistics import Targets, Weights, layer_statistics

PACKAGE = Path(images.__file__).parent
BACKENDS = ["onnx", pytest.param("torch", marks=pytest.mark.skipif(not find_spec("torch"), reason="needs PyTorch"))]


def photograph(height: int, width: int) -> images.Pixels:
    return images.resize(images.read(PACKAGE / "photographs" / "cat.jpg")[..., :3], height, width)


def near_ties(height: int, width: int) -> float:
    """How far a right gradient may be off, by its norm, where rounding decides ReLUs or poolings otherwise.

    Of the smallest map's values, as many as nine at once: each is one share of so many, and their squares add.
    """
    return 3 / float(np.sqrt(CHANNELS[STYLE_LAYERS[-1]] * (height // 16) * (width // 16)))


def nearest(distances: Iterable[float], height: int, width: int) -> float:
    """The least distance of two gradients, each of another picture; raises where one is more than ties explain.

    One picture of noise in six is near a tie, another one with other kernels; a wrong gradient is wrong for all.
    """
    found = list(distances)
    assert max(found) < near_ties(height, width), found
    return min(found)


def painting(height: int, width: int) -> images.Pixels:
    return images.resize(images.read(PACKAGE / "photographs" / "coffee.jpg")[..., :3], height, width)


def noise(height: int, width: int, seed: int = 0) -> images.Pixels:
    """Noise, not a picture, where gradients are compared: it has no equal values for max pooling to choose from."""
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def targets(backend: Backend, height: int, width: int, guides: images.Pixels | None = None) -> Targets:
    """Everything switched on: Gram and mean terms on every layer, content, tv."""
    maps = backend.features(backend.array(planes(painting(48, 64))))
    if guides is None:
        guides = np.ones((1, 1, height, width), np.float32)
    found = {layer: layer_statistics(maps[layer]) for layer in STYLE_LAYERS}
    for layer, one in found.items():
        found[layer] = type(one)(
            gram=backend.array(np.repeat(backend.numpy(one.gram), len(guides), 0)),
            mean=backend.array(np.repeat(backend.numpy(one.mean), len(guides), 0)),
        )
    content = backend.features(backend.array(planes(photograph(height, width))))[CONTENT_LAYER]
    weights = Weights(mean=dict.fromkeys(STYLE_LAYERS, 0.1), content=0.7, tv=0.3)
    share = tuple([1 / len(guides)] * len(guides))
    return Targets(found, backend.array(guides), share, content, weights)


def losses(seen: Sequence[Progress]) -> list[float]:
    """Of every evaluation; the picture to start from has none."""
    return [progress.loss for progress in seen if progress.loss is not None]


def ripples(height: int, width: int, wavelength: float) -> images.Pixels:
    """A grey pattern without direction that repeats every `wavelength` px, more or less."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    band = np.exp(-(((frequency * wavelength - 1) / 0.2) ** 2))
    spectrum = np.fft.fft2(np.random.default_rng(1).standard_normal((height, width))) * band
    pattern = np.fft.ifft2(spectrum).real
    grey = (0.5 + 0.2 * pattern / pattern.std()).clip(0, 1).astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=2)
