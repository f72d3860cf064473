"""The styles of a blend, each with its share and its region; hidden while there is only one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import icon_button
from gimp_plugin.widgets.describe import describe
from gimp_plugin.widgets.wheel import scroll_only_with_focus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.image.regions import Region
    from gimp_plugin.picks import Kind, Pick, Picks

PERCENT = 100.0


@dataclass(frozen=True)
class BlendCallbacks:
    """Functions that are called for actions of the user."""

    share: Callable[[Pick, float], None]
    region: Callable[[Pick, str], None]
    remove: Callable[[Pick], None]


class BlendList(Gtk.Grid):  # type: ignore[misc] # gi ships no types
    """Two rows for each style: title, slider, a button to remove it; below, its region."""

    def __init__(self, callbacks: BlendCallbacks, regions: Callable[[], Sequence[Region]]) -> None:
        super().__init__(column_spacing=12, row_spacing=0, no_show_all=True)
        self._callbacks, self._regions = callbacks, regions
        self._shown: list[tuple[Kind, str]] = []
        self._sliders: list[Gtk.Scale] = []
        self._busy = False
        self.get_accessible().set_name(_("Blend"))

    def show_picks(self, picks: Picks) -> None:
        """Show these styles."""
        shown = [(pick.kind, pick.key) for pick in picks.entries]
        if shown != self._shown:
            self._rebuild(picks)
        self._shown = shown
        self._busy = True  # the sliders of the others change too
        for slider, share in zip(self._sliders, picks.shares, strict=True):
            slider.set_value(share * PERCENT)
        self._busy = False
        self.set_visible(len(shown) > 1)

    def _rebuild(self, picks: Picks) -> None:
        for child in self.get_children():
            child.destroy()
        regions = self._regions()
        self._sliders = []
        for number, pick in enumerate(picks.entries):
            row = 2 * number
            slider = self._slider(pick)
            self._sliders.append(slider)
            name = Gtk.Label(label=pick.title, xalign=0.0, ellipsize=Pango.EllipsizeMode.END, width_chars=8)
            name.set_mnemonic_widget(slider)
            self.attach(name, 0, row, 1, 1)
            self.attach(slider, 1, row, 1, 1)
            text = _("Take {style} out of the blend").format(style=pick.title)
            remover = icon_button("list-remove-symbolic", text, partial(self._callbacks.remove, pick))
            self.attach(remover, 2, row, 1, 1)
            if len(regions) > 1:
                self.attach(self._region_list(pick, regions), 1, row + 1, 2, 1)
        for child in self.get_children():
            child.show_all()

    def _slider(self, pick: Pick) -> Gtk.Scale:
        slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0.0, PERCENT, 1.0)
        slider.set_value_pos(Gtk.PositionType.RIGHT)
        slider.set_hexpand(True)
        slider.set_size_request(90, -1)
        scroll_only_with_focus(slider)
        slider.set_tooltip_text(_("How much of the blend this style is"))
        slider.get_accessible().set_name(_("Share of {style}").format(style=pick.title))
        slider.connect("format-value", lambda _slider, value: _("{percent} %").format(percent=round(value)))
        slider.connect("value-changed", lambda moved: self._moved(pick, moved))
        return slider

    def _moved(self, pick: Pick, slider: Gtk.Scale) -> None:
        if not self._busy:
            self._callbacks.share(pick, slider.get_value() / PERCENT)

    def _region_list(self, pick: Pick, regions: Sequence[Region]) -> Gtk.ComboBoxText:
        combo = Gtk.ComboBoxText()
        for region in regions:
            combo.append(region.key, region.title)
        combo.set_active_id(pick.region)
        scroll_only_with_focus(combo)
        (cell,) = combo.get_cells()
        cell.set_property("ellipsize", Pango.EllipsizeMode.END)
        describe(combo, _("Where {style} counts").format(style=pick.title))
        combo.connect("changed", lambda changed: self._callbacks.region(pick, changed.get_active_id()))
        return combo
