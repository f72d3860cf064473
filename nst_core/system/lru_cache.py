"""A cache of the latest answers, safe to use from several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

T = TypeVar("T")


class LruCache(Generic[T]):
    """The latest answers to a question, by what was asked. Safe to use from several threads.

    most: how many are kept, or, with `size`, how much: the sum of the sizes of what is kept.
    """

    def __init__(self, most: float, size: Callable[[T], float] | None = None) -> None:
        self._answers: LRUCache[Hashable, T] = LRUCache(most, size)
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer kept under the key, or the one that `make` gives."""
        with self._lock, suppress(KeyError):
            return self._answers[key]
        answer = make()
        with self._lock, suppress(ValueError):  # one that is larger than the whole cache
            self._answers[key] = answer
        return answer
