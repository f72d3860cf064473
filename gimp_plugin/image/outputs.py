"""The ways a painting comes into GIMP: a layer above its source, a group to fine-tune, an image of its own."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas, masks, recipes, scratch
from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.errors import LayerGoneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gimp_plugin.image.canvas import Place
    from gimp_plugin.image.regions import Regions
    from nst_core.messages import Done, StyleFile, StylePixels

LAYER, EDITABLE, IMAGE = "layer", "editable", "image"
NUMBER = re.compile(r" #\d+$")  # what GIMP puts behind a name that is there already


@dataclass(frozen=True)
class Painted:
    """A painting and where it belongs."""

    place: Place
    done: Done


@dataclass(frozen=True)
class Look:
    """What the paintings have in common: the styles, what to call them, how they shall come into GIMP.

    regions: where each style counts, and the strength. layers: the keys of those styles that are layers, an
    empty text for others. source: the tattoo of what was painted, if not the layer that the painting is put above.
    """

    styles: tuple[StyleFile | StylePixels, ...]
    title: str
    regions: Regions
    layers: tuple[str, ...]
    output: str = LAYER
    source: int | None = None


def insert(image: Gimp.Image, painted: Sequence[Painted], look: Look, *, show: bool = False) -> list[Gimp.Layer]:
    """One new layer, or group, for each painting, in their order; one step in the image's history.

    show: open a window for a new image. Raises LayerGoneError if no source is there any more.
    """
    there = [one for one in painted if canvas.is_there(one.place.layer)]
    if not there:
        raise LayerGoneError(canvas.GONE)
    if look.output == IMAGE:
        return _new_image(image, there, look, show=show)
    make = _group if look.output == EDITABLE else _layer_above
    with undo_group(image):
        return [make(image, one, look) for one in there]


@contextlib.contextmanager
def undo_group(image: Gimp.Image) -> Iterator[None]:
    """One step in the artist's undo history, whatever happens inside."""
    image.undo_group_start()
    try:
        yield
    finally:
        if image.is_valid():
            image.undo_group_end()
            Gimp.displays_flush()


def _layer_above(image: Gimp.Image, one: Painted, look: Look) -> Gimp.Layer:
    """Right above its source: same group, same place."""
    source = one.place.layer
    layer = _layer(image, one, _name(source, look))
    image.insert_layer(layer, source.get_parent(), image.get_item_position(source))
    masks.put_on(layer, one.place, image)
    _note(layer, one, look)
    return layer


def _group(image: Gimp.Image, one: Painted, look: Look) -> Gimp.Layer:
    """A group whose opacity is the strength, with the mask, over light and colour apart.

    What it holds acts on what lies beneath the group: at full opacity it looks like the plain layer.
    """
    source = one.place.layer
    group = Gimp.GroupLayer.new(image, _name(source, look))
    group.set_mode(Gimp.LayerMode.PASS_THROUGH)
    image.insert_layer(group, source.get_parent(), image.get_item_position(source))
    parts = [(_("Light and dark"), Gimp.LayerMode.LCH_LIGHTNESS), (_("Colour"), Gimp.LayerMode.LCH_COLOR)]
    if image.get_base_type() == Gimp.ImageBaseType.GRAY:
        parts = [(look.title, Gimp.LayerMode.NORMAL)]
    for position, (name, mode) in enumerate(parts):
        layer = _layer(image, one, name)
        layer.set_mode(mode)
        image.insert_layer(layer, group, position)
        _note(layer, one, look)
    masks.put_on(group, one.place, image)
    _note(group, one, look)
    return group


def _new_image(image: Gimp.Image, painted: Sequence[Painted], look: Look, *, show: bool) -> list[Gimp.Layer]:
    """All paintings in an image like the old one."""
    new = scratch.like(image)
    layers = []
    try:
        for position, one in enumerate(painted):
            layer = _layer(new, one, _name(one.place.layer, look))
            new.insert_layer(layer, None, position)
            masks.put_on(layer, one.place, image)
            _note(layer, one, look)
            layers.append(layer)
        new.undo_enable()
        if show:
            Gimp.Display.new(new)
    except BaseException:
        new.delete()
        raise
    return layers


def _layer(image: Gimp.Image, one: Painted, name: str) -> Gimp.Layer:
    """A layer with the painting, not in the image yet."""
    place, done = one.place, one.done
    if done.recipe.get("settings", {}).get("strength") == 0:
        # The very pixels: the way over the wire costs what lies outside of sRGB, and a few last bits.
        with scratch.seen(place.layer, as_seen=place.as_seen) as sight:
            layer = _new(image, name, sight.drawable.type(), (sight.drawable.get_width(), sight.drawable.get_height()))
            _copy(sight.drawable, layer)
    else:
        gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
        kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
        layer = _new(image, name, kind, (done.pixels.width, done.pixels.height))
        canvas.write(layer, done.pixels)
    layer.set_offsets(place.left, place.top)  # before it comes into a group, which may be locked in its place
    return layer


def _new(image: Gimp.Image, name: str, kind: Gimp.ImageType, size: tuple[int, int]) -> Gimp.Layer:
    return Gimp.Layer.new(image, name, *size, kind, 100.0, Gimp.LayerMode.NORMAL)


def _copy(source: Gimp.Layer, layer: Gimp.Layer) -> None:
    whole, buffer = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height()), layer.get_buffer()
    source.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, buffer, whole)
    buffer.flush()
    layer.update(0, 0, layer.get_width(), layer.get_height())


def _name(source: Gimp.Layer, look: Look) -> str:
    name: str = source.get_name()
    plain = NUMBER.sub("", name)
    ending = f": {look.title}"
    return plain if plain.endswith(ending) else name + ending


def _note(layer: Gimp.Layer, one: Painted, look: Look) -> None:
    source = look.source or one.place.layer.get_tattoo()
    recipes.attach(layer, recipes.note(one.done.recipe, look, source))
