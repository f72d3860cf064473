"""What the artist turns: each control moves the result in one direction, or leaves it exactly alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Literal

import numpy as np
import pytest
from engine_fixtures import BOTH_NAMES, losses, painting, photograph, ripples

from nst_core import Job, Progress, Settings, Style, stylize
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.select import choose
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.run import Run
from nst_core.painting.style_targets.regions import regions_of
from nst_core.painting.style_targets.targets import Scene, classic_targets
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import Array, Grams, Weights

pytestmark = pytest.mark.slow

SIZE = (80, 112)
DRAFT = Settings(quality="draft", backend="onnx")
Name = Literal["painterly", "classic"]


def away(result: Float, photo: Float) -> float:
    return float(np.sqrt(((result - photo) ** 2).mean()))


def style_loss(pixels: Float, style: Float) -> float:
    """How far the picture's statistics are from the style's, relative to these."""
    backend = choose("onnx", "cpu")
    height, width = pixels.shape[:2]
    visible = np.ones((height, width), np.float32)
    scene = Scene(pixels, visible, regions_of((Style(style),), height, width), height * width, 1.0)
    targets = classic_targets(backend, scene, Weights(held=0, tv=0))
    return float(backend.objective(targets)(backend.array(planes(pixels)))[0][0])


def wavelength(pixels: Float) -> float:
    """The mean wavelength of a picture, px: that of its radial spectrum's centre of mass."""
    gray = pixels.mean(2) - pixels.mean()
    height, width = gray.shape
    power = np.abs(np.fft.fft2(gray * np.hanning(height)[:, None] * np.hanning(width))) ** 2
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    return float(power.sum() / (power * frequency).sum())


@BOTH_NAMES
def test_more_strength_is_further_from_the_photograph_and_nearer_to_the_style(method: Name) -> None:
    """Over the whole range; at 0 it is the photograph itself."""
    photo, style = photograph(40, 48), painting(60, 72)
    settings = Settings(backend="onnx", method=method)  # after a draft's few steps chance has a say
    results = [
        stylize(Job(photo, (Style(style),), replace(settings, strength=strength))).pixels
        for strength in (0, 10, 25, 60, 100)
    ]
    np.testing.assert_array_equal(results[0], photo)
    distances = [away(result, photo) for result in results]
    losses = [style_loss(result, style) for result in results]
    for i in range(4):
        assert distances[i + 1] > 0.98 * distances[i], distances
        assert losses[i + 1] < 1.03 * losses[i], losses
    assert distances[1] < 0.8 * distances[2]
    assert distances[-1] > 1.01 * distances[2]
    assert losses[-1] < 0.98 * losses[2]


def test_a_larger_brush_makes_longer_waves() -> None:
    """The spectrum of the result moves with the brush, by about half as much or more.

    Of the classic method four steps from the photograph are too few for a large brush: see the next test.
    """
    style = Style(ripples(128, 128, 8))
    settings = replace(DRAFT, strength=100)
    found = [
        wavelength(stylize(Job(photograph(*SIZE), (style,), replace(settings, brush_size=size))).pixels)
        for size in (0.5, 1, 2)
    ]
    assert found[1] > 1.4 * found[0]
    assert found[2] > 1.4 * found[1]


@BOTH_NAMES
def test_the_brush_has_its_whole_range_at_normal_quality(method: Name) -> None:
    """A quarter, one and four: each makes waves about twice as long as the one before, or longer."""
    style = Style(ripples(64, 64, 8))
    found = [
        wavelength(
            stylize(
                Job(photograph(64, 80), (style,), Settings(backend="onnx", strength=70, brush_size=size, method=method))
            ).pixels
        )
        for size in (0.25, 1, 4)
    ]
    assert found[1] > 1.8 * found[0]
    assert found[2] > 1.8 * found[1]


@BOTH_NAMES
def test_a_heavier_second_style_takes_the_result_away_from_the_first(method: Name) -> None:
    """The loss to A rises, and that to B falls, as B's weight grows."""
    a, b = painting(60, 72), ripples(64, 64, 8)
    settings = Settings(backend="onnx", method=method)  # a draft's few steps end anywhere near the target
    results = [
        stylize(Job(photograph(40, 48), (Style(a, 1 - share), Style(b, share)), settings)).pixels
        for share in (0, 0.3, 0.7, 1)
    ]
    to_a, to_b = ([style_loss(result, style) for result in results] for style in (a, b))
    assert to_a == sorted(to_a)
    assert to_b == sorted(to_b, reverse=True)


