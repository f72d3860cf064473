"""Additions to GIMP's theme."""

from __future__ import annotations

from gimp_plugin.libgtk import Gtk

QUIET = b"* { opacity: 0.85; }"
"""A lower opacity, as that of GTK's class for it, is too pale to read."""

BADGE = b"* { background-color: rgba(0, 0, 0, 0.72); color: #ffffff; border-radius: 4px; padding: 2px 8px; }"


def make_transparent(box: Gtk.Widget) -> None:
    """Make a box transparent, so that a selected row is visible: GIMP's theme fills boxes in scrolled windows."""
    _style(box, b"* { background: none; }")


def reduce_padding(button: Gtk.Button) -> None:
    """Leave more room for the content of a button."""
    _style(button, b"button { padding: 2px; }")


def dim(label: Gtk.Label) -> None:
    """Show a text less prominently."""
    _style(label, QUIET)


def badge(label: Gtk.Label, *, strong: bool = False) -> None:
    """Show a text in white on a dark background, so that it can be read on any picture."""
    _style(label, BADGE)
    if strong:
        _style(label, b"* { font-weight: bold; }")


def _style(widget: Gtk.Widget, rules: bytes) -> None:
    provider = Gtk.CssProvider()
    provider.load_from_data(rules)
    widget.get_style_context().add_provider(provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION + 1)  # above GIMP's theme
