"""The worker as a real process: what it answers, how fast it lets go, and when it leaves.

Most tests run FakePaintings; the last ones run the real engine.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any, cast

import numpy as np
import psutil
import pytest
from children import ENGINE, FAKE_ENGINE, WAIT_SECONDS, comes_true, is_alive
from fake_painting import LONG, PICTURE, PREVIEW
from fake_painting import request as fake_request

from nst_core.backends.select import choose
from nst_core.painting import job_plan
from nst_core.shared.settings import Settings
from nst_core.shared.wire import messages, protocol
from nst_core.shared.wire.frames import MAGIC, read_frame
from nst_core.shared.wire.messages import (
    Cancel,
    Cancelled,
    Done,
    Failed,
    Pixels,
    Preview,
    Progress,
    Stop,
    StylePixels,
    Stylize,
)
from nst_core.worker import server
from nst_core.worker.convert import job_of

pytestmark = pytest.mark.slow

MOMENT = 0.1  # seconds of a processor that a worker has been at something

UNREADABLE = """
from nst_core.shared.errors import InvalidImageError
raise InvalidImageError("the style is not a picture", "choose another")
"""
PRINTS = """
import subprocess, sys
print("not a frame")
os.write(1, b"nor is this")
subprocess.run([sys.executable, "-c", "print('nor that')"], check=True)
"""


class Host:
    """The other end of a worker's wire."""

    def __init__(self, command: list[str]) -> None:
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self.stdin: IO[Any] = self.child.stdin  # type: ignore[assignment]
        self.stdout: Any = self.child.stdout
        self.ready = self.hear()

    def say(self, message: Any) -> None:
        protocol.send(self.stdin, message)

    def ask(self, **request: Any) -> None:
        """Send a request for a FakePainting."""
        self.say(fake_request(**request))

    def hear(self) -> Any:
        return protocol.decode_event(read_frame(self.stdout))

    def hear_until(self, *kinds: type) -> Any:
        while not isinstance(event := self.hear(), kinds):
            pass
        return event

    def hear_step(self, number: int) -> None:
        while not (isinstance(event := self.hear(), Progress) and event.step == number):
            pass

    def close(self) -> str:
        """End the worker, whatever it does. Returns what it printed."""
        self.child.kill()
        stderr: Any = self.child.stderr
        printed = "" if stderr.closed else stderr.read().decode()
        self.child.wait()
        for pipe in (self.stdin, self.stdout, stderr):
            pipe.close()
        return str(printed)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host(FAKE_ENGINE)
    yield host
    host.close()


@pytest.fixture(scope="module")
def real() -> Iterator[Host]:
    host = Host(ENGINE)
    yield host
    host.close()


def test_a_job_ends_with_its_picture_after_its_progress(host: Host) -> None:
    """Progress for every step, then one Done, all with the job's number."""
    host.ask(job=7)
    events = [host.hear() for _ in range(4)]
    assert [getattr(e, "step", None) for e in events] == [1, 2, 3, None]
    assert {e.job for e in events} == {7}
    assert events[-1] == Done(7, PICTURE, {}, {"steps": 3})


def test_stop_is_answered_inside_a_long_step(host: Host) -> None:
    """Stop brings the picture of the last finished step although the step at work does not listen."""
    host.ask(long=LONG, deaf=True)
    host.hear_step(3)
    host.say(Stop(1))
    assert host.hear().metrics["steps"] == 3


def test_cancel_is_answered_inside_a_long_step(host: Host) -> None:
    """Cancel brings Cancelled although the step at work does not listen."""
    host.ask(long=LONG, deaf=True)
    host.hear_step(3)
    host.say(Cancel(1))
    assert host.hear() == Cancelled(1)


def test_stop_before_the_first_step_waits_for_it(host: Host) -> None:
    """There is no picture yet: the first step's is the answer."""
    host.ask(late=0.3, steps=9, long=LONG)
    host.say(Stop(1))
    assert host.hear_until(Done).metrics["steps"] >= 1


def test_cancel_before_the_first_step_is_answered_at_once(host: Host) -> None:
    """Cancel need not wait for anything."""
    host.ask(late=LONG)
    host.say(Cancel(1))
    assert host.hear() == Cancelled(1)


def test_a_newer_job_cancels_the_older(host: Host) -> None:
    """The older job ends with Cancelled at once, the newer one is done after the older has let go."""
    host.ask(job=1, long=LONG)
    host.hear_step(3)
    host.ask(job=2)
    assert host.hear() == Cancelled(1)
    assert host.hear_until(Done, Failed) == Done(2, PICTURE, {}, {"steps": 3})


def test_of_many_jobs_sent_together_the_last_is_done(host: Host) -> None:
    """Each job has exactly one ending, and only the last one a picture."""
    for job in range(1, 6):
        host.ask(job=job, long=LONG if job < 5 else 0)
    endings = [host.hear_until(Done, Cancelled, Failed) for _ in range(5)]
    assert endings == [*(Cancelled(job) for job in range(1, 5)), Done(5, PICTURE, {}, {"steps": 3})]


