"""An engine on another machine through ssh, or outside the sandbox that GIMP runs in.

The wire is the same; the command, the environment and the reasons of failures differ. Only pure functions on strings.
"""

from __future__ import annotations

import shlex
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

from nst_core.shared.errors import EngineMissingError, EngineUnreachableError, NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLATPAK_SPAWN = ("flatpak-spawn", "--host", "--watch-bus", "--directory=/")
"""Starts a program outside a Flatpak, in a folder that exists there, and ends it when the caller ends."""
FLATPAK_TALK = "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP"

_QUIET = ("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15")
"""Options that make ssh fail instead of waiting: for a password on a hidden terminal, or for a lost connection."""
_SSH_FAILED = 255  # ssh's own exit code; any other is the far program's
_COMMAND_NOT_FOUND = 127  # exit code of a shell
_OPTIONS_WITH_VALUE = "BbcDEeFIiJLlmOopQRSWw"  # letters of ssh's options
_SSH_MESSAGES = {
    "Host key verification failed": "host-key-unknown",
    "HOST IDENTIFICATION HAS CHANGED": "host-key-unknown",
    "Permission denied": "host-refuses",
    "Too many authentication failures": "host-refuses",
    "Could not resolve": "host-unreachable",
    "Connection refused": "host-unreachable",
    "timed out": "host-unreachable",
    "No route to host": "host-unreachable",
    "Network is unreachable": "host-unreachable",
}
"""The code of the sentence for each of ssh's messages, by a part of it."""


def parse(text: str) -> list[str]:
    """The words of a command that a user typed; it is run without a shell. Raises EngineMissingError.

    To `ssh` without these options, _QUIET is added.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise EngineMissingError.of("command-unreadable", text=repr(text), reason=str(error)) from None
    if not words:
        raise EngineMissingError.of("command-empty")
    at = _ssh_at(words)
    if at is None:
        return words
    lowered = " ".join(words).lower()
    options = [option for option in _QUIET if option.partition("=")[0].lower() not in lowered]
    return [*words[: at + 1], "-T", *(word for option in options for word in ("-o", option)), *words[at + 1 :]]


def outside_sandbox(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The command to start from this process: inside a Flatpak, through the session of the host system."""
    if "FLATPAK_ID" in environment and command and not _is_flatpak_spawn(command[0]):
        return [*FLATPAK_SPAWN, *command]
    return list(command)


def sandbox_error(environment: Mapping[str, str], error: NeuralStyleError) -> NeuralStyleError:
    """The error to show: inside a Snap, another one, because programs outside cannot be started from it."""
    if isinstance(error, EngineMissingError) and environment.get("SNAP_NAME") == "gimp":
        return EngineUnreachableError.of("inside-snap", reason=error.message)
    return error


def host_of(command: Sequence[str]) -> str | None:
    """The machine that an ssh command connects to; None for a command without ssh."""
    at = _ssh_at(command)
    if at is None:
        return None
    words = iter(command[at + 1 :])
    for word in words:
        if not word.startswith("-"):
            return word
        if len(word) == 2 and word[1] in _OPTIONS_WITH_VALUE:
            next(words, None)
    return None


def connection_error(command: Sequence[str], code: int, stderr: str) -> NeuralStyleError | None:
    """The error if the connection caused this exit code and this text on standard error; None if it did not."""
    lines = [line.strip() for line in stderr.strip().splitlines() if line.strip()]
    last = lines[-1][:200] if lines else "it said nothing"
    if command and _is_flatpak_spawn(command[0]) and "Portal call failed" in stderr:
        return EngineUnreachableError.of("inside-flatpak", command=FLATPAK_TALK)
    host = host_of(command)
    if host is None:
        return None
    if code == _COMMAND_NOT_FOUND:
        return EngineUnreachableError.of("no-engine-on-host", host=host, said=last)
    if code != _SSH_FAILED:
        return None
    sentence = next((code for part, code in _SSH_MESSAGES.items() if part in stderr), "connection-lost")
    return EngineUnreachableError.of(sentence, host=host, said=last)


def _ssh_at(command: Sequence[str]) -> int | None:
    """The index of the word ssh in a command: 0, or after FLATPAK_SPAWN."""
    for place, word in enumerate(command):
        if _name(word) == "ssh":
            return place
        if not _is_flatpak_spawn(word) and not word.startswith("--"):
            return None
    return None


def _is_flatpak_spawn(word: str) -> bool:
    return _name(word) == _name(FLATPAK_SPAWN[0])


def _name(word: str) -> str:
    path = PureWindowsPath(word)  # which takes both slashes
    return path.stem if path.suffix.lower() == ".exe" else path.name
