"""A stand-in engine for tests. The first argument says what it does.

unchanged: returns the picture unchanged. inverted: returns it with inverted colours. dies: crashes in a job. tires:
crashes in its second job. short: notes that it had too little time. waits: makes a file `painting`, and waits for a
file `go`. pauses: does so from its second job on. slow: paints until it is stopped. foreign: has a future protocol.
old: has another version.
The recipe contains facts on the request.
"""

from __future__ import annotations

import array
import contextlib
import hashlib
import itertools
import os
import select
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nst_core import __version__
from nst_core.shared.sentences import note
from nst_core.shared.wire.frames import read_frame
from nst_core.shared.wire.messages import (
    Cancel,
    Cancelled,
    Done,
    Face,
    Faces,
    FindFaces,
    Pixels,
    Preview,
    Progress,
    Ready,
    ScreenPixels,
    Stop,
    Stylize,
)
from nst_core.shared.wire.protocol import PROTOCOL, decode_request, send

MORE = {"code": "from-the-future", "values": {}, "text": "more to say"}


def main(way: str, folder: Path) -> None:
    requests = os.fdopen(0, "rb", buffering=0)
    wire = sys.stdout.buffer
    send(wire, Ready(PROTOCOL + (way == "foreign"), "0" if way == "old" else __version__, ("onnx",), ("cpu",)))
    while True:
        request = decode_request(read_frame(requests))
        if isinstance(request, FindFaces):
            send(wire, found(request))
        elif isinstance(request, Stylize) and way == "slow":
            work_slowly(requests, wire, request)
        elif isinstance(request, Stylize):
            send(wire, Progress(request.job, 1, 1, 1, 2, loss=1.0, seconds_left=1.0, fraction=0.5))
            if way == "dies" or (way == "tires" and request.job > 1):
                sys.stderr.write("the stand-in crashes\n")
                sys.stderr.flush()
                os._exit(3)
            if way == "waits" or (way == "pauses" and request.job > 1):
                (folder / "painting").touch()
                while not (folder / "go").exists():
                    time.sleep(0.1)
            metrics: dict[str, Any] = {"seconds": 0.0, "backend": "onnx", "device": "cpu"}
            if way == "short":
                metrics["notes"] = [note("too-little-time").to_mapping(), MORE]
            pixels = inverted(request.content) if way == "inverted" else request.content
            send(wire, Done(request.job, pixels, recipe(request), metrics))


def shown(pixels: Pixels) -> ScreenPixels:
    """The picture in 8 bits, as previews are."""
    values = array.array("f", bytes(pixels.rgba))
    return ScreenPixels(pixels.width, pixels.height, bytes(round(255 * min(1.0, max(0.0, one))) for one in values))


def work_slowly(requests: Any, wire: Any, job: Stylize) -> None:
    for step in itertools.count(1):
        send(wire, Progress(job.job, 1, 1, step, 6000, loss=1.0, seconds_left=600.0, fraction=min(1.0, step / 6000)))
        if step % 5 == 1:
            send(wire, Preview(job.job, shown(job.content)))
        if not select.select([requests], [], [], 0.1)[0]:
            continue
        match decode_request(read_frame(requests)):
            case Stop(job=number) if number == job.job:
                send(wire, Done(job.job, job.content, recipe(job), {"seconds": 0.0}))
                return
            case Cancel(job=number) if number == job.job:
                send(wire, Cancelled(job.job))
                return
            case FindFaces() as faces:
                send(wire, found(faces))
            case Stylize() as newer:
                send(wire, Cancelled(job.job))
                work_slowly(requests, wire, newer)
                return


def found(request: FindFaces) -> Faces:
    """A face in the middle, with half the height of the picture."""
    width, height = request.content.width, request.content.height
    return Faces(request.job, (Face(width / 2, height / 2, 0.2 * height, 0.25 * height, 0.0),))


def inverted(pixels: Pixels) -> Pixels:
    values = array.array("f", bytes(pixels.rgba))
    for channel in range(3):
        values[channel::4] = array.array("f", [1 - value for value in values[channel::4]])
    return Pixels(pixels.width, pixels.height, values.tobytes())


def recipe(request: Stylize) -> dict[str, Any]:
    asked: dict[str, Any] = {"content": digest(request.content.rgba), "engine": os.getpid()}
    if request.init is not None:
        asked["init"] = digest(request.init.rgba)
    if request.mask is not None:
        mask = array.array("f", bytes(request.mask))
        asked["mask"] = {"shown": mask.count(1.0), "hidden": mask.count(0.0), "of": len(mask)}
    if request.strength_map is not None:
        strengths = array.array("f", bytes(request.strength_map))
        soft = sum(0.0 < strength < 1.0 for strength in strengths)
        asked["strength map"] = {"none": strengths.count(0.0), "soft": soft, "full": strengths.count(1.0)}
    asked["styles"] = [[style.weight, digest(style.guide) if style.guide else ""] for style in request.styles]
    return {"settings": dict(request.settings), "asked": asked}


def digest(values: Any) -> str:
    """Digest of the values in 8 bits: GIMP converts with one of several methods, which differ in the last bits."""
    return hashlib.sha256(
        bytes(round(255 * min(max(value, 0.0), 1.0)) for value in array.array("f", bytes(values)))
    ).hexdigest()


if __name__ == "__main__":
    with contextlib.suppress(EOFError):  # the host has left
        main(sys.argv[1], Path(sys.argv[-1]))
