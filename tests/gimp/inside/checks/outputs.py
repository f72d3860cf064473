"""Runs inside GIMP: kinds of output, recipes, and leftovers, for test_gimp_outputs.py."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any
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
    engines,
    fade,
    looks,
    note,
    photograph,
    pixels,
    refused,
)
from gi.repository import Gegl, Gimp, Gio

from gimp_plugin import report
from gimp_plugin.procedures import unattended
from gimp_plugin.procedures.call import Call
from nst_core.shared.errors import CancelledError

BYTES = "R'G'B'A u8"


def shown(image: Gimp.Image) -> bytes:
    visible = Gimp.Layer.new_from_visible(image, image, None)
    seen = pixels(visible, BYTES)
    visible.delete()
    return seen


def off_by(one: bytes, other: bytes) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@check
def editable() -> Facts:
    """Groups to fine-tune: whether they look like the plain layer, and fade with their opacity; also in gray."""
    image = photograph()
    (source,) = image.get_layers()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 60, 50)
    before = shown(image)
    with engine("inverted"):
        plain = by_id(call_here(image, [source]))
        painted = shown(image)
        image.remove_layer(plain)
        facts = call(image, [source], output="editable")
    group = by_id(facts)
    found: Facts = facts | {
        "group": looks(group),
        "source": source.get_id(),
        "like the layer": off_by(shown(image), painted),
        "changed": off_by(painted, before),
        "parts": [layer.get_mode().value_nick for layer in group.get_children()],
    }
    group.set_opacity(0.0)
    found["at opacity 0"] = off_by(shown(image), before)
    group.set_opacity(50.0)
    half = shown(image)
    found["at opacity 50"] = [off_by(half, before), off_by(half, painted)]
    image = photograph()
    image.convert_grayscale()
    with engine("inverted"):
        gray = by_id(call_here(image, image.get_layers(), output="editable"))
    return found | {"gray parts": [layer.get_mode().value_nick for layer in gray.get_children()]}


@check
def of_a_group() -> Facts:
    """Groups are painted without the layers below them, and without their own opacity, mask and mode."""
    found: Facts = {}
    for mode in (Gimp.LayerMode.PASS_THROUGH, Gimp.LayerMode.NORMAL, Gimp.LayerMode.MULTIPLY):
        image = photograph()
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        for name, corner, opacity in (("lower", (10, 5), 100.0), ("upper", (40, 20), 40.0)):
            layer = Gimp.Layer.new(image, name, 60, 50, Gimp.ImageType.RGBA_IMAGE, opacity, Gimp.LayerMode.NORMAL)
            image.insert_layer(layer, group, 0)
            fade(layer)
            layer.set_offsets(*corner)
        alone = image.duplicate()
        alone.remove_layer(alone.get_layers()[1])
        seen = alone.get_layers()[0]
        seen.set_mode(Gimp.LayerMode.NORMAL)
        alone.resize(seen.get_width(), seen.get_height(), *[-place for place in seen.get_offsets()[1:]])
        wanted = shown(alone)
        alone.delete()
        group.set_mode(mode)
        group.set_opacity(70.0)
        group.set_lock_position(True)
        before = shown(image)
        with engine("unchanged"):
            facts = call_here(image, [group])
        made = by_id(facts)
        found[mode.value_nick] = facts | {
            "group": group.get_id(),
            "made of": looks(made),
            "off by": off_by(pixels(made, BYTES), wanted),
            "mode": made.get_mode().value_nick,
            "opacity": made.get_opacity(),
        }
        image.remove_layer(made)
        found[mode.value_nick]["image kept"] = shown(image) == before
    return found


@check
def of_what_is_visible() -> Facts:
    """All that is seen, whatever is selected; on top of it. Refined towards what was seen, repeated on a layer."""
    image = photograph()
    (bottom,) = image.get_layers()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    for name, parent, opacity in (("inside", group, 40.0), ("hidden", None, 100.0), ("top", None, 70.0)):
        layer = Gimp.Layer.new(image, name, 60, 50, Gimp.ImageType.RGBA_IMAGE, opacity, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, parent, 0)
        fade(layer)
        layer.set_offsets(40, 20)
    image.get_layer_by_name("hidden").set_visible(False)
    before, layers = shown(image), [layer.get_id() for layer in image.get_layers()]
    found: Facts = {"before": layers}
    for output in ("layer", "editable", "image"):
        with engine("unchanged"):
            facts = call_here(image, [], input="visible", output=output)
        made = by_id(facts)
        seen = made if not made.is_group() else made.get_children()[0]
        found[output] = facts | {"looks": looks(made), "off by": off_by(pixels(seen, BYTES), before)}
        if output != "image":
            image.remove_layer(made)
        found[output]["image kept"] = shown(image) == before
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 60, 50)
    with engine("inverted"):
        first = by_id(call_here(image, [bottom], input="visible", strength=30.0))
        second = by_id(call_here(image, [bottom], input="visible", strength=30.0))
        further = by_id(call_here(image, [second], ending="-refine"))
        like = by_id(call_here(image, [second, bottom], ending="-repeat"))
    asked = {name: note(layer)["asked"] for name, layer in (("first", first), ("second", second), ("further", further))}
    return found | {
        "mask": first.get_mask() is not None,
        "of the image as it is": asked["second"]["content"] != asked["first"]["content"],
        "refined towards what was seen": asked["further"]["content"] == asked["first"]["content"],
        "notes": [note(layer).get("input", "") for layer in (first, further, like)],
        "like it": [looks(like)["name"], note(like)["settings"]["strength"]],
    }


@check
def refused_visible() -> Facts:
    """An image that is too small, one with indexed colours, and one of which nothing is seen."""
    tiny = Gimp.Image.new(20, 20, Gimp.ImageBaseType.RGB)
    facts = refused("tiny", tiny, [], input="visible")
    indexed = photograph()
    indexed.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.WEB, 0, False, False, "")  # noqa: FBT003 - GIMP's own
    facts |= refused("indexed", indexed, [], input="visible")
    empty = photograph()
    empty.get_layers()[0].set_visible(False)
    return facts | refused("empty", empty, [], input="visible")


@check
def gray_in_color() -> Facts:
    """A new image of a grayscale one, plain and at strength 0, and a new layer."""
    image = photograph()
    image.convert_grayscale()
    found: Facts = {}
    for name, settings in (
        ("new image", {"output": "image"}),
        ("kept", {"output": "image", "strength": 0.0}),
        ("new layer", {}),
    ):
        made = by_id(call_here(image, image.get_layers()[-1:], **settings))
        rgb = pixels(made, "R'G'B' u8")
        found[name] = {
            "base": made.get_image().get_base_type().value_nick,
            "precision": made.get_image().get_precision().value_nick,
            "coloured": rgb[::3] != rgb[1::3],
        }
    return found


@check
def new_image() -> Facts:
    """Two layers as a new image; whether the old one is unchanged."""
    image = Gimp.Image.new_with_precision(128, 96, Gimp.ImageBaseType.RGB, Gimp.Precision.U16_LINEAR)
    profile = Gimp.ColorProfile.new_rgb_adobe()
    image.set_color_profile(profile)
    image.set_resolution(240.0, 120.0)
    for name in ("lower", "upper"):
        layer = Gimp.Layer.new(image, name, 80, 60, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        fade(layer)
        layer.set_offsets(7, -3)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 30, 20)
    before = shown(image)
    with engine("unchanged"):
        facts = call_here(image, image.get_layers(), output="image")
    new = by_id(facts).get_image()
    selected = (
        image.get_selection().get_buffer().get(Gegl.Rectangle.new(7, -3, 80, 60), 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    )
    return facts | {
        "another": new.get_id() != image.get_id(),
        "size": [new.get_width(), new.get_height()],
        "precision": new.get_precision().value_nick,
        "resolution": list(new.get_resolution()[1:]),
        "profile": new.get_color_profile().is_equal(profile),
        "names": [layer.get_name() for layer in new.get_layers()],
        "offsets": [looks(layer)["offsets"] for layer in new.get_layers()],
        "masks": [pixels(layer.get_mask(), "Y u8") == selected for layer in new.get_layers()],
        "pixels": [
            pixels(layer, BYTES) == pixels(source, BYTES)
            for layer, source in zip(new.get_layers(), image.get_layers(), strict=True)
        ],
        "can be undone": new.undo_is_enabled(),
        "old one kept": shown(image) == before and len(image.get_layers()) == 2,
    }


@check
def several() -> Facts:
    """Ten layers in one call: one engine, one seed; the transparent one in the middle is left out."""
    image = photograph()
    for _ in range(9):
        image.insert_layer(image.get_layers()[0].copy(), None, 0)
    with engine("unchanged"):
        notes = [note(Gimp.Layer.get_by_id(made)) for made in call_here(image, image.get_layers(), seed=5)["made"]]
    image = photograph()
    (bottom,) = image.get_layers()
    for name in ("nothing here", "top"):
        layer = bottom.copy()
        layer.set_name(name)
        layer.add_alpha()
        image.insert_layer(layer, None, 0)
    top, nothing, _bottom = image.get_layers()
    nothing.fill(Gimp.FillType.TRANSPARENT)
    top.scale(64, 48, False)  # noqa: FBT003 - not about the centre of the image
    facts = call_here(image, image.get_layers())
    names = [layer.get_name() for layer in image.get_layers()]
    with engine("short"):
        call_here(image, [top, bottom])
    with engine("tires"):
        tired = call(image, [top, bottom])
    return facts | {
        "sizes": [looks(by_id(facts, place))["size"] for place in (0, 1)],
        "names": names,
        "tired": [tired["status"], [looks(Gimp.Layer.get_by_id(made))["size"] for made in tired["made"]]],
        "engines": len({said["asked"]["engine"] for said in notes}),
        "painted": len(notes),
        "seeds": [said["settings"]["seed"] for said in notes],
    }


@check
def repeat() -> Facts:
    """Repeat the latest recipe, that of a selected layer, and that of the only layer; and with no recipe."""
    image = photograph()
    (source,) = image.get_layers()
    facts = refused("nothing painted", image, [source], ending="-repeat")
    with engine("unchanged"):
        first = by_id(call_here(image, [source], strength=30.0, seed=3))
        call_here(image, [source], strength=60.0)
        other = source.copy()
        other.set_name("other")
        image.insert_layer(other, None, 0)
        like_latest = call_here(image, [other], ending="-repeat")
        like_first = call_here(image, [first, other], ending="-repeat")
        anew = call_here(image, [first], ending="-repeat")
    for name, said in (("like the latest", like_latest), ("like the first", like_first), ("anew", anew)):
        made = by_id(said)
        facts[name] = {"status": said["status"], "made": len(said["made"]), "name": made.get_name(), "note": note(made)}
    return facts | {"source": source.get_tattoo(), "first": first.get_tattoo(), "other": other.get_tattoo()}


@check
def own_picture() -> Facts:
    """A style file is found again by its contents, but not after a change."""
    picture = FOLDER / "own.png"
    picture.write_bytes((FOLDER / "style.png").read_bytes() + b"more")
    image = photograph()
    layers = image.get_layers()
    with engine("unchanged"):
        painted = call_here(image, layers, style_file=Gio.File.new_for_path(str(picture)))
        again = call_here(image, layers, ending="-repeat")
        same = note(by_id(again))["pictures"] == note(by_id(painted))["pictures"]
        picture.unlink()
        return refused("deleted", image, layers, ending="-repeat") | {"status": again["status"], "same": same}


@check
def refine() -> Facts:
    """Refine a painted layer with its source, and without; and layers that cannot be refined."""
    image = photograph()
    (source,) = image.get_layers()
    facts = refused("not painted", image, [source], ending="-refine")
    with engine("inverted"):
        painted = by_id(call_here(image, [source], strength=30.0, seed=3))
        plain = note(painted)["asked"]
        facts |= refused("two", image, [painted, source], ending="-refine")
        further = call_here(image, [painted], ending="-refine", strength=70.0)
        made = by_id(further)
        above = image.get_item_position(painted) - image.get_item_position(made)
        image.remove_layer(source)
        alone = call_here(image, [painted], ending="-refine")
    init = note(made)["asked"]["init"]
    return facts | {
        "settings": note(made)["settings"],
        "content is the source": note(made)["asked"]["content"] == plain["content"],
        "init is the painting": init == note(by_id(alone))["asked"]["init"] != plain["content"],
        "source": [note(made)["source"], note(painted)["source"]],
        "name": [made.get_name(), painted.get_name()],
        "above": above,
        "alone": note(by_id(alone))["asked"]["content"] == init,
    }


@check
def strange_recipes() -> Facts:
    """Invalid recipes: the error of each."""
    facts: Facts = {}
    for name, text in {
        "no JSON": "{",
        "a list": "[]",
        "no styles": "{}",
        "strange styles": '{"pictures": [7]}',
        "strange settings": json.dumps(
            {"pictures": [{"sha256": "0", "bytes": 1, "weight": 1}], "settings": {"seed": "x"}}
        ),
        "a layer": '{"pictures": [{"layer": true, "weight": 1}]}',
    }.items():
        image = photograph()
        (layer,) = image.get_layers()
        layer.attach_parasite(Gimp.Parasite.new("neural-style-recipe", Gimp.PARASITE_PERSISTENT, text.encode()))
        facts |= refused(name, image, [layer], ending="-refine")
    return facts


@check
def presets() -> Facts:
    """The names of presets for scripts."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-presets")
    result = procedure.run(procedure.create_config())
    return {"status": result.index(0).value_nick, "names": result.index(1), "titles": result.index(2)}


