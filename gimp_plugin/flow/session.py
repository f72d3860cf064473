"""One engine for as long as a dialog is open, and the newest of its jobs.

    session = Session(start_engine, GLib.idle_add)
    session.submit(request, show)  # returns at once; `show` is called with the events in the main loop

A thread of the session's own starts engines and sends requests, so that the main loop never waits for either.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.flow.speed import Speed, StepTimer
from nst_core.shared.client.launch import resource_error
from nst_core.shared.client.pending_jobs import LatestEvents
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.wire.messages import Cancelled, Done, Event, Faces, Failed, Progress, Stylize

if TYPE_CHECKING:
    from nst_core.shared.client.engine import Engine
    from nst_core.shared.wire.messages import Face, Pixels, Ready

Listener = Callable[[Event], None]
Post = Callable[[Callable[[], None]], object]


class _Job:
    """A request, from its submission to its last event."""

    def __init__(self, request: Stylize, listener: Listener, speed: Speed) -> None:
        self.request = request
        self.listener = listener
        self.timer = StepTimer(request, speed)
        self.undelivered = LatestEvents()
        self.over = False  # the last event was delivered; more events are dropped


class Session:
    """Paints the newest request. Methods are for the main loop's thread, return at once and never raise."""

    def __init__(self, start: Callable[[], Engine], post: Post) -> None:
        """start: starts an engine, or raises NeuralStyleError. post: calls a function in the main loop."""
        self.on_ready: Callable[[Ready], None] = lambda _ready: None
        """Called in the main loop when an engine has started."""
        self._start = start
        self._post = post
        self._speed = Speed()
        self._newest: _Job | None = None
        self._tasks: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()  # guards the two below, and who may end a job
        self._engine: Engine | None = None
        self._closed = False

    @property
    def speed(self) -> float | None:
        """Seconds for a unit of work (see `Octave.work`) on this machine; None until some were seen."""
        return self._speed.seconds

    def submit(self, request: Stylize, listener: Listener) -> None:
        """Paint the request; events of older ones are dropped.

        The listener gets Progress and Preview events (only the newest if several came since) and then exactly one last
        event, unless a newer request or `close` comes first. If the engine does not start or dies, that is Failed, and
        the next request gets a new engine.
        """
        self._newest = job = _Job(request, listener, self._speed)
        self._later(partial(self._begin, job))

    def stop(self) -> None:
        """End the newest job and keep its result so far: Done follows."""
        if (job := self._newest) and not job.over:
            self._later(partial(self._stop, job))

    def cancel(self) -> None:
        """End the newest job without a result: Cancelled follows, even if the engine does not respond."""
        if (job := self._newest) and self._claim(job):
            self._later(self._cancel)
            self._post(partial(self._deliver_failure, job, Cancelled(job.request.job)))

    def warm(self) -> None:
        """Start an engine for the first request. If it does not start, the request fails."""
        self._later(self._ready)

    def find_faces(self, content: Pixels, on_faces: Callable[[tuple[Face, ...]], None]) -> None:
        """Let the engine detect faces in a picture, beside its job. `on_faces` is called in the main loop.

        Without an engine, or if that fails, there are no faces.
        """
        self._later(partial(self._find_faces, content, on_faces))

    def renew(self) -> None:
        """Use a newly started engine for the next request."""
        self._later(self._drop_engine)

    def close(self) -> None:
        """End the engine; no more events follow. May be called twice."""
        self._newest = None
        with self._lock:
            self._closed, engine = True, self._engine
        self._tasks.put(None)
        if engine:  # not in the session's thread, which may be blocked while it sends
            try:
                threading.Thread(target=engine.close, name="session-close", daemon=True).start()
            except (RuntimeError, MemoryError):
                engine.close()

    def _later(self, task: Callable[[], object]) -> None:
        if self._closed:
            return
        if self._thread is None:
            # A daemon thread: if the interpreter ends first, the engine ends at the end of its input.
            thread = threading.Thread(target=self._serve, name="session", daemon=True)
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:  # the next request tries again
                self._fail(resource_error(error))
                return
            self._thread = thread
        self._tasks.put(task)

    def _serve(self) -> None:
        while (task := self._tasks.get()) and not self._closed:
            task()

    def _begin(self, job: _Job) -> None:
        """Send the job to the engine; a dead one is replaced once."""
        for attempt in (1, 2):
            if job is not self._newest or job.over or not self._ready():
                return
            assert self._engine is not None
            try:
                self._engine.begin(job.request, partial(self._on_event, job))
            except NeuralStyleError as error:
                self._drop_engine()
                if attempt == 2:
                    self._fail(error)
            else:
                return

    def _stop(self, job: _Job) -> None:
        if job is self._newest and self._engine:
            self._engine.stop()

    def _cancel(self) -> None:
        if self._engine:
            self._engine.cancel()

    def _find_faces(self, content: Pixels, on_faces: Callable[[tuple[Face, ...]], None]) -> None:
        def on_event(event: Event) -> None:
            if not self._closed:
                self._post(partial(on_faces, event.faces if isinstance(event, Faces) else ()))

        if self._ready() and self._engine:
            with contextlib.suppress(NeuralStyleError):
                self._engine.find_faces(content, on_event)
                return
        self._post(partial(on_faces, ()))

    def _ready(self) -> bool:
        """Whether there is an engine; it is started now if needed."""
        if self._engine:
            return True
        try:
            engine = self._start()
        except NeuralStyleError as error:
            self._fail(error)
            return False
        with self._lock:
            self._engine = engine
            closed = self._closed
        if closed:
            engine.close()
        else:
            self._post(partial(self.on_ready, engine.ready))
        return not closed

    def _drop_engine(self) -> None:
        with self._lock:
            engine, self._engine = self._engine, None
        if engine:
            engine.close()

    def _fail(self, error: NeuralStyleError) -> None:
        """Deliver the error to the jobs that were submitted before now."""
        if (job := self._newest) and self._claim(job):
            self._post(
                partial(self._deliver_failure, job, Failed(job.request.job, error.code, error.message, error.remedy))
            )

    def _on_event(self, job: _Job, event: Event) -> None:
        """In the thread that reads the wire."""
        if isinstance(event, Progress):
            job.timer.note(event, time.monotonic())
        if job is self._newest and not self._closed and job.undelivered.put(event):
            self._post(partial(self._deliver, job))

    def _deliver(self, job: _Job) -> None:
        """In the main loop, where it is certain whether there is a newer job."""
        event = job.undelivered.get()
        if job is not self._newest or job.over:
            return
        if isinstance(event, (Done, Cancelled, Failed)) and not self._claim(job):
            return
        job.listener(event)

    def _deliver_failure(self, job: _Job, ending: Event) -> None:
        if job is self._newest:
            job.listener(ending)

    def _claim(self, job: _Job) -> bool:
        """Whether the caller may deliver the job's last event: the first caller may."""
        with self._lock:
            first, job.over = not job.over, True
        return first
