"""The selection and the layer's mask, which hide parts of a layer: for the engine, and as mask of the new layer."""

from __future__ import annotations

import array
from typing import TYPE_CHECKING

from gimp_plugin.image.level_maps import FLOATS, LEVELS, floats, of_channel
from gimp_plugin.libgimp import Gegl, Gimp, new_buffer

if TYPE_CHECKING:
    from gimp_plugin.image.types import Area, Hiding


STRIP = 2**20  # pixels at a time
HIDDEN, SHOWN = 0x00, 0xFF
SHOWN_IF_AT_ALL = bytes([HIDDEN]) + bytes([SHOWN]) * 255

Pair = tuple[int, int]


def visible(layer: Gimp.Layer, area: Area, hiding: Hiding) -> bytes | None:
    """Where a layer is visible: float32 rows, 1 where selection and mask are above 0, otherwise 0; None: everywhere.

    area: part of the image. There are no values between 0 and 1, because the new layer's mask has the soft values.
    """
    image = layer.get_image()
    _ok, left, top = layer.get_offsets()
    shown = None
    if hiding.selection and not Gimp.Selection.is_empty(image):
        shown = _shown(image.get_selection(), (0, 0), area)
    mask = _mask(layer, hiding)
    if mask is not None:
        unmasked = _shown(mask, (left, top), area)
        shown = unmasked if shown is None else _both(shown, unmasked)
    return None if shown is None or HIDDEN not in shown else floats(shown, area.width, area.height)


def soft(layer: Gimp.Layer, area: Area, hiding: Hiding) -> Gegl.Buffer | None:
    """The lower value of selection and mask at each pixel of an area; None: nothing is hidden.

    The buffer is a copy; later changes of selection and mask do not matter.
    """
    image = layer.get_image()
    _ok, left, top = layer.get_offsets()
    kept = None
    if hiding.selection and not Gimp.Selection.is_empty(image):
        kept = _part(image.get_selection(), (area.left, area.top), area)
    mask = _mask(layer, hiding)
    if mask is None:
        return kept
    own = _part(mask, (area.left - left, area.top - top), area)
    if kept is not None:
        _keep_lower(own, kept, area)
    return own


def from_levels(levels: bytes, area: Area) -> Gegl.Buffer:
    """A buffer like that of `soft`, from one byte per pixel."""
    kept = new_buffer(FLOATS, area.width, area.height)
    kept.set(Gegl.Rectangle.new(0, 0, area.width, area.height), LEVELS, levels)
    return kept


def put_on(new: Gimp.Layer, kept: Gegl.Buffer | None) -> None:
    """Add the result of `soft` to a new layer as its mask. To be called before it is inserted into a locked group."""
    if kept is None:
        return
    mask = new.create_mask(Gimp.AddMaskType.WHITE)
    new.add_mask(mask)
    whole = Gegl.Rectangle.new(0, 0, mask.get_width(), mask.get_height())
    buffer = mask.get_buffer()
    kept.copy(whole, Gegl.AbyssPolicy.NONE, buffer, whole)
    buffer.flush()
    mask.update(0, 0, mask.get_width(), mask.get_height())


def _mask(layer: Gimp.Layer, hiding: Hiding) -> Gimp.LayerMask | None:
    """The layer's mask, if it counts."""
    return layer.get_mask() if hiding.mask and layer.get_apply_mask() else None


def _shown(channel: Gimp.Channel, corner: Pair, area: Area) -> bytes:
    """SHOWN where a channel is above 0. corner: position of the channel in the image."""
    return of_channel(channel, corner, area, LEVELS).translate(SHOWN_IF_AT_ALL)


def _both(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _part(channel: Gimp.Channel, corner: Pair, area: Area) -> Gegl.Buffer:
    """A copy of a part of a channel. corner: of the part, relative to the channel."""
    kept = new_buffer(FLOATS, area.width, area.height)
    there = Gegl.Rectangle.new(*corner, area.width, area.height)
    channel.get_buffer().copy(there, Gegl.AbyssPolicy.NONE, kept, Gegl.Rectangle.new(0, 0, area.width, area.height))
    return kept


def _keep_lower(buffer: Gegl.Buffer, other: Gegl.Buffer, area: Area) -> None:
    """Write the lower value of both into `buffer`, some rows at a time: GEGL has no operation for it."""
    rows = max(1, STRIP // area.width)
    for top in range(0, area.height, rows):
        strip = Gegl.Rectangle.new(0, top, area.width, min(rows, area.height - top))
        both = (array.array("f", one.get(strip, 1.0, FLOATS, Gegl.AbyssPolicy.NONE)) for one in (buffer, other))
        buffer.set(strip, FLOATS, array.array("f", map(min, *both)).tobytes())
