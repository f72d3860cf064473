"""Putting the plug-in into GIMP profiles."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import nst_core
from nst_core import install
from nst_core.errors import UnwritableOutputError
from nst_core.protocol import PROTOCOL

COMMAND = ["engine", "--quiet"]
ROOTS = (
    ".config/GIMP/3.0",
    ".config/GIMP/3.2",
    ".var/app/org.gimp.GIMP/config/GIMP/3.0",
    "snap/gimp/current/GIMP/3.0",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, with no GIMP."""
    for name in ("XDG_CONFIG_HOME", "GIMP3_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")


@linux_only
def test_every_kind_of_profile_is_found(home: Path) -> None:
    """System packages, Flatpak and Snap each keep profiles elsewhere; newer versions come first."""
    for root in ROOTS:
        (home / root).mkdir(parents=True)
    found = install.gimp_profiles()
    assert sorted(found) == sorted(home / root for root in ROOTS)
    assert found[0].name == "3.2"


@linux_only
def test_gimp_2_files_and_links_to_the_same_profile_do_not_count(home: Path) -> None:
    """Only folders of GIMP 3 are profiles, and each only once."""
    gimp = home / ".config" / "GIMP"
    (gimp / "2.10").mkdir(parents=True)
    (gimp / "3.0").mkdir()
    (gimp / "3.1").write_text("no folder")
    linked = home / ".var" / "app" / "org.gimp.GIMP" / "config"
    linked.mkdir(parents=True)
    (linked / "GIMP").symlink_to(gimp)
    assert install.gimp_profiles() == [gimp / "3.0"]


def test_the_variable_that_gimp_honours_is_honoured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIMP3_DIRECTORY names the only profile."""
    (home / ".config" / "GIMP" / "3.0").mkdir(parents=True)
    own = home / "own profile"
    own.mkdir()
    monkeypatch.setenv("GIMP3_DIRECTORY", str(own))
    assert install.gimp_profiles() == [own]


@linux_only
@pytest.mark.usefixtures("home")
def test_without_gimp_the_remedy_is_told() -> None:
    """No folder is invented for a GIMP that was never started."""
    with pytest.raises(install.GimpMissingError, match="start GIMP 3 once"):
        install.require_profiles()


def test_the_plugin_folder_is_complete(tmp_path: Path) -> None:
    """Entry, plug-in, slice, presets and engine.json are all there, and no compiled leftovers."""
    folder = install.install_plugin(tmp_path / "plug-ins", COMMAND)
    assert folder == tmp_path / "plug-ins" / "neural-style"
    assert json.loads((folder / "engine.json").read_text("utf-8")) == {
        "protocol": PROTOCOL,
        "version": nst_core.__version__,
        "command": COMMAND,
    }
    assert {path.stem for path in (folder / "nst_core").glob("*.py")} == set(install.SLICE)
    assert {path.name for path in (folder / "gimp_plugin").glob("*.py")} >= {"__init__.py", "procedure.py"}
    presets = Path(nst_core.__file__).parent / "styles"
    assert sorted(p.name for p in (folder / "nst_core" / "styles").iterdir()) == sorted(
        p.name for p in presets.iterdir() if p.name != "__pycache__"
    )
    assert not list(folder.rglob("__pycache__"))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no executable bit")
def test_the_entry_file_is_executable(tmp_path: Path) -> None:
    """GIMP silently passes over an entry file that is not."""
    folder = install.install_plugin(tmp_path, COMMAND)
    assert (folder / "neural-style.py").stat().st_mode & stat.S_IXOTH


def test_the_installed_slice_works_alone(tmp_path: Path) -> None:
    """A Python without any package imports every installed module of the slice and lists the same presets."""
    folder = install.install_plugin(tmp_path, COMMAND)
    script = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]);"
        "[importlib.import_module('nst_core.' + name) for name in sys.argv[2:] if name != '__init__'];"
        "import nst_core; assert nst_core.__file__.startswith(sys.argv[1]);"
        "from nst_core.launch import engine_command; from pathlib import Path;"
        "print(engine_command(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(folder), *install.SLICE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(COMMAND)


def test_installing_again_replaces_everything(tmp_path: Path) -> None:
    """Files of an older version do not survive, and nothing is left beside the plug-in."""
    folder = install.install_plugin(tmp_path, COMMAND)
    stale = folder / "gimp_plugin" / "stale.py"
    stale.write_text("")
    install.install_plugin(tmp_path, ["another"])
    assert not stale.exists()
    assert install.installed_engine(tmp_path) == {
        "protocol": PROTOCOL,
        "version": nst_core.__version__,
        "command": ["another"],
    }
    assert list(tmp_path.iterdir()) == [folder]


def test_a_failed_installation_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk half-way costs nothing, and the next try works."""
    folder = install.install_plugin(tmp_path, COMMAND)
    copy = shutil.copyfile

    def full(*_: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UnwritableOutputError, match="No space left on device"):
        install.install_plugin(tmp_path, ["another"])
    assert install.installed_engine(tmp_path) is not None
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "neural-style.py").is_file()
    monkeypatch.setattr(shutil, "copyfile", copy)
    install.install_plugin(tmp_path, ["another"])
    assert (install.installed_engine(tmp_path) or {})["command"] == ["another"]


def test_a_linked_plugin_is_replaced_and_its_source_kept(tmp_path: Path) -> None:
    """A link put there by a developer goes; what it points to stays."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "precious.py").write_text("")
    plug_ins = tmp_path / "plug-ins"
    plug_ins.mkdir()
    (plug_ins / "neural-style").symlink_to(source)
    folder = install.install_plugin(plug_ins, COMMAND)
    assert not folder.is_symlink()
    assert (source / "precious.py").exists()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """Where no folder can be made there is one sentence, no traceback."""
    (tmp_path / "plug-ins").write_text("")
    with pytest.raises(UnwritableOutputError, match="cannot be put into"):
        install.install_plugin(tmp_path / "plug-ins", COMMAND)


def test_uninstalling_removes_all_of_it(tmp_path: Path) -> None:
    """What was installed goes, other plug-ins stay, and a second time there is nothing to do."""
    other = tmp_path / "other"
    other.mkdir()
    folder = install.install_plugin(tmp_path, COMMAND)
    assert install.uninstall_plugin(tmp_path) == folder
    assert list(tmp_path.iterdir()) == [other]
    assert install.uninstall_plugin(tmp_path) is None


def test_a_broken_engine_file_is_told_from_a_missing_plugin(tmp_path: Path) -> None:
    """No plug-in gives None, an unusable engine.json an empty answer."""
    assert install.installed_engine(tmp_path) is None
    folder = install.install_plugin(tmp_path, COMMAND)
    for content in ("", "[1]", "{"):
        (folder / "engine.json").write_text(content)
        assert install.installed_engine(tmp_path) == {}


def test_the_default_command_starts_this_python_in_isolation() -> None:
    """The engine is this environment's own, whatever GIMP exports."""
    command = install.default_command()
    assert command[0] == sys.executable
    assert command[1:] == ["-I", "-u", "-m", "nst_core.worker"]
