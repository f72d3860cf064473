"""The state machine of the dialog with a fake engine, work, screen and timers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from gimp_plugin.flow.roles import Order, Phase, Status
from gimp_plugin.flow.state import Flow
from gimp_plugin.flow.variations import Sheet
from nst_core.shared.errors import EngineMissingError, LayerGoneError, NeuralStyleError
from nst_core.shared.wire.messages import Done, Event, Failed, Pixels, Progress, ScreenPixels, StyleFile, Stylize

if TYPE_CHECKING:
    from gimp_plugin.flow.roles import Snapshot
    from gimp_plugin.image.recipes import Look

LOOK = cast("Look", SimpleNamespace(styles=(StyleFile(b"style"),)))  # the real class needs a GIMP
SMALL, LARGE = Pixels(1, 1, bytes(16)), Pixels(2, 1, bytes(32))
SEEN = ScreenPixels(1, 1, bytes(4))
"""The pixels of a preview."""


@dataclass
class FakeEngine:
    """Stores requests; the test calls the listener."""

    asked: list[Stylize] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    hear: Callable[[Event], None] = lambda _event: None

    def submit(self, request: Stylize, listener: Callable[[Event], None]) -> None:
        self.asked.append(request)
        self.hear = listener

    def stop(self) -> None:
        self.orders.append("stop")

    def cancel(self) -> None:
        self.orders.append("cancel")


@dataclass
class FakeWork:
    """Layers by number; those in `gone` were deleted."""

    count: int = 1
    strength: float = 50.0
    gone: set[int] = field(default_factory=set)
    error: NeuralStyleError | None = None
    kept: dict[int, Done] | None = None
    finished: list[int] = field(default_factory=list)
    parts: list[Stylize] = field(default_factory=list)
    finer_error: NeuralStyleError | None = None
    cells: bool = False
    """Whether variations are shown larger than their first pictures."""
    left_out: dict[int, NeuralStyleError] = field(default_factory=dict)

    def order(self) -> Order:
        if self.error:
            raise self.error
        return Order(LOOK, {"strength": self.strength})

    def preview(self) -> Stylize:
        order = self.order()
        return Stylize(SMALL, order.look.styles, {**order.settings, "brush_size": 1.0, "seed": 0})

    def finer(self) -> Stylize | None:
        if self.finer_error:
            raise self.finer_error
        return self.parts.pop(0) if self.parts else None

    def larger(self, begun: Pixels) -> Stylize | None:
        order = self.order()
        return (
            Stylize(begun, order.look.styles, {**order.settings, "brush_size": 1.0, "seed": 0}) if self.cells else None
        )

    def request(self, number: int, order: Order) -> Stylize:
        if number in self.gone:
            raise LayerGoneError("the layer is gone")
        return Stylize(LARGE, order.look.styles, order.settings)

    def save(self, number: int, done: Done, order: Order) -> None:  # noqa: ARG002 - the fake has no disk
        self.finished.append(number)

    def snapshot(self, number: int, done: Done, order: Order) -> Snapshot:  # noqa: ARG002 - not used here
        return cast("Snapshot", number)

    def leave_out(self, number: int, error: NeuralStyleError) -> None:
        self.left_out[number] = error

    def discard(self) -> None:
        self.finished = []

    def insert(self, done: Mapping[int, Done], order: Order) -> None:  # noqa: ARG002 - the fake needs no title
        left = {number: event for number, event in done.items() if number not in self.gone}
        if not left:
            raise LayerGoneError("the layer is gone")
        self.kept = left


@dataclass
class FakeScreen:
    """Stores what is shown."""

    phases: list[Phase] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    finished: list[bool] = field(default_factory=list)
    no_preview: list[NeuralStyleError] = field(default_factory=list)
    error: NeuralStyleError | None = None
    statuses: list[Status] = field(default_factory=list)
    painting: list[int] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    variants: list[int] = field(default_factory=list)
    no_variants: list[NeuralStyleError] = field(default_factory=list)
    snapshots: list[object] = field(default_factory=list)
    left: int = 0
    questions: list[int] = field(default_factory=list)
    answer: bool | None = False

    def show_phase(self, phase: Phase) -> None:
        self.phases.append(phase)

    def show_waiting(self, note: str) -> None:
        self.notes.append(note)

    def show_preview(self, pixels: Pixels, note: str, *, done: bool) -> None:  # noqa: ARG002 - only for a widget
        self.notes.append(note)
        self.finished.append(done)

    def show_no_preview(self, error: NeuralStyleError) -> None:
        self.no_preview.append(error)

    def show_sheet(self, sheet: Sheet, content: Pixels, note: str) -> None:  # noqa: ARG002 - the same
        self.sheets.append(sheet)
        self.notes.append(note)

    def show_variant(self, number: int, pixels: Pixels, note: str) -> None:  # noqa: ARG002 - the same
        self.variants.append(number)
        self.notes.append(note)

    def show_no_variants(self, error: NeuralStyleError) -> None:
        self.no_variants.append(error)

    def show_status(self, status: Status) -> None:
        self.statuses.append(status)

    def show_painting(self, number: int, pixels: Pixels) -> None:  # noqa: ARG002 - the same
        self.painting.append(number)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def show_error(self, error: NeuralStyleError | None) -> None:
        self.error = error

    def ask_to_keep(self, count: int) -> bool | None:
        self.questions.append(count)
        return self.answer

    def leave(self) -> None:
        self.left += 1


class FakeDialog:
    """A flow with its surroundings under the control of the test."""

    def __init__(self, count: int = 1) -> None:
        self.engine, self.work, self.screen = FakeEngine(), FakeWork(count), FakeScreen()
        self.waiting: list[Callable[[], None]] = []
        self.flow = Flow(self.engine, self.work, self.screen, self.later)

    def later(self, _seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        self.waiting.append(call)
        return lambda: self.waiting.remove(call)

    def run_timers(self) -> None:
        """Call what waits for a timer."""
        due, self.waiting = self.waiting, []
        for call in due:
            call()

    def receive(self, *events: Event) -> None:
        for event in events:
            self.engine.hear(event)


def progress(step: int = 1, fraction: float = 0.5) -> Progress:
    return Progress(1, 1, 2, step, 4, loss=1.0, seconds_left=3.0, fraction=fraction)


def done() -> Done:
    return Done(1, LARGE, {"seed": 0}, {})


def failed(error: NeuralStyleError) -> Failed:
    return Failed(1, error.code, error.message, error.remedy)


MISSING = EngineMissingError("the engine is missing", "install it")
