"""Installs the plug-in into GIMP (copies the files, writes the engine's command), and removes it.

The plug-in folder holds what GIMP's own Python imports (the entry file, `gimp_plugin`, `nst_core.shared`, the built-in
presets) and `engine.json`, which says how to start the engine. The new folder is built beside the old one and then
renamed. After an interruption the old folder is still there, in its place or under another name, from which the next
installation restores it. Concurrent installations wait for each other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import nst_core
from nst_core.setup.gimp_locations import Profile, profiles
from nst_core.shared import atomic_files
from nst_core.shared.client.launch import ENGINE_FILE, read_engine_file
from nst_core.shared.errors import EngineMissingError, GimpMissingError, UnwritableOutputError
from nst_core.shared.file_lock import temporary_lock
from nst_core.shared.wire.protocol import PROTOCOL

PLUGIN = "neural-style"
DISTRIBUTION = "gimp-neural-style"
ENTRY = f"{PLUGIN}.py"  # GIMP starts the file that is named like its folder

_CORE = Path(nst_core.__file__).parent
_SOURCES = _CORE.parent / "gimp_plugin"
_ASIDE = f".{PLUGIN}-"
"""Prefix of folders that are not finished, or not yet deleted. GIMP ignores them."""
_LOCK = f"{_ASIDE}lock"
_OLD = f"{_ASIDE}old"
_LOCK_SECONDS = 60.0  # seconds to wait for another installation
_PROFILE_FILES = ("neural-style*.json", "plug-in-settings/*NeuralStyle*", "plug-in-settings/*neural-style*")
"""Files that the plug-in, and GIMP for it, write into a profile."""
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644
"""Independent of the umask and of the sources: other users must not be able to change what GIMP runs."""
_IGNORED = shutil.ignore_patterns("__pycache__", ENTRY)


def default_command() -> list[str]:
    """The command that starts the engine of this environment, in an isolated Python, so that GIMP's paths do not count.

    Package folders that an isolated Python does not search, as after `pip install --user`, are added by the command.
    """
    folders = _folders_to_add()
    if not folders:
        return [sys.executable, "-I", "-u", "-m", "nst_core.worker"]
    start = f"import runpy, site; [site.addsitedir(folder) for folder in {folders!r}]; "
    start += "runpy.run_module('nst_core.worker', run_name='__main__', alter_sys=True)"
    return [sys.executable, "-I", "-u", "-c", start]


def _folders_to_add() -> list[str]:
    """Folders of this package and its dependencies that an isolated Python does not search."""
    names = [DISTRIBUTION]
    with suppress(metadata.PackageNotFoundError):
        wanted = metadata.requires(DISTRIBUTION) or []
        names += [match[0] for text in wanted if (match := re.match(r"[\w.-]+", text))]
    searched = [os.path.realpath(folder) for folder in site.getsitepackages()]
    own = os.path.realpath(_CORE.parent)
    checkout = own if own != os.path.realpath(site.getusersitepackages()) else None  # found by a path file
    found = []
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            folder = os.path.realpath(str(metadata.distribution(name).locate_file("")))
            # A library may add a folder inside its own to the search path.
            inside = any(Path(folder).is_relative_to(one) for one in searched)
            if not inside and folder != checkout:
                found.append(folder)
    return list(dict.fromkeys(found))


def gimp_profiles() -> list[Profile]:
    """This user's GIMP 3 profiles."""
    return profiles(sys.platform, os.environ, Path.home())


def require_profiles() -> list[Profile]:
    """The same, but at least one. Raises GimpMissingError."""
    found = gimp_profiles()
    if not found:
        raise GimpMissingError("no GIMP 3 profile was found", "start GIMP 3 once, or name its folder with --profile")
    return found


