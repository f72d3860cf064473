"""Profiles in which GIMP knows its own plug-ins. In an empty one it asks each of them, which takes most of a start."""

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
"""What GIMP writes down of them. It looks at a plug-in's time, and asks again when its language is another one."""


def prepare(gimp: Gimp, profile: Path) -> None:
    """Make a profile, unless it is there, and let GIMP know its plug-ins in it. Files that are there stay."""
    profile.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (profile / name).exists():
            shutil.copy2(_known(gimp) / name, profile)


@cache
def _known(gimp: Gimp) -> Path:
    """A profile after its first start, kept for the next run of the tests."""
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
