"""Below the tiles: a larger picture and the description of the style under the pointer. Its height is fixed."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.looks import style_sources, thumbnails
from gimp_plugin.picks import FILE, first_picture
from gimp_plugin.translation import _
from gimp_plugin.widgets.theme import dim
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from gimp_plugin.gallery.tile import Tile
    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.picks import Pick

GAP = 6  # pixels
HEIGHT = 124  # pixels
LINES = 7
CACHED = 40  # pictures


class StyleView(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """A picture, and text beside it."""

    def __init__(self) -> None:
        super().__init__(spacing=GAP)
        self.set_size_request(-1, HEIGHT)
        self._picture = Gtk.Image(no_show_all=True, valign=Gtk.Align.START)
        self._label = _label()
        self.pack_start(self._picture, expand=False, fill=False, padding=0)
        self.pack_start(self._label, expand=True, fill=True, padding=0)

    def show_tile(self, tile: Tile | None) -> None:
        """Show the style of a tile; None: nothing."""
        text = " ".join(tile.about.split()) if tile is not None else ""
        self._label.set_text(text)
        self._label.get_accessible().set_name(text or _("About the style"))
        picture = _large(tile.pick) if tile is not None and tile.pick is not None else None
        if picture is not None:
            self._picture.set_from_gicon(picture, Gtk.IconSize.DIALOG)
            self._picture.set_pixel_size(HEIGHT)
            self._picture.get_accessible().set_name(_("The style picture"))
        self._picture.set_visible(picture is not None)


def _large(pick: Pick) -> GdkPixbuf.Pixbuf | None:
    """The first picture of a style, large enough for a screen with scale 2."""
    if pick.kind == "layer":
        return style_sources.thumbnail(pick.key, 2 * HEIGHT)
    try:
        path = first_picture(pick)
        return _of_file(str(path), path.stat().st_mtime_ns)
    except (OSError, NeuralStyleError):
        return None


@functools.lru_cache(maxsize=CACHED)
def _of_file(path: str, _changed: int) -> GdkPixbuf.Pixbuf | None:
    return thumbnails.whole(Path(path), 2 * HEIGHT) or style_sources.thumbnail(f"{FILE}{path}", 2 * HEIGHT)


def _label() -> Gtk.Label:
    label = Gtk.Label(
        wrap=True,
        wrap_mode=Pango.WrapMode.WORD_CHAR,
        lines=LINES,
        ellipsize=Pango.EllipsizeMode.END,
        xalign=0.0,
        yalign=0.0,
        width_chars=10,
        max_width_chars=10,
    )
    dim(label)
    return label
