"""Parts of batches: a watcher, a painter that gives the picture back, jobs that are soon painted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_core.batch.batch import Report
from nst_core.batch.batch_files import Item
from nst_core.batch.pool import PainterPool
from nst_core.imaging.files import image_files
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.painting.job import Job, Style
from nst_core.shared.settings import Settings
from nst_core.worker.convert import Painted

STYLE = Style(np.random.default_rng(1).random((48, 48, 3), dtype=np.float32))
DRAFT = Settings(quality="draft", backend="onnx")


class Watcher:
    """Checks what a pool of at most two workers reports."""

    def __init__(self, on_progress: Callable[[], None] = lambda: None) -> None:
        self.on_progress = on_progress

    def began(self, worker: int, item: Item) -> None:
        assert worker in (0, 1)
        assert item.source.exists()

    def reached(self, worker: int, fraction: float) -> None:
        assert worker in (0, 1)
        assert 0 <= fraction <= 1
        self.on_progress()

    def ended(self, worker: int, report: Report) -> None:
        assert worker in (0, 1)
        assert report.item.source.exists()


class Copyist:
    """A painter that gives the picture back. before: called in each job."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.before = before
        self.closed = False

    def paint(self, job: Job, on_progress: Callable[[float], None]) -> Painted:
        on_progress(0.5)
        self.before()
        return Painted(job.content, {}, {"backend": "none", "seconds": 0.0})

    def cancel(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def make(item: Item, _before: Item | None) -> tuple[DecodedImage, Job]:
    source = image_files.read_image(item.source)
    return source, Job(source.pixels, (STYLE,), DRAFT)


def finished(pool: PainterPool) -> list[Report]:
    """Run the pool to its end."""
    pool.begin()
    while not pool.wait(60):
        pass
    return pool.reports()
