"""A stand-in engine for what the real one does not do on demand.

unchanged: the picture comes back as it went. dies: ends in the middle of a job. foreign: speaks a future protocol.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nst_core.frames import read_frame
from nst_core.messages import Done, Progress, Ready, Stylize
from nst_core.protocol import PROTOCOL, decode_request, send


def main(way: str) -> None:
    requests = os.fdopen(0, "rb", buffering=0)
    wire = sys.stdout.buffer
    send(wire, Ready(PROTOCOL + (way == "foreign"), "0", ("onnx",), ("cpu",)))
    while True:
        try:
            request = decode_request(read_frame(requests))
        except EOFError:
            return
        if isinstance(request, Stylize):
            send(wire, Progress(request.job, 1, 1, 1, 2, loss=1.0, seconds_left=1.0, fraction=0.5))
            if way == "dies":
                sys.stderr.write("the stand-in gives up\n")
                sys.stderr.flush()
                os._exit(3)
            metrics = {"seconds": 0.0, "backend": "onnx", "device": "cpu"}
            send(wire, Done(request.job, request.content, {"settings": dict(request.settings)}, metrics))


if __name__ == "__main__":
    main(sys.argv[1])