def test_stop_and_cancel_of_ended_jobs_are_ignored(host: Host) -> None:
    """They crossed the ending on the wire: no second ending follows."""
    host.ask(job=1)
    host.hear_until(Done)
    for late in (Stop(1), Cancel(1), Stop(99), messages.Ping()):
        host.say(late)
    assert host.hear() == messages.Pong()


def test_previews_come_when_asked_for(host: Host) -> None:
    """With `previews` a step brings a picture, without it none."""
    host.ask(job=1, previews=1e-9)
    assert host.hear_until(Preview, Done) == Preview(1, PREVIEW)
    host.hear_until(Done)
    host.ask(job=2)
    assert isinstance(host.hear_until(Preview, Done), Done)


def test_the_first_preview_follows_the_first_step(host: Host) -> None:
    """However long the time between two: the artist sees at once what she will get."""
    host.ask(previews=LONG)
    assert [type(host.hear()) for _ in range(5)] == [Progress, Preview, Progress, Progress, Done]


def test_cancel_does_not_wait_for_a_preview(host: Host) -> None:
    """A large picture takes long to reduce."""
    host.ask(previews=LONG, preview_seconds=LONG)
    host.hear_step(1)
    host.say(Cancel(1))
    assert host.hear() == Cancelled(1)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ({"first": UNREADABLE}, "invalid-image", "the style is not a picture"),
        ({"then": "raise MemoryError"}, "out-of-memory", "does not fit"),
        ({"then": "raise KeyError('relu9_9')"}, "internal", "KeyError: 'relu9_9'"),
        ({"then": "raise SystemExit(3)"}, "internal", "SystemExit"),
        ({"then": "self.metrics['loss'] = float('nan')"}, "protocol", "JSON"),
    ],
)
def test_the_worker_survives_what_the_engine_raises(host: Host, fault: dict[str, str], code: str, words: str) -> None:
    """Each exception becomes one Failed with its code, and the next job is done."""
    host.ask(job=1, **fault)
    failed = host.hear_until(Failed)
    assert (failed.job, failed.code) == (1, code)
    assert words in failed.message
    host.ask(job=2)
    assert host.hear_until(Done, Failed).job == 2
    stderr = host.close()
    assert ("Traceback" in stderr) == (code == "internal")


def test_what_the_engine_prints_never_reaches_the_wire(host: Host) -> None:
    """print, file descriptor 1 and a child's output all go to standard error."""
    host.ask(then=PRINTS)
    assert isinstance(host.hear_until(Done, Failed), Done)
    stderr = host.close()
    assert all(words in stderr for words in ("not a frame", "nor is this", "nor that"))


def test_a_frame_that_is_no_request_is_answered(host: Host) -> None:
    """Failed with job 0, and the worker listens on."""
    header = b'{"type":"paint"}'
    host.stdin.write(MAGIC + len(header).to_bytes(4, "little") + header)
    failed = host.hear()
    assert (failed.job, failed.code) == (0, "protocol")
    host.say(messages.Ping())
    assert host.hear() == messages.Pong()


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_the_worker_leaves_when_its_input_ends(host: Host, cut: int) -> None:
    """At the end of the input, between frames or inside one, it leaves even in the middle of a long step."""
    host.ask(long=LONG, deaf=True)
    host.hear_step(3)
    file = io.BytesIO()
    protocol.send(file, Stop(1))
    host.stdin.write(file.getvalue()[:cut])
    host.stdin.close()
    assert host.child.wait(WAIT_SECONDS) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_the_kernel_ends_a_worker_whose_host_is_killed() -> None:
    """The input stays open, held by this test, and still the worker goes with its host."""
    ours, theirs = os.pipe()
    code = f"import os, subprocess, time; worker = subprocess.Popen({FAKE_ENGINE!r}); "
    code += f"os.write({theirs}, b'%d' % worker.pid); time.sleep(99)"
    pipe = subprocess.PIPE
    host = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, bufsize=0, pass_fds=[theirs])
    worker = int(os.read(ours, 20))
    stdin, stdout = cast("Any", host.stdin), cast("Any", host.stdout)
    assert isinstance(protocol.decode_event(read_frame(stdout)), messages.Ready)
    assert is_alive(worker)
    os.kill(host.pid, signal.SIGKILL)
    host.wait()
    assert comes_true(lambda: not is_alive(worker))
    for end in (ours, theirs):
        os.close(end)
    stdin.close()
    stdout.close()


def picture(width: int, height: int) -> Pixels:
    values = np.random.default_rng(5).random((height, width, 4), dtype=np.float32)
    values[..., 3] = 1
    return Pixels(width, height, values.tobytes())


