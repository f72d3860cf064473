"""Runs that come to their limits: memory that fills up late, seconds that run out, others on the same backend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine_fixtures import painting, photograph

from nst_core import Job, Style
from nst_core.backends.base import AbortedError, Backend, Blocks, Objective, TileWork
from nst_core.imaging.arrays import Float
from nst_core.painting.clock import Clock
from nst_core.painting.composite import composite
from nst_core.painting.job_plan import plan_job
from nst_core.painting.painter import Canvas, Painter
from nst_core.painting.run import Run
from nst_core.shared.errors import CardLostError, OutOfMemoryError
from nst_core.shared.planning.schedule import Octave
from nst_core.shared.sentences import Note, note
from nst_core.shared.settings import from_mapping
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import Grams, Targets

RATE = 10.0
"""Seconds that a unit of work takes on a `FakeBackend`, by its own clock."""


class FakeBackend:
    """A backend without a network: its loss is the distance to grey, and its time a clock of its own."""

    name, device, precision = "fake", "cpu", "fp32"
    notes: tuple[Note, ...] = ()
    card = ""

    def __init__(self, before: Callable[[Octave], None] = lambda _octave: None) -> None:
        """before: called before each evaluation, with its size; what it raises is what the evaluation raises."""
        self.seconds, self.aborted = 100.0, False
        self._before = before

    def array(self, values: Float) -> Float:
        """See `Backend.array`."""
        return values

    numpy = array

    def held(self, image: Float, method: Method) -> Mapping[str, Float]:
        """See `Backend.held`."""
        self._work(image, 0.4)
        return {layer: np.zeros((1, 1, 1, 1), np.float32) for layer in method.held}

    def grams(self, image: Float, method: Method) -> Grams:
        """See `Backend.grams`."""
        self._work(image, 0.4)
        return dict.fromkeys(method.gram, np.zeros((1, 1, 1), np.float32))

    def grams_and_held(self, image: Float, method: Method) -> tuple[Grams, Mapping[str, Float]]:
        """Nobody asks."""
        raise NotImplementedError

    def nearest(self, query: Blocks, reference: Blocks, *, exhaustive: bool) -> Float:
        """Nobody asks."""
        raise NotImplementedError

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        height, width = targets.guides.shape[2:]

        def evaluate(image: Float) -> tuple[Float, Float]:
            self._before(Octave(height, width, 1, method="classic"))
            self._work(image, 1.0)
            gap = image - np.float32(0.5)
            return np.array([np.mean(gap**2), 0, 0], np.float32), 2 * gap

        return Objective(evaluate)

    def tile_work(self, method: Method) -> TileWork:
        """Nobody asks."""
        raise NotImplementedError

    def free_memory(self) -> int | None:
        """See `Backend.free_memory`."""
        return None

    def limit_memory(self, memory: float) -> None:
        """It holds nothing."""

    def abort(self) -> None:
        """See `Backend.abort`."""
        self.aborted = True

    def now(self) -> float:
        """Seconds by its clock."""
        return self.seconds

    def _work(self, image: Float, share: float) -> None:
        height, width = image.shape[2:]
        self.seconds += share * RATE * Octave(height, width, 1, method="classic").work


def job(height: int, width: int, init: Float | None = None, **settings: object) -> Job:
    return Job(
        photograph(height, width),
        (Style(painting(90, 120)),),
        from_mapping({"method": "classic", **settings}),
        init=init,
    )


def untiled_run(job: Job, backend: Backend) -> Run:
    """A run whose octaves are all computed whole, whatever memory there is."""
    return Run(job, backend, lambda backend, _octave: backend)


@pytest.fixture
def timed_backend(monkeypatch: pytest.MonkeyPatch) -> FakeBackend:
    """A backend by whose clock the run measures time."""
    backend = FakeBackend()
    monkeypatch.setattr("nst_core.painting.run.Clock", partial(Clock, now=backend.now))
    monkeypatch.setattr("nst_core.painting.job_plan.time", SimpleNamespace(perf_counter=backend.now))
    return backend


def memory_is_full(*_: object) -> Any:
    raise MemoryError


def test_a_memory_that_fills_up_late_costs_no_picture() -> None:
    """Not even the smallest tiles of the last octave fit: what the one before found is enlarged, and people know."""

    def before(octave: Octave) -> None:
        if octave.width > 200:
            raise MemoryError

    run = untiled_run(job(300, 400), FakeBackend(before))
    seen = list(run)
    outcome = run.outcome()
    assert {progress.octave for progress in seen} == {1}
    assert outcome.metrics.evaluations[1:] == (0,)
    assert note("memory-was-full") in outcome.metrics.notes
    assert outcome.pixels.shape == run.job.content.shape
    assert np.abs(outcome.pixels - 0.5).mean() < 0.8 * np.abs(run.job.content - 0.5).mean()


def test_a_memory_that_fills_up_between_octaves_costs_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the way to the next size, and to full size too: then the picture is only enlarged."""
    canvas = Painter.canvas

    def later_full(painter: Painter, backend: Backend, image: Float | None, *size: int) -> Canvas:
        if image is not None:
            raise MemoryError
        return canvas(painter, backend, image, *size)

    monkeypatch.setattr(Painter, "canvas", later_full)
    monkeypatch.setattr(Painter, "to_full_size", memory_is_full)
    run = untiled_run(job(300, 400), FakeBackend())
    list(run)
    outcome = run.outcome()
    assert outcome.metrics.evaluations[1:] == (0,)
    assert {note("memory-was-full"), note("memory-was-full-at-the-end")} <= set(outcome.metrics.notes)
    assert outcome.pixels.shape == run.job.content.shape


