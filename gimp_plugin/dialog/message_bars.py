"""Messages at the lower edge of the window's columns: errors, information, and paintings that were not inserted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.image import undelivered
from gimp_plugin.libgtk import GimpUi, Gtk
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class OfferBar(Gtk.InfoBar):  # type: ignore[misc] # gi ships no types
    """Offers finished paintings that were not inserted."""

    def __init__(self) -> None:
        super().__init__(message_type=Gtk.MessageType.QUESTION, no_show_all=True)
        self._files: list[Path] = []
        self._label = Gtk.Label(wrap=True, xalign=0.0, visible=True)
        self.get_content_area().add(self._label)
        self.add_button(_("Throw away"), Gtk.ResponseType.REJECT)
        self.add_button(_("Open"), Gtk.ResponseType.ACCEPT)
        self.connect("response", self._answered)

    def offer(self, files: list[Path]) -> None:
        """Offer these files, if there are any."""
        self._files = files
        one, more = _("A finished painting was not delivered."), _("{count} finished paintings were not delivered.")
        text = one if len(files) == 1 else more.format(count=len(files))
        self._label.set_text(text)
        self.get_accessible().set_name(text)
        self.set_visible(bool(files))

    def _answered(self, _bar: Gtk.InfoBar, response: int) -> None:
        self.hide()
        (undelivered.deliver if response == Gtk.ResponseType.ACCEPT else undelivered.discard)(self._files)


class MessageBar(Gtk.InfoBar):  # type: ignore[misc] # gi ships no types
    """A message above the buttons, until it is closed or the user tries again."""

    def __init__(self, kind: Gtk.MessageType) -> None:
        super().__init__(message_type=kind, show_close_button=True, no_show_all=True)
        self.text = ""
        self._label = Gtk.Label(wrap=True, xalign=0.0, selectable=True, visible=True, can_focus=False)
        icon = GimpUi.ICON_DIALOG_ERROR if kind == Gtk.MessageType.ERROR else GimpUi.ICON_DIALOG_WARNING
        self.get_content_area().add(Gtk.Image(icon_name=icon, visible=True))
        self.get_content_area().add(self._label)
        self.connect("response", lambda *_: self.show_text(""))

    def show_text(self, text: str) -> None:
        """Show a text; hide the bar for an empty one."""
        self.text = text
        self._label.set_text(text)
        self.get_accessible().set_name(text or _("Error"))
        self.set_visible(bool(text))


def above_edge(columns: Gtk.Widget, bars: Sequence[Gtk.Widget]) -> Gtk.Overlay:
    """The columns with messages over their lower edge, so that nothing moves when one appears."""
    stack = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, valign=Gtk.Align.END)
    for bar in bars:
        stack.add(bar)
    both = Gtk.Overlay()
    both.add(columns)
    both.add_overlay(stack)
    return both
