"""Small disks, if this system allows mounting them."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(place: Path, kibibytes: int) -> Iterator[None]:
    """A disk of this size, mounted at a new folder."""
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={kibibytes}k".encode()
    if sys.platform != "linux" or libc.mount(b"tmpfs", bytes(place), b"tmpfs", 0, options) != 0:
        pytest.skip("may not mount a small disk here")
    try:
        yield
    finally:
        libc.umount2(bytes(place), 2)
