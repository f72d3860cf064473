"""Frames: the encoding of one message on the wire. Checks lengths and limits; the fields are checked by `messages`.

`protocol` is the specification. `split_prefix` and `parse_header` are pure functions of bytes; only `read_frame` and
`write_frame` use files, and they accept short reads and short writes.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from nst_core.shared.errors import OutOfMemoryError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Buffer = bytes | bytearray | memoryview

MAGIC = b"NST\n"
PREFIX = struct.Struct("<4sI")
MAX_HEADER = 2**20  # bytes
MAX_PAYLOAD = 2**33  # bytes in all: 8 GiB, a picture of 536 megapixels
MAX_ATTACHMENTS = 64
CHUNK = 2**20  # bytes that are skipped at a time


class ReadStream(Protocol):
    """A binary file to read from."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill a part of the buffer. Returns the bytes read, 0 at the end."""


class WriteStream(Protocol):
    """A binary file to write to."""

    def write(self, chunk: Buffer, /) -> int | None:
        """Write a part of the chunk. Returns the bytes written."""

    def flush(self) -> None:
        """Pass everything written so far to the reader."""


@dataclass(frozen=True)
class Attachment:
    """Raw bytes after the header, and their role."""

    role: str
    content: Buffer

    @property
    def size(self) -> int:
        """Length in bytes."""
        return memoryview(self.content).nbytes


@dataclass(frozen=True)
class Frame:
    """The fields of a header, without `payload`, and the attachments that `payload` announced."""

    fields: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class AnnouncedAttachment:
    """An attachment that a header announces: `size` in bytes."""

    role: str
    size: int


def split_prefix(prefix: bytes) -> int:
    """Length of the header in bytes, from the first eight bytes of a frame. Raises ProtocolError."""
    magic, length = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise ProtocolError(f"a frame begins with {magic!r} instead of {MAGIC!r}")
    if not 2 <= length <= MAX_HEADER:
        raise ProtocolError(f"a header of {length} bytes was announced, allowed are 2 to {MAX_HEADER}")
    return int(length)


def parse_header(raw: bytes) -> tuple[dict[str, Any], tuple[AnnouncedAttachment, ...]]:
    """Fields and announced attachments of a header. Raises ProtocolError, before anything large is allocated."""
    try:
        fields = json.loads(raw.decode(), parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a header is not JSON: {str(error)[:80]}") from None
    if not isinstance(fields, dict):
        raise ProtocolError("a header is not a JSON object")
    return fields, _announced_attachments(fields.pop("payload", []))


def read_frame(stream: ReadStream, max_bytes: Callable[[], int] | None = None) -> Frame:
    """Read the next frame. max_bytes: called when it arrives; returns how many bytes its attachments may have in all.

    Raises EOFError at the end of the wire, also inside a frame; ProtocolError for a violation of the specification (the
    wire cannot be used any more); OutOfMemoryError for a payload that does not fit into memory (it was skipped, and the
    wire can be used).
    """
    length = split_prefix(_read(stream, PREFIX.size))
    fields, announced = parse_header(_read(stream, length))
    total = sum(part.size for part in announced)
    if max_bytes is not None and total > max_bytes():
        raise ProtocolError(f"a payload of {total} bytes was announced, awaited were {max_bytes()} at most")
    try:
        buffers = [bytearray(part.size) for part in announced]
    except MemoryError:
        _skip(stream, total)
        raise OutOfMemoryError.of("request-too-large-for-memory") from None
    for buffer in buffers:
        _fill(stream, buffer)
    return Frame(fields, tuple(Attachment(p.role, b) for p, b in zip(announced, buffers, strict=True)))


def write_frame(stream: WriteStream, frame: Frame) -> None:
    """Write one frame. Raises ProtocolError, before anything is written, if it exceeds a limit; OSError of the file."""
    fields = dict(frame.fields)
    if frame.attachments:
        fields["payload"] = [{"role": a.role, "bytes": a.size} for a in frame.attachments]
    _announced_attachments(fields.get("payload", []))
    try:
        header = json.dumps(fields, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"a header cannot be written as JSON: {str(error)[:80]}") from None
    if len(header) > MAX_HEADER:
        raise ProtocolError(f"a header has {len(header)} bytes, allowed are {MAX_HEADER}")
    _write(stream, PREFIX.pack(MAGIC, len(header)) + header)
    for attachment in frame.attachments:
        _write(stream, attachment.content)
    stream.flush()


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def _announced_attachments(payload: object) -> tuple[AnnouncedAttachment, ...]:
    if not isinstance(payload, list) or len(payload) > MAX_ATTACHMENTS:
        raise ProtocolError(f"payload must be a list of at most {MAX_ATTACHMENTS} attachments")
    announced = tuple(_announced_attachment(entry) for entry in payload)
    total = sum(part.size for part in announced)
    if total > MAX_PAYLOAD:
        raise ProtocolError(f"a payload of {total} bytes was announced, allowed are {MAX_PAYLOAD}")
    return announced


def _announced_attachment(entry: object) -> AnnouncedAttachment:
    match entry:
        case {"role": str(role), "bytes": int(size), **rest} if not rest and type(size) is int and size >= 0:
            return AnnouncedAttachment(role, size)
    raise ProtocolError('an attachment is not announced as {"role": text, "bytes": whole number}')


def _read(stream: ReadStream, size: int) -> bytes:
    buffer = bytearray(size)
    _fill(stream, buffer)
    return bytes(buffer)


def _fill(stream: ReadStream, buffer: bytearray) -> None:
    rest = memoryview(buffer)
    while rest:
        count = stream.readinto(rest)
        if not count:
            raise EOFError("the wire ended")
        rest = rest[count:]


def _skip(stream: ReadStream, size: int) -> None:
    while size:
        size -= len(_read(stream, min(size, CHUNK)))


def _write(stream: WriteStream, content: Buffer) -> None:
    rest = memoryview(content).cast("B")
    while rest:
        rest = rest[stream.write(rest) or 0 :]
