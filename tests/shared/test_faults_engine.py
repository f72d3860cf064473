"""Engines that are killed, starved, doubled and used for long: the next job is done, and nothing is left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from children import ENGINE, FAKE_ENGINE, WAIT_SECONDS, child, comes_true, is_alive
from fake_painting import request as brief
from test_faults_pixels import QUICK, layer, request, sent

from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import EngineCrashedError, NeuralStyleError
from nst_core.shared.wire.messages import Done, Failed, Progress, StylePixels, Stylize

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("NST_SEED") or random.SystemRandom().randrange(10**6))
"""NST_SEED repeats a failure."""
RUNS = 15
KILLS = int(os.environ.get("NST_HOST_KILLS", "2"))
"""For a release it is 10: docs/release.md."""
LEAST = 24  # MiB
ANSWERED = -1
"""More words than any job has: its answer is waited for."""


def kill(engine: Engine) -> None:
    if engine.pid and is_alive(engine.pid):
        os.kill(engine.pid, signal.SIGKILL)


def test_an_engine_killed_before_its_first_job_is_told() -> None:
    """The job that comes too late raises, and a new engine does it."""
    with Engine.start(FAKE_ENGINE, os.environ) as engine:
        kill(engine)
        with pytest.raises(EngineCrashedError, match="SIGKILL"):
            engine.stylize(brief())
    with Engine.start(FAKE_ENGINE, os.environ) as engine:
        assert isinstance(engine.stylize(brief()), Done)


def test_the_real_engine_may_be_killed_at_any_moment() -> None:
    """Ten times, while it loads, paints and has answered: one ending is heard, and no process stays.

    The moments are drawn from as long as an undisturbed job takes here, and each phase comes about.
    """
    job = request(layer(), quality="normal")
    first, steps, pause = _course(job)
    dice = random.Random(SEED)  # noqa: S311 - test data
    moments = [(0, 0.0), (0, dice.uniform(0, first)), (1, 0.0), (steps // 2, dice.uniform(0, pause))]
    moments += [(dice.randrange(1, steps), dice.uniform(0, pause)) for _ in range(4)]
    moments += [(ANSWERED, 0.0), (ANSWERED, dice.uniform(0, pause))]
    phases = [_killed(job, number, seconds) for number, seconds in moments]
    print(f"{SEED=}: killed after steps, seconds {moments}: {phases}")  # noqa: T201 - to repeat it
    assert set(phases) == {"before", "during", "after"}
    with Engine.start(FAKE_ENGINE, os.environ) as engine:
        assert isinstance(engine.stylize(brief()), Done)


def _course(job: Stylize) -> tuple[float, int, float]:
    """Of a job that is left alone: seconds to its first word, its words, and seconds from one to another."""
    with Engine.start(ENGINE, os.environ) as engine:
        begun = time.monotonic()
        words: list[float] = []
        engine.stylize(job, lambda _: words.append(time.monotonic() - begun))
        return words[0], len(words), (words[-1] - words[0]) / (len(words) - 1)


def _killed(job: Stylize, number: int, seconds: float) -> str:
    """Kill an engine so long after so many words on its progress. Returns the phase in which it was."""
    heard: list[object] = []
    there, ended = threading.Event(), threading.Event()

    def hear(event: object) -> None:
        heard.append(event)
        if isinstance(event, Done | Failed):
            ended.set()
        if ended.is_set() or len(heard) == number:
            there.set()

    with Engine.start(ENGINE, os.environ) as engine:
        engine.begin(job, hear)
        assert not number or there.wait(WAIT_SECONDS)
        time.sleep(seconds)
        kill(engine)
        assert ended.wait(WAIT_SECONDS)
        with pytest.raises(EngineCrashedError, match="SIGKILL"):
            engine.stylize(brief())
        pid = engine.pid
    assert not is_alive(pid)
    assert [isinstance(event, Done | Failed) for event in heard].count(True) == 1
    if isinstance(heard[-1], Done):
        return "after"
    return "during" if any(isinstance(event, Progress) for event in heard) else "before"


HOST = """
import os, sys, test_faults_engine as t
with t.Engine.start(t.ENGINE, os.environ) as engine:
    print(engine.pid, flush=True)
    engine.stylize(t.request(t.np.tile(t.layer(), (16, 16, 1)), quality="high"), lambda p: print(p.step, flush=True))
