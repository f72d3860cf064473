"""Where GIMP's theme needs a word from us."""

from __future__ import annotations

from gimp_plugin.libgtk import Gtk


def see_through(box: Gtk.Widget) -> None:
    """Let a selected row or tile be seen behind a box: GIMP's theme fills boxes in scrolled windows with a colour."""
    plain = Gtk.CssProvider()
    plain.load_from_data(b"* { background: none; }")
    box.get_style_context().add_provider(plain, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
