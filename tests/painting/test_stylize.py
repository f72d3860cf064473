"""Whole runs on small pictures, over both backends."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from engine_fixtures import BACKENDS, losses, painting, photograph

from nst_core import Job, Progress, Settings, Style, stylize
from nst_core.backends.base import Evaluate
from nst_core.imaging import color
from nst_core.imaging.resizing import resize
from nst_core.painting import clock
from nst_core.painting import run as run_module
from nst_core.painting.lbfgs import Step, descend
from nst_core.painting.run import Run
from nst_core.shared.errors import ImageTooSmallError, InvalidImageError, InvalidSettingError, NothingVisibleError
from nst_core.shared.planning import schedule
from nst_core.shared.settings import from_mapping
from nst_core.vgg.losses import Array

pytestmark = pytest.mark.slow

SIZE = (56, 80)


def job(**settings: object) -> Job:
    base: dict[str, object] = {"quality": "draft", "backend": "onnx"}
    return Job(photograph(*SIZE), (Style(painting(90, 120)),), from_mapping({**base, **settings}))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_lowers_its_loss_and_says_what_it_did(backend: str) -> None:
    """Size and range are the content's; the loss falls; progress ends at one; metrics name backend and device."""
    seen: list[Progress] = []
    outcome = stylize(job(backend=backend), seen.append)
    assert outcome.pixels.shape == (*SIZE, 3)
    assert outcome.pixels.dtype == np.float32
    assert outcome.pixels.min() >= 0
    assert outcome.pixels.max() <= 1
    found, last = losses(seen), [progress for progress in seen if progress.octave == progress.octaves]
    assert found[-1] < 0.8 * found[0]
    assert seen[-1].fraction == pytest.approx(1)
    assert seen[-1].octave == seen[-1].octaves
    metrics = outcome.metrics
    assert (metrics.backend, metrics.device) == (backend, "cpu")
    assert sum(metrics.evaluations) == len(found)
    assert sum(metrics.losses.values()) == pytest.approx(min(losses(last)), rel=1e-4)
    assert metrics.peak_memory > 10**7


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sketch_ends_with_the_picture_that_a_painting_begins_with(backend: str) -> None:
    """One word of progress, no evaluation; put together at the picture's own size, unlike a run's first picture."""
    run = Run(job(backend=backend), sketch=True)
    told = list(run)
    assert [(progress.step, progress.loss) for progress in told] == [(0, None)]
    found = run.outcome()
    assert found.metrics.evaluations == ()
    assert found.pixels.shape == (*SIZE, 3)
    detail = np.abs(np.diff(found.pixels, axis=1)).mean()
    whole = Run(job(quality="normal", backend=backend))
    next(iter(whole))
    assert detail >= np.abs(np.diff(whole.outcome().pixels, axis=1)).mean()
    assert np.abs(found.pixels - run.job.content).mean() > 0.05


