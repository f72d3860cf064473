"""What a widget without a text is called, by its tooltip and by screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gimp_plugin.libgtk import Gtk


def describe(widget: Gtk.Widget, name: str) -> None:
    """Set the widget's tooltip and its accessible name."""
    widget.set_tooltip_text(name)
    widget.get_accessible().set_name(name)
