"""The examination of GIMP: profiles by their files, and each GIMP by asking it. Stand-ins play those not to be had."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from children import comes_true, is_alive, unix_only

from nst_core.setup import check_gimp, plugin_installer
from nst_core.setup.check_gimp import output_of
from nst_core.setup.gimp_locations import Console, Profile, console_candidates
from nst_core.shared.wire.findings import Finding

if TYPE_CHECKING:
    from conftest import Studio


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only profile, and no GIMP on the search path."""
    own = tmp_path / "profile"
    own.mkdir()
    monkeypatch.setenv("GIMP3_DIRECTORY", str(own))
    monkeypatch.setattr(check_gimp, "console_candidates", lambda *_: [])
    return own


def stand_in(folder: Path, version: str, script: str) -> str:
    """A program that tells its version as GIMP does, and does something else when it is asked more."""
    program = folder / "gimp stand-in"
    head = f'#!/bin/sh\n[ "$1" = --version ] && echo "GNU Image Manipulation Program version {version}" && exit\n'
    program.write_text(head + script)
    program.chmod(0o755)
    return shlex.quote(str(program))


def answering(folder: Path, version: str = "3.0.4", **answer: Any) -> str:
    said = {"folder": str(folder), "python": "3.13.5", **answer}
    return stand_in(folder, version, f"echo noise; echo {shlex.quote(check_gimp.MARK + json.dumps(said))}")


def of_gimp(*commands: str) -> Finding:
    """The one finding about a GIMP."""
    (finding,) = [finding for finding in check_gimp.examine(commands, os.environ) if finding.subject == "gimp"]
    return finding


def test_the_plugin_is_looked_at_in_every_profile(profile: Path) -> None:
    """Absent is a note, for whoever only uses the shell; not executable, broken or old is a problem."""
    assert [finding.state for finding in check_gimp._plugins(os.environ)] == ["note"]
    folder = plugin_installer.install_plugin(profile / "plug-ins", plugin_installer.default_command())
    assert [finding.state for finding in check_gimp._plugins(os.environ)] == ["ok", "ok", "ok"]
    engine = json.loads((folder / "engine.json").read_text())
    (folder / "engine.json").write_text(json.dumps({**engine, "version": "0.0.1"}))
    assert "0.0.1" in str(check_gimp._plugins(os.environ)[0])
    (folder / "engine.json").write_text("{")
    assert "engine.json" in check_gimp._plugins(os.environ)[0].text
    (folder / "neural-style.py").unlink()
    for finding in check_gimp._plugins(os.environ):
        assert finding.state == "problem"
        assert "neural-style install" in finding.remedy


@unix_only
def test_an_entry_file_that_is_not_executable_is_a_problem(profile: Path) -> None:
    """GIMP passes over it without a word."""
    folder = plugin_installer.install_plugin(profile / "plug-ins", ["engine"])
    (folder / "neural-style.py").chmod(0o644)
    assert "not executable" in check_gimp._plugins(os.environ)[0].text


def test_one_engine_of_two_profiles_is_started_once(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would only say the same again."""
    folders = [profile, profile / "another"]
    for folder in folders:
        plugin_installer.install_plugin(folder / "plug-ins", plugin_installer.default_command())
    found = [Profile("", folder) for folder in folders]
    monkeypatch.setattr(check_gimp, "gimp_profiles", lambda: found)
    assert [finding.subject for finding in check_gimp._plugins(os.environ)] == [
        "plug-in",
        "plug-in",
        "engine.json",
        "engine",
    ]


def test_no_gimp_at_all_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command line works without GIMP; a GIMP 2 is none."""
    monkeypatch.setenv("GIMP3_DIRECTORY", str(tmp_path / "gone"))
    findings = list(check_gimp.examine([answering(tmp_path, "2.10.34"), "/nowhere/gimp"], os.environ))
    assert [(finding.subject, finding.state) for finding in findings] == [("plug-in", "note"), ("gimp", "note")]


def test_a_command_with_an_open_quote_is_a_problem() -> None:
    """The doctor says so, and goes on."""
    found = check_gimp.examine(["'./GIMP.AppImage --no-interface"], os.environ)
    problem = next(finding for finding in found if finding.where == "--gimp")
    assert problem.state == "problem"
    assert "close its quotes" in problem.remedy
    assert next(found).subject == "gimp"


@unix_only
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", ["cannot run Python", "python3-gi"]),
        ("echo \"ModuleNotFoundError: No module named 'gi'\"", ["cannot run Python", "No module named 'gi'"]),
        ("sleep 60 & wait", ["did not answer"]),
    ],
)
def test_a_gimp_that_gives_no_answer_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: list[str]
) -> None:
    """With its last words, and after a limited time."""
    monkeypatch.setattr(check_gimp, "BATCH_SECONDS", 1.0)
    finding = of_gimp(stand_in(tmp_path, "3.0.4", script))
    assert finding.state == "problem"
    for word in words:
        assert word in str(finding)


