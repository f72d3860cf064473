"""Tiles: an objective that sees beyond each border what lies at the opposite one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from engine_fixtures import BOTH, BOTH_NAMES, noise, painting, photograph, ripples, wrapped_targets

from nst_core import Job, Style, stylize
from nst_core.backends.base import Backend
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.torch import TorchBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.seamless import MARGIN, folded, resized, seamless
from nst_core.shared.settings import from_mapping
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import Array

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shape", [(1, 3, 32, 40), (1, 3, 70, 33)])
def test_folding_is_the_adjoint_of_wrapping(shape: tuple[int, ...]) -> None:
    """<wrap(x), y> = <x, fold(y)> for any x and y."""
    rng = np.random.default_rng(2)
    x = rng.random(shape)
    edges = ((0, 0), (0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    wrapped = np.pad(x, edges, mode="wrap")
    y = rng.random(wrapped.shape)
    assert (wrapped * y).sum() == pytest.approx((x * folded(y)).sum(), rel=1e-12)


@BOTH
@pytest.mark.parametrize("make", [OnnxBackend, lambda: TorchBackend("cpu", torch.float32)])
def test_the_gradient_is_that_of_the_loss(make: Callable[[], Backend], method: Method) -> None:
    """Downhill along the borders, where wrapping does its work, the loss changes as the gradient says."""
    backend = make()
    objective = seamless(backend, wrapped_targets(backend, 40, 48, method))
    x = planes(noise(40, 48))
    gradient = backend.numpy(objective(backend.array(x))[1])
    direction = np.zeros_like(x)
    direction[:, :, :6] = direction[:, :, :, -6:] = 1
    direction *= np.sign(gradient)

    def loss(values: Float) -> float:
        losses: Array = objective(backend.array(values))[0]
        return float(losses.sum())

    step = 1e-4
    measured = (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)
    assert measured == pytest.approx(float((gradient * direction).sum()), rel=0.02)


def test_a_tile_is_resized_like_a_piece_of_its_plane() -> None:
    """Shifting the tile round and then doubling it is doubling it and then shifting it twice as far."""
    tile = noise(20, 30)
    shifted = resized(np.roll(tile, (5, 7), axis=(0, 1)), 40, 60)
    np.testing.assert_allclose(shifted, np.roll(resized(tile, 40, 60), (10, 14), axis=(0, 1)), atol=1e-6)


def worst_seam(content: Float, **settings: object) -> float:
    """The jump from the last row or column to the first, in jumps between those inside."""
    style, base = Style(ripples(96, 96, 12)), {"backend": "onnx", "tv_weight": 4}
    tile = stylize(Job(content, (style,), from_mapping({**base, **settings}))).pixels
    inside = [np.abs(np.diff(tile, axis=axis)).mean() for axis in (0, 1)]
    across = [np.abs(tile[0] - tile[-1]).mean(), np.abs(tile[:, 0] - tile[:, -1]).mean()]
    return float(max(a / i for a, i in zip(across, inside, strict=True)))


@pytest.mark.parametrize(("method", "share"), [("painterly", 0.9), ("classic", 0.5)])
def test_the_borders_of_a_tile_match(method: str, share: float) -> None:
    """The jump from the last column to the first is smaller than without; the same for rows.

    Matched pieces of a regular pattern cannot fit a period that is not the pattern's own; Gram matrices stretch it.
    """
    content = np.full((48, 64, 3), 0.5, np.float32)
    seams = [worst_seam(content, method=method, texture=True, seamless=seamless) for seamless in (True, False)]
    assert seams[0] < share * seams[1]


def test_the_borders_of_a_photograph_are_made_to_match() -> None:
    """Its content holds them apart, so that a jump remains, but a far smaller one than it has otherwise."""
    content = photograph(80, 96)
    seams = [worst_seam(content, seamless=seamless, strength=80) for seamless in (True, False)]
    assert seams[0] < 0.6 * seams[1]


@BOTH_NAMES
def test_of_the_photograph_a_texture_takes_only_its_size(method: str) -> None:
    """Two photographs of one size give the same texture, bit for bit."""
    style = Style(painting(90, 120))
    settings = from_mapping({"quality": "draft", "backend": "onnx", "method": method, "texture": True, "seed": 3})
    first, second = (stylize(Job(noise(48, 64, seed), (style,), settings)) for seed in (0, 1))
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.pixels.shape == (48, 64, 3)


def test_what_a_texture_is_told_to_take_of_the_photograph_it_takes() -> None:
    """Its palette, wherever that lies, with its colours; and it shines through below a strength of 20."""
    photo, style = photograph(48, 64), Style(painting(90, 120))

    def texture(content: Float, **settings: object) -> Float:
        base = {"quality": "draft", "backend": "onnx", "texture": True}
        return stylize(Job(content, (style,), from_mapping({**base, **settings}))).pixels

    turned = np.ascontiguousarray(photo[::-1, ::-1])
    np.testing.assert_allclose(texture(photo, color="content"), texture(turned, color="content"), atol=NEARLY)
    np.testing.assert_allclose(texture(photo, strength=10), (photo + texture(photo)) / 2, atol=NEARLY)


NEARLY = 1e-3
"""Sums of the same numbers in another order differ in their last digits, and steps enlarge that."""
