"""Small square pictures: read from files, shown sharply on any screen, put together for a new preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import GdkPixbuf, Gtk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHOWN = 96  # pixels on a plain screen
STORED = 2 * SHOWN  # enough for a screen of double density
MISSING = "image-missing"
MOST_STRIPES = 4
MOST_PIXELS = 100_000_000  # GdkPixbuf unpacks all of a PNG before it scales it down, 4 bytes a pixel


def of_file(path: Path, edge: int = STORED) -> GdkPixbuf.Pixbuf | None:
    """The middle square of a picture file, None for one that GdkPixbuf cannot read, or only at a great price."""
    _format, width, height = GdkPixbuf.Pixbuf.get_file_info(str(path))
    if not 0 < width * height <= MOST_PIXELS:
        return None
    wide, high = (-1, edge) if width > height else (edge, -1)
    try:
        small = GdkPixbuf.Pixbuf.new_from_file_at_scale(str(path), wide, high, preserve_aspect_ratio=True)
    except GLib.Error:
        return None
    return _middle(small.apply_embedded_orientation(), edge, edge)


def square(picture: GdkPixbuf.Pixbuf, edge: int = STORED) -> GdkPixbuf.Pixbuf:
    """The middle square of a picture, at another size."""
    return _middle(_covering(picture, edge), edge, edge)


def image(picture: GdkPixbuf.Pixbuf | None, size: int = SHOWN) -> Gtk.Image:
    """A widget of `size` logical pixels. GTK scales icons, unlike pictures, to the screen's own density."""
    if picture is None:
        return Gtk.Image(icon_name=MISSING, pixel_size=size)
    return Gtk.Image(gicon=picture, pixel_size=size)


def as_jpeg(pictures: Sequence[GdkPixbuf.Pixbuf]) -> bytes:
    """One square JPEG with a stripe from the middle of each picture."""
    striped = pictures[:MOST_STRIPES]
    whole = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, STORED, STORED)  # noqa: FBT003 - no alpha
    whole.fill(0xFFFFFFFF)
    left = 0
    for number, picture in enumerate(striped, 1):
        right = number * STORED // len(striped)
        stripe = _middle(_covering(picture, STORED), right - left, STORED)
        bounds = (left, 0, right - left, STORED, float(left), 0.0, 1.0, 1.0)
        stripe.composite(whole, *bounds, GdkPixbuf.InterpType.NEAREST, 255)
        left = right
    _done, encoded = whole.save_to_bufferv("jpeg", ["quality"], ["90"])
    return bytes(encoded)


def _covering(picture: GdkPixbuf.Pixbuf, edge: int) -> GdkPixbuf.Pixbuf:
    width, height = picture.get_width(), picture.get_height()
    scale = edge / min(width, height)
    wide, high = max(edge, round(width * scale)), max(edge, round(height * scale))
    return picture.scale_simple(wide, high, GdkPixbuf.InterpType.BILINEAR)


def _middle(picture: GdkPixbuf.Pixbuf, width: int, height: int) -> GdkPixbuf.Pixbuf:
    wide, high = min(width, picture.get_width()), min(height, picture.get_height())
    return picture.new_subpixbuf((picture.get_width() - wide) // 2, (picture.get_height() - high) // 2, wide, high)
