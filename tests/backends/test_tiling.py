"""The objective by tiles against the objective of the whole picture: equal to round-off, whatever the cut.

Both add the same products, in another order: 1e-6 of the gradient's norm in float32. ONNX's convolutions take 4 x 4 px
at once, which are cut elsewhere then: another 1e-6 or two. Tests allow ten times that, and of several pictures only
the nearest has to be so near: see `engine_fixtures.nearest`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_fixtures import BOTH, distance, nearest, noise, targets, wrapped_targets

from nst_core.backends import tiling
from nst_core.backends.base import AbortedError, Backend, TileWork
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.tiling import TiledBackend
from nst_core.backends.torch import TorchBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.seamless import seamless
from nst_core.vgg.layers import CLASSIC, Method
from nst_core.vgg.losses import Array, Grams, Targets, Weights

pytestmark = pytest.mark.slow

ROUND_OFF = 3e-5
LOSSES_ROUND_OFF = 5e-5
"""A loss is a difference of nearly equal matrices."""
TOO_FEW = 1e-4
"""What a margin of 64 px changes at least, where the deepest layer counts alone: 4e-3."""
PICTURES = range(3)
"""Seeds of noise."""
CUTS = [
    pytest.param((45, 37, 16), 1, marks=pytest.mark.arithmetic),
    ((45, 37, 32), 2),
    ((187, 40, 96), 2),
    ((33, 270, 96), 1),
]
"""Heights, widths, tile sizes, regions: corners, borders, odd rests at every pooling, narrow pictures."""
ACROSS = [(185, 33, 96), (37, 45, 32)]
"""A picture longer than a tile with its margin, and one that is cut both ways."""


@pytest.fixture(scope="module", params=[OnnxBackend, lambda: TorchBackend("cpu", torch.float32)])
def backend(request: pytest.FixtureRequest) -> Backend:
    make: Callable[[], Backend] = request.param
    return make()


def soft_guides(regions: int, height: int, width: int) -> Float:
    guides = np.random.default_rng(1).random((regions, 1, height, width), dtype=np.float32)
    guides[:, :, : height // 3, : width // 2] = 0
    return np.maximum(guides, 1e-5)


def differences(backend: Backend, whole: Targets, size: int, image: Float) -> tuple[float, float]:
    """Of the three losses, relatively, at most, and of the gradient, by its norm."""
    x = backend.array(image)
    expected, expected_gradient = (backend.numpy(part) for part in backend.objective(whole)(x))
    losses, gradient = (backend.numpy(part) for part in TiledBackend(backend, size).objective(whole)(x))
    off = float(np.abs(losses / expected - 1).max())
    return off, distance(gradient, expected_gradient)


@BOTH
@pytest.mark.parametrize(("cut", "regions"), CUTS)
def test_tiles_give_the_whole_pictures_losses_and_gradient(
    backend: Backend, cut: tuple[int, int, int], regions: int, method: Method
) -> None:
    """Gram, held and tv terms, under one guide and under two soft ones with an empty corner."""
    height, width, size = cut
    whole = targets(backend, height, width, soft_guides(regions, height, width), method)

    def distances() -> Iterable[float]:
        for seed in PICTURES:
            losses, gradient = differences(backend, whole, size, planes(noise(height, width, seed)))
            assert losses < LOSSES_ROUND_OFF
            yield gradient

    assert nearest(distances(), height, width, ROUND_OFF) < ROUND_OFF


def test_a_smaller_margin_would_not_do(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 64 px instead of 80 the deepest layer's gradient is another one: the margin is as small as it can be."""
    monkeypatch.setattr(tiling, "MARGIN", 64)
    whole = targets(backend, 176, 32)
    deepest = {layer: float(layer == CLASSIC.deepest) for layer in CLASSIC.gram}
    whole = replace(whole, weights=Weights(gram=deepest, held=0.0, tv=0.0))
    x = backend.array(planes(noise(176, 32)))
    found, expected = (backend.numpy(one.objective(whole)(x)[1]) for one in (TiledBackend(backend, 32), backend))
    assert distance(found, expected) > TOO_FEW


@BOTH
@pytest.mark.parametrize("cut", ACROSS)
def test_features_by_tiles_are_the_whole_pictures(backend: Backend, cut: tuple[int, int, int], method: Method) -> None:
    """The assembled maps have the same values at every position."""
    height, width, size = cut
    image = backend.array(planes(noise(height, width)))
    expected, found = backend.held(image, method), TiledBackend(backend, size).held(image, method)
    assert list(found) == list(expected)
    for layer, values in expected.items():
        a, b = backend.numpy(values), backend.numpy(found[layer])
        np.testing.assert_allclose(b, a, atol=1e-5 * float(a.max()))


