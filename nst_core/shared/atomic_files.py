"""Writes files and folders atomically: after an interruption there is the old content or the new one."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = ".new-"
_FILE_MODE = 0o644  # less the umask: never for others to write


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically, replacing an older one. After an OSError nothing has changed."""
    new = path.with_name(unique_name(NEW))
    try:
        write_new(new, content)
        new.replace(path)
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet, and wait until it is on the disk. Raises OSError."""
    with open_own(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def unique_name(beginning: str) -> str:
    """A unique file name with this beginning."""
    return f"{beginning}{uuid.uuid4().hex}"


def open_own(path: Path, mode: str) -> IO[bytes]:
    """Open a file that other users cannot write to, whatever the umask."""
    file: IO[bytes] = open(path, mode, opener=lambda name, flags: os.open(name, flags, _FILE_MODE))  # noqa: SIM115 - Path.open takes no opener
    return file


@contextlib.contextmanager
def replacing_folder(target: Path, prefix: str, aside: Path) -> Iterator[Path]:
    """Yields a path beside `target` for a new folder, which then replaces `target`; an error inside changes nothing.

    prefix: of the new folder's name until then. aside: the old folder's name meanwhile. Raises OSError.
    """
    new = target.with_name(unique_name(prefix))
    finish_replacement(aside, target)
    try:
        yield new
        if os.path.lexists(target):
            target.rename(aside)
        new.rename(target)
        sync_folder(target.parent)
    finally:
        remove(new)
        finish_replacement(aside, target)


def finish_replacement(aside: Path, target: Path) -> None:
    """Finish an interrupted replacement: delete the old folder `aside` if `target` exists, otherwise rename it back."""
    if os.path.lexists(target):
        remove(aside)
    elif os.path.lexists(aside):
        aside.rename(target)


def remove(path: Path) -> None:
    """Remove a folder, a file or a link, if it is there and as far as it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk (fsync), if the system can."""
    if os.name == "posix":
        with contextlib.suppress(OSError):  # some network file systems refuse; the entries are written all the same
            number = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)
