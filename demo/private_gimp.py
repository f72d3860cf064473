"""A private GIMP 3 in a small Debian in a cache folder, for machines with an older GIMP or none.

Programs in it run in separate namespaces: their mounts and processes end with the process that started them, so the
cache folder can be deleted at any time without touching anything outside it. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GIMP = ["gimp", "gir1.2-gimp-3.0", "python3-gi", "python3-gi-cairo", "gir1.2-gtk-3.0"]
SCREEN = ["xvfb", "xauth", "xdotool", "imagemagick", "adwaita-icon-theme"]  # to show and drive its windows
ACCESSIBILITY = ["at-spi2-core", "gir1.2-atspi-2.0", "dbus"]  # to find widgets by name, as a screen reader does
PACKAGES = [*GIMP, *SCREEN, *ACCESSIBILITY]
HOST = "/host"  # mount point of the machine's files inside
TOOLS = ("unshare", "setpriv", "chroot")

# Runs as $0 = root of the private Debian, $@ = shared folder..., "--", program and arguments to run inside.
ENTER = f"""set -e
root=$0
mkdir -p "$root{HOST}"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; shift; done
shift
mount --rbind / "$root{HOST}"
exec chroot "$root" "$@"
"""
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"


class GimpUnavailableError(Exception):
    """There is no GIMP 3 and none can be fetched; the message is the reason in one sentence."""


def enter(root: Path, arguments: Sequence[str], shared: Sequence[Path] = ()) -> list[str]:
    """The command that runs `arguments` inside `root`, with the `shared` folders at the same paths."""
    folders = [str(folder.resolve()) for folder in shared]
    return [*_in_namespaces(), "sh", "-c", ENTER, str(root.resolve()), *folders, "--", *arguments]


def ensure(cache: Path, suite: str, say: Callable[[str], None]) -> Path:
    """The root of a Debian `suite` with GIMP below `cache`; it is fetched unless it is complete.

    Missing packages are added to an older one. Raises GimpUnavailableError.
    """
    root, stamp = cache / suite / "root", cache / suite / "complete"
    recipe = " ".join([suite, *PACKAGES])
    _check_machine()
    with _locked(cache / suite):
        had = stamp.read_text() if stamp.is_file() else ""
        if had == recipe:
            return root
        stamp.unlink(missing_ok=True)
        log = cache / suite / "fetch.log"
        log.unlink(missing_ok=True)
        if had.split(" ")[0] == suite:
            say("Adding to the private GIMP what it lacks")
        else:
            if root.exists():
                say("Removing the remains of an interrupted fetch of GIMP")
                _remove(root)
            _bootstrap(root, suite, log, say)
            say("Installing GIMP 3 in it")
        install(root, PACKAGES, log)
        stamp.write_text(recipe)
    return root


def _bootstrap(root: Path, suite: str, log: Path, say: Callable[[str], None]) -> None:
    if not shutil.which("debootstrap"):
        say("Installing debootstrap")
        install = ["apt-get", "install", "-q", "-y", "debootstrap"]
        if not _logged(install, log):
            _require(["apt-get", "update", "-q"], log)
            _require(install, log)
    say(f"Fetching a private Debian ({suite}) for GIMP 3 into {root}")
    _require([*_in_namespaces(), "debootstrap", "--variant=minbase", suite, str(root)], log)
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    # Safe writes cost minutes on slow disks, and an interrupted fetch is thrown away as a whole.
    (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")


def install(root: Path, packages: Sequence[str], log: Path) -> None:
    """Install packages that are missing. Raises GimpUnavailableError."""
    quiet = ["env", "-i", PATH, "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
    # A mirror may be some weeks old; that is no risk for a Debian that only runs tests.
    allow_old_mirror = ["-o", "Acquire::Check-Valid-Until=false"]
    _require(enter(root, [*quiet, "apt-get", "-q", *allow_old_mirror, "update"]), log)
    _require(enter(root, [*quiet, "apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]), log)
    _require(enter(root, [*quiet, "apt-get", "clean"]), log)


def _in_namespaces() -> list[str]:
    """Runs a command with mounts and process ids of its own; when the parent ends, all of them inside end too."""
    spaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    return ["setpriv", "--pdeathsig", "KILL", "unshare", *spaces, "--"]


def _check_machine() -> None:
    if not Path("/etc/debian_version").exists():
        raise GimpUnavailableError("a private GIMP 3 can only be fetched on Debian and its relatives")
    if os.geteuid() != 0:
        raise GimpUnavailableError("a private GIMP 3 can only be fetched by root")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise GimpUnavailableError(f"a private GIMP 3 needs {', '.join(missing)}, not installed here")
    if subprocess.run([*_in_namespaces(), "true"], capture_output=True, check=False).returncode != 0:
        raise GimpUnavailableError("a private GIMP 3 needs a mount namespace, which this machine does not allow")


def _remove(root: Path) -> None:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    inside = [mount for mount in mounts if Path(mount).is_relative_to(root.resolve())]
    if inside:  # deleting would delete the mounted files too
        raise GimpUnavailableError(f"{root} cannot be renewed while {inside[0]} is mounted")
    shutil.rmtree(root)


def _require(command: Sequence[str], log: Path) -> None:
    if not _logged(command, log):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("E:")] or lines[-1:] or ["no reason was given"]
        raise GimpUnavailableError(f"a private GIMP 3 could not be fetched ({errors[-1]}); see {log}")


def _logged(command: Sequence[str], log: Path) -> bool:
    with log.open("ab") as stream:
        stream.write(f"$ {shlex.join(command)}\n".encode())
        stream.flush()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, check=False)
    return done.returncode == 0


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Allow one fetch at a time; the lock ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
