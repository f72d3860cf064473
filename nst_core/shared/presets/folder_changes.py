"""Creates, replaces and deletes preset folders atomically.

    <root>/.new-<id>                   being written; moved into place when it is whole
    <root>/.<slug>.old                 the folder that it replaces, until then (readers use it, see `lookup`)
    <root>/.deleted-<seconds>-<id>     a deleted preset, kept for KEPT_SECONDS; then `.overdue` in it holds the time
    <root>/.lock                       locked by the one process that writes

After a crash there is the old preset or the new one, never a mixture. Temporary folders are hidden from readers, and
the next writer removes them.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from nst_core.shared.atomic_files import (
    NEW,
    finish_replacement,
    remove,
    replace_file,
    replacing_folder,
    sync_folder,
    unique_name,
    write_new,
)
from nst_core.shared.errors import NeuralStyleError, UnwritableOutputError
from nst_core.shared.file_lock import exclusive_lock
from nst_core.shared.presets.lookup import ASIDE, slug_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


LOCK = ".lock"
DELETED = ".deleted-"
KEPT_SECONDS = 7 * 24 * 3600
OVERDUE_SECONDS = 24 * 3600  # how long it must be overdue: a clock that is wrong for a while deletes nothing
OVERDUE = ".overdue"
LOCK_SECONDS = 5.0  # to wait for another process that writes

_FOLDER_MODE = 0o755  # less the umask: never for others to write


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the write lock of a root folder, which is created if needed, and remove what crashed writers left there.

    Raises UnwritableOutputError, also for every OSError inside.
    """
    try:
        _make_folders(root)
        with exclusive_lock(root / LOCK, LOCK_SECONDS) as locked:
            if locked:
                _clean(root)
            yield
    except NeuralStyleError:
        raise
    except OSError as error:
        raise unwritable(root, error) from error


def unwritable(place: Path, error: Exception) -> UnwritableOutputError:
    """The error for a preset or its file that could not be written."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return UnwritableOutputError.of("preset-unwritable", folder=str(place), reason=reason)


def write_preset(root: Path, slug: str, files: Mapping[str, bytes]) -> Path:
    """Write the preset's folder with these files, replacing an older one. After an OSError nothing has changed."""
    target = root / slug
    with replacing_folder(target, NEW, root / f".{slug}{ASIDE}") as new:
        new.mkdir(_FOLDER_MODE)
        for name, content in files.items():
            write_new(new / name, content)
        sync_folder(new)
    return target


def move_to_deleted(folder: Path) -> Path:
    """Hide a preset's folder for KEPT_SECONDS, and return where it is now. Raises OSError."""
    hidden = folder.with_name(unique_name(f"{DELETED}{int(time.time())}-"))
    folder.rename(hidden)
    sync_folder(folder.parent)
    return hidden


def _make_folders(folder: Path) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(_FOLDER_MODE, exist_ok=True)


def _clean(root: Path) -> None:
    """Finish or undo what crashed writers began, and remove old deleted presets. To be called under the lock."""
    for path in [*root.iterdir(), *root.glob(f"*/{NEW}*")]:
        with contextlib.suppress(OSError):
            if path.name.startswith(NEW) or _is_expired(path):
                remove(path)
            elif slug_of(path) not in {"", path.name}:
                finish_replacement(path, root / slug_of(path))


def _is_expired(path: Path) -> bool:
    """Whether a preset was deleted long ago. Raises OSError."""
    now, seconds = int(time.time()), path.name.removeprefix(DELETED).partition("-")[0]
    if not path.name.startswith(DELETED) or not seconds.isdecimal() or now - int(seconds) <= KEPT_SECONDS:
        return False
    mark = path / OVERDUE
    since = mark.read_text("ascii", "replace") if mark.is_file() else ""
    if since.isdecimal() and int(since) <= now:
        return now - int(since) > OVERDUE_SECONDS
    replace_file(mark, str(now).encode())
    return False
