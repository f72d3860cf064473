"""The gallery: every style to choose from, where others come from, and the blend of those that were chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.gallery.blend_list import Answers, BlendList
from gimp_plugin.gallery.grid import Grid
from gimp_plugin.gallery.layer_chooser import LayerChooser
from gimp_plugin.gallery.notice import Notice
from gimp_plugin.gallery.picks import Pick, Picks, of_file
from gimp_plugin.gallery.picture_chooser import ask_picture
from gimp_plugin.gallery.preset_actions import PresetActions, Studio
from gimp_plugin.gallery.preset_menu import PresetMenu
from gimp_plugin.gallery.tiles import all_tiles
from gimp_plugin.libgimp import Gio
from gimp_plugin.libgtk import Gdk, Gtk, Pango
from gimp_plugin.translation import _
from gimp_plugin.wording import sentence
from nst_core.shared.presets.archive import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.gallery.tile import Tile
    from gimp_plugin.image.regions import Region
    from nst_core.shared.settings import Value

GAP = 6  # pixels
LINES = 4  # of what is told of a style: the room for them is always there


class Gallery(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Shows `picks` and lets the artist change them; `on_change` hears of it.

    look: her settings, for presets. regions: where in the image a style of a blend may count.
    """

    def __init__(
        self,
        picks: Picks,
        look: Callable[[], dict[str, Value]],
        on_change: Callable[[], None],
        regions: Callable[[], Sequence[Region]] = tuple,
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=GAP)
        self.set_hexpand(False)  # whatever is in it would like to
        self._picks = picks
        self._on_change = on_change
        self._own = [pick for pick in picks.entries if pick.kind != "preset"]
        self._grid = Grid(self._selected, self._delete, self._describe)
        self._about = _about_label()
        self._search = self._search_entry()
        self._notice = Notice()
        self._actions = PresetActions(Studio(lambda: self._picks, look, self._presets_changed, self._notice))
        self._blend = BlendList(Answers(self._weigh, self._place, self._remove), regions)
        for widget, grows in (
            (self._header(), False),
            (self._grid_with_notice(), True),
            (self._about, False),
            (self._blend, False),
            (self._sources(), False),
        ):
            self.pack_start(widget, expand=grows, fill=True, padding=0)
        self._grid.connect("key-press-event", self._typed)
        self.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
        self.drag_dest_add_uri_targets()
        self.connect("drag-data-received", self._dropped)
        self.connect("map", lambda _self: self._reveal())
        self._refill()
        self.show_all()

    @property
    def picks(self) -> Picks:
        """What is chosen now."""
        return self._picks

    def do_get_preferred_width(self) -> tuple[int, int]:
        """As wide as it is at its narrowest, whatever it shows: what lies beside it keeps its place."""
        least, _natural = Gtk.Box.do_get_preferred_width(self)
        return least, least

    def do_grab_focus(self) -> None:
        """Where the keys belong at first: to the styles; typing searches from there too."""
        self._grid.focus()

    def choose(self, pick: Pick) -> None:
        """Take this style alone; one that is no preset comes to the front of the grid."""
        if pick.kind != "preset":
            self._own = [pick, *(other for other in self._own if not other.same(pick))]
        self._search.set_text("")
        self._refill()
        self._adopt(self._picks.choose(pick))
        self._reveal()

    def go_back_to(self, picks: Picks) -> None:
        """Take what was chosen once."""
        others = [pick for pick in picks.entries if pick.kind != "preset"]
        self._own = [*others, *(own for own in self._own if not any(own.same(other) for other in others))]
        self._search.set_text("")
        self._refill()
        self._adopt(picks)
        self._reveal()

    def add_file(self, path: Path) -> None:
        """Take a picture file as the style, or a preset file into the gallery."""
        if path.suffix.lower() == SUFFIX:
            self._actions.take_in(path)
            return
        kind = Gio.content_type_guess(str(path), None)[0]
        if not path.is_file() or not Gio.content_type_is_a(kind, "image/*"):
            self._notice.warn(sentence(_("{name} is not a picture").format(name=path.name)))
            return
        self.choose(of_file(path))

    def _grid_with_notice(self) -> Gtk.Overlay:
        """A message lies on the grid's lower edge, so that nothing gives way to it."""
        both = Gtk.Overlay()
        both.add(self._grid)
        self._notice.set_valign(Gtk.Align.END)
        both.add_overlay(self._notice)
        return both

    def _describe(self, tile: Tile | None) -> None:
        """Tell of a tile, or else of what is chosen."""
        chosen = (one for one in self._grid.tiles if one.is_selected())
        tile = tile or next(chosen, None)
        text = " ".join(tile.about.split()) if tile is not None else ""
        self._about.set_text(text)
        self._about.get_accessible().set_name(text or _("About the style"))

    def _header(self) -> Gtk.Box:
        header = Gtk.Box(spacing=GAP)
        header.pack_start(self._search, expand=True, fill=True, padding=0)
        header.pack_start(PresetMenu(self._actions), expand=False, fill=False, padding=0)
        return header

    def _search_entry(self) -> Gtk.SearchEntry:
        entry = Gtk.SearchEntry(placeholder_text=_("Search styles"))
        entry.get_accessible().set_name(_("Search styles"))
        entry.connect("changed", lambda changed: self._grid.search(changed.get_text()))
        entry.connect("stop-search", self._stop_search)
        entry.connect("activate", self._take_first)
        entry.connect("key-press-event", self._leave_search)
        return entry

    def _sources(self) -> Gtk.Box:
        row = Gtk.Box(spacing=GAP, homogeneous=True)
        picture = Gtk.Button(label=_("Ch_oose picture…"), use_underline=True)
        picture.set_tooltip_text(_("Take the style from a picture file; you can also drop one here"))
        picture.connect("clicked", self._ask_picture)
        row.pack_start(picture, expand=True, fill=True, padding=0)
        row.pack_start(LayerChooser(self.choose), expand=True, fill=True, padding=0)
        return row

    def _refill(self) -> None:
        tiles = all_tiles(self._own, lambda pick: self._adopt(self._picks.toggle(pick)))
        self._grid.fill(tiles, self._picks)
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

    def _selected(self, wanted: list[Pick]) -> None:
        self._adopt(self._picks.select(wanted))

    def _delete(self, slug: str) -> None:
        self._actions.delete(slug)

    def _weigh(self, pick: Pick, weight: float) -> None:
        self._adopt(self._picks.with_weight(pick, weight))

    def _place(self, pick: Pick, region: str) -> None:
        self._adopt(self._picks.with_region(pick, region))

    def _remove(self, pick: Pick) -> None:
        self._adopt(self._picks.without(pick))
        self._grid.focus()  # the button that was pressed is gone

    def _adopt(self, picks: Picks) -> None:
        changed = picks != self._picks
        self._picks = picks
        self._grid.mark(picks)  # she may have taken away what must stay
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

    def _stop_search(self, entry: Gtk.SearchEntry) -> None:
        entry.set_text("")
        self._grid.focus()

    def _take_first(self, entry: Gtk.SearchEntry) -> None:
        pick = self._grid.first() if entry.get_text().strip() else None
        if pick is not None:
            self._adopt(self._picks.choose(pick))
            self._grid.focus()

    def _leave_search(self, _entry: Gtk.SearchEntry, event: Gdk.EventKey) -> bool:
        if event.keyval in {Gdk.KEY_Down, Gdk.KEY_KP_Down}:
            self._grid.focus()
            return True
        return False

    def _ask_picture(self, _button: Gtk.Button) -> None:
        current = next((Path(pick.key) for pick in self._own if pick.kind == "file"), None)
        path = ask_picture(self.get_toplevel(), current)
        if path is not None:
            self.add_file(path)

    def _dropped(self, *event: Any) -> None:
        _widget, _context, _x, _y, dropped, *_numbers = event
        for uri in dropped.get_uris():
            path = Gio.File.new_for_uri(uri).get_path()
            if path is None:
                self._notice.warn(sentence(_("only files on this machine can be dropped; save the picture first")))
            else:
                self.add_file(Path(path))


def _about_label() -> Gtk.Label:
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
    label.get_style_context().add_class("dim-label")
    line = label.create_pango_layout("x").get_pixel_size()[1]
    label.set_size_request(-1, LINES * line)
    return label
