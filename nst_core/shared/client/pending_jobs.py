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
MOST_FINDINGS = 1000  # of one examination; a healthy engine has a dozen, and one more for each broken preset


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
    """The listeners of the jobs that have not ended. room: bytes of the largest picture that is expected.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.room = 0
        self._of: dict[int, tuple[Listener, Size | None]] = {}
        self._found = 0

    def add(self, job: int, listener: Listener, content: Pixels | None = None) -> None:
        """Register a job. content: a picture of its size is expected; None: findings or faces are."""
        self._of[job] = (listener, (content.width, content.height) if content else None)
        if content is None:
            self._found = 0
        else:
            self.room = max(self.room, memoryview(content.rgba).nbytes)

    def forget(self, job: int) -> None:
        """Drop a job."""
        self._of.pop(job, None)

    def listeners_for(self, event: Event) -> list[Listener]:
        """The listeners of an event; a job is dropped after its last event. Job 0 means all jobs.

        Raises ProtocolError for an event of a kind or size that the job does not expect.
        """
        number = getattr(event, "job", None)
        jobs = list(self._of) if number == 0 else [job for job in self._of if job == number]
        for job in jobs:
            self._require_size(event, self._of[job][1])
            self._require_wanted(event, self._of[job][1])
        heirs = [self._of[job][0] for job in jobs]
        if isinstance(event, (Done, Cancelled, Failed, Examined, Faces)):
            for job in jobs:
                self.forget(job)
        return heirs

    def all_of_them(self) -> dict[int, Listener]:
        """All listeners by job; they are dropped."""
        everyone, self._of = self._of, {}
        return {job: listener for job, (listener, _size) in everyone.items()}

    @staticmethod
    def _require_size(event: Event, asked: Size | None) -> None:
        if not isinstance(event, (Done, Preview)):
            return
        width, height = event.pixels.width, event.pixels.height
        fits = asked is not None and width <= asked[0] and height <= asked[1]
        if not fits or (isinstance(event, Done) and (width, height) != asked):
            raise ProtocolError(f"a picture of {width} x {height} px answers a job of another size")

    def _require_wanted(self, event: Event, asked: Size | None) -> None:
        if isinstance(event, (Found, Examined, Faces)) and asked is not None:
            raise ProtocolError("an examination answers a picture")
        if isinstance(event, Found):
            self._found += 1
            if self._found > MOST_FINDINGS:
                raise ProtocolError(f"an examination found more than {MOST_FINDINGS} things")
