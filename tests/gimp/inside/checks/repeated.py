"""Runs inside GIMP: paints with several styles and regions, and repeats that, for test_gimp_repeated.py."""

from __future__ import annotations

from typing import Any

from calls import FOLDER, Facts, answer, call, call_here, check, engine, looks, note, photograph, refused
from gi.repository import Gimp, Gio

QUIET = Gimp.RunMode.NONINTERACTIVE
HALVES = ["inside", "outside"]
TWO = ["test-look", "mosaic"]


def asked(facts: Facts) -> Facts:
    """The request of the only new layer, as the stand-in engine reports it."""
    assert facts["status"] == "success", facts
    found: Facts = note(Gimp.Layer.get_by_id(facts["made"][0]))["asked"]
    return found


def painted(image: Gimp.Image, **arguments: object) -> tuple[Gimp.Layer, Facts]:
    facts = call_here(image, image.get_layers(), **arguments)
    return Gimp.Layer.get_by_id(facts["made"][0]) if facts["made"] else None, facts


def sky(image: Gimp.Image) -> Gimp.Channel:
    """A channel named sky, white in its upper part; there is no selection."""
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 128, 30)
    channel = Gimp.Selection.save(image)
    channel.set_name("sky")
    Gimp.Selection.none(image)
    return channel


@check
def named() -> Facts:
    """Styles of each kind, by the names that scripts use."""
    image, other = photograph(), photograph()
    (source,) = other.get_layers()
    picture = f"file {FOLDER / 'style.png'}"
    styles = ["Test look", picture, f"layer {source.get_id()}", f"image {other.get_id()}"]
    with engine("unchanged"):
        layer, facts = painted(image, styles=styles, weights=["1", "0.5", "2", "0.25"])
        text = looks(layer)["parasites"]["neural-style-recipe"]
        alone = call_here(image, [layer], styles=["test-look"])
        follows = note(Gimp.Layer.get_by_id(alone["made"][0]))["settings"]["strength"]
    return {"styles": asked(facts)["styles"], "path": "style.png" in text, "strength of the preset": follows}


@check
def refusals() -> Facts:
    image = photograph()
    (layer,) = image.get_layers()
    wrong: dict[str, dict[str, Any]] = {
        "lengths": {"styles": TWO, "weights": ["1"]},
        "weight": {"styles": TWO, "weights": ["1", "-1"]},
        "preset": {"styles": ["nothing of that name"]},
        "file": {"styles": ["file /nowhere/style.png"]},
        "layer": {"styles": ["layer 4000"]},
        "region": {"styles": TWO, "regions": ["", "channel sea"]},
    }
    found: Facts = {}
    with engine("unchanged"):
        for name, arguments in wrong.items():
            found |= refused(name, image, [layer], **arguments)
    return found


@check
def by_selection() -> Facts:
    """Paint with a selection, then repeat and refine without it, and in a larger image."""
    image = photograph()
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 10, 10, 60, 50)
    with engine("unchanged"):
        layer, first = painted(image, styles=TWO, regions=HALVES)
        masks = looks(layer)["mask"]
        Gimp.Selection.none(image)
        again, refined = call(image, [layer], ending="-repeat"), call(image, [layer], ending="-refine")
        image.scale(256, 192)
        larger = call(image, [layer], ending="-repeat")
        image.crop(100, 192, 0, 0)
        cropped = refused("cropped", image, [layer], ending="-repeat")
    guides = [asked(facts)["styles"] for facts in (first, again, refined, larger)]
    return {"mask": masks, "asked mask": "mask" in asked(first), "guides": guides, **cropped}


@check
def by_channel() -> Facts:
    """Repeat in an image that was saved and opened again; then without the channel."""
    image = photograph()
    sky(image)
    with engine("unchanged"):
        layer, first = painted(image, styles=TWO, regions=["channel sky", ""])
        file = Gio.File.new_for_path(str(FOLDER / "saved.xcf"))
        Gimp.file_save(QUIET, image, file, None)
        opened = Gimp.file_load(QUIET, file)
        layer = opened.get_layers()[0]
        again = call_here(opened, [layer], ending="-repeat")
        opened.remove_channel(opened.get_channel_by_name("sky"))
        gone = refused("gone", opened, [layer], ending="-repeat")
    return {"guides": [asked(facts)["styles"] for facts in (first, again)], **gone}


