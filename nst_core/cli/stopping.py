"""Requests to stop and keep the result: Ctrl-C, SIGTERM, a closed terminal. A second one ends the program."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from nst_core.cli.options import print_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from nst_core.painting.run import Run

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # as far as the system has them
GRACE = 60.0
"""Longest delay of the end of the program when Windows closes the console, seconds; its own limit is shorter."""
_CLOSING = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT


def stop_all(runs: Sequence[Run]) -> None:
    """Stop all runs that are in the list when this is called."""
    for run in runs:
        run.stop()


@contextlib.contextmanager
def stopping(stop: Callable[[], object], sentence: str) -> Iterator[list[int]]:
    """At the first request to stop, print the sentence and call `stop`. Yields a list that is empty until then.

    Signals that are ignored already, as SIGHUP under nohup, stay ignored.
    """
    asked: list[int] = []
    before: dict[int, Any] = {}

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        # The next one must work even inside a long call of a library: restore the system's handler.
        with contextlib.suppress(ValueError):  # Windows closes its console in a thread of its own
            for each in before:
                signal.signal(each, signal.SIG_DFL)
        stop()
        print_message(sentence)

    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    for number in numbers:
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, ask)
    try:
        with _console_close(lambda: ask(0, None)):
            yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _console_close(ask: Callable[[], None]) -> Iterator[None]:
    """On Windows: when the console is closed, call `ask`, and delay the end until the result is written."""
    if sys.platform != "win32":
        yield
        return
    over = threading.Event()

    def closed(event: int) -> bool:
        if event not in _CLOSING:
            return False
        ask()
        over.wait(GRACE)
        return True

    handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(closed)
    ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 1)
    try:
        yield
    finally:
        over.set()
        ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 0)
