"""One dialog of a real GIMP, used for long with the real engine: nothing grows, in the plug-in or in the engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from desktop.scenarios import Facts, Scenario, run_scenarios

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

RUNS = int(os.environ.get("NST_DIALOG_RUNS", "15"))
"""For a release it is 100: docs/release.md."""
LAYERS = 30
"""So many that no run comes to its end before it is cancelled."""
ROOM = 24 * 1024
"""kB by which memory may differ between two moments: a preview more or less, and what allocators keep."""


@pytest.fixture(scope="module")
def facts(studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("often")
    return run_scenarios(studio, windows, folder, [Scenario("often", "real", LAYERS, RUNS)])["often"]


@pytest.mark.parametrize("who", ["plug-in", "engine"])
def test_many_runs_in_one_dialog_leak_nothing(facts: Facts, who: str) -> None:
    """Memory, threads, open files and child processes are the same after the tenth and the last run."""
    early, late = (facts["held"][number][who] for number in ("10", str(RUNS)))
    print(f"{who} after 10 runs: {early}; after {RUNS}: {late}")  # noqa: T201 - the figures of SECURITY.md
    assert late["memory"] - early["memory"] < ROOM
    for what in ("threads", "files", "children"):
        assert late[what] <= early[what], what


def test_no_engine_runs_after_the_dialog(facts: Facts) -> None:
    """One engine painted all runs."""
    assert facts["engine numbers"] == 1
    assert facts["engines gone"] is True
    assert len(facts["layers"]) == LAYERS
