"""An engine that means harm, or is broken: the host says so in a sentence, keeps its memory, and ends it."""

from __future__ import annotations

import os
import queue
import resource
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from children import FAKE_ENGINE, WAIT_SECONDS, child, comes_true, is_alive

from gimp_plugin.flow.session import Session
from nst_core.shared.client.engine import MAX_STDERR, Engine
from nst_core.shared.client.pending_jobs import MAX_FINDINGS
from nst_core.shared.errors import EngineCrashedError, NeuralStyleError, ProtocolError
from nst_core.shared.wire.findings import MAX_TEXT, Finding
from nst_core.shared.wire.messages import Done, Failed, Pixels, Preview, Progress, StylePixels, Stylize

pytestmark = pytest.mark.slow

SIDE = 8
PICTURE = Pixels(SIDE, SIDE, bytes(SIDE * SIDE * 16))

# Says Ready, waits for the beginning of a request, and does as told.
HOSTILE = """
import os, struct, time, json
from nst_core.shared.wire.messages import *
from nst_core.shared.wire.protocol import PROTOCOL
from nst_core.shared.wire.protocol import send
out = os.fdopen(os.dup(1), "wb", buffering=0)
send(out, Ready(PROTOCOL, "1", ("onnx",), ("cpu",)))
os.read(0, 8)
def raw(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    out.write(b"NST\\n" + struct.pack("<I", len(text)) + text + payload)
def picture(side):
    return Pixels(side, side, bytes(side * side * 16))
def done(side=8, job=1):
    send(out, Done(job, picture(side), {}, {}))
def announced(count):
    payload = [{"role": "pixels", "bytes": count}]
    return {"type": "preview", "job": 1, "pixels": {"width": 8, "height": 8}, "payload": payload}
progress = {"type": "progress", "job": 1, "octave": 1, "octaves": 1, "step": 1, "steps": 2, "loss": 1.0,
            "seconds_left": 1.0, "fraction": 0.5}
"""
WAIT = "\ntime.sleep(600)"


@pytest.fixture(autouse=True)
def _short_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    """These engines never leave when they are asked to: a shorter wait until they are killed."""
    monkeypatch.setattr("nst_core.shared.client.engine.END_SECONDS", 0.2)


@contextmanager
def hostile(act: str) -> Iterator[Engine]:
    with Engine.start(child(f"exec({HOSTILE + act!r})"), os.environ) as engine:
        yield engine
    assert not is_alive(engine.pid)


def request() -> Stylize:
    return Stylize(PICTURE, (StylePixels(PICTURE),))


