r"""The wire between host and engine. This text is the specification; version 1.

The host starts the worker and owns its standard input and output. Requests go in, events come out, as frames:

    magic    4 bytes, b"NST\n"
    length   4 bytes, little-endian: bytes of the header, 2 to 1 MiB
    header   one JSON object in UTF-8; no NaN, no infinity
    payload  the attachments that the header announces, one after another

    "payload": [{"role": "pixels", "bytes": 3145728}]     at most 64 attachments, 8 GiB in all

Pixels are rows from the top, RGBA, little-endian float32, sRGB encoded, straight alpha (babl "R'G'B'A float"): 16
bytes each. Those of a preview, which is only shown, have 8 bits each (babl "R'G'B'A u8"): 4 bytes. A message that
breaks a rule below, or has unknown or missing fields, is a ProtocolError.

The worker sends the first message. The host ends the worker if `protocol` is not its own version:

    {"type": "ready", "protocol": 1, "version": "0.1.0", "backends": ["onnx"], "devices": ["cpu"]}

Requests. `job` numbers a Stylize; no number is used twice; all events about it carry it.

    {"type": "stylize", "job": 7, "content": {"width": 512, "height": 384},
     "styles": [{"kind": "file", "weight": 1.0, "name": "wave.jpg"},
                {"kind": "pixels", "weight": 0.5, "width": 64, "height": 64}],
     "settings": {"strength": 60.0}, "part": 1.0, "previews": 0.5, "sketch": false,
     "excerpt": {"width": 4096, "height": 3072, "place": [0.25, 0.25, 0.375, 0.375],
                 "around": {"width": 64, "height": 48}, "begun": {"width": 64, "height": 48}}, "payload": [
       {"role": "content", "bytes": 3145728}, {"role": "style", "bytes": 20113}, {"role": "style", "bytes": 65536},
       {"role": "guide", "bytes": 786432}, {"role": "init", "bytes": 3145728}, {"role": "mask", "bytes": 786432},
       {"role": "strength_map", "bytes": 786432}, {"role": "around", "bytes": 49152},
       {"role": "begun", "bytes": 49152}]}
        The attachments come in this order: content; one for each style, which its guide may follow; then init, mask,
        strength_map, around and begun, each of which may be absent. A style of kind "file" is a picture file of at
        most 64 MiB.
        Guides, mask and strength_map are one float32 for each pixel of the content, 0 to 1: where the style counts,
        where to paint at all, and what multiplies the strength there. A style without a guide counts everywhere, and
        without a strength_map the strength is the same everywhere.
        `part` is the share of a larger picture's area that the content is, 1 if it is all of it: strokes have the
        size they have in the whole. `previews` is the least number of seconds between two previews, 0 for none; the
        first follows the first Progress. With `sketch` the job ends after the first Progress: with the picture that the
        painting would begin with.
        `excerpt`, null or absent for a whole picture, describes the larger picture of which the content is a part or a
        smaller copy. The content is painted as it would be there, octave after octave up to its own resolution.
        `width` and `height` are those of the larger picture; `place` is left, top, right and bottom of the content in
        it, as shares of its sides; `around` is the larger picture, reduced; `begun` is an earlier result for the
        content, whose width says at which octave to go on. The last two may be null.
        One job runs at a time: a Stylize cancels the job before it, which ends with Cancelled.
    {"type": "stop", "job": 7}
        Answered at once with Done, the picture of the last finished step, even in the middle of a step; before the
        first Progress, right after it. A Stop or Cancel for a job that has ended is ignored.
    {"type": "cancel", "job": 7}
        Answered at once with Cancelled.
    {"type": "examine", "job": 8}
        Try everything the engine needs, on every device, even while a job runs. The number is one of the jobs'.
        Answered with any number of Found and then Examined; a Stop or Cancel does not concern it.
    {"type": "find_faces", "job": 9, "content": {"width": 64, "height": 48},
     "payload": [{"role": "content", "bytes": 49152}]}
        Detect the faces in a picture, even while a job runs. The number is one of the jobs'. Answered with
        Faces or Failed; a Stop or Cancel does not concern it.
    {"type": "ping"}
        Answered with {"type": "pong"}.

Events. Each job has any number of Progress and Preview and then exactly one of Done, Cancelled and Failed.

    {"type": "progress", "job": 7, "octave": 2, "octaves": 3, "step": 14, "steps": 30, "loss": 0.21,
     "seconds_left": 8.5, "fraction": 0.4}
        The first one has step 0 and the loss null: the picture to start from is there, in a fraction of a second.
    {"type": "preview", "job": 7, "pixels": {"width": 256, "height": 192},
     "payload": [{"role": "pixels", "bytes": 196608}]}
    {"type": "done", "job": 7, "pixels": {"width": 512, "height": 384}, "recipe": {"seed": 0},
     "metrics": {"seconds": 14.2}, "payload": [{"role": "pixels", "bytes": 3145728}]}
        Of the metrics, `notes` are objects with code and values, as in `failed`, and the English text.
    {"type": "cancelled", "job": 7}
    {"type": "failed", "job": 7, "code": "out-of-memory", "message": "the job does not fit into memory",
     "remedy": "scale the picture down", "sentence": "job-too-large-for-memory", "values": {}}
        `code` is one of nst_core.shared.errors. `sentence` and `values` are for a host that speaks another language:
        a key of nst_core.shared.sentences, or nothing, and what is filled into that sentence. Job 0: no job in
        particular, such as a frame that was no request.
        After Failed the worker goes on, unless it cannot find the beginning of the next frame.
    {"type": "found", "job": 8, "finding": {"subject": "onnx", "state": "ok", "text": "1.20, fp32", "remedy": "",
     "where": "cpu"}}
        `state` is ok, note or problem; nst_core.shared.wire.findings says what the others are.
    {"type": "examined", "job": 8}
    {"type": "faces", "job": 9, "faces": [{"x": 31.5, "y": 20.0, "half_width": 9.0, "half_height": 11.0, "roll": 0.1}]}
        Ellipses, the most certain first: centre and half axes in px of the content, and radians of the clockwise turn.

The worker exits at once at the end of its standard input. What it or its libraries print goes to standard error.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from nst_core.shared.errors import EngineMismatchError, ProtocolError
from nst_core.shared.wire import messages
from nst_core.shared.wire.findings import Finding
from nst_core.shared.wire.frames import Attachment, Buffer, Frame, WriteStream, write_frame
from nst_core.shared.wire.messages import Event, Excerpt, Pixels, Request, StyleFile, StylePixels, Stylize

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL = 1

M = TypeVar("M")
REQUESTS: dict[str, type[Any]] = {
    "stylize": Stylize,
    "stop": messages.Stop,
    "cancel": messages.Cancel,
    "examine": messages.Examine,
    "find_faces": messages.FindFaces,
    "ping": messages.Ping,
}
EVENTS: dict[str, type[Any]] = {
    "ready": messages.Ready,
    "progress": messages.Progress,
    "preview": messages.Preview,
    "done": messages.Done,
    "cancelled": messages.Cancelled,
    "failed": messages.Failed,
    "found": messages.Found,
    "examined": messages.Examined,
    "faces": messages.Faces,
    "pong": messages.Pong,
}
TAGS = {cls: tag for tag, cls in (REQUESTS | EVENTS).items()}


def send(stream: WriteStream, message: Request | Event) -> None:
    """Write a message. Raises ProtocolError before the first byte if it cannot be written, OSError from the file."""
    write_frame(stream, encode(message))


def encode(message: Request | Event) -> Frame:
    """The frame of a message."""
    match message:
        case Stylize():
            fields, attachments = _stylize_fields(message)
        case messages.Preview() | messages.Done():
            fields = vars(message) | {"pixels": _size_of(message.pixels)}
            attachments = [Attachment("pixels", message.pixels.rgba)]
        case messages.FindFaces():
            fields = {"job": message.job, "content": _size_of(message.content)}
            attachments = [Attachment("content", message.content.rgba)]
        case _:
            fields, attachments = dataclasses.asdict(message), []
    return Frame({"type": TAGS[type(message)], **fields}, tuple(attachments))


def decode_request(frame: Frame) -> Request:
    """The request in a frame. Raises ProtocolError."""
    request: Request = _decode(frame, REQUESTS)
    return request


def decode_event(frame: Frame) -> Event:
    """The event in a frame. Raises ProtocolError, and EngineMismatchError for a Ready of another protocol."""
    if frame.fields.get("type") == "ready" and frame.fields.get("protocol") != PROTOCOL:
        raise mismatch(frame.fields.get("protocol"))
    event: Event = _decode(frame, EVENTS)
    return event


def mismatch(protocol: object) -> EngineMismatchError:
    """The error for an engine that speaks `protocol` instead of ours."""
    return EngineMismatchError.of("engine-other-protocol", theirs=f"{protocol!r:.20}", ours=PROTOCOL)


class _Payload:
    """The attachments of a frame, taken in the order that the specification gives them."""

    def __init__(self, attachments: tuple[Attachment, ...]) -> None:
        self._rest = list(attachments)

    def take(self, role: str) -> Buffer:
        """The next attachment, which must have this role."""
        content = self.take_if(role)
        if content is None:
            raise ProtocolError(f"the attachment {role!r} is missing")
        return content

    def take_if(self, role: str) -> Buffer | None:
        """The next attachment if it has this role."""
        return self._rest.pop(0).content if self._rest and self._rest[0].role == role else None

    def end(self) -> None:
        """Nothing may be left over."""
        if self._rest:
            raise ProtocolError(f"the attachment {self._rest[0].role!r} has no place here")


def _decode(frame: Frame, table: dict[str, type[Any]]) -> Any:
    fields = dict(frame.fields)
    tag = fields.pop("type", None)
    cls = table.get(tag) if isinstance(tag, str) else None
    if cls is None:
        raise ProtocolError(f"there is no message of type {tag!r} here")
    payload = _Payload(frame.attachments)
    if cls is Stylize:
        _take_stylize(fields, payload)
    elif cls in (messages.Preview, messages.Done):
        kind = messages.ScreenPixels if cls is messages.Preview else Pixels
        fields["pixels"] = _pixels(fields.get("pixels"), payload.take("pixels"), kind)
    elif cls is messages.FindFaces:
        fields["content"] = _pixels(fields.get("content"), payload.take("content"))
    elif cls is messages.Found:
        fields["finding"] = _finding(fields.get("finding"))
    elif cls is messages.Faces:
        fields["faces"] = _faces(fields.get("faces"))
    payload.end()
    return _build(cls, fields)


def _build(cls: type[M], fields: Mapping[Any, Any]) -> M:
    try:
        return cls(**fields)
    except TypeError as error:  # an unknown or a missing field
        raise ProtocolError(str(error).replace(".__init__()", "")) from None


def _size_of(pixels: Pixels) -> dict[str, int]:
    return {"width": pixels.width, "height": pixels.height}


def _pixels(size: object, rgba: Buffer, kind: type[Pixels] = Pixels) -> Pixels:
    match size:
        case {"width": width, "height": height, **rest} if not rest:
            return kind(width, height, rgba)
    raise ProtocolError('a size is not {"width": pixels, "height": pixels}')


def _faces(entries: object) -> tuple[messages.Face, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProtocolError("faces are not a list of objects")
    return tuple(_build(messages.Face, entry) for entry in entries)


def _finding(entry: object) -> Finding:
    if not isinstance(entry, dict):
        raise ProtocolError("a finding is not an object")
    return _build(Finding, entry)


def _stylize_fields(message: Stylize) -> tuple[dict[str, Any], list[Attachment]]:
    styles: list[dict[str, Any]] = []
    attachments = [Attachment("content", message.content.rgba)]
    for style in message.styles:
        if isinstance(style, StyleFile):
            styles.append({"kind": "file", "weight": style.weight, "name": style.name})
            attachments.append(Attachment("style", style.encoded))
        else:
            styles.append({"kind": "pixels", "weight": style.weight, **_size_of(style.pixels)})
            attachments.append(Attachment("style", style.pixels.rgba))
        if style.guide is not None:
            attachments.append(Attachment("guide", style.guide))
    if message.init is not None:
        attachments.append(Attachment("init", message.init.rgba))
    if message.mask is not None:
        attachments.append(Attachment("mask", message.mask))
    if message.strength_map is not None:
        attachments.append(Attachment("strength_map", message.strength_map))
    if (excerpt := message.excerpt) is not None:
        attachments += [Attachment(role, pixels.rgba) for role, pixels in _pictures(excerpt) if pixels is not None]
    fields = {
        "job": message.job,
        "content": _size_of(message.content),
        "styles": styles,
        "settings": dict(message.settings),
        "part": message.part,
        "previews": message.previews,
        "excerpt": None if excerpt is None else _excerpt_fields(excerpt),
        "sketch": message.sketch,
    }
    return fields, attachments


def _excerpt_fields(excerpt: Excerpt) -> dict[str, Any]:
    sizes = {role: None if pixels is None else _size_of(pixels) for role, pixels in _pictures(excerpt)}
    return {"width": excerpt.width, "height": excerpt.height, "place": list(excerpt.place), **sizes}


def _pictures(excerpt: Excerpt) -> tuple[tuple[str, Pixels | None], ...]:
    return ("around", excerpt.around), ("begun", excerpt.begun)


def _take_stylize(fields: dict[str, Any], payload: _Payload) -> None:
    if not fields.keys().isdisjoint(("init", "mask", "strength_map")):
        raise ProtocolError("init, mask and strength_map are attachments, not fields")
    size = fields.get("content")
    fields["content"] = _pixels(size, payload.take("content"))
    styles = fields.get("styles")
    if not isinstance(styles, list):
        raise ProtocolError("styles must be a list")
    fields["styles"] = tuple(_style(entry, payload.take("style"), payload.take_if("guide")) for entry in styles)
    init = payload.take_if("init")
    fields["init"] = None if init is None else _pixels(size, init)
    fields["mask"] = payload.take_if("mask")
    fields["strength_map"] = payload.take_if("strength_map")
    if (excerpt := fields.get("excerpt")) is not None:
        fields["excerpt"] = _excerpt(excerpt, payload)


def _excerpt(entry: object, payload: _Payload) -> Excerpt:
    if not isinstance(entry, dict):
        raise ProtocolError("an excerpt is not an object")
    sizes = {role: entry.get(role) for role in ("around", "begun")}
    pixels = {role: None if size is None else _pixels(size, payload.take(role)) for role, size in sizes.items()}
    return _build(Excerpt, entry | pixels)


def _style(entry: object, content: Buffer, guide: Buffer | None) -> StyleFile | StylePixels:
    match entry:
        case {"guide": _}:
            raise ProtocolError("a guide is an attachment, not a field")
        case {"kind": "file", **rest}:
            return _build(StyleFile, {"encoded": content, "guide": guide} | rest)
        case {"kind": "pixels", "width": width, "height": height, **rest}:
            return _build(StylePixels, {"pixels": Pixels(width, height, content), "guide": guide} | rest)
    raise ProtocolError("a style is neither of kind file nor of kind pixels")
