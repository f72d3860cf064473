"""The mapping between a layer and the widget that shows it: zoom and position. Plain arithmetic.

There are three kinds of px: of the layer; of the window, in which GTK gives sizes and pointer positions; and of the
screen, `density` of which are one px of the window along each axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MOST_ZOOM = 4.0
STEP = math.sqrt(2)  # of the zoom, for a button or a key
NOTCH = 1.25  # of the zoom, for the wheel
AROUND = 1.6  # size of the visible part relative to the selected part
SNAP = 1.06  # a zoom that differs from *fit* or 100 % by less than this factor becomes that

Size = tuple[int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle of a layer, px."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def middle(self) -> Point:
        """The centre."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, other: Box, slack: float = 0.5) -> bool:
        """Whether another box lies in this one, with a tolerance of `slack` px."""
        reaches = self.left <= other.left + slack and self.top <= other.top + slack
        return reaches and self.right >= other.right - slack and self.bottom >= other.bottom - slack


@dataclass(frozen=True)
class Viewport:
    """Maps between a layer and the widget that shows it.

    layer: its (width, height), px. widget: its (width, height), px of the window. zoom: px of the screen per px of the
    layer; None: the whole layer fits. center: the point of the layer, px, in the middle of the widget; None: its
    middle. Where the layer is larger than the widget, it covers it completely.
    """

    layer: Size
    widget: Size
    density: int = 1
    zoom: float | None = None
    center: Point | None = None

    @property
    def fit(self) -> float:
        """The zoom at which the whole layer fits into the widget."""
        return min(self.density * space / side for space, side in zip(self.widget, self.layer, strict=True))

    @property
    def least(self) -> float:
        """The smallest zoom."""
        return min(self.fit, 1.0)

    @property
    def most(self) -> float:
        """The largest zoom."""
        return max(self.fit, MOST_ZOOM)

    @property
    def scale(self) -> float:
        """Px of the screen per px of the layer."""
        return self.fit if self.zoom is None else self.zoom

    @property
    def size(self) -> Size:
        """Size of the whole layer, px of the screen."""
        width, height = (max(1, round(side * self.scale)) for side in self.layer)
        return width, height

    @property
    def origin(self) -> Size:
        """Position of the layer in the widget, px of the screen."""
        center = self.center or (self.layer[0] / 2, self.layer[1] / 2)
        sides = zip(self.widget, self.size, self.layer, center, strict=True)
        left, top = (_origin(space * self.density, size, size * at / side) for space, size, side, at in sides)
        return left, top

    @property
    def on_screen(self) -> tuple[int, int, int, int]:
        """(left, top, width, height) of the visible part of the layer, px of the screen."""
        (left, top), (width, height) = self.origin, self.size
        wide, high = (side * self.density for side in self.widget)
        return max(0, -left), max(0, -top), min(width, wide), min(height, high)

    @property
    def corner(self) -> Point:
        """Position of the visible part in the widget, px of the window."""
        left, top = (max(0, side) / self.density for side in self.origin)
        return left, top

    @property
    def extent(self) -> Point:
        """(width, height) of the visible part, px of the window."""
        _left, _top, width, height = self.on_screen
        return width / self.density, height / self.density

    @property
    def visible(self) -> Box:
        """The visible part of the layer, px of the layer."""
        left, top, width, height = self.on_screen
        across, down = self.size[0] / self.layer[0], self.size[1] / self.layer[1]
        return Box(left / across, top / down, (left + width) / across, (top + height) / down)

    @property
    def whole(self) -> bool:
        """Whether the whole layer is visible."""
        return self.on_screen[2:] == self.size

    def to_layer(self, x: float, y: float) -> Point:
        """The point of the layer, px, at a point of the widget, px of the window; it may lie outside the layer."""
        (left, top), (width, height) = self.origin, self.size
        across, down = (x * self.density - left) / width, (y * self.density - top) / height
        return across * self.layer[0], down * self.layer[1]

    def to_layer_length(self, length: float) -> float:
        """A length in px of the window as px of the layer."""
        return length * self.density / self.scale

    def resized(self, widget: Size, density: int) -> Viewport:
        """The same view in a widget of another size."""
        return replace(self, widget=widget, density=density)

    def fitting(self) -> Viewport:
        """The view of the whole layer."""
        return replace(self, zoom=None, center=None)

    def zoomed(self, zoom: float, at: Point | None = None) -> Viewport:
        """The view with another zoom. at: the point of the widget, px of the window, that stays; None: its middle.

        A zoom close to *fit* or 100 % (see SNAP) becomes that.
        """
        x, y = at or (self.widget[0] / 2, self.widget[1] / 2)
        there = self.to_layer(x, y)
        zoom = min(self.most, max(self.least, zoom))
        if zoom == self.fit or (zoom != 1.0 and _near(zoom, self.fit)):
            return self.fitting()
        wanted = replace(self, zoom=1.0 if _near(zoom, 1.0) else zoom)
        across, down = wanted.to_layer_length(x - self.widget[0] / 2), wanted.to_layer_length(y - self.widget[1] / 2)
        return replace(wanted, center=(there[0] - across, there[1] - down))

    def around(self, box: Box) -> Viewport:
        """The view of a part of the layer, px, with some space around it; of the whole layer if the part is large."""
        sides = zip(self.widget, (box.width, box.height), strict=True)
        zoom = min(self.density * space / (AROUND * max(1.0, side)) for space, side in sides)
        if zoom < NOTCH * self.fit:
            return self.fitting()
        return self.zoomed(zoom).showing(*box.middle)

    def moved(self, right: float, down: float) -> Viewport:
        """The view panned by so many px of the window, at most to the layer's borders."""
        (left, top), (width, height) = self.origin, self.size
        middle_x = self.widget[0] * self.density / 2 - left - right * self.density
        middle_y = self.widget[1] * self.density / 2 - top - down * self.density
        return self.showing(middle_x / width * self.layer[0], middle_y / height * self.layer[1])

    def showing(self, x: float, y: float) -> Viewport:
        """The view with this point of the layer in the middle, at most up to the layer's borders."""
        wanted = replace(self, center=(x, y))
        return replace(wanted, center=wanted.to_layer(self.widget[0] / 2, self.widget[1] / 2))


def _origin(space: int, size: int, middle: float) -> int:
    """Position of a side of `size` px in a widget, with `middle` in its middle if possible."""
    if size <= space:
        return (space - size) // 2
    return min(0, max(space - size, round(space / 2 - middle)))


def _near(zoom: float, named: float) -> bool:
    return 1 / SNAP < zoom / named < SNAP
