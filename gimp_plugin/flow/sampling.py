"""Paints a sheet of variations: first all of them roughly, then each one finely. Continues where it was interrupted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.flow.variations import Kind, Sheet, plan
from gimp_plugin.translation import _
from nst_core.shared.wire.messages import Done, Event, Failed, Preview, Stylize

if TYPE_CHECKING:
    from gimp_plugin.flow.roles import Engine, Screen
    from nst_core.shared.wire.messages import Pixels


class Sampling:
    """The sheet that is being painted, and what is left to paint."""

    def __init__(self, engine: Engine, screen: Screen) -> None:
        self._engine = engine
        self._screen = screen
        self._wanted: tuple[Stylize, Kind] | None = None
        self._sheet: Sheet | None = None
        self._rough: list[int] = []  # variations without any picture yet
        self._left: list[int] = []
        self._running: Stylize | None = None

    def paint(self, request: Stylize, kind: Kind, now: Pixels | None = None) -> None:
        """Paint a sheet around a request; if it is the same as before, continue. now: the picture of that request."""
        if (request, kind) != self._wanted:
            self._wanted, self._running = (request, kind), None
            self._sheet = plan(kind, request.settings)
            self._rough, self._left = list(self._sheet.order), list(self._sheet.order)
            self._screen.show_sheet(self._sheet, request.content, self._note())
            if now is not None:
                self._rough.remove(self._sheet.now)
                self._left.remove(self._sheet.now)
                self._screen.show_variant(self._sheet.now, now, self._note())
        if self._running is None:
            self._next()

    def end(self) -> None:
        """Ignore further events."""
        self._running = None

    def _next(self) -> None:
        if not self._left or self._wanted is None or self._sheet is None:
            return
        number, (request, _kind) = (self._rough or self._left)[0], self._wanted
        self._running = replace(request, settings={**request.settings, **self._sheet.variants[number]})
        self._engine.submit(self._running, partial(self._hear, self._running, number))

    def _hear(self, request: Stylize, number: int, event: Event) -> None:
        if request is not self._running:
            return
        match event:
            case Preview():
                self._screen.show_variant(number, event.pixels, self._note())
                if number in self._rough:  # the first picture suffices until all variations have one
                    self._rough.remove(number)
                    self._next()
            case Done():
                self._rough = [other for other in self._rough if other != number]
                self._left.remove(number)
                self._running = None
                self._screen.show_variant(number, event.pixels, self._note())
                self._next()
            case Failed():
                self._running = None
                self._screen.show_no_variants(event.error)

    def _note(self) -> str:
        if not self._left or self._sheet is None:
            return _("Choose a variation to take its settings.")
        count = len(self._sheet.variants)
        return _("Painting variation {number} of {count}…").format(number=count + 1 - len(self._left), count=count)
