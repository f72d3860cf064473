"""The engine as a process: `python -I -u -m nst_core.worker`. It answers the requests of `protocol`.

It has three threads. The first writes to the wire and makes all decisions; it computes only the result for Done. The
second reads requests and ends the process at the end of the input, whatever the others are doing. The third paints, one
job after another; examinations and searches for faces have threads of their own. A job that is stopped or cancelled is
answered at once; its thread ends the evaluation and discards the result before the next job starts. Nothing slow is
imported before Ready is sent.
"""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import platform
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

from nst_core import __version__
from nst_core.shared.errors import NeuralStyleError, OutOfMemoryError, ProtocolError
from nst_core.shared.sentences import DOCTOR
from nst_core.shared.wire.frames import ReadStream, WriteStream, read_frame
from nst_core.shared.wire.messages import (
    Cancel,
    Cancelled,
    Done,
    Event,
    Examine,
    Examined,
    Faces,
    Failed,
    FindFaces,
    Found,
    Ping,
    Pong,
    Preview,
    Progress,
    Ready,
    Request,
    ScreenPixels,
    Stop,
    Stylize,
)
from nst_core.shared.wire.protocol import PROTOCOL, decode_request, send
from nst_core.system.optional_packages import missing
from nst_core.system.out_of_memory import is_shortage

PR_SET_PDEATHSIG = 1


class Painting(Protocol):
    """A running job. `done` and `stop` are called from another thread, `done` only after the first step."""

    def __iter__(self) -> Generator[Progress, None, None]:  # noqa: PYI058 - it is closed to end it early
        """Paint; yields after each step."""

    def done(self) -> Done:
        """The picture of the last finished step."""

    def preview(self) -> ScreenPixels:
        """The same, perhaps smaller; called between two steps by the thread that paints."""

    def stop(self) -> None:
        """End the iteration at the next step."""


StartPainting = Callable[[Stylize], Painting]


class _Task:
    """A Stylize request, from its arrival to its last event."""

    def __init__(self, request: Stylize) -> None:
        self.request = request
        self.job = request.job
        self.painting: Painting | None = None  # set by the painting thread
        self.has_picture = False
        self.stopping = False
        self.answered = False  # the last event was sent; only the first thread sets it
        self.preview_due = 0.0 if request.previews else math.inf


