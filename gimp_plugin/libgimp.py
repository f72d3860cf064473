"""GIMP's libraries in the right versions, without those that need a screen. All other modules import them from here."""

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")

from gi.repository import GdkPixbuf, Gegl, Gimp, Gio, GLib, GObject  # noqa: E402 - the versions must be chosen first

__all__ = ["GLib", "GObject", "GdkPixbuf", "Gegl", "Gimp", "Gio", "new_buffer", "rgba_pixbuf"]


def new_buffer(form: str, width: int, height: int) -> Gegl.Buffer:
    """An empty buffer in a babl format. Initialises GEGL, which takes too long for the start of the plug-in."""
    Gegl.init(None)  # does nothing the second time
    return Gegl.Buffer.new(form, 0, 0, width, height)


def rgba_pixbuf(rgba: bytes, width: int, height: int) -> GdkPixbuf.Pixbuf:
    """A pixbuf of RGBA bytes."""
    alpha, rows = True, GLib.Bytes.new(rgba)
    return GdkPixbuf.Pixbuf.new_from_bytes(rows, GdkPixbuf.Colorspace.RGB, alpha, 8, width, height, 4 * width)
