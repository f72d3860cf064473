"""The run: coarse to fine, each octave descending on its objective from where the one before ended.

outcome = stylize(Job(content, (Style(picture),), Settings(quality="high")))
"""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from nst_core import images
from nst_core.affordable import in_budget, keep
from nst_core.aim import aimed
from nst_core.backends import AbortedError, Backend, Float
from nst_core.carry import carried
from nst_core.choose import choose
from nst_core.descent import FIRST_MOVE, GENTLE_MOVE, Step, descend
from nst_core.errors import OutOfMemoryError
from nst_core.estimate import SPEED, smaller
from nst_core.finish import finished
from nst_core.job import Job, Metrics, Outcome, Progress, Style, reduced
from nst_core.memory import peak_memory
from nst_core.octaves import AFFORDABLE, Clock, Octave, Plateau, affordable, plan
from nst_core.planes import picture, planes, viewed
from nst_core.planned import speed_of
from nst_core.recipe import recipe
from nst_core.shortage import fitting
from nst_core.start import Ladder, varied
from nst_core.targets import in_colors
from nst_core.tiles import in_tiles
from nst_core.visible import filled

__all__ = ["Job", "Outcome", "Progress", "Run", "Style", "stylize"]

Tiled = Callable[[Backend, Octave], Backend]

SKETCHES = 8.0
"""An evaluation takes about as long as this many first pictures of the same size: good enough until one was seen."""
TRIAL = 192
"""Side of what is evaluated to learn the speed where there is a time limit and no first picture was painted, px."""
PATIENCE = 60.0
"""Seconds to wait for an evaluation that was told to end."""

FULL = "the memory was full: this is the best picture so far"
PLAINLY = "the memory was full: the picture was enlarged without finer strokes"
NO_TIME = "the time limit was too short for a single step"


@dataclass
class _Best:
    """The best picture so far, for whoever asks, from whichever thread. image: fetches it from where it lives."""

    image: Callable[[], Float]
    losses: tuple[float, float, float] = (0.0, 0.0, 0.0)
    evaluations: list[int] = field(default_factory=list)


