"""The dialog's engine: the newest job wins, and nothing waits for it."""

from __future__ import annotations

import dataclasses
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import ENGINE, FAKE_ENGINE, child, comes_true, is_alive, stand_in_engine
from fake_painting import PICTURE, request
from PIL import Image

from gimp_plugin.flow.session import Session
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import EngineMissingError, NeuralStyleError
from nst_core.shared.wire.messages import Cancelled, Done, Event, Face, Failed, Pixels, Progress, StylePixels, Stylize

pytestmark = pytest.mark.slow

LONG = 60.0  # seconds
WAIT_SECONDS = 30.0  # seconds, for a loaded machine
HERE = Path(__file__).resolve().parent


class Studio:
    """A main loop that runs only when asked to, and engines whose start can be held up."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.heard: list[Event] = []
        self.started: list[Engine] = []
        self.starts = self.refused = 0
        self.command = FAKE_ENGINE
        self.gate = threading.Event()
        self.gate.set()
        self.session = Session(self.start, self.calls.put)

    def start(self) -> Engine:
        self.starts += 1
        assert self.gate.wait(WAIT_SECONDS)
        try:
            self.started.append(Engine.start(self.command, os.environ))
        except NeuralStyleError:
            self.refused += 1
            raise
        return self.started[-1]

    def loop(self, until: Callable[[], bool]) -> None:
        """Run the main loop until something is the case."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not until():
            assert time.monotonic() < deadline, self.heard
            try:
                self.calls.get(timeout=0.05)()
            except queue.Empty:
                continue

    def idle(self) -> None:
        """Run what the main loop was given so far."""
        while not self.calls.empty():
            self.calls.get()()

    def ended(self) -> bool:
        return isinstance(self.heard[-1:] and self.heard[-1], (Done, Cancelled, Failed))

    def progressed(self) -> bool:
        return any(isinstance(event, Progress) for event in self.heard)

    def paint(self, wanted: Stylize) -> Any:
        """Submit a request and return its ending."""
        self.heard.clear()
        self.session.submit(wanted, self.heard.append)
        self.loop(self.ended)
        return self.heard[-1]


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio()
    yield studio
    studio.gate.set()
    studio.session.close()
    assert comes_true(lambda: not any(is_alive(engine.pid) for engine in studio.started), WAIT_SECONDS)
    names = ("session", "session-close", "engine", "engine-stderr")
    assert comes_true(lambda: not [t.name for t in threading.enumerate() if t.name in names], WAIT_SECONDS)


def test_events_of_a_request_are_delivered_in_the_main_loop(studio: Studio) -> None:
    """Progress first, one final event last; the engine is kept for the next request."""
    heard: list[tuple[Event, threading.Thread]] = []
    studio.session.submit(request(), lambda event: heard.append((event, threading.current_thread())))
    studio.loop(lambda: any(isinstance(event, Done) for event, _ in heard))
    assert {thread for _, thread in heard} == {threading.current_thread()}
    assert isinstance(studio.paint(request()), Done)
    assert [type(event) for event in studio.heard[:-1]] == [Progress] * (len(studio.heard) - 1) != []
    assert studio.starts == 1


def test_faces_are_found_during_a_job(studio: Studio) -> None:
    """By the real network, in a photograph; a later stop still stops the job."""
    found: list[tuple[Face, ...]] = []
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.loop(studio.progressed)
    studio.session.find_faces(photograph("astronaut.jpg"), found.append)
    studio.loop(lambda: bool(found))
    ((face,),) = found
    assert abs(face.x - 226) < 12
    assert abs(face.y - 116) < 20
    assert not studio.ended()
    studio.session.stop()
    studio.loop(studio.ended)
    assert isinstance(studio.heard[-1], Done)


def test_without_an_engine_no_faces_are_found(studio: Studio) -> None:
    """And the answer comes at once."""
    studio.command = ["/nowhere/neural-style-engine"]
    found: list[tuple[Face, ...]] = []
    studio.session.find_faces(PICTURE, found.append)
    studio.loop(lambda: bool(found))
    assert found == [()]


def photograph(name: str) -> Pixels:
    with Image.open(HERE.parents[2] / "demo" / "photographs" / name) as opened:
        rgba = np.asarray(opened.convert("RGBA"), np.float32) / 255
    return Pixels(rgba.shape[1], rgba.shape[0], rgba.tobytes())


