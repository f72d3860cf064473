"""Styles beside a mirrored or turned copy of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from engine_fixtures import painting, photograph

from nst_core import Job, Settings, Style
from nst_core.backends.select import choose
from nst_core.painting.painter import Painter
from nst_core.painting.run import Run
from nst_core.painting.style_targets.style_copies import with_copies
from nst_core.painting.style_targets.targets import sized


@pytest.mark.parametrize("size", [(40, 96), (96, 40), (64, 64), (50, 75)])
@pytest.mark.parametrize("choice", ["mirrored", "turned"])
def test_a_copy_stands_beside_its_style(choice: str, size: tuple[int, int]) -> None:
    """Of the same size, with alpha; mirrored it meets it without a seam, turned it has its columns as rows."""
    pixels = np.random.default_rng(0).random((*size, 4), dtype=np.float32)
    (style,) = with_copies([Style(pixels)], choice)
    both, (height, width) = style.pixels, size
    assert both.shape == (height, 2 * width, 4)
    np.testing.assert_array_equal(both[:, :width], pixels)
    if choice == "mirrored":
        np.testing.assert_array_equal(both[:, width:], pixels[:, ::-1])
    else:
        np.testing.assert_array_equal(both[0, width : width + min(size)], pixels[: min(size), -1])


def test_without_a_choice_styles_are_themselves() -> None:
    """The very same."""
    style = Style(painting(40, 60))
    assert with_copies([style], "none") == (style,)


def test_strokes_keep_their_size_beside_a_copy() -> None:
    """What is looked at has twice the pixels, at the same scale."""
    style, content = Style(painting(90, 120)), photograph(96, 96)
    seen = []
    for settings in (Settings(), Settings(style_copies="mirrored")):
        painter = Painter(Job(content, (style,), settings), content, (style,))
        seen.append(sized(painter.styles[0].pixels, 96 * 96, painter.brush_size))
    assert seen[1].shape == (seen[0].shape[0], 2 * seen[0].shape[1], 3)


@pytest.mark.slow
def test_a_turned_copy_lends_strokes_in_the_other_direction() -> None:
    """A style of level stripes, a photograph of upright ones: with the copy there are pieces that are upright too."""

    level = np.repeat((np.arange(96) // 6 % 2).astype(np.float32)[:, None, None], 96, axis=1).repeat(3, axis=2)
    upright = np.ascontiguousarray(level.swapaxes(0, 1)) * np.float32(0.6) + np.float32(0.2)

    def across(choice: str) -> float:
        settings = Settings(style_copies=choice, strength=100, backend="onnx")  # type: ignore[arg-type]
        run = Run(Job(upright, (Style(level),), settings), choose("onnx", "cpu"), sketch=True)
        list(run)
        found = run.outcome().pixels
        return float(np.abs(np.diff(found, axis=1)).mean() / np.abs(np.diff(found, axis=0)).mean())

    assert across("turned") > 2 * across("none")
