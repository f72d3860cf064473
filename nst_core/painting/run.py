"""Runs a job from coarse to fine: each octave minimises its objective, starting from the result of the one before.

    outcome = stylize(Job(content, (Style(picture),), Settings(quality="high")))

An octave, from here to the gradient: `Run._octave` asks `Painter.canvas` for start image and objective. The painter
computes targets (`style_targets`) and gives them to `Backend.objective`. `lbfgs.descend` minimises this objective: each
step evaluates it once, whole (`backends/onnx.py`, `backends/torch.py`) or in tiles (`backends/tiling.py`).
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from nst_core.backends.base import AbortedError, Backend, to_image, to_pixels
from nst_core.backends.select import choose, exclude
from nst_core.backends.tiling import tiled_if_planned
from nst_core.imaging.arrays import Float
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.painting.clock import Clock, Plateau
from nst_core.painting.composite import composite
from nst_core.painting.job import Job, Metrics, Outcome, reduced
from nst_core.painting.job_plan import enforce_budget, in_budget, speed_of
from nst_core.painting.lbfgs import FIRST_MOVE, GENTLE_MOVE, Step, descend
from nst_core.painting.painter import Painter
from nst_core.painting.recipe import recipe
from nst_core.painting.style_targets.targets import in_colors
from nst_core.shared.errors import CardLostError, OutOfMemoryError
from nst_core.shared.planning.cost_model import DEFAULT_SPEED, overhead, with_less_memory
from nst_core.shared.planning.progress import Progress
from nst_core.shared.planning.schedule import Octave, excerpt_octaves, largest_optimized_megapixels, plan
from nst_core.shared.sentences import Note, note
from nst_core.system.memory import peak_memory
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.vgg.losses import Array

BackendForOctave = Callable[[Backend, Octave], Backend]
"""Returns the backend for an octave, in tiles or not."""

T = TypeVar("T")

TRIAL_SIDE = 192
"""Side of the picture with which the speed is measured if there is a time limit, px."""

COPY_SECONDS = 1.0
"""Least seconds between two copies of an image in a graphics card's memory."""

STOP_SECONDS = 60.0
"""Seconds to wait for the end of an aborted evaluation."""

POLL_SECONDS = 0.25
"""Seconds between two progress events."""

ROUNDED = 1.05
"""How much larger than planned a size may be that was rounded to whole px."""

LATE = 0.1
"""If upscaling takes longer than expected, the time left is estimated as this share of the time that it took so far."""


@dataclass
class _Best:
    """The best picture so far. image: returns it, (h, w, 3)."""

    image: Callable[[], Float]
    losses: tuple[float, float, float] = (0.0, 0.0, 0.0)
    evaluations: list[int] = field(default_factory=list)


class _Backup:
    """A copy of an octave's best image, since a graphics card that fails loses what is in its memory."""

    def __init__(self, start: Float, clock: Clock) -> None:
        """start: (h, w, 3)."""
        self._clock, self._copied_at, self._copy = clock, clock.elapsed, start

    def protected(self, fetch: Callable[[], Float]) -> Callable[[], Float]:
        """A function that fetches an image, or if that fails returns the last copy.

        The image is copied now if the last copy is old. Raises CardLostError if that fails.
        """
        if self._clock.elapsed - self._copied_at > COPY_SECONDS:
            self._copy, self._copied_at = fetch(), self._clock.elapsed
        return partial(_fetched_or, fetch, self._copy)


def _fetched_or(fetch: Callable[[], Float], copy: Float) -> Float:
    try:
        return fetch()
    except CardLostError:
        return copy


def _constant(pixels: Float) -> Callable[[], Float]:
    return lambda: pixels


