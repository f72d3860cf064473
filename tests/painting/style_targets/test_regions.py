"""One soft guide for each style: who counts where, what leaks, what stays bare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from engine_fixtures import BOTH_NAMES, painting, photograph, ripples

from nst_core import Job, Settings, Style, stylize
from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.imaging.resizing import resize
from nst_core.painting.painter import in_palette
from nst_core.painting.style_targets.regions import FAINT, reach_of, regions_of
from nst_core.painting.style_targets.strength import Strength
from nst_core.painting.style_targets.targets import MatchInput, Scene, classic_targets, painterly_targets
from nst_core.shared.errors import InvalidImageError, NothingVisibleError
from nst_core.vgg.losses import GRAM_WEIGHTS, Targets, Weights

pytestmark = pytest.mark.slow

Method = Literal["painterly", "classic"]
SIZE, SMALL = (64, 288), (64, 80)
DRAFT = Settings(quality="draft", backend="onnx")


def left(height: int = SIZE[0], width: int = SIZE[1], soft: int = 0) -> Float:
    """1 on the left half, 0 on the right, with a ramp of `soft` px on each side of the middle."""
    row = np.clip(
        (width / 2 - np.arange(width) - 0.5) / (2 * soft) + 0.5 if soft else np.arange(width) < width / 2, 0, 1
    )
    return np.repeat(row[None], height, axis=0).astype(np.float32)


def pair(second: Float, soft: int = 0, size: tuple[int, int] = SIZE) -> tuple[Style, Style]:
    """A painting on the left, `second` on the right."""
    guide = left(*size, soft)
    return Style(painting(90, 120), 1.0, guide), Style(second, 1.0, 1 - guide)


def targets_and_start(method: Method, styles: Sequence[Style], visible: Float) -> tuple[Targets, Float]:
    """The targets, and what a run starts from."""
    backend, (height, width) = OnnxBackend(), visible.shape
    content = photograph(height, width)
    scene = Scene(content, visible, regions_of(styles, height, width), height * width, 1.0)
    ground = in_palette(content, styles, 1.0)
    if method == "classic":
        return classic_targets(backend, scene, Weights()), ground
    ones = np.ones_like(visible)
    targets, begin, _ = painterly_targets(
        backend,
        scene,
        Strength(ones, ones, 1.0),
        Weights(gram=GRAM_WEIGHTS["painterly"]),
        MatchInput(content, lambda: ground),
    )
    return targets, begin


def test_guides_that_meet_sum_to_one() -> None:
    """Whatever their heights and weights; what is faint fades, and without any guide nothing counts."""
    row = np.array([[1, 0.5, 0.1, FAINT, FAINT / 2, 0]], np.float32)
    pixels = painting(64, 64)
    a, b = Style(pixels, 1.0, row), Style(pixels, 3.0, row)
    np.testing.assert_allclose(regions_of([a], 1, 6)[0].guide, [[1, 1, 1, 1, 0.5, 0]], rtol=1e-6)
    first, second = regions_of([a, b], 1, 6)
    np.testing.assert_allclose(second.guide, 3 * first.guide, rtol=1e-6)
    np.testing.assert_allclose(first.guide + second.guide, reach_of([a, b], 1, 6), rtol=1e-6)


def test_styles_without_guides_share_one_region() -> None:
    """They count everywhere, by their weights; beside a guided style they share its place with it."""
    pixels = painting(64, 64)
    free = [Style(pixels, 1.0), Style(pixels, 3.0), Style(pixels, 0.0)]
    (region,) = regions_of(free, 32, 32)
    assert [share for _, share in region.styles] == [0.25, 0.75]
    assert (region.guide == 1).all()
    guided, everywhere = regions_of([*free, Style(pixels, 4.0, left(32, 32))], 32, 32)
    np.testing.assert_allclose(guided.guide, left(32, 32) / 2)
    np.testing.assert_allclose(everywhere.guide, 1 - left(32, 32) / 2)


@BOTH_NAMES
def test_the_loss_is_equally_dense_in_large_and_small_regions(method: Method) -> None:
    """A guide counts as much as it covers, less what is hidden."""
    guide = np.zeros(SMALL, np.float32)
    guide[:, :20] = 1
    styles = [Style(painting(64, 64), 1.0, guide), Style(painting(64, 64), 9.0, 1 - guide)]
    visible = np.ones(SMALL, np.float32)
    visible[:, 50:] = 0
    for part, shares in ((np.ones_like(visible), (0.25, 0.75)), (visible, (0.25, 0.375))):
        assert targets_and_start(method, styles, part)[0].guide_share == pytest.approx(shares, abs=1e-4)


def gradient(targets: Targets) -> Float:
    backend = OnnxBackend()
    found: Float = backend.objective(targets)(backend.array(planes(photograph(*SIZE))))[1]
    return found


@BOTH_NAMES
def test_statistics_do_not_leak_between_regions(method: Method) -> None:
    """Another style on the right changes nothing on the left, out of sight of the border: not what the run starts
    from, nor, but for the common scale of target features, what the objective says there, nor, but for the common
    length of a step, the result."""
    one, other = pair(painting(64, 64)[::-1].copy()), pair(ripples(64, 64, 6))
    deep = np.s_[..., :56]  # the deepest style layer sees 78 px around each of its features
    (targets, start), (others, starts) = (
        targets_and_start(method, styles, np.ones(SIZE, np.float32)) for styles in (one, other)
    )
    if method == "painterly":
        for layer, values in targets.held.items():
            mine = values.shape[3] * 56 // SIZE[1]
            np.testing.assert_array_equal(values[..., :mine], others.held[layer][..., :mine])
        others = replace(others, held=targets.held)  # a norm of all of them scales their loss
    changes = gradient(targets) - gradient(others)
    assert np.abs(changes[deep]).max() < 1e-4 * np.abs(changes).max()
    np.testing.assert_allclose(start[:, :56], starts[:, :56], atol=1e-5)
    results = [stylize(Job(photograph(*SIZE), styles, replace(DRAFT, method=method))).pixels for styles in (one, other)]
    change = np.abs(results[0] - results[1])
    assert change[:, :56].mean() < 0.1 * change[:, -56:].mean()


def test_the_start_of_better_qualities_does_not_leak_between_regions() -> None:
    """Another style on the right changes the photograph's new colours there, and up to the border nothing else."""
    photo = photograph(*SIZE)
    grounds = [in_palette(photo, pair(second), 1.0) for second in (painting(64, 64) ** 2, ripples(64, 64, 6))]
    np.testing.assert_array_equal(grounds[0][:, :144], grounds[1][:, :144])
    assert np.abs(grounds[0] - grounds[1])[:, 144:].mean() > 0.05


