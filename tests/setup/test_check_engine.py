"""The examination of an engine, and of it through the wire; what is broken is named, and the rest still examined."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from children import stand_in_engine
from command_line import run

import nst_core
from nst_core.setup import check_engine, plugin_installer
from nst_core.shared.client import self_check
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import DamagedWeightsError, EngineCrashedError, ProtocolError
from nst_core.shared.presets import lookup
from nst_core.shared.wire.findings import MAX_TEXT, Finding, is_ok, to_mapping
from nst_core.shared.wire.messages import Found
from nst_core.shared.wire.protocol import decode_event, encode
from nst_core.vgg import weights

pytestmark = pytest.mark.slow


def states(findings: list[Finding], subject: str) -> list[str]:
    return [finding.state for finding in findings if finding.subject == subject]


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A GIMP profile, and a home, of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "presets"))
    own = tmp_path / "profile"
    own.mkdir()
    monkeypatch.setenv("GIMP3_DIRECTORY", str(own))
    return own


def test_a_healthy_engine_has_no_problem() -> None:
    """Every check passes, the engine really having run, and the report is JSON with the keys that are promised."""
    findings = list(check_engine.examine())
    assert [finding for finding in findings if finding.state == "problem"] == []
    trial = next(finding for finding in findings if finding.subject == "onnx")
    assert trial.where == "cpu"
    assert "s a step" in trial.text
    report = to_mapping(findings, nst_core.__version__)
    assert json.loads(json.dumps(report)) == report
    assert (report["report"], report["ok"], report["version"]) == (1, True, nst_core.__version__)
    assert all(set(entry) == {"subject", "state", "text", "remedy", "where"} for entry in report["findings"])


def test_a_plugin_asks_its_engine_to_examine_itself(profile: Path) -> None:
    """Through engine.json and the wire: the same lines as here."""
    folder = plugin_installer.install_plugin(profile / "plug-ins", plugin_installer.default_command())
    found: list[Finding] = []
    self_check.examine_engine(folder, os.environ, found.append, thorough=True)
    assert is_ok(found), found
    assert [finding.subject for finding in found][:2] == ["engine.json", "engine"]
    assert {finding.subject for finding in found} >= {"python", "weights", "onnx", "memory", "presets", "locale"}
    assert "ready in" in found[1].text


BREAKAGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "no engine.json": (lambda file: file.unlink(), ["does not exist", "neural-style install"]),
    "no JSON": (lambda file: file.write_text("{"), ["cannot be read", "neural-style install"]),
    "no command": (lambda file: file.write_text('{"protocol": 1}'), ["names no command", "neural-style install"]),
    "points nowhere": (
        lambda file: file.write_text('{"protocol": 1, "command": ["/nowhere/engine"]}'),
        ["/nowhere/engine", "neural-style install"],
    ),
    "of the future": (
        lambda file: file.write_text('{"protocol": 9, "command": ["engine"]}'),
        ["protocol 9", "neural-style install"],
    ),
    "dies at once": (
        lambda file: file.write_text(json.dumps({"protocol": 1, "command": [sys.executable, "-c", "1/0"]})),
        ["ended with code 1", "ZeroDivisionError", "neural-style install"],
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_engine_is_exactly_what_is_reported(profile: Path, breakage: str) -> None:
    """One problem, with the reason and the remedy."""
    break_it, words = BREAKAGES[breakage]
    folder = plugin_installer.install_plugin(profile / "plug-ins", plugin_installer.default_command())
    break_it(folder / "engine.json")
    found: list[Finding] = []
    self_check.examine_engine(folder, os.environ, found.append, thorough=True)
    (problem,) = [finding for finding in found if finding.state == "problem"]
    for word in words:
        assert word in str(problem)


def test_an_engine_of_another_version_is_a_problem(profile: Path) -> None:
    """The stand-in says that it is version 0."""
    folder = plugin_installer.install_plugin(profile / "plug-ins", stand_in_engine("old"))
    found: list[Finding] = []
    self_check.examine_engine(folder, os.environ, found.append, thorough=False)
    assert states(found, "engine") == ["problem"]
    assert "version 0," in found[-1].text


def test_an_engine_that_dies_in_its_examination_ends_it() -> None:
    """Nobody waits for what will not come."""
    script = (
        "import os, sys; from nst_core.setup import check_engine; from nst_core.worker import server\n"
        "check_engine.examine = lambda: iter(lambda: os._exit(7), None)\n"
        "server.main()"
    )
    with (
        Engine.start([sys.executable, "-u", "-c", script], os.environ) as engine,
        pytest.raises(EngineCrashedError, match="code 7"),
    ):
        engine.examine(lambda _: None)


def test_damaged_weights_are_a_problem_and_the_rest_is_still_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """One broken part does not hide the others."""

    def damaged(name: str) -> Path:
        raise DamagedWeightsError(f"the model file {name} is damaged", "install Neural Style again")

    monkeypatch.setattr(weights, "verified", damaged)
    findings = list(check_engine.examine())
    assert states(findings, "weights") == ["problem"]
    assert states(findings, "python") == ["ok"]
    assert states(findings, "memory")
    assert not is_ok(findings)


def test_missing_torch_is_a_note_and_missing_onnx_runtime_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch is optional; the remedy names the extra that brings what is missing."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "nst_core.backends.onnx_session", raising=False)
    (note,) = check_engine._backend("torch", "torch")
    (problem,) = check_engine._backend("onnx", "onnxruntime")
    assert (note.state, problem.state) == ("note", "problem")
    assert "gimp-neural-style[torch]" in note.remedy
    assert "gimp-neural-style[cpu]" in problem.remedy


def test_a_broken_preset_is_named(tmp_path: Path) -> None:
    """A preset that cannot be used is told with its folder."""
    assert lookup.user_root().is_relative_to(tmp_path)
    broken = lookup.user_root() / "broken-one"
    broken.mkdir(parents=True)
    (broken / "preset.json").write_text("{")
    problems = [finding for finding in self_check.preset_findings() if finding.state == "problem"]
    assert [problem.where for problem in problems] == ["broken-one"]


@pytest.mark.skipif(os.name == "nt", reason="a program of Unix stands in for ssh")
def test_with_an_engine_elsewhere_the_presets_are_those_of_here(profile: Path, tmp_path: Path) -> None:
    """The far machine's presets are not the ones that the artist sees: it finds another broken one."""
    for place, name in ((lookup.user_root(), "here"), (tmp_path / "far/gimp-neural-style/presets", "there")):
        (place / name).mkdir(parents=True)
        (place / name / "preset.json").write_text("{")
    engine = (
        "from nst_core.setup import check_engine; from nst_core.shared.client import self_check; "
        "from nst_core.worker import server; check_engine.examine = self_check.preset_findings; server.main()"
    )
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nXDG_DATA_HOME='{tmp_path}/far' exec '{sys.executable}' -I -u -c '{engine}'\n")
    ssh.chmod(0o755)
    folder = plugin_installer.install_plugin(profile / "plug-ins", [str(ssh), "studio"])
    found: list[Finding] = []
    self_check.examine_engine(folder, os.environ, found.append, thorough=True)
    assert [finding.where for finding in found if finding.subject == "presets"] == ["", "here"]
    assert "on studio" in found[1].text


