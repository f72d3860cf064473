"""Writes files atomically. A result that cannot be written to its path is written elsewhere, so that it is not lost.

While a file is written it has a name that begins with UNFINISHED, in the same folder, and is locked. If the writer is
killed, the file is unlocked, and the next writer in that folder removes it.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from nst_core.shared.atomic_files import open_own, unique_name
from nst_core.shared.errors import UnwritableOutputError
from nst_core.shared.file_lock import is_same_file, try_lock

UNFINISHED = ".neural-style-unfinished-"
_ABANDONED_SECONDS = 24 * 3600
"""Seconds after which an unfinished file counts as left behind, if the file system cannot lock."""
_NOTHING_TO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}

Save = Callable[[Path], object]


def write_atomically(path: Path, save: Save) -> None:
    """Let `save` write a new file, and rename it to `path`. A file that is replaced keeps its mode. Raises as `save`.

    The file is synced first: after a power cut there is the old file or the new one.
    """
    with _unfinished(path) as new:
        save(new)
        _sync(new)
        _take_mode(new, path)
        new.replace(path)


def write_result(path: Path, save: Save, *, overwrite: bool = True) -> None:
    """Write a result, which must not be lost, as `write_atomically` does.

    If it cannot be written to `path`, it is written beside it under another name, or to the folder for temporary files,
    the home folder or the current one. Raises UnwritableOutputError; its `kept` is the path of that file, None if there
    is no space at all. overwrite: whether a file that was created meanwhile may be replaced.
    """
    try:
        with _unfinished(path) as new:
            save(new)
            _sync(new)
            try:
                if not overwrite and os.path.lexists(path):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
                _take_mode(new, path)
                new.replace(path)
            except OSError as error:
                kept = _unused(path)
                new.rename(kept)
                raise _unwritable(path, error, kept) from error
    except UnwritableOutputError:
        raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, error, _kept_elsewhere(path, save)) from error


def remove_abandoned(folder: Path) -> None:
    """Remove unfinished files of killed writers from a folder."""
    with suppress(OSError):
        for path in folder.glob(f"{UNFINISHED}*"):
            with suppress(OSError), path.open("r+b") as file:
                locked = try_lock(file)
                if locked or (locked is False and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS):
                    path.unlink()


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """An empty file in the folder of `path`, with the same suffix; removed afterwards, unless it was renamed."""
    remove_abandoned(path.parent)
    new, file = _create_locked(path)
    try:
        yield new
    finally:
        file.close()
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _create_locked(path: Path) -> tuple[Path, IO[bytes]]:
    """A new unfinished file, locked; another writer may take it for abandoned until then, and remove it."""
    while True:
        new = path.with_name(unique_name(UNFINISHED) + path.suffix.lower())
        file = open_own(new, "xb")
        if os.name != "posix":  # on Windows open files cannot be removed anyway
            file.close()
            return new, file
        while try_lock(file) is None:
            time.sleep(0.01)
        if is_same_file(file, new):
            return new, file
        file.close()


def _sync(new: Path) -> None:
    """Wait until the file is on the disk (fsync), if the file system can."""
    with new.open("r+b") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _NOTHING_TO_SYNC:
                raise


def _take_mode(new: Path, path: Path) -> None:
    """Give it the mode of the file that it replaces, if the file system can."""
    with suppress(OSError):
        new.chmod(stat.S_IMODE(path.stat().st_mode))


def _unused(path: Path) -> Path:
    """A path in the same folder that no file has."""
    return path.with_name(f"{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")


def _kept_elsewhere(path: Path, save: Save) -> Path | None:
    folders: list[Path] = []
    for folder_of in (tempfile.gettempdir, Path.home, Path.cwd):
        with suppress(OSError, RuntimeError):
            folders.append(Path(folder_of()))
    for parent in dict.fromkeys(folders):
        kept = _unused(parent / path.name)
        try:
            with _unfinished(kept) as new:
                save(new)
                new.rename(kept)
        except (OSError, ValueError):
            continue
        return kept
    return None


def _unwritable(path: Path, error: Exception, kept: Path | None) -> UnwritableOutputError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    if kept is None:
        remedy = "check the folder, the free space and the size"
        return UnwritableOutputError(f"{path} cannot be written ({reason})", remedy)
    message = f"{path} cannot be written ({reason}); it is kept as {kept}"
    unwritable = UnwritableOutputError(message, "check the folder and the free space, then move it")
    unwritable.kept = kept
    return unwritable
