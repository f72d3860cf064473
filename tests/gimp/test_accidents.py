"""Accidents at random, of commands and of the filter in a real GIMP: the short form of `python -m fuzz.accidents`."""

from __future__ import annotations

import compileall
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuzz.accidents import Counts, judge_gimp, on_the_command_line

if TYPE_CHECKING:
    from conftest import Studio

ROOT = Path(__file__).resolve().parents[2]

BRIEFLY = 12.0
"""Seconds in GIMP; what has begun is finished."""
SEED = 1
"""The same accidents each time, though not at the same instants; `python -m fuzz.accidents` takes others."""


def empty() -> dict[str, list[str]]:
    return Counts().faults


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_interrupted_commands_lose_no_picture_and_leave_no_files(tmp_path: Path) -> None:
    """Signals, kills, full disks, two commands at once: no lost picture, worker, temporary file or traceback."""
    counts = Counts()
    on_the_command_line(0, SEED, tmp_path, counts)
    assert counts.faults == empty(), counts
    assert counts.accidents


@pytest.mark.gimp
def test_an_interrupted_filter_loses_no_painting_and_leaves_no_files(studio: Studio) -> None:
    """Layers changed, images closed, engines and plug-in killed: finished paintings exist, no undo group stays open."""
    # On a full disk a Python before 3.12.9 keeps compiled modules that are cut short.
    compileall.compile_dir(ROOT / "nst_core", quiet=1)
    counts = Counts()
    judge_gimp(studio.check("checks/accidents.py", seconds=BRIEFLY, seed=SEED), counts)
    assert counts.faults == empty(), counts
    assert counts.accidents
