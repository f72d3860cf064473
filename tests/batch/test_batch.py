"""A pool at work: engines that die, workers that share, batches that are stopped."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from batch_fixtures import STYLE, Copyist, Watcher, finished, make
from children import stand_in_engine

from nst_core.batch.batch import Batch
from nst_core.batch.batch_files import Item
from nst_core.batch.pool import EnginePainter, JobPainter, PainterPool
from nst_core.imaging.files import image_files
from nst_core.painting.job import Job, Style
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import (
    BackendUnavailableError,
    CancelledError,
    DamagedWeightsError,
    EngineCrashedError,
    NeuralStyleError,
)
from nst_core.shared.settings import Settings
from nst_core.worker.convert import job_of, picture_of, request_of

pytestmark = pytest.mark.slow


def batch(folder: Path, count: int = 3, side: int = 40) -> Batch:
    """That many grey pictures to paint."""
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        image_files.write(path, np.full((side, side, 3), number / 10, np.float32))
        found.append(Item(path, folder / "out" / path.name))
    return Batch(found, folder / "out", {"a": 1}, make)


def test_a_killed_engine_is_replaced_and_its_picture_painted(tmp_path: Path) -> None:
    """A real worker, killed in the middle of its picture: a new one does it again, and nobody notices but the clock."""
    engines: list[Engine] = []

    def start() -> JobPainter:
        engines.append(Engine.start(default_command(), os.environ))
        return EnginePainter(engines[-1])

    def kill_the_first() -> None:
        if len(engines) == 1 and (pid := engines[0].pid):
            os.kill(pid, 9)

    reports = finished(PainterPool(batch(tmp_path), start, 1, Watcher(kill_the_first)))
    assert [report.state for report in reports] == ["painted"] * 3
    assert len(engines) == 2
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_a_picture_that_kills_two_engines_is_given_up(tmp_path: Path) -> None:
    """It is reported as failed with the engine's last words, and the next picture gets an engine of its own."""
    painters: list[Copyist] = []

    def start() -> JobPainter:
        def die() -> None:
            if len(painters) <= 2:
                raise EngineCrashedError("the engine was ended by SIGKILL")

        painters.append(Copyist(die))
        return painters[-1]

    reports = finished(PainterPool(batch(tmp_path), start, 1, Watcher()))
    assert [report.state for report in reports] == ["failed", "painted", "painted"]
    assert "SIGKILL" in str(reports[0].error)
    assert [painter.closed for painter in painters] == [True, True, True]
    assert not (tmp_path / "out" / "0.png").exists()


def test_two_workers_paint_at_the_same_time(tmp_path: Path) -> None:
    """Each waits until the other one paints too."""
    together = threading.Barrier(2, timeout=60)
    reports = finished(PainterPool(batch(tmp_path, 4), lambda: Copyist(together.wait), 2, Watcher()))
    assert [report.state for report in reports] == ["painted"] * 4


def test_no_more_workers_than_pictures_are_started(tmp_path: Path) -> None:
    """Ten workers for one picture start one engine."""
    painters: list[Copyist] = []

    def start() -> JobPainter:
        painters.append(Copyist())
        return painters[-1]

    finished(PainterPool(batch(tmp_path, 1), start, 10, Watcher()))
    assert len(painters) == 1


def test_what_goes_wrong_with_every_picture_ends_the_batch(tmp_path: Path) -> None:
    """The first one tells; the others are not tried."""
    tried = []

    def start() -> JobPainter:
        tried.append(1)
        raise BackendUnavailableError("no backend here computes on mps")

    pool = PainterPool(batch(tmp_path), start, 1, Watcher())
    assert [report.state for report in finished(pool)] == ["left"] * 3
    assert isinstance(pool.fatal, BackendUnavailableError)
    assert len(tried) == 1


def test_what_was_painted_before_all_went_wrong_is_told_of(tmp_path: Path) -> None:
    """One picture is done, one meets what every picture would meet: the engine at work on the third is cancelled."""
    at_work, cancelled = threading.Event(), threading.Event()

    class Long(Copyist):
        def cancel(self) -> None:
            cancelled.set()

    def work(number: int) -> None:
        if number == 1:
            at_work.set()
            assert cancelled.wait(60)
            raise CancelledError("cancelled")
        if number == 2:
            assert at_work.wait(60)
            raise DamagedWeightsError("the weights are gone")

    def started() -> JobPainter:
        return Long(lambda: work(next(numbers)))

    numbers = iter(range(3))
    pool = PainterPool(batch(tmp_path), started, 2, Watcher())
    reports = finished(pool)
    assert sorted(report.state for report in reports) == ["left", "left", "painted"]
    assert str(pool.fatal) == "the weights are gone."


def test_an_unforeseen_error_is_one_pictures_trouble(tmp_path: Path) -> None:
    """It is told by name, and the next picture is painted."""
    faults = iter([ZeroDivisionError("oh"), None, None])

    def stumble() -> None:
        if fault := next(faults):
            raise fault

    reports = finished(PainterPool(batch(tmp_path), lambda: Copyist(stumble), 1, Watcher()))
    assert [report.state for report in reports] == ["failed", "painted", "painted"]
    assert isinstance(reports[0].error, NeuralStyleError)
    assert "ZeroDivisionError: oh" in str(reports[0].error)


def test_a_stopped_batch_ends_though_its_engine_works_on(tmp_path: Path) -> None:
    """An engine that would never finish is told to, and what was not painted is said to be left."""
    at_work = threading.Event()

    def start() -> JobPainter:
        return EnginePainter(Engine.start(stand_in_engine("slow"), os.environ))

    pool = PainterPool(batch(tmp_path), start, 2, Watcher(at_work.set))
    pool.begin()
    assert at_work.wait(60)
    pool.stop()
    while not pool.wait(0.1):
        pool.stop()
    assert [report.state for report in pool.reports()] == ["left"] * 3
    assert list((tmp_path / "out").iterdir()) == []


def test_a_job_crosses_the_wire_whole() -> None:
    """Content, styles, weights, guides, masks and start arrive as they went; alpha that was not there goes again."""
    rng = np.random.default_rng(0)
    content, start = rng.random((40, 48, 3), dtype=np.float32), rng.random((40, 48, 3), dtype=np.float32)
    guide, mask = rng.random((40, 48), dtype=np.float32), rng.random((40, 48), dtype=np.float32)
    style = Style(rng.random((32, 33, 4), dtype=np.float32), 0.5, guide)
    strength_map = np.ascontiguousarray(mask[::-1])
    job = Job(content, (style, STYLE), Settings(seed=3), start, mask, part=0.5, strength_map=strength_map)
    request = request_of(job)
    arrived = job_of(request)
    np.testing.assert_array_equal(arrived.content[..., :3], content)
    np.testing.assert_array_equal(arrived.styles[0].pixels, style.pixels)
    assert arrived.styles[0].guide is not None
    assert arrived.init is not None
    assert arrived.mask is not None
    assert arrived.strength_map is not None
    np.testing.assert_array_equal(arrived.styles[0].guide, guide)
    np.testing.assert_array_equal(arrived.init, start)
    np.testing.assert_array_equal(arrived.mask, mask)
    np.testing.assert_array_equal(arrived.strength_map, strength_map)
    assert [one.weight for one in arrived.styles] == [0.5, 1.0]
    assert arrived.settings == job.settings
    assert arrived.part == 0.5
    np.testing.assert_array_equal(picture_of(request.content, 3), content)