def inventory(image: Gimp.Image) -> Facts:
    """Everything in which something could be left."""
    return {
        "images": [one.get_id() for one in Gimp.get_images()],
        "layers": [layer.get_id() for layer in image.get_layers()],
        "channels": [channel.get_id() for channel in image.get_channels()],
        "paths": [path.get_id() for path in image.get_paths()],
        "image parasites": image.get_parasite_list(),
        "layer parasites": [layer.get_parasite_list() for layer in image.get_layers()],
        "own parasites": list(Gimp.get_parasite_list()),
        "files": sorted(str(path) for path in Path(Gimp.temp_directory()).rglob("*")),
        "engines": engines(),
        "selection": pixels(image.get_selection(), "Y u8").hex(),
        "undo": image.undo_is_enabled(),
    }


def settled(image: Gimp.Image) -> Facts:
    """The inventory, after at most a minute for engines to end."""
    deadline = time.monotonic() + 60
    while engines() and time.monotonic() < deadline:
        time.sleep(0.1)
    return inventory(image)


@check
def left_behind() -> Facts:
    """Everything that is new after a cancelled, a failed and a successful call."""
    image = photograph()
    (source,) = image.get_layers()
    source.append_filter(Gimp.DrawableFilter.new(source, "gegl:invert-gamma", "inverted"))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 30, 20)
    before = settled(image)
    found: Facts = {}
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    config = procedure.create_config()
    config.set_property("preset", "test-look")
    stop: Any = mock.Mock(side_effect=CancelledError("as if"))
    with engine("unchanged"), mock.patch.object(report.Report, "show", stop), contextlib.suppress(CancelledError):
        unattended.run(Call(Gimp.RunMode.NONINTERACTIVE, image, [source], config))
    found["cancel"] = strays(before, settled(image))
    with engine("dies"):
        call_here(image, [source])
    found["error"] = strays(before, settled(image))
    with engine("unchanged"):
        facts = call(image, [source], output="editable")
    found["success"] = strays(before, settled(image))
    image.remove_layer(by_id(facts))
    found["success, less the layer"] = strays(before, settled(image))
    return found | {"cancelled": stop.call_count, "status": facts["status"]}


def strays(before: Facts, after: Facts) -> list[str]:
    return [name for name, there in after.items() if there != before[name]]


if __name__ == "__main__":
    answer()
