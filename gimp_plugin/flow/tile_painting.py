"""Paints the gallery's tiles, one after another, while nothing else is being painted.

A preview or a run ends the request of a tile, as any newer request does; that tile is painted again later.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from gimp_plugin.flow.roles import Phase
from nst_core.shared.errors import InvalidImageError, NeuralStyleError
from nst_core.shared.wire.messages import Done, Event, Failed, Pixels, Stylize

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.flow.roles import CancelTimer, Engine, Later
    from gimp_plugin.picks import Pick

REST = 0.15  # idle seconds before the first tile and after anything else


class Tiles(Protocol):
    """The part of the gallery that is used here."""

    def next_to_paint(self) -> Pick | None:
        """The style whose tile comes next; None: there is none left."""

    def tile_request(self, pick: Pick) -> Stylize:
        """The request for a tile. Raises NeuralStyleError."""

    def show_tile(self, pick: Pick, painted: Pixels | None) -> None:
        """Show the picture of a tile; None: it cannot be painted."""


class TilePainting:
    """Paints tiles. resting: returns whether the dialog paints nothing and is not about to."""

    def __init__(self, engine: Engine, tiles: Tiles, resting: Callable[[], bool], later: Later) -> None:
        self._engine = engine
        self._tiles = tiles
        self._resting = resting
        self._later = later
        self._running: Stylize | None = None
        self._cancel_timer: CancelTimer | None = None

    def show_phase(self, phase: Phase) -> None:
        """The state of the dialog has changed."""
        if phase is not Phase.IDLE:
            self._running = None
            self._drop()
        else:
            self.wake()

    def wake(self) -> None:
        """Look for tiles to paint."""
        if self._running is None and self._cancel_timer is None:
            self._cancel_timer = self._later(REST, self._next)

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
        self._engine.submit(request, partial(self._on_event, request, pick))

    def _on_event(self, request: Stylize, pick: Pick, event: Event) -> None:
        if request is not self._running:
            return
        match event:
            case Done():
                self._tiles.show_tile(pick, event.pixels)
                self._next()
            case Failed():
                self._running = None
                # A missing engine would fail for every tile; the next preview tries to start it again.
                if isinstance(event.error, InvalidImageError):
                    self._tiles.show_tile(pick, None)
                    self.wake()

    def _drop(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None
