"""Temporary images: empty ones like a given one, and renderings of layers with effects and of groups."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Sight:
    """A rendered layer: a drawable, and its position in the layer's image."""

    drawable: Gimp.Layer
    left: int
    top: int


@dataclass(frozen=True)
class Paper:
    """The properties of an empty image, to make another one like it later, even if the original is closed by then."""

    size: tuple[int, int]
    base: Gimp.ImageBaseType
    precision: Gimp.Precision
    resolution: tuple[float, float]
    unit: Gimp.Unit = field(compare=False)
    profile: Gimp.ColorProfile | None = field(compare=False)

    @classmethod
    def of(cls, image: Gimp.Image) -> Paper:
        """The properties of an image."""
        _ok, across, down = image.get_resolution()
        return cls(
            (image.get_width(), image.get_height()),
            image.get_base_type(),
            image.get_precision(),
            (across, down),
            image.get_unit(),
            image.get_color_profile(),
        )

    def image(self) -> Gimp.Image:
        """A new image with undo disabled."""
        new = Gimp.Image.new_with_precision(*self.size, self.base, self.precision)
        new.undo_disable()
        if self.profile is not None:
            new.set_color_profile(self.profile)
        new.set_resolution(*self.resolution)
        new.set_unit(self.unit)
        return new


@contextlib.contextmanager
def seen(layer: Gimp.Layer, *, as_seen: bool) -> Iterator[Sight]:
    """The layer itself, or a temporary rendering of it if it has non-destructive effects or is a group.

    A group is rendered without the layers below it.
    """
    _ok, left, top = layer.get_offsets()
    whole = layer.is_group()
    if not whole and (not as_seen or not any(effect.get_visible() for effect in layer.get_filters())):
        yield Sight(layer, left, top)
        return
    # Merging in its own image would change the selection and the undo history.
    scratch = like(layer.get_image())
    try:
        yield (_flat(layer, scratch, as_seen=as_seen) if whole else _merged(layer, scratch, left, top))
    finally:
        scratch.delete()


def like(image: Gimp.Image) -> Gimp.Image:
    """An empty image of the same size, kind, precision, profile and resolution, with undo disabled."""
    return Paper.of(image).image()


def unlock(copy: Gimp.Layer) -> None:
    """Remove the locks of a copy."""
    for unlocked in (copy.set_lock_content, copy.set_lock_position, copy.set_lock_visibility, copy.set_lock_alpha):
        unlocked(False)  # noqa: FBT003 - GIMP's own


def _merged(layer: Gimp.Layer, scratch: Gimp.Image, left: int, top: int) -> Sight:
    copy = Gimp.Layer.new_from_drawable(layer, scratch)
    unlock(copy)
    scratch.insert_layer(copy, None, 0)
    copy.merge_filters()
    wider, higher = copy.get_width() - layer.get_width(), copy.get_height() - layer.get_height()
    if not wider and not higher:
        return Sight(copy, left, top)
    # GIMP 3.0 does not report the position of a layer that effects enlarge, but renders it at the right one.
    _bare(copy)
    width, height = layer.get_width() + 2 * wider, layer.get_height() + 2 * higher
    scratch.resize(width, height, wider - left, higher - top)
    return Sight(Gimp.Layer.new_from_visible(scratch, scratch, None), left - wider, top - higher)


def _flat(group: Gimp.GroupLayer, scratch: Gimp.Image, *, as_seen: bool) -> Sight:
    """A rendering of a group. as_seen: with the group's own effects."""
    copy = Gimp.Layer.new_from_drawable(group, scratch)
    unlock(copy)
    scratch.insert_layer(copy, None, 0)
    for effect in [] if as_seen else copy.get_filters():
        effect.delete()
    _bare(copy)
    _ok, left, top = copy.get_offsets()
    scratch.resize(copy.get_width(), copy.get_height(), -left, -top)
    return Sight(Gimp.Layer.new_from_visible(scratch, scratch, None), left, top)


def _bare(copy: Gimp.Layer) -> None:
    """Make a copy fully visible: opacity, mode, mask."""
    if copy.get_mask():
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    copy.set_mode(Gimp.LayerMode.NORMAL)
    copy.set_opacity(100.0)
    copy.set_visible(True)
