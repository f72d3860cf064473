"""Parses and writes preset.json.

Pure functions, used for preset folders and for archives, which add their own remedies to errors.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.settings import Value, all_settings, from_mapping
from nst_core.shared.wire.messages import MAX_STYLES

FORMAT = 1
MAX_PRESET_FILE = 2**16  # bytes
MAX_TITLE = 80  # characters
MAX_WEIGHT = 1e6
MAX_REASON = 400  # largest length of a reason, characters: it may quote the file
UPDATE = "update Neural Style"

_FIELDS = frozenset({"format", "title", "description", "credits", "styles", "settings"})
_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, halves of surrogate pairs, and line separators."""
_RESERVED_CHARACTERS = frozenset('/\\:*?"<>|')


class EntryError(ValueError):
    """An entry is not valid. reason: a clause; remedy: empty if the caller has a better one."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        self.reason = reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"
        super().__init__(self.reason)
        self.remedy = remedy


@dataclass(frozen=True)
class EntryStyle:
    """The file name of a style picture beside preset.json, and its weight."""

    file: str
    weight: float = 1.0


@dataclass(frozen=True)
class Entry:
    """The content of preset.json. settings: those of scope `look`, each with its own type."""

    title: str
    description: str
    credits: str
    styles: tuple[EntryStyle, ...]
    settings: dict[str, Value]


def parse(raw: bytes) -> Entry:
    """The entry in the text of preset.json. Raises EntryError."""
    entry = _object(raw)
    texts = {name: _text(name, entry.get(name, "")) for name in ("title", "description", "credits")}
    if problem := title_problem(texts["title"]):
        raise EntryError(problem)
    styles = entry.get("styles")
    if not isinstance(styles, list) or not 1 <= len(styles) <= MAX_STYLES:
        raise EntryError(f"it must have 1 to {MAX_STYLES} styles")
    pictures = tuple(_style(style) for style in styles)
    if not any(picture.weight for picture in pictures):
        raise EntryError("all its styles weigh nothing")
    return Entry(**texts, styles=pictures, settings=look_settings(entry.get("settings", {})))


def dump(entry: Entry) -> bytes:
    """The text of preset.json; the same entry gives the same bytes."""
    settings = dict(sorted(entry.settings.items()))
    whole = {"format": FORMAT, **asdict(entry), "settings": settings}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def look_settings(settings: object) -> dict[str, Value]:
    """The settings of a look, each in its own type. Raises EntryError."""
    if not isinstance(settings, dict):
        raise EntryError("its settings are not a JSON object")
    scopes = {setting.name: setting.info.scope for setting in all_settings()}
    for name in settings:
        if scopes.get(name, "look") != "look":
            raise EntryError(f"{name} is no part of a look")
    try:
        whole = from_mapping(settings)
    except InvalidSettingError as error:
        raise EntryError(f"{error.message}, but {error.remedy}") from None
    return {name: getattr(whole, name) for name in settings}


def title_problem(title: str) -> str:
    """The reason why a title is not valid; empty if it is."""
    kinds = [unicodedata.category(character) for character in title]
    if _CONTROL_CATEGORIES & set(kinds):
        return "its title has a control character"
    if not any(kind[0] in "LNPS" for kind in kinds):
        return "it has no title"
    if len(title) > MAX_TITLE:
        return f"its title is longer than {MAX_TITLE} characters"
    return ""


def is_plain(name: str) -> bool:
    """Whether a name is a plain file name, without a folder, on every system."""
    return 0 < len(name) <= 255 and name.isprintable() and name[0] != "." and not set(name) & _RESERVED_CHARACTERS


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_PRESET_FILE:
        raise EntryError(f"preset.json is longer than {MAX_PRESET_FILE} bytes")
    try:
        entry = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise EntryError("preset.json is not JSON") from None
    version = entry.get("format") if isinstance(entry, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise EntryError("it was made by a newer version of Neural Style", UPDATE)
    if not isinstance(entry, dict) or version != FORMAT:
        raise EntryError(f"preset.json is not of format {FORMAT}")
    if unknown := sorted(entry.keys() - _FIELDS):
        raise EntryError(f"preset.json has the unknown field {unknown[0]!r}")
    return entry


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise EntryError(f"its {name} is not text")
    if any(unicodedata.category(character) in _CONTROL_CATEGORIES for character in value if character not in "\n\t"):
        raise EntryError(f"its {name} has a control character")
    return value


def _style(style: object) -> EntryStyle:
    match style:
        case {"file": str(name), **rest} if rest.keys() <= {"weight"}:
            weight = rest.get("weight", 1.0)
        case _:
            raise EntryError('a style is not {"file": name, "weight": number}')
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= MAX_WEIGHT:
        raise EntryError(f"the weight {weight!a} is not a number from 0 to a million")
    if not is_plain(name):
        raise EntryError(f"{name!a} is not a file name inside its folder")
    return EntryStyle(name, float(weight))
