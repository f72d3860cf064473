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


def test_layers_of_high_dynamic_range_give_finite_pixels(found: Found) -> None:
    """In every float precision, with NaN, infinity and values far outside [0, 1]."""
    facts = found("painted")
    assert len(facts) == 11
    for case, one in facts.items():
        assert one["status"] == "success", (case, one["message"])
        assert one["finite"], case
        assert one["low"] >= -0.01, case
        assert one["high"] <= 1.01, case


@pytest.mark.parametrize("case", ["newer", "older", "source", "title"])
def test_recipes_of_other_versions_are_read(found: Found, case: str) -> None:
    """Unknown keys are ignored, missing ones get their defaults."""
    assert found("notes")[case]["status"] == "success", found("notes")[case]["message"]


@pytest.mark.parametrize("case", ["weight", "endless weight", "no settings", "settings", "selection", "regions"])
def test_invalid_recipes_cause_no_traceback(found: Found, case: str) -> None:
    """They are refused with a sentence, or their invalid values are ignored."""
    facts = found("notes")[case]
    assert "Traceback" not in (facts["message"] or ""), facts["message"]
    assert "Traceback" not in found("output")["text"]


def test_layers_are_painted_with_a_profile_on_a_full_disk(gimp: Gimp, tmp_path: Path) -> None:
    """They are painted, and painted again from their recipes; the sources do not change."""
    with small_disk(tmp_path / "profile", 16 * 1024):
        found = furnished(gimp, tmp_path).check("checks/full_disk.py")
        facts = found("full")
    assert facts["full"]
    assert facts["unchanged"]
    for one in (facts["first"], facts["again"]):
        assert one["status"] == "success", one["message"]
        assert len(one["made"]) == 1
    assert "Traceback" not in found("output")["text"]
