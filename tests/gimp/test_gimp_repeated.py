"""Several styles with weights and regions, named by scripts, and repeated from the note on what was painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/repeated.py")


def test_scripts_can_use_styles_of_every_kind_with_weights(found: Found) -> None:
    """The recipe contains no path; a single preset gives the settings too."""
    facts = found("named")
    assert [weight for weight, _guide in facts["styles"]] == [1, 0.5, 2, 0.25]
    assert not facts["path"]
    assert facts["strength of the preset"] == 80


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("lengths", "weights holds 1 texts for 2 styles"),
        ("weight", "'-1' is no weight"),
        ("preset", "nothing of that name"),
        ("file", "cannot be read"),
        ("layer", "was closed"),
        ("region", "'channel sea'"),
    ],
)
def test_an_unusable_style_gives_an_error_in_one_sentence(found: Found, wrong: str, said: str) -> None:
    """Nothing is painted."""
    facts = found("refusals")[wrong]
    assert facts["status"] == "execution-error"
    assert said in facts["message"]
    assert facts["image kept"]


def test_a_selection_used_as_a_region_hides_nothing(found: Found) -> None:
    """The whole layer is painted, and the new layer gets no mask."""
    facts = found("by_selection")
    assert not facts["mask"]
    assert not facts["asked mask"]
    inside, outside = (guide for _weight, guide in facts["guides"][0])
    assert inside != outside


def test_repeating_and_refining_use_the_selection_of_the_first_run(found: Found) -> None:
    """The guides are the same; for a larger image they are scaled."""
    facts = found("by_selection")
    first, again, refined, larger = facts["guides"]
    assert first == again == refined
    assert all(guide for _weight, guide in larger)
    assert larger != first


def test_a_selection_can_be_the_strength_map(found: Found) -> None:
    """Inside or outside, with its soft levels; then it hides nothing, and is used again by a repetition."""
    facts = found("strength_by_selection")
    assert facts["masks"] == [False, False]
    maps, selected, whole = facts["maps"], 32 * 24, 128 * 96
    assert maps["first"] == maps["again"] == maps["refined"] == {"none": whole - selected, "soft": 0, "full": selected}
    assert maps["outside"] == {"none": selected, "soft": 0, "full": whole - selected}
    assert maps["soft"]["soft"] > 100
    assert maps["unselected"] is None
    assert maps["plain"] is None


def test_a_channel_or_a_layer_mask_can_be_the_strength_map(found: Found) -> None:
    """The mask of the layer itself hides nothing then; a missing one is refused."""
    facts = found("strength_by_channel_and_mask")
    assert facts["maps"]["channel"] == {"none": 128 * 66, "soft": 0, "full": 128 * 30}
    assert facts["maps"]["own mask"] == {"none": 64 * 96, "soft": 0, "full": 64 * 96}
    assert facts["hidden"] == {"channel": [True, True], "own mask": [False, False]}
    for case, said in (("gone", "channel sea"), ("nonsense", "sky")):
        assert said in facts[case]["message"]
        assert facts[case]["image kept"]


def test_any_drawable_can_be_the_strength_map_and_is_stored_in_the_recipe(found: Found) -> None:
    """Repeating and refining use it as it was then; a missing one is refused."""
    facts = found("strength_by_drawable")
    channel, layer, again, refined = facts["maps"]
    assert channel == {"none": 128 * 66, "soft": 0, "full": 128 * 30}
    assert layer == again == refined == {"none": 96 * 96, "soft": 0, "full": 32 * 96}
    assert "no layer, mask or channel" in facts["gone"]["message"]
    assert facts["gone"]["image kept"]


def test_a_script_can_switch_off_keep_faces(found: Found) -> None:
    """It is on by default; a repetition uses the setting of the recipe, and its method."""
    assert found("faces_and_method")["found"] == [[True, "painterly"], [False, "classic"], [False, "classic"]]


def test_an_image_of_another_shape_cannot_reuse_the_selection(found: Found) -> None:
    """The error has a remedy."""
    facts = found("by_selection")["cropped"]
    assert "another shape" in facts["message"]
    assert facts["image kept"]


def test_regions_by_channel_are_found_in_a_saved_image(found: Found) -> None:
    """By the name of the channel; a deleted one gives an error."""
    facts = found("by_channel")
    first, again = facts["guides"]
    assert first == again
    assert [bool(guide) for _weight, guide in first] == [True, False]
    assert "'channel sky'" in facts["gone"]["message"]
    assert facts["gone"]["image kept"]


def test_a_layer_used_as_the_style_is_found_as_long_as_it_is_open(found: Found) -> None:
    """Also in another image; after that is closed, the error names the layer."""
    facts = found("by_layer")
    first, again = facts["styles"]
    assert first == again
    assert "'sea'" in facts["gone"]["message"]
    assert "open its image" in facts["gone"]["message"]
    assert "all that an image shows" in facts["shown"]["message"]


def test_a_noisy_selection_is_stored_in_the_recipe_at_a_smaller_size(found: Found) -> None:
    """A repetition can use it."""
    facts = found("noise")
    assert facts["status"] == ["success", "success"]
    assert max(facts["size"]) < 2000
    assert facts["bytes"] < 360_000
