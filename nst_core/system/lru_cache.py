"""A thread-safe LRU cache."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

T = TypeVar("T")


class LruCache(Generic[T]):
    """A thread-safe LRU cache. most: largest number of values, or, with `size`, largest sum of their sizes."""

    def __init__(self, most: float, size: Callable[[T], float] | None = None) -> None:
        self._values: LRUCache[Hashable, T] = LRUCache(most, size)
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The cached value of the key, or the result of `make`, which is then cached."""
        with self._lock, suppress(KeyError):
            return self._values[key]
        value = make()
        with self._lock, suppress(ValueError):  # a value larger than the whole cache
            self._values[key] = value
        return value
