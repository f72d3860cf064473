"""Saves, changes, renames, deletes and restores the user's own presets. Built-in ones are never changed.

Before anything is written, it is checked with the same code that reads presets. The slug is the stable name of a
preset: it is made of the first title and kept when the title changes, so that recipes and scripts go on working.
"""

from __future__ import annotations

import dataclasses
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nst_core.shared import atomic_files
from nst_core.shared.errors import (
    BrokenPresetError,
    BuiltInPresetError,
    InvalidImageError,
    InvalidSettingError,
    UnknownPresetError,
)
from nst_core.shared.image_header import require_max_pixels
from nst_core.shared.presets import folder_changes as folders
from nst_core.shared.presets.lookup import (
    PRESET_FILE,
    THUMBNAILS,
    Preset,
    Roots,
    read_entry,
    read_preset,
    unknown_preset,
)
from nst_core.shared.presets.preset_json import (
    MAX_TITLE,
    Entry,
    EntryError,
    EntryStyle,
    dump,
    look_settings,
    parse,
    title_problem,
)
from nst_core.shared.settings import Value
from nst_core.shared.wire.messages import MAX_STYLE_FILE

MAX_PICTURES = 2**28  # bytes: 256 MiB, all pictures of a preset together
MAX_THUMBNAIL = 2**22  # bytes: 4 MiB
MAX_THUMBNAIL_PIXELS = 4_000_000  # twenty times what a screen shows of it
MAX_SLUG = 40  # characters
NAMELESS = "preset"  # the slug of a title without Latin letters and digits

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])")  # Windows gives these to devices
_BASE_LETTER = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER (?:DOTLESS )?([A-Z]{1,2})\b")


@dataclass(frozen=True)
class Draft:
    """A preset that is not saved yet.

    title: 1 to 80 characters. styles: file name (for messages), picture file (JPEG, PNG, WebP or TIFF), weight.
    settings: those of scope `look`. thumbnail: a small JPEG or PNG file; None: the first style is used.
    """

    title: str
    styles: tuple[tuple[str, bytes, float], ...] = field(repr=False)
    settings: Mapping[str, Value]
    description: str = ""
    credits: str = ""
    thumbnail: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class DeletedPreset:
    """A deleted preset, for `restore`. It is kept for a week."""

    slug: str
    folder: Path


def save(draft: Draft, roots: Roots | None = None) -> Preset:
    """Save a new preset under a free slug.

    Raises InvalidSettingError, InvalidImageError, UnwritableOutputError.
    """
    roots = roots or Roots()
    files = files_of(draft)
    with folders.writing(roots.user):
        return _write(files, free_slug(draft.title, roots), roots)


def save_if_new(draft: Draft, roots: Roots | None = None) -> Preset:
    """The preset that has exactly these texts, settings and pictures; if there is none, `save` it."""
    roots = roots or Roots()
    files = files_of(draft)
    with folders.writing(roots.user):
        for folder in roots.folders().values():
            if _has_files(folder, files):
                return read_preset(folder, builtin=folder.parent == roots.builtin)
        return _write(files, free_slug(draft.title, roots), roots)


def update(slug: str, draft: Draft, roots: Roots | None = None) -> Preset:
    """Replace an own preset, broken or not. For a built-in one an own preset is saved that is shown in its place.

    Raises UnknownPresetError and what `save` raises; the old preset then stays unchanged.
    """
    roots = roots or Roots()
    files = files_of(draft)
    with folders.writing(roots.user):
        if slug not in roots.folders():
            raise unknown_preset(slug, roots)
        return _write(files, slug, roots)


def rename(slug: str, title: str, roots: Roots | None = None) -> Preset:
    """Give an own preset another title; its slug stays.

    Raises InvalidSettingError, UnknownPresetError, BuiltInPresetError, BrokenPresetError, UnwritableOutputError.
    """
    roots = roots or Roots()
    title = clean_title(title)
    with folders.writing(roots.user):
        folder = _own_folder(slug, roots)
        read_preset(folder)
        text = dump(dataclasses.replace(parse(read_entry(folder)), title=title))
        atomic_files.replace_file(folder / PRESET_FILE, text)
        return read_preset(folder)


def delete(slug: str, roots: Roots | None = None) -> DeletedPreset:
    """Delete an own preset, broken or not; a built-in one that it hid is shown again.

    Raises UnknownPresetError, BuiltInPresetError, UnwritableOutputError.
    """
    roots = roots or Roots()
    with folders.writing(roots.user):
        return DeletedPreset(slug, folders.move_to_deleted(_own_folder(slug, roots)))


def restore(deleted: DeletedPreset, roots: Roots | None = None) -> Preset:
    """Undo `delete`; if the slug is in use meanwhile, under the next free one.

    Raises UnknownPresetError if it was removed for good, UnwritableOutputError, and, after it was restored,
    BrokenPresetError for one that was broken before.
    """
    roots = roots or Roots()
    with folders.writing(roots.user):
        if not deleted.folder.is_dir():
            raise UnknownPresetError.of("preset-forgotten", name=repr(deleted.slug))
        taken = os.path.lexists(roots.user / deleted.slug)
        folder = roots.user / (free_slug(deleted.slug, roots) if taken else deleted.slug)
        deleted.folder.rename(folder)
        return read_preset(folder)