"""


def test_no_real_engine_outlives_a_killed_host() -> None:
    """Killed in the middle of a step of a painting of a megapixel; the seconds are those of SECURITY.md."""
    found = []
    for _ in range(KILLS):
        with subprocess.Popen(child(HOST), stdout=subprocess.PIPE, text=True) as host:
            assert host.stdout
            worker = int(host.stdout.readline())
            while int(host.stdout.readline()) < 1:
                pass
            assert is_alive(worker)
            host.kill()
            begun = time.monotonic()
            assert comes_true(lambda: not is_alive(worker))  # noqa: B023 - asked at once
            found.append(time.monotonic() - begun)
    print(f"gone after {sorted(found)} s")  # noqa: T201 - the figures


JUMPS = """
import itertools, time
times = itertools.cycle((0.0, 4e9, 1e9))
time.time = lambda: next(times)
time.time_ns = lambda: int(next(times) * 1e9)
"""


def test_a_clock_that_jumps_changes_no_painting() -> None:
    """Between 1970 and 2096, at every look: the same picture, and seconds as they passed."""
    wanted = request(layer(), quality="normal", seconds=40.0)
    seen: list[Progress] = []
    with Engine.start(ENGINE, os.environ) as engine:
        usual = bytes(engine.stylize(wanted).pixels.rgba)
    with Engine.start(child(JUMPS + "from nst_core.worker.server import main; main()"), os.environ) as engine:
        begun = time.monotonic()
        done = engine.stylize(wanted, seen.append)
        passed = time.monotonic() - begun
    assert bytes(done.pixels.rgba) == usual
    assert 0 < done.metrics["seconds"] <= passed
    assert all(0 <= progress.seconds_left <= WAIT_SECONDS for progress in seen)


def test_two_engines_paint_at_once() -> None:
    """Two programs, or two runs in one: each gets its own picture, the same as alone."""
    wanted = [request(layer(), seed=seed) for seed in (1, 2)]

    def paint(*requests: Stylize) -> list[bytes]:
        with Engine.start(ENGINE, os.environ) as engine:
            return [bytes(engine.stylize(request).pixels.rgba) for request in requests]

    with ThreadPoolExecutor(2) as pool:
        (first,), (second,) = pool.map(paint, wanted)
    assert [first, second] == paint(*wanted)
    assert first != second


def test_many_runs_in_one_engine_leave_nothing_behind() -> None:
    """Memory, threads, files and processes are after the last run no more than they were after the first ones."""
    ours = psutil.Process()
    with Engine.start(ENGINE, os.environ) as engine:
        worker = psutil.Process(engine.pid)
        wanted = request(layer())
        for _ in range(RUNS // 3):
            engine.stylize(wanted)
        before = [_held(process) for process in (worker, ours)]
        memory = worker.memory_info().rss
        for _ in range(RUNS - RUNS // 3):
            engine.stylize(wanted)
        assert worker.memory_info().rss - memory < 32 * 2**20
        # Fewer is no leak: what another test began may have ended meanwhile.
        assert comes_true(lambda: bool((np.array([_held(process) for process in (worker, ours)]) <= before).all()))


def _held(process: psutil.Process) -> tuple[int, int, int]:
    return process.num_threads(), process.num_fds(), len(process.children())


def test_the_engine_listens_on_no_address() -> None:
    """Before, during and after work there is no socket at all, of whichever kind."""
    seen: list[object] = []

    def look(_progress: Progress | None = None) -> None:
        process = psutil.Process(engine.pid)
        seen.extend(one.net_connections(kind="all") for one in (process, *process.children(recursive=True)))

    with Engine.start(ENGINE, os.environ) as engine:
        look()
        engine.stylize(request(layer()), look)
        look()
    assert len(seen) > 2
    assert not any(seen)


LOADED = """
import sys
import numpy, onnxruntime
from nst_core.setup import check_engine
from nst_core.painting import run
from nst_core.worker import server
class Worker(server.Worker):
    def _prepare(self):
        super()._prepare()
        print("loaded", file=sys.stderr, flush=True)
server.Worker = Worker
server.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to this limit")
@pytest.mark.parametrize("room", [LEAST, 96, 320])
def test_an_engine_without_memory_says_so_and_lives(room: int) -> None:
    """A picture or one clear error, never a dead worker; a smaller job is answered afterwards.

    In the smallest room the large picture cannot be painted.
    """
    large = sent(np.tile(layer(), (14, 14, 1)))
    style = StylePixels(sent(layer()))
    with Engine.start(child(LOADED), os.environ) as engine:
        worker = psutil.Process(engine.pid)
        assert comes_true(lambda: "loaded" in engine.stderr_tail)
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + room * 2**20,) * 2)
        found = [_tried(engine, Stylize(content, (style,), QUICK)) for content in (large, sent(layer()))]
        assert set(found) <= {"done", "out-of-memory"}, engine.stderr_tail
        assert room != LEAST or found[0] == "out-of-memory"
        assert is_alive(engine.pid)


def _tried(engine: Engine, wanted: Stylize) -> str:
    try:
        engine.stylize(wanted)
    except NeuralStyleError as error:
        return error.code
    return "done"
