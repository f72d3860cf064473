"""Workers that do one piece of work together, each its part of it; who is lost is replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from nst_core.backends import AbortedError
from nst_core.errors import CancelledError, EngineCrashedError

Share = Callable[[Any], Any]
TRIES = 3
"""Workers that may be lost over one part."""


class Answer(Protocol):
    """What a worker will have answered."""

    def get(self, cancelled: Callable[[], bool]) -> Any:
        """Wait for it. Raises EngineCrashedError for a lost worker, CancelledError if `cancelled`."""


class Hand(Protocol):
    """A worker."""

    def call(self, method: str, *arguments: Any) -> Answer:
        """Ask for something; returns at once. What is asked is done in that order."""

    def close(self) -> None:
        """End the worker."""


class Team:
    """So many workers, from when they are first needed on.

    start: makes one. share: makes a value ready to be sent, once for several calls.
    """

    def __init__(self, count: int, start: Callable[[], Hand], share: Share = lambda value: value) -> None:
        self.count, self.share = count, share
        self._start = start
        self._hands: list[Hand] = []
        self._aborted = threading.Event()

    def each(
        self, method: str, parts: Sequence[tuple[Any, ...]], lesson: Callable[[int], tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """Ask one worker after another for one part each, and wait for all; answers come in the parts' order.

        lesson: what the worker of that number has to be asked first where it replaces a lost one. Raises AbortedError
        after `abort`, EngineCrashedError where several workers are lost over one part.
        """
        self._hands = self._hands or [self._start() for _ in range(self.count)]
        asked = [hand.call(method, *part) for hand, part in zip(self._hands, parts, strict=False)]
        taught = [partial(lesson, number) if lesson else None for number in range(len(asked))]
        return [
            self._found(number, answer, (method, *parts[number]), taught[number]) for number, answer in enumerate(asked)
        ]

    def begin(self) -> None:
        """Work that an abort may end begins; one that came before was not meant for it."""
        self._aborted.clear()

    def abort(self) -> None:
        """End what is being waited for."""
        self._aborted.set()

    def close(self) -> None:
        """End all workers."""
        for hand in self._hands:
            hand.close()

    def _found(
        self, number: int, answer: Answer, asked: tuple[Any, ...], lesson: Callable[[], tuple[Any, ...]] | None
    ) -> Any:
        lost: EngineCrashedError | None = None
        learnt: Answer | None = None
        for attempt in range(TRIES):
            if attempt:
                hand = self._hands[number] = self._start()
                learnt = hand.call(*lesson()) if lesson else None
                answer = hand.call(*asked)
            try:
                if learnt:
                    learnt.get(self._aborted.is_set)
                return answer.get(self._aborted.is_set)
            except CancelledError as error:
                raise AbortedError from error
            except EngineCrashedError as error:
                lost = error
        assert lost
        raise lost
