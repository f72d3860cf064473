"""A batch on a real Ray cluster of this machine: two workers, one of them killed; what crosses, and who may come in."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from children import comes_true
from click.testing import CliRunner

from nst_core.batch.batch import Batch, Report
from nst_core.batch.batch_files import Item
from nst_core.batch.pool import EnginePainter, JobPainter, PainterPool
from nst_core.cli.command import main
from nst_core.cluster.ray_cluster import LOCAL, WAITING, Cluster, cluster
from nst_core.cluster.ray_painter import RayPainterPool
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Job, Style
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import (
    BackendUnavailableError,
    CancelledError,
    EngineMissingError,
    EngineUnreachableError,
    NeuralStyleError,
)
from nst_core.shared.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PHOTOGRAPHS = ROOT / "demo" / "photographs"
STYLE = Style(np.random.default_rng(1).random((48, 48, 3), dtype=np.float32))
DRAFT = Settings(quality="draft", backend="onnx")
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


class Silent:
    """Hears of progress."""

    def __init__(self, on_progress: Callable[[], None] = lambda: None) -> None:
        self.on_progress = on_progress

    def began(self, worker: int, item: Item) -> None: ...

    def reached(self, worker: int, fraction: float) -> None:
        assert worker in (0, 1)
        assert 0 <= fraction <= 1
        self.on_progress()

    def ended(self, worker: int, report: Report) -> None: ...


def make(item: Item, _before: Item | None) -> tuple[DecodedImage, Job]:
    source = image_files.read_image(item.source)
    return source, Job(source.pixels, (STYLE,), DRAFT)


def painted(
    folder: Path, start: Callable[[], JobPainter], workers: int, told: Callable[[], None] = lambda: None
) -> Any:
    """States, and the bytes of four results."""
    found = []
    for number in range(4):
        path = folder / f"{number}.png"
        image_files.write(path, photograph(40 + 8 * number, 64))
        found.append(Item(path, folder / "out" / path.name))
    pool = PainterPool(Batch(found, folder / "out", {}, make), start, workers, Silent(told))
    pool.begin()
    while not pool.wait(60):
        pass
    return [report.state for report in pool.reports()], [item.output.read_bytes() for item in found]


def photograph(height: int, width: int) -> Float:
    return resize(image_files.read(PHOTOGRAPHS / "cat.jpg"), height, width)


def job(side: int = 64, **settings: Any) -> Job:
    return Job(photograph(side, side), (STYLE,), Settings(**{"quality": "draft", "backend": "onnx", **settings}))


def void(_: float) -> None:
    """Hears of progress, and does nothing."""


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
        painter.paint(job(512, quality="max"), lambda _: painter.cancel())
    assert painter.paint(job(), void).pixels.shape == (64, 64, 3)
    assert painter._ready().pid() != first
    painter.close()


def test_what_the_engine_refuses_there_is_refused_here(pool: RayPainterPool) -> None:
    """Its own error, with its remedy, and the worker lives on; what nobody foresaw is told in one line."""
    painter = pool.painter()
    with pytest.raises(BackendUnavailableError, match="mps"):
        painter.paint(job(device="mps"), void)
    told: list[float] = []
    painter.paint(job(), told.append)
    assert len(told) == 5
    assert told == sorted(told)
    painter.close()
    worker = pool._cluster.worker(dict, 2, graphics=False)
    with pytest.raises(NeuralStyleError, match="AttributeError"):
        worker.call("no_such_method").get()
    worker.close()


class Ours:
    """Of a module that the machines of a cluster do not have."""


def test_a_machine_without_the_engine_ends_the_batch(machines: Cluster) -> None:
    """It would go wrong with every picture, so it is told as what it is."""
    worker = machines.worker(Ours, 2, graphics=False)
    with pytest.raises(EngineMissingError, match=f"No module named '{Path(__file__).stem}'"):
        worker.call("paint").get()


def test_a_worker_of_another_version_is_refused(machines: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines with different engines would paint different pictures."""
    monkeypatch.setattr("nst_core.cluster.ray_cluster.__version__", "0.0.0")
    painter = RayPainterPool(machines, 2, graphics=False).painter()
    with pytest.raises(NeuralStyleError, match="has version"):
        painter.paint(job(), void)
    painter.close()


def test_the_command_joins_a_cluster_and_leaves_it_on_ctrl_c(machines: Cluster, tmp_path: Path) -> None:
    """Exit code 130, one sentence, the finished picture kept, no half file; the workers go, the cluster stays."""
    (tmp_path / "in").mkdir()
    image_files.write(tmp_path / "in" / "a.png", photograph(40, 40))
    image_files.write(tmp_path / "in" / "b.png", photograph(1200, 1600))
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
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "Ray is not installed; `pip install 'gimp-neural-style[ray]'`" in result.stderr
    assert result.stderr.count("\n") == 1
