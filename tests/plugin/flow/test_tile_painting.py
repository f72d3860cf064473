"""Painting of the tiles in the gallery: their order, and that a preview need not wait for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dialog_fixtures import SMALL, FakeEngine

from gimp_plugin.flow.roles import Phase
from gimp_plugin.flow.tile_painting import TilePainting
from gimp_plugin.picks import Pick
from nst_core.shared.errors import BrokenPresetError
from nst_core.shared.wire.messages import Done, Failed, Pixels, StyleFile, Stylize

DONE = Done(1, SMALL, {}, {})


@dataclass
class FakeGallery:
    """Tiles by their names; `broken` ones cannot be read."""

    wanted: list[str]
    broken: set[str] = field(default_factory=set)
    shown: dict[str, Pixels | None] = field(default_factory=dict)

    def next_to_paint(self) -> Pick | None:
        return next((Pick("preset", name, name) for name in self.wanted if name not in self.shown), None)

    def tile_request(self, pick: Pick) -> Stylize:
        if pick.key in self.broken:
            raise BrokenPresetError("it is broken", "")
        return Stylize(SMALL, (StyleFile(pick.key.encode()),), sketch=True)

    def show_tile(self, pick: Pick, painted: Pixels | None) -> None:
        self.shown[pick.key] = painted


class FakeDialog:
    """A gallery, an engine and timers under the control of the test."""

    def __init__(self, *wanted: str, broken: frozenset[str] = frozenset()) -> None:
        self.gallery = FakeGallery(list(wanted), set(broken))
        self.engine = FakeEngine()
        self.resting = True
        self.due: list[Callable[[], None]] = []
        self.painting = TilePainting(self.engine, self.gallery, lambda: self.resting, self._later)

    def _later(self, _seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        self.due.append(call)
        return lambda: self.due.remove(call) if call in self.due else None

    def run_timers(self) -> None:
        """Call what waits for a timer."""
        for call in list(self.due):
            if call in self.due:
                self.due.remove(call)
                call()

    @property
    def asked(self) -> list[str]:
        return [bytes(style.encoded).decode() for one in self.engine.asked for style in one.styles]  # type: ignore[union-attr]


def test_tiles_are_painted_one_after_another_until_none_is_left() -> None:
    """As sketches, in the order of the gallery."""
    dialog = FakeDialog("a", "b")
    dialog.painting.show_phase(Phase.IDLE)
    dialog.run_timers()
    assert dialog.asked == ["a"]
    assert dialog.engine.asked[0].sketch
    dialog.engine.hear(DONE)
    dialog.engine.hear(DONE)
    assert dialog.asked == ["a", "b"]
    assert dialog.gallery.shown == {"a": SMALL, "b": SMALL}
    dialog.run_timers()
    assert len(dialog.engine.asked) == 2


def test_no_tile_is_requested_while_a_preview_is_pending() -> None:
    """It is tried again when the window is idle."""
    dialog = FakeDialog("a")
    dialog.resting = False
    dialog.painting.wake()
    dialog.run_timers()
    dialog.run_timers()
    assert dialog.asked == []
    dialog.resting = True
    dialog.run_timers()
    assert dialog.asked == ["a"]


def test_a_preview_interrupts_a_tile_which_is_painted_later() -> None:
    """Late events of the tile are ignored."""
    dialog = FakeDialog("a", "b")
    dialog.painting.show_phase(Phase.IDLE)
    dialog.run_timers()
    old = dialog.engine.hear
    dialog.painting.show_phase(Phase.PREVIEWING)
    old(DONE)
    dialog.run_timers()
    assert dialog.gallery.shown == {}
    assert dialog.asked == ["a"]
    dialog.painting.show_phase(Phase.IDLE)
    dialog.run_timers()
    assert dialog.asked == ["a", "a"]


def test_a_style_that_cannot_be_painted_is_skipped() -> None:
    """If it cannot be read or the engine refuses it; after a crash of the engine no more tiles are painted."""
    dialog = FakeDialog("broken", "refused", "c", broken=frozenset({"broken"}))
    dialog.painting.show_phase(Phase.IDLE)
    dialog.run_timers()
    dialog.run_timers()
    dialog.engine.hear(Failed(1, "invalid-image", "no picture"))
    dialog.run_timers()
    assert dialog.gallery.shown == {"broken": None, "refused": None}
    assert dialog.asked == ["refused", "c"]
    dialog.engine.hear(Failed(1, "engine-missing", "gone"))
    dialog.run_timers()
    assert dialog.asked == ["refused", "c"]
