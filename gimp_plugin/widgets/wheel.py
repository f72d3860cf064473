"""The mouse wheel: over a column of controls it scrolls the column, and changes only the control with the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gdk

if TYPE_CHECKING:
    from gimp_plugin.libgtk import Gtk

NOTCHES = {Gdk.ScrollDirection.UP: -1.0, Gdk.ScrollDirection.DOWN: 1.0}


def notches(event: Gdk.EventScroll) -> float:
    """How far the wheel was turned: down above 0, up below 0; 0 if it was turned sideways."""
    if event.direction == Gdk.ScrollDirection.SMOOTH:
        return float(event.get_scroll_deltas()[2])
    return NOTCHES.get(event.direction, 0.0)


def scroll_only_with_focus(control: Gtk.Widget) -> None:
    """Let a control pass wheel events to its parent, unless it has the focus."""
    control.connect("scroll-event", _scrolled)


def _scrolled(control: Gtk.Widget, _event: Gdk.EventScroll) -> bool:
    focus = control.get_toplevel().get_focus()
    if focus is None or not (focus is control or focus.is_ancestor(control)):
        control.stop_emission_by_name("scroll-event")
    return False
