"""The wire: the specification's examples, its bounds, and what happens to everything else."""

from __future__ import annotations

import io
import json
import mmap
import random
import struct
import tracemalloc
from typing import Any

import pytest

from nst_core.shared.errors import EngineMismatchError, OutOfMemoryError, ProtocolError
from nst_core.shared.wire import frames, messages, protocol
from nst_core.shared.wire.frames import (
    MAGIC,
    MAX_ATTACHMENTS,
    MAX_HEADER,
    MAX_PAYLOAD,
    Attachment,
    Frame,
    read_frame,
    write_frame,
)
from nst_core.shared.wire.messages import Pixels, StyleFile, StylePixels, Stylize

PICTURE = Pixels(3, 2, bytes(range(96)))
PROGRESS = messages.Progress(job=1, octave=2, octaves=3, step=14, steps=30, loss=0.2, seconds_left=8.5, fraction=0.4)
FULL = Stylize(
    PICTURE,
    (StyleFile(b"jpeg", 2.0, "wave.jpg", bytes(24)), StylePixels(PICTURE, 0.5), StylePixels(PICTURE, 2, bytes(24))),
    {"strength": 60.0, "seed": 4, "color": "style"},
    init=PICTURE,
    mask=bytes(24),
    part=0.25,
    previews=0.5,
    job=7,
    strength_map=bytes(24),
    excerpt=messages.Excerpt(30, 20, (0.1, 0.0, 0.2, 0.1), PICTURE, PICTURE),
    sketch=True,
)
REQUESTS = [
    FULL,
    Stylize(PICTURE, (StyleFile(b"x"),)),
    messages.Stop(7),
    messages.Cancel(7),
    messages.Ping(),
    messages.FindFaces(9, PICTURE),
]
EVENTS = [
    messages.Ready(protocol.PROTOCOL, "0.1.0", ("onnx", "torch"), ("cpu",)),
    PROGRESS,
    messages.Preview(1, messages.ScreenPixels(3, 2, bytes(range(24)))),
    messages.Done(1, PICTURE, {"seed": 0, "styles": [{"weight": 1.0}]}, {"seconds": 1.5}),
    messages.Cancelled(1),
    messages.Failed(0, "protocol", "something was wrong", "send something else"),
    messages.Pong(),
    messages.Faces(9, (messages.Face(1.5, -2.0, 3.0, 4.0, 0.5),)),
]


class Trickle(io.BytesIO):
    """A file that gives and takes a few bytes at a time."""

    def readinto(self, buffer: Any, /) -> int:
        part = self.read(min(5, len(buffer)))
        buffer[: len(part)] = part
        return len(part)

    def write(self, chunk: Any, /) -> int:
        return super().write(chunk[:3])


def wire(message: Any) -> bytes:
    file = io.BytesIO()
    protocol.send(file, message)
    return file.getvalue()


def raw_frame(header: bytes, payload: bytes = b"") -> bytes:
    return MAGIC + struct.pack("<I", len(header)) + header + payload


def decode(frame: Frame) -> Any:
    requests = str(frame.fields.get("type")) in protocol.REQUESTS
    return protocol.decode_request(frame) if requests else protocol.decode_event(frame)


def is_refused(frame: Frame) -> bool:
    try:
        decode(frame)
    except (ProtocolError, EngineMismatchError):
        return True
    return False


@pytest.mark.parametrize("message", [*REQUESTS, *EVENTS], ids=lambda m: type(m).__name__)
def test_a_message_arrives_as_it_was_sent(message: Any) -> None:
    """Every kind of message survives the wire, over files that read and write a few bytes at a time."""
    file = Trickle()
    protocol.send(file, message)
    file.seek(0)
    assert decode(read_frame(file)) == message
    assert not file.read()


def test_the_examples_of_the_specification_are_messages() -> None:
    """Every example in the protocol's docstring decodes, and there is one for each message."""
    text, seen = protocol.__doc__ or "", set()
    for at in (i for i in range(len(text)) if text.startswith('{"type"', i)):
        fields, _ = json.JSONDecoder().raw_decode(text, at)
        parts = [Attachment(p["role"], bytes(p["bytes"])) for p in fields.pop("payload", [])]
        decode(Frame(fields, tuple(parts)))
        seen.add(fields["type"])
    assert seen == set(protocol.REQUESTS) | set(protocol.EVENTS)


def test_half_a_frame_is_the_end_of_the_wire() -> None:
    """A frame that is cut anywhere raises EOFError and nothing else."""
    whole = wire(FULL)
    for cut in range(len(whole)):
        with pytest.raises(EOFError):
            read_frame(io.BytesIO(whole[:cut]))


