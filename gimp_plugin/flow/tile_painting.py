"""Painting the gallery's tiles while nothing else is painted or waited for: one after another, never in the way.

A preview or a run takes the engine over, as any newer request does; the tile that it ends is painted later.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from gimp_plugin.flow.roles import Phase
from nst_core.shared.errors import InvalidImageError, NeuralStyleError
from nst_core.shared.wire.messages import Done, Event, Failed, Pixels, Stylize

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.flow.roles import Engine, Forget, Later
    from gimp_plugin.looks.picks import Pick

REST = 0.15  # seconds in which nothing happens, before the first tile and after anything else


class Tiles(Protocol):
    """The gallery, as far as its tiles are painted."""

    def next_to_paint(self) -> Pick | None:
        """The style whose tile is wanted first; None: all are painted, or none is wanted."""

    def tile_request(self, pick: Pick) -> Stylize:
        """What to paint for it. Raises NeuralStyleError."""

    def show_tile(self, pick: Pick, painted: Pixels | None) -> None:
        """What was painted; None: nothing can be painted for it."""


class TilePainting:
    """resting: whether the dialog has nothing to paint, and nothing is about to change."""

    def __init__(self, engine: Engine, tiles: Tiles, resting: Callable[[], bool], later: Later) -> None:
        self._engine = engine
        self._tiles = tiles
        self._resting = resting
        self._later = later
        self._running: Stylize | None = None
        self._forget: Forget | None = None

    def show_phase(self, phase: Phase) -> None:
        """The dialog does something else now."""
        if phase is not Phase.IDLE:
            self._running = None
            self._drop()
        else:
            self.wake()

    def wake(self) -> None:
        """Other tiles may be wanted."""
        if self._running is None and self._forget is None:
            self._forget = self._later(REST, self._next)

    def _next(self) -> None:
        self._drop()
        self._running = None
        pick = self._tiles.next_to_paint()
        if pick is None:
            return
        if not self._resting():
            self.wake()
            return
        try:
            request = self._tiles.tile_request(pick)
        except NeuralStyleError:
            self._tiles.show_tile(pick, None)
            self.wake()
            return
        self._running = request
        self._engine.submit(request, partial(self._hear, request, pick))

    def _hear(self, request: Stylize, pick: Pick, event: Event) -> None:
        if request is not self._running:
            return
        match event:
            case Done():
                self._tiles.show_tile(pick, event.pixels)
                self._next()
            case Failed():
                self._running = None
                # An engine that is missing fails for every tile: the next preview tries it again.
                if isinstance(event.error, InvalidImageError):
                    self._tiles.show_tile(pick, None)
                    self.wake()

    def _drop(self) -> None:
        if self._forget is not None:
            self._forget()
            self._forget = None
