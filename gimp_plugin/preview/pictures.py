"""Pictures for the screen: a layer's pixels, the wire's pixels as pixbufs, and two of them with a line between.

Only GEGL and GdkPixbuf are used, which are fast and always there; drawing with cairo needs a package that some builds
of GIMP lack.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas, scratch
from gimp_plugin.image.canvas import SCREEN
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import Gegl, new_buffer, rgba_pixbuf
from gimp_plugin.libgtk import Gdk, GdkPixbuf, Gtk
from nst_core.shared.wire.messages import Excerpt, Pixels, ScreenPixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.preview.framing import Frame
    from gimp_plugin.preview.viewport import Box, Size

GRAY = "Y'A float"
CHECK = 8  # px: the squares behind what is transparent
LIGHT_CHECK, DARK_CHECK = 0x999999, 0x666666
WHITE, BLACK = 0xFFFFFFFF, 0x000000FF
MAP_GAP = 6  # px: from a small map to the picture's corner
GRIP = (4, 14)  # px: half the width and height of the handle on the line


@dataclass(frozen=True)
class Line:
    """The line between two pictures: px from the left, or, if it is not upright, from the top.

    zoom: px of the screen per px of the window; color: of the handle (RGBA).
    """

    at: int
    zoom: int = 1
    color: int = WHITE
    upright: bool = True


@dataclass(frozen=True)
class Sample:
    """A part of a layer's pixels: its frame, its place in the image, and its share of the layer.

    excerpt: the layer around it, and how it was painted before.
    """

    pixels: Pixels
    frame: Frame
    area: Area
    part: float
    excerpt: Excerpt


@dataclass(frozen=True)
class LayerPixels:
    """The pixels of a layer that are painted. size: (width, height), px; corner: its (left, top) in the image.

    merged: a copy with effects, if it has some.
    """

    layer: Gimp.Layer | scratch.Visible
    size: Size
    corner: tuple[int, int]
    merged: Gegl.Buffer | None = None

    @classmethod
    def of(cls, layer: Gimp.Layer | scratch.Visible, *, as_seen: bool) -> LayerPixels:
        """The layer, with its non-destructive effects if `as_seen`; or what the image shows. Raises LayerGoneError."""
        canvas.image_of(layer)
        with scratch.rendered(layer, as_seen=as_seen) as rendering:
            size = (rendering.drawable.get_width(), rendering.drawable.get_height())
            # A copy, because the temporary image in which the effects were merged is deleted.
            merged = rendering.drawable.get_buffer().dup() if rendering.drawable is not layer else None
            return cls(layer, size, (rendering.left, rendering.top), merged)

    def area(self, frame: Frame) -> Area:
        """The area of a frame in the image."""
        left, top = (round(place * frame.scale) for place in self.corner)
        return Area(left + frame.left, top + frame.top, frame.width, frame.height, frame.scale)

    def sample(self, frame: Frame, excerpt: Excerpt) -> Sample:
        """The pixels in a frame, to be painted. Raises LayerGoneError."""
        return Sample(self.read(frame), frame, self.area(frame), frame.part(self.size), excerpt)

    def read(self, frame: Frame) -> Pixels:
        """The pixels in a frame. Raises LayerGoneError."""
        canvas.image_of(self.layer)
        buffer = self.merged or self.layer.get_buffer()  # type: ignore[union-attr] # what an image shows is merged
        area = Gegl.Rectangle.new(frame.left, frame.top, frame.width, frame.height)
        # Scaled by GEGL, which needs no copy of a large layer.
        rgba = buffer.get(area, frame.scale, canvas.FORMAT, Gegl.AbyssPolicy.CLAMP)
        return Pixels(frame.width, frame.height, rgba)


def pixbuf(pixels: Pixels) -> GdkPixbuf.Pixbuf:
    """The picture as a pixbuf with alpha. babl converts, and clips values out of range."""
    size, raw = (pixels.width, pixels.height), bytes(pixels.rgba)
    if not isinstance(pixels, ScreenPixels):
        area = Gegl.Rectangle.new(0, 0, *size)
        buffer = new_buffer(canvas.FORMAT, *size)
        buffer.set(area, canvas.FORMAT, raw)
        raw = buffer.get(area, 1.0, SCREEN, Gegl.AbyssPolicy.NONE)
    return rgba_pixbuf(raw, *size)


def thinned(pixels: Pixels, most: int) -> Pixels:
    """Every n-th pixel of a picture along each axis, so that there are at most about `most` pixels."""
    step = max(1, math.isqrt(pixels.width * pixels.height // most))
    if step == 1:
        return pixels
    size = pixels.bytes_per_pixel
    rows, stride = memoryview(pixels.rgba).cast("B"), pixels.width * size
    places = [range(0, side, step) for side in (pixels.width, pixels.height)]
    starts = [row * stride + column * size for row in places[1] for column in places[0]]
    return type(pixels)(len(places[0]), len(places[1]), b"".join([rows[at : at + size] for at in starts]))


def pixels(picture: GdkPixbuf.Pixbuf) -> Pixels:
    """A pixbuf in the format of the wire."""
    clear = picture.add_alpha(False, 0, 0, 0)  # noqa: FBT003 - no colour stands for transparency
    width, height, stride = clear.get_width(), clear.get_height(), clear.get_rowstride()
    raw = clear.read_pixel_bytes().get_data()
    rows = raw if stride == 4 * width else b"".join(raw[y * stride : y * stride + 4 * width] for y in range(height))
    area = Gegl.Rectangle.new(0, 0, width, height)
    buffer = new_buffer(SCREEN, width, height)
    buffer.set(area, SCREEN, rows)
    return Pixels(width, height, buffer.get(area, 1.0, canvas.FORMAT, Gegl.AbyssPolicy.NONE))


def in_gray(pixels: Pixels) -> Pixels:
    """The picture converted to gray as in a grayscale image."""
    area = Gegl.Rectangle.new(0, 0, pixels.width, pixels.height)
    kind = SCREEN if isinstance(pixels, ScreenPixels) else canvas.FORMAT
    buffer = new_buffer(GRAY, pixels.width, pixels.height)
    buffer.set(area, kind, bytes(pixels.rgba))
    return replace(pixels, rgba=buffer.get(area, 1.0, kind, Gegl.AbyssPolicy.NONE))


def checkered(picture: GdkPixbuf.Pixbuf, size: Size, zoom: int) -> GdkPixbuf.Pixbuf:
    """The picture at a size on the screen, blended with a chequerboard of squares of CHECK * zoom px."""
    smooth = GdkPixbuf.InterpType.BILINEAR
    return picture.composite_color_simple(*size, smooth, 255, _power_of_two(CHECK * zoom), LIGHT_CHECK, DARK_CHECK)


def put(image: Gtk.Image, paint: Callable[[int], GdkPixbuf.Pixbuf], zoom: int) -> None:
    """Show the result of `paint(zoom)` on a screen of this density; if that is not possible, that of `paint(1)`."""
    if zoom > 1:
        try:  # needs a package that is not always there
            surface = Gdk.cairo_surface_create_from_pixbuf(paint(zoom), zoom, None)
        except (ImportError, NotImplementedError, TypeError):
            pass
        else:
            image.set_from_surface(surface)
            return
    image.set_from_pixbuf(paint(1))


def compared(before: GdkPixbuf.Pixbuf, after: GdkPixbuf.Pixbuf, line: Line) -> GdkPixbuf.Pixbuf:
    """One picture left of the line (or above it) and another of the same size beyond it; the line has a handle."""
    both = after.copy()
    width, height = both.get_width(), both.get_height()
    if line.at > 0:
        size = (min(line.at, width), height) if line.upright else (width, min(line.at, height))
        before.copy_area(0, 0, *size, both, 0, 0)
    zoom, middle = line.zoom, (height if line.upright else width) // 2
    across, along = GRIP[0] * zoom, min(GRIP[1] * zoom, middle)
    for first, last, half, color in (
        (0, 2 * middle + 1, 2 * zoom, BLACK),
        (middle - along - zoom, middle + along + zoom, across + zoom, BLACK),
        (0, 2 * middle + 1, zoom, WHITE),
        (middle - along, middle + along, across, line.color),
    ):
        corner, size = (line.at - half, first), (2 * half, last - first)
        if line.upright:
            fill(both, *corner, size, color)
        else:
            fill(both, corner[1], corner[0], (size[1], size[0]), color)
    return both


def draw_map(onto: GdkPixbuf.Pixbuf, small: GdkPixbuf.Pixbuf, box: Box, of: tuple[Size, int]) -> None:
    """Draw a small picture of a layer into a corner, with a frame around a box of the layer.

    of: the layer's (width, height), px, and px of the screen per px of the window.
    """
    (layer, zoom), width, height = of, small.get_width(), small.get_height()
    left, top = onto.get_width() - width - MAP_GAP * zoom, MAP_GAP * zoom
    if left < 0 or top + height > onto.get_height():
        return
    fill(onto, left - zoom, top - zoom, (width + 2 * zoom, height + 2 * zoom), BLACK)
    small.copy_area(0, 0, width, height, onto, left, top)
    x, y = left + round(box.left / layer[0] * width), top + round(box.top / layer[1] * height)
    size = max(2 * zoom, round(box.width / layer[0] * width)), max(2 * zoom, round(box.height / layer[1] * height))
    for color, out in ((BLACK, zoom), (WHITE, 0)):
        _outline(onto, (x - out, y - out), (size[0] + 2 * out, size[1] + 2 * out), (zoom, color))


def _outline(picture: GdkPixbuf.Pixbuf, corner: Size, size: Size, pen: tuple[int, int]) -> None:
    (left, top), (width, height), (thick, color) = corner, size, pen
    for x, y, wide, high in (
        (left, top, width, thick),
        (left, top + height - thick, width, thick),
        (left, top, thick, height),
        (left + width - thick, top, thick, height),
    ):
        fill(picture, x, y, (wide, high), color)


def fill(picture: GdkPixbuf.Pixbuf, left: int, top: int, size: Size, color: int) -> None:
    """Fill a rectangle with an RGBA colour. It is clipped to the picture."""
    right, bottom = min(left + size[0], picture.get_width()), min(top + size[1], picture.get_height())
    left, top = max(0, left), max(0, top)
    if right > left and bottom > top:
        picture.new_subpixbuf(left, top, right - left, bottom - top).fill(color)


def _power_of_two(number: int) -> int:
    return 1 << (number.bit_length() - 1)
