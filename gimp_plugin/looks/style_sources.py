"""Open images and their layers as styles: a list to choose from, as picture files, as thumbnails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.image.canvas import SCREEN
from gimp_plugin.image.layer_styles import IMAGE, find, scaled
from gimp_plugin.libgimp import GdkPixbuf, Gimp, rgba_pixbuf
from gimp_plugin.picks import FILE
from gimp_plugin.translation import _
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class StyleCandidate:
    """An open image or layer that can be a style. depth: number of groups around it."""

    key: str
    title: str
    depth: int = 0


def open_images() -> list[tuple[str, list[StyleCandidate]]]:
    """For each open image its name, and as styles the image itself and its layers and groups, from the top."""
    return [(image.get_name(), [_whole(image), *_layers(image.get_layers())]) for image in Gimp.get_images()]


def is_image(key: str) -> bool:
    """Whether a key is that of a whole image, not of a layer."""
    return key.startswith(IMAGE)


def encode(key: str) -> bytes:
    """A source as a PNG. Raises LayerGoneError."""
    _done, encoded = picture(key).save_to_bufferv("png", [], [])
    return bytes(encoded)


def picture(key: str) -> GdkPixbuf.Pixbuf:
    """The whole picture of a source. Raises LayerGoneError, InvalidImageError."""
    width, height, rgba = scaled(key, SCREEN)
    return rgba_pixbuf(rgba, width, height)


def thumbnail(key: str, edge: int) -> GdkPixbuf.Pixbuf | None:
    """A small picture of a source, None for one that is gone."""
    try:
        if key.startswith(FILE):
            width, height, rgba = scaled(key, SCREEN, edge)
            return rgba_pixbuf(rgba, width, height)
        found = find(key)
    except NeuralStyleError:
        return None
    small: GdkPixbuf.Pixbuf | None = found.get_thumbnail(edge, edge, Gimp.PixbufTransparency.KEEP_ALPHA)
    return small


def _whole(image: Gimp.Image) -> StyleCandidate:
    return StyleCandidate(f"{IMAGE}{image.get_id()}", _("Visible image"))


def _layers(layers: Sequence[Gimp.Layer], depth: int = 0) -> Iterator[StyleCandidate]:
    for layer in layers:
        yield StyleCandidate(str(layer.get_id()), layer.get_name(), depth)
        if layer.is_group():
            yield from _layers(layer.get_children(), depth + 1)
