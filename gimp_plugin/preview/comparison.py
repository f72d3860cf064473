"""A layer before and after, with zoom, pan, and a line between the two, by mouse and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk, Pango
from gimp_plugin.preview import pictures
from gimp_plugin.preview.pictures import WHITE, Line
from gimp_plugin.preview.viewport import NOTCH, STEP, Viewport
from gimp_plugin.translation import _
from gimp_plugin.widgets.theme import badge
from gimp_plugin.widgets.wheel import notches
from gimp_plugin.wording import in_sentences
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.preview.paintings import LayerPaintings
    from gimp_plugin.preview.viewport import Box, Point
    from gimp_plugin.strength_map.map_tool import MapTool

LEAST = (320, 240)  # px: size of the widget
NEAR = 12  # px: distance from the line at which it can be dragged
SLIDE = 0.02  # of the picture's side, for an arrow key
PULL = 60  # px: pan for an arrow key
SHORTEST = 12  # letters of a caption that is cut
FIRST_SPLIT, EVEN = 0.3, 0.5  # of the width: more of "after" is visible; of two paintings as much
DIMMED = 0.35
GAP, PADDING = 6, 8  # px
MAP = 110  # px: the longer side of the small map
ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


class Comparison(Gtk.Overlay):  # type: ignore[misc] # gi ships no types
    """Shows a layer and its paintings. view: zoom and position; on_view: called after changes of it."""

    def __init__(self, shown: LayerPaintings, on_view: Callable[[], None]) -> None:
        super().__init__()
        self.shown = shown
        self.tool: MapTool | None = None
        """Gets events of the mouse and keys first, over its layer, and returns True for those that it has handled."""
        self.part: Box | None = None  # the selected part of the layer: shown first if it is small
        self._framed = False
        self.view = Viewport(shown.source.size, LEAST)
        self._on_view = on_view
        self._ready: tuple[GdkPixbuf.Pixbuf, GdkPixbuf.Pixbuf | None] | None = None
        """The visible part, before and after."""
        self._ready_for: object = None
        self._map: tuple[object, GdkPixbuf.Pixbuf] | None = None
        self._split = FIRST_SPLIT
        self.upright = True  # whether the line is a vertical one
        self._other_split = EVEN  # of two paintings, or of the layer and its painting, while the others are shown
        self._split_before = FIRST_SPLIT  # to which a second click returns
        self._only_before = {"button": False, "key": False}
        self._dragged_to: Point | None = None  # the last position of a drag of the layer
        self._sliding = False
        self._due = False
        self._box = self._event_box()
        self._image = Gtk.Image(halign=Gtk.Align.START, valign=Gtk.Align.START)
        self.add(self._box)
        self._add_overlay(self._image)
        self._badge = self._label(Gtk.Align.START, Gtk.Align.START, strong=True)
        self._captions = self._label(Gtk.Align.START, Gtk.Align.END), self._label(Gtk.Align.END, Gtk.Align.END)
        self._error = self._label(Gtk.Align.CENTER, Gtk.Align.CENTER)
        self._error.set_line_wrap(True)
        self._error.set_max_width_chars(40)
        self._update()

    @property
    def dragging(self) -> bool:
        """Whether the layer is being dragged, so that the view will change again."""
        return self._dragged_to is not None

    def show_layer(self, shown: LayerPaintings) -> None:
        """Show another layer, with the same view if it has the same size; or new paintings of the same layer."""
        if (shown.beside is None) != (self.shown.beside is None):
            self._split, self._other_split = self._other_split, self._split
        self.shown = shown
        if self.view.layer != shown.source.size:
            self.view = replace(self.view.fitting(), layer=shown.source.size)
        self.update_soon()

    def update_soon(self) -> bool:
        """Redraw once, when idle."""
        if not self._due:
            self._due = True
            GLib.idle_add(self._update)
        return False

    def set_view(self, view: Viewport) -> None:
        """Set the view."""
        if view != self.view:
            self.view = view
            self.update_soon()
            self._on_view()

    def show_pixels(self) -> None:
        """Zoom to 100 %; if the whole layer was visible, at the selected part."""
        view = self.view.zoomed(1.0)
        self.set_view(view.showing(*self.part.middle) if self.part and self.view.whole else view)

    def zoom_in(self, steps: int) -> None:
        """Zoom by so many steps."""
        self.set_view(self.view.zoomed(self.view.scale * STEP**steps))

    def split(self, *, upright: bool) -> None:
        """Show before and after side by side, or one below the other."""
        self.upright = upright
        self.update_soon()

    def show_only_before(self, *, only: bool, by: str = "button") -> None:
        """Show only "before", or not, for one reason; it is shown as long as there is any."""
        self._only_before[by] = only
        self.update_soon()

    def show_error(self, sentence: str) -> None:
        """Dim the picture and show an error; with an empty text, show it normally."""
        self._error.set_text(sentence)
        self._image.set_opacity(DIMMED if sentence else 1.0)
        self.update_soon()

    def _event_box(self) -> Gtk.EventBox:
        box = Gtk.EventBox(can_focus=True, width_request=LEAST[0], height_request=LEAST[1], expand=True)
        mask = Gdk.EventMask
        box.add_events(mask.POINTER_MOTION_MASK | mask.KEY_PRESS_MASK | mask.KEY_RELEASE_MASK | mask.FOCUS_CHANGE_MASK)
        box.add_events(
            mask.LEAVE_NOTIFY_MASK
            | mask.BUTTON_PRESS_MASK
            | mask.BUTTON_RELEASE_MASK
            | mask.SCROLL_MASK
            | mask.SMOOTH_SCROLL_MASK
        )
        box.connect("button-press-event", self._press)
        box.connect("motion-notify-event", self._motion)
        box.connect("button-release-event", self._release)
        box.connect("leave-notify-event", self._leave)
        box.connect("scroll-event", self._scroll)
        box.connect("key-press-event", self._key)
        box.connect("key-release-event", self._key_release)
        for signal in ("focus-in-event", "focus-out-event"):
            box.connect(signal, self._focus)
        for signal in ("size-allocate", "notify::scale-factor"):
            box.connect(signal, lambda *_args: self._resize())
        accessible = box.get_accessible()
        accessible.set_role(type(accessible.get_role()).SLIDER)
        return box

    def _label(self, across: Gtk.Align, along: Gtk.Align, *, strong: bool = False) -> Gtk.Label:
        label = Gtk.Label(halign=across, valign=along, no_show_all=True)
        badge(label, strong=strong)
        self._add_overlay(label)
        return label

    def _add_overlay(self, widget: Gtk.Widget) -> None:
        self.add_overlay(widget)
        self.set_overlay_pass_through(widget, True)  # noqa: FBT003 - the mouse is for the widget below

    def _resize(self) -> None:
        size = max(LEAST[0], self._box.get_allocated_width()), max(LEAST[1], self._box.get_allocated_height())
        view = self.view.resized(size, self.get_scale_factor())
        if self.part and not self._framed and view.zoom is None:
            view = view.around(self.part)
        self._framed = self._framed or self._box.get_allocated_width() > 1
        if view != self.view:  # to show a picture allocates sizes again, and the same ones must change nothing
            self.view = view
            GLib.idle_add(self._on_view)
            self.update_soon()

    def _update(self) -> bool:
        self._due = False
        try:
            pictures.put(self._image, self._painted, self.view.density)
        except NeuralStyleError as error:
            self._error.set_text(in_sentences(error))
        left, top = self.view.corner
        self._image.set_margin_start(round(left))
        self._image.set_margin_top(round(top))
        self._place_labels()
        side = _("width") if self.upright else _("height")
        name = _("Before and after, divided at {percent} % of the {side}")
        self._box.get_accessible().set_name(name.format(percent=round(100 * self._split), side=side))
        return bool(GLib.SOURCE_REMOVE)

    def _tool_of(self) -> MapTool | None:
        return self.tool if self.tool is not None and self.tool.works_on(self.shown.source.layer) else None

    def _painted(self, zoom: int) -> GdkPixbuf.Pixbuf:
        view = self.view if zoom == self.view.density else self._coarser(zoom)
        wanted = (view, self.shown, self.shown.version)
        if self._ready is None or self._ready_for != wanted:
            before = self.shown.before(view)
            both = (before, self.shown.after(view, before))
            checks = [pictures.checkered(one, view.on_screen[2:], zoom) if one else None for one in both]
            assert checks[0] is not None
            self._ready, self._ready_for = (checks[0], checks[1]), wanted
        before, after = self._ready
        if self._splits() and after is not None:
            at = round(view.on_screen[2 if self.upright else 3] * self._split)
            line = Line(at, zoom, self._accent(), upright=self.upright)
            seen = pictures.compared(before, after, line)
        else:
            seen = before.copy()
        if tool := self._tool_of():
            tool.draw(seen, view)
        if not view.whole:
            self._draw_map(seen, view, zoom)
        return seen

    def _coarser(self, density: int) -> Viewport:
        """The same view on a screen whose own px cannot be used."""
        zoom = None if self.view.zoom is None else self.view.zoom * density / self.view.density
        return replace(self.view, density=density, zoom=zoom)

    def _draw_map(self, seen: GdkPixbuf.Pixbuf, view: Viewport, zoom: int) -> None:
        small = Viewport(view.layer, (MAP, MAP), zoom)
        wanted = (self.shown, zoom)
        if self._map is None or self._map[0] != wanted:
            self._map = wanted, pictures.checkered(self.shown.layer(small), small.size, zoom)
        pictures.draw_map(seen, self._map[1], view.visible, (view.layer, zoom))

    def _on_map(self, x: float, y: float) -> Point | None:
        """The point of the layer at a point of the small map, px of the window."""
        if self.view.whole:
            return None
        (left, top), (width, _height) = self.view.corner, self.view.extent
        size = Viewport(self.view.layer, (MAP, MAP)).size
        across = (x - left - width + GAP + size[0]) / size[0]
        down = (y - top - GAP) / size[1]
        inside = 0 <= across <= 1 and 0 <= down <= 1
        return (across * self.view.layer[0], down * self.view.layer[1]) if inside else None

    def _splits(self) -> bool:
        return self.shown.base is not None and not any(self._only_before.values())

    def _accent(self) -> int:
        if not self._box.has_focus():
            return WHITE
        found, color = self._box.get_style_context().lookup_color("theme_selected_bg_color")
        if not found:
            return WHITE
        red, green, blue = (int(255 * part) for part in (color.red, color.green, color.blue))
        return red << 24 | green << 16 | blue << 8 | 255

    def _place_labels(self) -> None:
        (left, top), (width, height) = self.view.corner, self.view.extent
        for label in (self._badge, *self._captions, self._error):
            label.set_margin_start(round(left) + GAP)
            label.set_margin_end(round(left) + GAP)
            label.set_margin_top(round(top) + GAP)
            label.set_margin_bottom(round(top) + GAP)
        # The badge and the small map are in the upper corners.
        self._captions[0].set_valign(Gtk.Align.END if self.upright else Gtk.Align.START)
        self._captions[0].set_halign(Gtk.Align.START if self.upright else Gtk.Align.CENTER)
        side = width if self.upright else height
        spaces = (side * self._split, side * (1 - self._split))
        for label, text, space in zip(self._captions, self.shown.captions, spaces, strict=True):
            fits = _put_caption(label, text, round(space - 2 * (PADDING + GAP)), upright=self.upright)
            label.set_visible(self._splits() and fits)
        sharp = self.shown.sharp(self.view)
        title = self.shown.title
        self._badge.set_text(title if sharp else _("{title}, enlarged").format(title=title))
        # Of two paintings each has its caption, which says the same.
        self._badge.set_visible(self._splits() and not (sharp and self.shown.beside is not None))
        self._error.set_visible(bool(self._error.get_text()))

    def _slide(self, split: float) -> None:
        self._split = min(1.0, max(0.0, split))
        self.update_soon()

    def _share(self, event: Gdk.EventButton | Gdk.EventMotion) -> float:
        """The position of the pointer, relative to the side of the visible picture."""
        axis = 0 if self.upright else 1
        at = event.x if self.upright else event.y
        return float((at - self.view.corner[axis]) / self.view.extent[axis])

    def _near_line(self, event: Gdk.EventButton | Gdk.EventMotion) -> bool:
        side = self.view.extent[0 if self.upright else 1]
        return self._splits() and abs(self._share(event) - self._split) * side <= NEAR

    def _press(self, box: Gtk.EventBox, event: Gdk.EventButton) -> bool:
        tool = self._tool_of()
        if tool and not self._on_map(event.x, event.y) and tool.press(event, self.view):
            box.grab_focus()
            return True
        if event.button not in {Gdk.BUTTON_PRIMARY, Gdk.BUTTON_MIDDLE}:
            return False
        box.grab_focus()
        self._sliding = False
        if event.type == Gdk.EventType.DOUBLE_BUTTON_PRESS:
            self._slide(self._split_before)
            self._toggle_zoom((event.x, event.y))
            return True
        if event.type != Gdk.EventType.BUTTON_PRESS:
            return True
        primary, place = event.button == Gdk.BUTTON_PRIMARY, self._on_map(event.x, event.y)
        if primary and place:
            self.set_view(self.view.showing(*place))
        elif primary and self._splits() and (self.view.whole or self._near_line(event)):
            self._sliding, self._split_before = True, self._split
            self._slide(self._share(event))
        elif not self.view.whole:
            self._dragged_to, self._split_before = (event.x, event.y), self._split
        return True

    def _motion(self, _box: Gtk.EventBox, event: Gdk.EventMotion) -> bool:
        tool = self._tool_of()
        if tool and tool.move(event, self.view):
            return True
        if self._sliding:
            self._slide(self._share(event))
        elif self._dragged_to is not None:
            right, down = event.x - self._dragged_to[0], event.y - self._dragged_to[1]
            self._dragged_to = (event.x, event.y)
            self.set_view(self.view.moved(right, down))
        else:
            self._set_cursor(event)
        return True

    def _set_cursor(self, event: Gdk.EventMotion) -> None:
        """Set the cursor for what can be dragged at this point."""
        tool = self._tool_of()
        name = "default" if self.view.whole else "grab"
        if self._on_map(event.x, event.y):
            name = "pointer"
        elif tool and tool.cursor:
            name = tool.cursor
        elif self._near_line(event):
            name = "col-resize" if self.upright else "row-resize"
        self._box.get_window().set_cursor(Gdk.Cursor.new_from_name(self._box.get_display(), name))

    def _leave(self, _box: Gtk.EventBox, _event: Gdk.EventCrossing) -> bool:
        if tool := self._tool_of():
            tool.leave()
        return False

    def _release(self, _box: Gtk.EventBox, _event: Gdk.EventButton) -> bool:
        if self.tool is not None and self.tool.release():
            return True
        dragged, self._dragged_to, self._sliding = self.dragging, None, False
        if dragged:
            self._on_view()
        return True

    def _toggle_zoom(self, at: Point) -> None:
        """Toggle between the whole layer and 100 % at the pointer."""
        if self.view.zoom is None and self.view.fit != 1.0:
            self.set_view(self.view.zoomed(1.0, at))
        else:
            self.set_view(self.view.fitting())

    def _scroll(self, _box: Gtk.EventBox, event: Gdk.EventScroll) -> bool:
        if turned := notches(event):
            self.set_view(self.view.zoomed(self.view.scale * NOTCH**-turned, (event.x, event.y)))
        return True

    def _focus(self, box: Gtk.EventBox, _event: Gdk.EventFocus) -> bool:
        if not box.has_focus():
            self._only_before["key"] = False
        return self.update_soon()

    def _key(self, _box: Gtk.EventBox, event: Gdk.EventKey) -> bool:
        tool = self._tool_of()
        if tool and tool.key(event, self.view):
            return True
        name, view = Gdk.keyval_name(event.keyval).removeprefix("KP_"), self.view
        acts: dict[str, Callable[[], None]] = {
            "plus": lambda: self.zoom_in(1),
            "equal": lambda: self.zoom_in(1),
            "Add": lambda: self.zoom_in(1),
            "minus": lambda: self.zoom_in(-1),
            "Subtract": lambda: self.zoom_in(-1),
            "0": lambda: self.set_view(view.fitting()),
            "1": self.show_pixels,
            "space": lambda: self.show_only_before(only=True, by="key"),
            "Home": lambda: self._slide(0.0),
            "End": lambda: self._slide(1.0),
        }
        if name in ARROWS:
            return self._arrow(ARROWS[name], event.state)
        if name not in acts or event.state & (Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.MOD1_MASK):
            return False
        acts[name]()
        return True

    def _arrow(self, way: tuple[int, int], state: Gdk.ModifierType) -> bool:
        """Arrows pan if the layer is larger than the widget; with Shift, or otherwise, they move the line."""
        if not self.view.whole and not state & Gdk.ModifierType.SHIFT_MASK:
            self.set_view(self.view.moved(-way[0] * PULL, -way[1] * PULL))
            return True
        along = way[0] if self.upright else way[1]
        if along:
            self._slide(self._split + along * SLIDE)
        return bool(along)

    def _key_release(self, _box: Gtk.EventBox, event: Gdk.EventKey) -> bool:
        if Gdk.keyval_name(event.keyval) == "space":
            self.show_only_before(only=False, by="key")
            return True
        return False


def _put_caption(label: Gtk.Label, text: str, space: int, *, upright: bool) -> bool:
    """Write a caption beside the line, or above or below it, in so many px. Returns whether there is space for it."""
    label.set_text(text)
    layout = label.create_pango_layout(text)
    wide, high = layout.get_pixel_size()
    cut = upright and wide > space
    metrics = layout.get_context().get_metrics()
    letter = max(metrics.get_approximate_char_width(), metrics.get_approximate_digit_width()) / Pango.SCALE
    letters = int(space / letter)
    label.set_ellipsize(Pango.EllipsizeMode.MIDDLE if cut else Pango.EllipsizeMode.NONE)
    label.set_max_width_chars(letters if cut else -1)
    return letters >= SHORTEST if cut else upright or high <= space
