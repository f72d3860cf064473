"""The bar for an engine that is missing or too old, with a button that installs one, or a command to copy."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gimp_plugin.checkup import own_engine
from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk, Pango
from gimp_plugin.start import install_option, installation
from gimp_plugin.translation import _
from gimp_plugin.widgets.theme import make_transparent
from gimp_plugin.wording import in_sentences
from nst_core import __version__
from nst_core.shared.client.launch import resource_error
from nst_core.shared.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.checkup.own_engine import InstallOption
    from nst_core.shared.errors import NeuralStyleError

INSTALL, COPY, STOP = 1, 2, 3
PULSE = 0.12  # seconds
SPACE = 6  # px


class EngineBar(Gtk.InfoBar):  # type: ignore[misc] # gi ships no types
    """Hidden until an engine must be installed. on_installed: called when there is a new engine."""

    def __init__(self, on_installed: Callable[[], None]) -> None:
        super().__init__(message_type=Gtk.MessageType.WARNING, no_show_all=True)
        self._on_installed = on_installed
        self._option: InstallOption | None = None
        self._running: own_engine.Installation | None = None
        self._text = _label()
        self._line = _label(selectable=True)
        self._bar = Gtk.ProgressBar(pulse_step=0.05, valign=Gtk.Align.CENTER)
        self._bar.get_accessible().set_name(_("Progress"))
        texts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE, visible=True)
        make_transparent(texts)
        for part in (self._text, self._line, self._bar):
            texts.add(part)
        self.get_content_area().add(texts)
        self._install = self.add_button(_("Install the Engine"), INSTALL)
        self._copy = self.add_button(_("Copy the Line"), COPY)
        self._stop = self.add_button(_("Stop"), STOP)
        self.connect("response", self._answered)
        self.connect("destroy", lambda _bar: self.stop())
        self._offer(None)

    def show_error(self, error: NeuralStyleError) -> bool:
        """Show the bar if a new engine would remove the cause of an error. Returns whether it would."""
        if not own_engine.is_repairable(error):
            return False
        if self._running is None:
            self._show_text(in_sentences(error))
            self._find_option()
        return True

    def show_version(self, version: str) -> None:
        """Show the bar if the engine has another version than the plug-in, otherwise hide it."""
        if self._running is not None:
            return
        if version == __version__:
            self.hide()
            return
        text = _("The engine is of version {engine}, and the filter of version {filter}: they should be the same.")
        self._show_text(text.format(engine=version, filter=__version__))
        self._find_option()

    def stop(self) -> None:
        """Cancel an installation."""
        if self._running is not None:
            self._running.cancel()

    def _find_option(self) -> None:
        """Find out in a thread how an engine can be installed."""
        if self._option is not None:
            self._offer(self._option)
            return

        def work() -> None:
            option = install_option()
            GLib.idle_add(self._found, option)

        try:
            threading.Thread(target=work, name="python", daemon=True).start()
        except (RuntimeError, MemoryError):
            self._offer(own_engine.InstallOption((), own_engine.BY_HAND))

    def _found(self, option: InstallOption) -> bool:
        self._option = option
        if self._running is None:
            self._offer(option)
        return bool(GLib.SOURCE_REMOVE)

    def _offer(self, option: InstallOption | None) -> None:
        """Show what the user can do."""
        self._bar.hide()
        self._stop.hide()
        self._install.set_visible(option is not None and bool(option.python))
        self._copy.set_visible(option is not None)
        self._line.set_visible(option is not None)
        if option is None:
            return
        if option.python:
            about = _("Neural Style can install its engine by itself, into your data folder; it fetches about 100 MB.")
            self._line.set_text(f"{about}\n" + _("Or, in a terminal: {line}").format(line=option.by_hand))
        elif option.by_hand == own_engine.VENV:
            about = _("It needs a Python that can make environments. In a terminal: {line}")
            self._line.set_text(about.format(line=option.by_hand) + "\n" + _("Then open this window again."))
        else:
            self._line.set_text(_("In a terminal: {line}").format(line=option.by_hand))

    def _answered(self, _bar: Gtk.InfoBar, response: int) -> None:
        if response == INSTALL and self._option is not None and self._running is None:
            self._begin(self._option)
        elif response == COPY and self._option is not None:
            clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
            clipboard.set_text(self._option.by_hand, -1)
            clipboard.store()
        elif response == STOP:
            self.stop()

    def _begin(self, option: InstallOption) -> None:
        def in_main_loop(call: Callable[..., object]) -> Callable[..., None]:
            return lambda *arguments: GLib.idle_add(lambda: call(*arguments) and False)

        self._running = installation(in_main_loop(self._show_text), in_main_loop(self._ended))
        for part in (self._install, self._copy, self._line):
            part.hide()
        self._stop.show()
        self._bar.show()
        self._stop.grab_focus()
        GLib.timeout_add(round(1000 * PULSE), self._pulse)
        try:
            self._running.start(option.python)
        except (RuntimeError, MemoryError) as error:
            self._ended(resource_error(error))

    def _pulse(self) -> bool:
        if self._running is not None:
            self._bar.pulse()
        return self._running is not None

    def _ended(self, error: NeuralStyleError | None) -> None:
        self._running = None
        if error is None:
            self.hide()
            self._on_installed()
            return
        self._show_text("" if isinstance(error, CancelledError) else in_sentences(error))
        self._offer(self._option)
        self._install.grab_focus()

    def _show_text(self, text: str) -> None:
        self._text.set_text(text)
        self._text.set_visible(bool(text))
        self.get_accessible().set_name(text or _("Error"))
        self.show()


def _label(*, selectable: bool = False) -> Gtk.Label:
    return Gtk.Label(
        wrap=True, wrap_mode=Pango.WrapMode.WORD_CHAR, xalign=0.0, selectable=selectable, visible=True, can_focus=False
    )
