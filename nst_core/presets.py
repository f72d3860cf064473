"""Presets: a named look, with its style pictures inside.

    <root>/<slug>/preset.json     {"format": 1, "title": "Great Wave", "description": "…", "credits": "…",
                                   "styles": [{"file": "style.jpg", "weight": 1.0}], "settings": {"strength": 60.0}}
    <root>/<slug>/style.jpg       named in preset.json, always plain file names
    <root>/<slug>/thumbnail.jpg   may be absent: the first style stands in

The built-in root is a folder of this package and never written to; the artist's is in the user's data folder, and
its presets win over built-in ones of the same slug. Settings are those of scope `look`.
Standard library only: the GIMP plug-in imports this file too.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nst_core.errors import BrokenPresetError, InvalidSettingError, UnknownPresetError
from nst_core.messages import MAX_STYLE_FILE, MAX_STYLES
from nst_core.settings import Settings, Value, from_mapping, knobs

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
PRESET_FILE = "preset.json"
THUMBNAIL = "thumbnail.jpg"
BUILT_IN = Path(__file__).parent / "styles"
MAX_PRESET_FILE = 2**16  # bytes
FIELDS = frozenset({"format", "title", "description", "credits", "styles", "settings"})


@dataclass(frozen=True)
class PresetStyle:
    """A style picture of a preset, and its weight among its siblings."""

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
            raise BrokenPresetError(f"{self.path} cannot be read ({error.strerror})", "choose another preset") from None


@dataclass(frozen=True)
class Preset:
    """A look that an artist can choose. `settings` holds only what differs from the defaults by intent."""

    slug: str
    title: str
    description: str
    credits: str
    styles: tuple[PresetStyle, ...]
    settings: Mapping[str, Value]
    thumbnail: Path
    builtin: bool

    def over(self, base: Settings) -> Settings:
        """The settings `base` with this look laid over them."""
        return from_mapping(self.settings, base)


def user_root(surroundings: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """The folder of the artist's own presets, by the custom of the system."""
    home = Path.home()
    if system == "win32":
        return Path(surroundings.get("APPDATA") or home / "AppData" / "Roaming") / "gimp-neural-style" / "presets"
    if system == "darwin":
        return home / "Library" / "Application Support" / "gimp-neural-style" / "presets"
    base = Path(surroundings.get("XDG_DATA_HOME") or "")
    return (base if base.is_absolute() else home / ".local" / "share") / "gimp-neural-style" / "presets"


@dataclass(frozen=True)
class Roots:
    """The folders where presets live."""

    builtin: Path = BUILT_IN
    user: Path = field(default_factory=user_root)

    def folders(self) -> dict[str, Path]:
        """Every preset's folder by its slug, readable or not, the artist's in front of built-in ones."""
        return {folder.name: folder for root in (self.builtin, self.user) for folder in _folders(root)}


@dataclass(frozen=True)
class Listing:
    """All presets: the good ones, built-in first, then by title; and what is wrong with the others."""

    presets: tuple[Preset, ...]
    broken: tuple[BrokenPresetError, ...]


def list_presets(roots: Roots | None = None) -> Listing:
    """Look through the roots. Never raises."""
    roots = roots or Roots()
    found = [_read(folder, roots) for folder in roots.folders().values()]
    good = [preset for preset in found if isinstance(preset, Preset)]
    broken = tuple(error for error in found if isinstance(error, BrokenPresetError))
    return Listing(tuple(sorted(good, key=lambda p: (not p.builtin, p.title.casefold()))), broken)


def load_preset(name: str, roots: Roots | None = None) -> Preset:
    """The preset with this slug or title, in upper or lower case.

    Raises UnknownPresetError that names similar ones, BrokenPresetError.
    """
    roots = roots or Roots()
    wanted = name.strip().casefold()
    for slug, folder in roots.folders().items():
        if slug.casefold() == wanted:
            return read_preset(folder, builtin=folder.parent == roots.builtin)
    presets = list_presets(roots).presets
    for preset in reversed(presets):  # the artist's own first
        if preset.title.casefold() == wanted:
            return preset
    names = {spelling.casefold(): preset.slug for preset in presets for spelling in (preset.slug, preset.title)}
    close = dict.fromkeys(names[match] for match in difflib.get_close_matches(wanted, names, n=3))
    remedy = f"did you mean {' or '.join(close)}" if close else "see `neural-style presets list`"
    raise UnknownPresetError(f"there is no preset {name!r}", remedy)


