"""Who waits for which job's events, and how large a picture each may be answered with. Not safe between threads.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

from collections.abc import Callable

from nst_core.errors import ProtocolError
from nst_core.messages import Cancelled, Done, Event, Examined, Failed, Pixels, Preview

Listener = Callable[[Event], None]
Size = tuple[int, int]  # width and height


class Waiting:
    """The listeners of the jobs that have not ended. `room`: the largest picture that was asked for, in bytes."""

    def __init__(self) -> None:
        self.room = 0
        self._of: dict[int, tuple[Listener, Size | None]] = {}

    def add(self, job: int, listener: Listener, content: Pixels | None = None) -> None:
        """Await the events of a job, and for this content a picture of its size."""
        self._of[job] = (listener, (content.width, content.height) if content else None)
        if content:
            self.room = max(self.room, memoryview(content.rgba).nbytes)

    def forget(self, job: int) -> None:
        """Await nothing more of a job."""
        self._of.pop(job, None)

    def told(self, event: Event) -> list[Listener]:
        """Who hears an event; after its ending a job is forgotten. Job 0 concerns everyone.

        Raises ProtocolError for a picture that nobody can have asked for.
        """
        number = getattr(event, "job", None)
        jobs = list(self._of) if number == 0 else [job for job in self._of if job == number]
        for job in jobs:
            self._require_size(event, self._of[job][1])
        heirs = [self._of[job][0] for job in jobs]
        if isinstance(event, (Done, Cancelled, Failed, Examined)):
            for job in jobs:
                self.forget(job)
        return heirs

    def all_of_them(self) -> dict[int, Listener]:
        """All listeners by their jobs, forgotten from now on."""
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
