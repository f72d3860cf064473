"""How a GIMP 3 on this machine is started without windows, for each way of installing it.

`candidates` is a function of the system's name (as sys.platform), the environment and the home folder.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.profiles import FLATPAK_APP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSIONS = ("-3.4", "-3.2", "-3.0", "-3", "")


@dataclass(frozen=True)
class Console:
    """A command that starts a GIMP without windows. The first word may be a pattern of file names."""

    kind: str
    command: tuple[str, ...]


def candidates(system: str, environment: Mapping[str, str], home: Path) -> list[Console]:
    """All commands worth a try."""
    if system == "win32":
        return _windows(environment, home)
    if system == "darwin":
        apps = (Path("/Applications"), home / "Applications")
        return [Console("macOS", (str(app / "GIMP*.app" / "Contents" / "MacOS" / "gimp-console*"),)) for app in apps]
    return [
        *(Console("system", (f"gimp-console{version}",)) for version in VERSIONS),
        Console("Flatpak", ("flatpak", "run", "--command=gimp-console", FLATPAK_APP)),
        Console("Snap", ("/snap/bin/gimp", "--no-interface")),
    ]


def present(found: Iterable[Console]) -> list[Console]:
    """Those whose program exists, each program once."""
    seen: dict[tuple[object, ...], Console] = {}
    for console in found:
        for program in _programs(console.command[0]):
            rest = console.command[1:]
            seen.setdefault((program.resolve(), *rest), Console(console.kind, (str(program), *rest)))
    return list(seen.values())


def _windows(environment: Mapping[str, str], home: Path) -> list[Console]:
    local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    programs = Path(environment.get("PROGRAMFILES") or "C:/Program Files")
    binaries = "GIMP 3/bin/gimp-console-3.*.exe"
    return [
        Console("Windows", (str(programs / binaries),)),
        Console("Windows", (str(local / "Programs" / binaries),)),
        Console("Microsoft Store", (str(local / "Microsoft" / "WindowsApps" / "gimp-console-3*.exe"),)),
    ]


def _programs(pattern: str) -> list[Path]:
    if "*" in pattern:
        base = Path(pattern)
        fixed = next(parent for parent in base.parents if "*" not in str(parent))
        return sorted(fixed.glob(base.relative_to(fixed).as_posix()), reverse=True)
    where = shutil.which(pattern)
    return [Path(where)] if where else []
