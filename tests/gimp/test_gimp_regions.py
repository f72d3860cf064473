"""Where a style counts, as an artist draws it in a real GIMP."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/regions.py")


def test_the_selection_is_a_region_inside_and_outside(found: Found) -> None:
    """At the offsets of the layer, also at the size of a preview; without a selection a style counts everywhere."""
    facts = found("selection")
    assert facts["without"] == [""]
    assert facts["unguided"] == []
    assert facts["with"] == ["", "inside", "outside"]
    assert facts["inside"] == [1, 0, 0, 0, 0]
    assert facts["outside"] == [0, 1, 1, 1, 1]
    assert facts["shifted"] == [0, 0, 0, 1, 1]
    assert facts["small"] == [1, 0, 0, 0, 0]
    *corners, middle = facts["later, of a larger image"]
    assert corners == [1, 0, 0, 0]
    assert 0 < middle < 0.25, "the corner of the selection, enlarged without steps"


def test_channels_and_masks_are_regions(found: Found) -> None:
    """By name; a deleted one gives an error."""
    facts = found("channel_and_mask")
    assert facts["channel"] in facts["offered"][0]
    assert facts["layer"] in facts["offered"][1]
    assert facts["guides"] == [[1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    assert facts["channel"] in facts["gone"]


def test_a_channel_has_the_levels_of_the_selection_saved_in_it(found: Found) -> None:
    """GIMP stores channels and selections with different gamma."""
    assert found("channel_and_mask")["apart"] < 0.01


def test_a_drawn_map_is_enlarged_smoothly_and_extended_beyond_the_image(found: Found) -> None:
    """Enlarged eight times, its border is a ramp of about eight pixels."""
    row = found("drawn_map")["row"]
    assert row == sorted(row)
    assert (row[0], row[69], row[79], row[-1]) == (0, 0, 1, 1)
    assert max(b - a for a, b in itertools.pairwise(row)) < 0.2


def test_a_drawn_map_is_saved_as_a_channel(found: Found) -> None:
    """The channel has the same levels; the selection does not change."""
    assert found("drawn_map")["saved"] == ["Strength", True, True]


def test_a_selection_below_a_drawn_map_hides_nothing(found: Found) -> None:
    """Otherwise the selection says what is painted."""
    assert found("drawn_map")["selection hides"] == [True, False]


def test_a_drawn_map_belongs_to_its_image(found: Found) -> None:
    """As long as the image is open; other images do not get it."""
    facts = found("drawn_map")
    assert facts["remembered"] == [[""], "drawn", True]
    assert facts["elsewhere"]


def test_strokes_lower_and_raise_the_strength_and_the_eraser_resets_it(found: Found) -> None:
    """By the amount of the brush, inside the brush only; strokes are undone one by one."""
    facts = found("strokes")
    assert facts["less"] == [0, 0, 255, 255]
    assert facts["half more"] == pytest.approx([127, 127, 255, 255], abs=1)
    assert facts["erased"] == [255, 255, 255, 255]
    assert facts["undone twice"] == 0
    assert facts["all undone"] == [True, False]
    assert facts["rebased"] == [True, 255, 0]


def test_one_stroke_counts_once_at_each_place(found: Found) -> None:
    """So a soft brush stays soft; the next stroke may change more."""
    facts = found("strokes")
    assert facts["soft"] == facts["soft, often"]
    middle, border, *beyond = facts["soft"]
    assert middle < 10
    assert 100 < border < 250
    assert beyond == [255, 255]
