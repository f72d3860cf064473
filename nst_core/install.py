"""Putting the plug-in into GIMP: finding the profiles, copying the files, naming the engine.

The plug-in folder holds what GIMP's own Python imports (the entry file, `gimp_plugin`, the standard-library
slice of `nst_core`, the built-in presets) and `engine.json`, which says how to start the engine. A folder is
built beside its place and then swapped in, so that an interrupted installation leaves the one before it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import platformdirs

import nst_core
from nst_core.errors import NeuralStyleError, UnwritableOutputError
from nst_core.launch import ENGINE_FILE
from nst_core.protocol import PROTOCOL

PLUGIN = "neural-style"
ENTRY = f"{PLUGIN}.py"  # GIMP starts the file that is named like its folder

SLICE = (
    *("__init__", "errors", "settings", "frames", "messages", "protocol", "launch", "engine", "octaves", "estimate"),
    *("presets", "preset_entry", "preset_folders", "preset_store", "preset_archive"),
)
"""Modules of nst_core that GIMP's own Python imports: standard library only, Python 3.10 and later."""

_CORE = Path(nst_core.__file__).parent
_SOURCES = _CORE.parent / "gimp_plugin"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ENTRY)


class GimpMissingError(NeuralStyleError, LookupError):
    """No GIMP 3 profile folder exists for this user."""

    code = "gimp-missing"


def default_command() -> list[str]:
    """The command that starts the engine of this environment; isolated, so that GIMP's own paths do not leak in."""
    return [sys.executable, "-I", "-u", "-m", "nst_core.worker"]


def gimp_profiles() -> list[Path]:
    """The user's GIMP 3 profile folders that exist, newest version first within each kind of installation.

    GIMP3_DIRECTORY, where it is set, names the only one, as it does for GIMP itself.
    """
    named = os.environ.get("GIMP3_DIRECTORY")
    if named:
        return [path for path in [Path(named)] if path.is_dir()]
    found: dict[Path, Path] = {}
    for root in _profile_roots():
        for path in sorted(root.glob("3.*"), key=_version, reverse=True):
            if path.is_dir():
                found.setdefault(path.resolve(), path)
    return list(found.values())


def require_profiles() -> list[Path]:
    """The same, but at least one. Raises GimpMissingError."""
    profiles = gimp_profiles()
    if not profiles:
        raise GimpMissingError("no GIMP 3 profile was found", "start GIMP 3 once, or name its folder with --profile")
    return profiles


def install_plugin(plug_ins: Path, command: Sequence[str]) -> Path:
    """Put the plug-in into a `plug-ins` folder, in place of an older one, and return where it is.

    `command` starts the engine. Raises UnwritableOutputError.
    """
    target = plug_ins / PLUGIN
    new, old = (plug_ins / f".{uuid.uuid4().hex}" for _ in range(2))  # GIMP looks into neither
    try:
        plug_ins.mkdir(parents=True, exist_ok=True)
        _build(new, command)
        if os.path.lexists(target):
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if os.path.lexists(old):
                old.rename(target)
            raise
    except OSError as error:
        raise _unwritable(plug_ins, error) from error
    finally:
        _remove(new)
        if os.path.lexists(target):
            _remove(old)
    return target


def uninstall_plugin(plug_ins: Path) -> Path | None:
    """Remove the plug-in from a `plug-ins` folder. Returns what was removed, None if it was not there."""
    target = plug_ins / PLUGIN
    if not os.path.lexists(target):
        return None
    aside = plug_ins / f".{uuid.uuid4().hex}"
    try:
        target.rename(aside)
    except OSError as error:
        raise _unwritable(plug_ins, error) from error
    _remove(aside)
    return target


def installed_engine(plug_ins: Path) -> dict[str, object] | None:
    """What the installed plug-in's engine.json says; None without a plug-in, {} if the file cannot be used."""
    folder = plug_ins / PLUGIN
    if not folder.is_dir():
        return None
    try:
        said = json.loads((folder / ENGINE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _profile_roots() -> list[Path]:
    home = Path.home()
    roots = [platformdirs.user_config_path("GIMP", appauthor=False, roaming=True)]
    if sys.platform == "win32":
        packages = platformdirs.user_data_path(appauthor=False) / "Packages"
        roots += sorted(packages.glob("*GIMP*/LocalCache/Roaming/GIMP"))  # the Store's build
    elif sys.platform != "darwin":
        roots += [
            home / ".config" / "GIMP",
            home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP",  # Flatpak
            home / "snap" / "gimp" / "current" / "GIMP",
            home / "snap" / "gimp" / "current" / ".config" / "GIMP",
        ]
    return roots


def _version(profile: Path) -> list[int]:
    return [int(part) if part.isdigit() else -1 for part in profile.name.split(".")]


def _build(folder: Path, command: Sequence[str]) -> None:
    shutil.copytree(_SOURCES, folder / "gimp_plugin", ignore=_LEFT_OUT)
    core = folder / "nst_core"
    core.mkdir()
    for name in SLICE:
        shutil.copyfile(_CORE / f"{name}.py", core / f"{name}.py")
    shutil.copytree(_CORE / "styles", core / "styles", ignore=_LEFT_OUT)
    entry = folder / ENTRY
    shutil.copyfile(_SOURCES / ENTRY, entry)
    entry.chmod(0o755)  # GIMP passes over a file that is not executable
    engine = {"protocol": PROTOCOL, "version": nst_core.__version__, "command": list(command)}
    (folder / ENGINE_FILE).write_text(json.dumps(engine, indent=2) + "\n", "utf-8")


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> UnwritableOutputError:
    # shutil gathers what went wrong with each file; the first one tells enough.
    reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
    return UnwritableOutputError(
        f"the plug-in cannot be put into {folder} ({reason})",
        "check that you may write there and that the disk is not full",
    )
