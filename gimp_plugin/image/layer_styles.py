"""Open images and their layers as styles: their pixels, and how a note on a painted layer calls them.

A key is a layer's number as text, or `image N` for what an image shows as a whole. A note keeps what a layer has in
saved images too: its tattoo, and its name.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from gimp_plugin.libgimp import Gegl, Gimp
from gimp_plugin.translation import _
from nst_core.errors import InvalidImageError, LayerGoneError
from nst_core.messages import Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_EDGE = 4096  # pixels: a finer style says nothing more to a picture of any common size
WHOLE = "image "


def find(key: str) -> Gimp.Image | Gimp.Layer:
    """What a key stands for. Raises LayerGoneError."""
    number = key.removeprefix(WHOLE)
    kind = Gimp.Image if key.startswith(WHOLE) else Gimp.Layer
    found = kind.get_by_id(int(number)) if number.isdecimal() and int(number) < 2**31 else None
    if found is None or not found.is_valid():
        raise LayerGoneError(_("the layer or image chosen as a style was closed"), _("choose another style"))
    return found


def read(key: str, edge: int = MOST_EDGE) -> Pixels:
    """The pixels of a style, scaled down to `edge` px where it is larger. Raises LayerGoneError."""
    return Pixels(*scaled(key, "R'G'B'A float", edge))


def scaled(key: str, form: str, edge: int = MOST_EDGE) -> tuple[int, int, bytes]:
    """(width, height, pixels in the babl format `form`). Raises LayerGoneError."""
    with _drawable(key) as drawable:
        width, height = drawable.get_width(), drawable.get_height()
        scale = min(1.0, edge / max(width, height))
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        area = Gegl.Rectangle.new(0, 0, wide, high)
        return wide, high, drawable.get_buffer().get(area, scale, form, Gegl.AbyssPolicy.CLAMP)


def note(key: str) -> dict[str, Any]:
    """What to write down of a layer; of a whole image, and of a layer that is gone, nothing that would find it."""
    with contextlib.suppress(LayerGoneError):
        found = find(key)
        if isinstance(found, Gimp.Layer):
            return {"layer": found.get_tattoo(), "name": found.get_name()}
    return {"layer": None}


def find_again(tattoo: int, name: str, image: Gimp.Image) -> str:
    """The key of a layer that was noted: one of `image`, or of another open one. Raises InvalidImageError."""
    own = image.get_layer_by_tattoo(tattoo)
    elsewhere = (other.get_layer_by_tattoo(tattoo) for other in Gimp.get_images())
    for layer in (own, *elsewhere):
        if layer is not None and layer.get_name() == name:
            return str(layer.get_id())
    raise InvalidImageError(
        _("the layer {layer}, which was the style, is in no open image").format(layer=repr(name)),
        _("open its image, or choose the style again in Neural Style"),
    )


@contextlib.contextmanager
def _drawable(key: str) -> Iterator[Gimp.Layer]:
    found = find(key)
    if isinstance(found, Gimp.Layer):
        yield found
        return
    shown = Gimp.Layer.new_from_visible(found, found, None)  # belongs to the image, but is never put into it
    try:
        yield shown
    finally:
        shown.delete()
