"""A message inside the window, with a button to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 6  # after which a message that needs no answer disappears


class Notice(Gtk.InfoBar):  # type: ignore[misc] # gi ships no types
    """Hidden until there is a message; a new one replaces the old one."""

    def __init__(self) -> None:
        super().__init__(show_close_button=True, no_show_all=True)
        self._undo: Callable[[], None] | None = None
        self._timer = 0
        self._label = Gtk.Label(wrap=True, wrap_mode=Pango.WrapMode.WORD_CHAR, width_chars=10, xalign=0.0, visible=True)
        self.get_content_area().add(self._label)
        self._button = self.add_button(_("_Undo"), Gtk.ResponseType.REJECT)
        self.connect("response", self._answered)
        self.connect("destroy", lambda _self: self._stop_timer())

    def inform(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """Show what was done."""
        self._show(Gtk.MessageType.INFO, text, undo)
        if undo is None:
            self._timer = GLib.timeout_add_seconds(SECONDS, self._expired)

    def warn(self, text: str) -> None:
        """Show what went wrong, and what to do."""
        self._show(Gtk.MessageType.WARNING, text, None)

    def _show(self, kind: Gtk.MessageType, text: str, undo: Callable[[], None] | None) -> None:
        self._stop_timer()
        self._undo = undo
        self.set_message_type(kind)
        self._label.set_text(text)
        self._button.set_visible(undo is not None)
        self.get_accessible().set_name(text)
        self.show()

    def _answered(self, _bar: Gtk.InfoBar, response: int) -> None:
        undo = self._undo if response == Gtk.ResponseType.REJECT else None
        self._stop_timer()
        self._undo = None
        self.hide()
        if undo is not None:
            undo()

    def _expired(self) -> bool:
        self._timer = 0
        self.hide()
        return bool(GLib.SOURCE_REMOVE)

    def _stop_timer(self) -> None:
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0
