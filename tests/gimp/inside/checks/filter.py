"""Runs inside GIMP: calls the filter in many ways, for test_gimp.py."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any
from unittest import mock

from calls import (
    FOLDER,
    Facts,
    answer,
    call,
    call_here,
    check,
    engine,
    fade,
    looks,
    photograph,
    pixels,
    refused,
)
from gi.repository import Gimp, Gio

from gimp_plugin import report
from gimp_plugin.procedures import unattended
from gimp_plugin.procedures.call import Call
from nst_core.shared.errors import NeuralStyleError

DEFAULT = Gimp.get_pdb().lookup_procedure("plug-in-neural-style").create_config().get_property("preset")


MOMENT = 2.0
"""Processor time in seconds after which an engine is painting."""


@check
def colour() -> Facts:
    image = photograph()
    (source,) = image.get_layers()
    before = pixels(source)
    facts = call(image, [source])
    return facts | {
        "source": source.get_id(),
        "source untouched": pixels(source) == before and not source.get_mask(),
        "new": looks(Gimp.Layer.get_by_id(facts["made"][0])),
        "changed": pixels(Gimp.Layer.get_by_id(facts["made"][0])) != before,
        "image parasites": image.get_parasite_list(),
        "undo": image.undo_is_enabled(),
    }


@check
def gray() -> Facts:
    image = photograph()
    image.convert_grayscale()
    with engine("inverted"):
        facts = call_here(image, image.get_layers())
    return facts | {"new": looks(Gimp.Layer.get_by_id(facts["made"][0])), "base": image.get_base_type().value_nick}


@check
def placed() -> Facts:
    """A layer with alpha and offsets, below another one in a group with locked position, with a selection."""
    image = photograph()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    members = [
        Gimp.Layer.new(image, name, 80, 60, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL) for name in "ab"
    ]
    for member in members:
        image.insert_layer(member, group, 0)
    source = members[0]
    fade(source)
    source.set_offsets(21, -13)
    group.set_lock_position(True)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 10, 40, 20)
    before = pixels(source)
    with engine("unchanged"):
        facts = call_here(image, [source])
    new = Gimp.Layer.get_by_id(facts["made"][0])
    mask = pixels(new.get_mask(), "Y u8")
    width = source.get_width()
    marked = [i for i, value in enumerate(mask) if value]
    return facts | {
        "new": looks(new),
        "old": looks(source),
        "group": group.get_id(),
        "same pixels": pixels(new) == before,
        "selected": [marked[0] % width, marked[0] // width, marked[-1] % width, marked[-1] // width, len(marked)],
        "selection kept": not Gimp.Selection.is_empty(image),
        "source untouched": pixels(source) == before,
    }


@check
def several() -> Facts:
    image = photograph()
    (bottom,) = image.get_layers()
    top = bottom.copy()
    image.insert_layer(top, None, 0)
    top.set_visible(False)
    bottom.set_lock_content(True)
    with engine("inverted"):
        facts = call_here(image, [top, bottom])
    return facts | {"sources": [top.get_id(), bottom.get_id()]}


@check
def precise() -> Facts:
    """Every precision, with an engine that returns the same pixels."""
    kept: dict[str, bool] = {}
    for precision in (Gimp.Precision.U8_LINEAR, Gimp.Precision.U16_NON_LINEAR, Gimp.Precision.FLOAT_LINEAR):
        image = photograph()
        image.convert_precision(precision)
        (source,) = image.get_layers()
        with engine("unchanged"):
            facts = call_here(image, [source])
        new = Gimp.Layer.get_by_id(facts["made"][0])
        kept[precision.value_nick] = pixels(new, "R'G'B'A u8") == pixels(source, "R'G'B'A u8")
    return kept


@check
def own_picture() -> Facts:
    """A style file: whether it is used, and whether its path is in the saved image."""
    image = photograph()
    facts = call(image, image.get_layers(), style_file=Gio.File.new_for_path(str(FOLDER / "style.png")))
    document = FOLDER / "own_picture.xcf"
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(document)), None)
    return facts | {
        "named in the file": b"style.png" in document.read_bytes() or str(FOLDER).encode() in document.read_bytes(),
        "new": looks(Gimp.Layer.get_by_id(facts["made"][0])) if facts["made"] else {},
    }


@check
def follows_preset() -> Facts:
    """The strength in the request: that of the preset, unless the caller gives another."""
    asked = []
    for given in ({}, {"strength": 20.0}, {"preset": "Test LOOK", "brush_size": 2.0}):
        image = photograph()
        with engine("unchanged"):
            facts = call_here(image, image.get_layers(), **given)
        recipe = looks(Gimp.Layer.get_by_id(facts["made"][0]))["parasites"]["neural-style-recipe"]
        asked.append(json.loads(recipe)["settings"])
    return {"asked": asked}


@check
def last_values() -> Facts:
    image = photograph()
    mode = Gimp.RunMode.WITH_LAST_VALS
    facts = call(image, image.get_layers(), preset=DEFAULT, run_mode=mode)
    memory = Path(Gimp.directory()) / "neural-style.json"
    gone = {"kind": "file", "key": str(FOLDER / "deleted.png"), "title": "deleted.png", "weight": 1.0}
    memory.write_text(json.dumps({"picks": [gone], "complete": True}))
    facts |= refused("deleted picture", image, image.get_layers(), how=call, run_mode=mode)
    memory.unlink()
    return facts


@check
def bad_layers() -> Facts:
    facts: Facts = {}
    image = photograph()
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 8, False, False, "")  # noqa: FBT003
    facts |= refused("indexed", image, image.get_layers())
    image = photograph()
    (source,) = image.get_layers()
    facts |= refused("none", image, [])
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    facts |= refused("group", image, [group])  # without a layer in it
    source.add_alpha()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 20, 10)
    small = Gimp.Layer.new(image, "small", 31, 40, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(small, None, 0)
    facts |= refused("outside", image, [small])
    Gimp.Selection.none(image)
    small.fill(Gimp.FillType.WHITE)
    facts |= refused("small", image, [small])
    large = Gimp.Layer.new(image, "large", 20_000, 10_001, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(large, None, 0)
    facts |= refused("large", image, [large])
    source.fill(Gimp.FillType.TRANSPARENT)
    facts |= refused("transparent", image, [source])
    return facts


@check
def bad_styles() -> Facts:
    facts: Facts = {}
    image = photograph()
    layers = image.get_layers()
    facts |= refused("unknown", image, layers, preset="woodcutt")
    for name in ("missing.png", "empty.png", "truncated.png", "notes.txt"):
        facts |= refused(name, image, layers, style_file=Gio.File.new_for_path(str(FOLDER / name)))
    facts |= refused("far away", image, layers, style_file=Gio.File.new_for_uri("https://example.org/style.png"))
    return facts


@check
def bad_engines() -> Facts:
    facts: Facts = {}
    image = photograph()
    for name in ("", "missing", "foreign", "dies"):
        with engine(name):
            facts |= refused(name or "no engine.json", image, image.get_layers(), how=call)
    return facts


@check
def killed() -> Facts:
    """The real engine, killed while it paints."""
    image = photograph()
    image.scale(600, 450)
    ended: list[int] = []
    threading.Thread(target=_kill_engine, args=(ended,), daemon=True).start()
    return refused("killed", image, image.get_layers(), quality="max") | {"ended": len(ended)}


def _kill_engine(ended: list[int]) -> None:
    """Kill the worker, a grandchild of the GIMP that runs this script, once it is painting."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not ended:
        time.sleep(0.2)
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if b"nst_core.worker" in command and _parent(_parent(int(entry.name))) == os.getppid():
                    worker = int(entry.name)
                    while _worked(worker) < MOMENT:
                        time.sleep(0.1)
                    os.kill(worker, signal.SIGKILL)
                    ended.append(worker)