@pytest.mark.parametrize("fading", [False, True])
def test_soft_borders_are_painted_like_the_inside(*, fading: bool) -> None:
    """Where guides meet softly, or both grow faint, the result is as far from the photograph as in the middle."""
    size = (64, 144)
    first, second = pair(ripples(64, 64, 8), 24, size)
    if fading:  # down to a quarter each, where they should have a half
        ramp = left(*size, 24)
        dip = np.abs(2 * ramp - 1).clip(0.5)
        first, second = Style(first.pixels, 1.0, ramp * dip), Style(second.pixels, 1.0, (1 - ramp) * dip)
    photo = photograph(*size)
    away = np.abs(stylize(Job(photo, (first, second), DRAFT)).pixels - photo).mean((0, 2))
    inside = min(away[:48].mean(), away[-48:].mean())
    assert away[60:84].mean() > 0.6 * inside


def test_where_no_guide_reaches_the_photograph_stays() -> None:
    """Bit for bit."""
    photo = photograph(*SMALL)
    found = stylize(Job(photo, (Style(painting(90, 120), 1.0, left(*SMALL)),), DRAFT)).pixels
    np.testing.assert_array_equal(found[:, 40:], photo[:, 40:])
    assert np.abs(found - photo)[:, :40].mean() > 0.01


def test_hidden_pixels_influence_no_region() -> None:
    """Whatever lies under transparency or outside the mask, guides or not: the same picture where one can see."""
    size = (64, 96)  # of two octaves
    mask = np.ones(size, np.float32)
    mask[:, 64:] = 0
    photo = photograph(*size)
    other = photo.copy()
    other[:, 64:] = np.random.default_rng(0).random((64, 32, 3), dtype=np.float32)
    styles = pair(ripples(64, 64, 8), 20, size)
    found = [stylize(Job(one, styles, DRAFT, mask=mask)).pixels for one in (photo, other)]
    np.testing.assert_array_equal(found[0][:, :64], found[1][:, :64])


def test_guides_that_do_not_fit_are_refused() -> None:
    """Another size, values out of range, nothing that both is guided and visible."""
    photo, pixels = photograph(48, 64), resize(painting(64, 64), 48, 48)
    with pytest.raises(InvalidImageError, match="another size"):
        Job(photo, (Style(pixels, 1.0, np.ones((64, 48), np.float32)),))
    for wrong, said in ((-0.1, "outside 0 to 1"), (1.1, "outside 0 to 1"), (np.nan, "not numbers")):
        with pytest.raises(InvalidImageError, match=said):
            Style(pixels, 1.0, np.full((48, 64), wrong, np.float32))
    hidden = 1 - left(48, 64)
    with pytest.raises(NothingVisibleError, match="guides"):
        Job(photo, (Style(pixels, 1.0, left(48, 64)),), mask=hidden)
