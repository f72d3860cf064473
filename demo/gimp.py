"""Finds a GIMP 3: that of the machine, or a private one. Standard library only."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo import private_gimp
from demo.private_gimp import GimpUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Gimp", "GimpUnavailableError", "find_or_fetch"]

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".cache" / "gimp"
WAIT_SECONDS = 60.0  # seconds for a GIMP to print its version
CONSOLES = ("gimp-console-3.2", "gimp-console-3.0", "gimp-console-3", "gimp-console")


@dataclass(frozen=True)
class Gimp:
    """A GIMP 3. root: of the private Debian that contains it; None for that of the machine."""

    console: str
    version: str
    root: Path | None = None

    def command(self, arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The command that runs a program where this GIMP is, with this environment."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        if self.root is None:
            kill_with_parent = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
            return [*kill_with_parent, "env", *variables, *arguments]
        shared = [Path(tempfile.gettempdir()), REPOSITORY]
        clean = ["env", "-i", private_gimp.PATH, "LANG=C.UTF-8", *variables]
        return private_gimp.enter(self.root, [*clean, *arguments], shared)

    def outside(self, arguments: Sequence[str]) -> list[str]:
        """The command that starts a program of the machine from inside this GIMP."""
        chroot = [] if self.root is None else ["/usr/sbin/chroot", private_gimp.HOST]
        return [*chroot, *arguments]

    def run_batch(
        self,
        script: Path,
        profile: Path,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        timeout: float = 600.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python `script` inside GIMP, without a window; as `run` does.

        A script that raises an exception gives a return code that is not 0.
        """
        return self.run(
            [self.console, "-i", "-d", "-f", *script_options(script)], profile, environment, on_line, timeout
        )

    def run(
        self,
        arguments: Sequence[str],
        profile: Path,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        timeout: float = 600.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program where this GIMP is, with this profile; `on_line` gets its output line by line.

        stdout of the result contains standard error too. Raises subprocess.TimeoutExpired after `timeout` seconds.
        """
        command = self.command(arguments, {**_isolated(profile), **(environment or {})})
        with _started(command) as process:
            clock = threading.Timer(timeout, process.kill)
            clock.start()
            lines = []
            for line in process.stdout or ():
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip("\n"))
            process.wait()
            if not clock.is_alive():
                raise subprocess.TimeoutExpired(command, timeout, output="".join(lines))
            clock.cancel()
        return subprocess.CompletedProcess(command, process.returncode, "".join(lines))


def script_options(script: Path) -> list[str]:
    """The options with which GIMP runs a Python script and then ends."""
    code = f"import runpy; runpy.run_path({str(script.resolve())!r}, run_name='__main__')"
    return ["--quit", "--batch-interpreter", "python-fu-eval", "-b", code]


def find_or_fetch(cache: Path, say: Callable[[str], None] = print, suite: str = "trixie") -> Gimp:
    """The GIMP of the machine if it is 3.0 or newer, otherwise a private one below `cache`, fetched if needed.

    Raises GimpUnavailableError with the reason in one sentence.
    """
    return _installed() or private(cache, say, suite)


def private(cache: Path, say: Callable[[str], None] = print, suite: str = "trixie") -> Gimp:
    """The private GIMP of a Debian `suite`. Raises GimpUnavailableError."""
    root = private_gimp.ensure(cache, suite, say)
    for console in CONSOLES:
        if (root / "usr/bin" / console).exists():
            version = _version(private_gimp.enter(root, ["env", "-i", private_gimp.PATH, console, "--version"]))
            if version:
                return Gimp(console, version, root)
    raise GimpUnavailableError(f"the private GIMP in {root} does not start")


def _installed() -> Gimp | None:
    for console in CONSOLES:
        version = _version([console, "--version"]) if shutil.which(console) else ""
        if version and int(version.split(".")[0]) >= 3:
            return Gimp(console, version)
    return None


def _version(command: Sequence[str]) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired):  # such a GIMP is not used
        return ""
    found = re.search(r"version (\d+\.\d+\.\d+)", output)
    return found[1] if found else ""


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _isolated(profile: Path) -> dict[str, str]:
    """Environment with a separate profile, so that GIMP and engine do not use settings or files of the user."""
    home = profile.absolute() / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {"GIMP3_DIRECTORY": str(profile.absolute()), "HOME": str(home), "NO_AT_BRIDGE": "1"}


def main(suite: str = "") -> None:
    """Print which GIMP is used, and fetch it if needed. suite: of Debian; empty: any GIMP."""
    try:
        gimp = private(CACHE, suite=suite) if suite else find_or_fetch(CACHE)
    except GimpUnavailableError as error:
        print(f"No GIMP 3 here: {error}.")
    else:
        where = gimp.root or "the machine's own"
        print(f"GIMP {gimp.version} ({where})")


if __name__ == "__main__":
    main(*sys.argv[1:2])
