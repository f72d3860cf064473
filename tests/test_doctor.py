"""The examination of an installation."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

import nst_core
from nst_core import doctor, install, presets, weights
from nst_core.errors import DamagedWeightsError

if TYPE_CHECKING:
    from pathlib import Path


def states(findings: list[doctor.Finding], subject: str) -> list[str]:
    return [finding.state for finding in findings if finding.subject.startswith(subject)]


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A GIMP profile, and a home, of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "presets"))
    own = tmp_path / "profile"
    own.mkdir()
    monkeypatch.setenv("GIMP3_DIRECTORY", str(own))
    return own


def test_a_healthy_installation_has_no_problem(profile: Path) -> None:
    """With the plug-in in place every check passes, the engine really having run."""
    install.install_plugin(profile / "plug-ins", install.default_command())
    findings = doctor.examine()
    assert [finding for finding in findings if finding.state == "problem"] == []
    trial = next(finding for finding in findings if finding.subject == "onnx on cpu")
    assert "s a step" in trial.text
    answer = doctor.to_mapping(findings)
    assert answer["ok"] is True
    assert json.loads(json.dumps(answer)) == answer


def test_a_missing_plugin_is_a_note_and_an_old_one_a_problem(profile: Path) -> None:
    """Whoever only uses the shell needs no plug-in; one of another version would not work."""
    assert [finding.state for finding in doctor._gimp()] == ["note"]
    folder = install.install_plugin(profile / "plug-ins", ["engine"])
    assert [finding.state for finding in doctor._gimp()] == ["ok"]
    (folder / "engine.json").write_text(json.dumps({"protocol": 0, "version": "0.0.1", "command": ["engine"]}))
    (finding,) = doctor._gimp()
    assert finding.state == "problem"
    assert "0.0.1" in str(finding)
    assert "install" in finding.remedy


def test_no_gimp_at_all_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command line works without GIMP."""
    monkeypatch.setenv("GIMP3_DIRECTORY", str(tmp_path / "gone"))
    assert [finding.state for finding in doctor._gimp()] == ["note"]


def test_damaged_weights_are_a_problem_and_the_rest_is_still_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """One broken part does not hide the others."""

    def damaged(name: str) -> Path:
        raise DamagedWeightsError(f"the model file {name} is damaged", "install Neural Style again")

    monkeypatch.setattr(weights, "verified", damaged)
    findings = doctor.examine()
    assert states(findings, "weights") == ["problem"]
    assert states(findings, "python") == ["ok"]
    assert states(findings, "memory")
    assert doctor.to_mapping(findings)["ok"] is False


def test_missing_torch_is_a_note_and_missing_onnx_runtime_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch is optional; the default backend is not."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert [finding.state for finding in doctor._backend("torch", "torch")] == ["note"]
    assert [finding.state for finding in doctor._backend("onnx", "onnxruntime")] == ["problem"]


def test_a_broken_preset_is_named(tmp_path: Path) -> None:
    """A preset that cannot be used is told with its folder."""
    assert presets.user_root().is_relative_to(tmp_path)
    broken = presets.user_root() / "broken-one"
    broken.mkdir(parents=True)
    (broken / "preset.json").write_text("{")
    problems = [finding for finding in doctor._presets() if finding.state == "problem"]
    assert any("broken-one" in str(finding) for finding in problems)


def test_an_accident_inside_a_check_becomes_a_finding() -> None:
    """The examination itself never breaks."""

    def accident() -> list[doctor.Finding]:
        raise RuntimeError("oh")

    (finding,) = doctor._guarded("memory", accident)
    assert finding.state == "problem"
    assert "RuntimeError: oh" in finding.text


def test_the_version_is_told() -> None:
    """Reports from artists name the version."""
    assert nst_core.__version__ in str(doctor._python()[0])
