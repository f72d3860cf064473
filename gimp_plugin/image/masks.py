"""What hides parts of a layer, the selection and the layer's own mask: for the engine, and on the painted layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gegl, Gimp

if TYPE_CHECKING:
    from gimp_plugin.image.canvas import Place
    from gimp_plugin.image.regions import Area

LEVELS = "Y u8"  # linear, as masks are
HIDDEN, SHOWN = 0x00, 0xFF
SHOWN_IF_AT_ALL = bytes([HIDDEN]) + bytes([SHOWN]) * 255
ONE = (0x00, 0x00, 0x80, 0x3F)  # 1.0 as a little-endian float32

Pair = tuple[int, int]


@dataclass(frozen=True)
class Hiding:
    """What hides parts of a layer: what is not selected, what its mask covers. Either may have another meaning."""

    selection: bool = True
    mask: bool = True


ALL = Hiding()


def visible(layer: Gimp.Layer, area: Area, hiding: Hiding = ALL) -> bytes | None:
    """What selection and mask leave of a layer: float32 rows, 1 where anything shows, else 0; None: everything does.

    area: the part asked for. There are no values between 0 and 1: how much shows is the business of the painted
    layer's mask.
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
    return None if shown is None or HIDDEN not in shown else _floats(shown)


def put_on(new: Gimp.Layer, place: Place, image: Gimp.Image) -> None:
    """Give a new layer of an image, or of another one, the selection and the mask of what was painted as its own mask.

    Without either it gets none. Where both are soft the lower value counts, as where two selections meet.
    """
    source = place.layer
    selected = place.hiding.selection and not Gimp.Selection.is_empty(image)
    selection = image.get_selection() if selected else None
    own = _mask(source, place.hiding)
    if selection is None and own is None:
        return
    mask = new.create_mask(Gimp.AddMaskType.WHITE)
    new.add_mask(mask)
    _ok, left, top = new.get_offsets()
    _ok, source_left, source_top = source.get_offsets()
    if selection is not None:
        _copy(selection, (left, top), mask)
        if own is not None:
            mask.combine_masks(own, Gimp.ChannelOps.INTERSECT, source_left - left, source_top - top)
    else:
        _copy(own, (left - source_left, top - source_top), mask)


def _mask(layer: Gimp.Layer, hiding: Hiding) -> Gimp.LayerMask | None:
    """The mask, if it hides anything at all."""
    return layer.get_mask() if hiding.mask and layer.get_apply_mask() else None


def _shown(channel: Gimp.Channel, corner: Pair, area: Area) -> bytes:
    """corner: where the channel begins in the image."""
    left, top = (round(place * area.scale) for place in corner)
    there = Gegl.Rectangle.new(area.left - left, area.top - top, area.width, area.height)
    levels: bytes = channel.get_buffer().get(there, area.scale, LEVELS, Gegl.AbyssPolicy.NONE)
    return levels.translate(SHOWN_IF_AT_ALL)


def _both(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _floats(shown: bytes) -> bytes:
    rows = bytearray(4 * len(shown))
    for place, value in enumerate(ONE):
        if value:
            rows[place::4] = shown.translate(bytes(value if level else 0 for level in range(256)))
    return bytes(rows)


def _copy(channel: Gimp.Channel, corner: Pair, mask: Gimp.LayerMask) -> None:
    width, height = mask.get_width(), mask.get_height()
    buffer = mask.get_buffer()
    area = Gegl.Rectangle.new(*corner, width, height)
    channel.get_buffer().copy(area, Gegl.AbyssPolicy.NONE, buffer, Gegl.Rectangle.new(0, 0, width, height))
    buffer.flush()
    mask.update(0, 0, width, height)
