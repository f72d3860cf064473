"""Where a style counts, as an artist draws it in a real GIMP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("gimp_checks_regions.py")


def test_the_selection_is_a_region_inside_and_outside(found: Found) -> None:
    """In the layer's own place, and as small as a preview; without a selection a style counts everywhere."""
    facts = found("selection")
    assert facts["without"] == [""]
    assert facts["unguided"] == []
    assert facts["with"] == ["", "inside", "outside"]
    assert facts["inside"] == [1, 0, 0, 0, 0]
    assert facts["outside"] == [0, 1, 1, 1, 1]
    assert facts["shifted"] == [0, 0, 0, 1, 1]
    assert facts["small"] == [1, 0, 0, 0, 0]
    assert facts["later, of a larger image"] == [1, 0, 0, 0, 0]


def test_channels_and_masks_are_regions(found: Found) -> None:
    """By their names; one that is deleted meanwhile is said to be gone."""
    facts = found("channel_and_mask")
    assert facts["channel"] in facts["offered"][0]
    assert facts["layer"] in facts["offered"][1]
    assert facts["guides"] == [[1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    assert facts["channel"] in facts["gone"]
