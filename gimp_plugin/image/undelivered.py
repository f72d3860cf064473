"""Saves finished paintings in the cache folder until they are inserted, in case a program ends too early.

A file is written when a painting is finished, and deleted when the painting was inserted or discarded. Files of
processes that have ended are offered at the next start, for a day.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.image import canvas, masks, outputs, recipes, scratch
from gimp_plugin.image.level_maps import LEVELS
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import Gegl, Gimp, GLib
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.file_lock import temporary_lock
from nst_core.shared.wire.messages import BYTES_PER_PIXEL, MAX_SIDE, Pixels

if TYPE_CHECKING:
    from gimp_plugin.image.outputs import Painted
    from gimp_plugin.image.recipes import Look

DAY = 24 * 3600  # seconds
ENDING, LOCK = ".painting", ".lock"
FORMAT = 1
STRIP = 2**26  # bytes that are written at a time
MOST_HEAD = 2**24  # bytes


def folder() -> Path:
    """The folder of the files."""
    return Path(GLib.get_user_cache_dir()) / "gimp-neural-style" / "undelivered"


class PaintingFiles:
    """The files of one run's finished paintings. Errors of writing are ignored."""

    def __init__(self) -> None:
        self._run = uuid.uuid4().hex
        self._files: list[Path] = []
        self._lock = contextlib.ExitStack()

    def save(self, painted: Painted, look: Look) -> None:
        """Save a finished painting."""
        with contextlib.suppress(OSError, NeuralStyleError):
            place = folder()
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._files:
                self._lock.enter_context(temporary_lock(place / (self._run + LOCK), 0.0))
            file = place / f"{self._run}-{len(self._files)}{ENDING}"
            self._files.append(file)
            _write(file, painted, look)

    def delete(self) -> None:
        """Delete the files: the paintings were inserted or discarded."""
        discard(self._files)
        self._files = []
        self._lock.close()
        _remove_if_empty()


def found() -> list[Path]:
    """Files of processes that have ended, the oldest first. Files older than a day are deleted."""
    there = []
    with contextlib.suppress(OSError):
        for file in sorted(folder().glob(f"*{ENDING}"), key=lambda one: one.name):
            lock = file.with_name(file.name.split("-")[0] + LOCK)
            with contextlib.suppress(OSError, NeuralStyleError), temporary_lock(lock, 0.0):
                if time.time() - file.stat().st_mtime > DAY:
                    file.unlink()
                else:
                    there.append(file)
    return there


def discard(files: list[Path]) -> None:
    """Delete files."""
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
    _remove_if_empty()


def deliver(files: list[Path]) -> list[Gimp.Layer]:
    """Make an image of each file and delete it; damaged files are deleted, files that cannot be read stay."""
    layers = []
    for file in files:
        with contextlib.suppress(OSError):
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                layers.append(_read(file))
            discard([file])
    return layers


def _remove_if_empty() -> None:
    with contextlib.suppress(OSError):
        folder().rmdir()
        folder().parent.rmdir()


def _write(file: Path, painted: Painted, look: Look) -> None:
    """A line of JSON, the pixels as float32 RGBA, and the mask if there is one."""
    place, pixels = painted.place, painted.done.pixels
    template = place.before.template
    profile = bytes(template.profile.get_icc_profile()) if template.profile is not None else b""
    head = {
        "format": FORMAT,
        "size": [pixels.width, pixels.height],
        "corner": [place.left, place.top],
        "name": outputs.name_of(painted, look),
        "note": outputs.note_of(painted, look),
        "mask": place.mask is not None,
        "image": [*template.size, int(template.base), int(template.precision), *template.resolution],
        "profile": base64.b64encode(profile).decode(),
    }
    rgba = memoryview(pixels.rgba).cast("B")
    with file.open("xb") as out:
        with contextlib.suppress(OSError):  # not supported by all file systems
            file.chmod(0o600)
        out.write(json.dumps(head).encode() + b"\n")
        for start in range(0, len(rgba), STRIP):
            out.write(rgba[start : start + STRIP])
        if place.mask is not None:
            whole = Gegl.Rectangle.new(0, 0, pixels.width, pixels.height)
            out.write(place.mask.get(whole, 1.0, LEVELS, Gegl.AbyssPolicy.NONE))


def _read(file: Path) -> Gimp.Layer:
    """A new image, in a window, with the painting. Raises OSError, ValueError, KeyError, TypeError."""
    with file.open("rb") as source:
        head: dict[str, Any] = json.loads(source.readline(MOST_HEAD))
        width, height = head["size"]
        if head["format"] != FORMAT or not 0 < min(width, height) <= max(width, height) <= MAX_SIDE:
            raise ValueError("not of this version")
        rgba = source.read(width * height * BYTES_PER_PIXEL)
        levels = source.read(width * height) if head["mask"] else b""
    if len(rgba) != width * height * BYTES_PER_PIXEL or (head["mask"] and len(levels) != width * height):
        raise ValueError("cut short")
    image = _template(head).new_image()
    try:
        layer = canvas.new_layer(image, str(head["name"]), Pixels(width, height, rgba))
        layer.set_offsets(*head["corner"])
        if levels:
            masks.put_on(layer, masks.from_levels(levels, Area(0, 0, width, height)))
        recipes.attach(layer, head["note"])
        image.insert_layer(layer, None, 0)
        image.undo_enable()
        Gimp.Display.new(image)
    except BaseException:
        image.delete()
        raise
    return layer


def _template(head: dict[str, Any]) -> scratch.ImageTemplate:
    width, height, base, precision, across, down = head["image"]
    profile = base64.b64decode(head["profile"])
    return scratch.ImageTemplate(
        (width, height),
        Gimp.ImageBaseType(base),
        Gimp.Precision(precision),
        (across, down),
        Gimp.Unit.pixel(),
        Gimp.ColorProfile.new_from_icc_profile(profile) if profile else None,
    )
