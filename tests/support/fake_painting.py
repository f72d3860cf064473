"""Paintings of a worker that compute nothing: the settings of a request say how long they take and what goes wrong.

Imports nothing slow, because many tests start a worker of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any

from nst_core.shared.wire.messages import Done, Pixels, Progress, ScreenPixels, StylePixels, Stylize
from nst_core.worker import server

LONG = 3600.0  # seconds of a step: who waited for it would exceed the time limit of a test
PICTURE = Pixels(2, 2, bytes(64))
PREVIEW = ScreenPixels(2, 2, bytes(16))


def request(*, job: int = 1, previews: float = 0.0, **settings: float | str) -> Stylize:
    """A request for a FakePainting, whose settings no plan is made for."""
    return Stylize(PICTURE, (StylePixels(PICTURE),), {"steps": 3, **settings}, previews=previews, job=job)


class FakePainting:
    """`steps` quick steps, then one of `long` seconds.

    Settings: first, then: code that runs at the start, and before the long step; it sees `os` and `self`. late: seconds
    before the first step. deaf: whether `stop` does not end the long step. preview_seconds: how long a preview takes.
    """

    def __init__(self, request: Stylize) -> None:
        self.job, self.settings, self.content = request.job, request.settings, request.content
        self.stopped = False
        self.metrics: dict[str, Any] = {"steps": 0}
        self._run("first")

    def __iter__(self) -> Generator[Progress, None, None]:
        time.sleep(self._seconds("late"))
        for step in range(1, int(self.settings.get("steps", 3)) + 1):
            self.metrics["steps"] = step
            yield Progress(self.job, 1, 1, step, 9, loss=0.5, seconds_left=1.0, fraction=0.1)
        self._run("then")
        until = time.monotonic() + self._seconds("long")
        while not self.stopped and time.monotonic() < until:
            time.sleep(LONG if self.settings.get("deaf") else 0.01)

    def _run(self, name: str) -> None:
        exec(str(self.settings.get(name, "")), {"os": os, "self": self})  # noqa: S102 - the test's own code

    def _seconds(self, name: str) -> float:
        return float(self.settings.get(name, 0))

    def done(self) -> Done:
        return Done(self.job, self.content, {}, self.metrics)

    def preview(self) -> ScreenPixels:
        time.sleep(self._seconds("preview_seconds"))
        return PREVIEW

    def stop(self) -> None:
        self.stopped = True


def main() -> None:
    server.main(FakePainting)
