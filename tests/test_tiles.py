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
from engine_fixtures import near_ties, nearest, noise, targets

from nst_core import tile_grid
from nst_core.backends import AbortedError, Backend, Float
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.torch import TorchBackend
from nst_core.layers import STYLE_LAYERS
from nst_core.periodic import seamless
from nst_core.planes import planes
from nst_core.statistics import Array, Targets
from nst_core.tiles import InTiles

ROUND_OFF = 3e-5
LOSSES_ROUND_OFF = 5e-5
"""A loss is a difference of nearly equal matrices."""
TOO_FEW = 1e-5
"""What a margin of 64 px changes at least: 3e-5 to 1e-4, by the picture."""
PICTURES = range(3)
"""Seeds of noise."""
CUTS = [
    pytest.param((45, 37, 16), 1, marks=pytest.mark.arithmetic),
    ((45, 37, 16), 2),
    ((187, 201, 96), 2),
    ((33, 270, 64), 1),
]
"""Heights, widths, tile sizes, regions: corners, borders, odd rests at every pooling, narrow pictures."""
MANY = 30_000
"""Pixels, among which some value is near a tie."""


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
    losses, gradient = (backend.numpy(part) for part in InTiles(backend, size).objective(whole)(x))
    off = float(np.abs(losses / expected - 1).max())
    return off, float(np.linalg.norm(gradient - expected_gradient) / np.linalg.norm(expected_gradient))


@pytest.mark.parametrize(("cut", "regions"), CUTS)
def test_tiles_give_the_whole_pictures_losses_and_gradient(
    backend: Backend, cut: tuple[int, int, int], regions: int
) -> None:
    """Gram, mean, content and tv terms, under one guide and under two soft ones with an empty corner."""
    height, width, size = cut
    whole = targets(backend, height, width, soft_guides(regions, height, width))
    many = height * width > MANY
    pictures = [planes(noise(height, width, seed)) for seed in (PICTURES[:1] if many else PICTURES)]
    losses, gradients = zip(*(differences(backend, whole, size, image) for image in pictures), strict=True)
    assert max(losses) < LOSSES_ROUND_OFF
    assert nearest(gradients, height, width) < (near_ties(height, width) if many else ROUND_OFF)


def test_a_smaller_margin_would_not_do(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 64 px instead of 80 the gradient is visibly another one: the margin is as small as it can be."""
    monkeypatch.setattr(tile_grid, "MARGIN", 64)
    whole = targets(backend, 176, 64)
    assert differences(backend, whole, 32, planes(noise(176, 64)))[1] > TOO_FEW


def test_content_features_by_tiles_are_the_whole_pictures(backend: Backend) -> None:
    """The assembled map has the same values at every position."""
    image = backend.array(planes(noise(150, 217)))
    expected = backend.numpy(backend.content(image))
    found = backend.numpy(InTiles(backend, 64).content(image))
    np.testing.assert_allclose(found, expected, atol=1e-5 * float(expected.max()))


def test_style_statistics_by_tiles_are_the_whole_pictures(backend: Backend) -> None:
    """A style that does not fit whole asks for the same."""
    image = backend.array(planes(noise(150, 217)))
    expected, found = backend.style(image), InTiles(backend, 64).style(image)
    for layer in STYLE_LAYERS:
        for part in ("gram", "mean"):
            a, b = (backend.numpy(getattr(one[layer], part)) for one in (expected, found))
            assert np.linalg.norm(a - b) < ROUND_OFF * np.linalg.norm(a)


def test_seamless_pictures_can_be_tiled(backend: Backend) -> None:
    """The objective that sees the opposite border is the same in tiles."""
    whole, content = targets(backend, 70, 112), noise(70, 112, 3)
    objectives = [seamless(one, whole, content) for one in (backend, InTiles(backend, 48))]

    def distances() -> Iterable[float]:
        for seed in PICTURES:
            x = backend.array(planes(noise(70, 112, seed)))
            a, b = (backend.numpy(objective(x)[1]) for objective in objectives)
            yield float(np.linalg.norm(a - b) / np.linalg.norm(a))

    assert nearest(distances(), 70, 112) < ROUND_OFF


def test_a_stop_is_heard_between_tiles(backend: Backend) -> None:
    """After `abort` the objective raises; the next one works again."""
    whole, x = targets(backend, 64, 96), backend.array(planes(noise(64, 96)))
    objective = InTiles(backend, 32).objective(whole)
    backend.abort()
    with pytest.raises(AbortedError):
        objective(x)
    losses: Array = InTiles(backend, 32).objective(whole)(x)[0]
    assert np.isfinite(backend.numpy(losses)).all()


def test_without_content_nothing_holds_the_photograph(backend: Backend) -> None:
    """Weights of zero switch a term off in tiles as well."""
    whole = targets(backend, 64, 96)
    none = replace(whole, weights=replace(whole.weights, content=0.0, tv=0.0))
    losses, _ = InTiles(backend, 32).objective(none)(backend.array(planes(noise(64, 96))))
    assert backend.numpy(losses)[1:].tolist() == [0, 0]


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (1000, 37), (1601, 2407)])
@pytest.mark.parametrize("side", [16, 96, 512])
def test_inner_parts_cover_each_pixel_once(size: tuple[int, int], side: int) -> None:
    """No pixel is left out, none counts twice, none lies outside; tiles begin at multiples of 16."""
    covered = np.zeros((1, 1, *size), int)
    for tile in tile_grid.tiles(*size, side):
        covered[tile.inner.cut] += 1
        inner, outer = tile.inner, tile.outer
        assert max(inner.bottom - inner.top, inner.right - inner.left) <= side
        assert all(edge % 16 == 0 for edge in (inner.top, inner.left, outer.top, outer.left))
        assert outer.top == max(0, inner.top - tile_grid.MARGIN)
        assert outer.right == min(size[1], inner.right + tile_grid.MARGIN)
    assert (covered == 1).all()
