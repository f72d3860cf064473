"""File locks: one process at a time writes into a folder. The system releases the lock when the process ends."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from nst_core.shared.atomic_files import open_own
from nst_core.shared.errors import UnwritableOutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive_lock(path: Path, wait_seconds: float) -> Iterator[bool]:
    """Hold a lock on the file `path`, which is created and stays. Yields False if the file system cannot lock.

    Raises UnwritableOutputError if another process has it for longer than `wait_seconds` seconds, and OSError.
    """
    with open_own(path, "ab") as file:
        yield _locked(file, path, time.monotonic() + wait_seconds)


@contextmanager
def temporary_lock(path: Path, wait_seconds: float) -> Iterator[bool]:
    """As `exclusive_lock`, but the file is removed afterwards."""
    end = time.monotonic() + wait_seconds
    while True:
        with open_own(path, "ab") as file:
            locked = _locked(file, path, end)
            if locked and not is_same_file(file, path):  # the process that held the lock has removed the file
                continue
            try:
                yield locked
            finally:
                if os.name == "posix":
                    path.unlink(missing_ok=True)
        if os.name != "posix":
            with suppress(OSError):  # Windows does not remove a file that another process has open
                path.unlink()
        return


def is_same_file(file: IO[bytes], path: Path) -> bool:
    """Whether the open file is still the one with this path."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def _locked(file: IO[bytes], path: Path, end: float) -> bool:
    """Wait for the lock. Returns False if the file system cannot lock."""
    while (locked := try_lock(file)) is None:
        if time.monotonic() > end:
            raise UnwritableOutputError.of("preset-locked", folder=str(path.parent))
        time.sleep(0.02)
    return locked


def try_lock(file: IO[bytes]) -> bool | None:
    """True: locked now. None: another process holds the lock. False: the file system cannot lock."""
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):
        return None
    except OSError:
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
