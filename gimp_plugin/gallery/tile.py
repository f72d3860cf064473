"""One style in the gallery: its picture, its title, and a button that adds it to the blend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gimp_plugin.gallery import thumbnails
from gimp_plugin.gallery.search_words import matches
from gimp_plugin.gallery.theme import see_through
from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.gallery.picks import Pick
    from gimp_plugin.libgtk import GdkPixbuf

GAP = 6  # pixels
FAINT = 0.3  # opacity
ADD, TAKE_AWAY = "list-add-symbolic", "list-remove-symbolic"


class Tile(Gtk.FlowBoxChild):  # type: ignore[misc] # gi ships no types
    """A style that can be chosen, or, where `pick` is None, one that is broken."""

    def __init__(
        self, pick: Pick | None, title: str, about: str, picture: GdkPixbuf.Pixbuf | None, words: str = ""
    ) -> None:
        super().__init__()
        self.pick = pick
        self.about = about
        self.preset = pick.key if pick is not None and pick.kind == "preset" else ""
        self._title, self._words = title, words or about
        self._shows = picture is not None
        self._button: Gtk.Button | None = None
        self._picture = Gtk.Overlay(halign=Gtk.Align.CENTER)
        self._picture.add(thumbnails.image(picture))
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP, border_width=GAP)
        see_through(column)
        column.pack_start(self._picture, expand=False, fill=False, padding=0)
        self._label = _caption(title)
        column.pack_start(self._label, expand=False, fill=False, padding=0)
        self.add(column)
        self.get_accessible().set_name(title)
        self.get_accessible().set_description(about)
        self.show_all()

    @property
    def title(self) -> str:
        """What it is called."""
        return self._title

    def answers(self, query: str) -> bool:
        """Whether this is something that the artist searches for."""
        return matches(query, self._title, self._words)

    def warn(self, preset: str) -> None:
        """Show that this one is broken: the preset of this name."""
        self.preset = preset
        self._picture.get_child().set_opacity(FAINT if self._shows else 0.0)
        emblem = Gtk.Image(icon_name="dialog-warning", pixel_size=thumbnails.SHOWN // 3, visible=True)
        self._picture.add_overlay(emblem)
        self._label.set_sensitive(False)

    def offer_blending(self, toggle: Callable[[Pick], None]) -> None:
        """A small button, seen under the pointer, that adds the style to the blend or takes it away."""
        button = Gtk.Button(
            image=Gtk.Image(icon_name=ADD, icon_size=Gtk.IconSize.MENU),
            halign=Gtk.Align.END,
            valign=Gtk.Align.START,
            can_focus=False,
            no_show_all=True,
        )
        button.connect("clicked", lambda _button: toggle(self.pick) if self.pick else None)
        self._picture.add_overlay(button)
        self._button = button

    def hover(self, offer: Literal["add", "take away"] | None) -> None:
        """Show the button, with what it would do now; hide it for None."""
        if self._button is None:
            return
        if offer is not None:
            add = offer == "add"
            text = _("Blend with the chosen style (Ctrl+click)") if add else _("Take out of the blend")
            self._button.get_image().set_from_icon_name(ADD if add else TAKE_AWAY, Gtk.IconSize.MENU)
            self._button.set_tooltip_text(text)
            self._button.get_accessible().set_name(text)
        self._button.set_visible(offer is not None)


def _caption(title: str) -> Gtk.Label:
    return Gtk.Label(
        label=title,
        wrap=True,
        wrap_mode=Pango.WrapMode.WORD_CHAR,  # file names have no spaces
        lines=2,
        ellipsize=Pango.EllipsizeMode.END,
        justify=Gtk.Justification.CENTER,
        width_chars=13,
        max_width_chars=13,
    )
