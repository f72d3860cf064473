"""The preview of a dialog: what of the layer is painted for it, and what it says about that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.image import canvas
from gimp_plugin.libgtk import Gdk, Gtk, Pango
from gimp_plugin.preview import framing, pictures
from gimp_plugin.preview.comparison import Comparison, Pictures
from gimp_plugin.preview.pictures import Source
from gimp_plugin.translation import _
from gimp_plugin.wording import of_error
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.image.types import Area
    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.preview.framing import Frame
    from nst_core.shared.wire.messages import Pixels

SPACE = 6  # px
SPINNER = "process-working-symbolic"
CLICK = 300  # milliseconds: a button that is held longer than this is held on purpose


class Preview(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """A layer before and after, small or a part of it at full resolution. For the main loop's thread."""

    def __init__(self, layer: Gimp.Layer, on_region: Callable[[], None]) -> None:
        """on_region: another part of the layer is seen, and `content` has changed: the old job is of no use.

        Raises LayerGoneError.
        """
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        self._as_seen = True
        self._source = Source.of(layer, as_seen=True)
        self._on_region = on_region
        self._frames = _frames(self._source)
        self._zoomed = False
        self._content: Pixels | None = None
        self._before: GdkPixbuf.Pixbuf | None = None
        self._after: GdkPixbuf.Pixbuf | None = None
        self._awaited = False  # whether pictures that come are of what is seen
        self._painted: tuple[int, GdkPixbuf.Pixbuf] | None = None  # the layer that a run paints, and how it was
        self._draft = False
        self._drafted: GdkPixbuf.Pixbuf | None = None  # all of the layer as a draft, small
        self._comparison = Comparison(self._pull, self._ask, self._fill)
        self._zoom_buttons = self._zooms()
        self._spinner = Gtk.Spinner(no_show_all=True)
        self._note = Gtk.Label(xalign=0.0, ellipsize=Pango.EllipsizeMode.END, hexpand=True)
        self.pack_start(self._comparison, expand=True, fill=True, padding=0)
        self._buttons = Gtk.Box(spacing=SPACE)
        for button in (self._before_button(), self._zoom_buttons):
            self._buttons.pack_start(button, expand=False, fill=False, padding=0)
        for row in (self._note_row(), self._buttons):
            self.pack_start(row, expand=False, fill=False, padding=0)
        self._look()

    @property
    def layer(self) -> Gimp.Layer:
        """The layer that is previewed."""
        return self._source.layer

    @property
    def part(self) -> float:
        """The share of the layer's area that `content` is."""
        return self._painted_frame.part(self._source.size)

    @property
    def area(self) -> Area:
        """Where `content` lies in the image."""
        return self._source.area(self._painted_frame)

    @property
    def quality(self) -> str:
        """In which quality `content` is painted to be what comes: a draft has no detail to show but its own."""
        return "draft" if self._draft and self._zoomed else "normal"

    def onto(self, other: Gimp.Layer) -> Pixels | None:
        """What lies in another layer where `content` does; None if it has another size, or is gone."""
        if not canvas.is_there(other):
            return None
        source = Source.of(other, as_seen=self._as_seen)
        return source.read(self._painted_frame) if source.size == self._source.size else None

    def offer(self, button: Gtk.Button) -> None:
        """Put a button of the window's below the picture."""
        self._buttons.pack_end(button, expand=False, fill=False, padding=0)

    def see(self, *, effects: bool, draft: bool = False) -> None:
        """Whether the layer's non-destructive effects are painted, as they are at first, and whether as a draft.

        Raises LayerGoneError.
        """
        if draft != self._draft:
            self._draft = draft
            self._look()
        if effects != self._as_seen:
            self._as_seen = effects
            self._source = Source.of(self._source.layer, as_seen=effects)
            self._frames = _frames(self._source)
            self._look()

    def content(self) -> Pixels:
        """The picture to paint: the whole layer, small, or a part of it. Raises LayerGoneError."""
        if self._content is None:
            self._content = self._source.read(self._painted_frame)
        if self._painted is not None:
            self._painted = None
            self._zoom_buttons.set_sensitive(self._frames[0] != self._frames[1])
            self._compare()
        self._awaited = True
        return self._content

    def show_after(self, pixels: Pixels, note: str) -> None:
        """Show `content` as painted, at whatever size. A picture of what is no longer seen is left out."""
        if not self._awaited:
            return
        self._after = pictures.pixbuf(pixels)
        if self._painted_frame is not self._frame:
            self._drafted = self._after
            self._after = pictures.part(self._drafted, self._frame, self._source.size)
        self._say(note, busy=False)
        self._compare()

    def show_painting(self, layer: Gimp.Layer, pixels: Pixels, note: str) -> None:
        """Show what a run makes of a whole layer, in place of the preview, until `content` is asked for again."""
        after = pictures.pixbuf(pixels)
        if self._painted is None or self._painted[0] != layer.get_id():
            self._painted = (layer.get_id(), _whole(layer, as_seen=self._as_seen) or after)
        self._zoom_buttons.set_sensitive(False)
        self._say(note, busy=True)
        self._comparison.compare(Pictures(_("Painting"), self._painted[1], after), pullable=False)

    def wait(self, note: str) -> None:
        """A newer picture is being made; the old one stays."""
        self._say(note, busy=True)

    def fail(self, sentence: str) -> None:
        """There is no newer picture, and why; the old one stays, dimmed."""
        self._say("", busy=False)
        self._comparison.complain(sentence)

    @property
    def _frame(self) -> Frame:
        return self._frames[self._zoomed]

    @property
    def _painted_frame(self) -> Frame:
        """The frame that is painted for what is seen: for a part of a draft all of it, as small as a draft is."""
        if self.quality == "draft":
            return framing.fitted(self._source.size, framing.DRAFT_SIDE)
        return self._frame

    def _note_row(self) -> Gtk.Box:
        row = Gtk.Box(spacing=SPACE)
        row.pack_start(self._spinner, expand=False, fill=False, padding=0)
        row.pack_start(self._note, expand=True, fill=True, padding=0)
        return row

    def _before_button(self) -> Gtk.ToggleButton:
        button = Gtk.ToggleButton(label=_("Before"))
        button.set_tooltip_text(_("Shows the layer as it is: for as long as you hold it, or until the next click."))
        button.connect("toggled", lambda _button: self._comparison.show_only_before(only=button.get_active()))
        pressed: dict[str, float] = {}

        def press(_button: Gtk.ToggleButton, event: Gdk.EventButton) -> bool:
            if event.button == Gdk.BUTTON_PRIMARY and event.type == Gdk.EventType.BUTTON_PRESS:
                pressed["at"], pressed["again"] = event.time, button.get_active()
                button.set_active(True)
            return True

        def release(_button: Gtk.ToggleButton, event: Gdk.EventButton) -> bool:
            if event.button == Gdk.BUTTON_PRIMARY:
                clicked = event.time - pressed["at"] < CLICK
                button.set_active(clicked and not pressed["again"])
            return True

        button.connect("button-press-event", press)
        button.connect("button-release-event", release)
        return button

    def _zooms(self) -> Gtk.Box:
        linked = Gtk.Box()
        linked.get_style_context().add_class("linked")
        fit = Gtk.RadioButton(label=_("Fit"), draw_indicator=False)
        full = Gtk.RadioButton(label=_("100 %"), draw_indicator=False, group=fit)
        fit.set_tooltip_text(_("Preview the whole layer, small."))
        full.set_tooltip_text(_("Preview a part of the layer, pixel by pixel."))
        full.connect("toggled", lambda _button: self._zoom(zoomed=full.get_active()))
        for button in (fit, full):
            linked.pack_start(button, expand=False, fill=False, padding=0)
        linked.set_sensitive(self._frames[0] != self._frames[1])
        return linked

    def _zoom(self, *, zoomed: bool) -> None:
        self._zoomed = zoomed
        self._reframe()
        self._look()
        self._ask()

    def _reframe(self) -> bool:
        """Let the part at full resolution fill the room there is. Whether it is another one now."""
        fit, full = self._frames
        filling = framing.around(full, self._source.size, self._comparison.room)
        self._frames = (fit, filling)
        return filling != full

    def _fill(self) -> bool:
        if self._zoomed and self._painted is None and self._reframe():
            self._look()
            self._ask()
        return False

    def _pull(self, right: float, down: float) -> None:
        fit, full = self._frames
        moved = full.moved(-right, -down, self._source.size)
        if moved != full:
            self._frames = (fit, moved)
            self._look()

    def _look(self) -> None:
        """Show what is in the frame now, of which there is no painting yet."""
        self._awaited = False
        self._after = self._content = None
        try:
            seen = self._source.read(self._frame)
            self._content = seen if self._painted_frame is self._frame else None
        except NeuralStyleError as error:
            self.fail(" ".join(of_error(error)).strip())
            return
        self._before = pictures.pixbuf(seen)
        if self._content is None and self._drafted is not None:  # another part of the same draft
            self._after, self._awaited = pictures.part(self._drafted, self._frame, self._source.size), True
        self._compare()

    def _ask(self) -> None:
        if not self._awaited:
            self._on_region()

    def _compare(self) -> None:
        if self._before is not None:
            pair = Pictures(_("Preview"), self._before, self._after, enlarge=not self._zoomed)
            self._comparison.compare(pair, pullable=self._zoomed)

    def _say(self, note: str, *, busy: bool) -> None:
        self._note.set_text(note)
        self._spinner.set_property("active", busy)
        # Some icon themes have nothing to turn, and would leave a hole.
        self._spinner.set_visible(busy and Gtk.IconTheme.get_default().has_icon(SPINNER))
        self._comparison.complain("")


def _frames(source: Source) -> tuple[Frame, Frame]:
    """All of it, small, and a part of it at full resolution."""
    return framing.fitted(source.size), framing.region(source.size)


def _whole(layer: Gimp.Layer, *, as_seen: bool) -> GdkPixbuf.Pixbuf | None:
    """The layer as it is, None if it is gone."""
    if not canvas.is_there(layer):
        return None
    source = Source.of(layer, as_seen=as_seen)
    return pictures.pixbuf(source.read(framing.fitted(source.size, framing.FINE_SIDE)))
