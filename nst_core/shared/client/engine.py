"""The engine as the host sees it: starts a worker process, sends requests, receives events, ends it.

    with Engine.start(engine_command(folder), os.environ) as engine:
        done = engine.stylize(Stylize(content, styles, settings), on_progress=show)

A program with a main loop of its own uses `begin` instead of `stylize`.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from nst_core.shared.client import remote
from nst_core.shared.client.launch import clean_environment, exit_error, resource_error
from nst_core.shared.client.pending_jobs import LatestEvents, Listener, PendingJobs
from nst_core.shared.errors import (
    CancelledError,
    EngineCrashedError,
    EngineMissingError,
    NeuralStyleError,
    ProtocolError,
)
from nst_core.shared.sentences import REINSTALL
from nst_core.shared.wire.findings import Finding
from nst_core.shared.wire.frames import read_frame
from nst_core.shared.wire.messages import (
    Cancel,
    Cancelled,
    Done,
    Examine,
    Examined,
    Failed,
    FindFaces,
    Found,
    Pixels,
    Preview,
    Progress,
    Ready,
    Request,
    Stop,
    Stylize,
)
from nst_core.shared.wire.protocol import decode_event, send

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

START_SECONDS = 30.0  # a cold disk and a virus scanner need most of it
END_SECONDS = 2.0  # to wait for the worker or a thread to end
SILENCE_SECONDS = 180.0  # between two findings: a first use of a graphics card compiles for a while
MAX_STDERR = 8192  # bytes of standard error kept


class Engine:
    """A running worker. ready: its first message. Thread-safe."""

    ready: Ready

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._first: queue.SimpleQueue[Ready | NeuralStyleError] = queue.SimpleQueue()
        self._child: subprocess.Popen[bytes] | None = None
        self._tail = b""
        self._sending = threading.Lock()
        self._lock = threading.Lock()  # guards the five below
        self._pending = PendingJobs()
        self._last_job = 0
        self._painting_job = 0  # the newest that paints
        self._error: NeuralStyleError | None = None  # why the worker ended
        self._closing = False
        # Linux kills the worker when the thread that started it ends, so the thread that reads its events starts it.
        self._reader = threading.Thread(target=self._run, name="engine", daemon=True)

    @classmethod
    def start(cls, command: Sequence[str], environment: Mapping[str, str], seconds: float = START_SECONDS) -> Self:
        """Start the worker and wait for its Ready. It gets the harmless part of `environment` (os.environ).

        Raises EngineMissingError if the command cannot be started, EngineUnreachableError if it is on another machine
        or outside a sandbox and cannot be reached, EngineMismatchError if it has another protocol version,
        ProtocolError if it is no engine, EngineCrashedError if it ends, is not ready within `seconds`, or if this
        program has no thread or memory left for it.
        """
        engine = cls(remote.outside_sandbox(command, environment), clean_environment(environment))
        try:
            engine._reader.start()
        except (RuntimeError, MemoryError) as error:
            raise resource_error(error) from error
        try:
            first = engine._first.get(timeout=seconds)
        except queue.Empty:
            first = EngineCrashedError.of("engine-not-ready", seconds=f"{seconds:g}")
        if isinstance(first, NeuralStyleError):
            engine.close()
            raise remote.sandbox_error(environment, first)
        engine.ready = first
        return engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The worker's process number."""
        return self._child.pid if self._child else None

    @property
    def stderr_tail(self) -> str:
        """The last text, at most MAX_STDERR bytes, that the worker printed on standard error."""
        return self._tail.decode(errors="replace")

    def stylize(
        self,
        request: Stylize,
        on_progress: Callable[[Progress], None] | None = None,
        on_preview: Callable[[Preview], None] | None = None,
    ) -> Done:
        """Send the request and wait for the result. Callbacks run in this thread and may call `stop` or `cancel`.

        Raises the error that the worker sent, CancelledError after a cancel, EngineCrashedError if the worker ends. An
        exception of a callback cancels the job. While a callback runs, older progress and previews are dropped.
        """
        events = LatestEvents()
        job = self.begin(request, events.put)
        while True:
            event = events.get()
            try:
                match event:
                    case Progress() if on_progress:
                        on_progress(event)
                    case Preview() if on_preview:
                        on_preview(event)
            except BaseException:
                self._send(Cancel(job))
                raise
            match event:
                case Done():
                    return event
                case Cancelled():
                    raise CancelledError("the job was cancelled")
                case Failed():
                    raise event.error

    def begin(self, request: Stylize, listener: Listener) -> int:
        """Send the request and return its job number; a job still running is cancelled by it.

        `listener` gets the job's Progress and Preview events and then exactly one of Done, Cancelled and Failed, in
        the thread that reads the wire: a graphical host hands them to its own loop. Raises EngineCrashedError if the
        worker has ended, ProtocolError for a request that the wire cannot carry.
        """
        job = self._add_job(listener, request.content)
        try:
            self._send(replace(request, job=job))
        except ProtocolError:
            with self._lock:
                self._pending.remove(job)
            raise
        return job

    def examine(self, on_finding: Callable[[Finding], None]) -> None:
        """Let the engine examine itself, and wait. The callback runs in this thread. Raises as `stylize`."""
        events = LatestEvents()
        self._send(Examine(self._add_job(events.put)))
        while True:
            try:
                event = events.get(SILENCE_SECONDS)
            except queue.Empty:
                raise EngineCrashedError.of("engine-silent", seconds=f"{SILENCE_SECONDS:g}") from None
            match event:
                case Found(finding=finding):
                    on_finding(finding)
                case Examined():
                    return
                case Failed() as failed:
                    raise failed.error

    def find_faces(self, content: Pixels, listener: Listener) -> None:
        """Let the engine detect faces in a picture. A job that is running goes on.

        `listener` gets one Faces or Failed, in the thread that reads the wire. Raises EngineCrashedError if the worker
        has ended.
        """
        self._send(FindFaces(self._add_job(listener), content))

    def stop(self) -> None:
        """End the newest job and keep its result so far: Done follows."""
        if self._painting_job:
            self._send(Stop(self._painting_job))

    def cancel(self) -> None:
        """End the newest job without a result: Cancelled follows."""
        if self._painting_job:
            self._send(Cancel(self._painting_job))

    def close(self) -> None:
        """End the worker: by a request, then by a signal. Running jobs end with Failed. May be called twice."""
        with self._lock:
            self._closing = True
        if self._child is not None:
            self._end(self._child)
        if self._reader is not threading.current_thread():
            self._reader.join(END_SECONDS)

    def _add_job(self, listener: Listener, content: Pixels | None = None) -> int:
        """Register a new job and return its number. content: the picture that it paints, if it does."""
        with self._lock:
            if self._error:
                raise self._error
            self._last_job += 1
            self._pending.add(self._last_job, listener, content)
            if content is not None:
                self._painting_job = self._last_job
            return self._last_job

    def _send(self, request: Request) -> None:
        if self._child is None or self._child.stdin is None:
            return
        with self._sending, suppress(OSError):  # a broken pipe: the reader tells the listeners
            if not self._child.stdin.closed:
                send(self._child.stdin, request)

    def _run(self) -> None:
        """Start the worker, read its events until it ends, and end all its jobs."""
        child = self._launch()
        if child is None:
            return
        drain = threading.Thread(target=self._drain, args=(child.stderr,), name="engine-stderr", daemon=True)
        reason: NeuralStyleError | None = None
        try:
            drain.start()
            self._listen(child.stdout)
        except ProtocolError as error:
            reason = ProtocolError(f"the engine does not keep to the protocol: {error.message:.300}", REINSTALL)
        except NeuralStyleError as error:
            reason = error
        except (RuntimeError, MemoryError) as error:
            reason = resource_error(error)
        except (EOFError, OSError):
            pass  # the worker has ended; its exit code and its standard error say why
        finally:
            code = self._end(child)
            if drain.ident is not None:
                drain.join(END_SECONDS)
            self._fail_all(reason or self._end_error(code))
            for pipe in (child.stdout, child.stderr):
                if pipe:
                    pipe.close()

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        """End the worker by a request, then by a signal. Returns its exit code."""
        if self._sending.acquire(timeout=END_SECONDS):
            with suppress(OSError):
                if child.stdin:
                    child.stdin.close()
            self._sending.release()
        for send_signal in (child.terminate, child.kill):
            with suppress(subprocess.TimeoutExpired):
                return child.wait(END_SECONDS)
            send_signal()
        return child.wait()

    def _launch(self) -> subprocess.Popen[bytes] | None:
        try:
            child = subprocess.Popen(  # noqa: S603 - the command is the installer's
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=self._environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError, IndexError) as error:
            name = self._command[0] if self._command else ""
            reason = getattr(error, "strerror", None) or error
            self._fail_all(EngineMissingError.of("engine-cannot-start", name=repr(name), reason=str(reason)))
            return None
        self._child = child
        if self._closing:  # `start` has given up
            child.kill()
        return child

    def _listen(self, wire: Any) -> None:
        ready = decode_event(read_frame(wire, lambda: 0))  # no picture is expected yet
        if not isinstance(ready, Ready):
            raise ProtocolError("it did not begin with Ready")
        self._first.put(ready)
        while True:
            event = decode_event(read_frame(wire, lambda: self._pending.max_bytes))
            with self._lock:
                listeners = self._pending.listeners_for(event)
            for listener in listeners:
                listener(event)

    def _drain(self, stderr: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            while chunk := stderr.read(MAX_STDERR):
                self._tail = (self._tail + chunk)[-MAX_STDERR:]

    def _end_error(self, code: int) -> NeuralStyleError:
        if self._closing:
            return EngineCrashedError.of("engine-closed")
        return remote.connection_error(self._command, code, self.stderr_tail) or exit_error(code, self.stderr_tail)

    def _fail_all(self, reason: NeuralStyleError) -> None:
        """Let every job, and every later one, end with this error."""
        with self._lock:
            self._error = reason
            listeners = self._pending.take_all()
        self._first.put(reason)
        for job, listener in listeners.items():
            listener(Failed.of(job, reason))
