"""What the dialog's flow speaks of, and what it needs around it: work, a screen, an engine, a clock."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nst_core.shared.wire.messages import Done, Event, Pixels, Progress, StyleFile, StylePixels, Stylize

if TYPE_CHECKING:
    from gimp_plugin.dialog.snapshots import Snapshot
    from gimp_plugin.flow.variations import Sheet
    from gimp_plugin.image.regions import Regions
    from nst_core.shared.errors import NeuralStyleError
    from nst_core.shared.settings import Value

Forget = Callable[[], None]
Later = Callable[[float, Callable[[], None]], Forget]
"""Has a function called after so many seconds; what it returns takes that back."""


class Phase(enum.Enum):
    """What the dialog is doing."""

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
class Wish:
    """What the artist wants: the styles, the settings, what to call the result and how it shall come into the image.

    regions: where each style counts, and the strength. layers: what the host calls those styles that are layers, empty
    for others. as_seen: whether the layers' effects are painted too.
    """

    styles: tuple[StyleFile | StylePixels, ...]
    settings: Mapping[str, Value]
    title: str
    regions: Regions
    layers: tuple[str, ...]
    output: str = "layer"
    as_seen: bool = True


@dataclass(frozen=True)
class Status:
    """How far a run is: layer `number` of `count`, from 1, and what the engine said of it last."""

    number: int
    count: int
    progress: Progress | None = None

    @property
    def fraction(self) -> float:
        """Of the whole run, 0 to 1."""
        return (self.number - 1 + (self.progress.fraction if self.progress else 0.0)) / self.count


class Work(Protocol):
    """What there is to paint, and where the pictures go."""

    count: int

    def wish(self) -> Wish:
        """What the artist has set. Raises NeuralStyleError."""

    def preview(self) -> Stylize:
        """What the preview shall paint, and variations with other settings. Raises NeuralStyleError."""

    def finer(self) -> Stylize | None:
        """What is seen of the preview, to be painted finer; None where nothing is finer. Raises NeuralStyleError."""

    def request(self, number: int, wish: Wish) -> Stylize:
        """What to paint for a layer, from 0. Raises LayerGoneError."""

    def finish(self, number: int, done: Done, wish: Wish) -> None:
        """The picture of a layer, from 0, is finished: it must not be lost any more."""

    def leave_out(self, number: int, error: NeuralStyleError) -> None:
        """A layer, from 0, cannot be painted; it is named when the others are kept."""

    def snapshot(self, number: int, done: Done, wish: Wish) -> Snapshot:
        """The picture of a layer, from 0, as it is looked at later."""

    def keep(self, done: Mapping[int, Done], wish: Wish) -> None:
        """Put the pictures into the image. Raises NeuralStyleError."""

    def forget(self) -> None:
        """Nobody wants what was finished."""


class Screen(Protocol):
    """Where the artist sees it."""

    def show_phase(self, phase: Phase) -> None:
        """Offer what can be done now."""

    def show_waiting(self, note: str) -> None:
        """A new preview is on its way."""

    def show_preview(self, pixels: Pixels, note: str, *, done: bool) -> None:
        """The preview, or what is seen of it, as far as it is. done: the last picture of it."""

    def show_no_preview(self, error: NeuralStyleError) -> None:
        """There can be no preview."""

    def show_sheet(self, sheet: Sheet, content: Pixels, note: str) -> None:
        """Variations of `content` are on their way."""

    def show_variant(self, number: int, pixels: Pixels, note: str) -> None:
        """A variation, from 0, as far as it is."""

    def show_no_variants(self, error: NeuralStyleError) -> None:
        """There can be no more variations."""

    def show_status(self, status: Status) -> None:
        """How far the run is."""

    def show_painting(self, number: int, pixels: Pixels) -> None:
        """The picture of a layer, from 0, so far."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A painting is finished, or was stopped."""

    def show_error(self, error: NeuralStyleError | None) -> None:
        """Why the run ended; None: all is well."""

    def ask_to_keep(self, count: int) -> bool | None:
        """Whether to keep so many finished paintings, which would be lost; None: go on with the dialog."""

    def leave(self) -> None:
        """Close the window."""


class Engine(Protocol):
    """The part of a Session that is used here."""

    def submit(self, request: Stylize, listener: Callable[[Event], None]) -> None:
        """Paint; what came before is dropped."""

    def stop(self) -> None:
        """Keep what exists."""

    def cancel(self) -> None:
        """Keep nothing."""
