"""Runs inside GIMP: fills the disk with the profile and calls the filter, for test_faults_gimp.py."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from calls import RGBA, Facts, answer, call, check, photograph, pixels
from gi.repository import Gimp


def fill(folder: Path) -> bool:
    """Fill the disk of this folder. Returns whether no space is left."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return os.statvfs(folder).f_bavail == 0


@check
def full() -> Facts:
    """Call the filter with the real engine, then repeat it on the new layer."""
    is_full = fill(Path(Gimp.directory()))
    image = photograph()
    source = image.get_layers()[0]
    before = pixels(source, RGBA)
    first = call(image, [source])
    made = [Gimp.Layer.get_by_id(number) for number in first["made"]]
    again = call(image, made, ending="-repeat")
    return {"full": is_full, "first": first, "again": again, "unchanged": pixels(source, RGBA) == before}


answer()
