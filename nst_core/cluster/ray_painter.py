"""A painter of a pool whose engine runs on a machine of a cluster.

Jobs are sent with their pixels, so no shared disk is needed. Style pictures are sent separately, once for all jobs and
workers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from nst_core.cluster.ray_cluster import Cluster, Worker
from nst_core.imaging.arrays import Float, digest
from nst_core.painting.job import Job
from nst_core.painting.run import Run
from nst_core.shared.errors import CancelledError
from nst_core.shared.settings import MIN_SIDE
from nst_core.system.lru_cache import LruCache
from nst_core.worker.convert import Painted

STYLES = 16
"""Number of style pictures that are kept in the cluster."""
BLANK = np.zeros((MIN_SIDE, MIN_SIDE, 3), np.float32)
"""Replaces the style pictures in a job that is sent."""


class JobWorker:
    """Paints jobs in a worker of the cluster."""

    def paint(self, job: Job, *pictures: Float) -> Iterator[float | Painted]:
        """Yields the fraction done, and at the end the picture. pictures: (H, W, 3 or 4), those of the job's styles."""
        styles = (replace(style, pixels=pixels) for style, pixels in zip(job.styles, pictures, strict=True))
        run = Run(replace(job, styles=tuple(styles)))
        with closing(iter(run)) as steps:
            for progress in steps:
                yield progress.fraction
        outcome = run.outcome()
        yield Painted(outcome.pixels, outcome.recipe, outcome.metrics.to_mapping())


class RayPainterPool:
    """Makes painters, which share the cluster evenly. graphics: use its cards, if any."""

    def __init__(self, cluster: Cluster, workers: int, *, graphics: bool) -> None:
        self._cluster, self._workers, self._graphics = cluster, workers, graphics
        self._styles: LruCache[Any] = LruCache(STYLES)

    def painter(self) -> RayPainter:
        """A new painter."""
        return RayPainter(self)

    def worker(self) -> Worker:
        """A process with a JobWorker."""
        return self._cluster.worker(JobWorker, self._workers, graphics=self._graphics)

    def shared(self, style: Float) -> Any:
        """A reference to a style's pixels in the cluster, which are sent only once."""
        return self._styles.get(digest(style), lambda: self._cluster.share(style))


class RayPainter:
    """See nst_core.batch.pool.JobPainter. Its worker is started at once; the first picture waits for it."""

    def __init__(self, pool: RayPainterPool) -> None:
        self._pool = pool
        self._cancelled = threading.Event()
        self._worker: Worker | None = pool.worker()

    def paint(self, job: Job, on_progress: Callable[[float], None]) -> Painted:
        """See JobPainter.paint."""
        self._cancelled.clear()
        pictures = [self._pool.shared(style.pixels) for style in job.styles]
        sent = replace(job, styles=tuple(replace(style, pixels=BLANK, source=None) for style in job.styles))
        try:
            for event in self._ready().stream("paint", sent, *pictures, cancelled=self._cancelled.is_set):
                if isinstance(event, Painted):
                    return event
                on_progress(event)
        except CancelledError:
            self.close()  # the only way to end a step at once; another worker paints the next picture
            raise
        raise CancelledError("the worker stopped before its picture was done")

    def cancel(self) -> None:
        """See JobPainter.cancel."""
        self._cancelled.set()

    def close(self) -> None:
        """See JobPainter.close."""
        worker, self._worker = self._worker, None
        if worker:
            worker.close()

    def _ready(self) -> Worker:
        if self._worker is None:
            self._worker = self._pool.worker()
        return self._worker
