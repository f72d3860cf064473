"""Batches and split pictures on a real Ray cluster of this machine; workers are killed, cancelled and refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from batch_fixtures import STYLE, Watcher, finished, make
from children import comes_true
from command_line import run
from engine_fixtures import PHOTOGRAPHS, ROOT, noise, photograph, targets
from test_split_picture import ROUND_OFF, differences
from test_tiling import LOSSES_ROUND_OFF

from nst_core.backends.base import AbortedError
from nst_core.backends.onnx import OnnxBackend
from nst_core.batch.batch import Batch
from nst_core.batch.batch_files import Item
from nst_core.batch.pool import EnginePainter, JobPainter, PainterPool
from nst_core.cluster.ray_cluster import LOCAL, WAITING, Cluster, PendingResult, Worker, cluster
from nst_core.cluster.ray_painter import RayPainterPool
from nst_core.cluster.split_picture import BandWorker, SplitBackend, Team
from nst_core.imaging.arrays import planes
from nst_core.imaging.files import image_files
from nst_core.painting.job import Job
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import (
    BackendUnavailableError,
    CancelledError,
    EngineCrashedError,
    EngineMissingError,
    EngineUnreachableError,
    NeuralStyleError,
)
from nst_core.shared.settings import Settings

pytestmark = pytest.mark.slow

MOMENT = 0.02
"""Seconds of a processor: a small part of what the gradient of a band takes."""
sentences: list[str] = []
"""What the cluster had to tell."""


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("ORT_SEEN_IN_WORKERS", "yes")
        with cluster(LOCAL, sentences.append) as found:
            yield found


@pytest.fixture
def pool(machines: Cluster) -> RayPainterPool:
    return RayPainterPool(machines, 2, graphics=False)


def painted(
    folder: Path, start: Callable[[], JobPainter], workers: int, on_progress: Callable[[], None] = lambda: None
) -> Any:
    """States, and the bytes of four results."""
    items = []
    for number in range(4):
        path = folder / f"{number}.png"
        image_files.write(path, photograph(40 + 8 * number, 64))
        items.append(Item(path, folder / "out" / path.name))
    reports = finished(PainterPool(Batch(items, folder / "out", {}, make), start, workers, Watcher(on_progress)))
    return [report.state for report in reports], [item.output.read_bytes() for item in items]


def job(side: int = 64, **settings: Any) -> Job:
    return Job(photograph(side, side), (STYLE,), Settings(**{"quality": "draft", "backend": "onnx", **settings}))


def ignore(_: float) -> None:
    """Takes progress."""


@pytest.mark.arithmetic
def test_with_a_worker_killed_all_pictures_are_there_and_equal_to_local_ones(
    pool: RayPainterPool, tmp_path: Path
) -> None:
    """One of two is killed while it paints: another takes its place, and every byte is what one engine here gives."""
    painting: dict[threading.Thread, int] = {}  # which thread has which worker
    started, killed = list[int](), list[int]()

    def start() -> JobPainter:
        painter = pool.painter()
        painting[threading.current_thread()] = painter._ready().pid()
        started.append(painter._ready().pid())
        return painter

    def kill_one() -> None:
        if not killed:
            killed.append(painting[threading.current_thread()])
            os.kill(killed[0], signal.SIGKILL)

    for name in ("far", "here"):
        (tmp_path / name).mkdir()
    states, far = painted(tmp_path / "far", start, 2, kill_one)
    assert states == ["painted"] * 4
    assert len(started) == 3
    assert painted(tmp_path / "here", lambda: EnginePainter(Engine.start(default_command(), os.environ)), 1) == (
        states,
        far,
    )


def test_workers_of_a_cluster_of_our_own_compute_with_the_commands_settings(machines: Cluster) -> None:
    """They have its environment, and so its kernels."""
    worker = machines.worker(lambda: dict(os.environ), 2, graphics=False)
    assert worker.call("get", "ORT_SEEN_IN_WORKERS").get() == "yes"
    worker.close()


def test_only_this_machine_reaches_a_cluster_of_our_own(machines: Cluster) -> None:
    """Every server of it, and of a worker, listens on loopback; none of them is a dashboard."""
    worker = machines.worker(dict, 2, graphics=False)
    worker.pid()
    ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = [at for one in ours for at in one.net_connections("inet") if at.status == psutil.CONN_LISTEN]
    worker.close()
    assert len(listening) > 3
    assert {at.laddr.ip.removeprefix("::ffff:") for at in listening} == {"127.0.0.1"}
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_a_cancelled_painter_paints_the_next_picture(pool: RayPainterPool) -> None:
    """What is at work ends at once, in the middle of a step; the picture after it has another worker."""
    painter = pool.painter()
    first = painter._ready().pid()
    with pytest.raises(CancelledError):
        painter.paint(job(256, quality="max"), lambda _: painter.cancel())
    assert painter.paint(job(), ignore).pixels.shape == (64, 64, 3)
    assert painter._ready().pid() != first
    painter.close()


def test_what_the_engine_refuses_there_is_refused_here(pool: RayPainterPool) -> None:
    """Its own error, with its remedy, and the worker lives on; what nobody foresaw is told in one line."""
    painter = pool.painter()
    with pytest.raises(BackendUnavailableError, match="mps"):
        painter.paint(job(device="mps"), ignore)
    fractions: list[float] = []
    painter.paint(job(), fractions.append)
    assert len(fractions) == 5
    assert fractions == sorted(fractions)
    painter.close()
    worker = pool._cluster.worker(dict, 2, graphics=False)
    with pytest.raises(NeuralStyleError, match="AttributeError"):
        worker.call("no_such_method").get()
    worker.close()


class KillableWorker:
    """A worker that is killed in the middle of its next gradient if that is due, once it has computed for a moment."""

    def __init__(self, worker: Worker, due: threading.Event) -> None:
        self._worker, self._due = worker, due

    def call(self, method: str, *arguments: Any) -> PendingResult:
        if method != "gradient" or not self._due.is_set():
            return self._worker.call(method, *arguments)
        self._due.clear()
        pid = self._worker.pid()
        process = psutil.Process(pid)
        before, answer = process.cpu_times().user, self._worker.call(method, *arguments)
        while process.cpu_times().user < before + MOMENT:
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineCrashedError):
            answer.get()
        return answer

    def close(self) -> None:
        self._worker.close()


def test_a_split_picture_is_the_same_over_processes_of_which_some_are_killed(machines: Cluster) -> None:
    """All live; one is killed before its step, and one in the middle of it: another one learns its band and does it."""
    pids, due = list[int](), threading.Event()

    def start() -> KillableWorker:
        worker = machines.worker(partial(BandWorker, "onnx", "cpu"), 2, graphics=False)
        pids.append(worker.pid())
        return KillableWorker(worker, due)

    both = Team(2, start, machines.share)
    split = SplitBackend(OnnxBackend(), both)

    def check(size: tuple[int, int, int], count: int) -> None:
        losses, gradient = differences(split, size)
        assert losses < LOSSES_ROUND_OFF
        assert gradient < ROUND_OFF
        assert len(pids) == count

    check((176, 64, 64), 2)
    os.kill(pids[1], signal.SIGKILL)
    check((176, 64, 64), 3)
    due.set()
    check((256, 160, 128), 4)
    both.close()


def test_a_device_that_workers_lack_is_told_as_here(machines: Cluster) -> None:
    """The error of the worker's backend comes back as itself."""
    one = Team(1, lambda: machines.worker(partial(BandWorker, "onnx", "mps"), 2, graphics=False))
    with pytest.raises(BackendUnavailableError, match="mps"):
        SplitBackend(OnnxBackend(), one, 64).objective(targets(OnnxBackend(), 64, 64))
    one.close()


