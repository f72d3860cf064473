"""GIMP's library in its right version: everything else imports it from here."""

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")

from gi.repository import Gegl, Gimp, Gio, GLib, GObject  # noqa: E402 - the versions must be chosen first

__all__ = ["GLib", "GObject", "Gegl", "Gimp", "Gio"]
