"""What a job will do and cost, said before it is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from nst_core.cli.options import settings_from
from nst_core.painting import job_plan

CAT = Path(__file__).resolve().parents[2] / "demo" / "photographs" / "cat.jpg"
ONNX = ["--backend", "onnx"]


@pytest.fixture(autouse=True)
def soon_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The speed is measured with a small picture."""
    monkeypatch.setitem(job_plan._SIDES, "cpu", 64)


def planned(*words: str | Path) -> dict[str, Any]:
    result = run("plan", CAT, "--json", *ONNX, *words)
    assert result.exit_code == 0, result.output
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def test_a_plan_tells_sizes_steps_time_and_memory() -> None:
    """The octaves that a run of this size has; time and memory are amounts, not guesses of zero."""
    plan = planned("--size", "320")
    assert plan["size"] == [320, 213]
    assert plan["octaves"] == [
        {"size": [80, 53], "steps": 11, "tile": 0},
        {"size": [160, 106], "steps": 7, "tile": 0},
        {"size": [320, 213], "steps": 4, "tile": 0},
    ]
    assert not plan["carried"]
    assert plan["seconds"] > 0
    assert 5e8 < plan["memory"] < 2e9
    assert plan["free"] > 0
    assert (plan["backend"], plan["device"], plan["precision"]) == ("onnx", "cpu", "fp32")


def test_little_memory_is_planned_in_tiles() -> None:
    """A budget that the whole octave does not fit into cuts it, and the plan keeps to the budget."""
    plan = planned("--size", "1200", "--quality", "max", "--memory", "2500M")
    assert plan["octaves"][0]["tile"] == 0
    assert plan["octaves"][-1]["tile"] > 0
    assert plan["memory"] <= 2.5e9


def test_a_large_picture_is_carried_to_its_size() -> None:
    """On a processor it is optimised smaller, and people are told so in words."""
    result = run("plan", CAT, "--size", "2400", *ONNX)
    assert result.exit_code == 0, result.output
    assert "then carried to 2400 x 1596 px" in result.stdout
    assert "GB of memory" in result.stdout


def test_a_time_limit_bounds_the_plan() -> None:
    """Who gives five seconds is promised no more; nothing to do takes no octave."""
    assert planned("--size", "2000", "--seconds", "5")["seconds"] == 5
    assert planned("--strength", "0")["octaves"] == []


def test_stylize_tells_what_it_planned(tmp_path: Path) -> None:
    """The same plan, without a measurement of its own."""
    small = ("--size", "64", "--quality", "draft")
    result = run("stylize", CAT, "-o", tmp_path / "out.png", "--preset", "mosaic", *small, "--json", *ONNX)
    plan = json.loads(result.stdout)["plan"]
    assert plan["octaves"] == planned(*small)["octaves"]
    assert plan["seconds"] is None


@pytest.mark.parametrize(("text", "gigabytes"), [("8", 8), ("8G", 8), ("512M", 0.512), ("1.5gb", 1.5), ("1T", 1000)])
def test_memory_may_be_given_with_a_unit(text: str, gigabytes: float) -> None:
    """Plain numbers are gigabytes."""
    assert settings_from({"memory": text}, {}).memory == pytest.approx(gigabytes)


@pytest.mark.parametrize("text", ["8X", "-1", "G", "", "1e400", "5000"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    """In one sentence that names the setting."""
    result = run("plan", CAT, "--memory", text)
    assert result.exit_code == 2
    assert "memory is" in result.stderr
    assert result.stderr.count("\n") == 1