@cache
def drafted(method: Name) -> tuple[Job, Float, tuple[Progress, ...]]:
    """A job, what it painted, and what it told."""
    told: list[Progress] = []
    job = Job(photograph(64, 80), (Style(painting(90, 120)),), replace(DRAFT, method=method))
    return job, stylize(job, told.append).pixels, tuple(told)


@BOTH_NAMES
@pytest.mark.parametrize("eight_bits", [False, True])
def test_a_result_goes_on_without_a_jump(method: Name, *, eight_bits: bool) -> None:
    """Started from a result, also from one out of a file, the first loss is about the last one of the run before.

    It is lower by the run's last move, which was not evaluated.
    """
    after: list[Progress] = []
    job, result, before = drafted(method)
    if eight_bits:
        result = np.rint(result * 255).astype(np.float32) / np.float32(255)
    stylize(replace(job, init=result), after.append)
    first, *_, last = losses(after)
    of_last_octave = [one.loss for one in before if one.octave == one.octaves and one.loss is not None]
    # In the painterly method the result itself takes part in the search for its pieces: other targets, a little.
    most = 1.08 if method == "painterly" else 1.0
    assert 0.7 * min(of_last_octave) < first < most * min(of_last_octave)
    assert last < first


@BOTH_NAMES
def test_a_result_that_goes_on_gets_better_with_every_step(method: Name) -> None:
    """A normal run's result is nearly a minimum: large first steps, as a new run takes, would make it worse."""
    job = Job(photograph(48, 64), (Style(painting(90, 120)),), Settings(backend="onnx", method=method))
    after: list[Progress] = []
    stylize(replace(job, init=stylize(job).pixels), after.append)
    found = losses(after)
    assert found == sorted(found, reverse=True)


def test_a_result_that_goes_on_is_the_best_picture_that_was_evaluated() -> None:
    """A further move, as a new run takes, would make a sequence flicker."""
    job, result, _ = drafted("classic")
    run, after = Run(replace(job, init=result)), list[Progress]()
    list(run)
    outcome = run.outcome()
    stylize(replace(job, init=outcome.pixels), after.append)
    assert losses(after)[0] == pytest.approx(sum(outcome.metrics.losses.values()), rel=1e-3)


def test_a_large_result_goes_on_at_its_full_size() -> None:
    """Coarse octaves would blur it."""
    photo = photograph(40, 700)
    run = Run(Job(photo, (Style(painting(64, 64)),), DRAFT, init=photo))
    first = next(iter(run))
    run.stop()
    assert first.octaves == 1


class Counting(OnnxBackend):
    """Counts the styles that it measures."""

    seen = 0

    def grams(self, image: Array, method: Method) -> Grams:
        self.seen += 1
        return super().grams(image, method)

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        self.seen += 1
        return super().grams_and_held(image, method)


@BOTH_NAMES
def test_a_style_is_measured_once_for_all_layers_of_a_batch(method: Name) -> None:
    """The second job with the same style takes what is known of it; another brush, or another style, is measured."""
    backend = Counting()
    settings = replace(DRAFT, method=method)
    job = Job(photograph(32, 40), (Style(ripples(70, 70, 5)),), settings)

    def looks(job: Job) -> int:
        before = backend.seen
        for _ in Run(job, backend):
            pass
        return backend.seen - before

    assert [looks(job), looks(replace(job, content=photograph(40, 32)))] == [1, 0]
    assert looks(replace(job, settings=replace(settings, brush_size=0.5))) == 1
    assert looks(replace(job, styles=(Style(ripples(70, 70, 6)),))) == 1


@pytest.mark.parametrize(("method", "side"), [("painterly", 168), ("classic", 72)])
def test_a_part_is_painted_with_the_strokes_of_the_whole(method: Name, side: int) -> None:
    """A quarter of a picture asks of the style what the whole asks at twice the length: the same width of strokes."""
    style = ripples(96, 96, 6.0)
    whole, part = photograph(side, side), photograph(side // 2, side // 2)

    def size_of_strokes(content: Float, share: float) -> float:
        settings = Settings(backend="onnx", init="noise", strength=100.0, method=method)
        return wavelength(stylize(Job(content, (Style(style),), settings, part=share)).pixels)

    in_whole = size_of_strokes(whole, 1.0)
    assert size_of_strokes(part, 0.25) == pytest.approx(in_whole, rel=0.35)
    assert size_of_strokes(part, 1.0) < 0.75 * in_whole