@unix_only
def test_what_a_gimp_answers_is_judged(tmp_path: Path, profile: Path) -> None:
    """No plug-in, one that it does not load, one whose engine does not start from there, and one that works."""
    assert "has no plug-in" in of_gimp(answering(profile)).text
    (profile / "plug-ins" / "neural-style").mkdir(parents=True)
    finding = of_gimp(answering(profile))
    assert (finding.state, "does not load" in finding.text) == ("problem", True)
    broken = {"subject": "engine", "state": "problem", "text": "is gone", "remedy": "bring it back"}
    finding = of_gimp(answering(profile, report={"findings": [broken]}))
    assert (finding.state, finding.remedy) == ("problem", "bring it back")
    finding = of_gimp(answering(tmp_path, report={"findings": [{**broken, "state": "ok"}]}))
    assert (finding.state, str(tmp_path) in finding.text) == ("ok", True)


@unix_only
def test_a_flatpak_is_asked_in_its_sandbox(tmp_path: Path, profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `flatpak run`, with the console as its program."""
    monkeypatch.setattr(check_gimp, "console_candidates", console_candidates)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    said = check_gimp.MARK + json.dumps({"folder": str(profile), "python": "3.12.1"})
    (tmp_path / "flatpak").write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "run --command=gimp-console org.gimp.GIMP" ] || exit 1\n'
        f'[ "$4" = --version ] && echo "version 3.0.8" || echo {shlex.quote(said)}\n'
    )
    (tmp_path / "flatpak").chmod(0o755)
    (finding,) = [finding for finding in check_gimp.examine((), os.environ) if finding.where == "Flatpak"]
    assert "3.0.8, Python 3.12.1" in finding.text


@unix_only
def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    """A Flatpak's or a Snap's program is a grandchild, and must not outlive the question."""
    sign = tmp_path / "grandchild"
    command = ["sh", "-c", f"sh -c 'echo $$ > {sign}; exec sleep 600' & wait"]
    with pytest.raises(subprocess.TimeoutExpired):
        output_of(command, 2.0)
    number = int(sign.read_text())
    assert comes_true(lambda: not is_alive(number))


@pytest.mark.gimp
def test_a_real_gimp_is_asked_and_answers(studio: Studio, tmp_path: Path) -> None:
    """It loads the plug-in, from a folder that is no easy one, and starts its engine; broken, it says what is."""
    profile = tmp_path / "Künstlerin 画家 (neu) & Co's"
    home = {"GIMP3_DIRECTORY": str(profile), "HOME": str(tmp_path)}
    console = Console("test", tuple(studio.gimp.command([studio.gimp.console], home)))
    folder = plugin_installer.install_plugin(
        profile / "plug-ins", studio.gimp.outside(plugin_installer.default_command())
    )
    version = check_gimp._version(console)
    assert version == studio.gimp.version
    (finding,) = check_gimp._check_console(console, version)
    assert finding.state == "ok", finding
    assert str(profile) in finding.text
    (folder / "engine.json").unlink()
    (finding,) = check_gimp._check_console(console, version)
    assert (finding.state, "engine.json does not exist" in finding.text) == ("problem", True)
    (folder / "nst_core" / "shared" / "settings.py").write_text("import nonsense\n")
    (folder / "neural-style.py").touch()
    (finding,) = check_gimp._check_console(console, version)
    assert (finding.state, "does not load the plug-in" in finding.text) == ("problem", True)
    assert "nonsense" in finding.text
