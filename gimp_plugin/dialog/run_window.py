"""A small window for a run without the large one: progress, *Stop and keep*, *Cancel*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.dialog.outside_progress import notify_finished, title_with_progress
from gimp_plugin.dialog.running import Running
from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, GimpUi, Gtk
from gimp_plugin.translation import _
from nst_core.shared.client.pending_jobs import LatestEvents
from nst_core.shared.errors import CancelledError
from nst_core.shared.wire.messages import Cancelled, Done, Event, Failed, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.libgimp import Gimp
    from nst_core.shared.client.engine import Engine
    from nst_core.shared.wire.messages import Stylize

WIDTH, SPACE = 640, 12  # px


def has_screen() -> bool:
    """Whether windows can be shown."""
    return Gdk.Display.get_default() is not None


class RunWindow(Gtk.Window):  # type: ignore[misc] # gi ships no types
    """Shown during a run. GIMP's own window keeps the keyboard focus."""

    def __init__(self, count: int) -> None:
        """count: number of layers."""
        GimpUi.init("neural-style")
        super().__init__(title=_("Neural Style"), border_width=SPACE, width_request=WIDTH, focus_on_map=False)
        self._count, self._number = count, 0
        self.stopped = False
        """Whether to keep the results so far, and to start no more layers."""
        self._engine: Engine | None = None
        self._events = LatestEvents()
        self._on_progress: Callable[[Progress], None] = lambda _event: None
        self._ending: Event | None = None
        self._running = Running()
        self._running.connect_buttons(stop=self._stop, cancel=self._cancel)
        self._running.show_phase(Phase.RUNNING)
        self.add(self._running)
        self.connect("delete-event", self._closed)
        self.connect("key-press-event", self._key)
        self.show()

    def stylize(self, engine: Engine, request: Stylize, number: int, on_progress: Callable[[Progress], None]) -> Done:
        """Paint a layer, the number-th from 0. Raises as Engine.stylize."""
        self._number, self._engine, self._on_progress = number, engine, on_progress
        self._ending, self._events = None, LatestEvents()
        self._show(Status(number + 1, self._count))
        engine.begin(request, self._on_event)
        Gtk.main()
        self._engine = None
        match self._ending:
            case Done() as done:
                return done
            case Failed() as failed:
                raise failed.error
        raise CancelledError("the job was cancelled")

    def finish(self, new: Sequence[Gimp.Layer]) -> None:
        """The run has ended with these new layers."""
        notify_finished(self, _("Neural Style"), new)
        self.destroy()

    def _on_event(self, event: Event) -> None:
        """In the thread that reads the wire."""
        if self._events.put(event):
            GLib.idle_add(self._deliver)

    def _deliver(self) -> bool:
        event = self._events.get()
        if isinstance(event, Progress):
            self._on_progress(event)
            if not self.stopped:
                self._show(Status(self._number + 1, self._count, event))
        elif isinstance(event, (Done, Cancelled, Failed)):
            self._ending = event
            Gtk.main_quit()
        return bool(GLib.SOURCE_REMOVE)

    def _show(self, status: Status) -> None:
        self._running.show_status(status)
        self.set_title(title_with_progress(status, _("Neural Style")))

    def _stop(self) -> None:
        self.stopped = True
        self._running.show_phase(Phase.STOPPING)
        if self._engine is not None:
            self._engine.stop()

    def _cancel(self) -> None:
        if self._engine is not None:
            self._engine.cancel()

    def _closed(self, *_event: object) -> bool:
        self._cancel()
        return True

    def _key(self, _window: Gtk.Window, event: Gdk.EventKey) -> bool:
        if event.keyval == Gdk.KEY_Escape:
            self._cancel()
        return bool(event.keyval == Gdk.KEY_Escape)
