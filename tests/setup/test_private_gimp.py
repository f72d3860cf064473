"""The private GIMP: what is asked of the machine, and that nothing of it is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from children import comes_true

from demo import gimp as gimp_module
from demo import private_gimp
from demo.gimp import Gimp
from demo.private_gimp import GimpUnavailableError, ensure, enter

REPOSITORY = Path(__file__).resolve().parents[2]
ALLOWED = Path("/etc/debian_version").exists() and os.geteuid() == 0
root_on_debian = pytest.mark.skipif(not ALLOWED, reason="only root on Debian can fetch one")


def silent(_text: str) -> None:
    pass


@pytest.fixture
def private(gimp: Gimp) -> Path:
    if gimp.root is None:
        pytest.skip("the machine's own GIMP is used")
    return gimp.root


def running(word: str) -> list[int]:
    """Processes with this word on their command lines."""
    found = psutil.process_iter(["cmdline"])
    return [process.pid for process in found if any(word in part for part in process.info["cmdline"] or ())]


def broken_debootstrap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that begins, and then ends as with an unknown suite."""
    program = folder / "debootstrap"
    program.write_text('#!/bin/sh\nmkdir -p "$3/usr"\necho "E: No such script: $2"\necho "ended"\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@root_on_debian
def test_a_failed_fetch_gives_its_reason_and_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remains of the first try are removed before the second."""
    broken_debootstrap(tmp_path, monkeypatch)
    cache = tmp_path / "cache"
    with pytest.raises(GimpUnavailableError, match="No such script: nowhere"):
        ensure(cache, "nowhere", silent)
    remains = cache / "nowhere" / "root" / "usr" / "remains"
    remains.touch()
    assert not (cache / "nowhere" / "complete").exists()
    said: list[str] = []
    with pytest.raises(GimpUnavailableError, match="No such script: nowhere"):
        ensure(cache, "nowhere", said.append)
    assert not remains.exists()
    assert "remains" in said[0]


@root_on_debian
def test_an_older_list_of_packages_is_brought_up_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched stays."""
    kept = tmp_path / "nowhere" / "root" / "usr" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (tmp_path / "nowhere" / "complete").write_text("nowhere gimp")
    asked: list[str] = []
    monkeypatch.setattr(private_gimp, "_require", lambda command, _log: asked.append(" ".join(command)))
    assert ensure(tmp_path, "nowhere", silent) == kept.parent.parent
    assert kept.exists()
    assert any("install" in command and "gir1.2-atspi-2.0" in command for command in asked)
    assert not any("debootstrap" in command for command in asked)
    asked.clear()
    ensure(tmp_path, "nowhere", silent)
    assert asked == []


@root_on_debian
def test_an_interrupted_addition_of_packages_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a package is not mended."""
    broken_debootstrap(tmp_path, monkeypatch)
    (tmp_path / "nowhere" / "root").mkdir(parents=True)
    (tmp_path / "nowhere" / "complete").write_text("nowhere gimp")
    with pytest.raises(GimpUnavailableError, match="could not be fetched"):  # an empty root has no apt-get
        ensure(tmp_path, "nowhere", silent)
    with pytest.raises(GimpUnavailableError, match="No such script: nowhere"):
        ensure(tmp_path, "nowhere", silent)


def test_without_root_the_reason_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written for someone who may not fetch."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(GimpUnavailableError, match="only be fetched"):
        ensure(tmp_path, "trixie", silent)
    assert not (tmp_path / "trixie" / "root").exists()


@pytest.mark.parametrize("does", ["sleep 600", "exit 1", "echo no version"])
def test_a_gimp_that_does_not_answer_is_as_good_as_none(
    does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs is waited for, but not forever."""
    program = tmp_path / gimp_module.CONSOLES[0]
    program.write_text(f"#!/bin/sh\nexec {does}\n")
    program.chmod(0o755)
    monkeypatch.setattr(gimp_module, "WAIT_SECONDS", 2.0)
    assert gimp_module._version([str(program), "--version"]) == ""


def test_a_gimp_that_cannot_be_started_is_as_good_as_none(tmp_path: Path) -> None:
    """There may be a file of that name that is no program."""
    (tmp_path / "gimp-console").touch()
    assert gimp_module._version([str(tmp_path / "gimp-console"), "--version"]) == ""


@pytest.mark.gimp
def test_inside_the_shared_folders_and_the_machine_are_seen(private: Path) -> None:
    """The repository at its own path, the machine's files below /host."""
    look = [
        "sh",
        "-c",
        f"ls {REPOSITORY}/Makefile {private_gimp.HOST}{Path(sys.executable).resolve()} && test -e /dev/null",
    ]
    done = subprocess.run(enter(private, look, [REPOSITORY]), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.gimp
def test_no_mount_outlives_what_was_run(private: Path) -> None:
    """So that the cache folder may be deleted at any time."""
    subprocess.run(enter(private, ["true"], [REPOSITORY]), check=True)
    mounts = Path("/proc/self/mountinfo").read_text()
    assert str(private) not in mounts
    assert not list((private / "host").iterdir())
    assert not list((private / str(REPOSITORY).lstrip("/")).iterdir())


@pytest.mark.gimp
def test_whatever_runs_inside_dies_with_its_starter(private: Path, tmp_path: Path) -> None:
    """The starter is killed, and gets no chance to clean up."""
    beat = tmp_path / "beat"
    command = enter(private, ["sh", "-c", f"while true; do date +%N > {beat}; sleep 0.1; done"], [tmp_path])
    starter = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"])
    assert comes_true(beat.exists)
    assert running(str(beat))
    starter.kill()
    starter.wait()
    assert comes_true(lambda: not running(str(beat)))
