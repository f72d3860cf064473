"""Recipes as files: what --save-recipe writes and --recipe reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nst_core.errors import InvalidSettingError, UnwritableOutputError
from nst_core.preset_folders import replace
from nst_core.recipe import FORMAT

MAX_RECIPE = 2**20  # bytes


def read_recipe(path: str) -> dict[str, Any]:
    """The recipe in a file, whole: settings (not yet checked), styles with weights, size, perhaps a preset.

    Raises InvalidSettingError for a file that is none.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_RECIPE + 1)
    except (OSError, ValueError):
        raise InvalidSettingError(f"the recipe {path} cannot be read", "check the file's name") from None
    try:
        found = json.loads(raw.decode()) if len(raw) <= MAX_RECIPE else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT or not _is_whole(found):
        raise InvalidSettingError(f"{path} is not a recipe of format {FORMAT}", "give a file that --save-recipe wrote")
    return found


def write_recipe(path: Path, recipe: dict[str, Any]) -> None:
    """Write it, whole or not at all, where `require_recipe_path` found a place. Raises UnwritableOutputError."""
    content = (json.dumps(recipe, indent=2, ensure_ascii=False) + "\n").encode()
    try:
        if path.exists() and not path.is_file():  # a pipe
            path.write_bytes(content)
        else:
            replace(path.resolve(), content)  # a link stays a link
    except OSError as error:
        raise UnwritableOutputError(f"{path} cannot be written", "choose another place") from error


def require_recipe_path(text: str, *, overwrite: bool = True) -> Path:
    """The path, if there is a folder to write it in, and no file there unless it may be written over.

    Raises UnwritableOutputError before hours are spent in vain.
    """
    path = Path(text)
    try:
        usable = path.resolve().parent.is_dir() and not path.is_dir()
    except (OSError, ValueError, RuntimeError):
        usable = False
    if not usable:
        raise UnwritableOutputError(f"the recipe {text} cannot be written", "choose the name of a file in a folder")
    if path.is_file() and not overwrite:
        raise UnwritableOutputError(f"the recipe {text} exists", "choose another name, or use --overwrite")
    return path


def _is_whole(found: dict[str, Any]) -> bool:
    match found:
        case {"settings": dict(), "size": [int(width), int(height)], "styles": [_, *_] as styles}:
            name = found.get("preset", "")
            named = isinstance(name, str) and isinstance(found.get("made", {}), dict)
            return min(width, height) > 0 and all(map(_is_style, styles)) and named
    return False


def _is_style(style: object) -> bool:
    match style:
        case {"sha256": str(), "weight": int() | float() as weight}:
            return weight >= 0
    return False
