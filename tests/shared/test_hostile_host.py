"""Whatever comes in at the real worker's standard input: it answers, or says why it leaves."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from typing import Any

import pytest
from children import ENGINE, WAIT_SECONDS
from test_worker import Host

from nst_core.shared.wire import messages
from nst_core.shared.wire.findings import MAX_TEXT
from nst_core.shared.wire.frames import MAGIC

SEED = random.SystemRandom().randrange(10**6)


def frame(header: Any, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + payload


SIZE = {"width": 32, "height": 32}
STYLIZE = {"type": "stylize", "job": 1, "content": SIZE, "styles": [{"kind": "file", "weight": 1.0, "name": "x"}]}
STYLIZE |= {"settings": {}, "part": 1.0, "previews": 0.0}
PARTS = [{"role": "content", "bytes": 32 * 32 * 16}, {"role": "style", "bytes": 4}]
PIXELS = bytes([0, 0, 128, 63]) * (32 * 32 * 4) + b"none"

ANSWERED = {
    "no message": frame({"type": "paint"}),
    "an event": frame({"type": "pong"}),
    "a list of types": frame({"type": ["ping"]}),
    "an endless type": frame({"type": "x" * 900_000}),
    "a job beyond all": frame({"type": "stop", "job": 10**400}),
    "no job": frame({"type": "cancel", "job": True}),
    "a picture of no size": frame({**STYLIZE, "content": {"width": 0, "height": 32}, "payload": PARTS}, PIXELS),
    "another order": frame({**STYLIZE, "payload": PARTS[::-1]}, PIXELS[::-1]),
    "a weight beyond all": frame(
        {**STYLIZE, "styles": [{"kind": "file", "weight": 10**400, "name": "x"}], "payload": PARTS}, PIXELS
    ),
    "a sketch that is a number": frame({**STYLIZE, "sketch": 1, "payload": PARTS}, PIXELS),
    "previews beyond all": frame({**STYLIZE, "previews": 10**400, "payload": PARTS}, PIXELS),
    "no picture as style": frame({**STYLIZE, "payload": PARTS}, PIXELS),
    "settings beyond all": frame({**STYLIZE, "settings": {"strength": 10**400}, "payload": PARTS}, PIXELS),
    "a setting of settings": frame({**STYLIZE, "settings": {"strength": {}}, "payload": PARTS}, PIXELS),
}


def test_a_frame_that_makes_no_sense_is_answered() -> None:
    """One Failed for each, in one short sentence, and the worker goes on."""
    host = Host(ENGINE)
    for case, sent in ANSWERED.items():
        host.stdin.write(sent)
        failed = host.hear_until(messages.Failed, messages.Done)
        assert isinstance(failed, messages.Failed), case
        assert failed.code in {"protocol", "invalid-image", "invalid-setting"}, (case, failed)
        assert len(failed.message) <= MAX_TEXT
        host.say(messages.Ping())
        assert host.hear() == messages.Pong(), case
    assert "Traceback" not in host.close()


FINAL = {
    "garbage": b"GET / HTTP/1.1\r\n\r\n",
    "4 GiB of header": MAGIC + b"\xff" * 4,
    "no header": MAGIC + bytes(4),
    "no JSON": frame(b"\xff\xfe\x00"),
    "depths": frame(b"[" * 900_000),
    "not a number": frame(b'{"type": "ping", "x": NaN}'),
    "a number of a million digits": frame(b'{"type": "ping", "x": ' + b"9" * 900_000 + b"}"),
    "9 GiB of picture": frame({**STYLIZE, "payload": [{"role": "content", "bytes": 9 * 2**30}]}),
    "less than nothing": frame({**STYLIZE, "payload": [{"role": "content", "bytes": -1}]}),
    "many pictures": frame({**STYLIZE, "payload": [{"role": "content", "bytes": 0}] * 65}),
}


@pytest.mark.parametrize("case", FINAL)
def test_what_leaves_no_way_on_ends_the_worker_with_a_reason(case: str) -> None:
    """It says Failed, and leaves by itself."""
    host = Host(ENGINE)
    host.stdin.write(FINAL[case])
    failed = host.hear()
    assert (failed.job, failed.code) == (0, "protocol")
    assert host.child.wait(WAIT_SECONDS) == 2
    assert "Traceback" not in host.close()


@pytest.mark.parametrize("number", range(6))
def test_half_frames_and_noise_end_the_worker(number: int) -> None:
    """A good stream that breaks somewhere, or goes on as noise: the process ends by itself, with no traceback."""
    dice = random.Random(SEED + number)  # noqa: S311 - test data
    print(f"seed {SEED}, stream {number}")  # noqa: T201 - to repeat a failure
    good = frame({"type": "ping"}) * 3 + frame({**STYLIZE, "payload": PARTS}, PIXELS)
    sent = bytearray(good[: dice.randrange(1, len(good))])
    for _ in range(dice.randrange(4)):
        sent[dice.randrange(len(sent))] = dice.randrange(256)
    done = subprocess.run(ENGINE, input=bytes(sent), capture_output=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode in {0, 2}
    assert b"Traceback" not in done.stderr
