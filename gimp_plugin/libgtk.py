"""GTK and GIMP's widgets in the right versions. All modules that need a screen import them from here."""

import gi

gi.require_version("Atk", "1.0")
gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")

from gi.repository import Atk, Gdk, GdkPixbuf, GimpUi, Gtk, Pango  # noqa: E402 - the versions must be chosen first

__all__ = ["Atk", "Gdk", "GdkPixbuf", "GimpUi", "Gtk", "Pango"]
