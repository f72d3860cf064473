"""A tile of the gallery: picture, title, and buttons to blend the style and to make it a favourite."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from gimp_plugin.libgtk import Atk, Gtk, Pango
from gimp_plugin.looks import thumbnails
from gimp_plugin.looks.search_words import matches
from gimp_plugin.preview import pictures
from gimp_plugin.translation import _
from gimp_plugin.widgets.describe import describe
from gimp_plugin.widgets.theme import make_transparent

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.picks import Pick

GAP = 6  # pixels
MANY = 1_000_000  # tiles
FAINT = 0.3  # opacity
NARROW, LETTER = 13, 7.4  # characters below a small picture, and the width of one, px
ADD, TAKE_AWAY = "list-add-symbolic", "list-remove-symbolic"
STAR, NO_STAR = "starred-symbolic", "non-starred-symbolic"


class TileAccessible(Gtk.FlowBoxChildAccessible):  # type: ignore[misc] # gi ships no types
    """Tells screen readers whether a tile is chosen, which GTK does not."""

    def do_ref_state_set(self) -> Atk.StateSet:
        """The states of the tile."""
        states = Gtk.FlowBoxChildAccessible.do_ref_state_set(self)
        tile = self.get_widget()
        if tile is not None:
            states.add_state(Atk.StateType.SELECTABLE)
            if tile.is_selected():
                states.add_state(Atk.StateType.SELECTED)
        return states


class Tile(Gtk.FlowBoxChild):  # type: ignore[misc] # gi ships no types
    """A style, or a broken preset (`pick` is None).

    words: texts for the search besides the title. category: one of `categories`.
    """

    def __init__(
        self,
        pick: Pick | None,
        title: str,
        about: str,
        picture: GdkPixbuf.Pixbuf | None,
        words: str = "",
        category: str = "",
    ) -> None:
        super().__init__()
        self.pick = pick
        self.about = about
        self.category = category
        self.starred = False
        self.number = 0
        self.preset = pick.key if pick is not None and pick.kind == "preset" else ""
        self.title, self._words = title, words or about
        self._style, self._painted = picture, None
        self._aspect = 0.0
        self._size = thumbnails.SHOWN
        self._blend: Gtk.Button | None = None
        self._star: Gtk.Button | None = None
        self._hovered = False
        self._image = thumbnails.image(picture)
        self._picture = Gtk.Overlay(halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
        self._picture.add(self._image)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=GAP, border_width=GAP)
        make_transparent(column)
        column.pack_start(self._picture, expand=False, fill=False, padding=0)
        self._label = _caption(title)
        column.pack_start(self._label, expand=False, fill=False, padding=0)
        self.add(column)
        self.get_accessible().set_role(Atk.Role.LIST_ITEM)
        self.get_accessible().set_name(title)
        self.get_accessible().set_description(about)
        self._announced = False  # whether screen readers know that it is chosen
        self.show_all()

    @property
    def sort_key(self) -> int:
        """Favourites first, then by number."""
        return self.number - MANY if self.starred else self.number

    def matches(self, query: str) -> bool:
        """Whether the tile matches a search."""
        return matches(query, self.title, self._words)

    def resize(self, size: int) -> None:
        """Set the size of the picture, px."""
        self._size = size
        self._draw()
        self._label.set_max_width_chars(max(NARROW, round(size / LETTER)))

    def show_mine(self, painted: GdkPixbuf.Pixbuf | None, aspect: float) -> None:
        """Show the layer painted in this style; until it is painted, the style's picture, faintly.

        aspect: width / height of the layer.
        """
        self._painted, self._aspect = painted, aspect
        self._draw()

    def show_style(self) -> None:
        """Show the style's own picture."""
        self._aspect = 0.0
        self._draw()

    def show_broken(self, preset: str) -> None:
        """Show that the preset of this name is broken."""
        self.preset = preset
        self._draw()
        emblem = Gtk.Image(icon_name="dialog-warning", pixel_size=thumbnails.SHOWN // 3, visible=True)
        self._picture.add_overlay(emblem)
        self._label.set_sensitive(False)

    def add_buttons(self, toggle: Callable[[Pick], None], star: Callable[[Pick], None]) -> None:
        """Small buttons, visible under the pointer: to add the style to the blend or remove it, and for favourites."""
        self._blend = self._corner(Gtk.Align.END, ADD, toggle)
        self._star = self._corner(Gtk.Align.START, NO_STAR, star)

    def show_starred(self, *, starred: bool) -> None:
        """Show whether it is a favourite."""
        self.starred = starred
        if self._star is not None:
            _set_icon(
                self._star, STAR if starred else NO_STAR, _("No favourite any more") if starred else _("A favourite")
            )
            self._star.set_visible(starred or self._hovered)
        self.get_accessible().set_name(_("{style}, a favourite").format(style=self.title) if starred else self.title)

    def announce_selected(self) -> None:
        """Tell screen readers whether it is chosen, if that has changed."""
        chosen = bool(self.is_selected())
        if chosen != self._announced:
            self._announced = chosen
            self.get_accessible().notify_state_change(Atk.StateType.SELECTED, chosen)

    def hover(self, offer: Literal["add", "take away"] | None, *, pointed: bool = False) -> None:
        """Show the buttons. offer: add to or remove from the blend; None: neither. pointed: under the pointer."""
        self._hovered = pointed
        if self._star is not None:
            self._star.set_visible(pointed or self.starred)
        if self._blend is None:
            return
        if offer is not None:
            add = offer == "add"
            text = _("Blend with the chosen style (Ctrl+click)") if add else _("Take out of the blend")
            _set_icon(self._blend, ADD if add else TAKE_AWAY, text)
        self._blend.set_visible(offer is not None)

    def _corner(self, side: Gtk.Align, icon: str, act: Callable[[Pick], None]) -> Gtk.Button:
        button = Gtk.Button(
            image=Gtk.Image(icon_name=icon, icon_size=Gtk.IconSize.MENU),
            halign=side,
            valign=Gtk.Align.START,
            can_focus=False,
            no_show_all=True,
        )
        button.connect("clicked", lambda _button: act(self.pick) if self.pick else None)
        self._picture.add_overlay(button)
        return button

    def _draw(self) -> None:
        mine = self._painted if self._aspect else None
        shown = mine or self._style
        if self._aspect and shown is not None:
            wide, high = min(1.0, self._aspect), min(1.0, 1 / self._aspect)
            size = max(1, round(self._size * wide)), max(1, round(self._size * high))
            pictures.put(self._image, partial(thumbnails.covering, shown, size), self.get_scale_factor())
        elif shown is not None:
            self._image.set_from_gicon(shown, Gtk.IconSize.DIALOG)
            self._image.set_pixel_size(self._size)
        else:
            self._image.set_from_icon_name(thumbnails.MISSING, Gtk.IconSize.DIALOG)
            self._image.set_pixel_size(self._size)
        faint = bool(self.preset and self.pick is None) or (bool(self._aspect) and mine is None)
        dimmed = FAINT if self._style is not None else 0.0
        self._image.set_opacity(dimmed if faint else 1.0)


Tile.set_accessible_type(TileAccessible)


def _set_icon(button: Gtk.Button, icon: str, text: str) -> None:
    button.get_image().set_from_icon_name(icon, Gtk.IconSize.MENU)
    describe(button, text)


def _caption(title: str) -> Gtk.Label:
    return Gtk.Label(
        label=title,
        wrap=True,
        wrap_mode=Pango.WrapMode.WORD_CHAR,  # file names have no spaces
        lines=2,
        ellipsize=Pango.EllipsizeMode.END,
        justify=Gtk.Justification.CENTER,
        width_chars=NARROW,
        max_width_chars=NARROW,
    )