@BOTH
@pytest.mark.parametrize("cut", ACROSS)
def test_gram_matrices_by_tiles_are_the_whole_pictures(
    backend: Backend, cut: tuple[int, int, int], method: Method
) -> None:
    """A style that does not fit whole asks for the same."""
    height, width, size = cut
    image = backend.array(planes(noise(height, width)))
    expected, found = backend.grams(image, method), TiledBackend(backend, size).grams(image, method)
    assert list(found) == list(expected)
    for layer, gram in expected.items():
        assert distance(backend.numpy(found[layer]), backend.numpy(gram)) < ROUND_OFF


class OnePass:
    """A tile's work, of which no sums are wanted."""

    def __init__(self, work: TileWork) -> None:
        self.held, self.gradient = work.held, work.gradient

    def sums(self, _: Array, __: Array) -> Grams:
        raise AssertionError


@BOTH
def test_without_a_gram_term_one_pass_is_enough(
    backend: Backend, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has to be known of the other tiles; losses and gradient are those of the whole picture."""
    whole, work = targets(backend, 60, 45, None, method), backend.tile_work
    monkeypatch.setattr(backend, "tile_work", lambda method: OnePass(work(method)))
    x = backend.array(planes(noise(60, 45)))
    with pytest.raises(AssertionError):
        TiledBackend(backend, 32).objective(whole)(x)
    held = replace(whole, weights=replace(whole.weights, gram=dict.fromkeys(method.gram, 0.0)))

    def distances() -> Iterable[float]:
        for seed in PICTURES:
            x = backend.array(planes(noise(60, 45, seed)))
            (losses, gradient), (expected_losses, expected) = (
                [backend.numpy(part) for part in one.objective(held)(x)] for one in (TiledBackend(backend, 32), backend)
            )
            assert losses[0] == expected_losses[0] == 0
            np.testing.assert_allclose(losses, expected_losses, rtol=LOSSES_ROUND_OFF)
            yield distance(gradient, expected)

    assert nearest(distances(), 60, 45, ROUND_OFF) < ROUND_OFF


@BOTH
def test_seamless_pictures_can_be_tiled(backend: Backend, method: Method) -> None:
    """The objective that sees the opposite border is the same in tiles."""
    whole = wrapped_targets(backend, 38, 52, method)
    objectives = [seamless(one, whole) for one in (backend, TiledBackend(backend, 64))]

    def distances() -> Iterable[float]:
        for seed in PICTURES:
            x = backend.array(planes(noise(38, 52, seed)))
            expected, found = (backend.numpy(objective(x)[1]) for objective in objectives)
            yield distance(found, expected)

    assert nearest(distances(), 38, 52, ROUND_OFF) < ROUND_OFF


@BOTH
def test_a_stop_is_heard_between_tiles(backend: Backend, method: Method) -> None:
    """After `abort` the objective raises; the next one works again."""
    whole, x = targets(backend, 48, 64, None, method), backend.array(planes(noise(48, 64)))
    objective = TiledBackend(backend, 32).objective(whole)
    backend.abort()
    with pytest.raises(AbortedError):
        objective(x)
    losses: Array = TiledBackend(backend, 32).objective(whole)(x)[0]
    assert np.isfinite(backend.numpy(losses)).all()


@BOTH
def test_without_held_features_nothing_holds_the_photograph(backend: Backend, method: Method) -> None:
    """Weights of zero switch a term off in tiles as well."""
    whole = targets(backend, 48, 64, None, method)
    none = replace(whole, weights=replace(whole.weights, held=0.0, tv=0.0))
    losses, _ = TiledBackend(backend, 32).objective(none)(backend.array(planes(noise(48, 64))))
    assert backend.numpy(losses)[1:].tolist() == [0, 0]


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (1000, 37), (1601, 2407)])
@pytest.mark.parametrize("side", [16, 96, 512])
def test_inner_parts_cover_each_pixel_once(size: tuple[int, int], side: int) -> None:
    """No pixel is left out, none counts twice, none lies outside; tiles begin at multiples of 16."""
    covered = np.zeros((1, 1, *size), int)
    for tile in tiling.tiles(*size, side):
        covered[tile.inner.cut] += 1
        inner, outer = tile.inner, tile.outer
        assert max(inner.bottom - inner.top, inner.right - inner.left) <= side
        assert all(edge % 16 == 0 for edge in (inner.top, inner.left, outer.top, outer.left))
        assert outer.top == max(0, inner.top - tiling.MARGIN)
        assert outer.right == min(size[1], inner.right + tiling.MARGIN)
    assert (covered == 1).all()
