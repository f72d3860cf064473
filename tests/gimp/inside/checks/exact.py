"""Runs inside GIMP: compares pixels, for test_gimp_exact.py."""

from __future__ import annotations

import itertools
import random
import struct

from calls import Facts, answer, call, call_here, check, engine, looks, note, photograph, pixels
from gi.repository import Gegl, Gimp

WIDTH, HEIGHT = 48, 36
BYTES = "R'G'B'A u8"
DEPTHS = ("U8", "U16", "U32", "HALF", "FLOAT", "DOUBLE")
PRECISIONS = [f"{depth}_{curve}" for depth in DEPTHS for curve in ("LINEAR", "NON_LINEAR")]
MADE = {
    "RGB_IMAGE": Gimp.ImageBaseType.RGB,
    "RGBA_IMAGE": Gimp.ImageBaseType.RGB,
    "GRAY_IMAGE": Gimp.ImageBaseType.GRAY,
    "GRAYA_IMAGE": Gimp.ImageBaseType.GRAY,
}


def colourful(precision: str, kind: str = "RGB_IMAGE", *, wide: bool = False) -> tuple[Gimp.Image, Gimp.Layer]:
    """An image with one layer of many values, some below 0 and above 1. wide: in the colours of Adobe RGB."""
    image = Gimp.Image.new_with_precision(WIDTH, HEIGHT, MADE[kind], getattr(Gimp.Precision, precision))
    if wide:
        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
    return image, coloured(image, kind)


def coloured(image: Gimp.Image, kind: str) -> Gimp.Layer:
    """A new layer of many values on top of the image."""
    layer = Gimp.Layer.new(image, "source", WIDTH, HEIGHT, getattr(Gimp.ImageType, kind), 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    dice = random.Random(7)  # noqa: S311 - test data
    values = [dice.uniform(0, 1) if place % 4 == 3 else dice.uniform(-0.2, 1.5) for place in range(WIDTH * HEIGHT * 4)]
    area = Gegl.Rectangle.new(0, 0, WIDTH, HEIGHT)
    layer.get_buffer().set(area, "RGBA float", struct.pack(f"<{len(values)}f", *values))
    layer.update(0, 0, WIDTH, HEIGHT)
    return layer


def raw(drawable: Gimp.Drawable) -> bytes:
    """The pixels in the format of the drawable."""
    area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    read: bytes = drawable.get_buffer().get(area, 1.0, None, Gegl.AbyssPolicy.NONE)
    return read


def shown(image: Gimp.Image, form: str | None = None) -> bytes:
    """The visible pixels of an image, in its own or another format."""
    visible = Gimp.Layer.new_from_visible(image, image, None)
    seen = pixels(visible, form) if form else raw(visible)
    visible.delete()
    return seen


def soft_selection(image: Gimp.Image) -> None:
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 16, 10, 16, 16)
    Gimp.Selection.feather(image, 6)


@check
def untouched() -> Facts:
    """Strength 0, in every precision, type and profile: whether the new layer has the same bytes as its source."""
    same = {}
    cases = (
        ("RGB_IMAGE", "RGBA_IMAGE", False),
        ("RGB_IMAGE", "RGBA_IMAGE", True),
        ("GRAY_IMAGE", "GRAYA_IMAGE", False),
    )
    for precision, (opaque, clear, wide) in itertools.product(PRECISIONS, cases):
        image, first = colourful(precision, opaque, wide=wide)
        sources = {opaque: first, clear: coloured(image, clear)}
        before = {kind: raw(source) for kind, source in sources.items()}
        with engine("unchanged"):
            made = call_here(image, list(sources.values()), strength=0.0)["made"]
        for kind, source in sources.items():
            new = image.get_layers()[image.get_item_position(source) - 1]
            kept = new.get_id() in made and raw(new) == before[kind] == raw(source)
            same[f"{precision} {kind} {'wide' if wide else 'sRGB'}"] = kept
        image.delete()
    return same