def test_memory_is_what_a_container_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the machine has beside that."""
    monkeypatch.setattr("nst_core.system.memory.available", lambda: 2**29)
    (finding,) = check_engine._memory()
    assert finding.state == "note"
    assert finding.text.startswith("0.5 of ")
    assert finding.remedy


def test_an_old_python_and_missing_built_in_presets_are_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its remedy."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(self_check, "list_presets", lambda: lookup.Listing((), ()))
    for check in (check_engine._python, self_check.preset_findings):
        (finding,) = check()
        assert (finding.state, bool(finding.remedy)) == ("problem", True)


def test_file_names_without_utf_8_are_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures with other letters in their names would not be found."""
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    (finding,) = check_engine._locale()
    assert finding.state == "note"
    assert "UTF-8" in finding.remedy


def test_an_accident_inside_a_check_becomes_a_finding() -> None:
    """The examination itself never breaks."""

    def accident() -> list[Finding]:
        raise RuntimeError("oh")

    (finding,) = check_engine.guarded("memory", accident)
    assert finding.state == "problem"
    assert "RuntimeError: oh" in finding.text


def test_a_finding_is_one_line_of_bounded_length() -> None:
    """What went wrong may come with a page of text; a report has one line for each finding."""

    def accident() -> list[Finding]:
        raise RuntimeError("oh\n\n  no\r\n" + "x" * 10**5)

    (finding,) = check_engine.guarded("memory", accident, "a\nplace")
    assert len(str(finding).splitlines()) == 1
    assert finding.text.startswith("RuntimeError: oh no xxx")
    assert len(finding.text) == MAX_TEXT


def test_without_a_thread_left_the_engine_is_the_problem(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python says so with a RuntimeError: one finding, and no traceback."""
    folder = plugin_installer.install_plugin(profile / "plug-ins", plugin_installer.default_command())

    def scarce(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", scarce)
    found: list[Finding] = []
    self_check.examine_engine(folder, os.environ, found.append, thorough=True)
    assert states(found, "engine") == ["problem"]
    assert "can't start new thread" in found[-1].text
    assert found[-1].remedy


def test_a_problem_gives_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """For scripts; without one it is 0."""
    for state, code in (("ok", 0), ("note", 0), ("problem", 1)):
        found = [Finding("memory", state, "so it is", "do this", "here")]  # type: ignore[arg-type]
        monkeypatch.setattr(check_engine, "examine", lambda found=found: iter(found))
        monkeypatch.setattr("nst_core.setup.check_gimp.examine", lambda *_: iter(()))
        result = run("doctor")
        assert (result.exit_code, result.stdout) == (code, f"{state:8}memory (here): so it is; do this\n")


def test_a_finding_crosses_the_wire_and_a_false_one_does_not() -> None:
    """A state that nobody knows is a breach of the protocol."""
    finding = Finding("onnx", "note", "slow", "wait", "cpu")
    frame = encode(Found(3, finding))
    assert decode_event(frame) == Found(3, finding)
    for change in ({"state": "fine"}, {"text": 3}, {"more": ""}):
        fields = {**frame.fields, "finding": {**asdict(finding), **change}}
        with pytest.raises(ProtocolError):
            decode_event(type(frame)(fields))
    with pytest.raises(ProtocolError):
        decode_event(type(frame)({**frame.fields, "finding": None}))
