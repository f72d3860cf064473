"""Where in an image a style or the strength may count: in or outside the selection, where a channel or mask is white.

A region's key is `inside`, `outside`, `channel NAME`, `mask LAYER`, or empty: everywhere. In an image no two channels
have the same name, and no two layers. The strength has two more, for a map that is not in the image: `drawn`, and for
scripts `drawable ID`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gimp_plugin.image import drawn_maps, selections
from gimp_plugin.image.drawn_maps import DRAWN, DrawnMap
from gimp_plugin.image.types import Area, Hiding
from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gimp_plugin.image.selections import Selection
    from nst_core.shared.wire.messages import StyleFile, StylePixels


EVERYWHERE, INSIDE, OUTSIDE = "", "inside", "outside"
CHANNEL, MASK = "channel ", "mask "
GUIDE = "Y float"
REMEMBERED = "neural-style-regions"  # a note that is not saved with the image
INVERTED = bytes(range(255, -1, -1))


@dataclass(frozen=True)
class Region:
    """A region as the artist reads it."""

    key: str
    title: str


@dataclass(frozen=True)
class Regions:
    """Where each of some styles counts, and the strength.

    selection: the one meant, as it was then; None: nothing was selected, or it means where to paint at all.
    drawn: the map meant where `strength` is DRAWN.
    """

    keys: tuple[str, ...] = ()
    selection: Selection | None = None
    strength: str = EVERYWHERE
    drawn: DrawnMap | None = None

    def hiding(self, layer: Gimp.Layer) -> Hiding:
        """What hides parts of a layer: a selection that says where something counts does not, nor such a mask.

        Nor do they where a map was drawn upon them.
        """
        strength = self.drawn.base if self.strength == DRAWN and self.drawn is not None else self.strength
        own = strength == f"{MASK}{layer.get_name()}"
        return Hiding(selection=self.selection is None, mask=not own)

    def guide(
        self, styles: Sequence[StyleFile | StylePixels], image: Gimp.Image, area: Area
    ) -> tuple[StyleFile | StylePixels, ...]:
        """The styles, with the guides of their regions in an area. Raises InvalidSettingError for one not there."""
        pairs = zip(styles, self.keys, strict=True)
        return tuple(replace(style, guide=self._read(key, image, area)) for style, key in pairs)

    def levels(self, image: Gimp.Image, area: Area) -> bytes | None:
        """What multiplies the strength in an area, one byte a pixel; None: nothing does. Raises as `guide`."""
        rows = self.strength_map(image, area)
        if rows is None:
            return None
        whole = Gegl.Rectangle.new(0, 0, area.width, area.height)
        buffer = Gegl.Buffer.new(GUIDE, 0, 0, area.width, area.height)
        buffer.set(whole, GUIDE, rows)
        levels: bytes = buffer.get(whole, 1.0, selections.LEVELS, Gegl.AbyssPolicy.NONE)
        return levels

    def strength_map(self, image: Gimp.Image, area: Area) -> bytes | None:
        """Float32 rows that multiply the strength in an area; None: nothing does. Raises as `guide`."""
        return self._read(self.strength, image, area)

    def _read(self, key: str, image: Gimp.Image, area: Area) -> bytes | None:
        if key == DRAWN and self.drawn is not None:
            return _floats(self.drawn.read(area, image), area)
        if key not in (INSIDE, OUTSIDE):
            return _of_item(key, image, area) if key else None
        if self.selection is None:
            return None
        levels = self.selection.read(area, image)
        return _floats(levels.translate(INVERTED) if key == OUTSIDE else levels, area)


def chosen(
    keys: Sequence[str], image: Gimp.Image, strength: str = EVERYWHERE, drawn: DrawnMap | None = None
) -> Regions:
    """The regions that are chosen now. strength: where that counts; drawn: what was drawn for it.

    Raises InvalidSettingError for a drawable that is not there.
    """
    if strength.startswith(drawn_maps.DRAWABLE):
        strength, drawn = DRAWN, drawn_maps.of_drawable(strength, image)
    base = drawn.base if strength == DRAWN and drawn is not None else strength
    selected = any(key in (INSIDE, OUTSIDE) for key in (*keys, base))
    return Regions(
        tuple(keys), selections.present(image) if selected else None, strength, drawn if strength == DRAWN else None
    )


@dataclass(frozen=True)
class Remembered:
    """Where styles and strength counted in an image the last time. keys: of the styles; drawn: the map for it."""

    keys: list[str]
    strength: str = EVERYWHERE
    drawn: DrawnMap | None = None


def remember(image: Gimp.Image, keys: Mapping[str, str], strength: str, drawn: DrawnMap | None = None) -> None:
    """Let an image know, while it is open, where styles and strength count in it. keys: by what names a style.

    drawn: kept for later, whether it counts or not.
    """
    if image.is_valid():
        said: dict[str, Any] = {"styles": {_digest(name): key for name, key in keys.items() if key}}
        said |= {"strength": strength, "drawn": drawn.to_json() if drawn is not None else None}
        image.attach_parasite(Gimp.Parasite.new(REMEMBERED, 0, json.dumps(said).encode()))


def remembered(image: Gimp.Image, names: Sequence[str]) -> Remembered:
    """Where those styles counted in this image the last time, and the strength: everywhere, if it was never said.

    What was there then may be gone.
    """
    parasite = image.get_parasite(REMEMBERED) if image.is_valid() else None
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(bytes(parasite.get_data())) if parasite is not None else None
        match said:
            case {"styles": dict() as keys, "strength": str(strength), "drawn": drawn}:
                found = [str(keys.get(_digest(name), EVERYWHERE)) for name in names]
                return Remembered(found, strength, DrawnMap.from_json(drawn) if drawn else None)
    return Remembered([EVERYWHERE for _name in names])


def _digest(name: str) -> str:
    """An image is told no paths."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()


