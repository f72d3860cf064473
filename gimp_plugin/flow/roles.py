"""Types of the dialog's flow, and the interfaces that it needs: work, screen, engine, clock."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nst_core.shared.wire.messages import BYTES_PER_PIXEL, Done, Event, Pixels, Progress, Stylize

if TYPE_CHECKING:
    from gimp_plugin.flow.variations import Sheet
    from gimp_plugin.image.canvas import View
    from gimp_plugin.image.outputs import Painted
    from gimp_plugin.image.recipes import Look
    from gimp_plugin.picks import Picks
    from nst_core.shared.errors import NeuralStyleError
    from nst_core.shared.settings import Value

CancelTimer = Callable[[], None]
Later = Callable[[float, Callable[[], None]], CancelTimer]
"""Calls a function after so many seconds; returns a function that cancels that."""


class Phase(enum.Enum):
    """The state of the dialog."""

    IDLE = "idle"
    PREVIEWING = "previewing"
    VARYING = "varying"
    RUNNING = "running"
    STOPPING = "stopping"
    CLOSED = "closed"

    @property
    def busy(self) -> bool:
        """Whether the layers are being painted."""
        return self in {Phase.RUNNING, Phase.STOPPING}


@dataclass(frozen=True)
class Order:
    """What to paint: look, settings, and whether the layers' effects are painted too.

    adapt: changes the request for a layer; None: it stays as it is.
    """

    look: Look
    settings: Mapping[str, Value]
    as_seen: bool = True
    adapt: Callable[[View, Stylize], Stylize] | None = None


@dataclass(frozen=True)
class Status:
    """The progress of a run: layer `number` of `count`, from 1, and the engine's last event for it."""

    number: int
    count: int
    progress: Progress | None = None

    @property
    def fraction(self) -> float:
        """Fraction of the whole run, in [0, 1]."""
        return (self.number - 1 + (self.progress.fraction if self.progress else 0.0)) / self.count


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A painting, how it was made, and when it was finished (seconds since 1970). gray: its image is grayscale."""

    painted: Painted
    look: Look
    picks: Picks
    settings: Mapping[str, Value]
    gray: bool = False
    ended: float = field(default_factory=time.time)

    @property
    def title(self) -> str:
        """The styles that it was painted in."""
        return " + ".join(pick.title for pick in self.picks.entries)

    @property
    def clock(self) -> str:
        """The time of day when it was finished, to the second, so that two of the same style can be distinguished."""
        return time.strftime("%H:%M:%S", time.localtime(self.ended))

    @property
    def size(self) -> int:
        """Bytes of its pixels."""
        pixels = self.painted.done.pixels
        return pixels.width * pixels.height * BYTES_PER_PIXEL


class Work(Protocol):
    """Makes the requests, and receives the results."""

    @property
    def count(self) -> int:
        """The number of layers."""

    def order(self) -> Order:
        """The current styles and settings. Raises NeuralStyleError."""

    def preview(self) -> Stylize:
        """The request of the preview; variations use it with other settings. Raises NeuralStyleError."""

    def finer(self) -> Stylize | None:
        """The visible part of the preview at a higher resolution; None if there is none. Raises NeuralStyleError."""

    def larger(self, begun: Pixels) -> Stylize | None:
        """The request for a variation at the displayed size, to refine `begun`; None if it has that size.

        The caller replaces its settings. Raises NeuralStyleError.
        """

    def request(self, number: int, order: Order) -> Stylize:
        """The request for a layer, from 0. Raises LayerGoneError."""

    def save(self, number: int, done: Done, order: Order) -> None:
        """Save the finished picture of a layer, from 0, so that it cannot be lost."""

    def leave_out(self, number: int, error: NeuralStyleError) -> None:
        """A layer, from 0, cannot be painted; it is named in a message when the others are inserted."""

    def snapshot(self, number: int, done: Done, order: Order) -> Snapshot:
        """The snapshot of the picture of a layer, from 0."""

    def insert(self, done: Mapping[int, Done], order: Order) -> None:
        """Insert the pictures into the image. Raises NeuralStyleError."""

    def discard(self) -> None:
        """Delete the saved pictures."""


class Screen(Protocol):
    """Shows the state of the flow."""

    def show_phase(self, phase: Phase) -> None:
        """Enable what can be done in this phase."""

    def show_waiting(self, note: str) -> None:
        """A new preview is being painted."""

    def show_preview(self, pixels: Pixels, note: str, *, done: bool) -> None:
        """Show the preview, or its visible part. done: whether it is the final one."""

    def show_no_preview(self, error: NeuralStyleError) -> None:
        """The preview failed."""

    def show_sheet(self, sheet: Sheet, content: Pixels, note: str) -> None:
        """Variations of `content` are being painted."""

    def show_variant(self, number: int, pixels: Pixels, note: str) -> None:
        """Show a variation, from 0."""

    def show_no_variants(self, error: NeuralStyleError) -> None:
        """The variations failed."""

    def show_status(self, status: Status) -> None:
        """Show the progress of the run."""

    def show_painting(self, number: int, pixels: Pixels) -> None:
        """Show the picture of a layer, from 0, so far."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A painting is finished, or was stopped."""

    def show_error(self, error: NeuralStyleError | None) -> None:
        """Show why the run ended; None: no error."""

    def ask_to_keep(self, count: int) -> bool | None:
        """Ask whether to keep finished paintings that would be lost; None: continue with the dialog."""

    def leave(self) -> None:
        """Close the window."""


class Engine(Protocol):
    """The part of a Session that is used here."""

    def submit(self, request: Stylize, listener: Callable[[Event], None]) -> None:
        """Paint; an earlier request is dropped."""

    def stop(self) -> None:
        """End the job and keep its result so far."""

    def cancel(self) -> None:
        """End the job without a result."""
