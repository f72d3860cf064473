"""Runs inside GIMP: paintings of locked or changed layers, for test_gimp_kept.py."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from unittest import mock

from calls import (
    FOLDER,
    Facts,
    answer,
    by_id,
    call,
    call_here,
    check,
    engine,
    note,
    photograph,
    pixels,
    running,
)
from gi.repository import Gegl, Gimp

from gimp_plugin.image import canvas, outputs, recipes, regions, undelivered
from gimp_plugin.image.types import Hiding
from nst_core.shared.wire.messages import Done, StyleFile

BYTES = "R'G'B'A u8"
WAIT_SECONDS = 60.0  # seconds


def new_layer(image: Gimp.Image, name: str, width: int = 64, height: int = 48, parent: object = None) -> Gimp.Layer:
    layer = Gimp.Layer.new(image, name, width, height, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, parent, 0)
    rows = bytes(v % 256 for y in range(height) for x in range(width) for v in (3 * x, 5 * y, x + y, 255))
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), BYTES, rows)
    buffer.flush()
    return layer


def corner(layer: Gimp.Layer) -> str:
    """The colour of a pixel inside all selections here."""
    seen: bytes = layer.get_buffer().get(Gegl.Rectangle.new(15, 15, 1, 1), 1.0, BYTES, Gegl.AbyssPolicy.NONE)
    return seen.hex()


def locked_group(what: str, output: str) -> Facts:
    """A layer with a selection or a mask, in a group with locked pixels and position."""
    image = photograph()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    source = new_layer(image, "source", parent=group)
    if what == "mask":
        mask = source.create_mask(Gimp.AddMaskType.WHITE)
        source.add_mask(mask)
        mask.get_buffer().set(Gegl.Rectangle.new(0, 0, 20, 48), "Y u8", bytes(20 * 48))
    else:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 0, 44, 48)
    group.set_lock_content(True)
    group.set_lock_position(True)
    with engine("unchanged"):
        facts = call_here(image, [source], output=output)
    made = by_id(facts)
    levels = pixels(made.get_mask(), "Y u8")
    return {
        "status": facts["status"],
        "in the group": made.get_parent() == group,
        "above": image.get_item_position(source) - image.get_item_position(made),
        "hidden and shown": [levels[5], levels[40]],
        "locked still": group.get_lock_content() and group.get_lock_position(),
    }


@check
def locks() -> Facts:
    return {
        f"{what}, {output}": locked_group(what, output)
        for what in ("selection", "mask")
        for output in ("layer", "editable")
    }


@check
def effects_with_locks() -> Facts:
    """A layer with an effect, with each kind of lock: whether the effect is painted and the layer unchanged."""
    found: Facts = {}
    for lock in ("content", "alpha", "position", "visibility"):
        image = photograph()
        source = image.get_layers()[0]
        plain = corner(source)
        source.append_filter(Gimp.DrawableFilter.new(source, "gegl:invert-gamma", "inverted"))
        getattr(source, f"set_lock_{lock}")(True)  # noqa: FBT003 - GIMP's own
        with engine("unchanged"):
            facts = call_here(image, [source])
        inverted = bytes(255 - value for value in bytes.fromhex(plain)[:3]).hex()
        found[lock] = {
            "status": facts["status"],
            "inverted": corner(by_id(facts))[:6] == inverted,
            "kept": [len(source.get_filters()), getattr(source, f"get_lock_{lock}")(), corner(source) == plain],
        }
    return found


@check
def one_cannot() -> Facts:
    """Two layers, one of which is too small, a group, outside the selection, or selected by its mask."""
    found: Facts = {}
    for what in ("tiny", "group", "outside"):
        image = photograph()
        bottom = image.get_layers()[0]
        if what == "group":
            other: Gimp.Layer = Gimp.GroupLayer.new(image, "the other")
            image.insert_layer(other, None, 0)
        else:
            other = new_layer(image, "the other", *((20, 14) if what == "tiny" else (40, 40)))
        if what == "outside":
            image.select_rectangle(Gimp.ChannelOps.REPLACE, 60, 60, 30, 30)
        sys.stderr.write(f"<{what}>\n")
        with engine("unchanged"):
            facts = call_here(image, [other, bottom])
        sys.stderr.write(f"</{what}>\n")
        found[what] = [facts["status"], [layer.get_name() for layer in image.get_layers()]]
    image = photograph()
    bottom = image.get_layers()[0]
    mask = bottom.create_mask(Gimp.AddMaskType.WHITE)
    bottom.add_mask(mask)
    with engine("unchanged"):
        facts = call_here(image, [mask])
    return found | {"mask": [facts["status"], len(image.get_layers())]}


@check
def blending() -> Facts:
    """Mode and opacity of source and painting."""
    found: Facts = {}
    for output in ("layer", "editable"):
        image = photograph()
        source = new_layer(image, "lines", 128, 96)
        source.set_mode(Gimp.LayerMode.MULTIPLY)
        source.set_opacity(40.0)
        with engine("unchanged"):
            made = by_id(call_here(image, [source], output=output))
        inner = made.get_children()[0] if made.is_group() else made
        found[output] = [made.get_mode().value_nick, round(inner.get_opacity()), round(source.get_opacity())]
    return found


def painted_while(change: Callable[[Gimp.Image, Gimp.Layer], object], size: tuple[int, int] = (64, 48)) -> Facts:
    """Facts on a painting whose image is changed while it is painted."""
    image = photograph()
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    source = new_layer(image, "source", *size)
    source.set_offsets(10, 20)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 20, 32, 48)
    view = canvas.view_of(source, as_seen=True, hiding=Hiding())
    was = pixels(source, BYTES)
    Gimp.Selection.none(image)
    change(image, source)
    look = recipes.Look((StyleFile(b"style"),), "Look", regions.Regions(("",)), ("",))
    done = Done(1, view.pixels, {"settings": {"strength": 50.0}}, {})
    Gimp.message_set_handler(Gimp.MessageHandlerType.CONSOLE)
    (made,) = outputs.insert(image, [outputs.Painted(view.place, done)], look)
    home = made.get_image()
    mask = made.get_mask()
    facts = {
        "alone": not image.is_valid() or home.get_id() != image.get_id(),
        "offsets": list(made.get_offsets()[1:]),
        "size": [home.get_width(), home.get_height()],
        "kind": [home.get_base_type().value_nick, home.get_precision().value_nick],
        "as painted": pixels(made, BYTES) == was,
        "mask": None if mask is None else [pixels(mask, "Y u8")[x] for x in (5, 40)],
    }
    home.delete()
    if image.is_valid():
        image.delete()
    return facts


def indexed(image: Gimp.Image, _layer: Gimp.Layer) -> None:
    image.convert_precision(Gimp.Precision.U8_NON_LINEAR)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 8, False, False, "")  # noqa: FBT003


CHANGES: dict[str, Callable[[Gimp.Image, Gimp.Layer], object]] = {
    "nothing": lambda _image, _layer: None,
    "moved": lambda _image, layer: layer.set_offsets(50, 27),
    "canvas larger": lambda image, _layer: image.resize(200, 200, 30, 40),
    "painted on": lambda _image, layer: layer.fill(Gimp.FillType.WHITE),
    "renamed": lambda _image, layer: layer.set_name("other"),
    "another selection": lambda image, _layer: image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 5, 5),
    "cropped": lambda image, _layer: image.crop(60, 60, 20, 30),
    "scaled": lambda image, _layer: image.scale(256, 192),
    "turned": lambda image, _layer: image.rotate(Gimp.RotationType.DEGREES90),
    "turned by half": lambda image, _layer: image.rotate(Gimp.RotationType.DEGREES180),
    "mirrored": lambda image, _layer: image.flip(Gimp.OrientationType.HORIZONTAL),
    "indexed": indexed,
    "gray": lambda image, _layer: image.convert_grayscale(),
    "deleted": lambda image, layer: image.remove_layer(layer),
    "closed": lambda image, _layer: image.delete(),
}


@check
def changes() -> Facts:
    return {name: painted_while(change) for name, change in CHANGES.items()} | {
        "square, turned": painted_while(CHANGES["turned"], (48, 48))
    }


@check
def host_dies() -> Facts:
    """Kill the plug-in while it paints the second of two layers, then deliver the first."""
    image = photograph()
    source = new_layer(image, "source")
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 20, 96)
    painting, go = FOLDER / "painting", FOLDER / "go"
    for sign in (painting, go):
        sign.unlink(missing_ok=True)

    def kill() -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and not painting.exists():
            time.sleep(0.05)
        for number in running(b"plug-ins/neural-style/neural-style.py"):
            os.kill(number, signal.SIGKILL)

    before = undelivered.found()
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with engine("pauses"):
        facts = call(image, [source, image.get_layers()[1]])
    killer.join()
    go.touch()
    found = undelivered.found()
    images = len(Gimp.get_images())
    with mock.patch.object(Gimp.Display, "new"):  # there is no screen
        (made,) = undelivered.deliver(found)
    facts = {
        "status": facts["status"],
        "layers": len(image.get_layers()),
        "before": len(before),
        "found": len(found),
        "name": made.get_name(),
        "same": pixels(made, BYTES) == pixels(source, BYTES),
        "mask": [pixels(made.get_mask(), "Y u8")[x] for x in (5, 40)],
        "note": sorted(note(made)),
        "images more": len(Gimp.get_images()) - images,
        "left": len(undelivered.found()),
    }
    with engine("unchanged"):
        call_here(image, [source])
    return facts | {"after a success": len(list(undelivered.folder().glob("*")))}


@check
def old_ones() -> Facts:
    """Find undelivered paintings that are older than a day or damaged."""
    place = undelivered.folder()
    place.mkdir(parents=True, exist_ok=True)
    for name in ("old-0.painting", "torn-0.painting"):
        (place / name).write_bytes(b'{"format": 1, "size": [4, 4]}\n')
    os.utime(place / "old-0.painting", (1.0, 1.0))
    found = undelivered.found()
    return {
        "found": [file.name for file in found],
        "made": len(undelivered.deliver(found)),
        "left": [file.name for file in place.glob("*")],
    }


if __name__ == "__main__":
    answer()
