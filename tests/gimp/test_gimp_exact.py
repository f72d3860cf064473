"""What comes of pixels in a real GIMP: kept to the bit where nothing is painted, painted where they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp

SHARP = {"U8_LINEAR", "U8_NON_LINEAR", "U16_LINEAR", "U16_NON_LINEAR", "HALF_LINEAR", "HALF_NON_LINEAR"} | {
    "U32_LINEAR",
    "FLOAT_LINEAR",
    "DOUBLE_LINEAR",
}
"""Precisions in which GIMP shows several layers as exactly as a single one."""


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/exact.py")


def test_strength_0_gives_the_source_back_to_the_bit(found: Found) -> None:
    """In every precision, gray and colour, with alpha and without, in a wide gamut, below 0 and above 1 too."""
    same = found("untouched")
    assert len(same) == 72
    assert [case for case, kept in same.items() if not kept] == []


def test_values_below_0_and_above_1_are_painted(found: Found) -> None:
    """The engine cuts them off and goes on."""
    facts = found("bright")
    assert facts["status"] == "success", facts["message"]
    assert facts["changed"]


def test_outside_of_a_selection_the_picture_stays_bit_identical(found: Found) -> None:
    """In every precision; where GIMP's own arithmetic of several layers costs a last bit, beside that."""
    facts = found("outside")
    assert len(facts) == 12
    for precision, changed in facts.items():
        assert changed["inside"] > 100, precision
        assert changed["outside, beside an empty layer"] == 0, precision
        assert changed["outside"] == 0 or precision not in SHARP, precision


def test_straight_alpha_is_kept_exactly(found: Found) -> None:
    """The alpha of the source is that of the painting, and colours under low alpha come back as they were."""
    assert found("edges") == {"same": True, "alpha": True}


MASKED = ["mask", "mask and selection", "selection, mask switched off"]
MASKED += [f"{case}, with an effect" for case in MASKED[:2]]


@pytest.mark.parametrize("case", MASKED)
def test_what_hides_the_source_hides_the_painting(found: Found, case: str) -> None:
    """Selection and layer mask together, with their soft values; a mask switched off hides nothing."""
    facts = found("masked")[case]
    assert facts["larger"] is case.endswith("effect")
    assert facts["mask"]
    assert facts["source mask kept"]
    assert facts["hidden stays hidden"]


@pytest.mark.parametrize("case", MASKED)
def test_the_engine_is_told_what_is_hidden(found: Found, case: str) -> None:
    """What shows at all is painted fully: the new layer's mask alone says how much of it shows."""
    facts = found("masked")[case]
    assert facts["asked"]["shown"] == facts["shown"]
    assert facts["asked"]["shown"] + facts["asked"]["hidden"] == facts["asked"]["of"]


@pytest.mark.parametrize("effect", ["gegl:invert-gamma", "gegl:dropshadow"])
@pytest.mark.parametrize("strength", [0, 50])
def test_effects_are_painted_as_seen_or_left_out(found: Found, effect: str, strength: int) -> None:
    """Neither the source, nor the selection, nor the list of images shows that they were merged for a moment."""
    seen, plain = (found("effects")[effect][f"{way}, strength {strength}"] for way in ("as seen", "plain"))
    assert seen["looks the same"]
    assert not seen["plain pixels"]
    assert plain["plain pixels"]
    assert not plain["looks the same"]
    assert (seen["size"] == plain["size"]) is (effect == "gegl:invert-gamma")
    for facts in (seen, plain):
        assert (facts["kept"], facts["selection kept"], facts["images left"]) == (True, True, 0)


@pytest.mark.parametrize("case", ["larger", "partly outside", "outside", "smaller"])
def test_a_layer_may_lie_anywhere(found: Found, case: str) -> None:
    """Larger than the canvas, outside of it, in groups of groups: the painting has its size and its place."""
    assert found("anywhere")[case] == {"same": True, "place": True, "inside": True}
