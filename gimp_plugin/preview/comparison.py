"""A picture before and after, with a line between them that mouse and arrow keys move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.preview import pictures
from gimp_plugin.preview.framing import placed
from gimp_plugin.preview.pictures import WHITE, Line
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from gimp_plugin.libgtk import GdkPixbuf

LEAST = (320, 240)  # px: room for the picture
NEAR = 12  # px: from the line, to take hold of it
STEP = 0.02  # of the width, for an arrow key
FIRST_SPLIT = 0.3  # of the width: most of what is seen is new
DIMMED = 0.35
GAP, PADDING = 6, 8  # px
STYLE = b"""
.nst-badge { background-color: rgba(0, 0, 0, 0.72); color: #ffffff; border-radius: 4px; padding: 2px 8px; }
.nst-badge-strong { font-weight: bold; }
"""

Moved = Callable[[float, float], None]


@dataclass(frozen=True)
class Pictures:
    """What is compared; both may be transparent, and are shown at one size. title: what the one after is.

    enlarge: whether they are shown beyond before's own size.
    """

    title: str
    before: GdkPixbuf.Pixbuf
    after: GdkPixbuf.Pixbuf | None = None
    enlarge: bool = True


class Comparison(Gtk.Overlay):  # type: ignore[misc] # gi ships no types
    """Shows two pictures. What is behind the window's edges can be pulled in, where `on_pull` is given.

    on_pull: hears by how many px of the picture it was pulled to the right and down; on_drop: that it was let go.
    """

    def __init__(self, on_pull: Moved, on_drop: Callable[[], None], on_room: Callable[[], bool]) -> None:
        """on_room: hears that `room` may have changed."""
        super().__init__()
        self._on_pull, self._on_drop, self._on_room = on_pull, on_drop, on_room
        self._pictures: Pictures | None = None
        self._ready: tuple[GdkPixbuf.Pixbuf, ...] = ()  # the pictures at their size on the screen
        self._ready_for: tuple[object, ...] = ()
        self._split = FIRST_SPLIT
        self._only_before = False
        self._pulling: tuple[float, float] | None = None  # where the mouse was
        self._sliding = False
        self._box = self._event_box()
        self._image = Gtk.Image(halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
        self.add(self._box)
        self._lay_over(self._image)
        self._badge = self._label("", Gtk.Align.START, Gtk.Align.START, strong=True)
        self._captions = (
            self._label(_("Before"), Gtk.Align.START, Gtk.Align.END),
            self._label(_("After"), Gtk.Align.END, Gtk.Align.END),
        )
        self._error = self._label("", Gtk.Align.CENTER, Gtk.Align.CENTER)
        self._error.set_line_wrap(True)
        self._error.set_max_width_chars(40)
        self._pullable = False
        self._update()

    def compare(self, pair: Pictures, *, pullable: bool) -> None:
        """Show other pictures."""
        self._pictures, self._pullable = pair, pullable
        self._badge.set_text(pair.title)
        self._update()

    def show_only_before(self, *, only: bool) -> None:
        """Whether all of the picture is as it was before."""
        self._only_before = only
        self._update()

    def complain(self, sentence: str) -> None:
        """Dim the picture and say what is wrong; with an empty sentence nothing is."""
        self._error.set_text(sentence)
        self._image.set_opacity(DIMMED if sentence else 1.0)
        self._update()

    @property
    def room(self) -> tuple[int, int]:
        """For a picture on the screen, px of the window."""
        return max(LEAST[0], self._box.get_allocated_width()), max(LEAST[1], self._box.get_allocated_height())

    def _event_box(self) -> Gtk.EventBox:
        box = Gtk.EventBox(can_focus=True, width_request=LEAST[0], height_request=LEAST[1], expand=True)
        motion = Gdk.EventMask.POINTER_MOTION_MASK | Gdk.EventMask.KEY_PRESS_MASK | Gdk.EventMask.FOCUS_CHANGE_MASK
        box.add_events(motion | Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_RELEASE_MASK)
        box.connect("button-press-event", self._press)
        box.connect("motion-notify-event", self._motion)
        box.connect("button-release-event", self._release)
        box.connect("key-press-event", self._key)
        for signal in ("focus-in-event", "focus-out-event"):
            box.connect(signal, lambda *_args: self._update_soon())
        for signal in ("size-allocate", "notify::scale-factor"):
            box.connect(signal, lambda *_args: self._update_soon())
        box.connect("size-allocate", lambda *_args: GLib.idle_add(self._on_room))
        accessible = box.get_accessible()
        accessible.set_role(type(accessible.get_role()).SLIDER)
        return box

    def _label(self, text: str, across: Gtk.Align, along: Gtk.Align, *, strong: bool = False) -> Gtk.Label:
        label = Gtk.Label(label=text, halign=across, valign=along, no_show_all=True)
        style, provider = label.get_style_context(), Gtk.CssProvider()
        provider.load_from_data(STYLE)
        style.add_provider(provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION + 1)  # above GIMP's theme
        for name in ("nst-badge", "nst-badge-strong")[: 1 + strong]:
            style.add_class(name)
        self._lay_over(label)
        return label

    def _lay_over(self, widget: Gtk.Widget) -> None:
        self.add_overlay(widget)
        self.set_overlay_pass_through(widget, True)  # noqa: FBT003 - the mouse is for what lies below

    def _update_soon(self) -> bool:
        GLib.idle_add(self._update)
        return False

    def _size(self) -> tuple[int, int]:
        """Of the picture on the screen, px of the window."""
        if self._pictures is None:
            return LEAST
        before = self._pictures.before
        return placed((before.get_width(), before.get_height()), self.room, enlarge=self._pictures.enlarge)

    def _margins(self) -> tuple[int, int]:
        (width, height), (room_x, room_y) = self._size(), self.room
        return (room_x - width) // 2, (room_y - height) // 2

    def _update(self) -> None:
        if self._pictures is not None:
            pictures.put(self._image, self._painted, self.get_scale_factor())
        self._place_labels()
        name = _("Before and after, divided at {percent} % of the width").format(percent=round(100 * self._split))
        self._box.get_accessible().set_name(name)

    def _painted(self, zoom: int) -> GdkPixbuf.Pixbuf:
        assert self._pictures is not None
        width, height = (zoom * side for side in self._size())
        wanted = (self._pictures, width, height)
        if self._ready_for != wanted:
            both = (self._pictures.before, self._pictures.after)
            self._ready = tuple(pictures.checkered(one, (width, height), zoom) for one in both if one)
            self._ready_for = wanted
        if not self._splits():
            return self._ready[0]
        before, after = self._ready
        return pictures.compared(before, after, Line(round(width * self._split), zoom, self._accent()))

    def _splits(self) -> bool:
        return self._pictures is not None and self._pictures.after is not None and not self._only_before

    def _accent(self) -> int:
        if not self._box.has_focus():
            return WHITE
        found, color = self._box.get_style_context().lookup_color("theme_selected_bg_color")
        if not found:
            return WHITE
        red, green, blue = (int(255 * part) for part in (color.red, color.green, color.blue))
        return red << 24 | green << 16 | blue << 8 | 255

    def _place_labels(self) -> None:
        margin_x, margin_y = self._margins()
        for label in (self._badge, *self._captions, self._error):
            label.set_margin_start(margin_x + GAP)
            label.set_margin_end(margin_x + GAP)
            label.set_margin_top(margin_y + GAP)
            label.set_margin_bottom(margin_y + GAP)
        line, width = self._size()[0] * self._split, self._size()[0]
        for label, room in zip(self._captions, (line, width - line), strict=True):
            needed = label.get_layout().get_pixel_size()[0] + 2 * (PADDING + GAP)
            label.set_visible(self._splits() and room >= needed)
        self._badge.set_visible(self._splits())
        self._error.set_visible(bool(self._error.get_text()))

    def _slide(self, split: float) -> None:
        self._split = min(1.0, max(0.0, split))
        self._update()

    def _line(self) -> float:
        """Px from the left of the box to the line."""
        return self._margins()[0] + self._size()[0] * self._split

    def _press(self, box: Gtk.EventBox, event: Gdk.EventButton) -> bool:
        if event.button != Gdk.BUTTON_PRIMARY:
            return False
        box.grab_focus()
        self._sliding = self._splits() and (not self._pullable or abs(event.x - self._line()) <= NEAR)
        if self._sliding:
            self._slide((event.x - self._margins()[0]) / self._size()[0])
        elif self._pullable:
            self._pulling = (event.x, event.y)
        return True

    def _motion(self, _box: Gtk.EventBox, event: Gdk.EventMotion) -> bool:
        if self._sliding:
            self._slide((event.x - self._margins()[0]) / self._size()[0])
        elif self._pulling is not None:
            assert self._pictures is not None
            scale = self._size()[0] / self._pictures.before.get_width()
            right, down = event.x - self._pulling[0], event.y - self._pulling[1]
            self._pulling = (event.x, event.y)
            self._on_pull(right / scale, down / scale)
        else:
            self._point(event.x)
        return True

    def _point(self, x: float) -> None:
        """The mouse says what it would take hold of."""
        name = "grab" if self._pullable else "default"
        if self._splits() and abs(x - self._line()) <= NEAR:
            name = "col-resize"
        self._box.get_window().set_cursor(Gdk.Cursor.new_from_name(self._box.get_display(), name))

    def _release(self, _box: Gtk.EventBox, _event: Gdk.EventButton) -> bool:
        pulled, self._pulling, self._sliding = self._pulling is not None, None, False
        if pulled:
            self._on_drop()
        return True

    def _key(self, _box: Gtk.EventBox, event: Gdk.EventKey) -> bool:
        name = Gdk.keyval_name(event.keyval).removeprefix("KP_")
        across, down = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}.get(name, (0, 0))
        if event.state & Gdk.ModifierType.CONTROL_MASK:
            if not self._pullable or not (across or down):
                return False
            # The frame goes where the arrow points, so the picture goes the other way.
            self._on_pull(-across * LEAST[0] / 4, -down * LEAST[1] / 4)
            self._on_drop()
            return True
        if across:
            self._slide(self._split + across * STEP)
        elif name in {"Home", "End"}:
            self._slide(0.0 if name == "Home" else 1.0)
        return bool(across) or name in {"Home", "End"}
