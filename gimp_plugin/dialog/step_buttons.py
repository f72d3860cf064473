"""Buttons and keys for undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable

UNDO, REDO = "edit-undo-symbolic", "edit-redo-symbolic"


class StepButtons(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Two buttons side by side; see `offer`."""

    def __init__(self, back: Callable[[], None], forth: Callable[[], None]) -> None:
        super().__init__()
        self._back, self._forth = _button(UNDO, back), _button(REDO, forth)
        describe(self._back, _("Take the last change back (Ctrl+Z)"))
        describe(self._forth, _("Make it again (Ctrl+Shift+Z)"))
        for button in (self._back, self._forth):
            self.add(button)
        self.offer(back=False, forth=False)

    def offer(self, *, back: bool, forth: bool) -> None:
        """Enable the buttons."""
        self._back.set_sensitive(back)
        self._forth.set_sensitive(forth)

    def pressed(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        """Handle a key that no other widget has handled."""
        control = event.state & Gdk.ModifierType.CONTROL_MASK
        key = (Gdk.keyval_name(event.keyval) or "").lower() if control else ""
        if key == "y" or (key == "z" and event.state & Gdk.ModifierType.SHIFT_MASK):
            self._forth.clicked()
        elif key == "z":
            self._back.clicked()
        else:
            return False
        return True


def _button(icon: str, act: Callable[[], None]) -> Gtk.Button:
    button = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
    button.set_relief(Gtk.ReliefStyle.NONE)
    button.connect("clicked", lambda _button: act())
    return button
