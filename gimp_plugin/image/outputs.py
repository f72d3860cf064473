"""Inserts paintings into GIMP: as a layer above the source, as an editable group, or as an image of its own."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas, masks, recipes, scratch
from gimp_plugin.image.recipes import EDITABLE, IMAGE, Look
from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.shared.errors import LayerGoneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gimp_plugin.image.scratch import ImageTemplate
    from gimp_plugin.image.types import Place
    from nst_core.shared.wire.messages import Done

NORMAL = (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY, Gimp.LayerMode.PASS_THROUGH)
NUMBER = re.compile(r" #\d+$")  # what GIMP appends to a name that exists already


@dataclass(frozen=True)
class Painted:
    """A painting and its place in the image."""

    place: Place
    done: Done


def insert(image: Gimp.Image, painted: Sequence[Painted], look: Look, *, show: bool = False) -> list[Gimp.Layer]:
    """One new layer, or group, for each painting, in their order; one step in the image's history.

    If the layer was moved since, so is its painting. If it was deleted or changed so that the painting does not fit,
    the painting becomes an image of its own, and a message says so. show: open a window for a new image. After an error
    nothing is left behind. Raises LayerGoneError if there is no painting.
    """
    if not painted:
        raise LayerGoneError(*canvas.GONE)
    fitting = {number: one for number, one in enumerate(map(_at_present, painted)) if one is not None}
    alone = {number: one for number, one in enumerate(painted) if number not in fitting}
    made = {}
    if look.output == IMAGE:
        made = dict(zip(fitting, _new_images(list(fitting.values()), look, show=show), strict=True))
    elif fitting:
        make = _group if look.output == EDITABLE else _layer_above
        with undo_group(image), _all_or_nothing(image) as new:
            for number, one in fitting.items():
                made[number] = make(image, one, look)
                new.append(made[number])
    made |= dict(zip(alone, _new_images(list(alone.values()), look, show=show), strict=True))
    for one in alone.values():
        Gimp.message(_why_apart(one.place))
    return [made[number] for number in range(len(painted))]


@contextlib.contextmanager
def undo_group(image: Gimp.Image) -> Iterator[None]:
    """Make everything inside one step in the undo history, also after an error."""
    image.undo_group_start()
    try:
        yield
    finally:
        if image.is_valid():
            image.undo_group_end()
            Gimp.displays_flush()


def name_of(one: Painted, look: Look) -> str:
    """The name of a painting's layer."""
    name: str = one.place.layer.get_name() if canvas.is_there(one.place.layer) else one.place.before.name
    plain = NUMBER.sub("", name)
    ending = f": {look.title}"
    return plain if plain.endswith(ending) else name + ending


def note_of(one: Painted, look: Look) -> recipes.Note:
    """The note on a painting."""
    return recipes.note(one.done.recipe, look, look.source or one.place.before.tattoo)


@contextlib.contextmanager
def _all_or_nothing(image: Gimp.Image) -> Iterator[list[Gimp.Layer]]:
    """Yields a list for new layers; after an error they are removed from the image."""
    new: list[Gimp.Layer] = []
    try:
        yield new
    except BaseException:
        for layer in new:
            if canvas.is_there(layer):
                image.remove_layer(layer)
        raise


def _at_present(one: Painted) -> Painted | None:
    """The painting at the present position of its layer; None if it does not fit the layer any more."""
    shift = canvas.shift_of(one.place)
    if shift is None:
        return None
    place = one.place
    return replace(one, place=replace(place, left=place.left + shift[0], top=place.top + shift[1]))


def _why_apart(place: Place) -> str:
    sentence = (
        _("{layer} was scaled, cropped, turned or converted while it was painted: the painting is an image of its own.")
        if canvas.is_there(place.layer)
        else _("{layer} was closed or deleted while it was painted: the painting is an image of its own.")
    )
    return sentence.format(layer=repr(place.before.name))


def _layer_above(image: Gimp.Image, one: Painted, look: Look) -> Gimp.Layer:
    """A layer right above the source: same group, position and blending. It is complete before it is inserted."""
    source = one.place.layer
    layer = _layer(image, one, name_of(one, look))
    _blend_like(layer, source)
    masks.put_on(layer, one.place.mask)
    _note(layer, one, look)
    if isinstance(source, scratch.Visible):
        image.insert_layer(layer, None, 0)
    else:
        image.insert_layer(layer, source.get_parent(), image.get_item_position(source))
    return layer


