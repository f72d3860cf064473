"""Where GIMP's theme needs a word from us."""

from __future__ import annotations

from gimp_plugin.libgtk import Gtk

QUIET = b"* { opacity: 0.85; }"
"""Less is too pale to be read: GTK's own class for it goes below half."""


def see_through(box: Gtk.Widget) -> None:
    """Let a selected row or tile be seen behind a box: GIMP's theme fills boxes in scrolled windows with a colour."""
    _style(box, b"* { background: none; }")


def hold_back(label: Gtk.Label) -> None:
    """Let a text stand behind those that matter more."""
    _style(label, QUIET)


def _style(widget: Gtk.Widget, rules: bytes) -> None:
    provider = Gtk.CssProvider()
    provider.load_from_data(rules)
    widget.get_style_context().add_provider(provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION + 1)  # above GIMP's theme
