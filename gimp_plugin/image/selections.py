"""A selection as it was: kept while it says where styles count, and in the note on what was painted so."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.wire.messages import MAX_SIDE

if TYPE_CHECKING:
    from gimp_plugin.image.types import Area

LEVELS = "Y u8"  # linear, as selections are
MOST_NOTED = 2**18  # bytes: a selection that takes more is noted at half its size, or less
MOST_LEVELS = 2**30
ALIKE = 0.01  # of a side: what rounding does to the shape of an image that is scaled


@dataclass(frozen=True)
class Selection:
    """image: the width and height of its image then, px. size: those of the rows of `levels`, one byte a pixel."""

    image: tuple[int, int]
    size: tuple[int, int]
    levels: bytes = field(repr=False)

    def read(self, area: Area, image: Gimp.Image) -> bytes:
        """The levels in an area of the image, which may have been scaled since. Raises InvalidSettingError."""
        width, height = image.get_width(), image.get_height()
        if abs(width * self.image[1] - height * self.image[0]) > ALIKE * width * self.image[1]:
            raise InvalidSettingError(
                _("the image has another shape than when its selection said where styles count"),
                _("choose the styles again in Neural Style"),
            )
        return _part(self, area.scale * width / self.size[0], (area.left, area.top, area.width, area.height))

    def to_json(self) -> dict[str, Any]:
        """What to write down, never much."""
        noted = self
        packed = zlib.compress(noted.levels, 9)
        while len(packed) > MOST_NOTED:
            noted = noted._half()
            packed = zlib.compress(noted.levels, 9)
        return {"image": self.image, "size": noted.size, "levels": base64.b64encode(packed).decode()}

    @classmethod
    def from_json(cls, said: object) -> Selection:
        """What was written down. Raises ValueError for anything else."""
        match said:
            case {
                "image": [int() as wide, int() as high],
                "size": [int() as width, int() as height],
                "levels": str(text),
            }:
                if min(wide, high, width, height) > 0 and max(wide, high) <= MAX_SIDE and width * height <= MOST_LEVELS:
                    return cls((wide, high), (width, height), _unpacked(text, width * height))
        raise ValueError("no selection")

    def _half(self) -> Selection:
        size = (max(1, self.size[0] // 2), max(1, self.size[1] // 2))
        return Selection(self.image, size, _part(self, size[0] / self.size[0], (0, 0, *size)))


def present(image: Gimp.Image) -> Selection | None:
    """The selection as it is now; None if nothing is selected, or the image was closed."""
    if not image.is_valid() or Gimp.Selection.is_empty(image):
        return None
    size = (image.get_width(), image.get_height())
    whole = Gegl.Rectangle.new(0, 0, *size)
    return Selection(size, size, image.get_selection().get_buffer().get(whole, 1.0, LEVELS, Gegl.AbyssPolicy.NONE))


def buffer_of(levels: bytes, width: int, height: int) -> Gegl.Buffer:
    """The levels, where GEGL scales and converts them."""
    Gegl.init(None)  # does nothing the second time
    buffer = Gegl.Buffer.new(LEVELS, 0, 0, width, height)
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), LEVELS, levels)
    return buffer


def _part(selection: Selection, scale: float, box: tuple[int, int, int, int]) -> bytes:
    """box: left, top, width and height in the selection, scaled by `scale`."""
    buffer = buffer_of(selection.levels, *selection.size)
    levels: bytes = buffer.get(Gegl.Rectangle.new(*box), scale, LEVELS, Gegl.AbyssPolicy.NONE)
    return levels


def _unpacked(text: str, count: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        levels = unpacker.decompress(base64.b64decode(text, validate=True), count + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError("no selection") from error
    if len(levels) != count:
        raise ValueError("no selection")
    return levels
