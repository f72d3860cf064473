"""Installs an engine for the plug-in: a Python environment in the user's data folder.

Nothing is downloaded unless the user asks for it. pip's own settings count (`PIP_*`, proxies, its files), so a mirror
or a folder of wheels can replace the network. This module does not use GIMP.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.translation import _
from gimp_plugin.wording import of_bug
from nst_core import __version__
from nst_core.shared import atomic_files
from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import ENGINE_FILE, PLAIN_PATH, clean_environment, read_engine_file
from nst_core.shared.errors import (
    CancelledError,
    EngineMismatchError,
    EngineMissingError,
    NeuralStyleError,
    UnwritableOutputError,
)
from nst_core.shared.file_lock import temporary_lock
from nst_core.shared.presets.lookup import user_root
from nst_core.shared.wire.protocol import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PACKAGE = "gimp-neural-style[cpu]"
BY_HAND = (
    r'py -m venv "%USERPROFILE%\neural-style" && cd /d "%USERPROFILE%\neural-style\Scripts" && '
    "pip install gimp-neural-style[cpu] && neural-style install"
    if sys.platform == "win32"
    else "python3 -m venv ~/neural-style && ~/neural-style/bin/pip install 'gimp-neural-style[cpu]' && "
    "~/neural-style/bin/neural-style install"
)
"""The commands for the same in a terminal."""
VENV = "sudo apt install python3-venv"
PREFIX = "engine-"  # of the folders of engines
LOCK = ".engine-lock"
VERSIONS = ("3.12", "3.13", "3.11", "3.14")  # of Python; most packages have wheels for the first ones
CHECK = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
TIMEOUT_SECONDS = 20.0  # for a Python to check itself
FIRST_START = 120.0  # seconds: everything is read from the disk for the first time
FETCHED = re.compile(r"\s*Downloading (?:\S*/)?([A-Za-z0-9_.]+)-\S+ \(([\d.]+ [kMG]?B)\)")
COLLECTED = re.compile(r"Collecting ([A-Za-z0-9_.-]+)|Processing (?:\S*/)?([A-Za-z0-9_.]+)-")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
SANDBOXES = ("FLATPAK_ID", "SNAP_NAME")
NO_WINDOW = 0x08000000  # no console on Windows


@dataclass(frozen=True)
class InstallOption:
    """How an engine can be installed. python: command of a Python that can make environments; empty: there is none.

    by_hand: what to type in a terminal instead, or before.
    """

    python: tuple[str, ...]
    by_hand: str


def is_repairable(error: NeuralStyleError) -> bool:
    """Whether a new engine would remove the cause of this error."""
    return isinstance(error, (EngineMissingError, EngineMismatchError))


def install_option(plug_in: Path, environment: Mapping[str, str]) -> InstallOption:
    """How the plug-in in this folder gets an engine. Not by itself if the user chose one, or in a sandbox."""
    if any(name in environment for name in SANDBOXES) or _was_chosen(plug_in):
        return InstallOption((), BY_HAND)
    python = find_python(environment)
    return InstallOption(python, BY_HAND if python or shutil.which("apt") is None else VENV)


def find_python(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command of a Python that is new enough and can make environments; empty without one."""
    for command in _pythons(environment):
        with suppress(OSError, subprocess.TimeoutExpired):
            if _run([*command, "-I", "-c", CHECK], environment).returncode == 0:
                return tuple(command)
    return ()


