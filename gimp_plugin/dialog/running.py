"""The window's last row: a summary of what will be painted, the progress, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.translation import _
from gimp_plugin.widgets.theme import dim
from gimp_plugin.wording import of_status

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[], None]

SPACE = 6  # pixels
CHOOSING, RUNNING = "choosing", "running"


class Running(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Text and progress on the left, buttons on the right. `stylize` is the window's default button."""

    def __init__(self) -> None:
        super().__init__(spacing=4 * SPACE)
        self._status = Gtk.Label(xalign=0.0, ellipsize=Pango.EllipsizeMode.END)
        self._bar = Gtk.ProgressBar()
        self._bar.get_accessible().set_name(_("Progress"))
        progress = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE, valign=Gtk.Align.CENTER)
        progress.add(self._status)
        progress.add(self._bar)
        self._hint = Gtk.Label(xalign=0.0, wrap=True, lines=2, ellipsize=Pango.EllipsizeMode.END)
        dim(self._hint)
        self._color = _button(_("I_n colour, as a new image"), _("Choose New image as output, which keeps the colours"))
        self._color.set_valign(Gtk.Align.CENTER)
        self._color.set_no_show_all(True)
        hint = Gtk.Box(spacing=2 * SPACE)
        hint.pack_start(self._hint, expand=False, fill=True, padding=0)
        hint.pack_start(self._color, expand=False, fill=True, padding=0)
        self._pages = Gtk.Stack(transition_type=Gtk.StackTransitionType.CROSSFADE)
        self._pages.add_named(hint, CHOOSING)
        self._pages.add_named(progress, RUNNING)
        self.pack_start(self._pages, expand=True, fill=True, padding=0)
        self._stop = _button(_("Stop and _keep"), _("End now, and keep the picture as far as it is"))
        self._cancel = _button(_("_Cancel"), "")
        self.stylize = _button(_("Styli_ze"), _("Paint the whole picture"))
        self.stylize.set_can_default(True)
        self._stay = _button(_("Insert and sta_y"), _("Paint the whole picture, and leave this window open"))
        self.stylize.get_style_context().add_class("suggested-action")
        self.pack_end(self._buttons(), expand=False, fill=False, padding=0)
        self.show_all()

    def connect_buttons(self, *, stop: Act, cancel: Act, stylize: Act | None = None, stay: Act | None = None) -> None:
        """Connect the buttons."""
        acts = ((self.stylize, stylize), (self._stay, stay), (self._stop, stop), (self._cancel, cancel))
        for button, act in acts:
            if act is not None:
                button.connect("clicked", lambda _button, act=act: act())

    def offer_color(self, act: Act) -> None:
        """Connect the button that is there where a painting will be gray."""

        def clicked(_button: Gtk.Button) -> None:
            self.stylize.grab_focus()  # the button goes away
            act()

        self._color.connect("clicked", clicked)

    def summarize(self, text: str, *, gray: bool) -> None:
        """Say what will be painted. gray: whether colours are offered."""
        self._hint.set_text(text)
        self._hint.set_tooltip_text(text)
        self._color.set_visible(gray)

    def show_phase(self, phase: Phase) -> None:
        """Enable the buttons for this phase."""
        self._pages.set_visible_child_name(RUNNING if phase.busy else CHOOSING)
        for button in (self.stylize, self._stay):
            button.set_visible(not phase.busy)
        self._stop.set_visible(phase.busy)
        self._stop.set_sensitive(phase is Phase.RUNNING)
        if phase is Phase.STOPPING:
            self._status.set_text(_("Stopping…"))
        hint = _("End now, and keep nothing") if phase.busy else _("Close the window")
        self._cancel.set_tooltip_text(hint)

    def show_status(self, status: Status) -> None:
        """Show the progress of the run."""
        self._status.set_text(of_status(status))
        self._bar.set_fraction(status.fraction)

    def _buttons(self) -> Gtk.ButtonBox:
        box = Gtk.ButtonBox(spacing=SPACE, layout_style=Gtk.ButtonBoxStyle.END, valign=Gtk.Align.CENTER)
        order = [self._cancel, self._stop, self._stay, self.stylize]
        if Gtk.Settings.get_default().get_property("gtk-alternative-button-order"):  # as on Windows
            order.reverse()
        for button in order:
            box.add(button)
        return box


def _button(label: str, hint: str) -> Gtk.Button:
    button = Gtk.Button(label=label, use_underline=True)
    if hint:
        button.set_tooltip_text(hint)
    return button
