"""How libraries say that memory is full: each in its own words, few with the exception that Python has for it."""

from __future__ import annotations

import errno

_WORDS = (
    *("cannot allocate", "can't allocate", "failed to allocate", "unable to allocate", "bad_alloc", "out of memory"),
    *("failed to map segment", "can't start new thread"),
)


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that there was no memory left."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    text = str(error).lower()
    return any(words in text for words in _WORDS)