@check
def bright() -> Facts:
    """Values below 0 and above 1, with the real engine: whether it returns a picture."""
    image, source = colourful("FLOAT_LINEAR", wide=True)
    facts = call(image, [source])
    return facts | {"changed": raw(Gimp.Layer.get_by_id(facts["made"][0])) != raw(source)}


@check
def outside() -> Facts:
    """The number of visible pixels that change, inside and outside a selection.

    GIMP shows a single layer as it is, but several through its own arithmetic, which costs some precisions a last bit
    already when an empty layer is added: with that, too, the picture is held.
    """
    found: Facts = {}
    for precision in PRECISIONS:
        image, source = colourful(precision)
        soft_selection(image)
        mask = struct.unpack(f"<{WIDTH * HEIGHT}f", pixels(image.get_selection(), "Y float"))
        single = shown(image)
        empty = Gimp.Layer.new(image, "", WIDTH, HEIGHT, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(empty, None, 0)
        several = shown(image)
        image.remove_layer(empty)
        with engine("inverted"):
            call_here(image, [source])
        after = shown(image)
        size = len(after) // (WIDTH * HEIGHT)

        def changed(before: bytes, *, inside: bool) -> int:
            places = [i for i, value in enumerate(mask) if (value > 0.8 if inside else value == 0)]  # noqa: B023 - called at once
            return sum(before[i * size :][:size] != after[i * size :][:size] for i in places)  # noqa: B023

        found[precision] = {
            "inside": changed(single, inside=True),
            "outside": changed(single, inside=False),
            "outside, beside an empty layer": changed(several, inside=False),
        }
        image.delete()
    return found


@check
def edges() -> Facts:
    """Alpha from 0 to 1 across the layer: whether alpha and the colours under it are returned unchanged."""
    image, source = colourful("U8_NON_LINEAR", "RGBA_IMAGE")
    with engine("unchanged"):
        same = raw(Gimp.Layer.get_by_id(call_here(image, [source])["made"][0])) == raw(source)
    painted = Gimp.Layer.get_by_id(call(image, [source])["made"][0])
    return {"same": same, "alpha": pixels(painted, "A u8") == pixels(source, "A u8")}


def ramp(layer: Gimp.Layer) -> Gimp.LayerMask:
    """A mask from black on the left to white on the right; black in the top rows."""
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    width, height = layer.get_width(), layer.get_height()
    rows = bytes(0 if y < 4 else 255 * x // (width - 1) for y in range(height) for x in range(width))
    mask.get_buffer().set(Gegl.Rectangle.new(0, 0, width, height), "Y u8", rows)
    mask.update(0, 0, width, height)
    return mask


@check
def masked() -> Facts:
    """A layer with offsets and a soft mask, with and without a soft selection, and with a shadow around it."""
    found: Facts = {}
    for name, selected, used, effect in (
        ("mask", False, True, False),
        ("mask and selection", True, True, False),
        ("selection, mask switched off", True, False, False),
        ("mask, with an effect", False, True, True),
        ("mask and selection, with an effect", True, True, True),
    ):
        image, source = colourful("U8_NON_LINEAR")
        source.set_offsets(-5, 7)
        own = ramp(source)
        source.set_apply_mask(used)
        if effect:
            source.append_filter(Gimp.DrawableFilter.new(source, "gegl:dropshadow", "shadow"))
        if selected:
            soft_selection(image)
        found[name] = _painted_mask(image, source, own, selected=selected)
        image.delete()
    return found


def _painted_mask(image: Gimp.Image, source: Gimp.Layer, own: Gimp.LayerMask, *, selected: bool) -> Facts:
    values, before = pixels(own, "Y u8"), shown(image)
    with engine("inverted"):
        facts = call_here(image, [source])
    new = Gimp.Layer.get_by_id(facts["made"][0])
    _, left, top = new.get_offsets()
    width, height = new.get_width(), new.get_height()
    wanted = bytes([255]) * (width * height)
    if selected:
        area = Gegl.Rectangle.new(left, top, width, height)
        wanted = image.get_selection().get_buffer().get(area, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    if source.get_apply_mask():
        area = Gegl.Rectangle.new(left + 5, top - 7, width, height)
        wanted = bytes(map(min, wanted, own.get_buffer().get(area, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)))
    after = shown(image)
    hidden = [
        before[4 * (x + y * WIDTH) :][:4] == after[4 * (x + y * WIDTH) :][:4]
        for x, y in itertools.product(range(max(left, 0), WIDTH), range(max(top, 0), HEIGHT))
        if x < left + width and y < top + height and wanted[(y - top) * width + x - left] == 0
    ]
    return {
        "larger": (width, height) != (WIDTH, HEIGHT),
        "mask": pixels(new.get_mask(), "Y u8") == wanted,
        "source mask kept": pixels(own, "Y u8") == values and source.get_mask() == own,
        "hidden stays hidden": len(hidden) > 100 and all(hidden),
        "asked": note(new)["asked"].get("mask"),
        "shown": sum(value > 0 for value in wanted),
    }


@check
def effects() -> Facts:
    """Non-destructive effects, one bound to a selection, one that makes the layer larger: as seen and left out."""
    found: Facts = {}
    for effect in ("gegl:invert-gamma", "gegl:dropshadow"):
        image = photograph()
        (source,) = image.get_layers()
        source.add_alpha()
        source.scale(64, 48, False)  # noqa: FBT003 - not about the centre of the image
        source.set_offsets(10, 6)
        if effect == "gegl:invert-gamma":
            soft_selection(image)
        applied = Gimp.DrawableFilter.new(source, effect, "effect")
        if effect == "gegl:dropshadow":
            applied.get_config().set_property("x", -20.0)
            applied.update()
        source.append_filter(applied)
        Gimp.Selection.none(image)
        found[effect] = _painted_effects(image, source)
    return found


def _painted_effects(image: Gimp.Image, source: Gimp.Layer) -> Facts:
    before, plain = shown(image, BYTES), pixels(source, BYTES)
    found: Facts = {}
    for seen, strength in itertools.product((True, False), (50.0, 0.0)):
        soft_selection(image)
        level, images = raw(image.get_selection()), len(Gimp.get_images())
        with engine("unchanged"):
            facts = call_here(image, [source], as_seen=seen, strength=strength)
        new = Gimp.Layer.get_by_id(facts["made"][0])
        new.remove_mask(Gimp.MaskApplyMode.DISCARD)
        source.set_visible(False)
        found[f"{'as seen' if seen else 'plain'}, strength {strength:g}"] = {
            "size": looks(new)["size"],
            "looks the same": shown(image, BYTES) == before,
            "plain pixels": pixels(new, BYTES) == plain,
            "kept": len(source.get_filters()) == 1 and pixels(source, BYTES) == plain,
            "selection kept": raw(image.get_selection()) == level,
            "images left": len(Gimp.get_images()) - images,
        }
        source.set_visible(True)
        image.remove_layer(new)
    return found


@check
def anywhere() -> Facts:
    """Layers larger than the canvas, partly and completely outside it, in nested groups."""
    found: Facts = {}
    for name, size, corner in (
        ("larger", (200, 150), (-30, -20)),
        ("partly outside", (64, 48), (-20, 70)),
        ("outside", (64, 48), (300, -200)),
        ("smaller", (40, 33), (50, 40)),
    ):
        image = photograph()
        (source,) = image.get_layers()
        outer, inner = Gimp.GroupLayer.new(image, "outer"), Gimp.GroupLayer.new(image, "inner")
        image.insert_layer(outer, None, 0)
        image.insert_layer(inner, outer, 0)
        image.reorder_item(source, inner, 0)
        source.scale(*size, False)  # noqa: FBT003 - not about the centre of the image
        source.set_offsets(*corner)
        before = pixels(source, BYTES)
        with engine("unchanged"):
            facts = call_here(image, [source])
        new = Gimp.Layer.get_by_id(facts["made"][0])
        found[name] = {
            "same": pixels(new, BYTES) == before == pixels(source, BYTES),
            "place": [looks(new)["size"], looks(new)["offsets"]] == [list(size), list(corner)],
            "inside": new.get_parent() == inner and image.get_item_position(new) == 0,
        }
    return found


if __name__ == "__main__":
    answer()