def available(image: Gimp.Image) -> list[Region]:
    """Everywhere first, then what the image has of selection, channels and masks."""
    found = [Region(EVERYWHERE, _("Everywhere"))]
    if not Gimp.Selection.is_empty(image):
        found += [Region(INSIDE, _("In the selection")), Region(OUTSIDE, _("Outside the selection"))]
    for channel in image.get_channels():
        name = channel.get_name()
        found.append(Region(CHANNEL + name, _("Channel {name}").format(name=name)))
    for layer in _all(image.get_layers()):
        if layer.get_mask() is not None:
            name = layer.get_name()
            found.append(Region(MASK + name, _("Mask of {layer}").format(layer=name)))
    return found


def _of_item(key: str, image: Gimp.Image, area: Area) -> bytes:
    channel, left, top = _channel(key, image)
    corner = (area.left - round(left * area.scale), area.top - round(top * area.scale))
    there = Gegl.Rectangle.new(*corner, area.width, area.height)
    levels: bytes = channel.get_buffer().get(there, area.scale, selections.form_of(channel), Gegl.AbyssPolicy.NONE)
    return _floats(levels, area)


def _floats(levels: bytes, area: Area) -> bytes:
    whole = Gegl.Rectangle.new(0, 0, area.width, area.height)
    buffer = selections.buffer_of(levels, area.width, area.height)
    guide: bytes = buffer.get(whole, 1.0, GUIDE, Gegl.AbyssPolicy.NONE)
    return guide


def _channel(key: str, image: Gimp.Image) -> tuple[Gimp.Channel, int, int]:
    """The channel behind a key, and where its corner lies in the image."""
    if key.startswith(CHANNEL):
        channel = image.get_channel_by_name(key.removeprefix(CHANNEL))
        if channel is not None:
            return channel, 0, 0
    elif key.startswith(MASK):
        layer = image.get_layer_by_name(key.removeprefix(MASK))
        mask = layer.get_mask() if layer is not None else None
        if mask is not None:
            _ok, left, top = layer.get_offsets()
            return mask, left, top
    raise InvalidSettingError(
        _("the image has nothing that is called {region}, where a style or the strength shall count").format(
            region=repr(key)
        ),
        _("choose another region"),
    )


def _all(layers: Sequence[Gimp.Layer]) -> Iterator[Gimp.Layer]:
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from _all(layer.get_children())