def _worked(pid: int) -> float:
    """Processor time of a process in seconds."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@check
def gone() -> Facts:
    """A layer is deleted, or the image closed, while the engine paints: in the function that shows progress."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    config = procedure.create_config()
    config.set_property("preset", "test-look")
    facts: Facts = {}
    for name in ("one of two", "all", "image"):
        image = photograph()
        image.insert_layer(image.get_layers()[0].copy(), None, 0)
        layers = image.get_layers()
        change = functools.partial(_delete_some, name, image, layers[0])
        try:
            with engine("unchanged"), mock.patch.object(report.Report, "show", change):
                made = unattended.run(Call(Gimp.RunMode.NONINTERACTIVE, image, layers, config))
            facts[name] = {"made": len(made), "layers": len(image.get_layers()) if image.is_valid() else 0}
        except NeuralStyleError as error:
            facts[name] = {"error": type(error).__name__, "message": str(error)}
    return facts


def _delete_some(what: str, image: Gimp.Image, first: Gimp.Layer, *_shown: Any) -> None:
    if image.is_valid() and what == "image":
        image.delete()
    elif image.is_valid():
        for layer in [first] if what == "one of two" else image.get_layers():
            if layer in image.get_layers():
                image.remove_layer(layer)


if __name__ == "__main__":
    answer()
