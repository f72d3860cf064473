"""Paints a sheet of variations: first all of them roughly, then each one finely, then as large as its cell.

Continues where it was interrupted.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.flow.variations import Kind, Sheet, plan
from gimp_plugin.translation import _
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.wire.messages import Done, Event, Failed, Preview, Stylize

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.flow.roles import Engine, Screen
    from nst_core.shared.wire.messages import Pixels


class SheetPainting:
    """The sheet that is being painted, and what is left to paint."""

    def __init__(self, engine: Engine, screen: Screen, larger: Callable[[Pixels], Stylize | None]) -> None:
        """larger: as `Work.larger`."""
        self._engine = engine
        self._screen = screen
        self._larger = larger
        self._wanted: tuple[Stylize, Kind] | None = None
        self._sheet: Sheet | None = None
        self._unpainted: list[int] = []  # variations without any picture yet
        self._remaining: list[int] = []
        self._small: dict[int, Pixels] = {}  # finished pictures that are smaller than they are shown
        self._running: Stylize | None = None

    def paint(self, request: Stylize, kind: Kind, now: Pixels | None = None) -> None:
        """Paint a sheet around a request; if it is the same as before, continue. now: the picture of that request."""
        if (request, kind) != self._wanted:
            self._wanted, self._running = (request, kind), None
            self._sheet = plan(kind, request.settings)
            self._unpainted, self._remaining = list(self._sheet.order), list(self._sheet.order)
            self._small = {}
            self._screen.show_sheet(self._sheet, request.content, self._note())
            if now is not None:
                self._unpainted.remove(self._sheet.now)
                self._remaining.remove(self._sheet.now)
                self._small[self._sheet.now] = now
                self._screen.show_variant(self._sheet.now, now, self._note())
        if self._running is None:
            self._next()

    def end(self) -> None:
        """Ignore further events."""
        self._running = None

    def _next(self) -> None:
        if self._wanted is None or self._sheet is None:
            return
        if self._remaining:
            number, request = (self._unpainted or self._remaining)[0], self._wanted[0]
            self._submit(number, request, self._on_event)
            return
        for number in [number for number in self._sheet.order if number in self._small]:
            try:
                larger = self._larger(self._small.pop(number))
            except NeuralStyleError:  # the layer is gone: what is painted stays
                larger = None
            if larger is not None:
                self._submit(number, larger, self._on_larger)
                return

    def _submit(self, number: int, request: Stylize, listener: Callable[[Stylize, int, Event], None]) -> None:
        assert self._sheet is not None
        self._running = replace(request, settings={**request.settings, **self._sheet.variants[number]})
        self._engine.submit(self._running, partial(listener, self._running, number))

    def _on_event(self, request: Stylize, number: int, event: Event) -> None:
        if request is not self._running:
            return
        match event:
            case Preview():
                self._screen.show_variant(number, event.pixels, self._note())
                if number in self._unpainted:  # the first picture suffices until all variations have one
                    self._unpainted.remove(number)
                    self._next()
            case Done():
                self._unpainted = [other for other in self._unpainted if other != number]
                self._remaining.remove(number)
                self._small[number] = event.pixels
                self._running = None
                self._screen.show_variant(number, event.pixels, self._note())
                self._next()
            case Failed():
                self._running = None
                self._screen.show_no_variants(event.error)

    def _on_larger(self, request: Stylize, number: int, event: Event) -> None:
        """Only a finished one is better than what is seen. One that fails stays as it is."""
        if request is self._running and isinstance(event, (Done, Failed)):
            self._running = None
            if isinstance(event, Done):
                self._screen.show_variant(number, event.pixels, self._note())
            self._next()

    def _note(self) -> str:
        if not self._remaining or self._sheet is None:
            return _("Choose a variation to take its settings.")
        count = len(self._sheet.variants)
        return _("Painting variation {number} of {count}…").format(number=count + 1 - len(self._remaining), count=count)
