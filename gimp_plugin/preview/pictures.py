"""Pictures for the screen: a layer's pixels, the wire's pixels as pixbufs, and two of them with a line between.

Everything is done by GEGL and GdkPixbuf, which are fast and everywhere; drawing with cairo needs a package that some
builds of GIMP lack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas, scratch
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import Gegl, GLib
from gimp_plugin.libgtk import Gdk, GdkPixbuf, Gtk
from nst_core.shared.wire.messages import BYTES_PER_PIXEL, Pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.preview.framing import Frame, Size

SCREEN, GRAY = "R'G'B'A u8", "Y'A float"
CHECK = 8  # px: the squares behind what is transparent
LIGHT_CHECK, DARK_CHECK = 0x999999, 0x666666
WHITE, BLACK = 0xFFFFFFFF, 0x000000FF
GRIP = (4, 14)  # px: half the width and height of the handle on the line


@dataclass(frozen=True)
class Line:
    """Where two pictures meet: px from the left, px on the screen for one of ours, and the handle's colour (RGBA)."""

    at: int
    zoom: int = 1
    color: int = WHITE


@dataclass(frozen=True)
class Sample:
    """Some of a layer's pixels: where they lie in the image, and their share of the layer's area."""

    pixels: Pixels
    area: Area
    part: float


@dataclass(frozen=True)
class Source:
    """What is painted of a layer. size: (width, height), px; corner: its (left, top) in the image.

    merged: with its effects, where it has some.
    """

    layer: Gimp.Layer
    size: Size
    corner: tuple[int, int]
    merged: Gegl.Buffer | None = None

    @classmethod
    def of(cls, layer: Gimp.Layer, *, as_seen: bool) -> Source:
        """The layer, with its non-destructive effects if `as_seen`. Raises LayerGoneError."""
        canvas.home(layer)
        with scratch.seen(layer, as_seen=as_seen) as sight:
            size = (sight.drawable.get_width(), sight.drawable.get_height())
            # A copy outlives the image in which the effects were merged.
            merged = sight.drawable.get_buffer().dup() if sight.drawable is not layer else None
            return cls(layer, size, (sight.left, sight.top), merged)

    def area(self, frame: Frame) -> Area:
        """Where a frame lies in the image."""
        left, top = (round(place * frame.scale) for place in self.corner)
        return Area(left + frame.left, top + frame.top, frame.width, frame.height, frame.scale)

    def read(self, frame: Frame) -> Pixels:
        """The pixels in a frame. Raises LayerGoneError."""
        canvas.home(self.layer)
        buffer = self.merged or self.layer.get_buffer()
        area = Gegl.Rectangle.new(frame.left, frame.top, frame.width, frame.height)
        # Scaled by GEGL, so that of a large layer never more than its pyramid of tiles is in memory.
        rgba = buffer.get(area, frame.scale, canvas.FORMAT, Gegl.AbyssPolicy.CLAMP)
        return Pixels(frame.width, frame.height, rgba)


def pixbuf(pixels: Pixels) -> GdkPixbuf.Pixbuf:
    """The picture as the screen wants it, with its alpha. babl converts, and cuts off what is out of range."""
    Gegl.init(None)  # does nothing the second time
    size = pixels.width, pixels.height
    area = Gegl.Rectangle.new(0, 0, *size)
    buffer = Gegl.Buffer.new(canvas.FORMAT, 0, 0, *size)
    buffer.set(area, canvas.FORMAT, bytes(pixels.rgba))
    raw = buffer.get(area, 1.0, SCREEN, Gegl.AbyssPolicy.NONE)
    colors, rowstride = GdkPixbuf.Colorspace.RGB, pixels.width * BYTES_PER_PIXEL // 4
    return GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(raw), colors, True, 8, *size, rowstride)  # noqa: FBT003 - alpha


def in_gray(pixels: Pixels) -> Pixels:
    """The picture as a layer of a grayscale image holds it."""
    Gegl.init(None)  # does nothing the second time
    area = Gegl.Rectangle.new(0, 0, pixels.width, pixels.height)
    buffer = Gegl.Buffer.new(GRAY, 0, 0, pixels.width, pixels.height)
    buffer.set(area, canvas.FORMAT, bytes(pixels.rgba))
    return Pixels(pixels.width, pixels.height, buffer.get(area, 1.0, canvas.FORMAT, Gegl.AbyssPolicy.NONE))


def part(whole: GdkPixbuf.Pixbuf, frame: Frame, layer: Size) -> GdkPixbuf.Pixbuf:
    """What a frame shows of a layer, from a smaller picture of all of it. layer: its (width, height), px."""
    across, down = frame.scale * layer[0] / whole.get_width(), frame.scale * layer[1] / whole.get_height()
    seen = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, frame.width, frame.height)  # noqa: FBT003 - alpha
    smooth = GdkPixbuf.InterpType.BILINEAR
    whole.scale(seen, 0, 0, frame.width, frame.height, -frame.left, -frame.top, across, down, smooth)
    return seen


def checkered(picture: GdkPixbuf.Pixbuf, size: Size, zoom: int) -> GdkPixbuf.Pixbuf:
    """The picture at a size on the screen, opaque: over squares, each CHECK * zoom px wide."""
    smooth = GdkPixbuf.InterpType.BILINEAR
    return picture.composite_color_simple(*size, smooth, 255, _power_of_two(CHECK * zoom), LIGHT_CHECK, DARK_CHECK)


def put(image: Gtk.Image, paint: Callable[[int], GdkPixbuf.Pixbuf], zoom: int) -> None:
    """Show what is painted for `zoom` px on the screen for one of ours; where that cannot be shown, for one."""
    if zoom > 1:
        try:  # not everywhere is there the package that this takes
            surface = Gdk.cairo_surface_create_from_pixbuf(paint(zoom), zoom, None)
        except (ImportError, NotImplementedError, TypeError):
            pass
        else:
            image.set_from_surface(surface)
            return
    image.set_from_pixbuf(paint(1))


def compared(before: GdkPixbuf.Pixbuf, after: GdkPixbuf.Pixbuf, line: Line) -> GdkPixbuf.Pixbuf:
    """Left of the line one picture, right of it the other, of the same size; the line has a handle in its middle."""
    both = after.copy()
    width, height = both.get_width(), both.get_height()
    if line.at > 0:
        before.copy_area(0, 0, min(line.at, width), height, both, 0, 0)
    zoom, middle = line.zoom, height // 2
    across, along = GRIP[0] * zoom, min(GRIP[1] * zoom, middle)
    _fill(both, line.at - 2 * zoom, 0, (4 * zoom, height), BLACK)
    _fill(both, line.at - across - zoom, middle - along - zoom, (2 * (across + zoom), 2 * (along + zoom)), BLACK)
    _fill(both, line.at - zoom, 0, (2 * zoom, height), WHITE)
    _fill(both, line.at - across, middle - along, (2 * across, 2 * along), line.color)
    return both


def _fill(picture: GdkPixbuf.Pixbuf, left: int, top: int, size: Size, color: int) -> None:
    """Colour a rectangle, or what of it lies inside of the picture."""
    right, bottom = min(left + size[0], picture.get_width()), min(top + size[1], picture.get_height())
    left, top = max(0, left), max(0, top)
    if right > left and bottom > top:
        picture.new_subpixbuf(left, top, right - left, bottom - top).fill(color)


def _power_of_two(number: int) -> int:
    return 1 << (number.bit_length() - 1)