def install_plugin(plug_ins: Path, command: Sequence[str], *, chosen: bool = False) -> Path:
    """Install the plug-in into a `plug-ins` folder, replacing an older one, and return its folder.

    command: starts the engine. chosen: the user chose this command, and updates shall keep it. Raises
    UnwritableOutputError.
    """
    target = plug_ins / PLUGIN
    try:
        plug_ins.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        with temporary_lock(plug_ins / _LOCK, _LOCK_SECONDS):
            _sweep(plug_ins)
            with atomic_files.replacing_folder(target, _ASIDE, plug_ins / _OLD) as new:
                _build(new, command, chosen=chosen)
    except UnwritableOutputError:
        raise
    except OSError as error:
        raise _unwritable(plug_ins, error) from error
    return target


def uninstall_plugin(plug_ins: Path) -> list[Path]:
    """Remove the plug-in from a `plug-ins` folder, and its files from the profile. Returns what was removed.

    Raises UnwritableOutputError.
    """
    target = plug_ins / PLUGIN
    removed: list[Path] = []
    try:
        if plug_ins.is_dir():
            with temporary_lock(plug_ins / _LOCK, _LOCK_SECONDS):
                _sweep(plug_ins)
                if os.path.lexists(target):
                    removed = [target]
                    target.rename(plug_ins / atomic_files.unique_name(_ASIDE))
                    _sweep(plug_ins)
        for pattern in _PROFILE_FILES:
            for path in plug_ins.parent.glob(pattern):
                path.unlink()
                removed.append(path)
    except UnwritableOutputError:
        raise
    except OSError as error:
        raise UnwritableOutputError(
            f"the plug-in cannot be removed from {plug_ins} ({error.strerror})", "check that you may write there"
        ) from error
    return removed


def installed_engine(plug_ins: Path) -> dict[str, object] | None:
    """The engine.json of the installed plug-in; None without a plug-in, {} if the file cannot be used.

    A plug-in that an interrupted installation renamed counts too.
    """
    folder = next((place for place in (plug_ins / PLUGIN, plug_ins / _OLD) if place.is_dir()), None)
    if folder is None:
        return None
    try:
        return read_engine_file(folder)
    except EngineMissingError:
        return {}


def chosen_engine(plug_ins: Path) -> list[str] | None:
    """The command that the user chose for the plug-in installed there; None for the default."""
    engine = installed_engine(plug_ins) or {}
    command = engine.get("command")
    if engine.get("chosen") is not True or not isinstance(command, list):
        return None
    return [str(word) for word in command] or None


def _build(folder: Path, command: Sequence[str], *, chosen: bool) -> None:
    folder.mkdir(0o700)
    shutil.copytree(_SOURCES, folder / "gimp_plugin", ignore=_IGNORED)
    core = folder / "nst_core"
    core.mkdir()
    shutil.copyfile(_CORE / "__init__.py", core / "__init__.py")
    for part in ("shared", "data/styles"):
        shutil.copytree(_CORE / part, core / part, ignore=_IGNORED)
    entry = folder / ENTRY
    shutil.copyfile(_SOURCES / ENTRY, entry)
    engine: dict[str, object] = {"protocol": PROTOCOL, "version": nst_core.__version__, "command": list(command)}
    engine |= {"chosen": True} if chosen else {}
    (folder / ENGINE_FILE).write_text(json.dumps(engine, indent=2) + "\n", "utf-8")
    for path in [folder, *folder.rglob("*")]:
        with suppress(PermissionError):  # a file system without modes
            path.chmod(_FOLDER_MODE if path.is_dir() or path == entry else _FILE_MODE)  # GIMP sees what is executable


def _sweep(plug_ins: Path) -> None:
    """Undo or finish an interrupted installation. To be called under the lock."""
    atomic_files.finish_replacement(plug_ins / _OLD, plug_ins / PLUGIN)
    for path in set(plug_ins.glob(f"{_ASIDE}*")) - {plug_ins / _LOCK}:
        atomic_files.remove(path)


def _unwritable(folder: Path, error: OSError) -> UnwritableOutputError:
    # shutil collects the errors of all files; the first one is enough.
    reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
    return UnwritableOutputError(
        f"the plug-in cannot be put into {folder} ({reason})",
        "check that you may write there and that the disk is not full",
    )