def test_a_memory_that_is_full_from_the_start_is_an_error() -> None:
    """There is no picture to keep, and what to do is said."""
    with pytest.raises(OutOfMemoryError, match="does not fit"):
        list(untiled_run(job(300, 400), FakeBackend(memory_is_full)))


def test_a_first_picture_without_room_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the engine's words, whatever said it."""
    monkeypatch.setattr(Painter, "first_picture", memory_is_full)
    with pytest.raises(OutOfMemoryError, match="does not fit"):
        list(untiled_run(job(300, 400), FakeBackend()))


def test_an_outcome_without_room_ends_the_evaluation_that_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked from another thread while a step is at work: it is stopped, and the picture is there."""
    asked, begun = threading.Event(), threading.Event()

    def before(octave: Octave) -> None:
        if octave.width > 200:
            begun.set()
            assert asked.wait(60)

    run = untiled_run(job(300, 400), FakeBackend(before))
    thread = threading.Thread(target=list, args=(run,))
    thread.start()
    assert begun.wait(60)

    def finished_at_rest(*arguments: Any) -> Float:
        if thread.is_alive():
            asked.set()
            raise MemoryError
        return composite(*arguments)

    monkeypatch.setattr("nst_core.painting.run.composite", finished_at_rest)
    monkeypatch.setattr(run._idle, "wait", thread.join)
    assert run.outcome().pixels.shape == run.job.content.shape


@pytest.mark.parametrize("limit", [3.0, 15.0, 30.0])
def test_a_time_limit_is_kept_where_a_picture_goes_on(limit: float, timed_backend: FakeBackend) -> None:
    """A step takes more than four seconds: with three there is none, and the picture stays what it was."""
    photo = photograph(600, 800)
    run = untiled_run(job(600, 800, init=photo, seconds=limit), timed_backend)
    list(run)
    outcome = run.outcome()
    assert outcome.metrics.seconds <= limit
    assert (sum(outcome.metrics.evaluations) > 0) == (limit > 3)
    assert (note("too-little-time") in outcome.metrics.notes) == (limit == 3)
    if limit == 3:
        np.testing.assert_array_equal(outcome.pixels, photo)
    if limit == 30:
        assert outcome.metrics.seconds > limit / 2


@pytest.mark.parametrize("limit", [15.0, 20.0, 30.0])
def test_what_carrying_takes_is_kept_back_from_a_limit(limit: float, timed_backend: FakeBackend) -> None:
    """Also of a picture that could be painted at its full size, had it more time."""
    run = untiled_run(job(800, 1000, seconds=limit), timed_backend)
    list(run)
    outcome = run.outcome()
    assert limit / 3 < outcome.metrics.seconds <= limit
    assert len(outcome.metrics.evaluations) < 3


def test_another_runs_stop_is_no_end_of_this_one() -> None:
    """On a backend that they share, an evaluation that was aborted for another is an error, not a finished picture."""

    def before(_: Octave) -> None:
        raise AbortedError

    with pytest.raises(AbortedError):
        list(untiled_run(job(64, 96), FakeBackend(before)))


def test_a_run_at_rest_is_stopped_without_an_abort() -> None:
    """The backend may be at work for another one."""
    backend = FakeBackend()
    run = untiled_run(job(64, 96, quality="max"), backend)
    for progress in run:
        if progress.step == 2:
            run.stop()
    assert run.outcome().metrics.evaluations == (2,)
    assert not backend.aborted


def test_octaves_that_memory_has_no_room_for_are_told() -> None:
    """The plan says so, and the run; where all fit, nobody says anything."""
    short, roomy = job(300, 400, memory=0.75), job(300, 400, memory=8.0)
    (told,) = (one for one in plan_job(short, FakeBackend()).notes if one.code == "too-little-memory")
    assert "400 x 300" in str(told)
    assert "200 x 150" in str(told)
    run = untiled_run(short, FakeBackend())
    counts = {progress.octaves for progress in run}
    assert counts == {len(plan_job(short, FakeBackend()).octaves)}  # from the first on
    assert told in run.outcome().metrics.notes
    assert not plan_job(roomy, FakeBackend()).notes


def test_blended_styles_are_one_region() -> None:
    """Three styles without guides take the memory of one; under guides of their own each takes its share."""
    content, pixels = photograph(300, 400), painting(90, 120)
    guides = [np.zeros((300, 400), np.float32) for _ in range(3)]
    for index, guide in enumerate(guides):
        guide[100 * index : 100 * index + 100] = 1

    def memory(*styles: Style) -> int:
        return plan_job(Job(content, styles, from_mapping({"memory": 8.0})), FakeBackend()).memory

    one = memory(Style(pixels))
    assert memory(Style(pixels), Style(pixels), Style(pixels), Style(pixels, 0.0)) == one
    assert memory(*(Style(pixels, guide=guide) for guide in guides)) > one


def test_an_octave_that_is_tried_again_counts_as_one() -> None:
    """Its evaluations are those of all tries."""
    tried: list[float] = []

    def before(octave: Octave) -> None:
        if octave.width > 200:
            tried.append(octave.area)
            if len(tried) == 3:
                raise MemoryError

    run = untiled_run(job(300, 400), FakeBackend(before))
    list(run)
    evaluations = run.outcome().metrics.evaluations
    assert len(evaluations) == 2
    assert evaluations[1] == len(tried) - 1


def test_a_larger_preview_is_larger_than_a_smaller_one_before() -> None:
    """Each is as long as it was asked for."""
    run = Run(job(96, 100))
    assert [max(run.preview(side).shape) for side in (40, 64, 40, 200)] == [40, 64, 40, 100]


def test_a_loss_that_is_no_number_ends_its_octave() -> None:
    """What was best before is kept, at its own size or from the octave before, and the run goes on."""
    calls: list[int] = []

    class Broken(FakeBackend):
        def objective(self, targets: Targets) -> Objective:
            evaluate = super().objective(targets)

            def broken(image: Float) -> tuple[Float, Float]:
                losses, gradient = evaluate(image)
                calls.append(image.shape[3])
                return (losses * np.float32(np.nan) if calls == [200] * 4 else losses), gradient

            return Objective(broken)

    run = untiled_run(job(300, 400), Broken())
    list(run)
    outcome = run.outcome()
    assert calls.count(200) == 4
    assert outcome.metrics.evaluations[0] == 3
    assert outcome.metrics.evaluations[1] == calls.count(400) > 0
    assert np.isfinite(outcome.pixels).all()


@pytest.mark.parametrize("fault", [CardLostError("the graphics card failed", ""), OutOfMemoryError("it is full", "")])
def test_where_a_card_fails_the_processor_paints_on(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the best picture so far, also where the card does not hold the smallest tiles; a note says so."""
    sizes = list[int]()
    given_up = list[Backend]()

    def before(octave: Octave) -> None:
        sizes.append(octave.width)
        if len(sizes) > 3:
            raise fault

    lost = FakeBackend(before)
    lost.device = "gpu"
    monkeypatch.setattr(
        "nst_core.painting.run.choose", lambda *_: FakeBackend(lambda octave: sizes.append(octave.width))
    )
    monkeypatch.setattr("nst_core.painting.run.exclude", given_up.append)
    run = untiled_run(job(300, 400), lost)
    losses = [progress.loss for progress in run if progress.loss is not None]
    metrics = run.outcome().metrics
    assert given_up == [lost]
    assert metrics.device == "cpu"
    assert note("card-failed") in metrics.notes
    assert sizes[-1] == 400
    assert losses[3] <= losses[2]


def test_a_card_that_fails_before_the_first_step_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost then."""

    def fail(*_: object) -> None:
        raise CardLostError("the graphics card failed", "")

    lost = FakeBackend()
    lost.device = "gpu"
    monkeypatch.setattr(lost, "held", fail)
    monkeypatch.setattr("nst_core.painting.run.choose", lambda *_: FakeBackend())
    run = untiled_run(job(96, 128), lost)
    list(run)
    assert run.outcome().metrics.notes == (note("card-failed"),)
    assert run.outcome().metrics.evaluations
