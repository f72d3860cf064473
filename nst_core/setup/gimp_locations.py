"""GIMP 3's profile folders, and the commands that start it without windows, for each way of installing it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


FLATPAK_APP = "org.gimp.GIMP"

_EVERY = "3.*"


@dataclass(frozen=True)
class ProfileLayout:
    """A place of profiles: folders below `base` that match a pattern. kind: the ways of installing GIMP that use it."""

    kind: str
    base: Path
    pattern: str = _EVERY


@dataclass(frozen=True)
class Profile:
    """A GIMP 3 profile folder that exists, such as …/GIMP/3.0."""

    kind: str
    folder: Path

    @property
    def plug_ins(self) -> Path:
        """Where its plug-ins are."""
        return self.folder / "plug-ins"


def profile_layouts(system: str, environment: Mapping[str, str], home: Path) -> list[ProfileLayout]:
    """All places in which a GIMP of this system may keep profiles.

    If GIMP3_DIRECTORY is set, it is the only one. As in GIMP, a relative path is relative to the home folder.
    """
    if named := environment.get("GIMP3_DIRECTORY"):
        folder = home / named
        return [ProfileLayout("GIMP3_DIRECTORY", folder.parent, folder.name)]
    if system == "win32":
        return list(_windows_profiles(environment, home))
    if system == "darwin":
        return [ProfileLayout("macOS", home / "Library" / "Application Support" / "GIMP")]
    return list(_linux_profiles(environment, home))


def profiles(system: str, environment: Mapping[str, str], home: Path) -> list[Profile]:
    """The profiles that exist, each once, newest version first within each layout."""
    found: dict[Path, Profile] = {}
    for layout in profile_layouts(system, environment, home):
        for folder in sorted(_matches(layout), key=_version, reverse=True):
            found.setdefault(folder.resolve(), Profile(layout.kind, folder))
    return list(found.values())


def _linux_profiles(environment: Mapping[str, str], home: Path) -> Iterator[ProfileLayout]:
    named = Path(environment.get("XDG_CONFIG_HOME") or "")
    own = home / ".config"
    # A Flatpak with access to the host's configuration folder uses that one, like the system's own GIMP.
    for config in dict.fromkeys([named if named.is_absolute() else own, own]):
        yield ProfileLayout("system, AppImage or Flatpak", config / "GIMP")
    yield ProfileLayout("Flatpak", home / ".var" / "app" / FLATPAK_APP / "config" / "GIMP")
    snap = home / "snap" / "gimp"
    for folder in (snap / "current" / ".config", snap / "common" / ".config", snap / "current"):
        yield ProfileLayout("Snap", folder / "GIMP")


def _windows_profiles(environment: Mapping[str, str], home: Path) -> Iterator[ProfileLayout]:
    data = home / "AppData"
    yield ProfileLayout("Windows", Path(environment.get("APPDATA") or data / "Roaming") / "GIMP")
    # Windows redirects AppData of apps from its store to folders of their own.
    packages = Path(environment.get("LOCALAPPDATA") or data / "Local") / "Packages"
    yield ProfileLayout("Microsoft Store", packages, f"*GIMP*/LocalCache/Roaming/GIMP/{_EVERY}")


def _matches(layout: ProfileLayout) -> list[Path]:
    try:
        found = [layout.base / layout.pattern] if "*" not in layout.pattern else list(layout.base.glob(layout.pattern))
        return [path for path in found if path.is_dir()]
    except OSError:  # a folder without read permission
        return []


def _version(profile: Path) -> list[int]:
    return [int(part) if part.isdigit() else -1 for part in profile.name.split(".")]


VERSIONS = ("-3.4", "-3.2", "-3.0", "-3", "")


@dataclass(frozen=True)
class Console:
    """A command that starts a GIMP without windows. The first word may be a pattern of file names."""

    kind: str
    command: tuple[str, ...]


def console_candidates(system: str, environment: Mapping[str, str], home: Path) -> list[Console]:
    """All commands by which a GIMP of this system may be started."""
    if system == "win32":
        return _windows_consoles(environment, home)
    if system == "darwin":
        apps = (Path("/Applications"), home / "Applications")
        return [Console("macOS", (str(app / "GIMP*.app" / "Contents" / "MacOS" / "gimp-console*"),)) for app in apps]
    return [
        *(Console("system", (f"gimp-console{version}",)) for version in VERSIONS),
        Console("Flatpak", ("flatpak", "run", "--command=gimp-console", FLATPAK_APP)),
        Console("Snap", ("/snap/bin/gimp", "--no-interface")),
    ]


def installed_consoles(found: Iterable[Console]) -> list[Console]:
    """The commands whose program exists, each program once."""
    seen: dict[tuple[object, ...], Console] = {}
    for console in found:
        for program in _programs(console.command[0]):
            rest = console.command[1:]
            seen.setdefault((program.resolve(), *rest), Console(console.kind, (str(program), *rest)))
    return list(seen.values())


def _windows_consoles(environment: Mapping[str, str], home: Path) -> list[Console]:
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
