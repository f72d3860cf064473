"""How a layer lies in the room of a window that shows it: zoomed and moved. Plain arithmetic.

Three kinds of px: those of the layer; those of the window, in which GTK gives sizes and where the mouse is; and those
of the screen, of which `density` make one of the window's in each direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MOST_ZOOM = 4.0
STEP = math.sqrt(2)  # of the zoom, for a button or a key
NOTCH = 1.25  # of the zoom, for the wheel
AROUND = 1.6  # of a part that matters, what is seen with it
SNAP = 1.06  # nearer than this to a zoom that has a name it is that

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
        """Between its corners."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, other: Box, slack: float = 0.5) -> bool:
        """Whether another box lies in this one, but for `slack` px."""
        reaches = self.left <= other.left + slack and self.top <= other.top + slack
        return reaches and self.right >= other.right - slack and self.bottom >= other.bottom - slack


@dataclass(frozen=True)
class Viewport:
    """Maps between a layer and the room that shows it.

    layer: its (width, height), px. room: (width, height) of the widget, px of the window. zoom: px of the screen for
    one of the layer; None: as many as make the whole layer fit. center: the point of the layer, px, that is wanted in
    the middle of the room; None: its middle. The layer never leaves the room further than it must.
    """

    layer: Size
    room: Size
    density: int = 1
    zoom: float | None = None
    center: Point | None = None

    @property
    def fit(self) -> float:
        """The zoom at which the whole layer fits into the room."""
        return min(self.density * room / side for room, side in zip(self.room, self.layer, strict=True))

    @property
    def least(self) -> float:
        """The smallest zoom there is."""
        return min(self.fit, 1.0)

    @property
    def most(self) -> float:
        """The largest one."""
        return max(self.fit, MOST_ZOOM)

    @property
    def scale(self) -> float:
        """Px of the screen for one of the layer."""
        return self.fit if self.zoom is None else self.zoom

    @property
    def size(self) -> Size:
        """Of the whole layer, px of the screen."""
        width, height = (max(1, round(side * self.scale)) for side in self.layer)
        return width, height

    @property
    def origin(self) -> Size:
        """Where the layer's corner lies, px of the screen from the room's."""
        center = self.center or (self.layer[0] / 2, self.layer[1] / 2)
        sides = zip(self.room, self.size, self.layer, center, strict=True)
        left, top = (_origin(room * self.density, size, size * at / side) for room, size, side, at in sides)
        return left, top

    @property
    def seen(self) -> tuple[int, int, int, int]:
        """(left, top, width, height) of what is seen of the layer at this scale, px of the screen."""
        (left, top), (width, height) = self.origin, self.size
        wide, high = (side * self.density for side in self.room)
        return max(0, -left), max(0, -top), min(width, wide), min(height, high)

    @property
    def corner(self) -> Point:
        """Of what is seen, px of the window from the room's corner."""
        left, top = (max(0, side) / self.density for side in self.origin)
        return left, top

    @property
    def extent(self) -> Point:
        """(width, height) of what is seen, px of the window."""
        _left, _top, width, height = self.seen
        return width / self.density, height / self.density

    @property
    def visible(self) -> Box:
        """What is seen of the layer, px of the layer."""
        left, top, width, height = self.seen
        across, down = self.size[0] / self.layer[0], self.size[1] / self.layer[1]
        return Box(left / across, top / down, (left + width) / across, (top + height) / down)

    @property
    def whole(self) -> bool:
        """Whether all of the layer is seen."""
        return self.seen[2:] == self.size

    def to_layer(self, x: float, y: float) -> Point:
        """The layer's px at a place in the room, px of the window. Outside of the layer it goes on."""
        (left, top), (width, height) = self.origin, self.size
        across, down = (x * self.density - left) / width, (y * self.density - top) / height
        return across * self.layer[0], down * self.layer[1]

    def to_room(self, x: float, y: float) -> Point:
        """The place in the room, px of the window, of a point of the layer, px of the layer."""
        (left, top), (width, height) = self.origin, self.size
        across, down = left + x / self.layer[0] * width, top + y / self.layer[1] * height
        return across / self.density, down / self.density

    def to_layer_length(self, length: float) -> float:
        """Px of the layer that are as long as so many px of the window."""
        return length * self.density / self.scale

    def in_room(self, room: Size, density: int) -> Viewport:
        """The same in a room of another size."""
        return replace(self, room=room, density=density)

    def fitting(self) -> Viewport:
        """The whole layer."""
        return replace(self, zoom=None, center=None)

    def zoomed(self, zoom: float, at: Point | None = None) -> Viewport:
        """With another zoom; what lies at that place in the room, px of the window, stays there. None: in its middle.

        A zoom next to one that has a name, *fit* and 100 %, is that; 100 % itself is 100 %.
        """
        x, y = at or (self.room[0] / 2, self.room[1] / 2)
        there = self.to_layer(x, y)
        zoom = min(self.most, max(self.least, zoom))
        if zoom == self.fit or (zoom != 1.0 and _near(zoom, self.fit)):
            return self.fitting()
        wanted = replace(self, zoom=1.0 if _near(zoom, 1.0) else zoom)
        across, down = wanted.to_layer_length(x - self.room[0] / 2), wanted.to_layer_length(y - self.room[1] / 2)
        return replace(wanted, center=(there[0] - across, there[1] - down))

    def around(self, box: Box) -> Viewport:
        """A part of the layer, px, with some of what is around it; all of the layer where the part is large."""
        sides = zip(self.room, (box.width, box.height), strict=True)
        zoom = min(self.density * room / (AROUND * max(1.0, side)) for room, side in sides)
        if zoom < NOTCH * self.fit:
            return self.fitting()
        return self.zoomed(zoom).showing(*box.middle)

    def moved(self, right: float, down: float) -> Viewport:
        """The layer pulled by so many px of the window, as far as it reaches."""
        (left, top), (width, height) = self.origin, self.size
        middle_x = self.room[0] * self.density / 2 - left - right * self.density
        middle_y = self.room[1] * self.density / 2 - top - down * self.density
        wanted = replace(self, center=(middle_x / width * self.layer[0], middle_y / height * self.layer[1]))
        return replace(wanted, center=wanted.to_layer(self.room[0] / 2, self.room[1] / 2))

    def showing(self, x: float, y: float) -> Viewport:
        """With that point of the layer in the middle, as far as the layer reaches."""
        wanted = replace(self, center=(x, y))
        return replace(wanted, center=wanted.to_layer(self.room[0] / 2, self.room[1] / 2))


def _origin(room: int, size: int, middle: float) -> int:
    """Where a side of `size` px begins in a room, if it can with `middle` in the middle of that."""
    if size <= room:
        return (room - size) // 2
    return min(0, max(room - size, round(room / 2 - middle)))


def _near(zoom: float, named: float) -> bool:
    return 1 / SNAP < zoom / named < SNAP
