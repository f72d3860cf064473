"""Where GIMP 3 keeps a person's files: a layout for each way of installing it.

Everything is a function of the system's name (as sys.platform), the environment and the home folder, so that the
layouts of all systems can be looked at on any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FLATPAK_APP = "org.gimp.GIMP"
_EVERY = "3.*"


@dataclass(frozen=True)
class Place:
    """Where profiles may be: below `base`, by a pattern. kind: the ways of installing GIMP that look there."""

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


def places(system: str, environment: Mapping[str, str], home: Path) -> list[Place]:
    """All places in which a GIMP of this system may keep profiles.

    GIMP3_DIRECTORY, where it is set, names the only one, and counts from the home folder, as it does for GIMP itself.
    """
    if named := environment.get("GIMP3_DIRECTORY"):
        folder = home / named
        return [Place("GIMP3_DIRECTORY", folder.parent, folder.name)]
    if system == "win32":
        return list(_windows(environment, home))
    if system == "darwin":
        return [Place("macOS", home / "Library" / "Application Support" / "GIMP")]
    return list(_linux(environment, home))


def profiles(system: str, environment: Mapping[str, str], home: Path) -> list[Profile]:
    """The profiles that exist, each once, newest version first within each place."""
    found: dict[Path, Profile] = {}
    for place in places(system, environment, home):
        for folder in sorted(_matches(place), key=_version, reverse=True):
            found.setdefault(folder.resolve(), Profile(place.kind, folder))
    return list(found.values())


def _linux(environment: Mapping[str, str], home: Path) -> Iterator[Place]:
    named = Path(environment.get("XDG_CONFIG_HOME") or "")
    own = home / ".config"
    # A Flatpak with access to the host's folder works in it, like the system's own GIMP; others keep to themselves.
    for config in dict.fromkeys([named if named.is_absolute() else own, own]):
        yield Place("system, AppImage or Flatpak", config / "GIMP")
    yield Place("Flatpak", home / ".var" / "app" / FLATPAK_APP / "config" / "GIMP")
    snap = home / "snap" / "gimp"
    for folder in (snap / "current" / ".config", snap / "common" / ".config", snap / "current"):
        yield Place("Snap", folder / "GIMP")


def _windows(environment: Mapping[str, str], home: Path) -> Iterator[Place]:
    data = home / "AppData"
    yield Place("Windows", Path(environment.get("APPDATA") or data / "Roaming") / "GIMP")
    # Windows gives what it installs from its store a copy of AppData: files put beside it are not seen from inside.
    packages = Path(environment.get("LOCALAPPDATA") or data / "Local") / "Packages"
    yield Place("Microsoft Store", packages, f"*GIMP*/LocalCache/Roaming/GIMP/{_EVERY}")


def _matches(place: Place) -> list[Path]:
    try:
        found = [place.base / place.pattern] if "*" not in place.pattern else list(place.base.glob(place.pattern))
        return [path for path in found if path.is_dir()]
    except OSError:  # a folder that may not be looked into
        return []


def _version(profile: Path) -> list[int]:
    return [int(part) if part.isdigit() else -1 for part in profile.name.split(".")]
