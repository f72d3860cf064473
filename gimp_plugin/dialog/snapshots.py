"""The strip of paintings of this window: shows them, restores their settings, inserts or removes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gdk, Gtk, Pango
from gimp_plugin.preview import pictures
from gimp_plugin.preview.framing import fit_into
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import text_button
from gimp_plugin.widgets.grid_keys import ENTER, SPACE
from gimp_plugin.widgets.theme import make_transparent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.flow.roles import Snapshot

GAP = 6  # px
THUMBNAIL = (84, 60)  # px
NAME_CHARS = 11  # characters of a title below its thumbnail
MAX_BYTES = 1 << 30  # of all paintings together; above that, the oldest are removed


@dataclass(frozen=True)
class StripCallbacks:
    """Functions for actions of the user. compare: gets the selected paintings, at most two, the latest one last."""

    compare: Callable[[Sequence[Snapshot]], None]
    take: Callable[[Snapshot], None]
    insert: Callable[[Snapshot], None]


class SnapshotStrip(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Hidden until there is a painting. A click selects one, Ctrl+click a second one to compare it with."""

    def __init__(self, callbacks: StripCallbacks) -> None:
        super().__init__(spacing=GAP, no_show_all=True)
        self._callbacks = callbacks
        self._shots: dict[Gtk.ToggleButton, Snapshot] = {}
        self._chosen: list[Gtk.ToggleButton] = []
        self._changing = False  # whether `_toggled` itself is changing buttons
        self._second = False  # whether the next selected one is added to the one before
        self._row = Gtk.Box(spacing=GAP)
        scrolled = Gtk.ScrolledWindow(vscrollbar_policy=Gtk.PolicyType.NEVER, hexpand=True)
        scrolled.add(self._row)
        self._row.set_focus_hadjustment(scrolled.get_hadjustment())
        self._buttons = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, valign=Gtk.Align.CENTER)
        self._buttons.get_style_context().add_class("linked")
        for label, hint, act in (
            (_("Take settings"), _("Go back to the styles and settings of this painting"), callbacks.take),
            (_("Insert as layer"), _("Put this painting into the image once more"), callbacks.insert),
            (_("Drop"), _("Take this painting out of the list; its layer stays"), self._drop),
        ):
            self._buttons.add(text_button(label, hint, partial(self._act, act)))
        self.pack_start(scrolled, expand=True, fill=True, padding=0)
        self.pack_start(self._buttons, expand=False, fill=False, padding=0)
        for widget in (scrolled, self._buttons):
            widget.show_all()
        self._update_buttons()

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Add a painting at the end."""
        button = self._button(snapshot)
        self._shots[button] = snapshot
        self._row.pack_start(button, expand=False, fill=False, padding=0)
        button.show_all()
        self.show()
        while len(self._shots) > 1 and sum(one.size for one in self._shots.values()) > MAX_BYTES:
            self._remove(next(iter(self._shots)))

    def choose_none(self) -> None:
        """Select no painting."""
        for button in list(self._chosen):
            button.set_active(False)

    def _button(self, snapshot: Snapshot) -> Gtk.ToggleButton:
        button = Gtk.ToggleButton(relief=Gtk.ReliefStyle.NONE)
        title, clock = snapshot.title, snapshot.clock
        name = _("{title}, painted at {time}").format(title=title, time=clock)
        button.set_tooltip_text(
            _("{name}. Click to see it beside the preview, Ctrl+click a second one.").format(name=name)
        )
        button.get_accessible().set_name(name)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        make_transparent(box)
        image, small = Gtk.Image(), pictures.thinned(snapshot.painted.done.pixels, 4 * THUMBNAIL[0] * THUMBNAIL[1])
        picture = pictures.pixbuf(pictures.in_gray(small) if snapshot.gray else small)
        size = fit_into((picture.get_width(), picture.get_height()), THUMBNAIL)
        image.set_from_pixbuf(pictures.checkered(picture, size, 1))
        image.set_size_request(*THUMBNAIL)
        box.add(image)
        for text in (title, clock):
            box.add(Gtk.Label(label=text, ellipsize=Pango.EllipsizeMode.END, max_width_chars=NAME_CHARS))
        button.add(box)
        button.connect("button-press-event", self._pressed)
        button.connect("key-press-event", self._key)
        button.connect("toggled", self._toggled)
        return button

    def _pressed(self, _button: Gtk.ToggleButton, event: Gdk.EventButton) -> bool:
        self._second = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        return False

    def _key(self, button: Gtk.ToggleButton, event: Gdk.EventKey) -> bool:
        """With Ctrl, the keys that press a button select a second one; GTK handles them only without Ctrl."""
        self._second = False
        if not event.state & Gdk.ModifierType.CONTROL_MASK or Gdk.keyval_name(event.keyval) not in ENTER | SPACE:
            return False
        self._second = True
        button.set_active(not button.get_active())
        return True

    def _toggled(self, button: Gtk.ToggleButton) -> None:
        if self._changing:
            return
        rest = [other for other in self._chosen if other is not button]
        self._chosen = [*rest, button] if button.get_active() else rest
        if button.get_active():
            self._chosen = self._chosen[-2:] if self._second else [button]
        self._changing = True
        for other in rest:
            other.set_active(other in self._chosen)
        self._second = self._changing = False
        self._update_buttons()
        self._callbacks.compare([self._shots[one] for one in self._chosen])

    def _act(self, act: Callable[[Snapshot], None]) -> None:
        act(self._shots[self._chosen[-1]])

    def _drop(self, _snapshot: Snapshot) -> None:
        self._remove(self._chosen[-1])

    def _remove(self, button: Gtk.ToggleButton) -> None:
        button.set_active(False)
        self._shots.pop(button)
        button.destroy()
        self.set_visible(bool(self._shots))

    def _update_buttons(self) -> None:
        self._buttons.set_sensitive(bool(self._chosen))
