"""The gallery: all styles, buttons that add others, and the list of the chosen styles with their weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.gallery.blend_list import BlendCallbacks, BlendList
from gimp_plugin.gallery.grid import Grid, GridCallbacks
from gimp_plugin.gallery.layer_chooser import LayerChooser
from gimp_plugin.gallery.part_dialog import ask_part
from gimp_plugin.gallery.picture_chooser import ask_picture
from gimp_plugin.gallery.preset_actions import PresetActions, PresetContext
from gimp_plugin.gallery.preset_menu import PresetMenu
from gimp_plugin.gallery.style_view import StyleView
from gimp_plugin.gallery.tile_bar import TileBar, TileCallbacks
from gimp_plugin.gallery.tiles import all_tiles
from gimp_plugin.libgimp import Gio
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.looks import categories, kept_pictures, style_sources
from gimp_plugin.looks.gallery_state import GalleryState, recall, remember
from gimp_plugin.looks.incoming import Incoming
from gimp_plugin.looks.own_picture import OwnPicture
from gimp_plugin.picks import FILE, Pick, Picks, first_picture, of_file
from gimp_plugin.preview import pictures
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import menu_item, text_button
from gimp_plugin.widgets.notice import Notice
from gimp_plugin.wording import in_sentences, sentence
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.presets.archive import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gimp_plugin.gallery.tile import Tile
    from gimp_plugin.image.regions import Region
    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.libgtk import GdkPixbuf
    from nst_core.shared.settings import Value
    from nst_core.shared.wire.messages import Pixels, Stylize

GAP = 6  # pixels
PERSONAL = {categories.FAVOURITES, categories.RECENT, categories.OWN}


@dataclass(frozen=True)
class GalleryContext:
    """What the gallery needs. settings: returns the current ones. regions: returns the regions of the image.

    layer: shown painted in the tiles. profile: the folder where favourites and the form of the tiles are saved.
    """

    settings: Callable[[], dict[str, Value]]
    regions: Callable[[], Sequence[Region]]
    layer: Gimp.Layer | Visible
    profile: Path


class Gallery(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Shows `picks` and lets the artist change them; then `on_change` is called."""

    def __init__(self, picks: Picks, context: GalleryContext, on_change: Callable[[], None]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        self.set_hexpand(False)  # otherwise its children would make it expand
        self._picks = picks
        self._on_change = on_change
        self._profile = context.profile
        self._state = recall(self._profile)
        self._mine = OwnPicture(context.layer, context.settings)
        self._painted: Pixels | None = None
        self._wake: Callable[[], None] = lambda: None
        self._own = self._state.files
        self._put_in_front(picks.entries)
        self._search = self._search_entry()
        self._bar = TileBar(self._state, TileCallbacks(self._switch, self._resize, self._filter))
        self._about = StyleView()
        self._notice = Notice()
        self._actions = PresetActions(
            PresetContext(
                lambda: self._picks, context.settings, self._presets_changed, self._notice, self._preset_picture
            )
        )
        self._grid = Grid(
            GridCallbacks(
                select=lambda wanted: self._adopt(self._picks.select(wanted)),
                delete=self._actions.delete,
                hover=self._describe,
                menu=self._menu,
                scrolled=lambda: self._wake(),  # noqa: PLW0108 - it is set later
                zoom=self._bar.zoom,
            )
        )
        self._presets = PresetMenu(self._actions)
        self._blend = BlendList(
            BlendCallbacks(
                share=lambda pick, share: self._adopt(self._picks.with_share(pick, share)),
                region=lambda pick, region: self._adopt(self._picks.with_region(pick, region)),
                remove=self._remove,
            ),
            context.regions,
        )
        self._incoming = Incoming(self.add_files, self._notice.warn)
        self._build()
        self._refill()
        self.show_all()

    def _build(self) -> None:
        """Pack the parts from top to bottom, and connect signals."""
        for widget, grows in (
            (self._header(), False),
            (self._bar, False),
            (self._grid_with_notice(), True),
            (self._about, False),
            (self._blend, False),
            (self._sources(), False),
        ):
            self.pack_start(widget, expand=grows, fill=True, padding=0)
        self._grid.connect("key-press-event", self._typed)
        self._incoming.accept_drops(self)
        self.connect("map", lambda _self: self._reveal())
        self.connect("unmap", lambda _self: self._set_state(self._state))
        self.connect("hierarchy-changed", self._connect_paste)

    @property
    def picks(self) -> Picks:
        """The chosen styles."""
        return self._picks

    def do_get_preferred_width(self) -> tuple[int, int]:
        """The minimum as the natural width too, so that its contents never move the widgets beside it."""
        least, _natural = Gtk.Box.do_get_preferred_width(self)
        return least, least

    def do_grab_focus(self) -> None:
        """Focus the styles; typing there searches."""
        self._grid.focus()

    def choose(self, pick: Pick) -> None:
        """Choose this style alone; one that is not a preset is moved to the front of the grid."""
        self._put_in_front([pick])
        self._search.set_text("")
        if pick.kind == "file":
            self._set_state(self._state.used([pick]))
        self._bar.show_all_styles()
        self._refill()
        self._adopt(self._picks.choose(pick))
        self._reveal()

    def restore(self, picks: Picks) -> None:
        """Choose earlier styles again."""
        self._put_in_front(picks.entries)
        self._search.set_text("")
        self._refill()
        self._adopt(picks)
        self._reveal()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Import preset files. Of picture files the first is chosen, the others are added to the gallery."""
        found = []
        for path in paths:
            kind = Gio.content_type_guess(str(path), None)[0]
            if path.suffix.lower() == SUFFIX:
                self._actions.import_file(path)
            elif path.is_file() and Gio.content_type_is_a(kind, "image/*"):
                found.append(of_file(path))
            else:
                self._notice.warn(sentence(_("{name} is not a picture").format(name=path.name)))
        if found:
            self._put_in_front(found)
            self._set_state(self._state.used(found))
            self.choose(found[0])

    def _put_in_front(self, picks: Iterable[Pick]) -> None:
        """Move styles that are not presets to the front of the grid, or add them there."""
        own: dict[str, Pick] = {}
        for pick in (*picks, *self._own):
            if pick.kind != "preset":
                own.setdefault(pick.name, pick)
        self._own = list(own.values())

    def _grid_with_notice(self) -> Gtk.Overlay:
        """The grid, with messages over its lower edge, so that nothing moves when one appears."""
        both = Gtk.Overlay()
        both.add(self._grid)
        self._notice.set_valign(Gtk.Align.END)
        both.add_overlay(self._notice)
        return both

    def _describe(self, tile: Tile | None) -> None:
        """Describe a tile; None: the chosen style."""
        chosen = (one for one in self._grid.tiles if one.is_selected())
        self._about.show_tile(tile or next(chosen, None))

    def on_wanted(self, wake: Callable[[], None]) -> None:
        """wake: called when other tiles are to be painted."""
        self._wake = wake

    def set_layer(self, layer: Gimp.Layer | Visible, *, gray: bool) -> None:
        """Another layer, or what the image shows, is painted from now on. gray: whether paintings are gray."""
        if self._mine.set_layer(layer, gray=gray):
            self._draw(self._grid.tiles)
            self._wake()

    def next_to_paint(self) -> Pick | None:
        """The style whose tile is to be painted next; None: there is none."""
        if not self._state.mine or not self.get_mapped():
            return None
        return next(
            (t.pick for t in self._grid.nearest_first if t.pick is not None and self._mine.is_missing(t.pick)), None
        )

    def tile_request(self, pick: Pick) -> Stylize:
        """The request that paints the tile of a style. Raises NeuralStyleError."""
        return self._mine.request(pick)

    def show_tile(self, pick: Pick, painted: Pixels | None) -> None:
        """Show a painted tile; None: it could not be painted."""
        self._mine.store(painted)
        self._draw(tile for tile in self._grid.tiles if tile.pick is not None and tile.pick.same(pick))

    def note_painting(self, painted: Pixels | None) -> None:
        """Store the preview with the current settings as the picture of a new preset; None: there is none."""
        self._painted = painted

    def _preset_picture(self) -> GdkPixbuf.Pixbuf | None:
        return None if self._painted is None else pictures.pixbuf(self._painted)

    def _draw(self, tiles: Iterable[Tile]) -> None:
        """Update the pictures of tiles."""
        for tile in tiles:
            if self._state.mine:
                tile.show_mine(self._mine.painting(tile.pick) if tile.pick else None, self._mine.aspect)
            else:
                tile.show_style()

    def _switch(self, mine: bool) -> None:  # noqa: FBT001 - GTK's own
        self._set_state(replace(self._state, mine=mine))
        self._draw(self._grid.tiles)
        self._reveal()
        self._wake()

    def _resize(self, size: int) -> None:
        self._state = replace(self._state, size=size)  # saved when the gallery is closed, not at each step
        for tile in self._grid.tiles:
            tile.resize(size)
        self._reveal()

    def _filter(self, category: str) -> None:
        self._set_state(replace(self._state, category=category))
        self._grid.filter(self._belongs, _("There are none yet") if category in PERSONAL else "")
        self._reveal()

    def _belongs(self, tile: Tile) -> bool:
        match self._state.category:
            case categories.ALL:
                return True
            case categories.FAVOURITES:
                return tile.starred
            case categories.RECENT:
                return tile.pick is not None and tile.pick.name in self._state.recent
            case category:
                return tile.category == category

    def _star(self, pick: Pick) -> None:
        self._set_state(self._state.toggled(pick))
        for tile in self._grid.tiles:
            if tile.pick is not None and tile.pick.same(pick):
                tile.show_starred(starred=self._state.starred(pick))
        self._grid.sort()
        self._grid.filter(self._belongs, _("There are none yet"))

    def _set_state(self, state: GalleryState) -> None:
        self._state = state
        remember(self._profile, state)

    def _menu(self, tile: Tile) -> Gtk.Menu | None:
        """The context menu of a style."""
        menu = Gtk.Menu(attach_widget=tile)
        pick, builtin = tile.pick, tile.category != categories.OWN
        if pick is None:
            menu_item(menu, _("_Delete"), lambda: self._actions.delete(tile.preset))
            return menu
        favourite = Gtk.CheckMenuItem(label=_("_Favourite"), use_underline=True, active=tile.starred)
        favourite.connect("toggled", lambda _item: self._star(pick))
        menu.append(favourite)
        if pick.kind == "preset":
            menu.append(Gtk.SeparatorMenuItem())
            if not builtin:
                menu_item(menu, _("_Rename…"), lambda: self._presets.rename(self._actions.of(pick)))
                menu_item(menu, _("_Delete"), lambda: self._actions.delete(pick.key))
            menu_item(menu, _("_Export…"), lambda: self._presets.export(self._actions.of(pick)))
        menu_item(menu, _("A _part of it…"), lambda: self._ask_part(pick))
        if pick.kind == "file":
            menu_item(menu, _("_Remove from the gallery"), lambda: self._remove_file(pick))
        return menu

    def _ask_part(self, pick: Pick) -> None:
        """Make a style of a part of this one, and save it as a picture."""
        try:
            key = pick.key if pick.kind == "layer" else f"{FILE}{first_picture(pick)}"
            part = ask_part(self.get_toplevel(), style_sources.picture(key), pick.title)
            if part is not None:
                self.add_files([kept_pictures.save(part, _("{style}, part").format(style=pick.plain_title))])
        except NeuralStyleError as error:
            self._notice.warn(in_sentences(error))

    def _remove_file(self, pick: Pick) -> None:
        """Remove a picture file from the gallery; a chosen one stays."""
        self._own = [one for one in self._own if not one.same(pick) or self._picks.holds(one)]
        self._set_state(self._state.without(pick))
        self._refill()

    def _header(self) -> Gtk.Box:
        header = Gtk.Box(spacing=GAP)
        header.pack_start(self._search, expand=True, fill=True, padding=0)
        header.pack_start(self._presets, expand=False, fill=False, padding=0)
        return header

    def _search_entry(self) -> Gtk.SearchEntry:
        entry = Gtk.SearchEntry(placeholder_text=_("Search styles"))
        entry.get_accessible().set_name(_("Search styles"))
        entry.connect("changed", self._searched)
        entry.connect("stop-search", self._stop_search)
        entry.connect("activate", self._take_first)
        entry.connect("key-press-event", self._leave_search)
        return entry

    def _sources(self) -> Gtk.Box:
        row = Gtk.Box(spacing=GAP, homogeneous=True)
        about = _("Take the style from a picture file; you can also drop one here")
        picture = text_button(_("Ch_oose picture…"), about, self._ask_picture)
        row.pack_start(picture, expand=True, fill=True, padding=0)
        row.pack_start(LayerChooser(self.choose), expand=True, fill=True, padding=0)
        return row

    def _refill(self) -> None:
        tiles = all_tiles(self._own, lambda pick: self._adopt(self._picks.toggle(pick)), self._star)
        for tile in tiles:
            tile.resize(self._state.size)
            if tile.pick is not None:
                tile.show_starred(starred=self._state.starred(tile.pick))
        self._draw(tiles)
        self._grid.fill(tiles, self._picks)
        self._grid.filter(self._belongs, _("There are none yet"))
        self._wake()
        self._blend.show_picks(self._picks)

    def _presets_changed(self, pick: Pick | None) -> None:
        if pick is not None:
            self.choose(pick)
        else:
            self._refill()
            there = [tile.pick for tile in self._grid.tiles if tile.pick is not None]
            kept = [one for one in there if self._picks.holds(one)]
            self._adopt(self._picks.select(kept) if kept else self._picks.choose(there[0]))
            self._reveal()
        self._grid.focus()

    def _remove(self, pick: Pick) -> None:
        self._adopt(self._picks.without(pick))
        self._grid.focus()  # the pressed button is gone

    def _adopt(self, picks: Picks) -> None:
        changed = picks != self._picks
        self._painted = None if changed else self._painted
        self._picks = picks
        self._grid.show_picks(picks)  # the artist may have deselected the last one, which stays chosen
        self._describe(None)
        self._blend.show_picks(picks)
        if changed:
            self._on_change()

    def _reveal(self) -> None:
        if self._picks.entries:
            self._grid.reveal(self._picks.entries[0])

    def _typed(self, _grid: Grid, event: Gdk.EventKey) -> bool:
        if event.keyval == Gdk.KEY_Escape and self._search.get_text():
            self._search.set_text("")
            return True
        handled: bool = self._search.handle_event(event)
        if handled:
            self._search.grab_focus_without_selecting()
        return handled

    def _connect_paste(self, _self: Gallery, _before: Gtk.Widget | None) -> None:
        """Let Ctrl+V paste a style in the whole window, except in text fields."""
        top = self.get_toplevel()
        if isinstance(top, Gtk.Window):
            top.connect("key-press-event", self._pasted)

    def _pasted(self, window: Gtk.Window, event: Gdk.EventKey) -> bool:
        control = event.state & Gtk.accelerator_get_default_mod_mask() == Gdk.ModifierType.CONTROL_MASK
        if not control or Gdk.keyval_to_lower(event.keyval) != Gdk.KEY_v or not self.get_sensitive():
            return False
        return not isinstance(window.get_focus(), Gtk.Editable) and self._incoming.paste()

    def _searched(self, entry: Gtk.SearchEntry) -> None:
        self._grid.search(entry.get_text())
        if not entry.get_text():  # all are shown again, and the chosen one may be out of sight
            self._reveal()

    def _stop_search(self, entry: Gtk.SearchEntry) -> None:
        entry.set_text("")
        self._grid.focus()

    def _take_first(self, entry: Gtk.SearchEntry) -> None:
        pick = self._grid.first_match() if entry.get_text().strip() else None
        if pick is not None:
            self._adopt(self._picks.choose(pick))
            self._grid.focus()

    def _leave_search(self, _entry: Gtk.SearchEntry, event: Gdk.EventKey) -> bool:
        if event.keyval in {Gdk.KEY_Down, Gdk.KEY_KP_Down}:
            self._grid.focus()
            return True
        return False

    def _ask_picture(self) -> None:
        current = next((Path(pick.key) for pick in self._own if pick.kind == "file"), None)
        path = ask_picture(self.get_toplevel(), current)
        if path is not None:
            self.add_files([path])
