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


def test_strength_0_returns_the_source_bit_identical(found: Found) -> None:
    """In every precision, gray and colour, with and without alpha, in a wide gamut, also below 0 and above 1."""
    same = found("untouched")
    assert len(same) == 72
    assert [case for case, kept in same.items() if not kept] == []


def test_values_below_0_and_above_1_are_painted(found: Found) -> None:
    """The engine clips them."""
    facts = found("bright")
    assert facts["status"] == "success", facts["message"]
    assert facts["changed"]


def test_outside_a_selection_the_image_stays_bit_identical(found: Found) -> None:
    """In every precision, apart from a last bit that GIMP itself changes when it blends several layers."""
    facts = found("outside")
    assert len(facts) == 12
    for precision, changed in facts.items():
        assert changed["inside"] > 100, precision
        assert changed["outside, beside an empty layer"] == 0, precision
        assert changed["outside"] == 0 or precision not in SHARP, precision


def test_straight_alpha_is_kept_exactly(found: Found) -> None:
    """The painting has the alpha of the source, and colours under low alpha do not change."""
    assert found("edges") == {"same": True, "alpha": True}


MASKED = ["mask", "mask and selection", "selection, mask switched off"]
MASKED += [f"{case}, with an effect" for case in MASKED[:2]]


@pytest.mark.parametrize("case", MASKED)
def test_selection_and_layer_mask_hide_the_painting_too(found: Found, case: str) -> None:
    """Both together, with their soft values; a disabled mask hides nothing."""
    facts = found("masked")[case]
    assert facts["larger"] is case.endswith("effect")
    assert facts["mask"]
    assert facts["source mask kept"]
    assert facts["hidden stays hidden"]


@pytest.mark.parametrize("case", MASKED)
def test_the_engine_gets_the_hidden_pixels_as_a_mask(found: Found, case: str) -> None:
    """Partly visible pixels are painted fully: the mask of the new layer alone says how visible they are."""
    facts = found("masked")[case]
    assert facts["asked"]["shown"] == facts["shown"]
    assert facts["asked"]["shown"] + facts["asked"]["hidden"] == facts["asked"]["of"]


@pytest.mark.parametrize("effect", ["gegl:invert-gamma", "gegl:dropshadow"])
@pytest.mark.parametrize("strength", [0, 50])
def test_effects_are_painted_as_seen_or_left_out(found: Found, effect: str, strength: int) -> None:
    """Source, selection and list of images do not show that effects were merged temporarily."""
    seen, plain = (found("effects")[effect][f"{way}, strength {strength}"] for way in ("as seen", "plain"))
    assert seen["looks the same"]
    assert not seen["plain pixels"]
    assert plain["plain pixels"]
    assert not plain["looks the same"]
    assert (seen["size"] == plain["size"]) is (effect == "gegl:invert-gamma")
    for facts in (seen, plain):
        assert (facts["kept"], facts["selection kept"], facts["images left"]) == (True, True, 0)


@pytest.mark.parametrize("case", ["larger", "partly outside", "outside", "smaller"])
def test_a_painting_has_the_size_and_place_of_its_layer(found: Found, case: str) -> None:
    """Of a layer larger than the canvas, outside it, or in nested groups."""
    assert found("anywhere")[case] == {"same": True, "place": True, "inside": True}
