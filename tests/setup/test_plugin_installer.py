"""Putting the plug-in into GIMP profiles."""

from __future__ import annotations

import json
import re
import shutil
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tomllib
from children import unix_only
from command_line import run

import nst_core
from nst_core.cli.command import main
from nst_core.setup import plugin_installer
from nst_core.shared.client.remote import FLATPAK_TALK
from nst_core.shared.errors import GimpMissingError, UnwritableOutputError
from nst_core.shared.file_lock import temporary_lock
from nst_core.shared.wire.protocol import PROTOCOL

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ["engine", "--quiet"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, with no GIMP."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "GIMP3_DIRECTORY", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_without_gimp_the_remedy_is_run() -> None:
    """No folder is invented for a GIMP that was never started."""
    with pytest.raises(GimpMissingError, match="start GIMP 3 once"):
        plugin_installer.require_profiles()


def modules_in(package: Path) -> set[str]:
    """The modules of a package and of the packages in it, by their dotted names."""
    return {".".join(path.relative_to(package).with_suffix("").parts) for path in package.rglob("*.py")}


def test_the_plugin_folder_is_complete(tmp_path: Path) -> None:
    """Entry, plug-in, slice, presets and engine.json are all there, and no compiled leftovers."""
    folder = plugin_installer.install_plugin(tmp_path / "plug-ins", COMMAND)
    assert folder == tmp_path / "plug-ins" / "neural-style"
    assert json.loads((folder / "engine.json").read_text("utf-8")) == {
        "protocol": PROTOCOL,
        "version": nst_core.__version__,
        "command": COMMAND,
    }
    assert {path.name for path in (folder / "nst_core").iterdir()} == {"__init__.py", "shared", "data"}
    assert modules_in(folder / "nst_core" / "shared") == modules_in(ROOT / "nst_core" / "shared")
    # GIMP starts the file that is named after the folder.
    assert modules_in(folder / "gimp_plugin") == modules_in(ROOT / "gimp_plugin") - {"neural-style"}
    assert (folder / "neural-style.py").is_file()
    presets = Path(nst_core.__file__).parent / "data" / "styles"
    assert sorted(p.name for p in (folder / "nst_core" / "data" / "styles").iterdir()) == sorted(
        p.name for p in presets.iterdir() if p.name != "__pycache__"
    )
    assert not list(folder.rglob("__pycache__"))


@unix_only
def test_the_entry_file_is_executable(tmp_path: Path) -> None:
    """GIMP silently passes over an entry file that is not."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    assert (folder / "neural-style.py").stat().st_mode & stat.S_IXOTH


def test_the_installed_slice_works_alone(tmp_path: Path) -> None:
    """A Python without any package imports every installed module of the slice and lists the same presets."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    script = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]);"
        "[importlib.import_module(name) for name in sys.argv[2:]];"
        "import nst_core; assert nst_core.__file__.startswith(sys.argv[1]);"
        "from nst_core.shared.client.launch import engine_command; from pathlib import Path;"
        "print(engine_command(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            script,
            str(folder),
            *(f"nst_core.shared.{name}" for name in sorted(modules_in(folder / "nst_core" / "shared"))),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(COMMAND)


def test_installing_again_replaces_everything(tmp_path: Path) -> None:
    """Files of an older version do not survive, and nothing is left beside the plug-in."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    stale = folder / "gimp_plugin" / "stale.py"
    stale.write_text("")
    plugin_installer.install_plugin(tmp_path, ["another"])
    assert not stale.exists()
    assert plugin_installer.installed_engine(tmp_path) == {
        "protocol": PROTOCOL,
        "version": nst_core.__version__,
        "command": ["another"],
    }
    assert list(tmp_path.iterdir()) == [folder]


def disk_full(*_: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_failed_installation_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk half-way costs nothing, and the next try works."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", disk_full)
        with pytest.raises(UnwritableOutputError, match="No space left on device"):
            plugin_installer.install_plugin(tmp_path, ["another"])
    assert plugin_installer.installed_engine(tmp_path) is not None
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "neural-style.py").is_file()
    plugin_installer.install_plugin(tmp_path, ["another"])
    assert (plugin_installer.installed_engine(tmp_path) or {})["command"] == ["another"]


INSTALLING = """
import sys
from pathlib import Path
from nst_core.setup import plugin_installer
place, number = Path(sys.argv[1]), sys.argv[2]
sys.stdin.readline()
for _ in range(5):
    plugin_installer.install_plugin(place, [number])
"""


def test_installations_at_the_same_time_leave_one_that_is_whole(tmp_path: Path) -> None:
    """Four programs install again and again into one folder: none fails, and what is there is one's, complete."""
    place, alone = tmp_path / "plug-ins", tmp_path / "alone"
    words = [sys.executable, "-c", INSTALLING, str(place)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    children = [subprocess.Popen([*words, str(number)], cwd=ROOT, **pipes) for number in range(4)]
    with ThreadPoolExecutor(len(children)) as waiting:
        ends = list(waiting.map(lambda child: (child.communicate("go\n", timeout=120)[1], child.returncode), children))
    assert ends == [("", 0)] * 4
    plugin_installer.install_plugin(alone, COMMAND)
    assert [path.name for path in place.iterdir()] == ["neural-style"]
    assert inside(place) == inside(alone)
    assert (plugin_installer.installed_engine(place) or {})["command"] in [[str(number)] for number in range(4)]


def test_an_installation_that_cannot_move_in_puts_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves nothing beside it."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    rename, tries = Path.rename, list[str]()

    def refusing(self: Path, target: Path) -> Path:
        tries.append(self.name)
        if len(tries) == 2:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(UnwritableOutputError, match="Permission denied"):
        plugin_installer.install_plugin(tmp_path, ["another"])
    assert len(tries) == 3
    assert list(tmp_path.iterdir()) == [folder]
    assert (plugin_installer.installed_engine(tmp_path) or {})["command"] == COMMAND


KILLED = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from nst_core.setup.plugin_installer import install_plugin
def step(event, args):
    global left
    if event == "os.rename" and str(place) in str(args[0]):  # what measures branches renames files of its own
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
place, left = Path(sys.argv[1]), int(sys.argv[2])
sys.addaudithook(step)
install_plugin(place, ["another"])
"""


@unix_only
@pytest.mark.parametrize("step", range(3))
def test_a_killed_installation_leaves_the_old_plugin_or_the_new_one(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before either of its two moves: its engine is known still, and the next try keeps it if that fails too."""
    alone, place = tmp_path / "alone", tmp_path / "plug-ins"
    for folder in (alone, place):
        plugin_installer.install_plugin(folder, COMMAND, chosen=True)
    done = subprocess.run([sys.executable, "-c", KILLED, str(place), str(step)], check=False)
    assert done.returncode == (0 if step == 2 else -signal.SIGKILL)
    assert (plugin_installer.installed_engine(place) or {})["command"] == (["another"] if step == 2 else COMMAND)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", disk_full)
        with pytest.raises(UnwritableOutputError, match="No space left"):
            plugin_installer.install_plugin(place, ["a third"])
    assert [path.name for path in place.iterdir()] == ["neural-style"]
    assert inside(place) == inside(alone)
    assert plugin_installer.chosen_engine(place) == (None if step == 2 else COMMAND)


@unix_only
def test_what_a_killed_installation_put_aside_is_removed_too(tmp_path: Path) -> None:
    """Uninstalling takes it away, and says so."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "1"], check=False)
    assert not folder.exists()
    assert plugin_installer.uninstall_plugin(tmp_path) == [folder]
    assert list(tmp_path.iterdir()) == []


def inside(folder: Path) -> set[tuple[str, int]]:
    """Names and sizes, but for what differs between engines."""
    found = [path for path in folder.rglob("*") if path.name != "engine.json"]
    return {(path.relative_to(folder).as_posix(), path.stat().st_size if path.is_file() else 0) for path in found}


def test_an_installation_waits_only_so_long_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who holds the lock for ever is told of, and nothing is touched."""
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    monkeypatch.setattr(plugin_installer, "_LOCK_SECONDS", 0.0)
    with temporary_lock(tmp_path / ".neural-style-lock", 0.0):
        with pytest.raises(UnwritableOutputError, match="another program is writing"):
            plugin_installer.install_plugin(tmp_path, ["another"])
        with pytest.raises(UnwritableOutputError, match="another program is writing"):
            plugin_installer.uninstall_plugin(tmp_path)
    assert list(tmp_path.iterdir()) == [folder]
    assert (plugin_installer.installed_engine(tmp_path) or {})["command"] == COMMAND


def test_a_linked_plugin_is_replaced_and_its_source_kept(tmp_path: Path) -> None:
    """A link put there by a developer goes; what it points to stays."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "precious.py").write_text("")
    plug_ins = tmp_path / "plug-ins"
    plug_ins.mkdir()
    (plug_ins / "neural-style").symlink_to(source)
    folder = plugin_installer.install_plugin(plug_ins, COMMAND)
    assert not folder.is_symlink()
    assert (source / "precious.py").exists()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """Where no folder can be made there is one sentence, no traceback."""
    (tmp_path / "plug-ins").write_text("")
    with pytest.raises(UnwritableOutputError, match="cannot be put into"):
        plugin_installer.install_plugin(tmp_path / "plug-ins", COMMAND)


def test_what_an_interrupted_installation_left_is_swept_away(tmp_path: Path) -> None:
    """A folder half built, or put aside, when the power failed."""
    (tmp_path / ".neural-style-0123" / "nst_core").mkdir(parents=True)
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    assert list(tmp_path.iterdir()) == [folder]
    (tmp_path / ".neural-style-4567").mkdir()
    plugin_installer.uninstall_plugin(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_plugin_folder_comes_whole_and_goes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is renamed into its place with its last file in it, and out of it before anything is deleted."""
    moved: list[tuple[str, str, bool]] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        moved.append((self.name, Path(target).name, (self / "engine.json").is_file()))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)
    for _ in range(2):
        plugin_installer.install_plugin(tmp_path, COMMAND)
    plugin_installer.uninstall_plugin(tmp_path)
    assert [target == "neural-style" for _, target, _ in moved] == [True, False, True, False]
    assert [source == "neural-style" for source, _, _ in moved] == [False, True, False, True]
    assert all(whole for _, _, whole in moved)


def test_uninstalling_removes_all_of_it(tmp_path: Path) -> None:
    """What was installed goes, and what it wrote down; other plug-ins stay; a second time there is nothing to do."""
    plug_ins = tmp_path / "plug-ins"
    strangers = [plug_ins / "other", tmp_path / "plug-in-settings", tmp_path / "gimprc"]
    for stranger in strangers:
        stranger.mkdir(parents=True)
    saved = tmp_path / "plug-in-settings" / "GimpProcedureConfigRun-plug-in-neural-style.last"
    notes = [tmp_path / "neural-style.json", tmp_path / "neural-style-pictures.json", saved]
    folder = plugin_installer.install_plugin(plug_ins, COMMAND)
    for note in notes:
        note.write_text("{}")
    assert sorted(plugin_installer.uninstall_plugin(plug_ins)) == sorted([folder, *notes])
    assert sorted([*tmp_path.iterdir(), *plug_ins.iterdir()]) == sorted([plug_ins, *strangers])
    assert list(strangers[1].iterdir()) == []
    assert plugin_installer.uninstall_plugin(plug_ins) == []


def test_a_chosen_engine_survives_an_update(tmp_path: Path) -> None:
    """One that nobody chose is replaced by the one of this environment."""
    plugin_installer.install_plugin(tmp_path, COMMAND, chosen=True)
    assert plugin_installer.chosen_engine(tmp_path) == COMMAND
    plugin_installer.install_plugin(tmp_path, COMMAND)
    assert plugin_installer.chosen_engine(tmp_path) is None
    (tmp_path / "neural-style" / "engine.json").write_text('{"chosen": true, "command": "ssh host"}')
    assert plugin_installer.chosen_engine(tmp_path) is None


def test_every_profile_gets_the_plugin_and_one_that_cannot_is_named(home: Path) -> None:
    """The others get theirs all the same; again, without the obstacle, all is well."""
    folders = [home / ".config/GIMP/3.0", home / ".var/app/org.gimp.GIMP/config/GIMP/3.2"]
    for folder in folders:
        folder.mkdir(parents=True)
    (folders[0] / "plug-ins").write_text("in the way")
    first = run("install")
    assert first.exit_code == 2
    assert str(folders[0]) in first.stderr
    assert str(folders[1] / "plug-ins" / "neural-style") in first.stdout
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP" in first.stdout
    (folders[0] / "plug-ins").unlink()
    assert run("install").exit_code == 0
    assert all((folder / "plug-ins/neural-style/engine.json").is_file() for folder in folders)
    assert run("uninstall").exit_code == 0
    assert not any((folder / "plug-ins/neural-style").exists() for folder in folders)


def test_a_profile_that_cannot_be_cleaned_does_not_keep_the_plugin_in_the_others(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and the exit code says that something is left."""
    folders = [home / ".config/GIMP/3.0", home / ".var/app/org.gimp.GIMP/config/GIMP/3.2"]
    for folder in folders:
        plugin_installer.install_plugin(folder / "plug-ins", COMMAND)
    monkeypatch.setattr(plugin_installer, "_LOCK_SECONDS", 0.0)
    with temporary_lock(folders[0] / "plug-ins" / ".neural-style-lock", 0.0):
        done = run("uninstall")
    assert done.exit_code == 2
    assert str(folders[0]) in done.stderr
    assert [(folder / "plug-ins/neural-style").exists() for folder in folders] == [True, False]


def test_an_engine_elsewhere_is_kept_until_another_is_named(home: Path) -> None:
    """Its words are split like a shell's, and no shell sees them; what it lacks now is told, and it is installed."""
    profile = home / "pro file"
    plug_ins = profile / "plug-ins"
    first = run("install", "--profile", str(profile), "--engine", "/nowhere/engine 'with a space' $HOME;")
    assert first.exit_code == 0
    assert "cannot be started" in first.stderr
    assert (plugin_installer.installed_engine(plug_ins) or {})["command"] == [
        "/nowhere/engine",
        "with a space",
        "$HOME;",
    ]
    assert "/nowhere/engine" in run("install", "--profile", str(profile)).stdout
    assert run("install", "--profile", str(profile), "--engine", "here").stderr == ""
    assert (plugin_installer.installed_engine(plug_ins) or {})["command"] == plugin_installer.default_command()
    assert run("install", "--profile", str(profile), "--engine", "ssh 'host").exit_code == 2


def test_a_broken_engine_file_is_told_from_a_missing_plugin(tmp_path: Path) -> None:
    """No plug-in gives None, an unusable engine.json an empty answer."""
    assert plugin_installer.installed_engine(tmp_path) is None
    folder = plugin_installer.install_plugin(tmp_path, COMMAND)
    for content in ("", "[1]", "{", "[" * 100_000):
        (folder / "engine.json").write_text(content)
        assert plugin_installer.installed_engine(tmp_path) == {}


def test_the_document_says_what_the_program_says() -> None:
    """docs/install.md: the permission, the sentences' remedies, the extras and the commands are the real ones."""
    document = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert FLATPAK_TALK in document
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    listed = set(re.findall(r"^\| `(\w+)` \| \w", document, re.MULTILINE))
    assert listed == set(extras) - {"dev", "export", "fuzz"}
    for line in re.findall(r"neural-style (install|uninstall|doctor)((?: --[a-z]+)*)", document):
        command, options = main.commands[line[0]], line[1].split()
        assert set(options) <= {name for parameter in command.params for name in parameter.opts}


def test_the_default_command_starts_this_python_in_isolation() -> None:
    """The engine is this environment's own, whatever GIMP exports."""
    command = plugin_installer.default_command()
    assert command[0] == sys.executable
    assert command[1:] == ["-I", "-u", "-m", "nst_core.worker"]