def _group(image: Gimp.Image, one: Painted, look: Look) -> Gimp.Layer:
    """A group with the mask, and in it one layer for lightness and one for colour; its opacity acts as the strength.

    A source that blends normally gets a group in pass-through mode, which at full opacity looks like the plain layer.
    The group is built at the top level, where nothing is locked, and then moved to its place.
    """
    source = one.place.layer
    mode = source.get_mode()
    apart = mode in NORMAL and image.get_base_type() != Gimp.ImageBaseType.GRAY
    group = Gimp.GroupLayer.new(image, name_of(one, look))
    group.set_mode(Gimp.LayerMode.PASS_THROUGH if mode in NORMAL else mode)
    _note(group, one, look)
    image.insert_layer(group, None, 0)
    with _all_or_nothing(image) as new:
        new.append(group)
        parts = [(look.title, Gimp.LayerMode.NORMAL)]
        if apart:
            parts = [(_("Light and dark"), Gimp.LayerMode.LCH_LIGHTNESS), (_("Colour"), Gimp.LayerMode.LCH_COLOR)]
        for position, (name, own_mode) in enumerate(parts):
            layer = _layer(image, one, name)
            layer.set_mode(own_mode)
            layer.set_opacity(source.get_opacity())
            _note(layer, one, look)
            image.insert_layer(layer, group, position)
        masks.put_on(group, one.place.mask)
        if not isinstance(source, scratch.Visible):
            parent, below = source.get_parent(), image.get_item_position(source)
            image.reorder_item(group, parent, below if parent else below - 1)  # at the top level it is above already
        image.set_selected_layers([group])
    return group


def _new_images(painted: Sequence[Painted], look: Look, *, show: bool) -> list[Gimp.Layer]:
    """All paintings in a new image like that of their layers when they were read; several if it has changed since."""
    layers = []
    for template, those in groupby(painted, lambda one: one.place.before.template):
        # What was asked for as a new image need not be gray.
        layers += _new_image(template.in_color() if look.output == IMAGE else template, list(those), look, show=show)
    return layers


def _new_image(template: ImageTemplate, painted: Sequence[Painted], look: Look, *, show: bool) -> list[Gimp.Layer]:
    new = template.new_image()
    layers = []
    try:
        for position, one in enumerate(painted):
            layer = _layer(new, one, name_of(one, look))
            masks.put_on(layer, one.place.mask)
            _note(layer, one, look)
            new.insert_layer(layer, None, position)
            layers.append(layer)
        new.undo_enable()
        if show:
            Gimp.Display.new(new)
    except BaseException:
        new.delete()
        raise
    return layers


def _layer(image: Gimp.Image, one: Painted, name: str) -> Gimp.Layer:
    """A layer with the painting, not inserted yet."""
    place, done = one.place, one.done
    if done.recipe.get("settings", {}).get("strength") == 0 and canvas.shift_of(place) is not None:
        # Copy the pixels themselves: the wire's format loses values outside sRGB and the last bits.
        with scratch.rendered(place.layer, as_seen=place.as_seen) as rendering:
            kind = rendering.drawable.type()
            if image.get_base_type() != place.layer.get_image().get_base_type():
                kind = Gimp.ImageType.RGBA_IMAGE
            layer = _copy(rendering.drawable, image, name, kind)
    else:
        layer = canvas.new_layer(image, name, done.pixels)
    layer.set_offsets(place.left, place.top)  # before it is inserted into a group whose position may be locked
    return layer


def _blend_like(layer: Gimp.Layer, source: Gimp.Layer | scratch.Visible) -> None:
    """Copy mode, opacity and the colour spaces of blending."""
    layer.set_opacity(source.get_opacity())
    if isinstance(source, scratch.Visible) or source.get_mode() == Gimp.LayerMode.PASS_THROUGH:  # a mode of groups only
        return
    layer.set_mode(source.get_mode())
    layer.set_blend_space(source.get_blend_space())
    layer.set_composite_space(source.get_composite_space())
    layer.set_composite_mode(source.get_composite_mode())


def _copy(source: Gimp.Layer, image: Gimp.Image, name: str, kind: Gimp.ImageType) -> Gimp.Layer:
    """A layer with the same pixels. It is not inserted yet."""
    size = source.get_width(), source.get_height()
    layer = Gimp.Layer.new(image, name, *size, kind, 100.0, Gimp.LayerMode.NORMAL)
    whole, buffer = Gegl.Rectangle.new(0, 0, *size), layer.get_buffer()
    source.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, buffer, whole)
    buffer.flush()
    layer.update(0, 0, *size)
    return layer


def _note(layer: Gimp.Layer, one: Painted, look: Look) -> None:
    recipes.attach(layer, note_of(one, look))
