"""The run: coarse to fine, each octave descending on its objective from where the one before ended.

outcome = stylize(Job(content, (Style(picture),), Settings(quality="high")))
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from nst_core import images
from nst_core.affordable import budget
from nst_core.backends import AbortedError, Backend, Float
from nst_core.choose import choose
from nst_core.descent import Step, descend
from nst_core.errors import OutOfMemoryError
from nst_core.estimate import arranged, smaller
from nst_core.finish import finished
from nst_core.job import Job, Metrics, Outcome, Progress, Style, reduced
from nst_core.memory import peak_memory
from nst_core.octaves import AFFORDABLE, Clock, Octave, Plateau, affordable, plan
from nst_core.periodic import seamless
from nst_core.planes import picture, planes, viewed
from nst_core.recipe import recipe
from nst_core.regions import opaque
from nst_core.shortage import fitting
from nst_core.start import Ladder, varied
from nst_core.statistics import Weights
from nst_core.targets import in_colors, make_targets
from nst_core.tiles import in_tiles
from nst_core.visible import filled

__all__ = ["Job", "Outcome", "Progress", "Run", "Style", "stylize"]

BALANCE = 0.05
"""Content weight at strength 50, against a style weight of 1: where rulers and eyes were content."""
SPAN = 8.0
"""Strength 0 holds content this many times, strength 100 this many times less, than strength 50."""
TV_UNIT = 0.5
"""What a smoothness of 1 means, against a style weight of 1."""

Tiled = Callable[[Backend, Octave], Backend]

GLANCE = 0.25
"""Seconds between two words on how far a picture is that is carried to full size."""
LATE = 0.1
"""Of the time that this took already, what it may still take where it takes longer than expected."""
SKETCHES = 8.0
"""An evaluation takes about as long as this many first pictures of the same size: good enough until one was seen."""


def loss_weights(strength: float, smoothness: float) -> Weights:
    """The weights behind the artist's two words."""
    return Weights(content=BALANCE * SPAN ** ((50 - strength) / 50), tv=TV_UNIT * smoothness)


@dataclass
class _Best:
    """The best picture so far, for whoever asks, from whichever thread."""

    image: Float
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
        self._lock = threading.Lock()
        self._visible = job.visible
        # What is masked out shall not influence anything either.
        self._content = filled(opaque(job.content), self._visible)
        self._area = self._visible.size / 1e6
        self._best = _Best(viewed(self._content))
        self._small: Job | None = None

    def stop(self) -> None:
        """Finish as soon as the backend can, at the latest after the step at work, and keep what existed before it."""
        self._stopped.set()
        if self._backend is not None:
            self._backend.abort()

    def __iter__(self) -> Iterator[Progress]:
        with suppress(AbortedError):
            yield from self._steps()

    def _steps(self) -> Iterator[Progress]:
        settings = self.job.settings
        if settings.strength == 0:
            return
        styles = tuple(in_colors(style, self._content, settings.color) for style in self.job.styles)
        octaves = self._plan()
        ladder = Ladder(self.job, self._content, styles, self._go_on)
        # To reduce a large picture takes long, which says nothing of the painting.
        ladder.content(octaves[0].height, octaves[0].width)
        before = self._clock.elapsed
        self._best.image = planes(self._varied(ladder.glance(octaves[0].height, octaves[0].width)))
        rate = (self._clock.elapsed - before) / octaves[0].area
        self._clock.expect(SKETCHES * rate)
        climbs = octaves[-1].area == self._area or self._clock.reserve(rate * self._area)
        last = self._progress(octaves, 0, 0)
        yield last
        if self._stopped.is_set():
            return
        backend = self._backend = self._backend or choose(settings.backend, settings.device)
        octaves = arranged(octaves, self._area, budget(settings, backend), len(self.job.styles))
        for index, octave in enumerate(octaves):
            if not self._clock.affords(octave, 0, octaves[index + 1 :]):
                break
            size = octave.height, octave.width
            start = ladder.climb(picture(self._best.image), *size) if index else self._varied(ladder.first(*size))
            for step in self._fitting(backend, octave, planes(start), styles):
                last = self._progress(octaves, index, step.number, step.loss)
                yield last
                if not self._clock.affords(octave, step.number, octaves[index + 1 :]):
                    break
            if self._stopped.is_set():
                return
        if climbs:
            yield from self._carried(ladder, last, rate * self._area)

    def _carried(self, ladder: Ladder, last: Progress, expected: float) -> Iterator[Progress]:
        """Bring the picture to full size in a thread of its own. Tells meanwhile what was told `last`, as time goes by.

        expected: seconds that it takes.
        """
        begun, fraction = self._clock.elapsed, last.fraction
        with ThreadPoolExecutor(1) as beside:
            found = beside.submit(ladder.carried, picture(self._best.image))
            while not wait([found], GLANCE).done:
                now = self._clock.elapsed
                left = max(expected - (now - begun), LATE * (now - begun))
                fraction = max(fraction, now / (now + left))
                yield replace(last, seconds_left=left, fraction=fraction)
        self._best.image = viewed(found.result())

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
        # Only now is the memory free that the error's traceback held.
        best = self._best.image
        yield from self._fitting(backend, way, best if best.shape == image.shape else image, styles)

    def _octave(self, backend: Backend, octave: Octave, image: Float, styles: tuple[Style, ...]) -> Iterator[Step]:
        settings, size = self.job.settings, (octave.height, octave.width)
        content = images.resize(self._content, *size)
        visible = images.resize(self._visible[..., None], *size)[..., 0]
        weights = loss_weights(settings.strength, settings.tv_weight)
        if settings.texture:
            weights = replace(weights, content=0.0)
        brush_size = settings.brush_size / math.sqrt(self.job.part)
        backend = self._tiled(backend, octave)
        targets = make_targets(backend, content, visible, styles, brush_size, weights)
        objective = seamless(backend, targets, content) if settings.seamless else backend.objective(targets)
        plateau = Plateau()
        self._best.evaluations.append(0)
        self._clock.restart_lap()
        lowest = np.inf
        if self._stopped.is_set():
            return
        for step in descend(objective, backend.array(image), octave.steps, octave.history):
            self._clock.evaluated(octave)
            with self._lock:
                self._best.evaluations[-1] += 1
                if step.loss < lowest:
                    lowest = step.loss
                    self._best.image, self._best.losses = backend.numpy(step.image), step.losses
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
        if self._small is None or max(self._small.content.shape) > side:
            self._small = reduced(self.job, side)
        with self._lock:
            image = self._best.image
        return finished(self._small, picture(image))

    def outcome(self) -> Outcome:
        """The best picture so far, at the content's size, and what it took. Safe to call from another thread."""
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
            notes=backend.notes if backend else (),
        )
        return Outcome(finished(self.job, picture(image)), metrics, recipe(self.job))


def stylize(job: Job, on_progress: Callable[[Progress], None] | None = None) -> Outcome:
    """Run a job to its end. Raises the errors of `Job`, BackendUnavailableError or OutOfMemoryError."""
    run = Run(job)
    for progress in run:
        if on_progress:
            on_progress(progress)
    return run.outcome()
