"""The preview: chooses the part of the layer to paint and its resolution, and shows the result with a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.image import canvas
from gimp_plugin.libgimp import Gimp
from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.preview import framing, paintings, pictures
from gimp_plugin.preview.comparison import Comparison
from gimp_plugin.preview.paintings import LayerPaintings
from gimp_plugin.preview.pictures import LayerPixels, Sample
from gimp_plugin.preview.view_buttons import ViewButtons
from gimp_plugin.preview.viewport import Box
from gimp_plugin.translation import _
from nst_core.shared.planning.schedule import DRAFT_SIDE
from nst_core.shared.wire.messages import Excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.preview.framing import Frame
    from gimp_plugin.preview.viewport import Size
    from gimp_plugin.strength_map.map_tool import MapTool
    from nst_core.shared.wire.messages import Pixels

SPACE = 6  # px
MAX_SHOWN = 16_000_000  # px of a finished painting; a larger one is shown at a lower resolution
SPINNER = "process-working-symbolic"


@dataclass(frozen=True)
class Finished:
    """A painting of a whole layer."""

    layer: Gimp.Layer | Visible
    title: str
    pixels: Pixels


class Preview(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """A layer before and after, at any zoom. Only for the thread of the main loop."""

    def __init__(self, layer: Gimp.Layer | Visible, on_view_change: Callable[[], None]) -> None:
        """on_view_change: called when the visible part or the zoom has changed. Raises LayerGoneError."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        self._as_seen = True
        self._gray = layer.get_image().get_base_type() == Gimp.ImageBaseType.GRAY
        self._shown = self._paintings_of(layer, _("Preview"))
        self._on_view_change = on_view_change
        self._awaited: Frame | None = None  # frame of the painting that was requested last
        self._first = False  # whether that is a new painting of the whole layer
        self._pair: LayerPaintings | None = None  # a finished painting shown for comparison
        self._again = False  # whether the next picture is the one that is shown already
        self._run: tuple[int, LayerPaintings] | None = None  # id and pictures of the layer that a run paints
        self._draft = False
        self._comparison = Comparison(self._shown, self._view_changed)
        self._comparison.part = _selected(self._source)
        self._buttons = ViewButtons(self._comparison)
        self._spinner = Gtk.Spinner(no_show_all=True)
        self._note = Gtk.Label(xalign=0.0, ellipsize=Pango.EllipsizeMode.END, hexpand=True)
        self.pack_start(self._comparison, expand=True, fill=True, padding=0)
        self._below = self._note_row()
        for row in (self._below, self._buttons):
            self.pack_start(row, expand=False, fill=False, padding=0)

    @property
    def layer(self) -> Gimp.Layer | Visible:
        """The layer that is previewed."""
        return self._source.layer

    @property
    def layout(self) -> tuple[bool, bool]:
        """Whether before and after are side by side, and whether the zoom is 100 %."""
        view = self._comparison.view
        return self._comparison.upright, view.zoom == 1.0

    def set_layout(self, *, upright: bool, pixels: bool) -> None:
        """Use this layout; see `layout`."""
        self._buttons.set_upright(upright=upright)
        if pixels:
            self._comparison.show_pixels()

    def pixels_of(self, other: Gimp.Layer | Visible, frame: Frame) -> Pixels | None:
        """The pixels of another layer in a frame of this one; None if it has another size or is gone."""
        if not canvas.is_there(other):
            return None
        source = LayerPixels.of(other, as_seen=self._as_seen)
        return source.read(frame) if source.size == self._source.size else None

    @property
    def bounds(self) -> tuple[Size, Size]:
        """Where the layer lies in the image, with its effects if they are painted: its corner and its size, px."""
        return self._source.corner, self._source.size

    def set_tool(self, tool: MapTool) -> None:
        """Give the tool mouse and key events first, over its layer."""
        self._comparison.tool = tool

    def redraw(self) -> None:
        """Draw again what a tool draws."""
        self._comparison.update_soon()

    def add_button(self, button: Gtk.Button) -> None:
        """Add a button of the window below the picture."""
        self._below.pack_end(button, expand=False, fill=False, padding=0)

    def show_layer(self, layer: Gimp.Layer | Visible, *, effects: bool, draft: bool) -> None:
        """Show this layer from now on. effects: whether its non-destructive effects are painted.

        draft: whether previews are drafts. Raises LayerGoneError.
        """
        self._draft = draft
        if effects != self._as_seen or layer is not self._source.layer:
            source = LayerPixels.of(layer, as_seen=effects)
            self._as_seen = effects
            self._shown = LayerPaintings(source, _("Preview"), gray=self._gray)
            self._comparison.part = _selected(source)
            self._awaited = None
            self._show()

    def show_gray(self, *, gray: bool) -> None:
        """Whether paintings are shown in gray."""
        if gray != self._gray:
            self._gray = gray
            self._shown.show_gray(gray=gray)
            self._show()

    def content(self) -> Sample:
        """The picture to paint first: the whole layer, small. Raises LayerGoneError."""
        if self._run is not None:
            self._run = None
            self._show()
            self._show_note(_("Preview"), busy=False)
        self._first = True
        # A draft knows nothing finer than its own size.
        self._awaited = framing.fitted(self._source.size, DRAFT_SIDE if self._draft else framing.FITTED_SIDE)
        return self._sample(self._awaited)

    def finer(self) -> Sample | None:
        """The visible part at the displayed resolution; None if it is painted so already, or is about to change.

        Raises LayerGoneError.
        """
        shown, view = self._shown, self._comparison.view
        if self._run is not None or shown.draft or self._comparison.dragging or shown.base is None:
            return None
        frame = framing.visible_frame(view, self._source.size)
        if shown.has(frame):
            return None
        going = self._awaited
        if self._first or going is None or going.scale != frame.scale or not shown.box(going).holds(view.visible):
            self._first, self._awaited, self._again = False, frame, True
        assert self._awaited is not None
        return self._sample(self._awaited)

    def larger(self, begun: Pixels, cells: int) -> Sample | None:
        """The whole layer at the size of one of `cells` pictures in a row, to refine `begun`.

        None if `begun` has that size. Raises LayerGoneError.
        """
        source, view = self._source, self._comparison.view.fitting()
        frame = framing.fitted(source.size, min(framing.FINE_SIDE, max(view.size) // cells))
        if self._draft or frame.width <= paintings.ENOUGH * begun.width:
            return None
        whole = Excerpt(*source.size, frame.place(source.size), None, begun)
        return source.sample(frame, whole)

    def show_after(self, pixels: Pixels, note: str, *, done: bool) -> None:
        """Show a picture of any size for the last request; ignored if the preview has changed since then.

        done: whether this is the final picture.
        """
        if self._awaited is None:
            return
        if self._first:
            self._shown.begin(self._awaited, pixels, done=done)
            self._shown.draft = self._draft
        elif done or not self._again:  # the first one is what was painted so far
            self._shown.refine(self._awaited, pixels, done=done)
        self._again = False
        self._show_note(note, busy=not done)

    def show_painting(self, layer: Gimp.Layer | Visible, pixels: Pixels, note: str) -> None:
        """Show the picture of a run instead of the preview, until `content` is called again."""
        if self._run is None or self._run[0] != layer.get_id():
            if not canvas.is_there(layer):
                return
            self._run, self._awaited = (layer.get_id(), self._paintings_of(layer, _("Painting"))), None
            self._show()
        self._run[1].begin_whole(pixels)
        self._show_note(note, busy=True)

    def compare(self, finished: Sequence[Finished]) -> None:
        """Compare a painting with the preview, or two with each other; none: show the preview.

        A painting of another size than the preview is compared with its own layer.
        """
        shown: list[LayerPaintings] = []
        for one in finished:
            if canvas.is_there(one.layer):
                shown.append(self._paintings_of(one.layer, one.title))
                shown[-1].begin_whole(pictures.thinned(one.pixels, MAX_SHOWN), done=True)
        self._pair = shown[-1] if shown else None
        if self._pair is not None:
            left = shown[0] if len(shown) > 1 else self._shown
            if left.source.size == self._pair.source.size:
                self._pair.beside = left
                self._pair.captions = left.title, self._pair.title
        self._show()

    def wait(self, note: str) -> None:
        """Show that a new picture is being painted; the old one stays."""
        self._show_note(note, busy=True)

    def fail(self, sentence: str) -> None:
        """Show why there is no new picture; the old one stays, dimmed."""
        self._show_note("", busy=False)
        self._comparison.show_error(sentence)

    @property
    def _source(self) -> LayerPixels:
        return self._shown.source

    def _paintings_of(self, layer: Gimp.Layer | Visible, title: str) -> LayerPaintings:
        """A layer without paintings yet. Raises LayerGoneError."""
        return LayerPaintings(LayerPixels.of(layer, as_seen=self._as_seen), title, gray=self._gray)

    def _sample(self, frame: Frame) -> Sample:
        source = self._source
        width, height = source.size
        around = begun = None
        if not self._first:
            begun = self._shown.begun(frame)
            if frame.part(source.size) < 1:
                around = source.read(framing.fitted(source.size, framing.AROUND_SIDE))
        excerpt = Excerpt(width, height, frame.place(source.size), around, begun)
        return source.sample(frame, excerpt)

    def _note_row(self) -> Gtk.Box:
        row = Gtk.Box(spacing=SPACE)
        row.pack_start(self._spinner, expand=False, fill=False, padding=0)
        row.pack_start(self._note, expand=True, fill=True, padding=0)
        return row

    def _view_changed(self) -> None:
        self._buttons.update()
        if not self._comparison.dragging and self._run is None:
            self._on_view_change()

    def _show(self) -> None:
        self._comparison.show_layer(self._run[1] if self._run else self._pair or self._shown)

    def _show_note(self, note: str, *, busy: bool) -> None:
        self._note.set_text(note)
        self._spinner.set_property("active", busy)
        # Some icon themes have no such icon, and would leave a gap.
        self._spinner.set_visible(busy and Gtk.IconTheme.get_default().has_icon(SPINNER))
        self._comparison.show_error("")


def _selected(source: LayerPixels) -> Box | None:
    """The bounds of the selection in the layer, px; None if nothing of it is selected."""
    image, (left, top), (width, height) = source.layer.get_image(), source.corner, source.size
    _ok, some, *bounds = Gimp.Selection.bounds(image)
    if not some:
        return None
    box = Box(
        max(0.0, bounds[0] - left),
        max(0.0, bounds[1] - top),
        min(float(width), bounds[2] - left),
        min(float(height), bounds[3] - top),
    )
    return box if min(box.width, box.height) > 0 else None
