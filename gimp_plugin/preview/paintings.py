"""The pixels to show of a layer at any zoom: the layer itself, and its paintings over it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import GdkPixbuf
from gimp_plugin.preview import pictures
from gimp_plugin.preview.framing import Frame
from gimp_plugin.preview.viewport import Box
from gimp_plugin.translation import _
from nst_core.shared.wire.messages import Pixels

if TYPE_CHECKING:
    from gimp_plugin.preview.pictures import LayerPixels
    from gimp_plugin.preview.viewport import Size, Viewport

SHARP = 1.25  # a painting enlarged by more than this looks soft
ENOUGH = 1.1  # a painting that is enlarged by less than this is not painted again
CACHED = 6  # number of paintings of parts that are kept
PIXELATED = 2.0  # px of the screen per px of the layer, from which on pixels are drawn as squares


@dataclass(frozen=True)
class Painting:
    """The painting of a frame of the layer. pixels: from the engine; picture: as it will be in the image.

    done: whether it is final.
    """

    frame: Frame
    pixels: Pixels
    picture: GdkPixbuf.Pixbuf
    done: bool


class LayerPaintings:
    """A layer and its paintings. title: of the paintings."""

    def __init__(self, source: LayerPixels, title: str, *, gray: bool) -> None:
        """gray: whether the image is grayscale."""
        self.source, self.title = source, title
        self._gray = gray
        self._base: Painting | None = None
        self._finer: list[Painting] = []
        self.draft = False
        """Whether the first painting has the final resolution."""
        self.captions = _("Before"), _("After")
        self.beside: LayerPaintings | None = None
        """What is shown as "before" instead of the layer."""
        self._changes = 0

    @property
    def version(self) -> int:
        """A number that changes with everything that is shown."""
        return self._changes + (self.beside.version if self.beside else 0)

    @property
    def base(self) -> Painting | None:
        """The first painting, of the whole layer."""
        return self._base

    def begin(self, frame: Frame, pixels: Pixels, *, done: bool = False) -> None:
        """Set a new painting of the layer, and drop the older ones."""
        self._base, self._finer = self._painting(frame, pixels, done=done), []
        self._changes += 1

    def begin_whole(self, pixels: Pixels, *, done: bool = False) -> None:
        """The same for a picture of the whole layer, of any size."""
        self.begin(Frame(0, 0, pixels.width, pixels.height, pixels.width / self.source.size[0]), pixels, done=done)

    def show_gray(self, *, gray: bool) -> None:
        """Show the paintings in gray, or in colour."""
        if gray != self._gray:
            self._gray = gray
            if self._base is not None:
                self._base = self._painting(self._base.frame, self._base.pixels, done=self._base.done)
            self._finer = [self._painting(one.frame, one.pixels, done=one.done) for one in self._finer]
            self._changes += 1

    def refine(self, frame: Frame, pixels: Pixels, *, done: bool = False) -> None:
        """Add the same painting at a higher resolution in a frame."""
        self._finer = [one for one in self._finer if one.frame != frame][1 - CACHED :]
        self._finer.append(self._painting(frame, pixels, done=done))
        self._changes += 1

    def box(self, frame: Frame) -> Box:
        """The box of a frame, px of the layer."""
        width, height = self.source.size
        across, down = round(width * frame.scale) / width, round(height * frame.scale) / height
        right, bottom = frame.left + frame.width, frame.top + frame.height
        return Box(frame.left / across, frame.top / down, right / across, bottom / down)

    def sharp(self, view: Viewport) -> bool:
        """Whether the visible part is painted at the displayed, or at the final, resolution."""
        least = min(1.0, view.scale) / SHARP
        return self.draft or any(one.frame.scale >= least and self._holds(one, view.visible) for one in self._all)

    def has(self, frame: Frame) -> bool:
        """Whether there is a final painting of the frame with about its resolution."""
        box, least = self.box(frame), frame.scale / ENOUGH
        return any(one.done and one.frame.scale >= least and self._holds(one, box) for one in self._all)

    def before(self, view: Viewport) -> GdkPixbuf.Pixbuf:
        """The visible part of the layer, or of `beside`, in px of the screen. Raises LayerGoneError."""
        layer = self.layer(view)
        return layer if self.beside is None else self.beside.after(view, layer) or layer

    def layer(self, view: Viewport) -> GdkPixbuf.Pixbuf:
        """The visible part of the layer, in px of the screen. Raises LayerGoneError."""
        left, top, width, height = view.on_screen
        if view.scale <= 1:
            return pictures.pixbuf(self.source.read(Frame(left, top, width, height, view.scale)))
        box = view.visible
        first = math.floor(box.left), math.floor(box.top)
        last = min(self.source.size[0], math.ceil(box.right)), min(self.source.size[1], math.ceil(box.bottom))
        frame = Frame(*first, last[0] - first[0], last[1] - first[1])
        seen = _empty((width, height))
        self._draw(seen, view, frame, pictures.pixbuf(self.source.read(frame)))
        return seen

    def after(self, view: Viewport, before: GdkPixbuf.Pixbuf) -> GdkPixbuf.Pixbuf | None:
        """The paintings of the visible part, the finest on top, over `before`. None if there are none."""
        if self._base is None:
            return None
        whole = self._holds(self._base, view.visible)
        seen = _empty(view.on_screen[2:]) if whole else before.copy()
        for one in [self._base, *sorted(self._finer, key=lambda one: one.frame.scale)]:
            self._draw(seen, view, one.frame, one.picture)
        return seen

    def begun(self, frame: Frame) -> Pixels | None:
        """The painting of a frame so far; None if a part of the frame is not painted."""
        coarser = [one for one in self._all if one.done and one.frame.scale < frame.scale]
        fit = [one for one in coarser if self._holds(one, self.box(frame))]
        whole = max(fit, key=lambda one: one.frame.scale, default=None)
        if whole is None:
            return None
        box, (width, height), scale = self.box(frame), self.source.size, whole.frame.scale
        across, down = round(width * scale) / width, round(height * scale) / height
        left, top = round(box.left * across) - whole.frame.left, round(box.top * down) - whole.frame.top
        right = min(whole.pixels.width, round(box.right * across) - whole.frame.left)
        bottom = min(whole.pixels.height, round(box.bottom * down) - whole.frame.top)
        return _cut(whole.pixels, (max(0, left), max(0, top), right, bottom))

    @property
    def _all(self) -> list[Painting]:
        return [*([self._base] if self._base else []), *self._finer]

    def _holds(self, painting: Painting, box: Box) -> bool:
        """Whether a painting covers a box, with a tolerance of one pixel for rounding."""
        return self.box(painting.frame).holds(box, 1.5 / painting.frame.scale)

    def _painting(self, frame: Frame, pixels: Pixels, *, done: bool) -> Painting:
        return Painting(frame, pixels, pictures.pixbuf(pictures.in_gray(pixels) if self._gray else pixels), done)

    def _draw(self, onto: GdkPixbuf.Pixbuf, view: Viewport, frame: Frame, picture: GdkPixbuf.Pixbuf) -> None:
        """Draw the visible part of the picture of a frame."""
        box, (left, top, width, height) = self.box(frame), view.on_screen
        across, down = view.size[0] / view.layer[0], view.size[1] / view.layer[1]
        begin = box.left * across - left, box.top * down - top
        end = box.right * across - left, box.bottom * down - top
        first = max(0, round(begin[0])), max(0, round(begin[1]))
        last = min(width, round(end[0])), min(height, round(end[1]))
        if last[0] <= first[0] or last[1] <= first[1]:
            return
        factors = (end[0] - begin[0]) / picture.get_width(), (end[1] - begin[1]) / picture.get_height()
        plain = frame.scale == 1 and view.scale >= PIXELATED
        smooth = GdkPixbuf.InterpType.NEAREST if plain else GdkPixbuf.InterpType.BILINEAR
        picture.scale(onto, *first, last[0] - first[0], last[1] - first[1], *begin, *factors, smooth)


def _cut(pixels: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    """A part of a picture. box: left, top, right, bottom, px."""
    left, top, right, bottom = box
    rows, stride = memoryview(pixels.rgba).cast("B"), pixels.width * pixels.bytes_per_pixel
    first, last = left * pixels.bytes_per_pixel, right * pixels.bytes_per_pixel
    lines = (rows[row * stride + first : row * stride + last] for row in range(top, bottom))
    return replace(pixels, width=right - left, height=bottom - top, rgba=b"".join(lines))


def _empty(size: Size) -> GdkPixbuf.Pixbuf:
    picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, *size)  # noqa: FBT003 - alpha
    picture.fill(0)
    return picture