def test_a_request_fails_if_no_thread_can_start_and_the_next_one_is_painted(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of the session or of the engine: Failed, with the remedy."""
    start = threading.Thread.start
    for name in ("session", "engine", "engine-stderr"):

        def scarce(thread: threading.Thread, name: str = name) -> None:
            if thread.name == name:
                raise RuntimeError("can't start new thread")
            start(thread)

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", scarce)
            failed = studio.paint(request())
        assert isinstance(failed, Failed), name
        assert "can't start new thread" in failed.message
        assert "other programs" in failed.remedy
    assert isinstance(studio.paint(request()), Done)


def test_the_real_engine_paints_for_a_session(studio: Studio) -> None:
    """The whole way, with the engine as it is delivered."""
    pytest.importorskip("numpy")  # GIMP's Python has no packages, and this file is tested under it too
    studio.command = ENGINE
    picture = dataclasses.replace(PICTURE, width=48, height=40, rgba=bytes(48 * 40 * 8) + b"\0\0\x80?" * 48 * 40 * 2)
    done = studio.paint(Stylize(picture, (StylePixels(picture),), {"quality": "draft"}))
    assert isinstance(done, Done), done
    assert (done.pixels.width, done.pixels.height) == (48, 40)
    assert studio.session.speed is not None


def test_a_newer_request_replaces_the_older_one(studio: Studio) -> None:
    """Events of the older one that already wait in the main loop are dropped too."""
    older: list[Event] = []
    studio.session.submit(request(long=LONG), older.append)
    assert comes_true(lambda: not studio.calls.empty(), WAIT_SECONDS)
    assert isinstance(studio.paint(request()), Done)
    assert older == []
    assert studio.starts == 1


def test_of_many_requests_during_the_start_only_the_newest_is_painted(studio: Studio, tmp_path: Path) -> None:
    """A dragged slider makes many requests while the engine starts."""
    studio.gate.clear()
    older: list[Event] = []
    for number in range(5):
        studio.session.submit(request(then=f"open({str(tmp_path / str(number))!r}, 'w')"), older.append)
    studio.gate.set()
    assert isinstance(studio.paint(request()), Done)
    assert older == []
    assert list(tmp_path.iterdir()) == []


def test_submitting_never_waits_for_the_start(studio: Studio) -> None:
    """Nor does closing: both return even if no engine can start."""
    studio.gate.clear()
    studio.session.submit(request(), studio.heard.append)
    studio.session.close()
    assert studio.started == []


def test_stop_delivers_the_picture_so_far(studio: Studio) -> None:
    """Done follows at once, in the middle of a long step."""
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.loop(studio.progressed)
    studio.session.stop()
    studio.loop(studio.ended)
    assert isinstance(studio.heard[-1], Done)


def test_stop_before_the_engine_has_started_waits_for_a_picture(studio: Studio) -> None:
    """Done follows the first step."""
    studio.gate.clear()
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.session.stop()
    studio.gate.set()
    studio.loop(studio.ended)
    assert isinstance(studio.heard[-1], Done)


def test_cancel_ends_the_job_without_a_picture(studio: Studio) -> None:
    """One Cancelled, at once; the same engine paints the next request."""
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.loop(studio.progressed)
    studio.session.cancel()
    studio.session.cancel()
    studio.idle()
    assert isinstance(studio.paint(request()), Done)
    assert studio.starts == 1


def test_cancel_works_before_the_engine_has_started(studio: Studio, tmp_path: Path) -> None:
    """The job is not started afterwards."""
    studio.gate.clear()
    studio.session.submit(request(then=f"open({str(tmp_path / 'begun')!r}, 'w')"), studio.heard.append)
    studio.session.cancel()
    studio.idle()
    assert studio.heard == [Cancelled(1)]
    studio.gate.set()
    assert isinstance(studio.paint(request()), Done)
    assert not (tmp_path / "begun").exists()


def test_cancel_also_ends_the_job_before_one_that_has_not_started(studio: Studio) -> None:
    """So the next job need not wait for it."""
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.loop(studio.progressed)
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.session.cancel()
    assert isinstance(studio.paint(request()), Done)


def test_a_done_that_waits_in_the_main_loop_is_dropped_after_cancel(studio: Studio) -> None:
    """The artist cancelled: the picture on its way into the main loop is dropped."""
    studio.session.submit(request(), studio.heard.append)
    assert comes_true(lambda: studio.calls.qsize() >= 2, WAIT_SECONDS)  # its progress, and Done
    studio.session.cancel()
    studio.idle()
    assert studio.heard == [Cancelled(1)]


def test_stop_and_cancel_after_the_end_do_nothing(studio: Studio) -> None:
    """There is one final event."""
    studio.session.stop()
    studio.session.cancel()
    studio.paint(request())
    studio.session.stop()
    studio.session.cancel()
    studio.idle()
    assert [type(event) for event in studio.heard].count(Done) == 1
    assert not any(isinstance(event, Cancelled) for event in studio.heard)


def test_an_engine_that_does_not_start_gives_failed(studio: Studio) -> None:
    """With the reason and the remedy; after the cause is removed, the next request is painted."""
    studio.command = ["/no/such/python"]
    failed = studio.paint(request())
    assert (failed.code, bool(failed.remedy)) == (EngineMissingError.code, True)
    studio.command = FAKE_ENGINE
    assert isinstance(studio.paint(request()), Done)


def test_a_failed_start_fails_the_newest_request_only(studio: Studio) -> None:
    """It is not tried again for each waiting request."""
    studio.command = stand_in_engine("foreign")
    studio.gate.clear()
    older: list[Event] = []
    studio.session.submit(request(), older.append)
    assert comes_true(lambda: studio.starts == 1, WAIT_SECONDS)
    studio.session.submit(request(), studio.heard.append)
    studio.gate.set()
    studio.loop(studio.ended)
    assert isinstance(studio.heard[-1], Failed)
    assert studio.heard[-1].code == "engine-mismatch"
    assert (older, studio.starts) == ([], 1)


def test_a_dead_engine_is_replaced_for_the_next_request(studio: Studio) -> None:
    """Whether it died in a job or between two; a running job gets Failed."""
    failed = studio.paint(request(then="os._exit(3)"))
    assert failed.code == "engine-crashed"
    assert isinstance(studio.paint(request()), Done)
    os.kill(studio.started[-1].pid or 0, signal.SIGKILL)
    assert comes_true(lambda: studio.started[-1]._error is not None, WAIT_SECONDS)
    assert isinstance(studio.paint(request()), Done)
    assert studio.starts == 3


def test_an_engine_can_be_started_before_the_first_request(studio: Studio) -> None:
    """Once; a failure is reported with the first request only."""
    studio.session.warm()
    assert comes_true(lambda: len(studio.started) == 1, WAIT_SECONDS)
    studio.session.warm()
    assert isinstance(studio.paint(request()), Done)
    assert studio.starts == 1


def test_an_early_start_that_fails_is_not_reported(studio: Studio) -> None:
    """The first request tries again."""
    studio.command = ["/no/such/python"]
    studio.session.warm()
    assert comes_true(lambda: studio.refused == 1, WAIT_SECONDS)
    studio.command = FAKE_ENGINE
    studio.session.warm()
    assert comes_true(lambda: len(studio.started) == 1, WAIT_SECONDS)
    assert isinstance(studio.paint(request()), Done)


def test_closing_ends_the_engine_in_the_middle_of_a_job(studio: Studio) -> None:
    """The process ends, no more events are delivered, and later requests are ignored."""
    studio.session.submit(request(long=LONG), studio.heard.append)
    studio.loop(studio.progressed)
    heard = len(studio.heard)
    studio.session.close()
    studio.session.close()
    studio.session.submit(request(), studio.heard.append)
    studio.session.warm()
    assert comes_true(lambda: not is_alive(studio.started[0].pid), WAIT_SECONDS)
    studio.idle()
    assert len(studio.heard) == heard
    assert studio.starts == 1


def test_an_engine_that_was_starting_when_the_session_closed_is_ended(studio: Studio) -> None:
    """At once, without an event."""
    studio.gate.clear()
    studio.session.submit(request(), studio.heard.append)
    assert comes_true(lambda: studio.starts == 1, WAIT_SECONDS)
    studio.session.close()
    studio.gate.set()
    assert comes_true(lambda: len(studio.started) == 1, WAIT_SECONDS)
    assert comes_true(lambda: not is_alive(studio.started[0].pid), WAIT_SECONDS)
    studio.idle()
    assert studio.heard == []


def test_no_engine_outlives_a_program_that_ends_right_after_closing() -> None:
    """Although the threads that close it cannot finish."""
    code = (
        "import queue, test_session as t; s = t.Studio(); "
        "s.session.submit(t.request(long=60), s.heard.append); s.loop(s.progressed); "
        "print(s.started[0].pid, flush=True); s.session.close()"
    )
    host = subprocess.run(child(code), capture_output=True, text=True, check=True, timeout=WAIT_SECONDS)
    assert host.stderr == ""
    assert comes_true(lambda: not is_alive(int(host.stdout)), WAIT_SECONDS)