@check
def strength_by_selection() -> Facts:
    """A selection of 32 x 24 px, hard and soft; repeated without it; and with the last values."""
    image = photograph()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 24)
    with engine("unchanged"):
        layer, first = painted(image, strength_map="inside")
        masks = [looks(layer)["mask"], "mask" in asked(first)]
        _other, outside = painted(image, strength_map="outside")
        Gimp.Selection.feather(image, 8)
        _other, soft = painted(image, strength_map="inside")
        Gimp.Selection.none(image)
        again, refined = call_here(image, [layer], ending="-repeat"), call_here(image, [layer], ending="-refine")
        _other, unselected = painted(image, strength_map="inside")
        _other, plain = painted(image)
    found = {"first": first, "outside": outside, "soft": soft, "again": again, "refined": refined}
    found |= {"unselected": unselected, "plain": plain}
    return {"masks": masks, "maps": {name: asked(facts).get("strength map") for name, facts in found.items()}}


@check
def strength_by_channel_and_mask() -> Facts:
    """A channel, the mask of another layer, the mask of the layer itself, and a missing one."""
    image = photograph()
    sky(image)
    (source,) = image.get_layers()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 64, 96)
    source.add_mask(source.create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)
    own = f"mask {source.get_name()}"
    maps, hidden = {}, {}
    with engine("unchanged"):
        for name, key in (("channel", "channel sky"), ("own mask", own)):
            facts = call_here(image, [source], strength_map=key)
            maps[name] = asked(facts)["strength map"]
            hidden[name] = ["mask" in asked(facts), looks(Gimp.Layer.get_by_id(facts["made"][0]))["mask"]]
        gone = refused("gone", image, [source], strength_map="channel sea")
        nonsense = refused("nonsense", image, [source], strength_map="sky")
    return {"maps": maps, "hidden": hidden, **gone, **nonsense}


@check
def strength_by_drawable() -> Facts:
    """A channel of this image, and a layer of another one, which is closed before the painting is repeated."""
    image, other = photograph(), photograph()
    channel = sky(image)
    (gray,) = other.get_layers()
    other.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 96)
    for fill, inverted in ((Gimp.FillType.WHITE, False), (Gimp.FillType.TRANSPARENT, True)):
        gray.add_alpha()
        if inverted:
            Gimp.Selection.invert(other)
        gray.edit_fill(fill)
    with engine("unchanged"):
        _layer, first = painted(image, strength_map=f"drawable {channel.get_id()}")
        layer, second = painted(image, strength_map=f"drawable {gray.get_id()}")
        number = gray.get_id()
        other.delete()
        again, refined = call_here(image, [layer], ending="-repeat"), call_here(image, [layer], ending="-refine")
        gone = refused("gone", image, [layer], strength_map=f"drawable {number}")
    maps = [asked(facts)["strength map"] for facts in (first, second, again, refined)]
    return {"maps": maps, **gone}


@check
def faces_and_method() -> Facts:
    """Keep faces and method: of the preset, and given by a script."""
    image = photograph()
    with engine("unchanged"):
        made = [
            call_here(image, image.get_layers()[-1:], **said)
            for said in ({}, {"keep_faces": False, "method": "classic"})
        ]
        again = call_here(image, [Gimp.Layer.get_by_id(made[-1]["made"][0])], ending="-repeat")
    settings = [note(Gimp.Layer.get_by_id(facts["made"][0]))["settings"] for facts in (*made, again)]
    return {"found": [[one["keep_faces"], one["method"]] for one in settings]}


@check
def by_layer() -> Facts:
    """The style is a layer of another image."""
    image, other = photograph(), photograph()
    (source,) = other.get_layers()
    source.set_name("sea")
    with engine("unchanged"):
        layer, first = painted(image, styles=[f"layer {source.get_id()}", "mosaic"])
        again = call_here(image, [layer], ending="-repeat")
        other.delete()
        gone = refused("gone", image, [layer], ending="-repeat")
        whole, _facts = painted(photograph(), styles=[f"image {image.get_id()}"])
        shown = refused("shown", whole.get_image(), [whole], ending="-repeat")
    return {"styles": [asked(facts)["styles"] for facts in (first, again)], **gone, **shown}


@check
def noise() -> Facts:
    """A selection of noise, which cannot be compressed."""
    image = Gimp.Image.new(2000, 1500, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new(image, "small", 64, 64, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    noisy = Gimp.DrawableFilter.new(image.get_selection(), "gegl:noise-rgb", "noise")
    Gimp.Selection.all(image)
    image.get_selection().merge_filter(noisy)
    with engine("unchanged"):
        made, facts = painted(image, styles=TWO, regions=HALVES)
        again = call_here(image, [made], ending="-repeat")
    kept = note(made)["selection"]
    return {"status": [facts["status"], again["status"]], "size": kept["size"], "bytes": len(kept["levels"])}


if __name__ == "__main__":
    answer()
