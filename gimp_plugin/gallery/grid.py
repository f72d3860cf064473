"""The grid of styles: selection, search, keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.gallery.tile import Tile
from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.looks import thumbnails
from gimp_plugin.picks import Picks
from gimp_plugin.translation import _
from gimp_plugin.widgets.grid_keys import ENTER, SPACE, target
from gimp_plugin.widgets.theme import dim
from gimp_plugin.widgets.wheel import notches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gimp_plugin.picks import Pick

MOST_IN_ROW = 12
DELETE = {"Delete", "KP_Delete"}
LEAST_HEIGHT = thumbnails.SHOWN + 28  # px: a little more than a row, so that there is space for a blend below


@dataclass(frozen=True)
class GridCallbacks:
    """Functions that are called for actions of the user.

    select: the selection has changed. delete: delete a preset, which may be a broken one. hover: the tile under the
    pointer or focus, None: none. menu: returns the menu of a tile. scrolled: other tiles are visible. zoom: enlarge the
    tiles by so many steps.
    """

    select: Callable[[list[Pick]], None]
    delete: Callable[[str], None]
    hover: Callable[[Tile | None], None]
    menu: Callable[[Tile], Gtk.Menu | None]
    scrolled: Callable[[], None]
    zoom: Callable[[int], None]


class Grid(Gtk.ScrolledWindow):  # type: ignore[misc] # gi ships no types
    """Tiles in rows, favourites first, and one stop for Tab."""

    def __init__(self, callbacks: GridCallbacks) -> None:
        super().__init__(
            hscrollbar_policy=Gtk.PolicyType.NEVER,
            min_content_height=LEAST_HEIGHT,
            shadow_type=Gtk.ShadowType.IN,
            can_focus=False,
        )
        self._callbacks = callbacks
        self._picks = Picks()
        self._query = ""
        self._belongs: Callable[[Tile], bool] = lambda _tile: True
        self._busy = False
        self._hovered: Tile | None = None
        self._flow = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.MULTIPLE,
            activate_on_single_click=False,  # so that Ctrl+click adds
            homogeneous=True,
            max_children_per_line=MOST_IN_ROW,
            min_children_per_line=2,
            valign=Gtk.Align.START,
        )
        self._flow.get_accessible().set_name(_("Styles"))
        self._flow.set_filter_func(self._matches)
        self._flow.set_sort_func(lambda one, other: one.sort_key - other.sort_key)
        self._flow.connect("selected-children-changed", self._selected)
        self._flow.connect("focus", self._tabbed)
        self._flow.connect("set-focus-child", lambda _flow, _tile: GLib.idle_add(self._report_hovered))
        self._flow.connect("key-press-event", self._pressed)
        self._flow.connect("button-press-event", self._clicked)
        self._flow.connect("popup-menu", lambda _flow: self._offer_menu(self._focused()))
        self._flow.connect("motion-notify-event", self._pointer_moved)
        self._flow.connect("leave-notify-event", self._pointer_left)
        self._flow.connect("scroll-event", self._scrolled)
        # Ctrl+A must not select all styles.
        self._flow.connect("select-all", lambda flow: flow.stop_emission_by_name("select-all"))
        self._nothing = Gtk.Label(wrap=True, no_show_all=True, margin=24, max_width_chars=10)
        dim(self._nothing)
        both = Gtk.Overlay()
        both.add(self._flow)
        both.add_overlay(self._nothing)
        self.add(both)
        self._flow.set_vadjustment(self.get_vadjustment())
        self.get_vadjustment().connect("value-changed", lambda _adjustment: callbacks.scrolled())
        self.show_all()

    @property
    def tiles(self) -> list[Tile]:
        """All tiles, hidden ones too."""
        return list(self._flow.get_children())

    def fill(self, tiles: Sequence[Tile], picks: Picks) -> None:
        """Replace the tiles."""
        focused = any(tile.is_focus() for tile in self.tiles)
        self._busy = True
        self._hovered = None
        for tile in self.tiles:
            tile.destroy()
        for number, tile in enumerate(tiles):
            tile.number = number
            self._flow.add(tile)
        self._busy = False
        self.show_picks(picks)
        if focused:
            self.focus()

    def show_picks(self, picks: Picks) -> None:
        """Select the tiles of the chosen styles."""
        self._picks = picks
        self._busy = True
        for tile in self.tiles:
            if tile.pick is not None and picks.holds(tile.pick):
                self._flow.select_child(tile)
            else:
                self._flow.unselect_child(tile)
            tile.announce_selected()
        self._busy = False
        self._hover(self._hovered)

    def search(self, query: str) -> None:
        """Hide tiles that do not match the query."""
        self._query = query
        self.filter(self._belongs, _("No style is called that"))

    def filter(self, belongs: Callable[[Tile], bool], nothing: str) -> None:
        """Hide tiles that do not belong to a category. nothing: the text if there is none."""
        self._belongs = belongs
        self._flow.invalidate_filter()
        self._nothing.set_text(nothing)
        self._nothing.set_visible(not self.shown)
        self._callbacks.scrolled()

    def sort(self) -> None:
        """Sort again after a change of favourites."""
        self._flow.invalidate_sort()

    @property
    def shown(self) -> list[Tile]:
        """The tiles that match search and filter."""
        return [tile for tile in self.tiles if self._matches(tile)]

    @property
    def nearest_first(self) -> list[Tile]:
        """The same: visible ones first, then those nearest to them."""
        page = self.get_vadjustment()
        top, bottom = page.get_value(), page.get_value() + page.get_page_size()

        def away(tile: Tile) -> float:
            place = tile.get_allocation()
            return float(max(0.0, top - place.y - place.height, place.y - bottom))

        return sorted(self.shown, key=away)

    def first_match(self) -> Pick | None:
        """The first style that matches the search."""
        return next((tile.pick for tile in self.shown if tile.pick is not None), None)

    def focus(self) -> bool:
        """Focus the chosen tile if it matches the search, otherwise the first one. Returns whether there is one."""
        shown = self.shown
        tile = next((tile for tile in shown if tile.is_selected()), shown[0] if shown else None)
        if tile is not None:
            tile.grab_focus()
        return tile is not None

    def reveal(self, pick: Pick) -> None:
        """Scroll to a style when its position is known."""
        GLib.idle_add(self._scroll_to, pick)

    def _selected(self, _flow: Gtk.FlowBox) -> None:
        if not self._busy:
            self._callbacks.select([tile.pick for tile in self._flow.get_selected_children() if tile.pick is not None])

    def _pointer_moved(self, flow: Gtk.FlowBox, event: Gdk.EventMotion) -> bool:
        _window, x, y, _mask = flow.get_window().get_device_position(event.device)  # in a tile's button too
        self._hover(flow.get_child_at_pos(x, y))
        return False

    def _pointer_left(self, _flow: Gtk.FlowBox, event: Gdk.EventCrossing) -> bool:
        if event.detail != Gdk.NotifyType.INFERIOR:
            self._hover(None)
        return False

    def _hover(self, tile: Tile | None) -> None:
        if self._hovered is not None:
            self._hovered.hover(None)
        self._hovered = tile
        self._report_hovered()
        if tile is None:
            return
        if not self._picks.entries:
            tile.hover(None, pointed=True)
        elif not tile.is_selected():
            tile.hover("add", pointed=True)
        else:
            tile.hover("take away" if len(self._picks.entries) > 1 else None, pointed=True)

    def _report_hovered(self) -> bool:
        """Report the tile under the pointer, otherwise the one with the focus."""
        self._callbacks.hover(self._hovered or self._focused())
        return bool(GLib.SOURCE_REMOVE)

    def _tabbed(self, flow: Gtk.FlowBox, _direction: Gtk.DirectionType) -> bool:
        """Tab enters at the chosen tile and leaves from any. GTK would move from tile to tile and choose each."""
        flow.stop_emission_by_name("focus")
        return self._focused() is None and self.focus()

    def _pressed(self, _flow: Gtk.FlowBox, event: Gdk.EventKey) -> bool:
        """Move, choose and blend by keys. GTK's own keys start from a cursor that does not follow the focus.

        Return on a chosen tile activates the window's default button.
        """
        shown = self.shown
        at = next((number for number, tile in enumerate(shown) if tile.is_focus()), None)
        if at is None or event.state & Gdk.ModifierType.MOD1_MASK:
            return False
        control = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        key = Gdk.keyval_name(event.keyval) or ""
        if control and key in ENTER | SPACE:
            self._toggle(shown[at].pick)
        elif key in ENTER and shown[at].is_selected():
            self.get_toplevel().activate_default()
        elif key in ENTER | SPACE:
            self._choose(shown[at].pick)
        elif key in DELETE:
            self._delete(shown[at])
        else:
            mirrored = self.get_direction() == Gtk.TextDirection.RTL
            there = target(key, at, len(shown), *self._shape(shown), mirrored=mirrored)
            if there is None:
                return False
            shown[there].grab_focus()
        return True

    def _choose(self, pick: Pick | None) -> None:
        if pick is not None:  # broken presets cannot be chosen
            self._callbacks.select([pick])

    def _toggle(self, pick: Pick | None) -> None:
        if pick is not None:
            self._callbacks.select(list(self._picks.toggle(pick).entries))

    def _delete(self, tile: Tile) -> None:
        if tile.preset:
            self._callbacks.delete(tile.preset)

    def _matches(self, tile: Tile) -> bool:
        return tile.matches(self._query) and self._belongs(tile)

    def _scrolled(self, _flow: Gtk.FlowBox, event: Gdk.EventScroll) -> bool:
        """Ctrl and the wheel change the size of the tiles."""
        if not event.state & Gdk.ModifierType.CONTROL_MASK:
            return False
        if turned := notches(event):
            self._callbacks.zoom(1 if turned < 0 else -1)
        return True

    def _focused(self) -> Tile | None:
        return next((tile for tile in self.tiles if tile.is_focus()), None)

    def _clicked(self, flow: Gtk.FlowBox, event: Gdk.EventButton) -> bool:
        tile = flow.get_child_at_pos(event.x, event.y) if event.triggers_context_menu() else None
        return self._offer_menu(tile, event)

    def _offer_menu(self, tile: Tile | None, event: Gdk.EventButton | None = None) -> bool:
        """Open the menu of a tile, by the right mouse button or the Menu key."""
        menu = None if tile is None else self._callbacks.menu(tile)
        if menu is None:
            return False
        menu.show_all()
        if event is None:
            menu.popup_at_widget(tile, Gdk.Gravity.CENTER, Gdk.Gravity.NORTH_WEST, None)
        else:
            menu.popup_at_pointer(event)
        return True

    def _shape(self, shown: Sequence[Tile]) -> tuple[int, int]:
        """(number of columns, number of visible rows)."""
        top = shown[0].get_allocation()
        columns = sum(tile.get_allocation().y == top.y for tile in shown)
        return columns, int(self.get_vadjustment().get_page_size() / max(1, top.height))

    def _scroll_to(self, pick: Pick) -> bool:
        tile = next((tile for tile in self.tiles if tile.pick is not None and tile.pick.same(pick)), None)
        if tile is not None:
            place, page = tile.get_allocation(), self.get_vadjustment()
            bottom = page.get_value() + page.get_page_size()
            if not page.get_value() <= place.y <= bottom - place.height:  # its row on top, so that no row is cut there
                page.set_value(place.y)
        return bool(GLib.SOURCE_REMOVE)
