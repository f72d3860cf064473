"""Levels, one byte per pixel: of channels and masks, and as maps of whole images that notes on painted layers contain.

Such a map is a copy of the selection, where it is used as a region, or a strength map that was drawn.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import GdkPixbuf, Gegl, Gimp, GLib, new_buffer
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.wire.messages import MAX_SIDE

LEVELS, FLOATS = "Y u8", "Y float"  # linear, as selections and masks are
PERCEPTUAL = "Y' u8"  # as channels of images with 8 bits and a perceptual precision are
STRIP = 2**22  # pixels that are enlarged at a time
MOST_NOTED = 2**18  # bytes: a map that takes more is noted at half its size, or less
MOST_LEVELS = 2**30
ALIKE = 0.01  # relative tolerance of the aspect ratio: rounding when an image is scaled


@dataclass(frozen=True)
class LevelMap:
    """Levels of an image. image: its size, px. size: of `levels`, which has one byte per pixel and may be smaller."""

    image: tuple[int, int]
    size: tuple[int, int]
    levels: bytes = field(repr=False)

    def read(self, area: Area, image: Gimp.Image, *, beyond: Gegl.AbyssPolicy = Gegl.AbyssPolicy.NONE) -> bytes:
        """The levels in an area of the image, which may have been scaled since. beyond: policy for pixels outside.

        Raises InvalidSettingError.
        """
        width, height = image.get_width(), image.get_height()
        if abs(width * self.image[1] - height * self.image[0]) > ALIKE * width * self.image[1]:
            raise InvalidSettingError(
                _("the image has another shape than when it was said where styles or the strength count"),
                _("choose that again in Neural Style"),
            )
        return _part(self, replace(area, scale=area.scale * width / self.size[0]), beyond)

    def to_json(self) -> dict[str, Any]:
        """As JSON; reduced to half its size, or less, if it takes more than MOST_NOTED bytes."""
        noted = self
        packed = zlib.compress(noted.levels, 9)
        while len(packed) > MOST_NOTED:
            noted = noted._half()
            packed = zlib.compress(noted.levels, 9)
        return {"image": self.image, "size": noted.size, "levels": base64.b64encode(packed).decode()}

    @classmethod
    def from_json(cls, data: object) -> LevelMap:
        """From JSON. Raises ValueError for anything else."""
        match data:
            case {
                "image": [int() as wide, int() as high],
                "size": [int() as width, int() as height],
                "levels": str(text),
            }:
                if min(wide, high, width, height) > 0 and max(wide, high) <= MAX_SIDE and width * height <= MOST_LEVELS:
                    return cls((wide, high), (width, height), _unpacked(text, width * height))
        raise ValueError("no level map")

    def _half(self) -> LevelMap:
        size = (max(1, self.size[0] // 2), max(1, self.size[1] // 2))
        return LevelMap(self.image, size, _part(self, Area(0, 0, *size, size[0] / self.size[0])))


def of_selection(image: Gimp.Image) -> LevelMap | None:
    """A copy of the selection; None if nothing is selected, or if the image was closed."""
    if not image.is_valid() or Gimp.Selection.is_empty(image):
        return None
    size = (image.get_width(), image.get_height())
    whole = Gegl.Rectangle.new(0, 0, *size)
    return LevelMap(size, size, image.get_selection().get_buffer().get(whole, 1.0, LEVELS, Gegl.AbyssPolicy.NONE))


def form_of(channel: Gimp.Channel) -> str:
    """The babl format in which a channel or mask has the levels of a selection made of it."""
    perceptual = channel.get_image().get_precision() == Gimp.Precision.U8_NON_LINEAR
    return PERCEPTUAL if perceptual and not isinstance(channel, (Gimp.LayerMask, Gimp.Selection)) else LEVELS


def of_channel(channel: Gimp.Channel, corner: tuple[int, int], area: Area, form: str) -> bytes:
    """The levels of a channel or mask in an area of the image. corner: its position in the image."""
    left, top = (round(place * area.scale) for place in corner)
    part = Gegl.Rectangle.new(area.left - left, area.top - top, area.width, area.height)
    levels: bytes = channel.get_buffer().get(part, area.scale, form, Gegl.AbyssPolicy.NONE)
    return levels


def buffer_of(levels: bytes, width: int, height: int) -> Gegl.Buffer:
    """A GEGL buffer with the levels."""
    buffer = new_buffer(LEVELS, width, height)
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), LEVELS, levels)
    return buffer


def floats(levels: bytes, width: int, height: int) -> bytes:
    """The levels as float32 in [0, 1], for the engine."""
    whole = Gegl.Rectangle.new(0, 0, width, height)
    rows: bytes = buffer_of(levels, width, height).get(whole, 1.0, FLOATS, Gegl.AbyssPolicy.NONE)
    return rows


def gray_pixbuf(levels: bytes, width: int, height: int) -> GdkPixbuf.Pixbuf:
    """The levels as a picture: three equal channels, because pixbufs have no gray."""
    triple = bytearray(3 * len(levels))
    for channel in range(3):
        triple[channel::3] = levels
    raw = GLib.Bytes.new(bytes(triple))
    return GdkPixbuf.Pixbuf.new_from_bytes(raw, GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width)  # noqa: FBT003 - no alpha


def levels_of(picture: GdkPixbuf.Pixbuf) -> bytes:
    """The levels in such a picture."""
    width, stride, raw = picture.get_width(), picture.get_rowstride(), picture.get_pixels()
    rows = range(picture.get_height())
    return b"".join(raw[row * stride : row * stride + 3 * width : 3] for row in rows)


def _part(level_map: LevelMap, area: Area, beyond: Gegl.AbyssPolicy = Gegl.AbyssPolicy.NONE) -> bytes:
    """The levels in an area, whose scale is relative to the size of the levels. beyond: policy for pixels outside."""
    if area.scale > 1:  # GEGL would repeat pixels, which makes steps in soft borders
        return _enlarged(level_map, area, endless=beyond == Gegl.AbyssPolicy.CLAMP)
    buffer = buffer_of(level_map.levels, *level_map.size)
    part = Gegl.Rectangle.new(area.left, area.top, area.width, area.height)
    levels: bytes = buffer.get(part, area.scale, LEVELS, beyond)
    return levels


def _enlarged(level_map: LevelMap, area: Area, *, endless: bool) -> bytes:
    """The same for a scale above 1. endless: repeat its borders outside; otherwise 0."""
    left, top, width, height, scale = area.left, area.top, area.width, area.height, area.scale
    wide, high = level_map.size
    right, bottom = (width, height) if endless else (round(wide * scale) - left, round(high * scale) - top)
    first, last = 0 if endless else max(0, -left), min(width, right)
    if first >= last:
        return bytes(width * height)
    source = gray_pixbuf(level_map.levels, wide, high)
    inner = last - first
    empty, before, behind = bytes(width), bytes(first), bytes(width - last)
    rows: list[bytes] = []
    for start in range(0, height, max(1, STRIP // inner)):
        count = min(max(1, STRIP // inner), height - start)
        part = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, inner, count)  # noqa: FBT003 - no alpha
        place, smooth = (-left - first, -top - start), GdkPixbuf.InterpType.BILINEAR
        source.scale(part, 0, 0, inner, count, *place, scale, scale, smooth)
        levels = levels_of(part)
        for row in range(count):
            inside = endless or -top <= start + row < bottom
            rows.append(before + levels[row * inner : row * inner + inner] + behind if inside else empty)
    return b"".join(rows)


def _unpacked(text: str, count: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        levels = unpacker.decompress(base64.b64decode(text, validate=True), count + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError("no level map") from error
    if len(levels) != count:
        raise ValueError("no level map")
    return levels
