"""Presets: a named look, with its style pictures inside.

    <root>/<slug>/preset.json     {"format": 1, "title": "Great Wave", "description": "…", "credits": "…",
                                   "styles": [{"file": "style.jpg", "weight": 1.0}], "settings": {"strength": 60.0}}
    <root>/<slug>/style.jpg       named in preset.json, always plain file names
    <root>/<slug>/thumbnail.jpg   or .png; may be absent: the first style stands in
    <root>/.<slug>.old            the same preset, while another takes its place; counts where <slug> is missing

The built-in root is a folder of this package and never written to; the artist's is in the user's data folder, and
its presets win over built-in ones of the same slug. Settings are those of scope `look`.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.shared.errors import BrokenPresetError, UnknownPresetError
from nst_core.shared.presets.preset_json import MAX_PRESET_FILE, EntryError, parse
from nst_core.shared.settings import Settings, Value, from_mapping
from nst_core.shared.wire.messages import MAX_STYLE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESET_FILE = "preset.json"
THUMBNAILS = ("thumbnail.jpg", "thumbnail.png")
BUILT_IN = Path(__file__).resolve().parents[2] / "data" / "styles"
ASIDE = ".old"


@dataclass(frozen=True)
class PresetStyle:
    """A style picture of a preset. weight: its share, relative to the others'."""

    path: Path
    weight: float = 1.0

    @property
    def name(self) -> str:
        """The picture's file name, for messages."""
        return self.path.name

    def read(self) -> bytes:
        """The picture file's bytes. Raises BrokenPresetError."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise BrokenPresetError.of("style-unreadable", path=str(self.path), reason=str(error.strerror)) from None


@dataclass(frozen=True)
class Preset:
    """A look to choose. settings: only those that the look sets; the others keep their values."""

    slug: str
    title: str
    description: str
    credits: str
    styles: tuple[PresetStyle, ...]
    settings: Mapping[str, Value]
    thumbnail: Path
    builtin: bool

    def over(self, base: Settings) -> Settings:
        """The settings `base` with those of the preset instead of their own."""
        return from_mapping(self.settings, base)


def user_root(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """The folder of the user's own presets, as is usual on the system."""
    home = Path.home()
    if system == "win32":
        base = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    elif system == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME") or "")
        if not base.is_absolute():  # relative paths are to be ignored (XDG)
            base = home / ".local" / "share"
    return base / "gimp-neural-style" / "presets"


@dataclass(frozen=True)
class Roots:
    """The folders that contain presets."""

    builtin: Path = BUILT_IN
    user: Path = field(default_factory=user_root)

    def folders(self) -> dict[str, Path]:
        """Every preset's folder by its slug, readable or not; own presets hide built-in ones of the same slug."""
        return {slug_of(folder): folder for root in (self.builtin, self.user) for folder in _folders(root)}


@dataclass(frozen=True)
class Listing:
    """All presets, built-in ones first, then by title; and the errors of those that cannot be used."""

    presets: tuple[Preset, ...]
    broken: tuple[BrokenPresetError, ...]


def list_presets(roots: Roots | None = None) -> Listing:
    """Read all presets in the roots. Never raises."""
    roots = roots or Roots()
    found = [_read(folder, roots) for folder in roots.folders().values()]
    good = [preset for preset in found if isinstance(preset, Preset)]
    broken = tuple(error for error in found if isinstance(error, BrokenPresetError))
    return Listing(tuple(sorted(good, key=lambda p: (not p.builtin, p.title.casefold()))), broken)


def load_preset(name: str, roots: Roots | None = None) -> Preset:
    """The preset with this slug or title; case does not matter.

    Raises UnknownPresetError that names similar ones, BrokenPresetError.
    """
    roots = roots or Roots()
    folder = roots.folders().get(find_slug(name, roots))
    if folder is None:  # deleted just now
        raise unknown_preset(name, roots)
    return read_preset(folder, builtin=folder.parent == roots.builtin)