class Worker:
    """Answers requests from one wire on another."""

    def __init__(self, requests: ReadStream, events: WriteStream, start_painting: StartPainting) -> None:
        self._requests = requests
        self._events = events
        self._start_painting = start_painting
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._task: _Task | None = None

    def run(self) -> None:
        """Serve until the process ends."""
        self._send(ready())
        for target in (self._read, self._paint):
            threading.Thread(target=target, name=target.__name__, daemon=True).start()
        while True:
            self._inbox.get()()

    def _read(self) -> None:
        while True:
            try:
                frame = read_frame(self._requests)
            except OutOfMemoryError as error:
                self._inbox.put(partial(self._send, _failed(0, error)))
                continue
            except ProtocolError as error:  # the beginning of the next frame is unknown
                self._inbox.put(partial(self._send, _failed(0, error)))
                self._inbox.put(partial(os._exit, 2))
                return
            except (EOFError, OSError):
                os._exit(0)
            try:
                self._inbox.put(partial(self._on_request, decode_request(frame)))
            except ProtocolError as error:
                self._inbox.put(partial(self._send, _failed(0, error)))

    def _paint(self) -> None:
        self._prepare()
        while True:
            self._paint_one(self._tasks.get())  # no local variable: an ended job must not hold memory

    def _prepare(self) -> None:
        """Apply the process-wide settings, and let OpenBLAS allocate its working memory now.

        If that fails later, OpenBLAS ends the process.
        """
        import numpy as np  # noqa: PLC0415 - too slow to precede Ready

        from nst_core.system.process_defaults import set_process_defaults  # noqa: PLC0415 - as above

        set_process_defaults()
        square = np.ones((512, 512), np.float64)
        _ = square @ square, square.astype(np.float32) @ square.astype(np.float32)

    def _paint_one(self, task: _Task) -> None:
        try:
            if task.answered:
                return
            painting = task.painting = self._start_painting(task.request)
            if task.answered:
                return
            with closing(iter(painting)) as steps:
                for progress in steps:
                    if task.answered:
                        return
                    self._inbox.put(partial(self._on_progress, task, painting, progress))
                    if time.monotonic() >= task.preview_due:
                        task.preview_due = math.inf  # no further one until this one is sent, for slow hosts
                        self._inbox.put(partial(self._on_preview, task, painting.preview()))
            self._inbox.put(partial(self._end, task, painting.done))
        except BaseException as error:  # noqa: BLE001 - no error may end this thread
            self._inbox.put(partial(self._end, task, partial(_failed, task.job, error)))

    def _on_request(self, request: Request) -> None:
        match request:
            case Stylize():
                self._cancel(self._task)
                self._task = _Task(request)
                self._tasks.put(self._task)
            case Cancel(job=job):
                self._cancel(self._running(job))
            case Stop(job=job):
                if task := self._running(job):
                    self._stop(task)
            case Examine(job=job):
                threading.Thread(target=self._examine, args=(job,), name="examine", daemon=True).start()
            case FindFaces():
                threading.Thread(target=self._find_faces, args=(request,), name="faces", daemon=True).start()
            case Ping():
                self._send(Pong())

    def _examine(self, job: int) -> None:
        from nst_core.setup.check_engine import examine  # noqa: PLC0415 - loads the whole engine, too slow to precede Ready

        for finding in examine():
            self._inbox.put(partial(self._send, Found(job, finding)))
        self._inbox.put(partial(self._send, Examined(job)))

    def _find_faces(self, request: FindFaces) -> None:
        event: Faces | Failed
        try:
            from nst_core.worker.convert import faces_in  # noqa: PLC0415 - loads the whole engine, too slow to precede Ready

            event = Faces(request.job, faces_in(request.content))
        except BaseException as error:  # noqa: BLE001 - every error becomes the answer
            event = _failed(request.job, error)
        self._inbox.put(partial(self._send, event))

    def _running(self, job: int) -> _Task | None:
        return self._task if self._task and self._task.job == job else None

    def _cancel(self, task: _Task | None) -> None:
        if task:
            self._end(task, partial(Cancelled, task.job))

    def _stop(self, task: _Task) -> None:
        task.stopping = True
        if task.has_picture and task.painting:
            self._end(task, task.painting.done)

    def _on_progress(self, task: _Task, painting: Painting, progress: Progress) -> None:
        if task.answered:
            return
        task.has_picture = True
        self._send(progress)
        if task.stopping:
            self._end(task, painting.done)

    def _on_preview(self, task: _Task, pixels: ScreenPixels) -> None:
        if task.answered:
            return
        self._send(Preview(task.job, pixels))
        task.preview_due = time.monotonic() + task.request.previews

    def _end(self, task: _Task, make_ending: Callable[[], Done | Cancelled | Failed]) -> None:
        """Send the last event of a job, once, and stop its computation."""
        if task.answered:
            return
        try:
            ending = make_ending()
            self._send(ending)
        except Exception as error:  # noqa: BLE001 - every error becomes the answer to this job
            self._send(_failed(task.job, error))
        task.answered = True
        painting, task.painting = task.painting, None
        if painting:
            painting.stop()
        if self._task is task:
            self._task = None

    def _send(self, event: Event) -> None:
        try:
            send(self._events, event)
        except OSError:  # the host is gone
            os._exit(0)


def ready() -> Ready:
    """The Ready message: the installed backends and devices, found without importing them."""
    packages = {"onnx": "onnxruntime", "torch": "torch"}
    backends = tuple(name for name, package in packages.items() if importlib.util.find_spec(package))
    nvidia = Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    any_make = importlib.util.find_spec("onnxruntime_ep_webgpu")
    devices = ("cpu", *(["gpu"] if any_make else []), *(["cuda"] if nvidia else []), *(["mps"] if apple else []))
    return Ready(PROTOCOL, __version__, backends, devices)


def main(start_painting: StartPainting | None = None, engines: int = 1) -> None:
    """Serve the host that started this process; never returns. `start_painting` replaces the engine, for tests.

    engines: how many, this one included, share the free memory of this machine and its card.
    """
    requests, events = _take_standard_streams()
    _exit_with_the_host()
    Worker(requests, events, start_painting or partial(_start_painting, engines)).run()


def _start_painting(engines: int, request: Stylize) -> Painting:
    # Both load the whole engine, which is too slow to precede Ready.
    from nst_core.painting.job_plan import set_sharers  # noqa: PLC0415
    from nst_core.worker.convert import WireRun  # noqa: PLC0415

    set_sharers(engines, engines)
    return WireRun(request)


def _take_standard_streams() -> tuple[ReadStream, WriteStream]:
    """Take standard input and output for the wire; whatever is printed goes to standard error."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    with Path(os.devnull).open("rb") as null:
        os.dup2(null.fileno(), 0)
    os.dup2(2, 1)
    return requests, events


def _exit_with_the_host() -> None:
    """Ask Linux to kill this process when its host ends; other systems have only the end of the input."""
    if sys.platform != "linux":
        return
    host = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != host:  # it ended before the request
        os._exit(0)


def _failed(job: int, error: BaseException) -> Failed:
    error = missing(error) or error
    if isinstance(error, NeuralStyleError):
        return Failed.of(job, error)
    if is_shortage(error):
        return _failed(job, OutOfMemoryError.of("job-too-large-for-memory"))
    traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return Failed(job, "internal", f"the engine failed with {what}", DOCTOR)