class Installation:
    """Makes the environment, in a thread of its own.

    on_progress: called with a sentence on what is being done. on_end: called with an error, or None after a success.
    Both are called in that thread.
    """

    def __init__(
        self,
        plug_in: Path,
        environment: Mapping[str, str],
        on_progress: Callable[[str], None],
        on_end: Callable[[NeuralStyleError | None], None],
    ) -> None:
        """plug_in: its folder, which contains engine.json."""
        self._plug_in, self._environment = plug_in, dict(environment)
        self._on_progress, self._on_end = on_progress, on_end
        self._lock = threading.Lock()  # guards the two below
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False

    def start(self, python: Sequence[str]) -> None:
        """Begin, with a Python of `find_python`. Raises RuntimeError if no thread can be started."""
        threading.Thread(target=self._work, args=(list(python),), name="installation", daemon=True).start()

    def cancel(self) -> None:
        """End it; what was made is deleted."""
        with self._lock:
            self._cancelled = True
            if self._child:
                self._child.kill()

    def _work(self, python: list[str]) -> None:
        try:
            self.run(python)
        except NeuralStyleError as error:
            self._on_end(error)
        except OSError as error:
            self._on_end(_unwritable(error))
        except Exception as bug:  # noqa: BLE001 - `on_end` must be called in any case
            self._on_end(NeuralStyleError(*of_bug(bug)))
        else:
            self._on_end(None)

    def run(self, python: Sequence[str]) -> None:
        """Install and wait for the end. Raises NeuralStyleError, also CancelledError, and OSError."""
        base = user_root(self._environment).parent
        base.mkdir(parents=True, exist_ok=True)
        with temporary_lock(base / LOCK, 0.0):
            target = base / f"{PREFIX}{uuid.uuid4().hex[:8]}"
            target.mkdir(0o700)  # whatever the umask
            try:
                command = self._build(python, target)
                self._write_engine_file(command)
            except BaseException:
                atomic_files.remove(target)
                raise
            for other in set(base.glob(f"{PREFIX}*")) - {target}:
                atomic_files.remove(other)

    def _build(self, python: Sequence[str], target: Path) -> list[str]:
        self._on_progress(_("Making room for the engine…"))
        self._call([*python, "-I", "-m", "venv", str(target)])
        own = target / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
        self._on_progress(_("Asking for the engine…"))
        self._call([str(own), "-I", "-m", "pip", "install", *quiet, f"{PACKAGE}=={__version__}"])
        command = [str(own), "-I", "-u", "-m", "nst_core.worker"]
        self._on_progress(_("Starting the engine for the first time…"))
        Engine.start(command, self._environment, FIRST_START).close()
        return command

    def _call(self, command: Sequence[str]) -> None:
        """Run a program and report what it does."""
        output: list[str] = []
        with _start(command, self._environment) as child:
            with self._lock:
                self._child = child
                if self._cancelled:
                    child.kill()
            for line in child.stdout or ():
                output.append(line.strip())
                if doing := _pip_action(line):
                    self._on_progress(doing)
            child.wait()
        with self._lock:
            self._child = None
            if self._cancelled:
                raise CancelledError(_("the installation was cancelled"))
        if child.returncode:
            wrong = [line for line in output if line.startswith("ERROR")] or output[-1:]
            reason = wrong[-1].removeprefix("ERROR: ")[:200] if wrong else str(child.returncode)
            raise EngineMissingError(
                _("the engine could not be installed ({reason})").format(reason=reason),
                _("see to the network, or type the line below in a terminal"),
            )

    def _write_engine_file(self, command: list[str]) -> None:
        entry = {"protocol": PROTOCOL, "version": __version__, "command": command}
        try:
            atomic_files.replace_file(self._plug_in / ENGINE_FILE, (json.dumps(entry, indent=2) + "\n").encode())
        except OSError as error:
            raise _unwritable(error) from error


def _unwritable(error: OSError) -> UnwritableOutputError:
    return UnwritableOutputError(
        _("the engine cannot be put into its folder ({reason})").format(reason=error.strerror or type(error).__name__),
        _("check that you may write there and that the disk is not full"),
    )


def _pip_action(line: str) -> str:
    """What pip is doing, by a line of its output; empty for most lines."""
    if found := FETCHED.match(line):
        return _("Fetching {name}, {size}…").format(name=found[1], size=found[2])
    if found := COLLECTED.match(line):
        return _("Looking for {name}…").format(name=found[1] or found[2])
    if line.startswith("Installing collected packages"):
        return _("Unpacking…")
    return ""


def _was_chosen(plug_in: Path) -> bool:
    """Whether the user chose the engine."""
    try:
        return read_engine_file(plug_in).get("chosen") is True
    except EngineMissingError:
        return False


def _pythons(environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Commands to try, in the order of VERSIONS."""
    if sys.platform == "win32":
        yield from (["py", f"-{version}"] for version in VERSIONS)
        return
    home = environment.get("HOME", "")
    folders = [*PLAIN_PATH.split(":"), *([f"{home}/.local/bin"] if home else [])]
    for name in (*(f"python{version}" for version in VERSIONS), "python3"):
        yield from ([path] for folder in folders if os.access(path := f"{folder}/{name}", os.X_OK))


def _options(environment: Mapping[str, str]) -> dict[str, Any]:
    """Options of a process without input and window, with the environment of an engine and pip's variables."""
    for_pip = {
        name: value for name, value in environment.items() if name.upper().startswith("PIP_") or name.upper() in PROXIES
    }
    return {
        "env": clean_environment(environment) | for_pip,
        "stdin": subprocess.DEVNULL,
        "creationflags": NO_WINDOW if sys.platform == "win32" else 0,
    }


def _run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - a Python of this machine
        list(command),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_SECONDS,
        check=False,
        **_options(environment),
    )


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - the same, and pip in the environment that it made
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **_options(environment),
    )
