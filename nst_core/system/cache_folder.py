"""The folder for files that can be computed again, and may be deleted at any time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "gimp-neural-style"


def cache_folder(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """This user's cache folder of Neural Style; it may not exist yet."""
    home = Path.home()
    if system == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / NAME / "cache"
    if system == "darwin":
        return home / "Library" / "Caches" / NAME
    base = Path(environment.get("XDG_CACHE_HOME") or "")
    return (base if base.is_absolute() else home / ".cache") / NAME  # relative paths are to be ignored (XDG)
