"""Layers in and out of GIMP: their pixels as the wire wants them, new layers where the artist expects them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from gimp_plugin.libgimp import Gegl, Gimp
from nst_core.errors import ImageTooSmallError, LayerGoneError, NothingVisibleError, UnsupportedLayerError
from nst_core.messages import BYTES_PER_PIXEL, Pixels
from nst_core.settings import MIN_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMAT = "R'G'B'A float"  # sRGB: babl converts from and to the image's precision and profile
STRIP = 2**26  # bytes read or written at once: GEGL counts them in 32 bits
GONE = "the layer or its image was closed while the engine worked"
RECIPE = "neural-style-recipe"  # the parasite on a new layer that says how it was made


def check(image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> None:
    """Raise UnsupportedLayerError, ImageTooSmallError or NothingVisibleError for what cannot be stylised."""
    if not drawables:
        raise UnsupportedLayerError("no layer is selected", "select one layer or more")
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise UnsupportedLayerError(
            "an image with indexed colours cannot be stylised", "convert it to RGB or grayscale"
        )
    for drawable in drawables:
        if not isinstance(drawable, Gimp.Layer):
            raise UnsupportedLayerError(f"{drawable.get_name()!r} is a mask or a channel", "select the layer itself")
        if drawable.is_group():
            raise UnsupportedLayerError(f"{drawable.get_name()!r} is a layer group", "select the layers in it")
        if not drawable.mask_intersect()[0]:
            raise NothingVisibleError(f"the selection lies outside of {drawable.get_name()!r}", "select a part of it")
        width, height = drawable.get_width(), drawable.get_height()
        if min(width, height) < MIN_SIDE:
            raise ImageTooSmallError(
                f"the layer {drawable.get_name()!r} is {width} x {height} px",
                f"stylise one of at least {MIN_SIDE} px on each side",
            )


def read(layer: Gimp.Layer) -> Pixels:
    """All pixels of a layer, whatever the selection. Raises LayerGoneError."""
    _home(layer)
    width, height = layer.get_width(), layer.get_height()
    buffer = layer.get_buffer()
    rgba = bytearray(width * height * BYTES_PER_PIXEL)
    for top, rows in _strips(width, height):
        start = top * width * BYTES_PER_PIXEL
        area = Gegl.Rectangle.new(0, top, width, rows)
        rgba[start : start + rows * width * BYTES_PER_PIXEL] = buffer.get(area, 1.0, FORMAT, Gegl.AbyssPolicy.NONE)
    return Pixels(width, height, rgba)


def insert_above(source: Gimp.Layer, pixels: Pixels, name: str, recipe: Mapping[str, Any]) -> Gimp.Layer:
    """A new layer right above its source: same group, same place; a selection becomes its mask.

    Raises LayerGoneError if the source was deleted or its image closed.
    """
    image = _home(source)
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    layer = Gimp.Layer.new(image, name, pixels.width, pixels.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    _write(layer, pixels)
    _, left, top = source.get_offsets()
    layer.set_offsets(left, top)  # before it comes into a group, which may be locked in its place
    image.insert_layer(layer, source.get_parent(), image.get_item_position(source))
    if not Gimp.Selection.is_empty(image):
        layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    note = json.dumps(dict(recipe), sort_keys=True).encode()
    layer.attach_parasite(Gimp.Parasite.new(RECIPE, Gimp.PARASITE_PERSISTENT, note))
    return layer


def is_there(layer: Gimp.Layer) -> bool:
    """Whether the layer is still part of an open image."""
    try:
        _home(layer)
    except LayerGoneError:
        return False
    return True


@contextlib.contextmanager
def undo_group(image: Gimp.Image) -> Iterator[None]:
    """One step in the artist's undo history, whatever happens inside."""
    image.undo_group_start()
    try:
        yield
    finally:
        if image.is_valid():
            image.undo_group_end()
            Gimp.displays_flush()


def _home(layer: Gimp.Layer) -> Gimp.Image:
    image = layer.get_image() if layer.is_valid() else None
    # A deleted layer lives on in the undo history: it is valid, but has no position any more.
    if image is None or not image.is_valid() or not _attached(image, layer):
        raise LayerGoneError(GONE)
    return image


def _attached(image: Gimp.Image, layer: Gimp.Layer) -> bool:
    top = layer
    while top.get_parent() is not None:
        top = top.get_parent()
    return any(top.get_id() == other.get_id() for other in image.get_layers())


def _write(layer: Gimp.Layer, pixels: Pixels) -> None:
    buffer = layer.get_buffer()
    rgba = memoryview(pixels.rgba).cast("B")
    for top, rows in _strips(pixels.width, pixels.height):
        start = top * pixels.width * BYTES_PER_PIXEL
        strip = rgba[start : start + rows * pixels.width * BYTES_PER_PIXEL]
        buffer.set(Gegl.Rectangle.new(0, top, pixels.width, rows), FORMAT, bytes(strip))
    buffer.flush()
    layer.update(0, 0, pixels.width, pixels.height)


def _strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    """(first row, number of rows) of pieces of at most STRIP bytes, but a row at least."""
    rows = max(1, STRIP // (width * BYTES_PER_PIXEL))
    for top in range(0, height, rows):
        yield top, min(rows, height - top)