def request(job: int, **settings: Any) -> Stylize:
    style = StylePixels(picture(64, 64))
    return Stylize(picture(72, 48), (style,), {"quality": "draft", "backend": "onnx", **settings}, job=job)


def test_the_real_engine_paints(real: Host) -> None:
    """Ready names the backend; the result has the content's size, its alpha, and values in range."""
    assert "onnx" in real.ready.backends
    real.say(request(1))
    progress = real.hear()
    assert isinstance(progress, Progress)
    done = real.hear_until(Done, Failed)
    pixels = np.frombuffer(done.pixels.rgba, "<f4").reshape(48, 72, 4)
    assert (pixels[..., 3] == 1).all()
    assert 0 <= pixels.min() <= pixels.max() <= 1
    assert done.metrics["backend"] == "onnx"
    assert done.recipe["settings"]["quality"] == "draft"


def test_the_real_engine_stops_cancels_and_goes_on(real: Host) -> None:
    """After a stop and a cancel in the middle the next job starts afresh and is done."""
    real.say(request(2, quality="max"))
    while real.hear_until(Progress, Failed).step < 2:
        pass
    real.say(Stop(2))
    assert real.hear_until(Done, Failed).metrics["evaluations"][0] >= 2
    real.say(request(3, quality="max"))
    real.hear_until(Progress)
    real.say(Cancel(3))
    assert real.hear_until(Done, Cancelled, Failed) == Cancelled(3)
    real.say(request(4))
    assert isinstance(real.hear_until(Done, Failed), Done)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"settings": {"strength": 101}}, "invalid-setting"),
        ({"settings": {"colour": "style"}}, "invalid-setting"),
        ({"content": picture(31, 64)}, "image-too-small"),
        ({"content": Pixels(64, 64, bytes(64 * 64 * 16))}, "nothing-visible"),
        ({"content": Pixels(64, 64, b"\xff" * (64 * 64 * 16))}, "invalid-image"),
        ({"styles": (messages.StyleFile(b"no picture"),)}, "invalid-image"),
        ({"mask": bytes(72 * 48 * 4)}, "nothing-visible"),
    ],
)
def test_the_real_engine_refuses_with_a_code(real: Host, change: dict[str, Any], code: str) -> None:
    """What cannot be painted is Failed with the code of its error, and a sentence."""
    real.say(Stylize(**{"content": picture(72, 48), "styles": (StylePixels(picture(64, 64)),), "job": 9, **change}))
    failed = real.hear_until(Done, Failed)
    assert failed.code == code
    assert failed.message
    assert failed.remedy


def test_pixels_reach_the_engine_without_a_copy() -> None:
    """A picture in range is the memory that came over the wire; what is out of range is cut off."""
    sent = request(1)
    assert np.shares_memory(job_of(sent).content, np.frombuffer(sent.content.rgba, np.uint8))
    bright = np.frombuffer(sent.content.rgba, "<f4") * np.float32(2)
    content = job_of(replace(sent, content=Pixels(72, 48, bright.tobytes()))).content
    assert (content == np.minimum(bright, 1).reshape(48, 72, 4)).all()


def test_an_engine_that_was_told_of_others_leaves_them_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--engines N`: each of them takes an N-th of what is free, whatever it paints next."""
    monkeypatch.setattr(job_plan, "_sharers", {"cpu": 1, "card": 1})
    monkeypatch.setattr(job_plan, "_own_bytes", {})
    monkeypatch.setattr(job_plan, "held_memory", lambda: 0)
    backend = choose("onnx", "cpu")
    for free in (10_000_000_000, 4_000_000_000):  # the others have taken theirs by the second job
        server._start_painting(4, request(1))
        monkeypatch.setattr(backend, "free_memory", lambda free=free: free)
        assert job_plan.budget(Settings(), backend) == pytest.approx(0.9 * 10e9 / 4)


def test_guides_reach_the_engine() -> None:
    """Each style has the guide that was sent with it, or none."""
    guide = np.random.default_rng(6).random((48, 72), dtype=np.float32)
    styles = (StylePixels(picture(64, 64), 1.0, guide.tobytes()), StylePixels(picture(40, 40)))
    first, second = job_of(replace(request(1), styles=styles)).styles
    assert first.guide is not None
    assert (first.guide == guide).all()
    assert second.guide is None


@pytest.mark.parametrize("first", [messages.Ready, Progress])
def test_the_real_engine_leaves_whatever_it_is_at(first: type) -> None:
    """While it loads and inside a step: the end of the input waits for neither."""
    host = Host(ENGINE)
    host.say(Stylize(picture(320, 240), (StylePixels(picture(64, 64)),), {"backend": "onnx", "quality": "max"}))
    if first is Progress:
        host.hear_until(Progress)
    process = psutil.Process(host.child.pid)
    before = process.cpu_times().user
    assert comes_true(lambda: process.cpu_times().user > before + MOMENT)
    host.stdin.close()
    assert host.child.wait(WAIT_SECONDS) == 0
    host.close()
