"""The buttons below the preview: before and after, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import text_button
from gimp_plugin.widgets.theme import dim

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.preview.comparison import Comparison

SPACE = 6  # px
CLICK = 300  # milliseconds: longer presses of a button are holds


class ViewButtons(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Buttons for a comparison."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(spacing=SPACE)
        self._comparison = comparison
        self._turn = self._turn_button()
        self._fit = text_button(_("Fit"), _("Show the whole layer (0)"), self._show_all)
        self._full = text_button(_("100 %"), _("Show the layer px by px (1)"), comparison.show_pixels)
        self._nearer = _symbol("zoom-in-symbolic", _("Zoom in"), _("Zoom in (+)"), lambda: comparison.zoom_in(1))
        self._farther = _symbol("zoom-out-symbolic", _("Zoom out"), _("Zoom out (-)"), lambda: comparison.zoom_in(-1))
        self._zoom = Gtk.Label(width_chars=6, xalign=0.0)
        dim(self._zoom)
        linked = Gtk.Box()
        linked.get_style_context().add_class("linked")
        for button in (self._farther, self._fit, self._full, self._nearer):
            linked.pack_start(button, expand=False, fill=False, padding=0)
        for widget in (self._before_button(), self._turn, linked, self._zoom):
            self.pack_start(widget, expand=False, fill=False, padding=0)
        self.update()

    def update(self) -> None:
        """Show the zoom, and enable the buttons that would change it."""
        view = self._comparison.view
        self._zoom.set_text(_("{percent} %").format(percent=round(100 * view.scale)))
        self._fit.set_sensitive(view.zoom is not None)
        self._full.set_sensitive(view.scale != 1.0)
        self._nearer.set_sensitive(view.scale < view.most)
        self._farther.set_sensitive(view.scale > view.least)

    def set_upright(self, *, upright: bool) -> None:
        """Show before and after side by side, or one above the other."""
        self._turn.set_active(not upright)

    def _show_all(self) -> None:
        self._comparison.set_view(self._comparison.view.fitting())

    def _turn_button(self) -> Gtk.ToggleButton:
        button = Gtk.ToggleButton()
        button.add(Gtk.Image(icon_name="object-rotate-right-symbolic"))
        button.set_tooltip_text(_("Before above after, instead of beside it"))
        button.get_accessible().set_name(_("Before above after"))
        button.connect("toggled", lambda _button: self._comparison.split(upright=not button.get_active()))
        return button

    def _before_button(self) -> Gtk.ToggleButton:
        button = Gtk.ToggleButton(label=_("Before"))
        button.set_tooltip_text(_("Shows the layer as it is: for as long as you hold it, or until the next click."))
        button.connect("toggled", lambda _button: self._comparison.show_only_before(only=button.get_active()))
        pressed: dict[str, float] = {}

        def press(_button: Gtk.ToggleButton, event: Gdk.EventButton) -> bool:
            if event.button == Gdk.BUTTON_PRIMARY and event.type == Gdk.EventType.BUTTON_PRESS:
                pressed["at"], pressed["again"] = event.time, button.get_active()
                button.set_active(True)
            return True

        def release(_button: Gtk.ToggleButton, event: Gdk.EventButton) -> bool:
            if event.button == Gdk.BUTTON_PRIMARY:
                clicked = event.time - pressed["at"] < CLICK
                button.set_active(clicked and not pressed["again"])
            return True

        button.connect("button-press-event", press)
        button.connect("button-release-event", release)
        return button


def _symbol(icon: str, name: str, hint: str, act: Callable[[], None]) -> Gtk.Button:
    button = Gtk.Button()
    button.add(Gtk.Image(icon_name=icon))
    button.set_tooltip_text(hint)
    button.get_accessible().set_name(name)
    button.connect("clicked", lambda _button: act())
    return button
