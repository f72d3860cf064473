"""Temporary images: empty ones like a given one; renderings of layers with effects, of groups, and of whole images."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True)
class Rendering:
    """A rendered layer: a drawable, and its position in the layer's image."""

    drawable: Gimp.Layer
    left: int
    top: int


@dataclass(frozen=True)
class ImageTemplate:
    """The properties of an image, to make an empty one like it later, even if the original is closed by then."""

    size: tuple[int, int]
    base: Gimp.ImageBaseType
    precision: Gimp.Precision
    resolution: tuple[float, float]
    unit: Gimp.Unit = field(compare=False)
    profile: Gimp.ColorProfile | None = field(compare=False)

    @classmethod
    def of(cls, image: Gimp.Image) -> ImageTemplate:
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

    def in_color(self) -> ImageTemplate:
        """The same in RGB. A profile of gray does not fit it."""
        return self if self.base == Gimp.ImageBaseType.RGB else replace(self, base=Gimp.ImageBaseType.RGB, profile=None)

    def new_image(self) -> Gimp.Image:
        """A new image with undo disabled."""
        new = Gimp.Image.new_with_precision(*self.size, self.base, self.precision)
        new.undo_disable()
        if self.profile is not None:
            new.set_color_profile(self.profile)
        new.set_resolution(*self.resolution)
        new.set_unit(self.unit)
        return new


class Visible:
    """What an image shows, to be painted like a layer that lies on top of all others.

    It has the methods of layers that painting needs.
    """

    def __init__(self, image: Gimp.Image, without: Callable[[], Sequence[Gimp.Layer]] = tuple) -> None:
        """without: layers that do not count, though they are visible."""
        self._image = image
        self._without = without

    def is_valid(self) -> bool:
        """Whether the image is open."""
        return bool(self._image.is_valid())

    def get_image(self) -> Gimp.Image:
        """The image."""
        return self._image

    def get_name(self) -> str:
        """What GIMP calls a layer made of it."""
        return _("Visible")

    def get_id(self) -> int:
        """The number of no layer."""
        return 0

    def get_tattoo(self) -> int:
        """The tattoo of no layer."""
        return 0

    def get_width(self) -> int:
        """The image's width, px."""
        return int(self._image.get_width())

    def get_height(self) -> int:
        """The image's height, px."""
        return int(self._image.get_height())

    def get_offsets(self) -> tuple[bool, int, int]:
        """The image's own corner."""
        return True, 0, 0

    def mask_intersect(self) -> tuple[bool, int, int, int, int]:
        """Whether anything is selected; position and size of the selection, px."""
        _ok, _some, left, top, right, bottom = Gimp.Selection.bounds(self._image)
        return True, left, top, right - left, bottom - top

    def get_apply_mask(self) -> bool:
        """It has no mask."""
        return False

    def get_opacity(self) -> float:
        """It hides all that lies below."""
        return 100.0

    def get_mode(self) -> Gimp.LayerMode:
        """How it blends."""
        return Gimp.LayerMode.NORMAL

    def render(self, scratch: Gimp.Image) -> Rendering:
        """A rendering of it, in another image."""
        hidden = [layer for layer in self._without() if layer.is_valid() and layer.get_image() == self._image]
        if not hidden:
            return Rendering(Gimp.Layer.new_from_visible(self._image, scratch, None), 0, 0)
        copy = self._image.duplicate()
        try:
            copy.undo_disable()
            for layer in hidden:
                _counterpart(copy, layer).set_visible(False)
            return Rendering(Gimp.Layer.new_from_visible(copy, scratch, None), 0, 0)
        finally:
            copy.delete()


@contextlib.contextmanager
def rendered(layer: Gimp.Layer | Visible, *, as_seen: bool) -> Iterator[Rendering]:
    """The layer itself, or a temporary rendering of it if it has non-destructive effects or is a group.

    A group is rendered without the layers below it, and what is visible always.
    """
    if not _needs_rendering(layer, as_seen=as_seen):
        _ok, left, top = layer.get_offsets()
        yield Rendering(layer, left, top)
        return
    # Merging in its own image would change the selection and the undo history.
    scratch = ImageTemplate.of(layer.get_image()).new_image()
    try:
        yield _rendering_of(layer, scratch, as_seen=as_seen)
    finally:
        scratch.delete()


def _needs_rendering(layer: Gimp.Layer | Visible, *, as_seen: bool) -> bool:
    if isinstance(layer, Visible) or layer.is_group():
        return True
    return as_seen and any(effect.get_visible() for effect in layer.get_filters())


def _rendering_of(layer: Gimp.Layer | Visible, scratch: Gimp.Image, *, as_seen: bool) -> Rendering:
    if isinstance(layer, Visible):
        return layer.render(scratch)
    copy = Gimp.Layer.new_from_drawable(layer, scratch)
    for unlocked in (copy.set_lock_content, copy.set_lock_position, copy.set_lock_visibility, copy.set_lock_alpha):
        unlocked(False)  # noqa: FBT003 - GIMP's own
    scratch.insert_layer(copy, None, 0)
    return _of_group(copy, scratch, as_seen=as_seen) if layer.is_group() else _with_effects(layer, copy, scratch)


def _with_effects(layer: Gimp.Layer, copy: Gimp.Layer, scratch: Gimp.Image) -> Rendering:
    """A rendering of a layer with its effects, which are merged into its copy."""
    _ok, left, top = layer.get_offsets()
    copy.merge_filters()
    wider, higher = copy.get_width() - layer.get_width(), copy.get_height() - layer.get_height()
    if not wider and not higher:
        return Rendering(copy, left, top)
    # GIMP 3.0 does not report the position of a layer that effects enlarge, but renders it at the right one.
    _make_fully_visible(copy)
    width, height = layer.get_width() + 2 * wider, layer.get_height() + 2 * higher
    scratch.resize(width, height, wider - left, higher - top)
    return Rendering(Gimp.Layer.new_from_visible(scratch, scratch, None), left - wider, top - higher)


def _of_group(copy: Gimp.GroupLayer, scratch: Gimp.Image, *, as_seen: bool) -> Rendering:
    """A rendering of a copy of a group. as_seen: with the group's own effects."""
    for effect in [] if as_seen else copy.get_filters():
        effect.delete()
    _make_fully_visible(copy)
    _ok, left, top = copy.get_offsets()
    scratch.resize(copy.get_width(), copy.get_height(), -left, -top)
    return Rendering(Gimp.Layer.new_from_visible(scratch, scratch, None), left, top)


def _counterpart(copy: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """The layer at the same place in a copy of its image."""
    parent, place = layer.get_parent(), layer.get_image().get_item_position(layer)
    return (copy.get_layers() if parent is None else _counterpart(copy, parent).get_children())[place]


def _make_fully_visible(copy: Gimp.Layer) -> None:
    """Opacity, mode, no mask."""
    if copy.get_mask():
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    copy.set_mode(Gimp.LayerMode.NORMAL)
    copy.set_opacity(100.0)
    copy.set_visible(True)
