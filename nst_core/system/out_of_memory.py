"""Converts the out-of-memory errors of libraries, which rarely are MemoryError, to OutOfMemoryError."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from nst_core.shared.errors import NeuralStyleError, OutOfMemoryError

_WORDS = (
    *("cannot allocate", "can't allocate", "failed to allocate", "unable to allocate", "bad_alloc", "alloc_failed"),
    *("out of memory", "not enough memory", "failed to map segment", "can't start new thread"),
    *("out_of_device_memory", "out_of_host_memory"),  # Vulkan
    "too many storage buffers",  # WebGPU, where an array is larger than the card allows
)


def is_shortage(error: BaseException) -> bool:
    """Whether an error means that memory is full, on a graphics card or in main memory."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if isinstance(error, NeuralStyleError):  # its text may contain the name of a file
        return False
    text = str(error).lower()
    return any(words in text for words in _WORDS)


@contextmanager
def as_out_of_memory(remedy: str = "") -> Iterator[None]:
    """Convert out-of-memory errors raised inside to OutOfMemoryError, with this remedy or the default one."""
    try:
        yield
    except OutOfMemoryError:
        raise
    except Exception as error:
        if not is_shortage(error):
            raise
        full = OutOfMemoryError.of("picture-too-large-for-memory")
        if remedy:
            full.remedy = remedy
        raise full from error