def test_garbage_is_refused() -> None:
    """Bytes that are no frame, such as a greeting of a login shell, raise ProtocolError."""
    for seed in range(50):
        with pytest.raises(ProtocolError):
            read_frame(io.BytesIO(random.Random(seed).randbytes(64)))  # noqa: S311 - not for secrets
    with pytest.raises(ProtocolError, match="begins with"):
        read_frame(io.BytesIO(b"Welcome to gpu-box\n"))


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b'{"type":"ping","x":NaN}',
        b'{"type":"ping","x":1e999}',
        b'{"type":"ping","x":' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"payload":3}',
        b'{"payload":[3]}',
        b'{"payload":[{"role":"pixels"}]}',
        b'{"payload":[{"role":"pixels","bytes":-1}]}',
        b'{"payload":[{"role":"pixels","bytes":1.0}]}',
        b'{"payload":[{"role":"pixels","bytes":true}]}',
        b'{"payload":[{"role":3,"bytes":1}]}',
        b'{"payload":[{"role":"pixels","bytes":1,"x":1}]}',
        json.dumps({"payload": [{"role": "style", "bytes": 0}] * (MAX_ATTACHMENTS + 1)}).encode(),
    ],
)
def test_a_header_that_is_wrong_is_refused(header: bytes) -> None:
    """Anything but a JSON object of finite numbers with a proper payload raises ProtocolError."""
    with pytest.raises(ProtocolError):
        read_frame(io.BytesIO(raw_frame(header)))


@pytest.mark.parametrize("length", [0, 1, MAX_HEADER + 1, 2**32 - 1])
def test_the_length_of_a_header_is_bounded(length: int) -> None:
    """A header under two bytes or over a mebibyte is refused by its length alone."""
    with pytest.raises(ProtocolError, match="announced"):
        read_frame(io.BytesIO(MAGIC + struct.pack("<I", length)))


@pytest.mark.parametrize("sizes", [[MAX_PAYLOAD + 1], [2**32] * 3, [2**64], [10**400]])
def test_too_large_a_payload_is_refused_before_anything_is_allocated(sizes: list[int]) -> None:
    """More than 8 GiB, in one piece or several, raises ProtocolError while memory stays untouched."""
    header = json.dumps({"payload": [{"role": "content", "bytes": size} for size in sizes]}).encode()
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="announced"):
            read_frame(io.BytesIO(raw_frame(header)))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_lengths_over_four_gibibytes_are_exact() -> None:
    """A payload of more than 32 bits of length is announced, and written to its last byte."""

    class Counter:
        count = 0

        def write(self, chunk: Any, /) -> int:
            part = min(len(chunk), 2**31 - 4096)  # what Linux takes at once
            self.count += part
            return part

        def flush(self) -> None:
            pass

    size, counter = 2**32 + 16, Counter()
    with mmap.mmap(-1, size) as pages:  # never touched, so it costs nothing
        content = memoryview(pages)
        write_frame(counter, Frame({"type": "done"}, (Attachment("pixels", content),)))
        content.release()
    header = b'{"type":"done","payload":[{"role":"pixels","bytes":4294967312}]}'
    assert counter.count == 8 + len(header) + size
    assert frames.parse_header(header) == ({"type": "done"}, (frames.AnnouncedAttachment("pixels", size),))


