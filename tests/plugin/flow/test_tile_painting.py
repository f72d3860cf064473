"""Painting the gallery's tiles beside everything else: the order, and that nothing waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dialog_fixtures import SMALL, FakeEngine

from gimp_plugin.flow.roles import Phase
from gimp_plugin.flow.tile_painting import TilePainting
from gimp_plugin.looks.picks import Pick
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


class Sitting:
    """A gallery, an engine, and a clock that the test winds."""

    def __init__(self, *wanted: str, broken: frozenset[str] = frozenset()) -> None:
        self.gallery = FakeGallery(list(wanted), set(broken))
        self.engine = FakeEngine()
        self.resting = True
        self.due: list[Callable[[], None]] = []
        self.painting = TilePainting(self.engine, self.gallery, lambda: self.resting, self._later)

    def _later(self, _seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        self.due.append(call)
        return lambda: self.due.remove(call) if call in self.due else None

    def wind(self) -> None:
        """What was to be called later is called."""
        for call in list(self.due):
            if call in self.due:
                self.due.remove(call)
                call()

    @property
    def asked(self) -> list[str]:
        return [bytes(style.encoded).decode() for one in self.engine.asked for style in one.styles]  # type: ignore[union-attr]


def test_tiles_are_painted_one_after_another_until_none_is_left() -> None:
    """As sketches, in the order of the gallery."""
    sitting = Sitting("a", "b")
    sitting.painting.show_phase(Phase.IDLE)
    sitting.wind()
    assert sitting.asked == ["a"]
    assert sitting.engine.asked[0].sketch
    sitting.engine.hear(DONE)
    sitting.engine.hear(DONE)
    assert sitting.asked == ["a", "b"]
    assert sitting.gallery.shown == {"a": SMALL, "b": SMALL}
    sitting.wind()
    assert len(sitting.engine.asked) == 2


def test_no_tile_is_requested_while_a_preview_is_pending() -> None:
    """It is tried again when the window is idle."""
    sitting = Sitting("a")
    sitting.resting = False
    sitting.painting.wake()
    sitting.wind()
    sitting.wind()
    assert sitting.asked == []
    sitting.resting = True
    sitting.wind()
    assert sitting.asked == ["a"]


def test_a_preview_interrupts_a_tile_which_is_painted_later() -> None:
    """Late events of the tile are ignored."""
    sitting = Sitting("a", "b")
    sitting.painting.show_phase(Phase.IDLE)
    sitting.wind()
    old = sitting.engine.hear
    sitting.painting.show_phase(Phase.PREVIEWING)
    old(DONE)
    sitting.wind()
    assert sitting.gallery.shown == {}
    assert sitting.asked == ["a"]
    sitting.painting.show_phase(Phase.IDLE)
    sitting.wind()
    assert sitting.asked == ["a", "a"]


def test_a_style_that_cannot_be_painted_is_skipped() -> None:
    """If it cannot be read or the engine refuses it; after a crash of the engine no more tiles are painted."""
    sitting = Sitting("broken", "refused", "c", broken=frozenset({"broken"}))
    sitting.painting.show_phase(Phase.IDLE)
    sitting.wind()
    sitting.wind()
    sitting.engine.hear(Failed(1, "invalid-image", "no picture"))
    sitting.wind()
    assert sitting.gallery.shown == {"broken": None, "refused": None}
    assert sitting.asked == ["refused", "c"]
    sitting.engine.hear(Failed(1, "engine-missing", "gone"))
    sitting.wind()
    assert sitting.asked == ["refused", "c"]
