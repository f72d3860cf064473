"""Saving a look: a new folder in the artist's root, whole or not at all.

Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.errors import BrokenPresetError, InvalidImageError, UnwritableOutputError
from nst_core.presets import FORMAT, PRESET_FILE, THUMBNAIL, Preset, Roots, read_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nst_core.settings import Value

SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"II*\0": ".tif", b"MM\0*": ".tif"}
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")  # names Windows keeps for devices


@dataclass(frozen=True)
class NewPreset:
    """A look to keep. styles: the bytes of picture files, each with its weight. settings: of scope `look`."""

    title: str
    styles: tuple[tuple[bytes, float], ...]
    settings: Mapping[str, Value] = field(default_factory=dict)
    thumbnail: bytes | None = None  # a JPEG file
    description: str = ""
    credits: str = ""


def slug_of(title: str) -> str:
    """A folder name for a title: small letters, digits and hyphens, the same on every system."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
    if not slug or RESERVED.fullmatch(slug):
        slug = f"preset-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    return slug


def save_preset(new: NewPreset, roots: Roots | None = None) -> Preset:
    """Keep a look in the artist's root, in place of an earlier one of the same slug.

    Raises InvalidImageError for a style that is no picture file, BrokenPresetError for a look that could not be read
    again, UnwritableOutputError. In all cases what was there before is still there.
    """
    root = (roots or Roots()).user
    folder = root / slug_of(new.title)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=root) as workplace:
            fresh = Path(workplace) / folder.name
            _write(fresh, new)
            read_preset(fresh)
            _replace(folder, fresh, Path(workplace) / "earlier")
    except OSError as error:
        raise UnwritableOutputError(f"the preset {new.title!r} cannot be saved in {root} ({error.strerror})") from None
    return read_preset(folder)


def _write(folder: Path, new: NewPreset) -> None:
    folder.mkdir()
    styles = []
    for number, (encoded, weight) in enumerate(new.styles, start=1):
        name = f"style{number if number > 1 else ''}{_suffix(encoded)}"
        (folder / name).write_bytes(encoded)
        styles.append({"file": name, "weight": weight})
    entry = {
        "format": FORMAT,
        "title": new.title,
        "description": new.description,
        "credits": new.credits,
        "styles": styles,
        "settings": dict(new.settings),
    }
    try:
        text = json.dumps(entry, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BrokenPresetError(f"the preset {new.title!r} cannot be saved: {error}") from None
    (folder / PRESET_FILE).write_text(text + "\n", encoding="utf-8")
    if new.thumbnail is not None:
        (folder / THUMBNAIL).write_bytes(new.thumbnail)


def _replace(folder: Path, fresh: Path, earlier: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    folder.rename(earlier)
    try:
        fresh.rename(folder)
    except OSError:
        earlier.rename(folder)
        raise


def _suffix(encoded: bytes) -> str:
    for signature, suffix in SUFFIXES.items():
        if encoded.startswith(signature):
            return suffix
    raise InvalidImageError("a style is not a JPEG, PNG, WebP or TIFF picture", "choose another picture")
