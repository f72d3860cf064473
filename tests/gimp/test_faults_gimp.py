"""Layers that hold what is no number, and notes from other versions, in a real GIMP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import furnished
from machines.small_disks import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Found, Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/faults.py")


def test_layers_of_high_dynamic_range_come_out_in_numbers(found: Found) -> None:
    """Of every float precision, with values that are none, infinite or far outside: a painted layer without any."""
    facts = found("painted")
    assert len(facts) == 11
    for case, one in facts.items():
        assert one["status"] == "success", (case, one["message"])
        assert one["finite"], case
        assert one["low"] >= -0.01, case
        assert one["high"] <= 1.01, case


@pytest.mark.parametrize("case", ["newer", "older", "source", "title"])
def test_notes_of_other_versions_are_understood(found: Found, case: str) -> None:
    """What is unknown is passed over, what is missing is as it always is."""
    assert found("notes")[case]["status"] == "success", found("notes")[case]["message"]


@pytest.mark.parametrize("case", ["weight", "endless weight", "no settings", "settings", "selection", "regions"])
def test_foolish_notes_are_refused_in_a_sentence_or_of_no_weight(found: Found, case: str) -> None:
    """Never a traceback."""
    facts = found("notes")[case]
    assert "Traceback" not in (facts["message"] or ""), facts["message"]
    assert "Traceback" not in found("said")["text"]


def test_a_profile_on_a_full_disk_costs_no_picture(gimp: Gimp, tmp_path: Path) -> None:
    """Layers are painted and painted again from their notes, the sources stay; nothing is told but in a sentence."""
    with small_disk(tmp_path / "profile", 16 * 1024):
        found = furnished(gimp, tmp_path).check("checks/full_disk.py")
        facts = found("full")
    assert facts["full"]
    assert facts["unchanged"]
    for one in (facts["first"], facts["again"]):
        assert one["status"] == "success", one["message"]
        assert len(one["made"]) == 1
    assert "Traceback" not in found("said")["text"]
