"""A strength map that is not part of the image: drawn in the window, or read from any drawable for a script.

It covers the whole image, at a lower resolution if that is large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gimp_plugin.image.level_maps import LevelMap, form_of
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError

DRAWN, DRAWABLE = "drawn", "drawable "
SHOWN = "Y'aA u8"  # perceptual lightness; transparent pixels are black
MOST_SIDE = 2048  # px: borders that are drawn are softer than a pixel at this size


@dataclass(frozen=True)
class DrawnMap:
    """A map. levels: 255 where the strength counts fully. base: the region on which it was drawn; empty: everywhere."""

    levels: LevelMap
    base: str = ""

    def read(self, area: Area, image: Gimp.Image) -> bytes:
        """The levels in an area of the image, which may have been scaled since. Raises InvalidSettingError."""
        return self.levels.read(area, image, beyond=Gegl.AbyssPolicy.CLAMP)

    def to_json(self) -> dict[str, Any]:
        """As JSON for the note on a layer; reduced if it is large."""
        return {"base": self.base, **self.levels.to_json()}

    @classmethod
    def from_json(cls, data: object) -> DrawnMap:
        """From JSON. Raises ValueError for anything else."""
        match data:
            case {"base": str(base)}:
                return cls(LevelMap.from_json(data), base)
        raise ValueError("no map")

    def save(self, image: Gimp.Image) -> Gimp.Channel:
        """Save the map as a channel of the image, in one undo step; selected layers stay selected."""
        width, height = image.get_width(), image.get_height()
        levels = self.read(Area(0, 0, width, height), image)
        selected = image.get_selected_layers()
        color = Gegl.Color.new("black")
        color.set_rgba(0, 0, 0, 0.5)
        channel = Gimp.Channel.new(image, _("Strength"), width, height, 50.0, color)
        buffer = channel.get_buffer()
        buffer.set(Gegl.Rectangle.new(0, 0, width, height), form_of(channel), levels)
        buffer.flush()
        channel.update(0, 0, width, height)
        channel.set_visible(False)
        image.undo_group_start()
        try:
            image.insert_channel(channel, None, 0)
            if selected:
                image.set_selected_layers(selected)
        finally:
            image.undo_group_end()
        Gimp.displays_flush()
        return channel


def of_drawable(key: str, image: Gimp.Image) -> DrawnMap:
    """A drawable as a map. key: `drawable ID` of any layer, mask or channel of an open image.

    A drawable of the same image counts at its position; one of another image covers the whole image and must have the
    same aspect ratio. Raises InvalidSettingError.
    """
    number = key.removeprefix(DRAWABLE)
    found = Gimp.Item.get_by_id(int(number)) if number.isdecimal() and int(number) < 2**31 else None
    if not isinstance(found, Gimp.Drawable) or not found.is_valid():
        raise InvalidSettingError(
            _("there is no layer, mask or channel with the number {number}").format(number=repr(number)),
            _("give the number of one in an open image"),
        )
    form = form_of(found) if isinstance(found, Gimp.Channel) else SHOWN
    size = (found.get_width(), found.get_height())
    left = top = 0
    if found.get_image() == image:
        size, (_ok, left, top) = (image.get_width(), image.get_height()), found.get_offsets()
    scale = min(1.0, MOST_SIDE / max(size))
    wide, high = (max(1, round(side * scale)) for side in size)
    corner = (-round(left * scale), -round(top * scale))
    levels = found.get_buffer().get(Gegl.Rectangle.new(*corner, wide, high), scale, form, Gegl.AbyssPolicy.NONE)
    if form == SHOWN:
        levels = levels[::2]
    return DrawnMap(LevelMap(size, (wide, high), bytes(levels)))
