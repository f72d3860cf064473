"""Regions for styles and the strength: inside or outside the selection, or where a channel or mask is white.

A region's key is `inside`, `outside`, `channel NAME`, `mask LAYER`, or empty for everywhere. Names of channels and of
layers are unique in an image. The strength has two more, for maps that are not in the image: `drawn`, and for scripts
`drawable ID`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gimp_plugin.image import drawn_maps, level_maps
from gimp_plugin.image.drawn_maps import DRAWN, DrawnMap
from gimp_plugin.image.types import Area, Hiding
from gimp_plugin.libgimp import Gimp
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gimp_plugin.image.level_maps import LevelMap
    from nst_core.shared.wire.messages import StyleFile, StylePixels


EVERYWHERE, INSIDE, OUTSIDE = "", "inside", "outside"
CHANNEL, MASK = "channel ", "mask "
LAST = "neural-style-regions"  # a parasite that is not saved with the image
INVERTED = bytes(range(255, -1, -1))


@dataclass(frozen=True)
class Region:
    """A region that the artist can choose: its key and label."""

    key: str
    title: str


@dataclass(frozen=True)
class Regions:
    """Where some styles and the strength count. keys: the region of each style; strength: that of the strength.

    selection: a copy of the selection for `inside` and `outside`; None if neither is used. drawn: the map if `strength`
    is DRAWN.
    """

    keys: tuple[str, ...] = ()
    selection: LevelMap | None = None
    strength: str = EVERYWHERE
    drawn: DrawnMap | None = None

    @classmethod
    def of(
        cls, keys: Sequence[str], image: Gimp.Image, strength: str = EVERYWHERE, drawn: DrawnMap | None = None
    ) -> Regions:
        """The regions of these keys, with the selection as it is now. drawn: used if `strength` is DRAWN.

        Raises InvalidSettingError for a drawable that does not exist.
        """
        if strength.startswith(drawn_maps.DRAWABLE):
            strength, drawn = DRAWN, drawn_maps.of_drawable(strength, image)
        drawn = drawn if strength == DRAWN else None
        base = strength if drawn is None else drawn.base
        selected = any(key in (INSIDE, OUTSIDE) for key in (*keys, base))
        return cls(tuple(keys), level_maps.of_selection(image) if selected else None, strength, drawn)

    def hiding(self, layer: Gimp.Layer) -> Hiding:
        """What hides parts of a layer. A selection or mask that is used as a region, or as base of a map, does not."""
        strength = self.strength if self.drawn is None else self.drawn.base
        own = strength == f"{MASK}{layer.get_name()}"
        return Hiding(selection=self.selection is None, mask=not own)

    def guide(
        self, styles: Sequence[StyleFile | StylePixels], image: Gimp.Image, area: Area
    ) -> tuple[StyleFile | StylePixels, ...]:
        """The styles with guides for an area. Raises InvalidSettingError for a region that does not exist."""
        pairs = zip(styles, self.keys, strict=True)
        return tuple(replace(style, guide=_floats(self._levels(key, image, area), area)) for style, key in pairs)

    def levels(self, image: Gimp.Image, area: Area) -> bytes | None:
        """The strength map in an area, one byte per pixel; None: there is none. Raises as `guide`."""
        return self._levels(self.strength, image, area)

    def strength_map(self, image: Gimp.Image, area: Area) -> bytes | None:
        """The strength map in an area, float32 rows; None: there is none. Raises as `guide`."""
        return _floats(self.levels(image, area), area)

    def _levels(self, key: str, image: Gimp.Image, area: Area) -> bytes | None:
        if key == DRAWN and self.drawn is not None:
            return self.drawn.read(area, image)
        if key not in (INSIDE, OUTSIDE):
            return _of_item(key, image, area) if key else None
        if self.selection is None:
            return None
        levels = self.selection.read(area, image)
        return levels.translate(INVERTED) if key == OUTSIDE else levels


@dataclass(frozen=True)
class LastRegions:
    """The regions used last in an image. keys: of the styles; strength: key; drawn: map for DRAWN."""

    keys: list[str]
    strength: str = EVERYWHERE
    drawn: DrawnMap | None = None


def remember(image: Gimp.Image, keys: Mapping[str, str], strength: str, drawn: DrawnMap | None = None) -> None:
    """Store the regions in an image as long as it is open. keys: by the style's name.

    drawn: stored even if it is not used.
    """
    if image.is_valid():
        data: dict[str, Any] = {"styles": {_digest(name): key for name, key in keys.items() if key}}
        data |= {"strength": strength, "drawn": drawn.to_json() if drawn is not None else None}
        image.attach_parasite(Gimp.Parasite.new(LAST, 0, json.dumps(data).encode()))


def recall(image: Gimp.Image, names: Sequence[str]) -> LastRegions:
    """The regions of these styles and of the strength that were used last in this image; by default everywhere.

    The channels and masks may not exist any more.
    """
    parasite = image.get_parasite(LAST) if image.is_valid() else None
    with contextlib.suppress(ValueError, RecursionError):
        data = json.loads(bytes(parasite.get_data())) if parasite is not None else None
        match data:
            case {"styles": dict() as keys, "strength": str(strength), "drawn": drawn}:
                found = [str(keys.get(_digest(name), EVERYWHERE)) for name in names]
                return LastRegions(found, strength, DrawnMap.from_json(drawn) if drawn else None)
    return LastRegions([EVERYWHERE for _name in names])


def _digest(name: str) -> str:
    """A digest, because an image must not contain paths."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()


def available(image: Gimp.Image) -> list[Region]:
    """All regions of an image: everywhere, selection, channels and masks."""
    found = [Region(EVERYWHERE, _("Everywhere"))]
    if not Gimp.Selection.is_empty(image):
        found += [Region(INSIDE, _("In the selection")), Region(OUTSIDE, _("Outside the selection"))]
    for channel in image.get_channels():
        name = channel.get_name()
        found.append(Region(CHANNEL + name, _("Channel {name}").format(name=name)))
    for layer in all_layers(image.get_layers()):
        if layer.get_mask() is not None:
            name = layer.get_name()
            found.append(Region(MASK + name, _("Mask of {layer}").format(layer=name)))
    return found


def _of_item(key: str, image: Gimp.Image, area: Area) -> bytes:
    channel, corner = _channel(key, image)
    return level_maps.of_channel(channel, corner, area, level_maps.form_of(channel))


def _floats(levels: bytes | None, area: Area) -> bytes | None:
    return None if levels is None else level_maps.floats(levels, area.width, area.height)


def _channel(key: str, image: Gimp.Image) -> tuple[Gimp.Channel, tuple[int, int]]:
    """The channel or mask of a key, and its position in the image."""
    if key.startswith(CHANNEL):
        channel = image.get_channel_by_name(key.removeprefix(CHANNEL))
        if channel is not None:
            return channel, (0, 0)
    elif key.startswith(MASK):
        layer = image.get_layer_by_name(key.removeprefix(MASK))
        mask = layer.get_mask() if layer is not None else None
        if mask is not None:
            _ok, left, top = layer.get_offsets()
            return mask, (left, top)
    raise InvalidSettingError(
        _("the image has nothing that is called {region}, where a style or the strength shall count").format(
            region=repr(key)
        ),
        _("choose another region"),
    )


def all_layers(layers: Sequence[Gimp.Layer]) -> Iterator[Gimp.Layer]:
    """These layers, and those in groups among them, from the top."""
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from all_layers(layer.get_children())
