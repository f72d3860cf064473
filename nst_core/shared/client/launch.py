"""The engine's command and environment: `engine.json`, and which variables are passed on.

`engine.json` lies beside the plug-in:

    {"protocol": 1, "version": "0.1.0", "command": ["/…/python", "-I", "-u", "-m", "nst_core.worker"]}
"""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nst_core.shared.errors import EngineCrashedError, EngineMissingError
from nst_core.shared.wire.protocol import PROTOCOL, mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENGINE_FILE = "engine.json"
MAX_ENGINE_FILE = 2**16  # bytes

# AppImage, macOS and snap builds of GIMP export LD_LIBRARY_PATH, PYTHONHOME and the like, which break another Python.
PASSED_ON = (
    "HOME USER LOGNAME USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA LANG LC_ALL TZ TEMP TMP TMPDIR "
    "SYSTEMROOT WINDIR NUMBER_OF_PROCESSORS XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME SSH_AUTH_SOCK "
    "GLIBC_TUNABLES"  # huge pages, and the selected functions of libm
)
PASSED_ON_PREFIXES = (
    "OPENBLAS_ GOTO_ BLIS_ MKL_ DNNL_ ONEDNN_ ATEN_ NPY_ VECLIB_ VIPS_ "  # kernels of the processor
    "OMP_ GOMP_ KMP_ "  # threads
    "CUDA_ CUDNN_ CUBLAS_ NVIDIA_ HIP_ HSA_ ROCR_ VK_ MESA_ "  # cards
    "PYTORCH_ TORCH_ ORT_"
)
"""Variables with these prefixes configure libraries and cards: the engine computes as the command line does."""
LIBRARIES = "LD_LIBRARY_PATH"
BUNDLE_SIGNS = "APPDIR APPIMAGE SNAP FLATPAK_ID PYTHONHOME GI_TYPELIB_PATH GTK_PATH GTK_EXE_PREFIX"
"""Variables set by a GIMP that brings its own libraries. Then LIBRARIES points to those and is not passed on."""
PLAIN_PATH = "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"
"""The engine's search path on Unix: it needs ssh, and what ssh's settings name, such as a ProxyCommand."""
PASSED_ON_IN_FLATPAK = "FLATPAK_ID DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR"  # by which a program outside is started


def read_engine_file(folder: Path) -> dict[str, Any]:
    """The content of a folder's `engine.json`; empty if it is no JSON object. Raises EngineMissingError."""
    path = folder / ENGINE_FILE
    try:
        with path.open(encoding="utf-8") as file:
            entry = json.loads(file.read(MAX_ENGINE_FILE))
    except FileNotFoundError:
        raise EngineMissingError.of("engine-file-missing", path=str(path)) from None
    except (OSError, ValueError, RecursionError):
        raise EngineMissingError.of("engine-file-unreadable", path=str(path)) from None
    return entry if isinstance(entry, dict) else {}


def engine_command(folder: Path) -> list[str]:
    """The command line in the `engine.json` of a folder.

    Raises EngineMissingError if there is none or it is broken, EngineMismatchError if it is of another protocol.
    """
    entry = read_engine_file(folder)
    command = entry.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) and word for word in command):
        raise EngineMissingError.of("engine-file-empty", path=str(folder / ENGINE_FILE))
    if entry.get("protocol") != PROTOCOL:
        raise mismatch(entry.get("protocol"))
    return command


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` that are passed on to an engine, and a plain search path."""
    set_here = {name.upper() for name, value in environment.items() if value}
    names = {*PASSED_ON.split(), *(PASSED_ON_IN_FLATPAK.split() if "FLATPAK_ID" in environment else ())}
    if set_here.isdisjoint(BUNDLE_SIGNS.split()):
        names.add(LIBRARIES)
    prefixes = tuple(PASSED_ON_PREFIXES.split())
    kept = {
        name: value for name, value in environment.items() if name.upper() in names or name.upper().startswith(prefixes)
    }
    system_root = next((value for name, value in kept.items() if name.upper() == "SYSTEMROOT"), None)
    kept["PATH"] = f"{system_root}\\System32;{system_root}" if system_root else PLAIN_PATH
    return kept


def exit_error(code: int, stderr: str) -> EngineCrashedError:
    """The error for a process that ended with this exit code, or by a signal. stderr: what it printed there."""
    last = stderr.strip().splitlines()[-1:]
    suffix, more = ("-saying", {"said": last[0][:200]}) if last else ("", {})
    if code < 0:
        with suppress(ValueError):
            return EngineCrashedError.of(f"engine-killed{suffix}", signal=signal.Signals(-code).name, **more)
    return EngineCrashedError.of(f"engine-ended{suffix}", number=code, **more)


def resource_error(error: RuntimeError | MemoryError) -> EngineCrashedError:
    """The error if this program has no thread (Python raises RuntimeError) or no memory left."""
    reason = str(error) or "no memory is left"
    return EngineCrashedError.of("no-room-for-engine", reason=reason)
