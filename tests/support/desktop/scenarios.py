"""Scenarios: an artist (artists/artist.py) uses the dialog of the filter, repeatedly in one GIMP with windows."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from children import stand_in_engine
from desktop.known_plug_ins import prepare
from desktop.screens import engine_threads, gimp_with_windows, on_screen
from engine_wheels import make_wheel

from nst_core.setup.plugin_installer import default_command, install_plugin

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

INSIDE = Path(__file__).resolve().parents[2] / "gimp" / "inside"
SPEAKS = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"
PYTHON = """#!/bin/sh
{python} "$@" || exit 1
for last; do :; done
if [ -n "{way}" ] && [ -e "$last/pyvenv.cfg" ]; then
    mv "$last/bin/python" "$last/bin/python-outside"
    printf '#!/bin/sh\\nexec {way} %s/bin/python-outside "$@"\\n' "$last" >"$last/bin/python"
    chmod 755 "$last/bin/python"
fi
"""
"""A Python that makes environments whose Python runs outside of a private GIMP."""
AWAKE = {"NO_AT_BRIDGE": "0"}  # windows are accessible
STAND_INS = ("unchanged", "slow", "old")

Facts = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One opening of the dialog. name: of the function in artist.py; engine: a stand-in, `real` or `missing`.

    times: how often the artist does it. by_hand: whether the artist opens the dialog, by GIMP's menu.
    """

    name: str
    engine: str
    layers: int = 1
    times: int = 1
    by_hand: bool = False


def run_scenarios(studio: Studio, windows: Gimp, folder: Path, wanted: list[Scenario]) -> dict[str, Facts]:
    """Facts of GIMP and the artist on each scenario, by name. folder: a new one, for files and screenshots."""
    _require_readers(windows)
    profile = folder / "profile"
    prepare(windows, profile)
    mark = f"--of={folder}"  # a word on the command line, by which engines are found
    engines = {"missing": ["/nowhere/neural-style-engine"]}
    engines["real"] = studio.gimp.outside([*default_command(), mark])
    for way in STAND_INS:
        engines[way] = studio.gimp.outside(stand_in_engine(way, mark))
    plug_in = install_plugin(profile / "plug-ins", engines["unchanged"])
    _browser(folder, profile)
    style = str(studio.folder / "style.png")
    pick = {"kind": "file", "key": style, "title": "style.png", "weight": 1.0}
    (profile / "neural-style.json").write_text(json.dumps({"picks": [pick], "complete": True}))
    order = {
        "folder": str(folder),
        "photograph": str(studio.folder / "photograph.png"),
        "plug_in": str(plug_in),
        "mark": mark,
        "repaired": engines["unchanged"],
        "scenarios": [vars(one) | {"engine": engines[one.engine]} for one in wanted],
    }
    (folder / "order.json").write_text(json.dumps(order))
    told = {**AWAKE, **engine_threads(), **_wheels(windows, folder, profile), "NST_WINDOW": str(folder / "order.json")}
    told["PYTHONPATH"] = str(INSIDE)
    artist = ["dbus-run-session", "--", "python3", str(INSIDE / "artists" / "artist.py")]
    command = [*artist, *gimp_with_windows(INSIDE / "artists" / "dialog_opener.py")]
    done = windows.run(on_screen("1280x720", command), profile, told, timeout=900)
    sys.stdout.write(done.stdout)  # shown if a test fails
    answers, seen = (
        json.loads(path.read_text()) if path.exists() else {}
        for path in (folder / "answers.json", folder / "seen.json")
    )
    return {name: {**facts, **seen.get(name, {}), "folder": str(folder)} for name, facts in answers.items()}


def _wheels(windows: Gimp, folder: Path, profile: Path) -> dict[str, str]:
    """Environment variables for pip with a folder of wheels instead of the network; and a Python for environments."""
    (folder / "wheels").mkdir()
    make_wheel(folder / "wheels")
    programs = profile / "home" / ".local" / "bin"
    programs.mkdir(parents=True)
    python = shlex.join(windows.outside([os.path.realpath(sys.executable)]))
    (programs / "python3.11").write_text(PYTHON.format(python=python, way=shlex.join(windows.outside([]))))
    (programs / "python3.11").chmod(0o755)
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "wheels"), "PIP_CONFIG_FILE": os.devnull}


def _browser(folder: Path, profile: Path) -> None:
    """Install a browser that writes the address to a file."""
    applications = profile / "home" / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    reader = folder / "reader.sh"
    reader.write_text(f'#!/bin/sh\necho "$1" >"{folder}/page"\n')
    entry = f"[Desktop Entry]\nType=Application\nName=Reader\nMimeType=text/html;\nExec=/bin/sh {reader} %u\n"
    (applications / "reader.desktop").write_text(entry)
    (applications / "mimeapps.list").write_text("[Default Applications]\ntext/html=reader.desktop\n")


def _require_readers(windows: Gimp) -> None:
    """Skip the test if windows are not accessible."""
    if windows.root is None and not shutil.which("dbus-run-session"):
        pytest.skip("windows cannot be read here: install dbus")
    if windows.root is None and subprocess.run(["python3", "-c", SPEAKS], check=False).returncode:
        pytest.skip("windows cannot be read here: install at-spi2-core and gir1.2-atspi-2.0")
