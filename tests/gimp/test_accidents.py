"""Accidents at random, of commands and of the filter in a real GIMP: the short form of `python -m fuzz.accidents`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fuzz.accidents import Counts, judge_gimp, on_the_command_line

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Studio

BRIEFLY = 12.0
"""Seconds; what has begun is finished."""


def empty() -> dict[str, list[str]]:
    return Counts().faults()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_commands_that_meet_accidents_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    """Signals, kills, full disks and two at once: no picture lost, no worker, temporary file or traceback left."""
    counts = Counts()
    on_the_command_line(BRIEFLY, os.getpid(), tmp_path, counts)
    assert counts.faults() == empty(), counts
    assert counts.accidents


@pytest.mark.gimp
def test_the_filter_that_meets_accidents_loses_nothing_and_leaves_nothing(studio: Studio) -> None:
    """Layers changed, images closed, engines and the filter killed: all that was finished is there, no history open."""
    counts = Counts()
    judge_gimp(studio.check("gimp_accidents.py", seconds=BRIEFLY, seed=os.getpid()), counts)
    assert counts.faults() == empty(), counts
    assert counts.accidents