def read_preset(folder: Path, *, builtin: bool = False) -> Preset:
    """The preset in a folder. Raises BrokenPresetError with the reason."""
    entry = _entry(folder)
    texts = {name: entry.get(name, "") for name in ("title", "description", "credits")}
    for name, text in texts.items():
        if not isinstance(text, str):
            _broken(folder, f"its {name} is not text")
    if not texts["title"].strip():
        _broken(folder, "it has no title")
    styles = entry.get("styles")
    if not isinstance(styles, list) or not 1 <= len(styles) <= MAX_STYLES:
        _broken(folder, f"it must have 1 to {MAX_STYLES} styles")
    pictures = tuple(_style(folder, style) for style in styles)
    if not any(picture.weight for picture in pictures):
        _broken(folder, "all its styles weigh nothing")
    thumbnail = folder / THUMBNAIL
    return Preset(
        slug=folder.name,
        **texts,
        styles=pictures,
        settings=_look(folder, entry.get("settings", {})),
        thumbnail=thumbnail if thumbnail.is_file() else pictures[0].path,
        builtin=builtin,
    )


def _read(folder: Path, roots: Roots) -> Preset | BrokenPresetError:
    try:
        return read_preset(folder, builtin=folder.parent == roots.builtin)
    except BrokenPresetError as error:
        return error


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
    except OSError:  # there is none yet
        return []


def _broken(folder: Path, reason: str) -> NoReturn:
    raise BrokenPresetError(f"the preset {folder.name!r} cannot be used: {reason}", f"repair or delete {folder}")


def _entry(folder: Path) -> dict[str, Any]:
    try:
        with (folder / PRESET_FILE).open("rb") as file:
            raw = file.read(MAX_PRESET_FILE + 1)
    except OSError as error:
        _broken(folder, f"{PRESET_FILE} cannot be read ({error.strerror})")
    if len(raw) > MAX_PRESET_FILE:
        _broken(folder, f"{PRESET_FILE} is longer than {MAX_PRESET_FILE} bytes")
    try:
        entry = json.loads(raw.decode())
    except (ValueError, RecursionError):
        _broken(folder, f"{PRESET_FILE} is not JSON")
    if not isinstance(entry, dict) or entry.get("format") != FORMAT:
        _broken(folder, f"{PRESET_FILE} is not of format {FORMAT}")
    if unknown := sorted(entry.keys() - FIELDS):
        _broken(folder, f"{PRESET_FILE} has the unknown field {unknown[0]!r}")
    return entry


def _style(folder: Path, style: object) -> PresetStyle:
    match style:
        case {"file": str(name), **rest} if rest.keys() <= {"weight"}:
            weight = rest.get("weight", 1.0)
        case _:
            _broken(folder, 'a style is not {"file": name, "weight": number}')
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= 1e6:
        _broken(folder, f"the weight {weight!r} is not a number from 0 to a million")
    path = folder / name
    if not _is_plain(name) or path.resolve().parent != folder.resolve():
        _broken(folder, f"{name!r} is not a file name inside its folder")
    try:
        size = path.stat().st_size if path.is_file() else 0
    except OSError:
        size = 0
    if not 0 < size <= MAX_STYLE_FILE:
        _broken(folder, f"its picture {name!r} is missing, empty or larger than {MAX_STYLE_FILE // 2**20} MiB")
    return PresetStyle(path, float(weight))


def _is_plain(name: str) -> bool:
    """Whether a name, on any system, is that of a file beside preset.json."""
    return 0 < len(name) <= 255 and name.isprintable() and name[0] != "." and not set(name) & set('/\\:*?"<>|')


def _look(folder: Path, settings: object) -> dict[str, Value]:
    if not isinstance(settings, dict):
        _broken(folder, "its settings are not a JSON object")
    scopes = {named.name: named.knob.scope for named in knobs()}
    for name in settings:
        if scopes.get(name, "look") != "look":
            _broken(folder, f"{name} is no part of a look")
    try:
        whole = from_mapping(settings)
    except InvalidSettingError as error:
        _broken(folder, f"{error.message}, but {error.remedy}")
    return {name: getattr(whole, name) for name in settings}
