"""Pictures too large to be handled whole: carried to full size in parts, and strips."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from engine_fixtures import noise, painting, photograph

from nst_core import Job, Progress, Settings, Style
from nst_core.backends import tiling
from nst_core.backends.tiling import Tile
from nst_core.imaging import resizing
from nst_core.imaging.arrays import Float
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.imaging.resizing import resize
from nst_core.painting import painter
from nst_core.painting import run as painting_run
from nst_core.painting.painter import Painter
from nst_core.painting.run import Run
from nst_core.painting.style_targets import regions
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.planning import schedule
from nst_core.shared.settings import from_mapping

pytestmark = pytest.mark.slow


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose picture is optimised at half its size and carried to full size in parts."""
    monkeypatch.setattr(schedule, "PROCESSOR_MEGAPIXELS", 0.0125)
    monkeypatch.setattr(schedule, "PAINTERLY_STEPS", {"draft": (2,), "normal": (2, 3)})
    monkeypatch.setattr(painter, "DRAFT_SIDE", 64)
    monkeypatch.setattr(painter, "TILE", 96)
    return Run(Job(photograph(180, 250), (Style(painting(90, 120)),), Settings(backend="onnx")))


def test_a_part_at_full_size_is_that_of_the_whole(large: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts leave no seams: they see beyond their borders what their pieces depend on."""
    list(large)
    in_parts = large.outcome().pixels
    monkeypatch.setattr(painter, "TILE", 4096)
    whole = Run(large.job)
    list(whole)
    gap = np.abs(in_parts - whole.outcome().pixels)
    assert gap.mean() < 0.01
    assert np.abs(in_parts - large.job.content).mean() > 0.05


@pytest.mark.parametrize("quality", ["draft", "normal"])
def test_strokes_are_smoothed_before_they_are_upscaled_where_there_is_strength(
    quality: str, large: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grid of the smaller picture would be seen on them; where there is no strength nothing changes."""
    strength_map = np.ones((180, 250), np.float32)
    strength_map[:, :125] = 0
    settings = from_mapping({"backend": "onnx", "quality": quality})
    job = replace(large.job, strength_map=strength_map, settings=settings)
    smooth, plain = Run(job), Run(job)
    list(smooth)
    monkeypatch.setattr(painter, "SMOOTHED", 0.0)
    list(plain)
    change = np.abs(smooth.outcome().pixels - plain.outcome().pixels)
    assert change[:, :105].max() < 1e-5
    assert change[:, 145:].mean() > 1e-3


@pytest.mark.parametrize(("height", "width"), [(130, 180), (131, 183), (64, 150)])
def test_a_large_picture_is_painted_at_the_largest_size_that_is_planned(
    height: int, width: int, large: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its whole px come to a little more than the limit."""
    monkeypatch.setattr(schedule, "PROCESSOR_MEGAPIXELS", 0.008)
    monkeypatch.setattr(schedule, "PAINTERLY_STEPS", {"normal": (2, 1)})
    run = Run(replace(large.job, content=photograph(height, width)))
    list(run)
    assert run.outcome().metrics.evaluations[-1] == 2


def test_a_run_can_be_stopped_while_its_picture_is_carried_to_full_size(
    large: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No further tile is painted, and what was found at the smaller size is kept."""
    run = large

    def stopped_after_one(height: int, width: int, *sides: int) -> Iterator[Tile]:
        for count, tile in enumerate(tiling.tiles(height, width, *sides)):
            assert count < 2
            run.stop()
            yield tile

    monkeypatch.setattr(painter, "tiles", stopped_after_one)
    steps = len({(progress.octave, progress.step) for progress in run if progress.step})
    outcome = run.outcome()
    assert sum(outcome.metrics.evaluations) == steps
    assert np.abs(outcome.pixels - run.job.content).mean() > 0.01


def test_who_leaves_a_run_while_its_picture_is_carried_does_not_wait_for_it(
    large: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part at work is the last one; the picture of the smaller size is there."""
    begun: list[int] = []
    left = threading.Event()

    def slow(height: int, width: int, *sides: int) -> Iterator[Tile]:
        for tile in tiling.tiles(height, width, *sides):
            begun.append(1)
            yield tile
            left.wait(60)

    monkeypatch.setattr(painting_run, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(painter, "tiles", slow)
    progress = iter(large)
    while not begun:
        next(progress)
    threading.Timer(0.5, left.set).start()
    progress.close()
    assert len(begun) <= 2
    assert large.outcome().pixels.shape == large.job.content.shape


def test_a_style_with_transparency_is_filled_once(large: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again for each size and part of the picture."""
    filled: list[int] = []

    def counted(colors: Float, alpha: Float) -> Float:
        filled.append(1)
        return fill_hidden(colors, alpha)

    monkeypatch.setattr(regions, "fill_hidden", counted)
    clear = np.dstack([painting(90, 120), np.ones((90, 120), np.float32)])
    clear[:20, :, 3] = 0
    run = Run(Job(large.job.content, (Style(clear),), Settings(backend="onnx", quality="draft")))
    list(run)
    assert len(filled) == 1


def test_a_run_tells_how_far_it_is_while_its_picture_is_carried_to_full_size(
    large: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step is told again, with more done each time, until the picture is there."""
    run = large
    heard: list[Progress] = []
    told = threading.Event()

    def slow(height: int, width: int, *sides: int) -> Iterator[Tile]:
        for tile in tiling.tiles(height, width, *sides):
            told.clear()
            assert told.wait(60)
            yield tile

    monkeypatch.setattr(painting_run, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(painter, "TILE", 88)
    for progress in run:
        heard.append(progress)
        if (progress.octave, progress.step) == (progress.octaves, progress.steps):
            monkeypatch.setattr(painter, "tiles", slow)
        told.set()
    carried = [one for one in heard if (one.octave, one.step) == (one.octaves, one.steps)]
    assert len(carried) > 6
    assert {replace(progress, fraction=0.0, seconds_left=0.0) for progress in carried} == {
        replace(carried[0], fraction=0.0, seconds_left=0.0)
    }
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] > carried[0].fraction
    assert all(0 <= progress.fraction < 1 for progress in heard)


def test_a_picture_that_cannot_be_carried_says_why(large: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong beside is told like anything else: only for want of memory there is another way."""

    def fails(*_: object) -> None:
        raise InvalidImageError("broken", "repair it")

    monkeypatch.setattr(Painter, "to_full_size", fails)
    with pytest.raises(InvalidImageError, match="broken"):
        list(large)


@pytest.mark.parametrize("size", [(377, 501), (60, 80), (91, 700)])
def test_strips_of_a_resized_picture_are_those_of_the_whole(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enlarged or reduced, each strip sees its neighbours' rows."""
    monkeypatch.setattr(resizing, "STRIP_PIXELS", 10_000)
    picture = noise(100, 133)
    parts = [resizing.resized_strip(picture, *size, rows) for rows in resizing.strips(*size)]
    assert len(parts) > 0
    np.testing.assert_allclose(np.concatenate(parts), resize(picture, *size), atol=1e-5)
