"""Where in an image a style may count: inside or outside the selection, where a channel or a layer's mask is white.

A region's key is its name with the number of what it comes from; an empty key is everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.errors import LayerGoneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERYWHERE, INSIDE, OUTSIDE = "", "inside", "outside"
LEVELS, GUIDE = "Y u8", "Y float"  # linear, as selections, channels and masks are
INVERTED = bytes(range(255, -1, -1))


@dataclass(frozen=True)
class Region:
    """A region as the artist reads it."""

    key: str
    title: str


@dataclass(frozen=True)
class Area:
    """A part of an image that is scaled by `scale`: its corner and its size, px."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0


def available(image: Gimp.Image) -> list[Region]:
    """Everywhere first, then what the image has of selection, channels and masks."""
    found = [Region(EVERYWHERE, _("Everywhere"))]
    if not Gimp.Selection.is_empty(image):
        found += [Region(INSIDE, _("In the selection")), Region(OUTSIDE, _("Outside the selection"))]
    for channel in image.get_channels():
        found.append(Region(f"channel {channel.get_id()}", _("Channel {name}").format(name=channel.get_name())))
    for layer in _all(image.get_layers()):
        mask = layer.get_mask()
        if mask is not None:
            found.append(Region(f"mask {mask.get_id()}", _("Mask of {layer}").format(layer=layer.get_name())))
    return found


def read(key: str, image: Gimp.Image, area: Area) -> bytes | None:
    """The region in an area: float32 rows, 1 where the style counts; None: everywhere. Raises LayerGoneError."""
    if key == EVERYWHERE or (key in (INSIDE, OUTSIDE) and Gimp.Selection.is_empty(image)):
        return None
    channel, left, top = _channel(key, image)
    corner = (area.left - round(left * area.scale), area.top - round(top * area.scale))
    there = Gegl.Rectangle.new(*corner, area.width, area.height)
    levels = channel.get_buffer().get(there, area.scale, LEVELS, Gegl.AbyssPolicy.NONE)
    return _floats(levels.translate(INVERTED) if key == OUTSIDE else levels, area)


def _floats(levels: bytes, area: Area) -> bytes:
    whole = Gegl.Rectangle.new(0, 0, area.width, area.height)
    buffer = Gegl.Buffer.new(LEVELS, 0, 0, area.width, area.height)
    buffer.set(whole, LEVELS, levels)
    guide: bytes = buffer.get(whole, 1.0, GUIDE, Gegl.AbyssPolicy.NONE)
    return guide


def _channel(key: str, image: Gimp.Image) -> tuple[Gimp.Channel, int, int]:
    """The channel behind a key, and where its corner lies in the image."""
    if key in (INSIDE, OUTSIDE):
        return image.get_selection(), 0, 0
    found = Gimp.Channel.get_by_id(int(key.split()[1]))
    if found is None or not found.is_valid():
        raise LayerGoneError(_("the channel or mask chosen as a region was deleted"), _("choose another region"))
    if isinstance(found, Gimp.LayerMask):
        _ok, left, top = Gimp.Layer.from_mask(found).get_offsets()
        return found, left, top
    return found, 0, 0


def _all(layers: Sequence[Gimp.Layer]) -> Iterator[Gimp.Layer]:
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from _all(layer.get_children())
