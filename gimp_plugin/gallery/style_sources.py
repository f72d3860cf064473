"""Open images and their layers as styles: what there is, its pixels, its thumbnail.

A source's key is a layer's number as text, or `image N` for what an image shows as a whole.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gegl, Gimp, GLib
from gimp_plugin.libgtk import GdkPixbuf
from gimp_plugin.translation import _
from nst_core.errors import LayerGoneError
from nst_core.messages import Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_EDGE = 4096  # pixels: a finer style says nothing more to a picture of any common size
_WHOLE = "image "


@dataclass(frozen=True)
class Source:
    """Something open in GIMP that can serve as a style. depth: in how many groups it lies."""

    key: str
    title: str
    depth: int = 0


def open_images() -> list[tuple[str, list[Source]]]:
    """Each open image's name, with what it shows first, then its layers from the top, groups among them."""
    return [(image.get_name(), [_whole(image), *_layers(image.get_layers())]) for image in Gimp.get_images()]


def is_image(key: str) -> bool:
    """Whether a key stands for what an image shows, instead of for one layer."""
    return key.startswith(_WHOLE)


def read(key: str, edge: int = MOST_EDGE) -> Pixels:
    """The pixels of a source, scaled down to `edge` px where it is larger. Raises LayerGoneError."""
    with _drawable(key) as drawable:
        width, height, rgba = _scaled(drawable, edge, "R'G'B'A float")
    return Pixels(width, height, rgba)


def encode(key: str) -> bytes:
    """A source as a PNG. Raises LayerGoneError."""
    with _drawable(key) as drawable:
        width, height, rgba = _scaled(drawable, MOST_EDGE, "R'G'B'A u8")
    alpha = True
    whole = GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(rgba), GdkPixbuf.Colorspace.RGB, alpha, 8, width, height, 4 * width
    )
    _done, encoded = whole.save_to_bufferv("png", [], [])
    return bytes(encoded)


def thumbnail(key: str, edge: int) -> GdkPixbuf.Pixbuf | None:
    """A small picture of a source, None for one that is gone."""
    try:
        found = _find(key)
    except LayerGoneError:
        return None
    small: GdkPixbuf.Pixbuf | None = found.get_thumbnail(edge, edge, Gimp.PixbufTransparency.KEEP_ALPHA)
    return small


def _whole(image: Gimp.Image) -> Source:
    return Source(f"{_WHOLE}{image.get_id()}", _("Visible image"))


def _layers(layers: Sequence[Gimp.Layer], depth: int = 0) -> Iterator[Source]:
    for layer in layers:
        yield Source(str(layer.get_id()), layer.get_name(), depth)
        if layer.is_group():
            yield from _layers(layer.get_children(), depth + 1)


def _find(key: str) -> Gimp.Image | Gimp.Layer:
    number = key.removeprefix(_WHOLE)
    kind = Gimp.Image if is_image(key) else Gimp.Layer
    found = kind.get_by_id(int(number)) if number.isdecimal() else None
    if found is None or not found.is_valid():
        raise LayerGoneError(_("the layer or image chosen as a style was closed"), _("choose another style"))
    return found


@contextlib.contextmanager
def _drawable(key: str) -> Iterator[Gimp.Layer]:
    found = _find(key)
    if isinstance(found, Gimp.Layer):
        yield found
        return
    shown = Gimp.Layer.new_from_visible(found, found, None)  # belongs to the image, but is never put into it
    try:
        yield shown
    finally:
        shown.delete()


def _scaled(drawable: Gimp.Layer, edge: int, form: str) -> tuple[int, int, bytes]:
    """(width, height, pixels in the babl format `form`)."""
    width, height = drawable.get_width(), drawable.get_height()
    scale = min(1.0, edge / max(width, height))
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    area = Gegl.Rectangle.new(0, 0, wide, high)
    return wide, high, drawable.get_buffer().get(area, scale, form, Gegl.AbyssPolicy.CLAMP)
