"""The brush on the preview, for mouse and keys, and the overlay of the map."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas
from gimp_plugin.libgtk import Gdk
from gimp_plugin.preview.comparison import ARROWS
from gimp_plugin.strength_map import marks
from gimp_plugin.strength_map.drawing import BrushMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.libgimp import GdkPixbuf, Gimp
    from gimp_plugin.preview.viewport import Point, Viewport
    from gimp_plugin.strength_map.editor import MapEditor

DAB = {"space", "Return", "KP_Enter"}
STEP, FINE_STEP = 0.5, 0.1  # of the brush's diameter, for an arrow key
LARGER = 1.2  # times, for a key
SIZES = (0.005, 1.0)  # shares of the layer's longer side


class MapTool:
    """Draws over the preview, and handles its events. While it is not active it only outlines faces."""

    def __init__(self, editor: MapEditor, redraw: Callable[[], None]) -> None:
        self._editor = editor
        self._redraw = redraw
        self._tint: tuple[object, GdkPixbuf.Pixbuf] | None = None
        self._at: Point | None = None  # the brush, px of the layer
        self._drawing = False
        editor.add_listener(redraw, strokes=True)

    @property
    def cursor(self) -> str:
        """The name of the pointer over the layer; empty for the usual ones."""
        return "crosshair" if self._editor.active else ""

    def works_on(self, layer: Gimp.Layer | Visible) -> bool:
        """Whether this is what the window paints."""
        return bool(layer == self._editor.layer) and canvas.is_there(layer)

    def draw(self, seen: GdkPixbuf.Pixbuf, view: Viewport) -> None:
        """Draw the tint, outlines of faces, and the brush."""
        editor = self._editor
        if editor.active:
            if self._tint is None or self._tint[0] != editor.version:
                self._tint = editor.version, marks.tint(editor.chosen_levels(), *editor.size)
            marks.lay_over(seen, view, self._tint[1], editor.map_position())
        marks.outline(seen, view, editor.faces)
        if editor.active and self._at is not None:
            marks.ring(seen, view, self._at, editor.brush.size * max(view.layer))

    def press(self, event: Gdk.EventButton, view: Viewport) -> bool:
        """Begin a stroke with the first button; the middle one pans."""
        if not self._editor.active or event.button != Gdk.BUTTON_PRIMARY:
            return False
        if event.type == Gdk.EventType.BUTTON_PRESS:
            self._at = view.to_layer(event.x, event.y)
            self._drawing = True
            self._editor.begin(self._at, _pressure(event))
        return True

    def move(self, event: Gdk.EventMotion, view: Viewport) -> bool:
        """Continue the stroke, or move the ring."""
        if not self._editor.active:
            return False
        self._at = view.to_layer(event.x, event.y)
        if self._drawing:
            self._editor.go_on(self._at, _pressure(event))
        self._redraw()
        return self._drawing

    def release(self) -> bool:
        """End the stroke."""
        drew, self._drawing = self._drawing, False
        if drew:
            self._editor.end()
        return drew

    def leave(self) -> None:
        """Hide the ring when the pointer leaves."""
        if self._editor.active and not self._drawing:
            self._at = None
            self._redraw()

    def key(self, event: Gdk.EventKey, view: Viewport) -> bool:
        """Arrows move the brush, the space bar paints a dab, brackets change its size, X and E its effect."""
        if not self._editor.active or event.state & (Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.MOD1_MASK):
            return False
        name = Gdk.keyval_name(event.keyval).removeprefix("KP_")
        brush = self._editor.brush
        if name in ARROWS:
            self._shift(view, ARROWS[name], FINE_STEP if event.state & Gdk.ModifierType.SHIFT_MASK else STEP)
        elif name in DAB:
            self._editor.begin(self._at or view.visible.middle, 1.0)
            self._editor.end()
        elif name in {"bracketleft", "bracketright"}:
            size = brush.size * (LARGER if name == "bracketright" else 1 / LARGER)
            self._editor.set_brush(replace(brush, size=min(SIZES[1], max(SIZES[0], size))))
        elif name in {"x", "X"}:
            self._editor.set_brush(
                replace(brush, mode=BrushMode.LESS if brush.mode is BrushMode.MORE else BrushMode.MORE)
            )
        elif name in {"e", "E"}:
            self._editor.set_brush(replace(brush, mode=BrushMode.ERASE))
        else:
            return False
        return True

    def _shift(self, view: Viewport, way: tuple[int, int], share: float) -> None:
        step = share * self._editor.brush.size * max(view.layer)
        x, y = self._at or view.visible.middle
        box = view.visible
        self._at = (
            min(box.right, max(box.left, x + way[0] * step)),
            min(box.bottom, max(box.top, y + way[1] * step)),
        )
        self._redraw()


def _pressure(event: Gdk.EventButton | Gdk.EventMotion) -> float:
    """The pressure of a pen, in [0, 1]; 1 for a mouse."""
    with contextlib.suppress(AttributeError, TypeError):
        known, pressure = event.get_axis(Gdk.AxisUse.PRESSURE)
        if known and pressure > 0:
            return float(pressure)
    return 1.0
