"""A real sshd on the loopback address, with separate keys and settings, on a free port.

Where none is installed, Debian's package is unpacked into the cache folder; nothing is installed, no service starts.
Root's one runs in a mount namespace of its own, in which there is the user that it wants to become.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "sshd"
PACKAGES = ("openssh-server", "libwrap0")
WAIT_SECONDS = 30.0  # seconds
APART = """set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
shift
exec "$@"
"""


@dataclass(frozen=True)
class Server:
    """A running sshd. client: the command without the name of the host; host: the name in its settings."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    host: str = "studio"

    @property
    def client(self) -> list[str]:
        return ["ssh", "-F", str(self.folder / "client")]

    def configure(self, *lines: str) -> None:
        """Write the settings of the client, with these lines in front, which override others."""
        settings = [
            *lines,
            f"HostName 127.0.0.1\nPort {self.port}\nIdentityFile {self.folder}/key\nIdentitiesOnly yes",
            f"UserKnownHostsFile {self.folder}/known\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes",
            "IdentityAgent none",
        ]
        (self.folder / "client").write_text(f"Host {self.host}\n" + "\n".join(settings) + "\n")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server with its files in this folder. Skips the test if there can be none."""
    program, variables = _sshd()
    if not shutil.which("ssh") or not shutil.which("ssh-keygen"):
        pytest.skip("no ssh here: install openssh-client")
    for name in ("key", "other", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copyfile(folder / "key.pub", folder / "authorized")
    port = _free_port()
    host_key = (folder / "host.pub").read_text().rsplit(" ", 1)[0]
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (folder / "server").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        "StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    command = [str(program), "-D", "-e", "-f", str(folder / "server")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*_apart(folder), *command], env=variables, stdout=log, stderr=log)
        try:
            _await(port, process, folder / "log")
            server = Server(folder, process, port)
            server.configure()
            yield server
        finally:
            process.kill()
            process.wait()


def _apart(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    nobody = "sshd:x:74:65534::/run/sshd:/usr/sbin/nologin\n"
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + nobody)
    (folder / "shadow").write_text("root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n")
    return [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        APART,
        "sh",
        str(folder),
    ]


def _sshd() -> tuple[Path, dict[str, str]]:
    """The program, and its environment."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    if own := shutil.which("sshd", path=variables["PATH"]):
        return Path(own), variables
    program = CACHE / "usr" / "sbin" / "sshd"
    if not program.exists():
        _unpack()
    libraries = {str(path.parent) for path in CACHE.rglob("libwrap.so.0")}
    return program, {**variables, "LD_LIBRARY_PATH": ":".join(libraries)}


def _unpack() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("no sshd here: install openssh-server")
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    fetch = ["apt-get", "download", "-q", *PACKAGES]
    if subprocess.run(fetch, cwd=CACHE, capture_output=True, check=False).returncode:
        subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)
        if subprocess.run(fetch, cwd=CACHE, capture_output=True, check=False).returncode:
            pytest.skip("no sshd here, and none can be fetched")
    for package in sorted(CACHE.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, CACHE], check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"sshd does not listen: {log.read_text()}")
