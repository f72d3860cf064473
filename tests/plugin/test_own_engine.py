"""The engine that the plug-in installs by itself: a real environment, a real pip, and a folder of wheels."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from engine_wheels import make_wheel

from gimp_plugin.checkup import own_engine
from gimp_plugin.checkup.own_engine import Installation, find_python, install_option, is_repairable
from nst_core import __version__
from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import engine_command
from nst_core.shared.errors import (
    CancelledError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    NeuralStyleError,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def plug_in(tmp_path: Path) -> Path:
    folder = tmp_path / "plug-in"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Those of an artist whose pip knows one folder of wheels and nothing else."""
    (tmp_path / "wheels").mkdir()
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    return {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), **pip}


def environments(environment: dict[str, str]) -> list[Path]:
    return sorted(Path(environment["XDG_DATA_HOME"], "gimp-neural-style").glob("*engine*"))


def installed(plug_in: Path, environment: dict[str, str]) -> list[str]:
    """Install, and what was said meanwhile."""
    said: list[str] = []
    Installation(plug_in, environment, said.append, lambda _error: None).run([sys.executable])
    return said


def test_an_engine_is_installed_and_the_plug_in_starts_it(plug_in: Path, environment: dict[str, str]) -> None:
    """Into an environment in the data folder; installing again replaces it."""
    make_wheel(Path(environment["PIP_FIND_LINKS"]))
    said = installed(plug_in, environment)
    assert said[0] == "Making room for the engine…"
    assert "Looking for gimp_neural_style…" in said
    assert said[-1] == "Starting the engine for the first time…"
    (first,) = environments(environment)
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    installed(plug_in, environment)
    (second,) = environments(environment)
    assert first != second
    command = engine_command(plug_in)
    assert command[0].startswith(str(second))
    with Engine.start(command, environment) as engine:
        assert engine.ready.version == __version__


def test_a_failed_installation_leaves_no_files(plug_in: Path, environment: dict[str, str]) -> None:
    """Neither an environment nor another engine for the plug-in; the error contains pip's reason and a remedy."""
    make_wheel(Path(environment["PIP_FIND_LINKS"]), "0.0.1")
    with pytest.raises(EngineMissingError, match=r"No matching distribution.*terminal"):
        installed(plug_in, environment)
    assert environments(environment) == []
    assert list(plug_in.iterdir()) == []


def test_an_engine_that_does_not_start_is_not_kept(plug_in: Path, environment: dict[str, str]) -> None:
    """The plug-in keeps its old engine."""
    (plug_in / "engine.json").write_text('{"protocol": 0}')
    make_wheel(Path(environment["PIP_FIND_LINKS"]), start="raise SystemExit(7)\n")
    with pytest.raises(EngineCrashedError, match="7"):
        installed(plug_in, environment)
    assert environments(environment) == []
    assert (plug_in / "engine.json").read_text() == '{"protocol": 0}'


def test_an_installation_can_be_cancelled(plug_in: Path, environment: dict[str, str]) -> None:
    """No file is left."""
    make_wheel(Path(environment["PIP_FIND_LINKS"]))
    over, ends = threading.Event(), list[NeuralStyleError | None]()

    def end(error: NeuralStyleError | None) -> None:
        ends.append(error)
        over.set()

    running = Installation(plug_in, environment, lambda _said: running.cancel(), end)
    running.start([sys.executable])
    assert over.wait(60)
    assert isinstance(ends[0], CancelledError)
    assert environments(environment) == []


def test_a_python_is_found_that_makes_environments(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the system's and the user's own; one that does not work is skipped."""
    folder = Path(environment["HOME"], ".local", "bin")
    folder.mkdir(parents=True)
    for name, does in (("python3.12", "exit 1"), ("python3.13", f'exec "{sys.executable}" "$@"')):
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    assert find_python(environment)
    monkeypatch.setattr(own_engine, "PLAIN_PATH", "/nowhere")
    assert find_python(environment) == (str(folder / "python3.13"),)
    (folder / "python3.13").unlink()
    assert find_python(environment) == ()


@pytest.mark.parametrize("wall", ["chosen", "FLATPAK_ID", "SNAP_NAME"])
def test_some_engines_must_be_installed_by_hand(plug_in: Path, environment: dict[str, str], wall: str) -> None:
    """If the user has chosen one, or in a sandbox: there is a command to copy."""
    assert install_option(plug_in, environment).python
    if wall == "chosen":
        entry = {"protocol": 1, "chosen": True, "command": ["ssh", "studio", "neural-style", "worker"]}
        (plug_in / "engine.json").write_text(json.dumps(entry))
    else:
        environment[wall] = "gimp"
    option = install_option(plug_in, environment)
    assert option.python == ()
    assert "neural-style install" in option.by_hand


def test_only_a_missing_or_outdated_engine_is_repairable() -> None:
    """And nothing else."""
    assert is_repairable(EngineMissingError("", ""))
    assert is_repairable(EngineMismatchError("", ""))
    assert not is_repairable(EngineCrashedError("", ""))
