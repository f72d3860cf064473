"""Where GIMP keeps its profiles and how it is started, on every system, looked at on this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nst_core.setup import gimp_locations
from nst_core.setup.gimp_locations import Console, profiles

LAYOUTS = {
    "Debian": ("linux", {}, ".config/GIMP/3.0"),
    "rpm, with a config folder of its own": ("linux", {"XDG_CONFIG_HOME": "{home}/conf"}, "conf/GIMP/3.2"),
    "AppImage of a later version": ("linux", {}, ".config/GIMP/3.4"),
    "Flatpak that keeps to itself": ("linux", {}, ".var/app/org.gimp.GIMP/config/GIMP/3.0"),
    "Flatpak in the host's folder": ("linux", {"XDG_CONFIG_HOME": "{home}/conf"}, ".config/GIMP/3.0"),
    "Snap": ("linux", {}, "snap/gimp/current/.config/GIMP/3.0"),
    "Snap, common to its versions": ("linux", {}, "snap/gimp/common/.config/GIMP/3.0"),
    "Snap of old": ("linux", {}, "snap/gimp/current/GIMP/3.0"),
    "Windows": ("win32", {"APPDATA": "{home}/Roaming"}, "Roaming/GIMP/3.0"),
    "Windows without variables": ("win32", {}, "AppData/Roaming/GIMP/3.0"),
    "Microsoft Store": (
        "win32",
        {"LOCALAPPDATA": "{home}/Local"},
        "Local/Packages/GIMP.43237F745622_abc/LocalCache/Roaming/GIMP/3.0",
    ),
    "macOS": ("darwin", {}, "Library/Application Support/GIMP/3.0"),
    "a folder by name": ("linux", {"GIMP3_DIRECTORY": "{home}/elsewhere"}, "elsewhere"),
    "a name that counts from home": ("win32", {"GIMP3_DIRECTORY": "my gimp"}, "my gimp"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_profile_of_every_way_to_install_gimp_is_found(layout: str, tmp_path: Path) -> None:
    """Alone, and as it is; folders of GIMP 2 and of other programs do not count."""
    system, variables, folder = LAYOUTS[layout]
    environment = {name: value.format(home=tmp_path) for name, value in variables.items()}
    profile = tmp_path / folder
    profile.mkdir(parents=True)
    if "GIMP3_DIRECTORY" not in environment:
        (profile.parent / "2.10").mkdir()
    (tmp_path / ".config" / "inkscape").mkdir(parents=True)
    assert [found.folder for found in profiles(system, environment, tmp_path)] == [profile]


def test_all_profiles_are_found_newest_first_and_each_once(tmp_path: Path) -> None:
    """A Flatpak's folder may be a link to the system's, and 3.10 is newer than 3.2."""
    gimp = tmp_path / ".config" / "GIMP"
    for version in ("3.0", "3.10", "3.2"):
        (gimp / version).mkdir(parents=True)
    (gimp / "3.1").write_text("no folder")
    linked = tmp_path / ".var" / "app" / "org.gimp.GIMP" / "config"
    linked.mkdir(parents=True)
    (linked / "GIMP").symlink_to(gimp)
    (tmp_path / "snap/gimp/x1/.config/GIMP/3.0").mkdir(parents=True)
    (tmp_path / "snap/gimp/current").symlink_to("x1")
    found = profiles("linux", {}, tmp_path)
    assert [profile.folder.name for profile in found] == ["3.10", "3.2", "3.0", "3.0"]
    assert [profile.kind for profile in found][-1] == "Snap"


def test_a_named_folder_is_the_only_one(tmp_path: Path) -> None:
    """GIMP3_DIRECTORY wins; a folder that is not there is no profile."""
    (tmp_path / ".config/GIMP/3.0").mkdir(parents=True)
    (tmp_path / "own").mkdir()
    assert [p.folder for p in profiles("linux", {"GIMP3_DIRECTORY": "own"}, tmp_path)] == [tmp_path / "own"]
    assert profiles("linux", {"GIMP3_DIRECTORY": "gone"}, tmp_path) == []


def test_a_relative_config_folder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the specification of XDG_CONFIG_HOME demands."""
    (tmp_path / "conf/GIMP/3.0").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert profiles("linux", {"XDG_CONFIG_HOME": "conf"}, tmp_path) == []


@pytest.mark.parametrize(
    ("system", "program"),
    [
        ("win32", "Programs/GIMP 3/bin/gimp-console-3.0.exe"),
        ("win32", "PF/GIMP 3/bin/gimp-console-3.2.exe"),
        ("win32", "Microsoft/WindowsApps/gimp-console-3.exe"),
        ("darwin", "Applications/GIMP.app/Contents/MacOS/gimp-console"),
    ],
)
def test_the_console_is_found_where_each_system_installs_it(system: str, program: str, tmp_path: Path) -> None:
    """Paths with patterns in them, for versions to come."""
    path = tmp_path / program
    path.parent.mkdir(parents=True)
    path.touch()
    environment = {"LOCALAPPDATA": str(tmp_path), "PROGRAMFILES": str(tmp_path / "PF")}
    here = [
        one
        for one in gimp_locations.console_candidates(system, environment, tmp_path)
        if str(tmp_path) in one.command[0]
    ]
    assert [console.command for console in gimp_locations.installed_consoles(here)] == [(str(path),)]


@pytest.mark.skipif(os.name == "nt", reason="programs have another form")
def test_one_program_under_two_names_is_one_gimp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link from gimp-console to gimp-console-3.0; a Flatpak beside it counts."""
    for name in ("gimp-console-3.0", "flatpak"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "gimp-console").symlink_to("gimp-console-3.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = gimp_locations.installed_consoles(gimp_locations.console_candidates("linux", {}, tmp_path))
    assert [console.kind for console in found] == ["system", "Flatpak"]
    assert found[1].command[1:] == ("run", "--command=gimp-console", "org.gimp.GIMP")


def test_a_program_that_is_not_there_is_no_gimp(tmp_path: Path) -> None:
    """Nothing is started to find out."""
    assert gimp_locations.installed_consoles([Console("none", (str(tmp_path / "nothing"),))]) == []