def to_draft(preset: Preset) -> Draft:
    """The preset as a draft, to change and save it. Raises BrokenPresetError if a picture cannot be read."""
    own = preset.thumbnail.name in THUMBNAILS and all(style.path != preset.thumbnail for style in preset.styles)
    thumbnail = _small_picture(preset.thumbnail) if own else None
    styles = tuple((style.name, style.read(), style.weight) for style in preset.styles)
    return Draft(preset.title, styles, preset.settings, preset.description, preset.credits, thumbnail)


def files_of(draft: Draft) -> dict[str, bytes]:
    """All files of a preset's folder, preset.json first; the same draft gives the same bytes.

    Raises InvalidSettingError, InvalidImageError.
    """
    title = clean_title(draft.title)
    if not draft.styles:
        raise InvalidSettingError.of("preset-without-style")
    pictures: dict[str, bytes] = {}
    styles = []
    for number, (name, picture, weight) in enumerate(draft.styles, start=1):
        if len(picture) > MAX_STYLE_FILE:
            raise InvalidImageError.of("style-file-too-large", name=name, mebibytes=MAX_STYLE_FILE // 2**20)
        require_max_pixels(name, picture)
        file = f"style{'' if number == 1 else f'-{number}'}{_suffix(name, picture)}"
        pictures[file] = picture
        styles.append(EntryStyle(file, weight))
    if sum(map(len, pictures.values())) > MAX_PICTURES:
        raise InvalidImageError.of("styles-too-large", mebibytes=MAX_PICTURES // 2**20)
    if draft.thumbnail is not None:
        pictures[_thumbnail_name(draft.thumbnail)] = draft.thumbnail
    try:
        entry = Entry(title, draft.description, draft.credits, tuple(styles), look_settings(dict(draft.settings)))
        text = dump(entry)
        parse(text)
    except EntryError as error:
        raise InvalidSettingError(f"the preset cannot be saved: {error.reason}", "change that and try again") from None
    return {PRESET_FILE: text, **pictures}


def clean_title(title: str) -> str:
    """The title as it is saved: Unicode NFC, without spaces around it. Raises InvalidSettingError."""
    title = unicodedata.normalize("NFC", title).strip()
    if problem := title_problem(title):
        remedy = f"give it a title of 1 to {MAX_TITLE} characters"
        raise InvalidSettingError(f"the preset cannot be saved: {problem}", remedy)
    return title


def free_slug(title: str, roots: Roots) -> str:
    """A slug for a title: lower-case ASCII, no device of Windows, and not yet taken in either root, in any case."""
    taken = {slug.casefold() for slug in roots.folders()}
    taken |= {path.name.casefold() for path in roots.user.iterdir()}
    slug = slug_from(title)
    number = 1
    while (free := slug if number == 1 else f"{slug}-{number}") in taken:
        number += 1
    return free


def slug_from(title: str) -> str:
    """The title in small letters, digits and hyphens; NAMELESS if nothing of it remains."""
    characters = unicodedata.normalize("NFKD", title).casefold()
    latin = "".join(character if character.isascii() else _base_letters(character) for character in characters)
    slug = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:MAX_SLUG].rstrip("-") or NAMELESS
    return f"{slug}-{NAMELESS}" if _RESERVED.fullmatch(slug) else slug


def _base_letters(character: str) -> str:
    """The bare letters of a Latin one that does not decompose (o with stroke, ae); nothing of an accent."""
    if unicodedata.combining(character):
        return ""
    letter = _BASE_LETTER.match(unicodedata.name(character, ""))
    return letter[1].lower() if letter else " "


def _own_folder(slug: str, roots: Roots) -> Path:
    folder = roots.folders().get(slug)
    if folder is None:
        raise unknown_preset(slug, roots)
    if folder.parent != roots.user:
        raise BuiltInPresetError.of("preset-built-in", name=repr(slug))
    return folder


def _write(files: Mapping[str, bytes], slug: str, roots: Roots) -> Preset:
    return read_preset(folders.write_preset(roots.user, slug, files))


def _has_files(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether the preset in a folder would be written as exactly these files."""
    try:
        if parse(read_entry(folder)).title != parse(files[PRESET_FILE]).title:
            return False
        return files_of(to_draft(read_preset(folder))) == files
    except (EntryError, BrokenPresetError, InvalidSettingError, InvalidImageError):
        return False


def _suffix(name: str, picture: bytes) -> str:
    """The file name's suffix by the picture's first bytes. Raises InvalidImageError."""
    if picture.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return ".webp"
    if picture.startswith((b"II*\0", b"MM\0*")):
        return ".tif"
    raise InvalidImageError.of("style-other-kind", name=name)


def _thumbnail_name(picture: bytes) -> str:
    name = f"thumbnail{_suffix('the thumbnail', picture)}"
    if name not in THUMBNAILS or len(picture) > MAX_THUMBNAIL:
        raise InvalidImageError.of("thumbnail-unusable", mebibytes=MAX_THUMBNAIL // 2**20)
    require_max_pixels("the thumbnail", picture, MAX_THUMBNAIL_PIXELS)
    return name


def _small_picture(path: Path) -> bytes | None:
    """A thumbnail's bytes, None if they could not be saved again."""
    try:
        with path.open("rb") as file:
            picture = file.read(MAX_THUMBNAIL + 1)
        _thumbnail_name(picture)
    except (OSError, InvalidImageError):
        return None
    return picture