def find_slug(name: str, roots: Roots | None = None) -> str:
    """The slug of the preset with this slug or title; case does not matter. Broken presets are found by slug only.

    Raises UnknownPresetError that names similar ones.
    """
    roots = roots or Roots()
    wanted = name.strip().casefold()
    for slug in roots.folders():
        if slug.casefold() == wanted:
            return slug
    for preset in reversed(list_presets(roots).presets):  # own presets first
        if preset.title.casefold() == wanted:
            return preset.slug
    raise unknown_preset(name, roots)


def unknown_preset(name: str, roots: Roots) -> UnknownPresetError:
    """The error for a name that no preset has; it names similar ones."""
    presets = list_presets(roots).presets
    names = {spelling.casefold(): preset.slug for preset in presets for spelling in (preset.slug, preset.title)}
    close = dict.fromkeys(names[match] for match in difflib.get_close_matches(name.strip().casefold(), names, n=3))
    if close:
        return UnknownPresetError.of("preset-misspelled", name=repr(name), names=", ".join(close))
    return UnknownPresetError.of("preset-unknown", name=repr(name))


def read_preset(folder: Path, *, builtin: bool = False) -> Preset:
    """The preset in a folder. Raises BrokenPresetError with the reason."""
    slug = slug_of(folder)
    try:
        entry = parse(read_entry(folder))
        pictures = tuple(PresetStyle(_picture(folder, style.file), style.weight) for style in entry.styles)
    except EntryError as error:
        named = {"name": repr(slug), "reason": error.reason}
        if error.remedy:
            broken = BrokenPresetError.of("preset-broken-curable", remedy=error.remedy, **named)
        else:
            broken = BrokenPresetError.of("preset-broken", folder=str(folder), **named)
        broken.slug = slug
        raise broken from None
    thumbnails = [folder / name for name in THUMBNAILS if os.path.isfile(folder / name)]  # noqa: PTH113 - never raises
    return Preset(
        slug=slug,
        title=entry.title,
        description=entry.description,
        credits=entry.credits,
        styles=pictures,
        settings=entry.settings,
        thumbnail=thumbnails[0] if thumbnails else pictures[0].path,
        builtin=builtin,
    )


def slug_of(folder: Path) -> str:
    """The slug of the preset in a folder, also of one that is being replaced (`.<slug>.old`)."""
    hidden = folder.name.startswith(".") and folder.name.endswith(ASIDE)
    return folder.name[1 : -len(ASIDE)] if hidden else folder.name


def read_entry(folder: Path) -> bytes:
    """The bytes of a folder's preset.json, at most MAX_PRESET_FILE + 1. Raises EntryError."""
    path = folder / PRESET_FILE
    try:
        if path.exists() and not path.is_file():  # reading a pipe would block
            raise EntryError(f"{PRESET_FILE} is not a file")
        with path.open("rb") as file:
            return file.read(MAX_PRESET_FILE + 1)
    except OSError as error:
        raise EntryError(f"{PRESET_FILE} cannot be read ({error.strerror})") from None


def _read(folder: Path, roots: Roots) -> Preset | BrokenPresetError:
    try:
        return read_preset(folder, builtin=folder.parent == roots.builtin)
    except BrokenPresetError as error:
        return error


def _folders(root: Path) -> list[Path]:
    """The presets' folders. While a preset is being replaced, the old folder (`.<slug>.old`) counts."""
    try:
        found = {path.name: path for path in sorted(root.iterdir()) if os.path.isdir(path)}  # noqa: PTH112 - never raises
    except OSError:  # there is none yet
        return []
    visible = [path for name, path in found.items() if not name.startswith((".", "_"))]
    aside = [path for path in found.values() if slug_of(path) not in {"", path.name, *found}]
    return [*visible, *aside]


def _picture(folder: Path, name: str) -> Path:
    path = folder / name
    if os.path.dirname(os.path.realpath(path)) != os.path.realpath(folder):  # noqa: PTH120 - Path.resolve may raise
        raise EntryError(f"{name!r} is not a file name inside its folder")
    size = 0
    with contextlib.suppress(OSError):
        size = path.stat().st_size if path.is_file() else 0
    if not 0 < size <= MAX_STYLE_FILE:
        raise EntryError(f"its picture {name!r} is missing, empty or larger than {MAX_STYLE_FILE // 2**20} MiB")
    return path
