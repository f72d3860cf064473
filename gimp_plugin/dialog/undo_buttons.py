"""Buttons and keys for undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import icon_button

if TYPE_CHECKING:
    from collections.abc import Callable


class UndoButtons(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Two buttons side by side."""

    def __init__(self, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        super().__init__()
        self._undo = icon_button("edit-undo-symbolic", _("Take the last change back (Ctrl+Z)"), undo)
        self._redo = icon_button("edit-redo-symbolic", _("Make it again (Ctrl+Shift+Z)"), redo)
        for button in (self._undo, self._redo):
            self.add(button)
        self.enable(undo=False, redo=False)

    def enable(self, *, undo: bool, redo: bool) -> None:
        """Enable the buttons."""
        self._undo.set_sensitive(undo)
        self._redo.set_sensitive(redo)

    def pressed(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        """Handle a key that no other widget has handled."""
        control = event.state & Gdk.ModifierType.CONTROL_MASK
        key = (Gdk.keyval_name(event.keyval) or "").lower() if control else ""
        if key == "y" or (key == "z" and event.state & Gdk.ModifierType.SHIFT_MASK):
            self._redo.clicked()
        elif key == "z":
            self._undo.clicked()
        else:
            return False
        return True