def test_a_payload_without_room_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory runs out the frame raises OutOfMemoryError and the next one is read as if nothing had been."""

    def scarce(size: int) -> bytearray:
        if size == 24:
            raise MemoryError
        return bytearray(size)

    monkeypatch.setattr(frames, "bytearray", scarce, raising=False)
    monkeypatch.setattr(frames, "CHUNK", 7)
    file = io.BytesIO(wire(EVENTS[2]) + wire(messages.Pong()))
    with pytest.raises(OutOfMemoryError):
        read_frame(file)
    assert decode(read_frame(file)) == messages.Pong()


@pytest.mark.parametrize("fields", [{"x": float("nan")}, {"x": float("inf")}, {"x": b"1"}, {"x": "a" * MAX_HEADER}])
def test_what_cannot_be_sent_leaves_the_wire_untouched(fields: dict[str, Any]) -> None:
    """A header that JSON or the bound forbids raises ProtocolError before the first byte is written."""
    file = io.BytesIO()
    with pytest.raises(ProtocolError):
        write_frame(file, Frame(fields))
    assert not file.getvalue()


def test_another_protocol_is_told_with_its_remedy() -> None:
    """A Ready of another version raises EngineMismatchError, whatever else it holds."""
    frame = Frame({"type": "ready", "protocol": protocol.PROTOCOL + 1, "colours": "many"})
    with pytest.raises(EngineMismatchError) as caught:
        protocol.decode_event(frame)
    assert caught.value.remedy == "run `neural-style install` again"


def test_requests_and_events_do_not_mix() -> None:
    """A host cannot send an event, nor a worker a request."""
    with pytest.raises(ProtocolError, match="no message of type 'ping'"):
        protocol.decode_event(Frame({"type": "ping"}))
    with pytest.raises(ProtocolError, match="no message of type 'pong'"):
        protocol.decode_request(Frame({"type": "pong"}))
    with pytest.raises(ProtocolError):
        protocol.decode_request(Frame({"type": ["ping"]}))


WRONG: list[Any] = [None, "x", True, [], {}, -1, 10**400, 0.5]


@pytest.mark.parametrize("message", [*REQUESTS, *EVENTS], ids=lambda m: type(m).__name__)
def test_a_message_with_a_wrong_field_is_refused_or_still_a_message(message: Any) -> None:
    """Fields dropped, added or replaced, and attachments dropped or doubled, raise ProtocolError and nothing else."""
    frame = protocol.encode(message)
    variants = [Frame({**frame.fields, "surprise": 1}, frame.attachments)]
    for name in frame.fields:
        variants.append(Frame({k: v for k, v in frame.fields.items() if k != name}, frame.attachments))
        variants += [Frame({**frame.fields, name: wrong}, frame.attachments) for wrong in WRONG]
    variants += [Frame(frame.fields, (*frame.attachments, Attachment("extra", b"")))]
    variants += [Frame(frame.fields, frame.attachments[:-1])] if frame.attachments else []
    refused = [variant for variant in variants if is_refused(variant)]
    assert len(refused) > len(variants) // 2
    assert refused[0] is variants[0]


@pytest.mark.parametrize("guide", [None, "", 3])
def test_a_guide_is_no_field(guide: object) -> None:
    """In the header of a request it is refused, whatever it holds."""
    frame = protocol.encode(Stylize(PICTURE, (StyleFile(b"x"),)))
    frame.fields["styles"][0]["guide"] = guide
    with pytest.raises(ProtocolError, match="attachment"):
        decode(frame)


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (Pixels, {"width": 0, "height": 2, "rgba": b""}),
        (Pixels, {"width": 2, "height": 2, "rgba": b"short"}),
        (Pixels, {"width": 2.0, "height": 2, "rgba": bytes(64)}),
        (Pixels, {"width": 2**19, "height": 2**19, "rgba": b""}),
        (Pixels, {"width": 1, "height": 1, "rgba": "sixteen letters!"}),
        (StyleFile, {"encoded": b""}),
        (StyleFile, {"encoded": b"x", "weight": float("nan")}),
        (StyleFile, {"encoded": b"x", "weight": -1}),
        (StyleFile, {"encoded": bytes(messages.MAX_STYLE_FILE + 1)}),
        (StylePixels, {"pixels": b""}),
        (Stylize, {"content": PICTURE, "styles": ()}),
        (Stylize, {"content": PICTURE, "styles": (PICTURE,)}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "settings": {"strength": float("inf")}}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "settings": {"strength": None}}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "settings": {3: 4}}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "init": Pixels(2, 3, bytes(96))}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "mask": bytes(96)}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x"),), "strength_map": bytes(96)}),
        (Stylize, {"content": PICTURE, "styles": (StyleFile(b"x", guide=bytes(96)),)}),
        (messages.FindFaces, {"job": 9, "content": b""}),
        (messages.Face, {"x": 1, "y": 1, "half_width": -1, "half_height": 1, "roll": 0}),
        (messages.Face, {"x": float("nan"), "y": 1, "half_width": 1, "half_height": 1, "roll": 0}),
        (messages.Faces, {"job": 9, "faces": ((1, 2, 3, 4, 0),)}),
        (messages.Stop, {"job": 0}),
        (messages.Stop, {"job": True}),
        (messages.Failed, {"job": -1, "code": "x", "message": "x"}),
        (messages.Ready, {"protocol": 1, "version": "1", "backends": "onnx", "devices": ()}),
        (messages.Progress, {**vars(PROGRESS), "loss": float("nan")}),
        (messages.Progress, {**vars(PROGRESS), "seconds_left": float("inf")}),
        (messages.Progress, {**vars(PROGRESS), "fraction": 1.5}),
        (messages.Progress, {**vars(PROGRESS), "octave": 4}),
    ],
)
def test_a_message_that_breaks_a_rule_cannot_be_made(cls: Any, fields: dict[str, Any]) -> None:
    """Constructors refuse wrong types, numbers that are not finite or out of range, and buffers of another length."""
    with pytest.raises(ProtocolError):
        cls(**fields)
