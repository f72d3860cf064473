"""A batch at work: each worker of a pool paints one picture after another, with an engine of its own.

An engine that dies is replaced, and its picture tried once more. Pictures are read and written here, not by the
engines, so that what paints may be anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from nst_core.batch.batch import Batch, Item, Report
from nst_core.batch.records import Records
from nst_core.imaging import image_files
from nst_core.shared.client.launch import no_room
from nst_core.shared.errors import (
    DOCTOR,
    BackendUnavailableError,
    CancelledError,
    DamagedWeightsError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    NeuralStyleError,
    UnwritableOutputError,
)
from nst_core.shared.wire.messages import Done, Progress, Stylize
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.worker.convert import picture_of, request_of

HOPELESS = (BackendUnavailableError, DamagedWeightsError, EngineMismatchError, EngineMissingError)
"""What would go wrong with every picture."""


class Painter(Protocol):
    """What paints: an Engine, or something that stands for one elsewhere."""

    def stylize(self, request: Stylize, on_progress: Callable[[Progress], None] | None = None) -> Done:
        """Paint. Raises EngineCrashedError where another painter might fare better, CancelledError after `cancel`."""

    def cancel(self) -> None:
        """End what is at work; called from another thread."""

    def close(self) -> None:
        """End the painter."""


class Watcher(Protocol):
    """Who wants to know; called from the pool's threads."""

    def began(self, worker: int, item: Item) -> None:
        """A worker has begun a picture."""

    def reached(self, worker: int, fraction: float) -> None:
        """It has come so far with it."""

    def ended(self, worker: int, report: Report) -> None:
        """It is done with it."""


class PainterPool:
    """Workers that paint a batch, each in a thread of its own."""

    def __init__(self, batch: Batch, start: Callable[[], Painter], workers: int, watcher: Watcher) -> None:
        """start: makes a painter; its errors are those of Engine.start."""
        self.batch = batch
        self.start = start
        self._watcher = watcher
        self.stopped = threading.Event()
        self._queue = iter(batch.items)
        self._lock = threading.Lock()  # guards the queue and the two below
        self._reports: dict[Item, Report] = {}
        self.hopeless: NeuralStyleError | None = None
        """What would have gone wrong with every picture, and ended the batch."""
        count = 1 if batch.sequence else min(workers, len(batch.items))
        self._workers = [_Worker(number, self) for number in range(count)]

    def begin(self) -> None:
        """Start painting; returns at once."""
        for number, worker in enumerate(self._workers):
            try:
                worker.start()
            except RuntimeError as error:  # noqa: PERF203 - no thread is left; fewer workers do
                del self._workers[number:]
                if not number:
                    raise no_room(error) from error
                return

    def wait(self, seconds: float) -> bool:
        """Wait for the end, that long at most; True when it has come."""
        for worker in self._workers:
            worker.join(seconds / len(self._workers))
        return not any(worker.is_alive() for worker in self._workers)

    def stop(self) -> None:
        """End what is being painted and take up nothing more; what is being written is finished. May be repeated."""
        self.stopped.set()
        for worker in self._workers:
            worker.cancel()

    def reports(self) -> list[Report]:
        """One for each picture, once all has ended."""
        return [self._reports.get(item, Report(item, "left")) for item in self.batch.items]

    def take(self) -> Item | None:
        """The next picture; None if there is none or no more shall be painted."""
        with self._lock:
            return None if self.stopped.is_set() else next(self._queue, None)

    def report(self, worker: int, report: Report) -> None:
        """A worker has ended a picture."""
        with self._lock:
            if isinstance(report.error, HOPELESS):
                self.hopeless, report = report.error, Report(report.item, "left")
            self._reports[report.item] = report
        if self.hopeless:
            self.stop()
        self.tell(lambda watcher: watcher.ended(worker, report))

    def tell(self, what: Callable[[Watcher], None]) -> None:
        """Tell the watcher. One that cannot listen, as where a terminal is gone, is no reason to paint no more."""
        with suppress(Exception):
            what(self._watcher)


class _Worker(threading.Thread):
    """Takes up picture after picture, with a painter that it starts when it first needs one."""

    def __init__(self, number: int, pool: PainterPool) -> None:
        super().__init__(name=f"worker {number}", daemon=True)
        self._number = number
        self._pool = pool
        self._painter: Painter | None = None
        self._before: Item | None = None  # in a sequence

    def _began(self, item: Item) -> None:
        self._pool.tell(lambda watcher: watcher.began(self._number, item))

    def run(self) -> None:
        """Paint until there is nothing left or the pool is stopped."""
        try:
            while item := self._pool.take():
                self._began(item)
                report = self._reported(item)
                self._pool.report(self._number, report)
                if self._pool.batch.sequence and report.state in ("painted", "kept"):
                    self._before = item
        finally:
            with suppress(Exception):  # it is on its way out
                self._dismiss()

    def cancel(self) -> None:
        """End what is at work."""
        painter = self._painter
        if painter:
            painter.cancel()

    def _reported(self, item: Item) -> Report:
        try:
            with as_out_of_memory("use --size"):
                return self._made(item)
        except NeuralStyleError as error:
            stopped = self._pool.stopped.is_set() and isinstance(error, (CancelledError, EngineCrashedError))
            return Report(item, "left") if stopped else Report(item, "failed", error)
        except Exception as error:  # noqa: BLE001 - one picture's trouble is no reason to leave the others
            return Report(item, "failed", NeuralStyleError(f"{type(error).__name__}: {error}"[:200], DOCTOR))

    def _made(self, item: Item) -> Report:
        batch = self._pool.batch
        made = batch.due(item, self._before)
        if made is None:
            return Report(item, "kept")
        source, job = batch.make(item, self._before)
        try:
            item.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableOutputError(f"{item.output.parent} cannot be made", "choose another folder") from error
        image_files.require_size(image_files.require_writable(item.output), *source.pixels.shape[:2])
        there = item.output.exists()
        done = self._painted(request_of(job))
        records = Records(batch.folder)
        with suppress(UnwritableOutputError):  # the picture may still find a place
            records.begin(item.output)
        image_files.write(item.output, picture_of(done.pixels, source.pixels.shape[2]), source, overwrite=there)
        records.write(item.output, made, recipe=dict(done.recipe), metrics=dict(done.metrics))
        return Report(item, "painted", metrics=done.metrics, notes=source.notes)

    def _painted(self, request: Stylize) -> Done:
        """Paint, and once more with a new painter if the first one dies."""
        try:
            return self._attempt(request)
        except EngineCrashedError:
            return self._attempt(request)

    def _attempt(self, request: Stylize) -> Done:
        if self._painter is None:
            self._painter = self._pool.start()
        try:
            if self._pool.stopped.is_set():
                raise CancelledError("the batch was stopped")
            return self._painter.stylize(request, self._tell)
        except EngineCrashedError:
            self._dismiss()
            raise

    def _tell(self, progress: Progress) -> None:
        self._pool.tell(lambda watcher: watcher.reached(self._number, progress.fraction))

    def _dismiss(self) -> None:
        painter, self._painter = self._painter, None
        if painter:
            painter.close()
