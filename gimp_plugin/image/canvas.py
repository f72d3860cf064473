"""Reads and writes pixels of layers in the format of the wire, with their place and mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gimp_plugin.image import masks, scratch, turns
from gimp_plugin.image.types import Area, Hiding, LayerState, Place
from gimp_plugin.libgimp import Gegl, Gimp, new_buffer
from gimp_plugin.translation import _
from nst_core.shared.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    LayerGoneError,
    NeuralStyleError,
    NothingVisibleError,
    UnsupportedLayerError,
)
from nst_core.shared.image_header import MAX_PIXELS
from nst_core.shared.settings import MIN_SIDE
from nst_core.shared.wire.messages import BYTES_PER_PIXEL, Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMAT = "R'G'B'A float"  # sRGB: babl converts from and to the image's precision and profile
SCREEN = "R'G'B'A u8"  # the same in bytes
STRIP = 2**26  # bytes that are read or written at a time: GEGL counts them in 32 bits
GONE = _("the layer or its image was closed"), _("open it again, and start Neural Style there")

LeftOut = list[tuple[str, NeuralStyleError]]
"""The names of layers that are not painted, each with the reason."""


@dataclass(frozen=True)
class View:
    """A layer as the engine gets it. mask: float32 rows, 0 where selection or layer mask hide it; None: nowhere."""

    place: Place
    pixels: Pixels
    mask: bytes | None = field(repr=False)


def paintable(image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> tuple[list[Gimp.Layer], LeftOut]:
    """The layers among the drawables that can be painted, and the others with the reason of each.

    A mask that is being edited stands for its layer, a group for the picture of its layers. Raises
    UnsupportedLayerError, ImageTooLargeError, ImageTooSmallError or NothingVisibleError if none can be painted.
    """
    if not drawables:
        raise UnsupportedLayerError(_("no layer is selected"), _("select one or more in the Layers dialog"))
    _refuse_indexed(image)
    good: list[Gimp.Layer] = []
    bad: LeftOut = []
    for drawable in layers_of(drawables):
        try:
            _check(drawable, repr(drawable.get_name()))
        except NeuralStyleError as error:  # noqa: PERF203 - a few layers
            bad.append((drawable.get_name(), error))
        else:
            good.append(drawable)
    if not good and bad:
        raise bad[0][1]
    return good, bad


def visible(image: Gimp.Image) -> scratch.Visible:
    """What an image shows. Raises as `paintable`."""
    found = scratch.Visible(image)
    check(found)
    return found


def check(layer: Gimp.Layer | scratch.Visible) -> None:
    """Raise the error of `paintable` if a layer, or what an image shows, cannot be painted."""
    _refuse_indexed(image_of(layer))
    _check(layer, repr(layer.get_name()))


def layers_of(drawables: Sequence[Gimp.Drawable]) -> list[Gimp.Drawable]:
    """Each drawable once; a mask that is being edited stands for its layer."""
    found: dict[int, Gimp.Drawable] = {}
    for drawable in drawables:
        layer = Gimp.Layer.from_mask(drawable) if isinstance(drawable, Gimp.LayerMask) else drawable
        if layer is not None:
            found.setdefault(layer.get_id(), layer)
    return list(found.values())


def view_of(layer: Gimp.Layer | scratch.Visible, *, as_seen: bool, hiding: Hiding) -> View:
    """Read a layer, with its non-destructive effects if `as_seen`; these may make it larger. Raises LayerGoneError.

    hiding: whether selection and mask count.
    """
    image_of(layer)
    with scratch.rendered(layer, as_seen=as_seen) as rendering:
        pixels = pixels_of(rendering.drawable)
        area = Area(rendering.left, rendering.top, pixels.width, pixels.height)
        kept = masks.soft(layer, area, hiding)
        place = Place(layer, rendering.left, rendering.top, as_seen, _state_of(layer), kept)
        return View(place, pixels, masks.visible(layer, area, hiding))


def read(layer: Gimp.Layer, *, as_seen: bool = True) -> Pixels:
    """All pixels of a layer, hidden ones too. Raises LayerGoneError."""
    image_of(layer)
    with scratch.rendered(layer, as_seen=as_seen) as rendering:
        return pixels_of(rendering.drawable)


def pixels_of(drawable: Gimp.Drawable) -> Pixels:
    """The pixels of a drawable, without its effects."""
    width, height = drawable.get_width(), drawable.get_height()
    buffer = drawable.get_buffer()
    rgba = bytearray(width * height * BYTES_PER_PIXEL)
    for top, rows in _strips(width, height):
        start = top * width * BYTES_PER_PIXEL
        area = Gegl.Rectangle.new(0, top, width, rows)
        rgba[start : start + rows * width * BYTES_PER_PIXEL] = buffer.get(area, 1.0, FORMAT, Gegl.AbyssPolicy.NONE)
    return Pixels(width, height, rgba)


def scaled(drawable: Gimp.Drawable, size: tuple[int, int], scale: float, form: str) -> bytes:
    """The whole drawable, scaled to a size, in a babl format. Scaled as floats, because GEGL makes some bytes black."""
    area = Gegl.Rectangle.new(0, 0, *size)
    rgba: bytes = drawable.get_buffer().get(area, scale, FORMAT, Gegl.AbyssPolicy.CLAMP)
    if form == FORMAT:
        return rgba
    buffer = new_buffer(FORMAT, *size)
    buffer.set(area, FORMAT, rgba)
    converted: bytes = buffer.get(area, 1.0, form, Gegl.AbyssPolicy.NONE)
    return converted


def reduced(drawable: Gimp.Drawable, edge: int, form: str) -> tuple[int, int, bytes]:
    """(width, height, pixels in a babl format) of the whole drawable, scaled down to `edge` px if it is larger."""
    width, height = drawable.get_width(), drawable.get_height()
    scale = min(1.0, edge / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return *size, scaled(drawable, size, scale, form)


def new_layer(image: Gimp.Image, name: str, pixels: Pixels) -> Gimp.Layer:
    """A layer with these pixels, in the image's colours. It is not inserted yet."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    layer = Gimp.Layer.new(image, name, pixels.width, pixels.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    _write(layer, pixels)
    return layer


