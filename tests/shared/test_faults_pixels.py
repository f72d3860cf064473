"""Pixels that no picture should hold: not a number, infinite, far outside of 0 to 1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from children import ENGINE
from numpy.typing import NDArray

from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.wire.messages import Pixels, StylePixels, Stylize
from nst_core.worker.convert import job_of

pytestmark = pytest.mark.slow

SIDE = 64
QUICK = {"quality": "draft", "backend": "onnx"}

Float = NDArray[np.float32]


def layer() -> Float:
    """A soft ramp, opaque."""
    across, down = np.meshgrid(np.linspace(0.2, 0.8, SIDE), np.linspace(0.3, 0.7, SIDE))
    return np.stack([across, down, across * down, np.ones_like(down)], axis=2).astype(np.float32)


def sent(values: Float) -> Pixels:
    return Pixels(values.shape[1], values.shape[0], values.tobytes())


def request(content: Float, **settings: float | str) -> Stylize:
    style = StylePixels(sent(np.random.default_rng(2).random((48, 48, 4), np.float32)))
    return Stylize(sent(content), (style,), {**QUICK, **settings})


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.start(ENGINE, os.environ) as engine:
        yield engine


def painted(engine: Engine, wanted: Stylize) -> Float:
    rgba = engine.stylize(wanted).pixels.rgba
    return np.frombuffer(rgba, "<f4").reshape(wanted.content.height, wanted.content.width, 4)


BAD = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "bright": 1e30, "dark": -1e30, "tiny": 1e-42}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("strength", [10.0, 60.0])
def test_a_layer_with_bad_pixels_is_painted(engine: Engine, bad: str, strength: float) -> None:
    """What comes back is in range everywhere, and alpha is that of the layer."""
    content = layer()
    content[10:14, 20:25, :3] = BAD[bad]
    content[40, 3, 1] = BAD[bad]
    out = painted(engine, request(content, strength=strength))
    assert np.isfinite(out).all()
    assert 0 <= out.min() <= out.max() <= 1
    assert (out[..., 3] == 1).all()


def test_hidden_bad_pixels_spoil_nothing(engine: Engine) -> None:
    """What nobody sees may hold anything: every visible pixel is painted as if it were black."""
    content = layer()
    content[:, :16] = 0
    clean = painted(engine, request(content))
    content[:, :16, :3] = np.nan
    content[5, 5, :3] = np.inf
    spoilt = painted(engine, request(content))
    assert np.isfinite(spoilt).all()
    np.testing.assert_array_equal(spoilt[:, 16:], clean[:, 16:])


def test_bad_styles_masks_guides_and_beginnings_are_mended(engine: Engine) -> None:
    """A picture comes back, whichever attachment holds what is no number."""
    style = np.random.default_rng(3).random((48, 48, 4), np.float32)
    style[7:9, 7:9] = np.nan
    rows = np.ones((SIDE, SIDE), np.float32)
    rows[3:8] = np.array([[np.nan], [np.inf], [-np.inf], [7], [-7]])
    begun = layer()
    begun[1, 1] = np.nan
    wanted = Stylize(
        sent(layer()),
        (StylePixels(sent(style), 1.0, rows.tobytes()),),
        QUICK,
        init=sent(begun),
        mask=rows.tobytes(),
        strength_map=rows.tobytes(),
    )
    assert np.isfinite(painted(engine, wanted)).all()


def test_what_is_no_number_takes_the_colour_of_what_is_near() -> None:
    """Of what is seen near; infinities are the brightest and the darkest, and alpha that is no number hides."""
    content = np.full((SIDE, SIDE, 4), 0.25, np.float32)
    content[..., 3] = 1
    content[:, 40:] = [0.75, 0.75, 0.75, 0]
    content[20, 39, 0] = np.nan
    content[30, 5, :3] = [np.inf, -np.inf, 9]
    content[31, 5, 3] = np.nan
    made = job_of(request(content)).content
    np.testing.assert_allclose(made[20, 39], [0.25, 0.25, 0.25, 1], atol=1e-6)
    np.testing.assert_array_equal(made[30, 5], [1, 0, 1, 1])
    np.testing.assert_array_equal(made[31, 5], [0.25, 0.25, 0.25, 0])
    untouched = made[:20]
    np.testing.assert_array_equal(untouched, content[:20])


def test_a_picture_without_a_single_number_is_refused() -> None:
    """There is nothing that it could be mended with."""
    nothing = np.full((SIDE, SIDE, 4), np.nan, np.float32)
    nothing[..., 3] = 1
    with pytest.raises(InvalidImageError, match="not numbers"):
        job_of(request(nothing))
    with pytest.raises(InvalidImageError, match="the style holds values"):
        job_of(replace(request(layer()), styles=(StylePixels(sent(nothing)),)))