@pytest.mark.parametrize("init", ["sketch", "noise"])
def test_the_same_job_gives_the_same_bytes_and_another_seed_others(init: str) -> None:
    """Same input, settings, backend: same picture; the seed makes variations."""
    first, second, other = (stylize(job(init=init, seed=seed)).pixels for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).mean() > 0.005


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_over_several_sizes_gives_the_same_bytes_again(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of normal quality with fewer steps, from a small picture to its own size."""
    monkeypatch.setitem(schedule.COARSEST, "painterly", 40)
    monkeypatch.setitem(schedule.PAINTERLY_STEPS, "normal", (2, 2, 4))
    one = replace(job(backend=backend, quality="normal", seed=3), content=photograph(130, 150))
    first, second = stylize(one), stylize(one)
    assert len(first.metrics.evaluations) == 3
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_a_run_goes_on_to_its_next_size_when_steps_no_longer_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where three steps lower the loss by less than a tenth, the octave ends before its steps are used up."""
    monkeypatch.setattr(run_module, "Plateau", partial(clock.Plateau, least=0.1, steps=3))
    seen: list[Progress] = []
    outcome = stylize(replace(job(quality="high"), content=photograph(48, 64)), seen.append)
    (evaluations,), found = outcome.metrics.evaluations, losses(seen)
    assert evaluations == len(found) < seen[-1].steps
    paid = [found[i] - min(found[i + 1 : i + 4]) >= 0.1 * found[i] for i in range(len(found) - 3)]
    assert paid.index(False) == len(paid) - 1


def test_stopping_after_a_step_that_went_wrong_keeps_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best picture is kept, not the last."""
    kept: list[Step] = []

    def then_wrong(objective: Evaluate, image: Array, *rest: Any) -> Iterator[Step]:
        for step in descend(objective, image, *rest):
            if step.number == 3:
                break
            kept.append(step)
            yield step
        wrong = image[:, :, ::-1, ::-1] * 1
        style, content, tv = map(float, objective(wrong)[0])
        yield Step(3, wrong, (style, content, tv))

    monkeypatch.setattr(run_module, "descend", then_wrong)
    run = Run(job(quality="high", method="classic"))
    for progress in run:
        if progress.step == 3:
            run.stop()
    best = min(kept, key=lambda step: step.loss)
    np.testing.assert_array_equal(run.outcome().pixels, best.image[0].transpose(1, 2, 0))
    assert sum(run.outcome().metrics.losses.values()) == pytest.approx(best.loss)


def test_the_first_picture_is_there_before_the_first_evaluation() -> None:
    """Step 0 has no loss yet, and a preview that is neither the photograph nor the result."""
    run = Run(job())
    steps = iter(run)
    first = next(steps)
    assert (first.octave, first.step, first.loss, first.fraction) == (1, 0, None, 0)
    sketch = run.preview(64)
    list(steps)
    assert run.outcome().metrics.evaluations[0] == first.steps
    for other in (run.preview(64), Run(job()).preview(64)):
        assert np.abs(sketch - other).mean() > 0.01


def test_a_preview_is_the_outcome_made_small() -> None:
    """As long as asked for or as the picture, with its mask and alpha: what is hidden there is hidden here."""
    content = np.dstack([photograph(*SIZE), np.linspace(0, 1, SIZE[0] * SIZE[1], dtype=np.float32).reshape(SIZE)])
    mask = np.ones(SIZE, np.float32)
    mask[:, 40:] = 0
    run = Run(Job(content, job().styles, job().settings, mask=mask))
    list(run)
    for side in (64, 200):
        preview, outcome = run.preview(side), run.outcome().pixels
        assert max(preview.shape) == min(side, SIZE[1])
        expected = resize(outcome, *preview.shape[:2])
        assert np.abs(preview - expected)[..., 3].max() < 1e-6
        assert np.abs((preview - expected) * expected[..., 3:]).mean() < 0.01


def test_stopping_keeps_the_best_so_far() -> None:
    """Stop after three steps: three evaluations, and their picture."""
    run = Run(job(quality="max"))
    for progress in run:
        if progress.step == 3:
            run.stop()
    outcome = run.outcome()
    assert sum(outcome.metrics.evaluations) <= 3
    assert not np.array_equal(outcome.pixels, run.job.content)


def test_a_run_can_be_asked_and_stopped_from_another_thread() -> None:
    """While steps go on elsewhere, the picture so far has the full size."""
    run = Run(job(quality="max"))
    begun = threading.Event()

    def work() -> None:
        for _ in run:
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    shape = run.outcome().pixels.shape
    run.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert shape == (*SIZE, 3)


def test_alpha_is_kept_and_hidden_pixels_influence_nothing() -> None:
    """Two layers that differ only where they are transparent give the same picture where they are not.

    So do two pictures to start from, under transparency as outside a mask.
    """
    content = np.dstack([photograph(*SIZE), np.ones(SIZE, np.float32)])
    content[:, 40:, 3] = 0
    other = content.copy()
    other[:, 40:, :3] = np.random.default_rng(0).random((SIZE[0], 40, 3))
    one = Job(content, (Style(painting(90, 120)),), Settings(quality="draft", backend="onnx"))
    found = [stylize(replace(one, content=c)).pixels for c in (content, other)]
    np.testing.assert_array_equal(found[0][..., 3], content[..., 3])
    np.testing.assert_array_equal(found[0][:, :40], found[1][:, :40])
    masked = replace(one, content=photograph(*SIZE), mask=np.ascontiguousarray(content[..., 3]))
    for hiding in (one, masked):
        resumed = [stylize(replace(hiding, init=c[..., :3])).pixels for c in (content, other)]
        np.testing.assert_array_equal(resumed[0][:, :40], resumed[1][:, :40])


def test_outside_the_mask_nothing_changes() -> None:
    """The photograph's own bits."""
    mask = np.zeros(SIZE, np.float32)
    mask[:, :40] = 1
    base = job()
    found = stylize(Job(base.content, base.styles, base.settings, mask=mask)).pixels
    np.testing.assert_array_equal(found[:, 40:], base.content[:, 40:])
    assert np.abs(found[:, :40] - base.content[:, :40]).mean() > 0.01


CHROMA = 2e-3
"""Tolerance on OkLab's colour axes: what rounding to 8 bits does to them."""


@pytest.mark.parametrize("strength", [10.0, 50.0])
def test_with_light_and_dark_only_every_pixel_keeps_its_chroma(strength: float) -> None:
    """Its OkLab chroma is the photograph's, also where a soft mask or little strength mixes in the photograph."""
    mask = np.repeat(np.linspace(0, 1, SIZE[1], dtype=np.float32)[None], SIZE[0], axis=0)
    style = Style(np.ascontiguousarray(1 - painting(90, 120)))
    one = replace(job(color="luminance", strength=strength), styles=(style,), mask=mask)
    found, wanted = color.oklab(stylize(one).pixels), color.oklab(one.content)
    np.testing.assert_allclose(found[..., 1:], wanted[..., 1:], atol=CHROMA)
    assert np.abs(found - wanted)[:, 40:, 0].mean() > 0.005


def test_the_photographs_colours_are_the_results() -> None:
    """Mean and covariance of its colours are nearer to the photograph's than to those of a style unlike it."""
    style = Style(np.ascontiguousarray(1 - painting(90, 120)))
    one = replace(job(color="content"), styles=(style,))
    found, photo, painted = (color.palette(pixels) for pixels in (stylize(one).pixels, one.content, style.pixels))
    for name in ("mean", "covariance"):
        at, near, far = (getattr(palette, name) for palette in (found, photo, painted))
        assert np.linalg.norm(at - near) < 0.5 * np.linalg.norm(at - far), name


def test_a_time_limit_is_kept() -> None:
    """A long job with a short limit ends after a few evaluations."""
    outcome = stylize(job(quality="max", seconds=1.0))
    assert 1 <= sum(outcome.metrics.evaluations) < 200


def test_the_recipe_is_plain_data_without_paths() -> None:
    """Settings, size and digests, as JSON."""
    outcome = stylize(job(strength=0))
    text = json.dumps(outcome.recipe)
    assert outcome.recipe["size"] == [80, 56]
    assert len(outcome.recipe["styles"][0]["sha256"]) == 64
    assert "/" not in text


def test_bad_jobs_are_refused_when_made() -> None:
    """Too small, invisible, not finite, without style: each with its own error."""
    good, style = photograph(*SIZE), Style(painting(64, 64))
    invisible = np.dstack([good, np.zeros(SIZE, np.float32)])
    broken = good.copy()
    broken[3, 4] = np.nan
    with pytest.raises(ImageTooSmallError, match="32"):
        Job(np.ascontiguousarray(good[:31]), (style,))
    with pytest.raises(NothingVisibleError):
        Job(invisible, (style,))
    with pytest.raises(InvalidImageError, match="not numbers"):
        Job(broken, (style,))
    with pytest.raises(InvalidSettingError, match="no style"):
        Job(good, ())
