"""Asking a program that may hang, and whose children must not outlive the question."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def answer_of(command: Sequence[str], seconds: float) -> str:
    """All that a program says, standard error included; empty if it cannot be started.

    Raises subprocess.TimeoutExpired; the program and what it started are ended then.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - a GIMP that was found, or that a person named
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        return ""
    with child:
        try:
            said, _ = child.communicate(timeout=seconds)
        finally:
            if child.poll() is None:
                _end(child)
    return said.decode(errors="replace")


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
