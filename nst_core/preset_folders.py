"""Preset folders that come, change and go in one step, whatever happens in the middle.

    <root>/.new-<id>                   being written; moved into place when it is whole
    <root>/.<slug>.old                 what it replaces, until it is there (readers know it, see `presets`)
    <root>/.deleted-<seconds>-<id>     a deleted preset, kept for KEPT_SECONDS; `.overdue` in it: when it first was
    <root>/.lock                       locked by the one process that writes

A process that dies leaves the old preset or the new one, never a mixture; what else it leaves is hidden from readers
and cleaned by whoever writes next. Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from typing import IO, TYPE_CHECKING

from nst_core.errors import NeuralStyleError, UnwritableOutputError
from nst_core.locks import alone
from nst_core.presets import ASIDE, slug_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LOCK = ".lock"
NEW = ".new-"
DELETED = ".deleted-"
KEPT_SECONDS = 7 * 24 * 3600
DOUBT_SECONDS = 24 * 3600  # for which it must have been overdue: a clock that is ahead for a while deletes nothing
OVERDUE = ".overdue"
PATIENCE = 5.0  # seconds to wait for another process that writes

_FOLDER_MODE, _FILE_MODE = 0o755, 0o644  # less the umask: never for others to write


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Be the only writer in a root, which is made if need be, and clean what dead ones left there.

    Raises UnwritableOutputError, also for every OSError inside.
    """
    try:
        _make_folders(root)
        with alone(root / LOCK, PATIENCE) as locked:
            if locked:
                _clean(root)
            yield
    except NeuralStyleError:
        raise
    except OSError as error:
        raise unwritable(root, error) from error


def unwritable(place: Path, error: Exception) -> UnwritableOutputError:
    """What to tell about a preset or its file that could not be written."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    remedy = "check that you may write there and that the disk is not full"
    return UnwritableOutputError(f"the preset cannot be written to {place} ({reason})", remedy)


def put(root: Path, slug: str, files: Mapping[str, bytes]) -> Path:
    """Make the preset's folder of these files, in place of an older one. Raises OSError with all as it was before."""
    new, aside, target = root / _fresh(NEW), root / f".{slug}{ASIDE}", root / slug
    resolve(aside, target)
    try:
        new.mkdir(_FOLDER_MODE)
        for name, content in files.items():
            write(new / name, content)
        _settle(new)
        if os.path.lexists(target):
            target.rename(aside)
        new.rename(target)
        _settle(root)
    finally:
        remove(new)
        resolve(aside, target)
    return target


def replace(path: Path, content: bytes) -> None:
    """Write a file whole, in place of an older one. Raises OSError with all as it was before."""
    new = path.with_name(_fresh(NEW))
    try:
        write(new, content)
        new.replace(path)
        _settle(path.parent)
    finally:
        new.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet, and wait until it is on the disk. Raises OSError."""
    with _open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_aside(folder: Path) -> Path:
    """Hide a preset's folder for KEPT_SECONDS, and return where it is now. Raises OSError."""
    hidden = folder.with_name(_fresh(f"{DELETED}{int(time.time())}-"))
    folder.rename(hidden)
    _settle(folder.parent)
    return hidden


def _fresh(beginning: str) -> str:
    return f"{beginning}{uuid.uuid4().hex}"


def _make_folders(folder: Path) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(_FOLDER_MODE, exist_ok=True)


def _open(path: Path, mode: str) -> IO[bytes]:
    file: IO[bytes] = open(path, mode, opener=lambda name, flags: os.open(name, flags, _FILE_MODE))  # noqa: SIM115 - Path.open takes no opener
    return file


def _clean(root: Path) -> None:
    """Finish or undo what dead writers began, and let go of what was deleted long ago. Nobody else writes now."""
    for path in [*root.iterdir(), *root.glob(f"*/{NEW}*")]:
        with contextlib.suppress(OSError):
            if path.name.startswith(NEW) or _is_forgotten(path):
                remove(path)
            elif slug_of(path) not in {"", path.name}:
                resolve(path, root / slug_of(path))


def resolve(aside: Path, target: Path) -> None:
    """Of a preset that was put aside, and what was to take its place: the new one if it came, else the old one."""
    if os.path.lexists(target):
        remove(aside)
    elif os.path.lexists(aside):
        aside.rename(target)


def _is_forgotten(path: Path) -> bool:
    """Whether a preset was deleted long ago. Raises OSError."""
    now, seconds = int(time.time()), path.name.removeprefix(DELETED).partition("-")[0]
    if not path.name.startswith(DELETED) or not seconds.isdecimal() or now - int(seconds) <= KEPT_SECONDS:
        return False
    mark = path / OVERDUE
    since = mark.read_text("ascii", "replace") if mark.is_file() else ""
    if since.isdecimal() and int(since) <= now:
        return now - int(since) > DOUBT_SECONDS
    replace(mark, str(now).encode())
    return False


def remove(path: Path) -> None:
    """Remove a folder, a file or a link, if it is there and as far as it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _settle(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system knows how."""
    if os.name == "posix":
        with contextlib.suppress(OSError):  # some network file systems refuse; the names are there all the same
            number = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)
