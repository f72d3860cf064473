"""Engines started from inside GIMPs that are packed in their own ways, played by what those do to a process."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import PHOTOGRAPHS

from nst_core.setup.plugin_installer import default_command, install_plugin
from nst_core.shared.client import launch, remote, self_check
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import EngineUnreachableError
from nst_core.shared.wire.findings import Finding, is_ok
from nst_core.shared.wire.messages import Pixels, StyleFile, Stylize
from nst_core.system import huge_pages

pytestmark = pytest.mark.slow

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="plays what happens on Linux")

POLLUTED = {
    "AppImage": {
        "APPDIR": "{trap}",
        "LD_LIBRARY_PATH": "{trap}",
        "PYTHONHOME": "{trap}",
        "PYTHONPATH": "{trap}",
        "GI_TYPELIB_PATH": "{trap}",
        "GTK_PATH": "{trap}",
        "PATH": "{trap}",
    },
    "macOS": {
        "PYTHONHOME": "{trap}",
        "PYTHONPATH": "{trap}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DYLD_LIBRARY_PATH": "{trap}",
        "SSL_CERT_FILE": "{trap}/none",
        "GTK_EXE_PREFIX": "{trap}",
    },
    "Snap": {"SNAP": "{trap}", "LD_LIBRARY_PATH": "{trap}", "LD_PRELOAD": "{trap}/none.so", "PYTHONPATH": "{trap}"},
    "virtual environment": {"VIRTUAL_ENV": "{trap}", "PYTHONSTARTUP": "{trap}/json.py", "PYTHONUSERBASE": "{trap}"},
}


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with modules and libraries that nobody wants."""
    folder = tmp_path / "träp folder"
    folder.mkdir()
    for name in ("json", "numpy", "nst_core", "encodings"):
        (folder / f"{name}.py").write_text("raise SystemError('the trap was entered')\n")
    (folder / "libm.so.6").write_text("no library")
    (folder / "libstdc++.so.6").write_text("no library")
    return folder


def job() -> Stylize:
    style = StyleFile((PHOTOGRAPHS / "coffee.jpg").read_bytes())
    settings = {"quality": "draft", "backend": "onnx", "device": "cpu"}
    return Stylize(Pixels(48, 40, bytes([0, 0, 0, 63]) * 4 * 48 * 40), (style,), settings)


@linux_only
@pytest.mark.parametrize("kind", POLLUTED)
def test_what_a_packed_gimp_exports_does_not_reach_the_engine(
    kind: str, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It paints, and of the environment it has only what it may see; the folder GIMP works in does not count."""
    monkeypatch.chdir(trap)
    polluted = {name: value.format(trap=trap) for name, value in POLLUTED[kind].items()}
    surroundings = {"HOME": str(trap.parent), "LANG": "C.UTF-8", **polluted}
    with Engine.start(default_command(), surroundings) as engine:
        seen = (Path("/proc") / str(engine.pid) / "environ").read_bytes().decode()
        assert engine.stylize(job()).pixels.width == 48
    variables = dict(line.split("=", 1) for line in seen.split("\0") if line)
    set_by_itself = {"LC_CTYPE", huge_pages.TUNABLES}  # by Python, and by the worker
    assert set(variables) <= {*launch.PASSED_ON.split(), "PATH", *set_by_itself}
    assert "LD_LIBRARY_PATH" not in variables
    assert str(trap) not in "".join(variables.values())


@linux_only
@pytest.mark.parametrize("streams", ["None", "closed"])
def test_a_host_without_a_console_starts_it(streams: str, tmp_path: Path) -> None:
    """As pythonw runs a plug-in on Windows: no standard streams, and here even their numbers free for others."""
    code = (
        "import json, os, sys\n"
        "from nst_core.shared.client import self_check; from nst_core.shared.wire import findings\n"
        "from pathlib import Path\n"
        "said, folder = sys.argv[2], Path(sys.argv[1])\n"
        "sys.stdin = sys.stdout = sys.stderr = None\n"
        "for number in (0, 1, 2) if sys.argv[3] == 'closed' else (): os.close(number)\n"
        "found = []\n"
        "self_check.examine_engine(folder, os.environ, found.append, thorough=True)\n"
        "Path(said).write_text(json.dumps(findings.to_mapping(found, '')))\n"
    )
    plug_in, said = install_plugin(tmp_path, default_command()), tmp_path / "said.json"
    subprocess.run([sys.executable, "-c", code, plug_in, said, streams], check=True)
    report = json.loads(said.read_text())
    assert report["ok"], report
    assert "onnx" in {finding["subject"] for finding in report["findings"]}


def test_an_engine_without_a_console_paints_and_says_what_is_wrong() -> None:
    """Its own Python may be one without: the wire is not its standard streams."""
    code = "import sys; sys.stdin = sys.stdout = sys.stderr = None; from nst_core.worker.server import main; main()"
    with Engine.start([sys.executable, "-u", "-c", code], os.environ) as engine:
        assert engine.stylize(job()).pixels.height == 40


def test_folders_with_spaces_and_other_letters_are_no_trouble(tmp_path: Path) -> None:
    """The profile's and the home folder; test_wheel.py has an engine in such a one, test_check_gimp.py a GIMP."""
    place = tmp_path / "Künstlerin 画家 (neu) & Co's"
    place.mkdir()
    plug_in = install_plugin(place / "GIMP" / "3.0" / "plug-ins", default_command())
    found: list[Finding] = []
    self_check.examine_engine(plug_in, {**os.environ, "HOME": str(place)}, found.append, thorough=True)
    assert is_ok(found), found
    assert str(place) in found[0].where


@linux_only
def test_a_home_that_cannot_be_written_to_is_no_trouble(tmp_path: Path) -> None:
    """Every check of an engine passes there, its painting included."""
    home = tmp_path / "home"
    home.mkdir()
    words = [sys.executable, "-c", EXAMINE, str(install_plugin(tmp_path / "plug-ins", default_command()))]
    if os.geteuid() == 0:
        read_only = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", read_only, str(home), *words]
    else:
        home.chmod(0o500)
    surroundings = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""}
    done = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["writable"] is False
    assert report["ok"], report


