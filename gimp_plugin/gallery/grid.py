"""The grid of styles: what is selected in it, what a search leaves of it, how keys move through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.gallery import thumbnails
from gimp_plugin.gallery.grid_keys import target
from gimp_plugin.gallery.picks import Picks
from gimp_plugin.gallery.tile import Tile
from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.gallery.picks import Pick

MOST_IN_ROW = 12
DELETE = {"Delete", "KP_Delete"}
PRESS = {"Return", "KP_Enter", "ISO_Enter"}
LEAST_HEIGHT = thumbnails.SHOWN + 72  # pixels: less than two rows, so that a blend below finds room


class Grid(Gtk.ScrolledWindow):  # type: ignore[misc] # gi ships no types
    """Tiles in rows, and one stop for Tab. `on_select` hears of every change that the artist makes to the selection.

    on_delete: hears of the preset that she wants to delete, which may be a broken one. on_look: hears of the tile that
    she looks at, None: at no one.
    """

    def __init__(
        self,
        on_select: Callable[[list[Pick]], None],
        on_delete: Callable[[str], None],
        on_look: Callable[[Tile | None], None],
    ) -> None:
        super().__init__(
            hscrollbar_policy=Gtk.PolicyType.NEVER,
            min_content_height=LEAST_HEIGHT,
            shadow_type=Gtk.ShadowType.IN,
            can_focus=False,
        )
        self._on_select = on_select
        self._on_delete = on_delete
        self._on_look = on_look
        self._picks = Picks()
        self._query = ""
        self._busy = False
        self._hovered: Tile | None = None
        self._flow = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.MULTIPLE,
            activate_on_single_click=False,  # a click with Ctrl adds then
            homogeneous=True,
            max_children_per_line=MOST_IN_ROW,
            min_children_per_line=2,
            valign=Gtk.Align.START,
        )
        self._flow.get_accessible().set_name(_("Styles"))
        self._flow.set_filter_func(lambda tile: tile.answers(self._query))
        self._flow.connect("selected-children-changed", self._selected)
        self._flow.connect("focus", self._tabbed)
        self._flow.connect("set-focus-child", lambda _flow, _tile: GLib.idle_add(self._look))
        self._flow.connect("key-press-event", self._pressed)
        self._flow.connect("button-press-event", self._clicked)
        self._flow.connect("popup-menu", lambda _flow: self._offer_menu(self._focused()))
        self._flow.connect("motion-notify-event", self._pointed)
        self._flow.connect("leave-notify-event", self._left)
        # A blend of everything is never what Ctrl+A is pressed for.
        self._flow.connect("select-all", lambda flow: flow.stop_emission_by_name("select-all"))
        self._nothing = Gtk.Label(label=_("No style is called that"), no_show_all=True, margin=24)
        self._nothing.get_style_context().add_class("dim-label")
        both = Gtk.Overlay()
        both.add(self._flow)
        both.add_overlay(self._nothing)
        self.add(both)
        self._flow.set_vadjustment(self.get_vadjustment())
        self.show_all()

    @property
    def tiles(self) -> list[Tile]:
        """All tiles, those that the search hides too."""
        return list(self._flow.get_children())

    def fill(self, tiles: Sequence[Tile], picks: Picks) -> None:
        """Show other tiles."""
        focused = any(tile.is_focus() for tile in self.tiles)
        self._busy = True
        self._hovered = None
        for tile in self.tiles:
            tile.destroy()
        for tile in tiles:
            self._flow.add(tile)
        self._busy = False
        self.mark(picks)
        if focused:
            self.focus()

    def mark(self, picks: Picks) -> None:
        """Select the tiles of what is chosen."""
        self._picks = picks
        self._busy = True
        for tile in self.tiles:
            if tile.pick is not None and picks.holds(tile.pick):
                self._flow.select_child(tile)
            else:
                self._flow.unselect_child(tile)
        self._busy = False
        self._hover(self._hovered)

    def search(self, query: str) -> None:
        """Hide all tiles but those that answer the query."""
        self._query = query
        self._flow.invalidate_filter()
        self._nothing.set_visible(not any(tile.answers(query) for tile in self.tiles))

    def first(self) -> Pick | None:
        """The first style among those that the search leaves."""
        return next((tile.pick for tile in self.tiles if tile.pick is not None and tile.answers(self._query)), None)

    def focus(self) -> bool:
        """Let the keys move in the grid: from the chosen tile if the search shows it, else from the first one.

        Whether there is one.
        """
        seen = [tile for tile in self.tiles if tile.answers(self._query)]
        tile = next((tile for tile in seen if tile.is_selected()), seen[0] if seen else None)
        if tile is not None:
            tile.grab_focus()
        return tile is not None

    def reveal(self, pick: Pick) -> None:
        """Scroll until a style is seen, once its place is known."""
        GLib.idle_add(self._scroll_to, pick)

    def _selected(self, _flow: Gtk.FlowBox) -> None:
        if not self._busy:
            self._on_select([tile.pick for tile in self._flow.get_selected_children() if tile.pick is not None])

    def _pointed(self, flow: Gtk.FlowBox, event: Gdk.EventMotion) -> bool:
        _window, x, y, _mask = flow.get_window().get_device_position(event.device)  # in a tile's button too
        self._hover(flow.get_child_at_pos(x, y))
        return False

    def _left(self, _flow: Gtk.FlowBox, event: Gdk.EventCrossing) -> bool:
        if event.detail != Gdk.NotifyType.INFERIOR:
            self._hover(None)
        return False

    def _hover(self, tile: Tile | None) -> None:
        if self._hovered is not None:
            self._hovered.hover(None)
        self._hovered = tile
        self._look()
        if tile is None or not self._picks.entries:
            return
        if not tile.is_selected():
            tile.hover("add")
        elif len(self._picks.entries) > 1:
            tile.hover("take away")

    def _look(self) -> bool:
        """Tell which tile the mouse, or else the keys, point at."""
        self._on_look(self._hovered or self._focused())
        return bool(GLib.SOURCE_REMOVE)

    def _tabbed(self, flow: Gtk.FlowBox, _direction: Gtk.DirectionType) -> bool:
        """Enter at the chosen tile, and leave from any. GTK's own way goes from tile to tile and chooses each."""
        flow.stop_emission_by_name("focus")
        return self._focused() is None and self.focus()

    def _pressed(self, _flow: Gtk.FlowBox, event: Gdk.EventKey) -> bool:
        """Move, choose and blend by keys. GTK's own keys move from a cursor that does not follow the focus.

        Return on what is chosen already is for the window's default button.
        """
        shown = [tile for tile in self.tiles if tile.answers(self._query)]
        at = next((number for number, tile in enumerate(shown) if tile.is_focus()), None)
        if at is None or event.state & Gdk.ModifierType.MOD1_MASK:
            return False
        control = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        key = Gdk.keyval_name(event.keyval) or ""
        if key in PRESS and shown[at].is_selected():
            self.get_toplevel().activate_default()
        elif key in PRESS or (key == "space" and not control):
            self._take(shown[at].pick)
        elif key == "space":
            self._toggle(shown[at].pick)
        elif key in DELETE:
            self._delete(shown[at])
        else:
            there = target(self._mirrored(key), at, len(shown), *self._shape(shown))
            if there is None:
                return False
            shown[there].grab_focus()
        return True

    def _take(self, pick: Pick | None) -> None:
        if pick is not None:  # what is broken cannot be taken
            self._on_select([pick])

    def _toggle(self, pick: Pick | None) -> None:
        if pick is not None:
            self._on_select(list(self._picks.toggle(pick).entries))

    def _delete(self, tile: Tile) -> None:
        if tile.preset:
            self._on_delete(tile.preset)

    def _focused(self) -> Tile | None:
        return next((tile for tile in self.tiles if tile.is_focus()), None)

    def _clicked(self, flow: Gtk.FlowBox, event: Gdk.EventButton) -> bool:
        tile = flow.get_child_at_pos(event.x, event.y) if event.triggers_context_menu() else None
        return self._offer_menu(tile, event)

    def _offer_menu(self, tile: Tile | None, event: Gdk.EventButton | None = None) -> bool:
        """What can be done with a preset that cannot be chosen: the menu of the others is above the grid."""
        if tile is None or tile.pick is not None:
            return False
        menu = Gtk.Menu(attach_widget=tile)
        item = Gtk.MenuItem(label=_("_Delete"), use_underline=True)
        item.connect("activate", lambda _item: self._delete(tile))
        menu.append(item)
        menu.show_all()
        if event is None:
            menu.popup_at_widget(tile, Gdk.Gravity.CENTER, Gdk.Gravity.NORTH_WEST, None)
        else:
            menu.popup_at_pointer(event)
        return True

    def _mirrored(self, key: str) -> str:
        mirror = {"Left": "Right", "Right": "Left"}
        return mirror.get(key, key) if self.get_direction() == Gtk.TextDirection.RTL else key

    def _shape(self, shown: Sequence[Tile]) -> tuple[int, int]:
        """(tiles side by side, rows seen at once)."""
        top = shown[0].get_allocation()
        columns = sum(tile.get_allocation().y == top.y for tile in shown)
        return columns, int(self.get_vadjustment().get_page_size() / max(1, top.height))

    def _scroll_to(self, pick: Pick) -> bool:
        tile = next((tile for tile in self.tiles if tile.pick is not None and tile.pick.same(pick)), None)
        if tile is not None:
            place = tile.get_allocation()
            self.get_vadjustment().clamp_page(place.y, place.y + place.height)
        return bool(GLib.SOURCE_REMOVE)
