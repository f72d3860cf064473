"""Progress of a run outside the window: in its title, in GIMP's progress bar, and as a notification at the end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.libgimp import Gimp
from gimp_plugin.libgtk import Gdk, GimpUi
from gimp_plugin.notification import notify
from gimp_plugin.translation import _, ngettext
from gimp_plugin.wording import duration, in_sentences, of_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.libgtk import Gtk
    from nst_core.shared.errors import NeuralStyleError

BAR_SECONDS = 0.25  # between movements of GIMP's bar


def title_with_progress(status: Status, title: str) -> str:
    """The title of a window during a run."""
    progress = status.progress
    text = f"{status.fraction:.0%}"  # for several layers: the engine estimates the time of the current one only
    if progress is not None and status.number == status.count:
        text = _("{time} left").format(time=duration(progress.seconds_left))
    return f"{text[:1].upper()}{text[1:]} · {title}"


def notify_finished(window: Gtk.Window, title: str, new: Sequence[Gimp.Layer]) -> None:
    """Show a notification of finished paintings, if there are any and another window has the focus."""
    if not new or window.is_active():
        return
    names = [layer.get_name() for layer in new if layer.is_valid()]
    text = ngettext("{count} painting is finished.", "{count} paintings are finished.", len(new))
    one = _("{layer} is finished.").format(layer=names[0]) if len(names) == 1 else text.format(count=len(new))
    notify(title, one)


class OutsideProgress:
    """Progress outside one window. made: the new layers of the run."""

    def __init__(self, window: Gtk.Window, made: Callable[[], Sequence[Gimp.Layer]]) -> None:
        self._window = window
        self._made = made
        self._title = window.get_title()
        self._busy = False
        self._before = 0
        self._next = 0.0
        window.set_type_hint(Gdk.WindowTypeHint.NORMAL)  # dialogs have no button to minimise

    def show_phase(self, phase: Phase) -> None:
        """A run begins or ends."""
        if phase.busy == self._busy:
            return
        self._busy = phase.busy
        if phase.busy:
            self._before, self._next = len(self._made()), 0.0
            Gimp.progress_init(self._title)
            self._detach()
        else:
            Gimp.progress_end()
            self._window.set_title(self._title)
            if phase is not Phase.CLOSED:
                GimpUi.window_set_transient(self._window)
            notify_finished(self._window, self._title, self._made()[self._before :])

    def show_status(self, status: Status) -> None:
        """Show the progress of the run."""
        if not self._busy:
            return
        self._window.set_title(title_with_progress(status, self._title))
        now = time.monotonic()
        if now >= self._next:
            self._next = now + BAR_SECONDS
            Gimp.progress_set_text(f"{self._title}: {of_status(status)}")
            Gimp.progress_update(status.fraction)

    def show_error(self, error: NeuralStyleError | None) -> None:
        """The run has ended, with this error or without."""
        if error is not None and not self._window.is_active():
            notify(self._title, in_sentences(error))

    def _detach(self) -> None:
        """Do not stay above GIMP's window any more, so that the user can work there and minimise this one."""
        there = self._window.get_window()
        with contextlib.suppress(AttributeError, TypeError):  # only X11 has such properties
            if there is not None and "X11" in type(there).__name__:
                Gdk.property_delete(there, Gdk.Atom.intern("WM_TRANSIENT_FOR", only_if_exists=False))
