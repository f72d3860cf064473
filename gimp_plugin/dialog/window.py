"""The filter's window: gallery, preview and controls, and the progress below them. `flow.state` makes all decisions."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.dialog import help  # noqa: A004 - what it is called
from gimp_plugin.dialog.controls import Controls
from gimp_plugin.dialog.engine_bar import EngineBar
from gimp_plugin.dialog.message_bars import MessageBar, OfferBar, above_edge
from gimp_plugin.dialog.outside_progress import OutsideProgress
from gimp_plugin.dialog.running import Running
from gimp_plugin.dialog.snapshots import SnapshotStrip, StripCallbacks
from gimp_plugin.dialog.undo_buttons import UndoButtons
from gimp_plugin.dialog.variation_sheet import VariationSheet
from gimp_plugin.flow.history import History
from gimp_plugin.flow.last_choices import Layout
from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.flow.state import Flow
from gimp_plugin.flow.tile_painting import TilePainting
from gimp_plugin.flow.work import LayerWork
from gimp_plugin.gallery.panel import Gallery, GalleryContext
from gimp_plugin.image import recipes, regions
from gimp_plugin.image.scratch import Visible
from gimp_plugin.libgimp import Gimp, GLib
from gimp_plugin.libgtk import GimpUi, Gtk
from gimp_plugin.preview import pictures
from gimp_plugin.preview.pane import Finished, Preview
from gimp_plugin.strength_map.editor import MapEditor
from gimp_plugin.strength_map.map_tool import MapTool
from gimp_plugin.strength_map.where import Where, follow_faces
from gimp_plugin.translation import _, ngettext
from gimp_plugin.widgets.buttons import text_button
from gimp_plugin.widgets.columns import Columns
from gimp_plugin.wording import in_sentences, of_bug, of_estimate
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.planning.cost_model import estimate
from nst_core.shared.settings import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from gimp_plugin.flow.roles import Snapshot
    from gimp_plugin.flow.session import Session
    from gimp_plugin.flow.variations import Sheet, Variant
    from gimp_plugin.flow.work import Refinement
    from gimp_plugin.image.drawn_maps import DrawnMap
    from gimp_plugin.picks import Picks
    from nst_core.shared.wire.messages import Pixels, Ready

Chosen = tuple[Mapping[str, Value], "Picks"]

SPACE, BORDER = 12, 10  # pixels
SMALLEST, USUAL = (720, 540), (1180, 680)  # narrower than its columns, the window scrolls them
GALLERY, CONTROLS = 270, 300  # widths


class Window(GimpUi.Dialog):  # type: ignore[misc] # gi ships no types
    """Open from `run` until the paintings are inserted into the image, or the window is closed."""

    def __init__(
        self,
        layers: Sequence[Gimp.Layer | Visible],
        config: Gimp.ProcedureConfig,
        picks: Picks,
        session: Session,
        refinement: Refinement | None = None,
        *,
        drawn: DrawnMap | None = None,
    ) -> None:
        """refinement: how to refine the only layer, which was painted before. drawn: the strength map drawn before."""
        super().__init__(title=_("Refine This Layer") if refinement else _("Neural Style"), role="neural-style")
        self._session = session
        image = layers[0].get_image()
        self._busy = self._restoring = False
        self._map = MapEditor(layers[0], config, drawn, session.find_faces, lambda: self._preview.bounds)
        self._where = None if refinement else Where(self._map, config, image)
        preset = refinement.settings if refinement else picks.preset_settings()
        refining, visible = refinement is not None, isinstance(layers[0], Visible)
        self._controls = Controls(config, preset, self._changed, self._where, refining=refining, visible_only=visible)
        follow_faces(self._map, self._controls.of("keep_faces"))
        context = GalleryContext(
            settings=lambda: self._controls.values,
            regions=lambda: regions.available(image),
            layer=layers[0],
            profile=Path(Gimp.directory()),
        )
        self._gallery = Gallery(picks, context, self._picked)
        self._preview = Preview(layers[0], lambda: self._flow.view_changed())  # noqa: PLW0108 - it is made later
        self._running = Running()
        self._error = MessageBar(Gtk.MessageType.ERROR)
        self._news = MessageBar(Gtk.MessageType.WARNING)
        self._offer = OfferBar()
        self._preview.set_tool(MapTool(self._map, self._preview.redraw))
        self._work = LayerWork(
            layers, config, lambda: self._gallery.picks, self._preview, refinement, lambda: self._map.drawn
        )
        self._outside = OutsideProgress(self, lambda: self._work.made)
        self._history = History(self._chosen())
        self._undo_buttons = UndoButtons(
            lambda: self._go_to(self._history.undo()), lambda: self._go_to(self._history.redo())
        )
        self._engine_bar = EngineBar(self._engine_installed)
        self._flow = Flow(session, self._work, self, _later)
        self._tiles = TilePainting(session, self._gallery, lambda: self._flow.resting, _later)
        self._gallery.on_wanted(self._tiles.wake)
        self._sheet = VariationSheet(self._vary, self._take, self._flow.leave_variations)
        about = _("See nine small variations, and take the settings of one")
        self._variations = text_button(_("_Variations…"), about, self._vary)
        self._strip = SnapshotStrip(StripCallbacks(self._compare, self._go_back_to, self._insert))
        self._build()
        self._connect_signals()
        self._show_layers()

    @property
    def picks(self) -> Picks:
        """The styles chosen."""
        return self._gallery.picks

    @property
    def drawn(self) -> DrawnMap | None:
        """The strength map that was drawn."""
        return self._map.drawn

    @property
    def made(self) -> list[Gimp.Layer]:
        """The new layers; empty until there are some."""
        return self._work.made

    def show_messages(self, sentences: Sequence[str]) -> None:
        """Show messages for the artist before the first painting."""
        self._news.show_text("\n".join(sentences))

    def offer(self, files: list[Path]) -> None:
        """Offer finished paintings that were not delivered."""
        self._offer.offer(files)

    def run(self, layout: Layout) -> Layout:
        """Show the window in this layout until it is closed. Returns its last layout."""
        before, sys.excepthook = sys.excepthook, self._show_bug
        try:
            self.set_default_size(*(layout.size or USUAL))
            self._preview.set_layout(upright=layout.upright, pixels=layout.pixels)
            self._columns.set_sides(layout.sides)
            self.show()
            self._session.warm()
            self._flow.change()
            self.show_phase(self._flow.phase)
            Gtk.main()
            upright, pixels = self._preview.layout
            return Layout(tuple(self.get_size()), self._columns.sides, upright=upright, pixels=pixels)
        finally:
            sys.excepthook = before
            self._session.close()
            self.destroy()

    def show_phase(self, phase: Phase) -> None:
        """Enable what can be done in this phase."""
        self._running.show_phase(phase)
        self._outside.show_phase(phase)
        self._tiles.show_phase(phase)
        self._show_page(self._sheet if phase is Phase.VARYING else self._preview)
        if phase.busy and self._where is not None:
            self._where.stop_drawing()
        for part in (self._gallery, self._sidebar, self._variations, self._strip):
            part.set_sensitive(not phase.busy)
        if phase.busy:
            self._strip.choose_none()
        if self._busy and not phase.busy:
            self._running.stylize.grab_focus()
        self._busy = phase.busy
        if not phase.busy:  # during a run the engine estimates the time
            self._estimate()

    def show_waiting(self, note: str) -> None:
        """A new preview is being painted."""
        self._preview.wait(note)

    def show_preview(self, pixels: Pixels, note: str, *, done: bool) -> None:
        """Show the preview so far."""
        self._preview.show_after(pixels, note, done=done)
        self._gallery.note_painting(pixels)
        self._estimate()

    def show_no_preview(self, error: NeuralStyleError) -> None:
        """The preview failed."""
        text = in_sentences(error)
        shown = self._engine_bar.show_error(error) or text == self._error.text
        self._preview.fail(_("No preview.") if shown else text)

    def show_sheet(self, sheet: Sheet, content: Pixels, note: str) -> None:
        """Variations are being painted."""
        self._sheet.show_sheet(sheet, content, note)

    def show_variant(self, number: int, pixels: Pixels, note: str) -> None:
        """Show a variation so far."""
        self._sheet.show_variant(number, self._in_image_colors(pixels), note)

    def show_no_variants(self, error: NeuralStyleError) -> None:
        """The variations failed."""
        self._sheet.fail(in_sentences(error))

    def show_status(self, status: Status) -> None:
        """Show the progress of the run."""
        self._running.show_status(status)
        self._outside.show_status(status)

    def show_painting(self, number: int, pixels: Pixels) -> None:
        """Show the picture of a layer so far."""
        layer = self._work.layers[number]
        self._preview.show_painting(layer, pixels, layer.get_name() if layer.is_valid() else "")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Add a painting to the strip."""
        self._strip.add_snapshot(snapshot)

    def show_error(self, error: NeuralStyleError | None) -> None:
        """Show why the run ended; None: no error."""
        repairable = error is not None and self._engine_bar.show_error(error)
        self._error.show_text(in_sentences(error) if error and not repairable else "")
        self._outside.show_error(error)

    def ask_to_keep(self, count: int) -> bool | None:
        """Ask whether to keep finished paintings that would be lost; None: continue with the dialog."""
        text = ngettext("{count} painting is finished.", "{count} paintings are finished.", count).format(count=count)
        dialog = Gtk.MessageDialog(transient_for=self, modal=True, message_type=Gtk.MessageType.QUESTION, text=text)
        dialog.format_secondary_text(_("They would be lost."))
        answers = {Gtk.ResponseType.REJECT: False, Gtk.ResponseType.ACCEPT: True}
        dialog.add_button(_("_Throw away"), Gtk.ResponseType.REJECT)
        dialog.add_button(_("_Go back"), Gtk.ResponseType.CANCEL)
        dialog.add_button(_("_Keep"), Gtk.ResponseType.ACCEPT)
        dialog.set_default_response(Gtk.ResponseType.ACCEPT)
        try:
            return answers.get(dialog.run())
        finally:
            dialog.destroy()

    def leave(self) -> None:
        """End `run`."""
        Gtk.main_quit()

    def _build(self) -> None:
        GimpUi.window_set_transient(self)
        self.set_size_request(*SMALLEST)
        self._gallery.set_size_request(GALLERY, -1)
        self._sidebar = self._control_side()
        self._preview.add_button(self._variations)
        self._pages = Gtk.Stack()
        for page in (self._preview, self._sheet):
            self._pages.add(page)
        middle = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE // 2)
        middle.pack_start(self._pages, expand=True, fill=True, padding=0)
        middle.pack_start(self._strip, expand=False, fill=True, padding=0)
        self._columns = Columns(self._gallery, middle, self._sidebar)
        self._columns.set_margin_bottom(SPACE // 2)
        bars = (self._offer, self._news, self._engine_bar, self._error)
        whole = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE // 2, border_width=BORDER)
        whole.pack_start(above_edge(_scrolled(self._columns), bars), expand=True, fill=True, padding=0)
        whole.pack_start(self._running, expand=False, fill=True, padding=0)
        self.get_action_area().set_no_show_all(True)  # the buttons are in the row of the progress
        self.get_action_area().hide()
        content = self.get_content_area()
        content.pack_start(whole, expand=True, fill=True, padding=0)
        content.show_all()
        self._pages.set_visible_child(self._preview)
        if self._where is not None:
            self._where.connect_keys(self)
        self.set_default(self._running.stylize)
        self._running.stylize.grab_focus()

    def _connect_signals(self) -> None:
        """Connect buttons, keys and the engine to what they do."""
        stay = partial(self._flow.stylize, stay=True)
        self._running.connect_buttons(
            stop=self._flow.stop, cancel=self._flow.cancel, stylize=self._flow.stylize, stay=stay
        )
        self._running.offer_color(lambda: self._controls.set_values({arguments.OUTPUT: recipes.IMAGE}))
        self._session.on_ready = self._engine_started
        help.add_shortcuts(self)
        self.connect_after("key-press-event", self._undo_buttons.pressed)
        self.connect("delete-event", self._close)
        self.connect("close", self._escape)

    def _in_image_colors(self, pixels: Pixels) -> Pixels:
        """A picture in the colours that the image can store."""
        return pictures.in_gray(pixels) if self._work.gray else pixels

    def _control_side(self) -> Gtk.Box:
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.add(self._controls)
        about = _("Take back all settings to what the chosen style says")
        reset = text_button(_("_Reset"), about, self._controls.reset_all, halign=Gtk.Align.START)
        side = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        side.set_size_request(CONTROLS, -1)
        side.set_hexpand(False)  # otherwise its children would make it expand
        side.pack_start(scrolled, expand=True, fill=True, padding=0)
        last = Gtk.Box(spacing=SPACE)
        last.pack_start(reset, expand=False, fill=False, padding=0)
        last.pack_start(self._undo_buttons, expand=False, fill=False, padding=0)
        last.pack_end(help.button(self), expand=False, fill=False, padding=0)
        side.pack_start(last, expand=False, fill=True, padding=0)
        return side

    def _engine_started(self, ready: Ready) -> None:
        """The engine has started."""
        self._controls.enable_only(ready.backends, ready.devices)
        self._engine_bar.show_version(ready.version)

    def _engine_installed(self) -> None:
        """An engine was installed: use it."""
        self._session.renew()
        self._flow.change()

    def _picked(self) -> None:
        picks = self._gallery.picks
        if [pick.kind for pick in picks.entries] == ["preset"]:
            self._controls.adopt(picks.preset_settings())
        self._changed()

    def _vary(self) -> None:
        self._flow.vary(self._sheet.kind)

    def _take(self, variant: Variant) -> None:
        self._flow.leave_variations()
        self._controls.set_values(variant)

    def _compare(self, snapshots: Sequence[Snapshot]) -> None:
        self._flow.leave_variations()
        self._preview.compare(
            [
                Finished(one.painted.place.layer, f"{one.title}, {one.clock}", one.painted.done.pixels)
                for one in snapshots
            ]
        )

    def _go_back_to(self, snapshot: Snapshot) -> None:
        self._gallery.restore(snapshot.picks)
        self._controls.set_values(snapshot.settings)

    def _insert(self, snapshot: Snapshot) -> None:
        try:
            self._work.insert_snapshot(snapshot)
        except NeuralStyleError as error:
            self.show_error(error)

    def _show_page(self, page: Gtk.Widget) -> None:
        """Show the preview or the sheet, and move the focus to it."""
        if self._pages.get_visible_child() is not page:
            self._pages.set_visible_child(page)
            (self._sheet if page is self._sheet else self._variations).grab_focus()

    def _chosen(self) -> Chosen:
        return self._controls.all_values, self._gallery.picks

    def _go_to(self, chosen: Chosen) -> None:
        """Set the styles and settings of an undo or redo step."""
        settings, picks = chosen
        if not self._busy:
            self._restoring = True
            if picks != self._gallery.picks:
                self._gallery.restore(picks)
            self._controls.set_values(settings)
            self._restoring = False
            self._changed()

    def _note_change(self) -> None:
        if not self._restoring:
            self._history.note(self._chosen(), time.monotonic())
        self._undo_buttons.enable(undo=self._history.can_undo, redo=self._history.can_redo)

    def _changed(self) -> None:
        self._gallery.note_painting(None)
        self._note_change()
        if self._show_layers():
            self._estimate()
            self._flow.change()

    def _show_layers(self) -> bool:
        """Show what is painted. Returns whether that is still there."""
        layers, gray = self._work.layers, self._work.gray
        try:
            draft = self._controls.values["quality"] == "draft"
            self._preview.show_layer(layers[0], effects=self._work.as_seen, draft=draft)
            summary = _summary(layers)
        except NeuralStyleError as error:
            self.show_no_preview(error)
            return False
        self._preview.show_gray(gray=gray)
        self._gallery.set_layer(layers[0], gray=gray)
        self._map.show_layer(layers[0])
        if layers[0].get_image().get_base_type() == Gimp.ImageBaseType.GRAY:
            summary += " · " + (_("grayscale, painted in gray") if gray else _("grayscale, painted in colour"))
        self._running.summarize(summary, gray=gray)
        return True

    def _estimate(self) -> None:
        values, speed = self._controls.values, self._session.speed
        sizes = [(layer.get_height(), layer.get_width()) for layer in self._work.layers if layer.is_valid()]
        try:
            each = [estimate(height, width, values, speed) for height, width in sizes]
        except NeuralStyleError:  # a layer has become too small: the error is shown when it is painted
            each = []
        seconds, memory = sum(one.seconds for one in each), max((one.memory for one in each), default=0)
        tiled = any(one.tiled for one in each)
        self._controls.show_estimate(of_estimate(seconds, memory, tiled=tiled) if each else "")

    def _close(self, *_event: object) -> bool:
        self._flow.close()
        return True

    def _escape(self, _window: Gtk.Window) -> None:
        self.stop_emission_by_name("close")
        if self._flow.phase is Phase.VARYING:
            self._flow.leave_variations()
        else:
            self._flow.cancel()

    def _show_bug(self, kind: type[BaseException], bug: BaseException, at: TracebackType | None) -> None:
        """Called by Python for an exception that was not caught in a callback of GTK."""
        traceback.print_exception(kind, bug, at)
        self._flow.break_down(NeuralStyleError(*of_bug(bug)))


def _scrolled(columns: Gtk.Widget) -> Gtk.ScrolledWindow:
    """A container that scrolls sideways on a narrow screen, and to the widget with the focus."""
    scrolled = Gtk.ScrolledWindow(vscrollbar_policy=Gtk.PolicyType.NEVER, propagate_natural_width=True)
    scrolled.add(columns)
    columns.set_focus_hadjustment(scrolled.get_hadjustment())
    return scrolled


def _summary(layers: Sequence[Gimp.Layer | Visible]) -> str:
    if len(layers) > 1:
        text = ngettext("{count} layer", "{count} layers", len(layers)).format(count=len(layers))
    else:
        name = _("Image as visible") if isinstance(layers[0], Visible) else layers[0].get_name()
        width, height = layers[0].get_width(), layers[0].get_height()
        text = _("{name}, {width} x {height} px").format(name=name, width=width, height=height)
        _ok, _left, _top, wide, high = layers[0].mask_intersect()
        if not Gimp.Selection.is_empty(layers[0].get_image()):
            text += " · " + _("selection {width} x {height} px").format(width=wide, height=high)
    return text


def _later(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
    """Calls a function once after so many seconds. Returns a function that cancels that."""
    source = 0

    def due() -> bool:
        nonlocal source
        source = 0
        call()
        return False

    def cancel() -> None:
        if source:
            GLib.source_remove(source)

    source = GLib.timeout_add(round(1000 * seconds), due)
    return cancel