class Run:
    """The run of one job: iterate over it, then call `outcome()`, which other threads may also call at any time.

    To end the iteration early, close it (`contextlib.closing(iter(run))`); this frees the memory at once.

    backend_for: see `BackendForOctave`. sketch: end with the first picture of the last octave, without optimisation.
    """

    def __init__(
        self,
        job: Job,
        backend: Backend | None = None,
        backend_for: BackendForOctave = tiled_if_planned,
        *,
        sketch: bool = False,
    ) -> None:
        self.job = job
        self._backend, self._backend_for, self._sketch = backend, backend_for, sketch
        self._clock = Clock(job.settings.seconds)
        self._stopped = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._visible = job.visible
        # Masked pixels must not influence the result.
        self._content = fill_hidden(job.content[..., :3], self._visible)
        self._area = self._visible.size / 1e6
        self._begun = job.excerpt.begun if job.excerpt else None
        self._best = _Best(_constant(self._content))
        self._notes: tuple[Note, ...] = ()
        self._preview_job: tuple[int, Job] | None = None
        self._fraction = 0.0

    def stop(self) -> None:
        """End as soon as the backend can, at the latest after the current step, and keep the best picture so far."""
        self._stopped.set()
        # Between steps the run checks `_stopped` itself; the backend may be in use by another run.
        if self._backend is not None and not self._idle.is_set():
            self._backend.abort()

    def __iter__(self) -> Generator[Progress, None, None]:
        self._idle.clear()
        try:
            with as_out_of_memory(), closing(self._steps()) as steps:
                for progress in steps:
                    self._idle.set()
                    try:
                        yield progress
                    except GeneratorExit:
                        self._stopped.set()  # the iteration was closed: the thread that upscales must end too
                        raise
                    self._idle.clear()
        except AbortedError:
            if not self._stopped.is_set():  # another run on the same backend was stopped
                raise
        finally:
            self._idle.set()

    def _steps(self) -> Generator[Progress, None, None]:
        settings = self.job.settings
        if not settings.paints:
            return
        styles = tuple(in_colors(style, self._content, settings.color) for style in self.job.styles)
        self._backend = self._backend or choose(settings.backend, settings.device)
        octaves = self._plan()
        painter = Painter(self.job, self._content, styles, self._require_running)
        speed = DEFAULT_SPEED
        if settings.seconds and not settings.by_pieces:
            speed = self._with_fallback(lambda backend: speed_of(backend, TRIAL_SIDE))
        self._clock.expect(speed)
        first, picture = octaves[-1 if self._sketch else 0], self._begun
        if picture is None:
            picture = self._with_fallback(lambda backend: painter.first_picture(backend, first.height, first.width))
        self._best.image = _constant(picture)
        octaves, notes = in_budget(octaves, self.job, self._backend)
        self._notes += notes
        upscales = self._clock.reserve(overhead(octaves[-1], self._area), self._area)
        last = self._progress(octaves, 0, 0)
        yield last
        if self._stopped.is_set() or self._sketch:
            return
        enforce_budget(octaves, self.job, self._backend)
        try:
            with as_out_of_memory(), closing(self._optimized(painter, octaves)) as steps:
                for last in steps:
                    yield last
        except OutOfMemoryError:
            if not any(self._best.evaluations):
                raise
            self._notes += (note("memory-was-full"),)
        if upscales and not self._stopped.is_set():
            yield from self._to_full_size(painter, last)

    def _to_full_size(self, painter: Painter, last: Progress) -> Generator[Progress, None, None]:
        assert self._backend
        try:
            try:
                image = yield from upscaled_in_thread(painter, self._backend, self._best.image(), self._clock, last)
            except CardLostError as error:
                backend = self._without_card(error)
                image = yield from upscaled_in_thread(painter, backend, self._best.image(), self._clock, last)
        except OutOfMemoryError:
            self._notes += (note("memory-was-full-at-the-end"),)
        else:
            self._best.image = _constant(image)

    def _optimized(self, painter: Painter, octaves: Sequence[Octave]) -> Generator[Progress, None, None]:
        """Optimise one octave after another, as far as the time limit allows."""
        for index, octave in enumerate(octaves):
            later = octaves[index + 1 :]
            # Planned for a card that has failed. In whole px, what the processor may paint can be a little larger.
            if index and octave.area > ROUNDED * self._largest():
                return
            if not self._clock.affords(octave, 0, later):
                self._notes += () if index else (note("too-little-time"),)
                return
            image = self._best.image() if index or self._begun is not None else None
            self._best.evaluations.append(0)
            with closing(self._octave_with_fallback(painter, octave, image)) as steps:
                for step in steps:
                    yield self._progress(octaves, index, step.number, step.loss)
                    if not self._clock.affords(octave, step.number, later):
                        break
            if self._stopped.is_set():
                return

    def _require_running(self) -> None:
        if self._stopped.is_set():
            raise AbortedError

    def _plan(self) -> list[Octave]:
        settings, (height, width) = self.job.settings, self._visible.shape
        most = self._largest()
        excerpt, resumed = self.job.excerpt, self.job.init is not None
        if excerpt is None:
            return plan(height, width, settings, resumed=resumed, max_megapixels=most)
        octaves = plan(*excerpt.whole, settings, resumed=resumed, max_megapixels=most)
        begun = 0 if excerpt.begun is None else excerpt.begun.shape[1]
        return excerpt_octaves(octaves, excerpt.whole, (height, width), self.job.part, begun)

    def _largest(self) -> float:
        """Megapixels of the largest octave that the current backend may paint."""
        assert self._backend
        return largest_optimized_megapixels(self.job.settings, processor=self._backend.device == "cpu")

    def _with_fallback(self, work: Callable[[Backend], T]) -> T:
        """Call `work` with the backend; if that is a graphics card and fails, again with the processor."""
        assert self._backend
        try:
            return work(self._backend)
        except CardLostError as error:
            return work(self._without_card(error))

    def _without_card(self, error: Exception) -> Backend:
        """Use the processor instead of a failed card for the rest of the run. Raises the error if there was no card."""
        assert self._backend
        if self._backend.device != "gpu":
            raise error
        exclude(self._backend)
        self._backend = choose("auto", "cpu")
        self._notes += (note("card-failed"),)
        return self._backend

    def _fallback_for(self, octave: Octave, error: Exception) -> Octave:
        """The octave in smaller tiles, or for the processor. Raises the error if neither can help."""
        cheaper = with_less_memory(octave)
        if isinstance(error, OutOfMemoryError) and cheaper is not None:
            return cheaper
        (on_processor,), _ = in_budget([octave], self.job, self._without_card(error))
        return on_processor

    def _octave_with_fallback(
        self, painter: Painter, octave: Octave, image: Float | None
    ) -> Generator[Step, None, None]:
        """The octave's steps. After an error they continue in smaller tiles (memory) or on the processor (failed card).

        image: (h, w, 3).
        """
        try:
            with as_out_of_memory():
                yield from self._octave(painter, octave, image)
        except (OutOfMemoryError, CardLostError) as error:
            fallback = self._fallback_for(octave, error)
        else:
            return
        # The error's traceback held memory, some of it in reference cycles; it can be freed only now.
        gc.collect()
        best = self._best.image()
        yield from self._octave_with_fallback(painter, fallback, best if self._best.evaluations[-1] else image)

    def _octave(self, painter: Painter, octave: Octave, image: Float | None) -> Generator[Step, None, None]:
        assert self._backend
        backend = self._backend_for(self._backend, octave)
        canvas = painter.canvas(backend, image, octave.height, octave.width)
        plateau = Plateau()
        self._clock.restart_lap()
        lowest, next_image, backup = np.inf, None, _Backup(canvas.start, self._clock)

        def fetcher(image: Array) -> Callable[[], Float]:
            fetch = partial(to_pixels, backend, image)
            return backup.protected(fetch) if backend.device == "gpu" else fetch

        move = FIRST_MOVE if self.job.init is None else GENTLE_MOVE
        with canvas.objective as objective:
            if self._stopped.is_set():
                return
            start = to_image(backend, canvas.start)
            for step in descend(objective, start, octave.steps, octave.history, move):
                self._clock.evaluated(octave)
                with self._lock:
                    self._best.evaluations[-1] += 1
                    next_image = step.next_image if step.loss < lowest else None
                    if step.loss < lowest:
                        lowest = step.loss
                        self._best.image = fetcher(step.image)
                        self._best.losses = step.losses
                yield step
                if self._stopped.is_set() or plateau.reached(step.loss):
                    return
            if next_image and self.job.init is None:
                # One more move, by the last gradient. To evaluate it would cost a step; the losses are those before it.
                # Not from an earlier result, which is near its minimum: it would double the flicker of a sequence.
                self._best.image = fetcher(next_image())

    def _progress(self, octaves: Sequence[Octave], index: int, step: int, loss: float | None = None) -> Progress:
        octave, later = octaves[index], octaves[index + 1 :]
        left = self._clock.seconds_left(octave, step, later)
        elapsed = self._clock.elapsed
        # The fraction never decreases, even if the estimate grows.
        self._fraction = max(self._fraction, elapsed / (elapsed + left)) if step else self._fraction
        return Progress(
            octave=index + 1,
            octaves=len(octaves),
            step=step,
            steps=octave.steps,
            loss=loss,
            seconds_left=left,
            fraction=self._fraction,
        )

    def preview(self, side: int) -> Float:
        """(H, W, 3 or 4): the best picture so far with a longer side of at most `side` px."""
        if self._preview_job is None or self._preview_job[0] != side:
            self._preview_job = side, reduced(self.job, side)
        with self._lock:
            image = self._best.image
        return composite(self._preview_job[1], image())

    def outcome(self) -> Outcome:
        """The best picture so far at the content's size, with metrics and recipe. Thread-safe.

        If memory is full, the run is stopped first. Raises OutOfMemoryError if that does not suffice.
        """
        with self._lock:
            image, losses, evaluations = self._best.image, self._best.losses, tuple(self._best.evaluations)
        backend = self._backend
        metrics = Metrics(
            seconds=self._clock.elapsed,
            backend=backend.name if backend else "none",
            device=backend.device if backend else "none",
            precision=backend.precision if backend else "none",
            evaluations=evaluations,
            losses=dict(zip(("style", "held", "tv"), losses, strict=True)),
            peak_memory=peak_memory(),
            notes=(backend.notes if backend else ()) + self._notes,
            card=backend.card if backend else "",
        )
        return Outcome(self._finished(image), metrics, recipe(self.job, backend))

    def _finished(self, image: Callable[[], Float]) -> Float:
        with suppress(OutOfMemoryError), as_out_of_memory():
            return composite(self.job, image())
        # Stop the current evaluation, which frees its memory.
        self.stop()
        self._idle.wait(STOP_SECONDS)
        with as_out_of_memory():
            return composite(self.job, image())


def stylize(job: Job, on_progress: Callable[[Progress], None] | None = None) -> Outcome:
    """Run a job to its end. Raises the errors of `Job`, BackendUnavailableError or OutOfMemoryError."""
    run = Run(job)
    with closing(iter(run)) as steps:
        for progress in steps:
            if on_progress:
                on_progress(progress)
    return run.outcome()


def upscaled_in_thread(
    painter: Painter, backend: Backend, image: Float, clock: Clock, last: Progress
) -> Generator[Progress, None, Float]:
    """Upscale the image (h, w, 3) to full size in a thread of its own, and return it, (H, W, 3).

    Meanwhile yields `last` again and again with new estimates of the time. Raises OutOfMemoryError.
    """
    start, fraction = clock.elapsed, last.fraction
    with as_out_of_memory(), ThreadPoolExecutor(1) as executor:
        upscaled = executor.submit(painter.to_full_size, backend, image)
        while not wait([upscaled], POLL_SECONDS).done:
            now = clock.elapsed
            left = max(clock.reserved - (now - start), LATE * (now - start))
            fraction = max(fraction, now / (now + left))
            yield replace(last, seconds_left=left, fraction=fraction)
        return upscaled.result()