class Run:
    """One job at work: iterate over it, and ask for `outcome()` when done, or at any time from another thread.

    tiled: the backend as an octave needs it, in tiles or not.
    """

    def __init__(self, job: Job, backend: Backend | None = None, tiled: Tiled = in_tiles) -> None:
        self.job = job
        self._backend, self._tiled = backend, tiled
        self._clock = Clock(job.settings.seconds)
        self._stopped = threading.Event()
        self._resting = threading.Event()
        self._resting.set()
        self._lock = threading.Lock()
        self._visible = job.visible
        # What is masked out shall not influence anything either.
        self._content = filled(job.content[..., :3], self._visible)
        self._area = self._visible.size / 1e6
        self._best = _Best(partial(viewed, self._content))
        self._notes: tuple[str, ...] = ()
        self._small: tuple[int, Job] | None = None

    def stop(self) -> None:
        """Finish as soon as the backend can, at the latest after the step at work, and keep what existed before it."""
        self._stopped.set()
        # At rest it looks whether it was stopped before it goes on; the backend may be at work for another run.
        if self._backend is not None and not self._resting.is_set():
            self._backend.abort()

    def __iter__(self) -> Iterator[Progress]:
        self._resting.clear()
        try:
            with fitting():
                for progress in self._steps():
                    self._resting.set()
                    yield progress
                    self._resting.clear()
        except AbortedError:
            if not self._stopped.is_set():  # it was another run, on the same backend, that was to end
                raise
        finally:
            self._resting.set()

    def _steps(self) -> Iterator[Progress]:
        settings = self.job.settings
        if settings.strength == 0:
            return
        styles = tuple(in_colors(style, self._content, settings.color) for style in self.job.styles)
        octaves = self._plan()
        ladder = Ladder(self.job, self._content, styles, self._go_on)
        to_carry = self._glance(ladder, octaves[0])
        climbs = self._clock.reserve(to_carry, self._area)
        last = self._progress(octaves, 0, 0)
        yield last
        if self._stopped.is_set():
            return
        backend = self._backend = self._backend or choose(settings.backend, settings.device)
        if settings.seconds and not ladder.sketched:
            self._clock.expect(speed_of(backend, TRIAL))
        octaves, self._notes = in_budget(octaves, self.job, backend)
        keep(octaves, self.job, backend)
        try:
            with fitting():
                for last in self._descended(ladder, octaves, styles):
                    yield last
        except OutOfMemoryError:
            if not any(self._best.evaluations):
                raise
            self._notes += (FULL,)
        if climbs and not self._stopped.is_set():
            yield from self._carried(ladder, last, to_carry)

    def _glance(self, ladder: Ladder, octave: Octave) -> float:
        """Paint a first picture. Returns the seconds that one of full size will take."""
        # To reduce a large picture takes long, which says nothing of the painting.
        ladder.content(octave.height, octave.width)
        before = self._clock.elapsed
        self._best.image = partial(planes, self._varied(ladder.glance(octave.height, octave.width)))
        rate = (self._clock.elapsed - before) / octave.area
        self._clock.expect(SKETCHES * rate if ladder.sketched else SPEED)
        return rate * self._area

    def _carried(self, ladder: Ladder, last: Progress, expected: float) -> Iterator[Progress]:
        try:
            image = yield from carried(ladder, picture(self._best.image()), self._clock, last, expected)
        except OutOfMemoryError:
            self._notes += (PLAINLY,)
        else:
            self._best.image = partial(viewed, image)

    def _descended(self, ladder: Ladder, octaves: Sequence[Octave], styles: tuple[Style, ...]) -> Iterator[Progress]:
        """One octave after another, as far as the time limit goes."""
        assert self._backend
        for index, octave in enumerate(octaves):
            later = octaves[index + 1 :]
            if not self._clock.affords(octave, 0, later):
                self._notes += () if index else (NO_TIME,)
                return
            size = octave.height, octave.width
            start = ladder.climb(picture(self._best.image()), *size) if index else self._varied(ladder.first(*size))
            self._best.evaluations.append(0)
            for step in self._fitting(self._backend, octave, planes(start), styles):
                yield self._progress(octaves, index, step.number, step.loss)
                if not self._clock.affords(octave, step.number, later):
                    break
            if self._stopped.is_set():
                return

    def _varied(self, image: Float) -> Float:
        return image if self.job.init is not None else varied(image, self.job.settings.seed)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise AbortedError

    def _plan(self) -> list[Octave]:
        settings, (height, width) = self.job.settings, self._visible.shape
        most = math.inf
        if self._area > AFFORDABLE:
            # Loading a backend takes a while: only a large picture's plan waits for it.
            self._backend = self._backend or choose(settings.backend, settings.device)
            most = affordable(settings, processor=self._backend.device == "cpu")
        return plan(height, width, settings, resumed=self.job.init is not None, most=most)

    def _fitting(self, backend: Backend, octave: Octave, image: Float, styles: tuple[Style, ...]) -> Iterator[Step]:
        """The octave's steps. Where memory is full they go on in smaller tiles."""
        way = smaller(octave)
        try:
            with fitting():
                yield from self._octave(backend, octave, image, styles)
        except OutOfMemoryError:
            if way is None:
                raise
        else:
            return
        # Only now is the memory free that the error's traceback held, some of it in cycles.
        gc.collect()
        best = self._best.image()
        yield from self._fitting(backend, way, best if best.shape == image.shape else image, styles)

    def _octave(self, backend: Backend, octave: Octave, image: Float, styles: tuple[Style, ...]) -> Iterator[Step]:
        size = octave.height, octave.width
        content = images.resize(self._content, *size)
        visible = images.resize(self._visible[..., None], *size)[..., 0]
        backend = self._tiled(backend, octave)
        objective = aimed(backend, self.job, content, visible, styles)
        plateau = Plateau()
        self._clock.restart_lap()
        lowest = np.inf
        if self._stopped.is_set():
            return
        move = FIRST_MOVE if self.job.init is None else GENTLE_MOVE
        for step in descend(objective, backend.array(image), octave.steps, octave.history, move):
            self._clock.evaluated(octave)
            with self._lock:
                self._best.evaluations[-1] += 1
                if step.loss < lowest:
                    lowest = step.loss
                    self._best.image, self._best.losses = partial(backend.numpy, step.image), step.losses
            yield step
            if self._stopped.is_set() or plateau.reached(step.loss):
                return

    def _progress(self, octaves: Sequence[Octave], index: int, step: int, loss: float | None = None) -> Progress:
        octave, later = octaves[index], octaves[index + 1 :]
        left = self._clock.seconds_left(octave, step, later)
        elapsed = self._clock.elapsed
        return Progress(
            octave=index + 1,
            octaves=len(octaves),
            step=step,
            steps=octave.steps,
            loss=loss,
            seconds_left=left,
            fraction=elapsed / (elapsed + left) if step else 0.0,
        )

    def preview(self, side: int) -> Float:
        """The best picture so far, neither side longer than `side`; far cheaper than an outcome of a large picture."""
        if self._small is None or self._small[0] != side:
            self._small = side, reduced(self.job, side)
        with self._lock:
            image = self._best.image
        return finished(self._small[1], picture(image()))

    def outcome(self) -> Outcome:
        """The best picture so far, at the content's size, and what it took. Safe to call from another thread.

        Where there is no memory for it, the run is stopped first. Raises OutOfMemoryError if there is none even then.
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
            losses=dict(zip(("style", "content", "tv"), losses, strict=True)),
            peak_memory=peak_memory(),
            notes=(backend.notes if backend else ()) + self._notes,
        )
        return Outcome(self._finished(image), metrics, recipe(self.job, backend))

    def _finished(self, image: Callable[[], Float]) -> Float:
        with suppress(OutOfMemoryError), fitting():
            return finished(self.job, picture(image()))
        # What is being evaluated, perhaps for an octave that nobody will wait for, gives its memory back.
        self.stop()
        self._resting.wait(PATIENCE)
        with fitting():
            return finished(self.job, picture(image()))


def stylize(job: Job, on_progress: Callable[[Progress], None] | None = None) -> Outcome:
    """Run a job to its end. Raises the errors of `Job`, BackendUnavailableError or OutOfMemoryError."""
    run = Run(job)
    for progress in run:
        if on_progress:
            on_progress(progress)
    return run.outcome()
