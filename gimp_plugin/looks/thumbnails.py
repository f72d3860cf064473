"""Thumbnails: read from files, shown sharply on any screen, made for a new preset."""

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
MOST_PIXELS = 100_000_000  # GdkPixbuf decodes a whole PNG before it scales it down, 4 bytes per pixel


def of_file(path: Path, edge: int = STORED) -> GdkPixbuf.Pixbuf | None:
    """The middle square of a picture file; None if GdkPixbuf cannot read it, or if it is too large."""
    width, height = _size(path)
    small = _read(path, (-1, edge) if width > height else (edge, -1)) if width else None
    return None if small is None else _middle(small, edge, edge)


def whole(path: Path, edge: int) -> GdkPixbuf.Pixbuf | None:
    """All of a picture file, its longer side `edge` px or less; None as for `of_file`."""
    width, height = _size(path)
    if not width:
        return None
    side = min(edge, max(width, height))
    return _read(path, (side, -1) if width > height else (-1, side))


def _size(path: Path) -> tuple[int, int]:
    """(width, height); zeros if it cannot be read, or is too large."""
    _format, width, height = GdkPixbuf.Pixbuf.get_file_info(str(path))
    return (width, height) if 0 < width * height <= MOST_PIXELS else (0, 0)


def _read(path: Path, size: tuple[int, int]) -> GdkPixbuf.Pixbuf | None:
    try:
        small = GdkPixbuf.Pixbuf.new_from_file_at_scale(str(path), *size, preserve_aspect_ratio=True)
    except GLib.Error:
        return None
    return small.apply_embedded_orientation()


def square(picture: GdkPixbuf.Pixbuf, edge: int = STORED) -> GdkPixbuf.Pixbuf:
    """The middle square of a picture, at another size."""
    return covering(picture, (edge, edge), 1)


def covering(picture: GdkPixbuf.Pixbuf, size: tuple[int, int], zoom: int) -> GdkPixbuf.Pixbuf:
    """The middle of a picture that fills a size, (width, height) of `zoom` px each."""
    width, height = size[0] * zoom, size[1] * zoom
    return _middle(_scaled_to_cover(picture, width, height), width, height)


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
        stripe = _middle(_scaled_to_cover(picture, STORED, STORED), right - left, STORED)
        bounds = (left, 0, right - left, STORED, float(left), 0.0, 1.0, 1.0)
        stripe.composite(whole, *bounds, GdkPixbuf.InterpType.NEAREST, 255)
        left = right
    _done, encoded = whole.save_to_bufferv("jpeg", ["quality"], ["90"])
    return bytes(encoded)


def _scaled_to_cover(picture: GdkPixbuf.Pixbuf, width: int, height: int) -> GdkPixbuf.Pixbuf:
    scale = max(width / picture.get_width(), height / picture.get_height())
    wide, high = max(width, round(picture.get_width() * scale)), max(height, round(picture.get_height() * scale))
    return picture.scale_simple(wide, high, GdkPixbuf.InterpType.BILINEAR)


def _middle(picture: GdkPixbuf.Pixbuf, width: int, height: int) -> GdkPixbuf.Pixbuf:
    wide, high = min(width, picture.get_width()), min(height, picture.get_height())
    return picture.new_subpixbuf((picture.get_width() - wide) // 2, (picture.get_height() - high) // 2, wide, high)
