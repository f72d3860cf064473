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


def test_scripts_name_styles_of_every_kind_with_weights(found: Found) -> None:
    """No path gets into the note; one preset alone is followed in its settings."""
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
def test_what_cannot_be_used_is_said_in_a_sentence(found: Found, wrong: str, said: str) -> None:
    """And nothing is painted."""
    facts = found("refusals")[wrong]
    assert facts["status"] == "execution-error"
    assert said in facts["message"]
    assert facts["image kept"]


def test_a_selection_that_says_where_styles_count_hides_nothing(found: Found) -> None:
    """The whole layer is painted, and the new one gets no mask."""
    facts = found("by_selection")
    assert not facts["mask"]
    assert not facts["asked mask"]
    inside, outside = (guide for _weight, guide in facts["guides"][0])
    assert inside != outside


def test_the_selection_of_then_counts_when_it_is_painted_again(found: Found) -> None:
    """Repeating and refining paint towards the very same guides; of a larger image, towards larger ones."""
    facts = found("by_selection")
    first, again, refined, larger = facts["guides"]
    assert first == again == refined
    assert all(guide for _weight, guide in larger)
    assert larger != first


def test_a_selection_can_say_where_the_strength_counts(found: Found) -> None:
    """In it or outside of it, soft where it is soft; then it hides nothing, and counts when it is painted again."""
    facts = found("strength_by_selection")
    assert facts["masks"] == [False, False]
    maps, selected, whole = facts["maps"], 32 * 24, 128 * 96
    assert maps["first"] == maps["again"] == maps["refined"] == {"none": whole - selected, "soft": 0, "full": selected}
    assert maps["outside"] == {"none": selected, "soft": 0, "full": whole - selected}
    assert maps["soft"]["soft"] > 100
    assert maps["unselected"] is None
    assert maps["plain"] is None


def test_a_channel_or_a_mask_can_say_where_the_strength_counts(found: Found) -> None:
    """The layer's own mask hides nothing then; what is not there is refused."""
    facts = found("strength_by_channel_and_mask")
    assert facts["maps"]["channel"] == {"none": 128 * 66, "soft": 0, "full": 128 * 30}
    assert facts["maps"]["own mask"] == {"none": 64 * 96, "soft": 0, "full": 64 * 96}
    assert facts["hidden"] == {"channel": [True, True], "own mask": [False, False]}
    for case, said in (("gone", "channel sea"), ("nonsense", "sky")):
        assert said in facts[case]["message"]
        assert facts[case]["image kept"]


def test_any_drawable_can_say_where_the_strength_counts_and_is_kept_in_the_recipe(found: Found) -> None:
    """As it was then, when the painting is repeated or refined; one that is not there is refused."""
    facts = found("strength_by_drawable")
    channel, layer, again, refined = facts["maps"]
    assert channel == {"none": 128 * 66, "soft": 0, "full": 128 * 30}
    assert layer == again == refined == {"none": 96 * 96, "soft": 0, "full": 32 * 96}
    assert "no layer, mask or channel" in facts["gone"]["message"]
    assert facts["gone"]["image kept"]


def test_a_script_can_leave_faces_as_everything_else(found: Found) -> None:
    """Faces are kept unless it says no, and so is the method; a repetition follows the recipe."""
    assert found("faces_and_method")["found"] == [[True, "painterly"], [False, "classic"], [False, "classic"]]


def test_an_image_of_another_shape_cannot_use_the_selection_of_then(found: Found) -> None:
    """Which is said, with a way out."""
    facts = found("by_selection")["cropped"]
    assert "another shape" in facts["message"]
    assert facts["image kept"]


def test_regions_by_channel_are_found_in_a_saved_image(found: Found) -> None:
    """By the channel's name; once it is gone, that is said."""
    facts = found("by_channel")
    first, again = facts["guides"]
    assert first == again
    assert [bool(guide) for _weight, guide in first] == [True, False]
    assert "'channel sky'" in facts["gone"]["message"]
    assert facts["gone"]["image kept"]


def test_a_layer_that_was_the_style_is_found_while_it_is_open(found: Found) -> None:
    """In another image too; once that is closed, it is named."""
    facts = found("by_layer")
    first, again = facts["styles"]
    assert first == again
    assert "'sea'" in facts["gone"]["message"]
    assert "open its image" in facts["gone"]["message"]
    assert "all that an image shows" in facts["shown"]["message"]


def test_the_note_on_a_noisy_selection_stays_small(found: Found) -> None:
    """It is kept at a smaller size, and serves all the same."""
    facts = found("noise")
    assert facts["status"] == ["success", "success"]
    assert max(facts["size"]) < 2000
    assert facts["bytes"] < 360_000