LIES = {
    "garbage": "out.write(os.urandom(4096))",
    "an answer of the web": "out.write(b'HTTP/1.1 200 OK\\r\\n\\r\\n')",
    "4 GiB of header": "out.write(b'NST\\n' + b'\\xff' * 4)",
    "no header": "out.write(b'NST\\n' + bytes(4))",
    "8 GiB of picture": "raw(announced(2**33))",
    "more than was asked for": "raw(announced(8 * 8 * 16 + 1))",
    "less than its size": "raw(announced(16), bytes(16))",
    "a smaller picture": "done(4)",
    "a larger preview": "send(out, Preview(1, ScreenPixels(64, 1, bytes(64 * 4))))",
    "an odd step": "raw({**progress, 'step': -1})",
    "a share above 1": "raw({**progress, 'fraction': 1e9})",
    "no number": "raw(json.dumps({**progress, 'loss': float('nan')}).encode())",
    "a number beyond all": "raw({**progress, 'seconds_left': 10**400})",
    "a request": "send(out, Ping())",
    "an unknown event": "raw({'type': 'run', 'job': 1})",
    "no object": "raw(b'[1]')",
    "no text": "raw(b'\\xff\\xfe')",
    "depths": "raw(b'[' * 900_000)",
    "odd settings": "raw({'type': 'done', 'job': 1, 'pixels': {'width': 8, 'height': 8}, 'recipe': {'settings': 7},"
    " 'metrics': {}, 'payload': [{'role': 'pixels', 'bytes': 1024}]}, bytes(1024))",
    "odd seconds": "raw({'type': 'done', 'job': 1, 'pixels': {'width': 8, 'height': 8}, 'recipe': {},"
    " 'metrics': {'seconds': 'x'}, 'payload': [{'role': 'pixels', 'bytes': 1024}]}, bytes(1024))",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_on_the_wire_ends_the_engine_with_a_reason(lie: str) -> None:
    """The job fails with one sentence and a remedy, every later one too, and no process is left."""
    with hostile(LIES[lie] + WAIT) as engine:
        for _ in range(2):
            with pytest.raises(ProtocolError) as caught:
                engine.stylize(request())
            assert caught.value.remedy
            assert len(str(caught.value)) < 500


def test_another_version_in_the_middle_is_refused() -> None:
    """A second Ready of a future protocol is no reason to believe it."""
    with hostile("raw({'type': 'ready', 'protocol': 99})" + WAIT) as engine, pytest.raises(NeuralStyleError):
        engine.stylize(request())


@pytest.mark.parametrize("act", ["out.write(b'NST')", "raw(announced(1024), bytes(1000))"])
def test_half_a_frame_is_a_crash(act: str) -> None:
    """The engine is gone, and so it is told."""
    with hostile(act + "; os._exit(7)") as engine, pytest.raises(EngineCrashedError, match="code 7"):
        engine.stylize(request())


def test_answers_that_nobody_waits_for_are_ignored() -> None:
    """Of other jobs, a second one, another Ready: the right answer is heard once."""
    act = "done(8, 99); send(out, Ready(PROTOCOL, '1', (), ())); send(out, Pong()); done(); done(); done(2, 3)"
    with hostile(act + WAIT) as engine:
        heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        engine.begin(request(), heard.put)
        assert isinstance(heard.get(timeout=WAIT_SECONDS), Done)
        engine.close()
        assert heard.empty()


def test_a_flood_of_words_neither_blocks_nor_fills() -> None:
    """Of 64 MiB on standard error the end is kept, and the picture arrives."""
    with hostile("[os.write(2, b'x' * 2**16) for _ in range(1024)]; done()" + WAIT) as engine:
        assert isinstance(engine.stylize(request()), Done)
        assert len(engine.stderr_tail) <= MAX_STDERR


IGNORES = "import signal; signal.signal(15, signal.SIG_IGN)\n"


@pytest.mark.parametrize(
    "act",
    [
        "time.sleep(600)",
        "out.write(b'NST\\n' + struct.pack('<I', 2**20)); time.sleep(600)",
        "while True: raw(progress)",
        "while True: os.write(2, b'x' * 2**16)",
    ],
)
def test_an_engine_that_never_ends_can_be_closed(act: str) -> None:
    """Deaf to everything, SIGTERM included: `close` ends it, and the job with it."""
    with hostile(IGNORES + act) as engine:
        heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        engine.begin(request(), lambda event: heard.put(event) if isinstance(event, Failed) else None)
        engine.cancel()
        engine.close()
        assert heard.get(timeout=WAIT_SECONDS).code == "engine-crashed"


def most_held() -> int:
    """Bytes that this process has held at most."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_endless_progress_neither_deafens_nor_fills_the_host() -> None:
    """Cancelling is answered at once, nothing is kept of what was heard, and closing ends it."""
    with hostile("while True: raw(progress)") as engine:
        heard = Counter[str]()
        enough, over = threading.Event(), threading.Event()

        def listen(event: Any) -> None:
            heard[type(event).__name__] += 1
            if heard["Progress"] >= 5000:
                enough.set()
            if isinstance(event, Failed):
                over.set()

        engine.begin(request(), listen)
        assert enough.wait(WAIT_SECONDS)
        before = most_held()
        seen, deadline = heard["Progress"], time.monotonic() + WAIT_SECONDS
        while heard["Progress"] < seen + 20_000:
            assert time.monotonic() < deadline, "the host no longer reads"
            time.sleep(0.01)
        assert most_held() - before < 2**24
        engine.cancel()
        assert not over.is_set()
        engine.close()
        assert over.wait(WAIT_SECONDS)
        last = sum(heard.values())
    assert sum(heard.values()) == last
    assert heard["Failed"] == 1


def test_a_slow_caller_is_not_buried_under_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what it did not look at in time the newest is kept, and always the end; closing lets it go."""
    received, number = threading.Event(), 0
    real = Engine.begin

    def begin(engine: Engine, wanted: Stylize, listener: Any) -> int:
        def counted(event: Any) -> None:
            nonlocal number
            listener(event)
            number += 1
            if number == 1000:
                received.set()

        return real(engine, wanted, counted)

    monkeypatch.setattr(Engine, "begin", begin)
    looked_at = 0
    with hostile("while True: raw(progress); send(out, Preview(1, ScreenPixels(8, 8, bytes(256))))") as engine:

        def look(_event: Any) -> None:
            nonlocal looked_at
            looked_at += 1
            if looked_at == 1:
                assert received.wait(WAIT_SECONDS)
                engine.close()

        with pytest.raises(EngineCrashedError, match="closed"):
            engine.stylize(request(), look, look)
    assert looked_at <= 3


def test_a_busy_main_loop_gets_the_newest_alone() -> None:
    """Of thousands of pictures and steps one each waits for the dialog, and then the ending."""
    many = "for n in range(1000): raw({**progress, 'step': n}); send(out, Preview(1, ScreenPixels(8, 8, bytes(256))))\n"
    posted: queue.SimpleQueue[Any] = queue.SimpleQueue()
    session = Session(
        lambda: Engine.start(child(f"exec({HOSTILE + many + 'done()' + WAIT!r})"), os.environ), posted.put
    )
    heard: list[Any] = []
    session.submit(replace(request(), settings={"of": "another time"}), heard.append)
    posted.get(timeout=WAIT_SECONDS)()  # that the engine has started
    for _ in range(3):
        call = posted.get(timeout=WAIT_SECONDS)
        if not heard:
            assert comes_true(lambda: posted.qsize() >= 2, WAIT_SECONDS)
        call()
    session.close()
    assert posted.empty()
    assert [type(event) for event in heard] == [Progress, Preview, Done]
    assert heard[0].step == 999


FOUND = "finding = {'subject': 'x', 'state': 'ok', 'text': 'y' * 10**5, 'remedy': '', 'where': ''}\n"
FIND = "raw({'type': 'found', 'job': 1, 'finding': finding})"


@pytest.mark.parametrize("act", [f"while True: {FIND}", "done()"])
def test_an_examination_that_never_ends_is_ended(act: str) -> None:
    """Findings for ever, or an answer to something else: the engine is sent away, and little was kept of it."""
    heard: list[Finding] = []
    with hostile(FOUND + act + WAIT) as engine, pytest.raises(ProtocolError):
        engine.examine(heard.append)
    assert len(heard) <= MAX_FINDINGS
    assert all(len(finding.text) <= MAX_TEXT for finding in heard)


@pytest.mark.parametrize("event", [FIND, "raw({'type': 'examined', 'job': 1})"])
def test_an_examination_is_no_answer_to_a_picture(event: str) -> None:
    """Whoever asked for a picture does not wait for ever."""
    with hostile(FOUND + event + WAIT) as engine, pytest.raises(ProtocolError, match="examination"):
        engine.stylize(request())


FIRST = {
    "8 GiB of picture": "raw({'type': 'ready', 'payload': [{'role': 'pixels', 'bytes': 2**33}]})",
    "a byte": "raw({'type': 'ready', 'payload': [{'role': 'pixels', 'bytes': 1}]}, b'x')",
    "a picture": "done()",
}


@pytest.mark.parametrize("lie", FIRST)
def test_an_engine_that_begins_with_a_lie_is_sent_away(lie: str) -> None:
    """Before anything is asked for, nothing is awaited: what is announced takes no memory."""
    before = most_held()
    script = (
        HOSTILE.replace("send(out, Ready", "0 and send(out, Ready").replace("os.read(0, 8)", "") + FIRST[lie] + WAIT
    )
    with pytest.raises(ProtocolError, match="awaited were 0 at most"):
        Engine.start(child(f"exec({script!r})"), os.environ)
    assert most_held() - before < 2**26


def test_a_request_that_cannot_be_written_is_told_at_once() -> None:
    """Settings of 2 MiB do not fit into a header: an error instead of silence, and the next request is answered."""
    with Engine.start(FAKE_ENGINE, os.environ) as engine:
        with pytest.raises(ProtocolError, match="a header has"):
            engine.stylize(replace(request(), settings={"then": "x" * 2**21}))
        assert isinstance(engine.stylize(request()), Done)


def test_whoever_is_stuck_in_sending_is_freed_by_closing() -> None:
    """A large request to an engine that reads nothing waits for ever, but for `close`."""
    with hostile("time.sleep(600)") as engine:
        side = 512
        large = Pixels(side, side, bytes(side * side * 16))
        heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        sender = threading.Thread(target=lambda: engine.begin(Stylize(large, (StylePixels(large),)), heard.put))
        sender.start()
        engine.close()
        sender.join(WAIT_SECONDS)
        assert not sender.is_alive()
        assert isinstance(heard.get(timeout=WAIT_SECONDS), Failed)
