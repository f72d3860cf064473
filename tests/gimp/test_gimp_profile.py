"""One profile of a real GIMP: shared by two of them at once, and as it was after the plug-in was removed."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nst_core.setup.plugin_installer import default_command, install_plugin

if TYPE_CHECKING:
    from conftest import Facts, Studio

pytestmark = pytest.mark.gimp

PROGRAM = Path(sys.executable).with_name("neural-style")
NAMES = (b"neural-style", b"neural_style", b"NeuralStyle")
LISTS = "pluginrc"
"""GIMP's own list of what it found, which it writes anew at each start."""


def seat(studio: Studio, profile: Path, folder: Path) -> Studio:
    """A GIMP with this profile, and a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "photograph.png").write_bytes((studio.folder / "photograph.png").read_bytes())
    return replace(studio, profile=profile, plug_in=profile / "plug-ins" / "neural-style", folder=folder)


def test_two_gimps_paint_at_once_with_one_profile(studio: Studio, tmp_path: Path) -> None:
    """Both begin at the same moment; each gets its layer, with the same recipe."""
    install_plugin(tmp_path / "profile" / "plug-ins", studio.gimp.outside(default_command()))
    seats = [seat(studio, tmp_path / "profile", tmp_path / name) for name in ("one", "two")]
    signs = [str(one.folder / "here") for one in seats]
    found: list[Facts] = []

    def paint(one: Studio) -> None:
        found.append(one.check("checks/plain.py", together=signs)("painted"))

    threads = [threading.Thread(target=paint, args=(one,)) for one in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [facts["status"] for facts in found] == ["success", "success"], found
    assert max(facts["begun"] for facts in found) < min(facts["ended"] for facts in found)
    assert found[0]["recipe"] == found[1]["recipe"]


def test_uninstalling_removes_everything_of_a_plug_in_that_was_used(studio: Studio, tmp_path: Path) -> None:
    """Profile and home have the same files as before, and none contains the name of the plug-in."""
    one = seat(studio, tmp_path / "profile", tmp_path / "folder")
    (one.profile / "plug-ins").mkdir(parents=True)  # as GIMP does in a profile that it makes itself
    one.check("checks/plain.py")  # there is no plug-in: GIMP writes down the rest
    before = tree(one.profile)
    command("install", "--profile", one.profile)
    one.reach_outside()
    assert one.check("checks/plain.py")("painted")["status"] == "success"
    assert named(one.profile)
    command("uninstall", "--profile", one.profile)
    assert tree(one.profile) == before
    assert [path for path in named(one.profile) if path.name != LISTS] == []
    one.check("checks/plain.py")
    assert named(one.profile) == []


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def named(folder: Path) -> list[Path]:
    """Files that speak of us."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(name in path.read_bytes() for name in NAMES)]


def command(*words: object) -> None:
    done = subprocess.run([str(PROGRAM), *map(str, words)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
