"""Styles that are pasted, or dropped from a browser or file manager: pictures and files, several at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.image.layer_styles import ADDRESS
from gimp_plugin.libgimp import Gio
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.looks import kept_pictures, style_sources
from gimp_plugin.translation import _
from gimp_plugin.wording import in_sentences, sentence
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gimp_plugin.libgtk import GdkPixbuf

REMOTE = ("http", "https", "ftp")


class Incoming:
    """Takes dropped and pasted styles. take: called with their files; warn: with a message on what cannot be used."""

    def __init__(self, take: Callable[[list[Path]], None], warn: Callable[[str], None]) -> None:
        self._take = take
        self._warn = warn

    def accept_drops(self, widget: Gtk.Widget) -> None:
        """Accept drops onto a widget."""
        widget.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
        widget.drag_dest_add_uri_targets()
        widget.drag_dest_add_image_targets()
        widget.connect("drag-data-received", self._dropped)

    def paste(self) -> bool:
        """Take pictures or files from the clipboard. Returns whether there were any."""
        clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        uris = clipboard.wait_for_uris() if clipboard.wait_is_uris_available() else None
        if uris:
            self.take_addresses(uris)
            return True
        picture = clipboard.wait_for_image() if clipboard.wait_is_image_available() else None
        if picture is not None:
            self._take_picture(picture, _("Pasted"))
            return True
        text = (clipboard.wait_for_text() or "").strip() if clipboard.wait_is_text_available() else ""
        if text.startswith(("data:image/", "file://", *(f"{scheme}://" for scheme in REMOTE))) and " " not in text:
            self.take_addresses([text])
            return True
        return False

    def take_addresses(self, uris: Iterable[str]) -> None:
        """Take files and pictures by their addresses."""
        found = [path for uri in uris if (path := self._file_of(uri)) is not None]
        if found:
            self._take(found)

    def _file_of(self, uri: str) -> Path | None:
        try:
            inside = kept_pictures.of_data(uri)
            if inside is not None:
                return kept_pictures.save(inside, _("Dropped"))
            path = Gio.File.new_for_uri(uri).get_path()
            if path is not None:
                return Path(path)
            name = Path(uri.partition("?")[0]).stem
            return kept_pictures.save(style_sources.picture(f"{ADDRESS}{uri}"), name or _("Dropped"))
        except NeuralStyleError as error:
            self._warn(in_sentences(error))
            return None

    def _take_picture(self, picture: GdkPixbuf.Pixbuf, stem: str) -> None:
        try:
            self._take([kept_pictures.save(picture, stem)])
        except NeuralStyleError as error:
            self._warn(in_sentences(error))

    def _dropped(self, *event: Any) -> None:
        _widget, _context, _x, _y, dropped, *_numbers = event
        uris = dropped.get_uris()
        picture = None if uris else dropped.get_pixbuf()
        if uris:
            self.take_addresses(uris)
        elif picture is not None:
            self._take_picture(picture, _("Dropped"))
        else:
            self._warn(sentence(_("what was dropped is no picture")))
