"""Open images and their layers as styles: their pixels, and their entries in the note on a painted layer.

A key is a layer's id as text, `image ID` for a whole image, `file PATH` for a picture file that only GIMP can read, or
`address URI` for one that GIMP downloads. A note contains a layer's tattoo and name, which are saved with images; of a
file it contains the digest.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.image import canvas
from gimp_plugin.libgimp import Gimp, Gio, GLib
from gimp_plugin.picks import FILE
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidImageError, LayerGoneError
from nst_core.shared.wire.messages import Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_EDGE = 4096  # px: largest edge of a style; more would not change the result
IMAGE, ADDRESS = "image ", "address "  # prefixes of keys, as FILE
CACHED_EDGE = 1024  # px: pictures of files at this size or smaller are cached


def find(key: str) -> Gimp.Image | Gimp.Layer:
    """The image or layer of a key. Raises LayerGoneError."""
    number = key.removeprefix(IMAGE)
    kind = Gimp.Image if key.startswith(IMAGE) else Gimp.Layer
    found = kind.get_by_id(int(number)) if number.isdecimal() and int(number) < 2**31 else None
    if found is None or not found.is_valid():
        raise LayerGoneError(_("the layer or image chosen as a style was closed"), _("choose another style"))
    return found


def read(key: str, edge: int = MOST_EDGE) -> Pixels:
    """The pixels of a style, scaled down to `edge` px if it is larger.

    Raises LayerGoneError, and InvalidImageError for a file that GIMP cannot open.
    """
    return Pixels(*scaled(key, canvas.FORMAT, edge))


def scaled(key: str, form: str, edge: int = MOST_EDGE) -> tuple[int, int, bytes]:
    """(width, height, pixels in the babl format `form`). Raises as `read`."""
    if key.startswith(FILE) and edge <= CACHED_EDGE:
        with contextlib.suppress(OSError):
            return _scaled_file(key, Path(key.removeprefix(FILE)).stat().st_mtime_ns, form, edge)
    return _scaled(key, form, edge)


@functools.lru_cache(maxsize=8)
def _scaled_file(key: str, _changed: int, form: str, edge: int) -> tuple[int, int, bytes]:
    return _scaled(key, form, edge)


def _scaled(key: str, form: str, edge: int) -> tuple[int, int, bytes]:
    with _drawable(key) as drawable:
        return canvas.reduced(drawable, edge, form)


def note(key: str) -> dict[str, Any]:
    """The entry of a layer in a note. That of a whole image, or of a layer that is gone, does not identify it."""
    if key.startswith(FILE):
        with contextlib.suppress(OSError):
            encoded = Path(key.removeprefix(FILE)).read_bytes()
            return {"sha256": hashlib.sha256(encoded).hexdigest(), "bytes": len(encoded)}
        return {"sha256": "", "bytes": 0}
    with contextlib.suppress(LayerGoneError):
        found = find(key)
        if isinstance(found, Gimp.Layer):
            return {"layer": found.get_tattoo(), "name": found.get_name()}
    return {"layer": None}


def find_again(tattoo: int, name: str, image: Gimp.Image) -> str:
    """The key of a layer in a note, which is in `image` or in another open one. Raises InvalidImageError."""
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
    if key.startswith((FILE, ADDRESS)):
        image = _loaded(key)
        try:
            yield Gimp.Layer.new_from_visible(image, image, None)
        finally:
            image.delete()
        return
    found = find(key)
    if isinstance(found, Gimp.Layer):
        yield found
        return
    shown = Gimp.Layer.new_from_visible(found, found, None)  # belongs to the image, but is not inserted into it
    try:
        yield shown
    finally:
        shown.delete()


def _loaded(key: str) -> Gimp.Image:
    """The image of a file or address. Raises InvalidImageError."""
    path = Path(key.removeprefix(FILE))
    if key.startswith(FILE):
        file = Gio.File.new_for_path(str(path))
        problem = _("{name} is no picture that GIMP can open").format(name=repr(path.name)), _("choose another file")
    else:
        file = Gio.File.new_for_uri(key.removeprefix(ADDRESS))
        problem = _("the picture cannot be fetched from where it is"), _("save it first, and take the file")
    with contextlib.suppress(GLib.Error):
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
        if image is not None:
            return image
    raise InvalidImageError(*problem)
