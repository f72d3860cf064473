"""Settings of the tiles: whether they show styles or the artist's picture, their size, and their category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.looks import categories
from gimp_plugin.looks.gallery_state import LARGEST, SMALLEST
from gimp_plugin.translation import _
from gimp_plugin.widgets.wheel import scroll_only_with_focus

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.looks.gallery_state import GalleryState

GAP = 6  # pixels
STEP = 16  # pixels, of the size slider


@dataclass(frozen=True)
class TileCallbacks:
    """Functions that are called when a setting has changed."""

    mine: Callable[[bool], None]
    size: Callable[[int], None]
    category: Callable[[str], None]


class TileBar(Gtk.Grid):  # type: ignore[misc] # gi ships no types
    """Two rows above the tiles. state: the first settings."""

    def __init__(self, state: GalleryState, callbacks: TileCallbacks) -> None:
        super().__init__(column_spacing=GAP, row_spacing=GAP)
        self._style = Gtk.RadioButton(label=_("Style"), draw_indicator=False)
        self._mine = Gtk.RadioButton(label=_("My picture"), draw_indicator=False, group=self._style)
        self._style.set_tooltip_text(_("Show each style's own picture"))
        self._mine.set_tooltip_text(_("Show your picture painted in each style, roughly"))
        self._mine.set_active(state.mine)
        self._mine.connect("toggled", lambda button: callbacks.mine(button.get_active()))
        both = Gtk.Box(homogeneous=False)
        both.get_style_context().add_class("linked")
        for button in (self._style, self._mine):
            both.add(button)
        self._filter = Gtk.ComboBoxText(hexpand=True)
        for key, title in categories.TITLES.items():
            self._filter.append(key, title)
        self._filter.set_active_id(state.category)
        (cell,) = self._filter.get_cells()
        cell.set_property("ellipsize", Pango.EllipsizeMode.END)
        cell.set_property("width-chars", 6)
        self._filter.set_tooltip_text(_("Which styles are shown"))
        for part in (self._filter, *_inside(self._filter)):  # the keyboard focus is in a button inside it
            part.get_accessible().set_name(_("Which styles are shown"))
        self._filter.connect("changed", lambda combo: callbacks.category(combo.get_active_id()))
        scroll_only_with_focus(self._filter)
        self._size = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, SMALLEST, LARGEST, STEP)
        self._size.set_draw_value(False)
        self._size.set_hexpand(True)
        self._size.set_value(state.size)
        self._size.set_tooltip_text(_("How large the tiles are (Ctrl and the wheel)"))
        self._size.get_accessible().set_name(_("Size of the tiles"))
        self._size.connect("value-changed", lambda slider: callbacks.size(round(slider.get_value())))
        scroll_only_with_focus(self._size)
        self.attach(both, 0, 0, 1, 1)
        self.attach(self._size, 1, 0, 1, 1)
        self.attach(self._filter, 0, 1, 2, 1)  # long names of categories need a row of their own

    def zoom(self, steps: int) -> None:
        """Make the tiles larger by so many steps."""
        self._size.set_value(self._size.get_value() + STEP * steps)

    def show_all_styles(self) -> None:
        """Switch to the category of all styles."""
        self._filter.set_active_id(categories.ALL)


def _inside(combo: Gtk.ComboBoxText) -> list[Gtk.Widget]:
    """The buttons of which GTK makes a combo box."""
    found: list[Gtk.Widget] = []
    combo.forall(lambda part: found.append(part) if isinstance(part, Gtk.Button) else None)
    return found
