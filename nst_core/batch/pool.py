"""The worker pool of a batch: each worker is a thread with an engine of its own.

An engine that crashes is replaced, and its picture tried once more. Pictures are read and written here, so that engines
may run on other machines.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from nst_core.batch.batch import Batch, Report
from nst_core.batch.batch_files import Item
from nst_core.batch.records import Records
from nst_core.imaging.files import image_files
from nst_core.painting.job import Job
from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import resource_error
from nst_core.shared.errors import (
    BackendUnavailableError,
    CancelledError,
    DamagedWeightsError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    NeuralStyleError,
    UnwritableOutputError,
)
from nst_core.shared.sentences import DOCTOR
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.worker.convert import Painted, picture_of, request_of

FATAL = (BackendUnavailableError, DamagedWeightsError, EngineMismatchError, EngineMissingError)
"""Errors that would occur for every picture."""


class JobPainter(Protocol):
    """Paints jobs: an engine on this machine, or on another one."""

    def paint(self, job: Job, on_progress: Callable[[float], None]) -> Painted:
        """Paint; the callback gets the fraction done. Raises what a run raises, CancelledError after `cancel`.

        EngineCrashedError: another painter may succeed.
        """

    def cancel(self) -> None:
        """End the current job; called from another thread."""

    def close(self) -> None:
        """End the painter."""


class EnginePainter:
    """Paints with an engine on this machine; see JobPainter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.cancel, self.close = engine.cancel, engine.close

    def paint(self, job: Job, on_progress: Callable[[float], None]) -> Painted:
        """See JobPainter.paint."""
        done = self._engine.stylize(request_of(job), lambda progress: on_progress(progress.fraction))
        return Painted(picture_of(done.pixels, job.content.shape[2]), done.recipe, done.metrics)


class Watcher(Protocol):
    """Gets the progress; called from the pool's threads."""

    def began(self, worker: int, item: Item) -> None:
        """A worker has begun a picture."""

    def reached(self, worker: int, fraction: float) -> None:
        """The fraction of the picture that is done."""

    def ended(self, worker: int, report: Report) -> None:
        """The picture is finished, or has failed."""


class PainterPool:
    """Workers that paint a batch, each in a thread of its own."""

    def __init__(self, batch: Batch, start: Callable[[], JobPainter], workers: int, watcher: Watcher) -> None:
        """start: makes a painter; its errors are those of Engine.start."""
        self.batch = batch
        self.start = start
        self._watcher = watcher
        self.stopped = threading.Event()
        self._queue = iter(batch.items)
        self._lock = threading.Lock()  # guards the queue and the two below
        self._reports: dict[Item, Report] = {}
        self.fatal: NeuralStyleError | None = None
        """The error of class FATAL that ended the batch."""
        count = 1 if batch.sequence else min(workers, len(batch.items))
        self._workers = [_Worker(number, self) for number in range(count)]

    def begin(self) -> None:
        """Start painting; returns at once."""
        for number, worker in enumerate(self._workers):
            try:
                worker.start()
            except RuntimeError as error:  # noqa: PERF203 - no more threads can be started; fewer workers will do
                del self._workers[number:]
                if not number:
                    raise resource_error(error) from error
                return

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most that long; True if all workers have ended."""
        for worker in self._workers:
            worker.join(seconds / len(self._workers))
        return not any(worker.is_alive() for worker in self._workers)

    def stop(self) -> None:
        """Cancel the pictures at work and start no more; files being written are finished. May be called again."""
        self.stopped.set()
        for worker in self._workers:
            worker.cancel()

    def reports(self) -> list[Report]:
        """One for each picture; to be called after the end."""
        return [self._reports.get(item, Report(item, "left")) for item in self.batch.items]

    def take(self) -> Item | None:
        """The next picture; None if there is none or no more shall be painted."""
        with self._lock:
            return None if self.stopped.is_set() else next(self._queue, None)

    def report(self, worker: int, report: Report) -> None:
        """Store the result of a picture; a fatal error stops the pool."""
        with self._lock:
            if isinstance(report.error, FATAL):
                self.fatal, report = report.error, Report(report.item, "left")
            self._reports[report.item] = report
        if self.fatal:
            self.stop()
        self.notify(lambda watcher: watcher.ended(worker, report))

    def notify(self, call: Callable[[Watcher], None]) -> None:
        """Notify the watcher; its errors, as of a closed terminal, are ignored."""
        with suppress(Exception):
            call(self._watcher)


class _Worker(threading.Thread):
    """A thread that paints one picture after another; it starts its painter when it first needs one."""

    def __init__(self, number: int, pool: PainterPool) -> None:
        super().__init__(name=f"worker {number}", daemon=True)
        self._number = number
        self._pool = pool
        self._painter: JobPainter | None = None
        self._before: Item | None = None  # in a sequence

    def run(self) -> None:
        """Paint until there is nothing left or the pool is stopped."""
        try:
            while item := self._pool.take():
                report = self._report(item)
                self._pool.report(self._number, report)
                if self._pool.batch.sequence and report.state in ("painted", "kept"):
                    self._before = item
        finally:
            with suppress(Exception):
                self._close_painter()

    def cancel(self) -> None:
        """Cancel the picture at work."""
        painter = self._painter
        if painter:
            painter.cancel()

    def _report(self, item: Item) -> Report:
        """Paint a picture; errors become part of the report."""
        self._pool.notify(lambda watcher: watcher.began(self._number, item))
        try:
            with as_out_of_memory("use --size"):
                return self._process(item)
        except NeuralStyleError as error:
            stopped = self._pool.stopped.is_set() and isinstance(error, (CancelledError, EngineCrashedError))
            return Report(item, "left") if stopped else Report(item, "failed", error)
        except Exception as error:  # noqa: BLE001 - an error of one picture must not end the others
            return Report(item, "failed", NeuralStyleError(f"{type(error).__name__}: {error}"[:200], DOCTOR))

    def _process(self, item: Item) -> Report:
        """Read, paint and write a picture that is due, and its record."""
        batch = self._pool.batch
        record_key = batch.due(item, self._before)
        if record_key is None:
            return Report(item, "kept")
        source, job = batch.make(item, self._before)
        try:
            item.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableOutputError(f"{item.output.parent} cannot be made", "choose another folder") from error
        image_files.require_size(image_files.require_writable(item.output), *source.pixels.shape[:2])
        existed = item.output.exists()
        painted = self._paint(job)
        records = Records(batch.folder)
        with suppress(UnwritableOutputError):  # the picture itself may still be written
            records.begin(item.output)
        image_files.write(item.output, painted.pixels, source, overwrite=existed)
        records.write(item.output, record_key, recipe=dict(painted.recipe), metrics=dict(painted.metrics))
        return Report(item, "painted", metrics=painted.metrics, notes=source.notes)

    def _paint(self, job: Job) -> Painted:
        """Paint, and once more with a new painter if the first one crashes."""
        try:
            return self._attempt(job)
        except EngineCrashedError:
            return self._attempt(job)

    def _attempt(self, job: Job) -> Painted:
        if self._painter is None:
            self._painter = self._pool.start()
        try:
            if self._pool.stopped.is_set():
                raise CancelledError("the batch was stopped")
            return self._painter.paint(job, self._on_progress)
        except EngineCrashedError:
            self._close_painter()
            raise

    def _on_progress(self, fraction: float) -> None:
        self._pool.notify(lambda watcher: watcher.reached(self._number, fraction))

    def _close_painter(self) -> None:
        painter, self._painter = self._painter, None
        if painter:
            painter.close()
