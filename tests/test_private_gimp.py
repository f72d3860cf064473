"""The private GIMP: what is asked of the machine, and that nothing of it is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import private_gimp
from demo.gimp import Gimp
from demo.private_gimp import GimpUnavailableError, ensure, enter

REPOSITORY = Path(__file__).resolve().parent.parent
ALLOWED = Path("/etc/debian_version").exists() and os.geteuid() == 0
root_on_debian = pytest.mark.skipif(not ALLOWED, reason="only root on Debian can fetch one")


def silent(_text: str) -> None:
    pass


@pytest.fixture
def private(gimp: Gimp) -> Path:
    if gimp.root is None:
        pytest.skip("the machine's own GIMP is used")
    return gimp.root


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


def test_without_root_the_reason_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written for someone who may not fetch."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(GimpUnavailableError, match="only be fetched"):
        ensure(tmp_path, "trixie", silent)
    assert not (tmp_path / "trixie" / "root").exists()


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
    deadline = time.monotonic() + 20
    while not beat.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert beat.exists()
    starter.kill()
    starter.wait()
    time.sleep(1)
    last = beat.read_text()
    time.sleep(1)
    assert beat.read_text() == last