def _write(layer: Gimp.Layer, pixels: Pixels) -> None:
    buffer = layer.get_buffer()
    rgba = memoryview(pixels.rgba).cast("B")
    for top, rows in _strips(pixels.width, pixels.height):
        start = top * pixels.width * BYTES_PER_PIXEL
        strip = rgba[start : start + rows * pixels.width * BYTES_PER_PIXEL]
        buffer.set(Gegl.Rectangle.new(0, top, pixels.width, rows), FORMAT, bytes(strip))
    buffer.flush()
    layer.update(0, 0, pixels.width, pixels.height)


def shift_of(place: Place) -> tuple[int, int] | None:
    """How far a layer was moved since it was painted, px to the right and down.

    None if its painting does not fit it any more: it was deleted, scaled, converted, mirrored or turned.
    """
    if not is_there(place.layer):
        return None
    now, then = _state_of(place.layer), place.before
    if now.size != then.size or now.template.base != then.template.base or turns.turned(then.small, now.small):
        return None
    return now.corner[0] - then.corner[0], now.corner[1] - then.corner[1]


def is_there(layer: Gimp.Layer) -> bool:
    """Whether the layer is still part of an open image."""
    try:
        image_of(layer)
    except LayerGoneError:
        return False
    return True


def image_of(layer: Gimp.Layer) -> Gimp.Image:
    """The image a layer is part of. Raises LayerGoneError."""
    image = layer.get_image() if layer.is_valid() else None
    # A deleted layer in the undo history is valid, but has no position.
    if image is None or not image.is_valid() or not (isinstance(layer, scratch.Visible) or _attached(image, layer)):
        raise LayerGoneError(*GONE)
    return image


def _refuse_indexed(image: Gimp.Image) -> None:
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise UnsupportedLayerError(
            _("an image with indexed colours cannot be painted"), _("choose Image > Mode > RGB first")
        )


def _check(drawable: Gimp.Drawable | scratch.Visible, name: str) -> None:
    if not isinstance(drawable, (Gimp.Layer, scratch.Visible)):
        raise UnsupportedLayerError(
            _("{layer} is a channel, not a layer").format(layer=name), _("select a layer in the Layers dialog")
        )
    if not drawable.mask_intersect()[0]:
        raise NothingVisibleError(
            _("the selection lies outside of {layer}").format(layer=name),
            _("select a part of it, or choose Select > None"),
        )
    width, height = drawable.get_width(), drawable.get_height()
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            _("the layer {layer} is {width} x {height} px").format(layer=name, width=width, height=height),
            _("use a picture of at most {0} megapixels").format(MAX_PIXELS // 1_000_000),
        )
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmallError(
            _("the layer {layer} is {width} x {height} px").format(layer=name, width=width, height=height),
            _("choose one of at least {side} px on each side").format(side=MIN_SIDE),
        )


def _state_of(layer: Gimp.Layer) -> LayerState:
    """The layer as it is now."""
    _ok, left, top = layer.get_offsets()
    size = (layer.get_width(), layer.get_height())
    template = scratch.ImageTemplate.of(layer.get_image())
    return LayerState(layer.get_name(), layer.get_tattoo(), size, (left, top), template, _small(layer))


def _small(layer: Gimp.Layer) -> tuple[int, bytes]:
    """The layer's width and pixels at a small size, for comparison."""
    if isinstance(layer, scratch.Visible):
        with scratch.rendered(layer, as_seen=True) as rendering:
            width, _height, rgba = reduced(rendering.drawable, turns.SIDE, SCREEN)
    else:
        width, _height, rgba = reduced(layer, turns.SIDE, SCREEN)
    return width, rgba


def top_level(layer: Gimp.Layer) -> Gimp.Layer:
    """The outermost group around a layer, or the layer itself."""
    while (parent := layer.get_parent()) is not None:
        layer = parent
    return layer


def _attached(image: Gimp.Image, layer: Gimp.Layer) -> bool:
    top = top_level(layer)
    return any(top.get_id() == other.get_id() for other in image.get_layers())


def _strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    """(first row, number of rows) of strips of at most STRIP bytes, at least one row each."""
    rows = max(1, STRIP // (width * BYTES_PER_PIXEL))
    for top in range(0, height, rows):
        yield top, min(rows, height - top)
