"""The state machine of the dialog: choosing, with a preview or variations, and painting. Without GIMP.

Actions of the user are method calls, events of the engine come from the session; both in the main loop.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.flow.sheet_painting import SheetPainting
from gimp_plugin.flow.variations import Kind
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidImageError, LayerGoneError, NeuralStyleError
from nst_core.shared.wire.messages import Done, Event, Failed, Preview, Progress, Stylize

if TYPE_CHECKING:
    from gimp_plugin.flow.roles import CancelTimer, Engine, Later, Order, Screen, Work
    from nst_core.shared.wire.messages import Pixels

FINER = _("Painting what you see, finer…")
SETTLE = 0.08  # seconds without a change before a preview begins, so that none begins while a slider is dragged


class Flow:
    """The dialog from its opening to its end. Layers that were painted before an error are kept for the next try."""

    def __init__(self, engine: Engine, work: Work, screen: Screen, later: Later) -> None:
        self.phase = Phase.IDLE
        self._engine = engine
        self._work = work
        self._screen = screen
        self._later = later
        self._sheet_painting = SheetPainting(engine, screen, work.larger)
        self._kind = Kind.LOOK
        self._cancel_timer: CancelTimer | None = None
        self._shown: Stylize | None = None  # the request of the preview that is shown
        self._whole: Pixels | None = None  # its picture
        self._previewing: Stylize | None = None  # the request of the preview, or of its visible part, that runs now
        self._order: Order | None = None
        self._stay = False
        self._done: dict[int, Done] = {}
        self._skipped: set[int] = set()
        self._left_out: dict[int, NeuralStyleError] = {}

    @property
    def resting(self) -> bool:
        """Whether nothing is being painted or about to be."""
        return self.phase is Phase.IDLE and self._cancel_timer is None

    def change(self) -> None:
        """A value that the preview and the variations depend on has changed."""
        if self.phase.busy or self.phase is Phase.CLOSED:
            return
        self._cancel_pending()
        self._cancel_timer = self._later(SETTLE, self._paint_sheet if self.phase is Phase.VARYING else self._preview)

    def view_changed(self) -> None:
        """Another part of the preview is visible, or the zoom has changed."""
        if self._cancel_timer is None and self._shown is not None and self.phase in {Phase.IDLE, Phase.PREVIEWING}:
            self._cancel_timer = self._later(SETTLE, self._refine)

    def vary(self, kind: Kind) -> None:
        """Paint small variations of this kind instead of the preview."""
        if self.phase.busy or self.phase is Phase.CLOSED:
            return
        self._cancel_pending()
        self._previewing = None
        self._kind = kind
        self._paint_sheet()
        self._set_phase(Phase.VARYING)

    def leave_variations(self) -> None:
        """Go back to the preview."""
        if self.phase is Phase.VARYING:
            self._end_sheet()
            self._set_phase(Phase.IDLE)
            self.change()

    def stylize(self, *, stay: bool = False) -> None:
        """Paint all layers that are not painted yet with these settings. stay: whether the window stays open then."""
        if self.phase.busy or self.phase is Phase.CLOSED:
            return
        self._cancel_pending()
        self._sheet_painting.end()
        self._screen.show_error(None)
        try:
            order = self._work.order()
        except NeuralStyleError as error:
            self._fail(error)
            return
        if order != self._order and self._done and not self._ask_about_done():
            self.change()  # the preview or the variations, which were interrupted above, go on
            return
        self._order, self._stay = order, stay
        self._skipped, self._left_out = set(), {}
        self._previewing = None
        self._set_phase(Phase.RUNNING)
        self._paint_next(self._order)

    def stop(self) -> None:
        """End the run; keep the finished layers, and the current one as far as it is painted."""
        if self.phase is Phase.RUNNING:
            self._set_phase(Phase.STOPPING)
            self._engine.stop()

    def cancel(self) -> None:
        """End the run without a result, and go back to choosing; while choosing, close the window."""
        if self.phase.busy:
            self._order, self._done = None, {}
            self._work.discard()
            self._engine.cancel()
            self._set_phase(Phase.IDLE)
            self.change()
        else:
            self.close()

    def close(self) -> None:
        """Close the window in any state. Asks first if layers finished before an error would be lost."""
        if self.phase is Phase.CLOSED or (not self.phase.busy and self._done and not self._ask_about_done()):
            return
        self._leave()

    def _ask_about_done(self) -> bool:
        """Ask whether to keep layers that were finished before an error. Returns whether to go on."""
        wanted = self._screen.ask_to_keep(len(self._done))
        if wanted is None:
            return False
        if wanted and self._order is not None:
            try:
                self._work.insert(self._done, self._order)
            except NeuralStyleError as error:
                self._fail(error)
                return False
        elif not wanted:
            self._work.discard()
        self._done = {}
        return True

    def _leave(self) -> None:
        self._cancel_pending()
        self._sheet_painting.end()
        self._set_phase(Phase.CLOSED)
        self._screen.leave()

    def break_down(self, error: NeuralStyleError) -> None:
        """Show an unexpected error."""
        if self.phase is not Phase.CLOSED:
            self._end_sheet()
            self._fail(error)

    def _set_phase(self, phase: Phase) -> None:
        self.phase = phase
        self._screen.show_phase(phase)

    def _cancel_pending(self) -> None:
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    def _paint_sheet(self) -> None:
        self._cancel_timer = None
        try:
            request = self._work.preview()
        except NeuralStyleError as error:
            self._end_sheet()
            self._screen.show_no_variants(error)
        else:
            self._sheet_painting.paint(request, self._kind, self._whole if request == self._shown else None)

    def _end_sheet(self) -> None:
        self._sheet_painting.end()
        self._engine.cancel()

    def _preview(self) -> None:
        self._cancel_timer = None
        try:
            request = self._work.preview()
        except NeuralStyleError as error:
            self._engine.cancel()
            self._no_preview(error)
            return
        if request == self._shown:  # the change does not affect the preview
            self._refine()
            return
        self._shown = None
        self._submit_preview(request, _("A new preview is being painted…"), _("Preview, getting better…"))

    def _refine(self) -> None:
        """Paint the visible part of the preview at a higher resolution, if it is not painted so yet."""
        self._cancel_timer = None
        if self._shown is None or self.phase not in {Phase.IDLE, Phase.PREVIEWING}:
            return
        try:
            request = self._work.finer()
        except NeuralStyleError:  # of a part in which nothing is painted
            return
        if request is not None and request != self._previewing:
            self._submit_preview(request, FINER, FINER)

    def _submit_preview(self, request: Stylize, waiting: str, unfinished: str) -> None:
        """Paint the preview, or its visible part. waiting, unfinished: notes until its first and its last picture."""
        self._previewing = request
        self._set_phase(Phase.PREVIEWING)
        self._screen.show_waiting(waiting)
        self._engine.submit(request, partial(self._on_preview, request, unfinished))

    def _on_preview(self, request: Stylize, unfinished: str, event: Event) -> None:
        if self.phase is not Phase.PREVIEWING or request is not self._previewing:
            return
        match event:
            case Preview():
                self._screen.show_preview(event.pixels, unfinished, done=False)
            case Done():
                self._previewing = None
                if self._shown is None:  # otherwise a part of the preview was painted
                    self._shown, self._whole = request, event.pixels
                self._set_phase(Phase.IDLE)
                self._screen.show_preview(event.pixels, _("Preview"), done=True)
                self._refine()
            case Failed():
                self._no_preview(event.error)

    def _no_preview(self, error: NeuralStyleError) -> None:
        self._shown = self._previewing = None
        self._set_phase(Phase.IDLE)
        self._screen.show_no_preview(error)

    def _paint_next(self, order: Order) -> None:
        for number in range(self._work.count):
            if number in self._done or number in self._skipped:
                continue
            try:
                request = self._work.request(number, order)
            except LayerGoneError:  # deleted while the one before it was painted
                self._skipped.add(number)
                continue
            except InvalidImageError as error:
                self._leave_out(number, error)
                continue
            self._screen.show_status(Status(number + 1, self._work.count))
            self._engine.submit(request, partial(self._on_event, number, order))
            return
        self._insert(order)

    def _on_event(self, number: int, order: Order, event: Event) -> None:
        if not self.phase.busy or order is not self._order:
            return
        match event:
            case Progress() if self.phase is Phase.RUNNING:
                self._screen.show_status(Status(number + 1, self._work.count, event))
            case Preview():
                self._screen.show_painting(number, event.pixels)
            case Done():
                self._done[number] = event
                self._work.save(number, event, order)
                self._screen.show_snapshot(self._work.snapshot(number, event, order))
                if self.phase is Phase.STOPPING:
                    self._insert(order)
                else:
                    self._paint_next(order)
            case Failed():
                error = event.error
                if self._work.count > 1 and isinstance(error, InvalidImageError):  # an error of this layer only
                    self._leave_out(number, error)
                    self._paint_next(order)
                else:
                    self._fail(error)

    def _leave_out(self, number: int, error: NeuralStyleError) -> None:
        self._skipped.add(number)
        self._left_out[number] = error
        self._work.leave_out(number, error)

    def _insert(self, order: Order) -> None:
        if self._left_out and not self._done:
            self._fail(next(iter(self._left_out.values())))
            return
        try:
            self._work.insert(self._done, order)
        except NeuralStyleError as error:
            self._fail(error)
        else:
            if self._stay:
                self._order, self._done = None, {}
                self._set_phase(Phase.IDLE)
                self.change()
            else:
                self._leave()

    def _fail(self, error: NeuralStyleError) -> None:
        elsewhere = self.phase.busy or self.phase is Phase.VARYING
        self._set_phase(Phase.IDLE)
        self._screen.show_error(error)
        if elsewhere:  # instead of the unfinished picture
            self.change()
