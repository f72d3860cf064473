"""A painter of a pool whose engine works somewhere in a cluster.

Pictures cross as arrays, so that nothing needs a disk that all machines see. A style crosses once, whoever paints it.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nst_core.cluster.ray_cluster import Cluster, Worker
from nst_core.imaging.arrays import Float, digest
from nst_core.painting.job import Job, Style
from nst_core.painting.run import Run
from nst_core.shared.errors import CancelledError
from nst_core.shared.settings import from_mapping, to_mapping
from nst_core.shared.wire.messages import Done, Progress, Stylize
from nst_core.system.lru_cache import LruCache
from nst_core.worker.convert import job_of, to_pixels

STYLES = 16
"""Style pictures to keep in the cluster."""


class RayWorkerImpl:
    """The far side: an engine that paints where it is."""

    def paint(self, facts: Mapping[str, Any], *styles: Float) -> Iterator[Any]:
        """The progress of a run, as mappings, and at the end (picture, recipe, metrics)."""
        parts = zip(styles, facts["weights"], facts["guides"], strict=True)
        job = Job(
            facts["content"],
            tuple(Style(*part) for part in parts),
            from_mapping(facts["settings"]),
            facts["init"],
            facts["mask"],
            facts["part"],
            facts["strength_map"],
        )
        run = Run(job)
        for progress in run:
            yield dataclasses.asdict(progress)
        outcome = run.outcome()
        yield outcome.pixels, outcome.recipe, dataclasses.asdict(outcome.metrics)


class RayPainterPool:
    """Where painters are to be had: so many that share the cluster evenly. graphics: use its cards, if any."""

    def __init__(self, cluster: Cluster, workers: int, *, graphics: bool) -> None:
        self.cluster, self._workers, self._graphics = cluster, workers, graphics
        self._styles: LruCache[Any] = LruCache(STYLES)

    def painter(self) -> RayPainter:
        """A new painter."""
        return RayPainter(self)

    def worker(self) -> Worker:
        """A process that paints jobs (RayWorkerImpl)."""
        return self.cluster.worker(RayWorkerImpl, self._workers, graphics=self._graphics)

    def shared(self, style: Float) -> Any:
        """A style's pixels, in the cluster already where it was seen lately."""
        return self._styles.get(digest(style), lambda: self.cluster.share(style))


class RayPainter:
    """See nst_core.batch.pool.Painter. Its worker starts at once and is waited for with the first picture."""

    def __init__(self, pool: RayPainterPool) -> None:
        self._pool = pool
        self._cancelled = threading.Event()
        self._worker: Worker | None = pool.worker()

    @property
    def pid(self) -> int:
        """Of the worker, on its own machine; waits until it is there."""
        return self._ready().pid()

    def stylize(self, request: Stylize, on_progress: Callable[[Progress], None] | None = None) -> Done:
        """See Painter.stylize."""
        self._cancelled.clear()
        job = job_of(request)
        facts = {
            "content": job.content,
            "weights": [style.weight for style in job.styles],
            "guides": [style.guide for style in job.styles],
            "settings": to_mapping(job.settings),
            "init": job.init,
            "mask": job.mask,
            "part": job.part,
            "strength_map": job.strength_map,
        }
        styles = [self._pool.shared(style.pixels) for style in job.styles]
        try:
            for told in self._ready().stream("paint", facts, *styles, cancelled=self._cancelled.is_set):
                if isinstance(told, Mapping):
                    if on_progress:
                        on_progress(Progress(request.job, **told))
                else:
                    pixels, recipe, metrics = told
                    return Done(request.job, to_pixels(pixels), recipe, metrics)
        except CancelledError:
            self.close()  # the only way to end a step at once; another worker paints the next picture
            raise
        raise CancelledError("the worker stopped before its picture was done")

    def cancel(self) -> None:
        """See Painter.cancel."""
        self._cancelled.set()

    def close(self) -> None:
        """See Painter.close."""
        worker, self._worker = self._worker, None
        if worker:
            worker.close()

    def _ready(self) -> Worker:
        if self._worker is None:
            self._worker = self._pool.worker()
        return self._worker
