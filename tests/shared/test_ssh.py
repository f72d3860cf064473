"""An engine on another machine: through a real sshd on the loopback address, with a real worker behind it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from children import comes_true
from command_line import run
from engine_fixtures import PHOTOGRAPHS
from machines.ssh_server import Server, serving

from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.setup import check_gimp
from nst_core.setup.gimp_locations import Console
from nst_core.setup.plugin_installer import default_command, install_plugin, installed_engine
from nst_core.shared.client import remote, self_check
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import EngineMissingError, EngineUnreachableError, NeuralStyleError
from nst_core.shared.wire.findings import Finding, is_ok
from nst_core.shared.wire.messages import Pixels, StyleFile, Stylize

if TYPE_CHECKING:
    from conftest import Studio

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the server is started as Linux does"),
]

STYLE = StyleFile((PHOTOGRAPHS / "coffee.jpg").read_bytes())
QUICK = {"quality": "draft", "backend": "onnx", "device": "cpu"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def as_before(server: Server) -> None:
    """Each test begins with settings that work."""
    server.configure()


def program(folder: Path) -> list[str]:
    """What docs/install.md promises for the far side: `neural-style worker`. folder: its own, which tells it apart."""
    folder.mkdir(exist_ok=True)
    name = folder / "neural-style"
    if not name.exists():
        name.symlink_to(Path(sys.executable).with_name("neural-style"))
    return [str(name), "worker"]


def command(server: Server, words: list[str] | None = None) -> list[str]:
    """As a person would type it, and the plug-in start it."""
    return remote.parse(shlex.join([*server.client, server.host, shlex.join(words or program(server.folder))]))


def picture(width: int = 64, height: int = 48) -> Pixels:
    rgb = resize(image_files.read(PHOTOGRAPHS / "cat.jpg")[..., :3], height, width)
    return Pixels(width, height, np.dstack([rgb, np.ones((height, width), np.float32)]).tobytes())


def refusal(words: list[str]) -> NeuralStyleError:
    with pytest.raises(NeuralStyleError) as caught:
        Engine.start(words, os.environ).close()
    return caught.value


def workers(words: list[str]) -> list[int]:
    """Processes that run this program, but for shells and ssh, which carry all of it in one word."""
    running = psutil.process_iter(["cmdline"])
    return [process.pid for process in running if {*words} <= {*(process.info["cmdline"] or ())}]


def test_the_same_request_gives_the_same_picture_there_as_here(server: Server) -> None:
    """To the byte, with the same settings of threads and kernels; and nothing is left there afterwards."""
    request = Stylize(picture(), (STYLE,), QUICK)
    # Of these settings nothing goes through ssh.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "OPENBLAS_"))}
    with Engine.start(default_command(), surroundings) as here:
        expected = here.stylize(request).pixels
    far = program(server.folder / "same picture")
    with Engine.start(command(server, far), os.environ) as there:
        assert workers(far)
        assert there.stylize(request).pixels == expected
    assert comes_true(lambda: not workers(far))


def test_it_is_installed_and_examined_like_one_here(server: Server, tmp_path: Path) -> None:
    """engine.json keeps the words; the examination tells of the other machine."""
    typed = shlex.join([*server.client, server.host, shlex.join(program(server.folder))])
    done = run("install", "--profile", tmp_path, "--engine", typed)
    assert (done.exit_code, done.stderr) == (0, "")
    words = (installed_engine(tmp_path / "plug-ins") or {})["command"]
    assert words == remote.parse(typed)
    found: list[Finding] = []
    self_check.examine_engine(tmp_path / "plug-ins" / "neural-style", os.environ, found.append, thorough=True)
    assert is_ok(found), found
    assert found[1].text.startswith(f"on {server.host}, ready in")
    assert "onnx" in {finding.subject for finding in found}


@pytest.mark.gimp
def test_a_real_gimp_starts_it(server: Server, studio: Studio, tmp_path: Path) -> None:
    """Asked by the examination, from within."""
    install_plugin(tmp_path / "plug-ins", studio.gimp.outside(command(server)))
    home = {"GIMP3_DIRECTORY": str(tmp_path), "HOME": str(tmp_path)}
    console = Console("test", tuple(studio.gimp.command([studio.gimp.console], home)))
    (finding,) = check_gimp._check_console(console, studio.gimp.version)
    assert finding.state == "ok", finding


def test_a_password_is_not_asked_for(server: Server) -> None:
    """Nobody could answer: the sentence names the host and the remedy."""
    server.configure(f"IdentityFile {server.folder}/other")
    (server.folder / "client").write_text(
        (server.folder / "client").read_text().replace(f"IdentityFile {server.folder}/key\n", "")
    )
    error = refusal(command(server))
    assert isinstance(error, EngineUnreachableError)
    assert "studio asks for a password or refuses the key" in error.message
    assert "ssh-copy-id studio" in error.remedy


@pytest.mark.parametrize("known", ["", "[127.0.0.1]:{port} {other}\n"], ids=["unknown", "another"])
def test_a_host_key_that_is_not_the_known_one_is_refused(server: Server, known: str) -> None:
    """Unknown, or changed since."""
    other = (server.folder / "other.pub").read_text().rsplit(" ", 1)[0]
    (server.folder / "doubtful").write_text(known.format(port=server.port, other=other))
    server.configure(f"UserKnownHostsFile {server.folder}/doubtful")
    error = refusal(command(server))
    assert isinstance(error, EngineUnreachableError)
    assert "key" in error.message
    assert "run `ssh studio` once" in error.remedy


@pytest.mark.parametrize("line", ["Port 1", "HostName nowhere.invalid"])
def test_a_host_that_cannot_be_reached_is_named(server: Server, line: str) -> None:
    """Nobody listens, or nobody has that name."""
    server.configure(line)
    error = refusal(command(server))
    assert isinstance(error, EngineUnreachableError)
    assert "studio cannot be reached" in error.message


def test_a_host_without_an_engine_is_named(server: Server) -> None:
    """The far shell does not know the command."""
    error = refusal(command(server, ["neural-style-that-is-not-there", "worker"]))
    assert isinstance(error, EngineUnreachableError)
    assert "no engine on studio" in error.message


def kill(server: Server) -> None:
    """Also its children, which serve connections."""
    for session in psutil.Process(server.process.pid).children():
        session.kill()
    server.process.kill()


def test_a_wire_that_breaks_in_the_middle_of_a_job_is_told(tmp_path: Path) -> None:
    """A sentence for the artist, and no engine left on the other side."""
    far = program(tmp_path / "broken wire")
    with serving(tmp_path) as server:
        engine = Engine.start(command(server, far), os.environ)
        with engine, pytest.raises(EngineUnreachableError, match="connection to studio broke"):
            engine.stylize(
                Stylize(picture(400, 300), (STYLE,), {**QUICK, "quality": "max"}),
                on_progress=lambda _: kill(server),
            )
        assert comes_true(lambda: not workers(far))


def test_a_host_that_is_killed_takes_the_far_engine_with_it(server: Server) -> None:
    """GIMP may crash: the wire ends, and so does the worker."""
    far = program(server.folder / "killed host")
    code = (
        "import json, os, sys; from nst_core.shared.client.engine import Engine\n"
        "Engine.start(json.loads(sys.argv[1]), os.environ); print('ready', flush=True); sys.stdin.read()"
    )
    words = json.dumps(command(server, far))
    with subprocess.Popen(
        [sys.executable, "-c", code, words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout
        assert host.stdout.readline() == "ready\n"
        assert workers(far)
        host.kill()
    assert comes_true(lambda: not workers(far))


def test_ssh_is_kept_from_waiting_for_an_answer() -> None:
    """Unless the person who typed the command says otherwise; other commands stay as they are."""
    added = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15"]
    assert remote.parse("ssh studio neural-style worker") == ["ssh", *added, "studio", "neural-style", "worker"]
    assert remote.parse("flatpak-spawn --host ssh studio w")[:4] == ["flatpak-spawn", "--host", "ssh", "-T"]
    own = remote.parse("ssh -o connecttimeout=90 -C studio w")
    assert "ConnectTimeout=10" not in own
    assert remote.parse("docker run -i 'my image' worker") == ["docker", "run", "-i", "my image", "worker"]
    for text in ("", "  ", "ssh 'studio"):
        with pytest.raises(EngineMissingError):
            remote.parse(text)


@pytest.mark.parametrize(
    ("words", "host"),
    [
        (["ssh", "studio", "worker"], "studio"),
        (["/usr/bin/ssh", "-p", "22", "-C", "-oBatchMode=yes", "-i", "key", "me@studio", "worker"], "me@studio"),
        (["C:\\Windows\\System32\\OpenSSH\\ssh.exe", "studio"], "studio"),
        (["flatpak-spawn", "--host", "ssh", "-T", "studio"], "studio"),
        (["python", "ssh", "studio"], None),
        (["ssh", "-p"], None),
    ],
)
def test_the_host_is_read_from_the_command(words: list[str], host: str | None) -> None:
    """For the sentences."""
    assert remote.host_of(words) == host
