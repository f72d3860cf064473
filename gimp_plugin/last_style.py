"""The style picture of the last run, kept in the artist's profile.

GIMP itself remembers the other arguments, but it also writes them into the image, where a path has no place.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.arguments import STYLE_FILE
from gimp_plugin.libgimp import Gimp, Gio

if TYPE_CHECKING:
    from collections.abc import Mapping


def recall(config: Gimp.ProcedureConfig) -> None:
    """Put the last style picture into a config that has none."""
    with contextlib.suppress(OSError, ValueError):
        said: Mapping[str, object] = json.loads(_memory().read_text("utf-8"))
        path = said.get(STYLE_FILE) if isinstance(said, dict) else None
        if isinstance(path, str):
            config.set_property(STYLE_FILE, Gio.File.new_for_path(path))


def remember(config: Gimp.ProcedureConfig) -> None:
    """Keep the config's style picture, or that there is none. Failing is no error: she chooses again."""
    file = config.get_property(STYLE_FILE)
    with contextlib.suppress(OSError):
        _memory().write_text(json.dumps({STYLE_FILE: file.get_path() if file else None}), "utf-8")


def _memory() -> Path:
    return Path(Gimp.directory()) / "neural-style.json"
