"""Profiles with GIMP's cache of its own plug-ins. Without it, GIMP queries each of them, which makes its start slow."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from demo.gimp import CACHE

if TYPE_CHECKING:
    from demo.gimp import Gimp

FILES = ("pluginrc", "gimprc", "extensionrc")
"""The files of the cache. GIMP queries a plug-in again after a change of the plug-in or of the language."""


def prepare(gimp: Gimp, profile: Path) -> None:
    """Make a profile, unless it exists, and copy the cache into it. Existing files are not replaced."""
    profile.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (profile / name).exists():
            shutil.copy2(_known(gimp) / name, profile)


@cache
def _known(gimp: Gimp) -> Path:
    """A profile after the first start of GIMP, kept for later runs of the tests."""
    known = CACHE / f"known-{gimp.version}"
    if not known.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE, prefix="knowing-"))
        (fresh / "nothing.py").touch()
        gimp.run_batch(fresh / "nothing.py", fresh)
        try:
            fresh.rename(known)
        except OSError:  # other tests were faster
            shutil.rmtree(fresh)
    return known
