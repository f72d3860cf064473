"""Exports a preset to one file, `.nstyle`, and imports it: a zip of preset.json and the pictures that it names.

A file may be hostile. Only members that preset.json names are read, into memory, with limits on their real decompressed
sizes. Nothing is written before everything was checked by the code that reads presets.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from typing import TYPE_CHECKING, NoReturn

from nst_core.shared import atomic_files
from nst_core.shared.errors import BrokenPresetError, InvalidImageError, InvalidSettingError, UnwritableOutputError
from nst_core.shared.presets import folder_changes
from nst_core.shared.presets.library import MAX_PICTURES, MAX_THUMBNAIL, Draft, files_of, save_if_new, to_draft
from nst_core.shared.presets.lookup import PRESET_FILE, THUMBNAILS, Preset, Roots
from nst_core.shared.presets.preset_json import MAX_PRESET_FILE, EntryError, is_plain, parse
from nst_core.shared.wire.messages import MAX_STYLE_FILE

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".nstyle"
MAX_MEMBERS = 64  # 16 styles, preset.json and a thumbnail, and for each a shadow file of macOS
MAX_ARCHIVE = MAX_PICTURES + 2**23  # bytes: the pictures, and room for the rest
MAX_READ = 2**17  # bytes read at once: a list of members that is longer is not read
DAMAGED = "it is no preset file, or a damaged one"

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold: the same preset gives the same bytes
_ENCRYPTED = 0x1
_NOISE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_DAMAGES = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OverflowError, OSError),
    *(zlib.error, struct.error),
)  # raised by versions of zipfile for damaged files


def export_preset(preset: Preset, path: Path, *, overwrite: bool = True) -> None:
    """Write the preset to a file, atomically. overwrite: whether a file of that name is replaced.

    Raises BrokenPresetError, InvalidImageError for a picture in a format that presets may not have, and
    UnwritableOutputError.
    """
    if not overwrite and os.path.lexists(path):
        raise UnwritableOutputError(f"{path} exists", "choose another name, or use --overwrite")
    files = files_of(to_draft(preset))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files, key=lambda name: (name != PRESET_FILE, name)):
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system = 3  # Unix, whatever wrote it
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, files[name])  # stored: pictures are compressed already
    try:
        atomic_files.replace_file(path.resolve(), packed.getvalue())  # a link stays a link; its target is replaced
    except (OSError, ValueError, RuntimeError) as error:
        raise folder_changes.unwritable(path, error) from error


def import_preset(path: Path, roots: Roots | None = None) -> Preset:
    """Save the preset of a file as one of the user's own; if an equal one exists, return that.

    Raises BrokenPresetError for a file that is not valid, UnwritableOutputError.
    """
    try:
        draft = read_archive(path)
        files_of(draft)
    except EntryError as error:
        _refuse(path, error.reason, error.remedy)
    except (InvalidImageError, InvalidSettingError) as error:
        _refuse(path, error.message)
    return save_if_new(draft, roots)


def read_archive(path: Path) -> Draft:
    """The preset in a file, in memory. The pictures are not decoded. Raises EntryError."""
    packed = _ShortReads(_archive_bytes(path))
    try:
        with zipfile.ZipFile(packed) as archive:
            members = _members(archive)
            return _draft(archive, members)
    except EntryError:
        raise
    except _DAMAGES:
        raise EntryError(DAMAGED) from None


class _ShortReads(io.BytesIO):
    """A file in memory that returns at most MAX_READ bytes per read, so that a huge list of members is not read."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(MAX_READ if size is None or size < 0 else min(size, MAX_READ))


def _refuse(path: Path, reason: str, remedy: str = "") -> NoReturn:
    message = f"{path} cannot be imported: {reason}"
    raise BrokenPresetError(message, remedy or "export it again, or choose another file") from None


def _archive_bytes(path: Path) -> bytes:
    packed = b""
    try:
        usable = path.is_file() or not path.exists()  # reading a pipe would block
        if usable:
            with path.open("rb") as file:
                packed = file.read(min(path.stat().st_size, MAX_ARCHIVE) + 1)  # Python allocates that much at once
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EntryError(f"it cannot be read ({reason})", "check its name and your permission to read it") from None
    if not usable:
        raise EntryError("it is not a file")
    if len(packed) > MAX_ARCHIVE:
        raise EntryError(f"it is larger than {MAX_ARCHIVE // 2**20} MiB")
    return packed


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by their names, without files that file managers add. Raises EntryError."""
    members: dict[str, zipfile.ZipInfo] = {}
    folded_names = set()
    if len(archive.infolist()) > MAX_MEMBERS:
        raise EntryError(f"it holds more than {MAX_MEMBERS} files")
    if len({member.header_offset for member in archive.infolist()}) < len(archive.infolist()):
        raise EntryError(DAMAGED)  # overlapping members: a zip bomb, of which newer versions of zipfile warn
    for member in archive.infolist():
        name = member.orig_filename  # zipfile changes some characters in `filename`
        if _is_noise(name):
            continue
        mode = member.external_attr >> 16
        if not is_plain(name):
            raise EntryError(f"it holds {name!a}, which is not the plain name of a file")
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            raise EntryError(f"it holds {name!r}, which is a link and not a file")
        if member.flag_bits & _ENCRYPTED:
            raise EntryError(f"it holds {name!r}, which is encrypted", "ask for a file without a password")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise EntryError(f"it holds {name!r}, which is compressed in an unknown way")
        if (folded := unicodedata.normalize("NFC", name).casefold()) in folded_names:
            raise EntryError(f"it holds {name!r} twice")
        folded_names.add(folded)
        members[name] = member
    return members


def _is_noise(name: str) -> bool:
    first, last = name.partition("/")[0], name.rpartition("/")[2]
    return first in _NOISE or last in _NOISE or last.startswith("._")


def _draft(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> Draft:
    if PRESET_FILE not in members:
        raise EntryError(f"it holds no {PRESET_FILE}")
    entry = parse(_content(archive, members[PRESET_FILE], MAX_PRESET_FILE))
    pictures: dict[str, bytes] = {}
    styles = []
    left = MAX_PICTURES
    for style in entry.styles:
        if style.file not in members:
            raise EntryError(f"its picture {style.file!r} is missing")
        if style.file not in pictures:
            pictures[style.file] = _content(archive, members[style.file], min(left, MAX_STYLE_FILE))
        left -= len(pictures[style.file])
        if not pictures[style.file]:
            raise EntryError(f"its picture {style.file!r} is empty")
        styles.append((style.file, pictures[style.file], style.weight))
    small = next((name for name in THUMBNAILS if name in members and name not in pictures), None)
    thumbnail = _content(archive, members[small], MAX_THUMBNAIL) if small else None
    return Draft(entry.title, tuple(styles), entry.settings, entry.description, entry.credits, thumbnail)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
    """The decompressed bytes of a member. Raises EntryError above `limit` bytes, whatever the header says."""
    parts = []
    with archive.open(member) as file:
        while part := file.read(MAX_READ):
            parts.append(part)
            limit -= len(part)
            if limit < 0:
                raise EntryError(f"it holds {member.orig_filename!r}, which is too large")
    content = b"".join(parts)
    if len(content) != member.file_size:
        raise EntryError(DAMAGED)
    return content