def test_an_aborted_team_raises_and_works_again_later(machines: Cluster) -> None:
    """The abort ends the wait for a worker."""
    backend = OnnxBackend()
    both = Team(1, lambda: machines.worker(partial(BandWorker, "onnx", "cpu"), 1, graphics=False), machines.share)
    split = SplitBackend(backend, both, 64)
    x, whole = planes(noise(64, 64)), targets(backend, 64, 64)
    objective = split.objective(whole)
    split.abort()
    with pytest.raises(AbortedError):
        objective(x)
    losses, _ = split.objective(whole)(x)
    assert np.isfinite(losses).all()
    both.close()


def test_the_command_paints_with_a_cluster_of_its_own(tmp_path: Path) -> None:
    """`--ray local --jobs 2` gives what the command gives alone; nothing is left of the cluster."""
    image_files.write(tmp_path / "in.png", photograph(144, 192))  # more than the memory holds whole
    image_files.write(tmp_path / "style.png", photograph(48, 48))
    words = ["stylize", str(tmp_path / "in.png"), "--style", str(tmp_path / "style.png"), "--json"]
    words += ["--quality", "draft", "--backend", "onnx", "--memory", "500M"]
    alone = run(*words, "-o", tmp_path / "alone.png")
    assert alone.exit_code == 0, alone.output
    words += ["-o", str(tmp_path / "far.png"), "--ray", "local", "--jobs", "2"]
    with tempfile.TemporaryDirectory(prefix="t") as short:  # as sockets need it
        done = subprocess.run(
            [sys.executable, "-c", f"from nst_core.cli.command import main; main({words!r})"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TMPDIR": short, "HOME": str(tmp_path)},
        )
        assert list(Path(short).glob("nst-*")) == []
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["evaluations"] == json.loads(alone.stdout)["evaluations"]
    far, here = (image_files.read(tmp_path / name) for name in ("far.png", "alone.png"))
    assert np.abs(far - here).max() <= 1.01 / 255
    assert not (tmp_path / ".ray").exists()


class Unknown:
    """Of a module that the machines of a cluster do not have."""


def test_a_machine_without_the_engine_ends_the_batch(machines: Cluster) -> None:
    """It would go wrong with every picture, so it is told as what it is."""
    worker = machines.worker(Unknown, 2, graphics=False)
    with pytest.raises(EngineMissingError, match=f"No module named '{Path(__file__).stem}'"):
        worker.call("paint").get()


def test_a_worker_of_another_version_is_refused(machines: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines with different engines would paint different pictures."""
    monkeypatch.setattr("nst_core.cluster.ray_cluster.__version__", "0.0.0")
    painter = RayPainterPool(machines, 2, graphics=False).painter()
    with pytest.raises(NeuralStyleError, match="has version"):
        painter.paint(job(), ignore)
    painter.close()


def test_the_command_joins_a_cluster_and_leaves_it_on_ctrl_c(machines: Cluster, tmp_path: Path) -> None:
    """Exit code 130, one sentence, the finished picture kept, no half file; the workers go, the cluster stays."""
    (tmp_path / "in").mkdir()
    image_files.write(tmp_path / "in" / "a.png", photograph(40, 40))
    image_files.write(tmp_path / "in" / "b.png", photograph(480, 640))
    image_files.write(tmp_path / "style.png", STYLE.pixels)
    words = ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--style", str(tmp_path / "style.png")]
    import ray  # noqa: PLC0415 - it reads its surroundings when it is loaded, and the cluster of our own sets them

    address = ray.get_runtime_context().gcs_address
    script = (
        f"from nst_core.cli.command import main; main({[*words, '--backend', 'onnx', '--json', '--ray', address]!r})"
    )
    before = workers()
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        assert comes_true((tmp_path / "out" / ".neural-style" / "a.png.json").exists, 120)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert err.count("\n") == 1, err
    assert json.loads(out)["counts"] == {"painted": 1, "kept": 0, "failed": 0, "left": 1}
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_file()] == ["a.png"]
    assert comes_true(lambda: workers() <= before, 120)
    assert machines.worker_count(None, graphics=False) == 1


def test_no_more_workers_are_had_than_have_room(machines: Cluster) -> None:
    """A team that is asked for more would wait for ever; a sentence says so."""
    sentences.clear()
    room = machines.worker_count(10**6, graphics=False)
    assert sentences == [f"the cluster has processors for {room} workers, not for 1000000"]
    team = [machines.worker(dict, room, graphics=False) for _ in range(room)]
    assert len({worker.pid() for worker in team}) == room
    for worker in team:
        worker.close()
    assert machines.worker_count(1, graphics=False) == 1
    assert len(sentences) == 1


def test_a_worker_that_waits_for_its_place_is_told_of(machines: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has all processors: that is said once, and the wait can be ended."""
    sentences.clear()
    first = machines.worker(dict, 1, graphics=False)
    first.pid()
    monkeypatch.setattr("nst_core.cluster.ray_cluster.LATE_SECONDS", 0.5)
    second = machines.worker(dict, 1, graphics=False)
    for _ in range(2):
        looks = iter(range(20))
        with pytest.raises(CancelledError):
            second.call("keys").get(lambda: bool(sentences) and next(looks, None) is None)  # noqa: B023 - used at once
    assert sentences == [WAITING]
    first.close()
    assert second.pid()
    second.close()


def workers() -> set[int]:
    """Processes with an actor of ours."""
    children = psutil.Process().children(recursive=True)
    return {child.pid for child in children if any("_Actor" in word for word in words_of(child))}


def words_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def test_where_no_cluster_is_that_is_said_at_once() -> None:
    """Ray alone would knock for minutes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(EngineUnreachableError, match="can be joined"), cluster(address):
            pass


def test_without_ray_a_sentence_tells_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2; nothing is painted."""
    monkeypatch.setitem(sys.modules, "ray", None)
    words = ["batch", str(PHOTOGRAPHS), "--out", str(tmp_path / "out"), "--preset", "mosaic", "--ray", "local"]
    result = run(*words)
    assert result.exit_code == 2
    assert "Ray is not installed; `pip install 'gimp-neural-style[ray]'`" in result.stderr
    assert result.stderr.count("\n") == 1
