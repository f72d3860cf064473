"""Routes events to the listeners of jobs, limits the size of answers, and keeps only the newest unread progress."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from nst_core.shared.errors import ProtocolError
from nst_core.shared.wire.messages import (
    Cancelled,
    Done,
    Event,
    Examined,
    Faces,
    Failed,
    Found,
    Pixels,
    Preview,
    Progress,
)

Listener = Callable[[Event], object]
Size = tuple[int, int]  # width and height
MAX_FINDINGS = 1000  # of one examination; a healthy engine has a dozen, and one more for each broken preset


class LatestEvents:
    """A queue of events that holds only the newest Progress and the newest Preview. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[type[Event], Event] = {}
        self._order: queue.SimpleQueue[Event | type[Event]] = queue.SimpleQueue()

    def put(self, event: Event) -> bool:
        """Add an event. Returns False if it replaced an older one."""
        kind = type(event)
        if kind not in (Progress, Preview):
            self._order.put(event)
            return True
        with self._lock:
            first = kind not in self._newest
            self._newest[kind] = event
        if first:
            self._order.put(kind)
        return first

    def get(self, seconds: float | None = None) -> Event:
        """Wait for the next event. A replaced event keeps its position in the queue. Raises queue.Empty."""
        found = self._order.get(timeout=seconds)
        if not isinstance(found, type):
            return found
        with self._lock:
            return self._newest.pop(found)


class PendingJobs:
    """The listeners of the jobs that have not ended. max_bytes: of the largest picture that is expected.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.max_bytes = 0
        self._jobs: dict[int, tuple[Listener, Size | None]] = {}
        self._findings = 0

    def add(self, job: int, listener: Listener, content: Pixels | None = None) -> None:
        """Register a job. content: a picture of its size is expected; None: findings or faces are."""
        self._jobs[job] = (listener, (content.width, content.height) if content else None)
        if content is None:
            self._findings = 0
        else:
            self.max_bytes = max(self.max_bytes, memoryview(content.rgba).nbytes)

    def remove(self, job: int) -> None:
        """Drop a job."""
        self._jobs.pop(job, None)

    def listeners_for(self, event: Event) -> list[Listener]:
        """The listeners of an event; a job is dropped after its last event. Job 0 means all jobs.

        Raises ProtocolError for an event of a kind or size that the job does not expect.
        """
        number = getattr(event, "job", None)
        jobs = [job for job in self._jobs if number in (0, job)]
        for job in jobs:
            self._require_expected(event, self._jobs[job][1])
        listeners = [self._jobs[job][0] for job in jobs]
        if isinstance(event, (Done, Cancelled, Failed, Examined, Faces)):
            for job in jobs:
                self.remove(job)
        return listeners

    def take_all(self) -> dict[int, Listener]:
        """All listeners by job; the jobs are dropped."""
        jobs, self._jobs = self._jobs, {}
        return {job: listener for job, (listener, _size) in jobs.items()}

    def _require_expected(self, event: Event, size: Size | None) -> None:
        match event:
            case Preview() | Done():
                width, height = event.pixels.width, event.pixels.height
                fits = size is not None and width <= size[0] and height <= size[1]
                if not fits or (isinstance(event, Done) and (width, height) != size):
                    raise ProtocolError(f"a picture of {width} x {height} px answers a job of another size")
            case Found() | Examined() | Faces() if size is not None:
                raise ProtocolError("an examination answers a picture")
            case Found():
                self._findings += 1
                if self._findings > MAX_FINDINGS:
                    raise ProtocolError(f"an examination found more than {MAX_FINDINGS} things")