EXAMINE = """
import json, os, sys
from pathlib import Path
from nst_core.shared.wire import findings
from nst_core.shared.client import self_check
found = []
self_check.examine_engine(Path(sys.argv[1]), os.environ, found.append, thorough=True)
try:
    (Path.home() / "probe").touch()
    writable = True
except OSError:
    writable = False
print(json.dumps({**findings.to_mapping(found, ""), "writable": writable}))
"""


@pytest.fixture
def way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for flatpak-spawn: needs the bus that the real one needs, and writes down what it was asked."""
    program = tmp_path / "flatpak-spawn"
    program.write_text(
        "#!/bin/sh\n"
        f"printf '%s\\n' \"$@\" > {shlex.quote(str(tmp_path / 'asked'))}\n"
        '[ "$DBUS_SESSION_BUS_ADDRESS" = unix:path=/run/flatpak/bus ] || exit 3\n'
        f"[ -e {shlex.quote(str(tmp_path / 'forbidden'))} ] && "
        "echo 'Portal call failed: The name org.freedesktop.Flatpak was not provided' >&2 && exit 1\n"
        '[ "$1 $2 $3" = "--host --watch-bus --directory=/" ] || exit 4\n'
        'shift 3\ncd / && exec env -i HOME=/ PATH=/usr/bin:/bin "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(remote, "FLATPAK_SPAWN", (str(program), *remote.FLATPAK_SPAWN[1:]))
    return tmp_path


IN_FLATPAK = {
    "FLATPAK_ID": "org.gimp.GIMP",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/flatpak/bus",
    "XDG_RUNTIME_DIR": "/run/user/1000",
    "LD_LIBRARY_PATH": "/app/lib",
}


@linux_only
def test_a_flatpak_starts_its_engine_outside(way_out: Path) -> None:
    """With the very command of engine.json, so that one profile serves a Flatpak and the system's GIMP alike."""
    with Engine.start(default_command(), IN_FLATPAK) as engine:
        assert engine.stylize(job()).pixels.width == 48
    asked = (way_out / "asked").read_text().splitlines()
    assert asked == ["--host", "--watch-bus", "--directory=/", *default_command()]


@linux_only
def test_a_flatpak_without_the_permission_says_how_to_get_it(way_out: Path) -> None:
    """The one command to run."""
    (way_out / "forbidden").touch()
    with pytest.raises(EngineUnreachableError, match="is a Flatpak") as caught:
        Engine.start(default_command(), IN_FLATPAK)
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP" in caught.value.remedy


def test_a_snap_says_that_it_is_one() -> None:
    """A program that exists is not found from inside: installing again would not help."""
    inside = {"SNAP_NAME": "gimp", "SNAP": "/snap/gimp/x1"}
    with pytest.raises(EngineUnreachableError, match="is a Snap") as caught:
        Engine.start(["/nowhere/engine"], inside)
    assert "Flatpak" in caught.value.remedy


def test_only_a_flatpak_goes_that_way() -> None:
    """And a command that goes it already goes it once."""
    assert remote.outside_sandbox(["engine"], {"HOME": "/"}) == ["engine"]
    assert remote.outside_sandbox(["engine"], IN_FLATPAK) == [*remote.FLATPAK_SPAWN, "engine"]
    assert remote.outside_sandbox(["flatpak-spawn", "--host", "ssh"], IN_FLATPAK) == ["flatpak-spawn", "--host", "ssh"]
    assert "LD_LIBRARY_PATH" not in launch.clean_environment(IN_FLATPAK)
    assert "DBUS_SESSION_BUS_ADDRESS" not in launch.clean_environment({"DBUS_SESSION_BUS_ADDRESS": "there"})
