"""How paintings come into a real GIMP, how they are repeated and refined, and that nothing else is left there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from nst_core.shared.presets import lookup

if TYPE_CHECKING:
    from conftest import Facts, Found, Studio

pytestmark = pytest.mark.gimp

LAST_BITS = 3
"""Of 255: lightness and colour apart are rounded more often than a layer as a whole."""


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/outputs.py")


def assert_refused(facts: Facts, *words: str) -> None:
    assert facts["status"] == "execution-error"
    assert facts["image kept"]
    for word in words:
        assert word in facts["message"].lower()
    assert "Traceback" not in facts["message"]
    assert "\n" not in facts["message"].strip()


def test_an_editable_painting_is_a_group_that_looks_like_the_layer(found: Found) -> None:
    """It separates light and colour, has one mask, and is directly above the source."""
    facts = found("editable")
    assert facts["status"] == "success", facts["message"]
    assert facts["layers"] == [*facts["made"], facts["source"]]
    assert facts["group"]["name"].endswith(": Test look")
    assert facts["group"]["mask"]
    assert facts["parts"] == ["lch-lightness", "lch-color"]
    assert facts["changed"] > 100
    assert facts["like the layer"] <= LAST_BITS


def test_the_opacity_of_an_editable_painting_is_its_strength(found: Found) -> None:
    """At 0 the source is visible, at 50 a mixture."""
    facts = found("editable")
    assert facts["at opacity 0"] == 0
    assert all(LAST_BITS < difference < facts["changed"] for difference in facts["at opacity 50"])


def test_a_gray_editable_painting_is_one_layer_in_a_group(found: Found) -> None:
    """It has no colour to separate."""
    assert found("editable")["gray parts"] == ["normal"]


@pytest.mark.parametrize("mode", ["pass-through", "normal", "multiply"])
def test_a_group_is_painted_as_it_looks(found: Found, mode: str) -> None:
    """As one new layer directly above it, of its size, without the layers below the group."""
    facts = found("of_a_group")[mode]
    assert facts["status"] == "success", facts["message"]
    assert facts["layers"][:2] == [*facts["made"], facts["group"]]
    assert facts["made of"]["name"] == "group: Test look"
    assert (facts["made of"]["size"], facts["made of"]["offsets"]) == ([90, 65], [10, 5])
    assert facts["off by"] <= 1
    assert (facts["mode"], facts["opacity"]) == ("normal" if mode == "pass-through" else mode, 70.0)
    assert facts["image kept"]


def test_the_visible_image_is_painted_as_one_layer_on_top(found: Found) -> None:
    """For any selection of layers, even none; as a layer, a group or an image. Nothing else changes."""
    facts = found("of_what_is_visible")
    for output in ("layer", "editable", "image"):
        one = facts[output]
        assert one["status"] == "success", one["message"]
        assert one["looks"]["name"] == "Visible: Test look"
        assert (one["looks"]["size"], one["looks"]["offsets"]) == ([128, 96], [0, 0])
        assert (one["looks"]["parent"], one["looks"]["position"]) == (None, 0)
        assert one["off by"] <= 1
        assert one["image kept"]
        assert one["layers"] == ([] if output == "image" else one["made"]) + facts["before"]


def test_a_painting_of_the_visible_image_is_refined_and_repeated(found: Found) -> None:
    """A new run paints the image as it is now, refining as it was. Repeat paints the selected layer."""
    facts = found("of_what_is_visible")
    assert facts["mask"], "a selection says what is painted"
    assert facts["of the image as it is"]
    assert facts["refined towards what was seen"]
    assert facts["notes"] == ["visible", "visible", ""]
    assert facts["like it"] == ["Background: Test look", 30.0]


@pytest.mark.parametrize(
    ("case", "words"), [("tiny", ["20 x 20 px"]), ("indexed", ["indexed", "rgb"]), ("empty", ["nothing", "visible"])]
)
def test_an_image_that_cannot_be_painted_as_visible_is_refused(found: Found, case: str, words: list[str]) -> None:
    """With the same errors as layers."""
    assert_refused(found("refused_visible")[case], *words)


def test_a_new_image_of_a_grayscale_one_is_in_colour(found: Found) -> None:
    """With the colours of the style; a new layer is gray like its image. At strength 0 it has no colour."""
    facts = found("gray_in_color")
    assert facts["new image"] == {"base": "rgb", "precision": "u8-non-linear", "coloured": True}
    assert facts["kept"] == {"base": "rgb", "precision": "u8-non-linear", "coloured": False}
    assert facts["new layer"] == {"base": "gray", "precision": "u8-non-linear", "coloured": False}


def test_a_new_image_is_like_the_old_one(found: Found) -> None:
    """Size, precision, resolution, profile, selection and offsets of layers; the old image does not change."""
    facts = found("new_image")
    assert facts["status"] == "success", facts["message"]
    assert facts["another"]
    assert (facts["size"], facts["precision"], facts["resolution"]) == ([128, 96], "u16-linear", [240.0, 120.0])
    assert facts["profile"]
    assert facts["names"] == ["upper: Test look", "lower: Test look"]
    assert facts["offsets"] == [[7, -3], [7, -3]]
    assert facts["masks"] == facts["pixels"] == [True, True]
    assert facts["can be undone"]
    assert facts["old one kept"]


def test_one_engine_paints_all_layers_of_a_call_with_one_seed(found: Found) -> None:
    """As the frames of an animation need."""
    facts = found("several")
    assert (facts["painted"], facts["engines"], facts["seeds"]) == (10, 1, [5] * 10)


def test_a_layer_that_cannot_be_painted_is_skipped(found: Found) -> None:
    """A message names it; the other layers are painted."""
    facts = found("several")
    assert facts["status"] == "success", facts["message"]
    assert facts["sizes"] == [[64, 48], [128, 96]]
    assert facts["names"][:3] == ["top: Test look", "top", "nothing here"]
    assert facts["names"][3].endswith(": Test look")
    assert "'nothing here' was left out: nothing of the picture is visible" in found("output")["text"]


def test_a_note_of_the_engine_is_shown_once(found: Found) -> None:
    """For any number of layers; also a note without a translation."""
    text = found("output")["text"]
    assert text.count("Neural Style: the time limit was too short for a single step") == 1
    assert text.count("Neural Style: more to say") == 1


def test_layers_painted_before_a_crash_of_the_engine_are_inserted(found: Found) -> None:
    """The message names the layer at which it crashed."""
    assert found("several")["tired"] == ["success", [[64, 48]]]
    assert re.search("was left out: the engine ended with code 3", found("output")["text"])


def test_repeat_uses_the_recipe_of_the_latest_painting(found: Found) -> None:
    """Its settings, its style, its title."""
    facts = found("repeat")
    latest = facts["like the latest"]
    assert (latest["status"], latest["made"], latest["name"]) == ("success", 1, "other: Test look")
    assert latest["note"]["settings"]["strength"] == 60.0
    assert latest["note"]["source"] == facts["other"]


def test_repeat_uses_the_recipe_of_a_selected_painting(found: Found) -> None:
    """Only the other selected layer is painted."""
    facts = found("repeat")
    first = facts["like the first"]
    assert first["made"] == 1
    assert first["note"]["source"] == facts["other"]
    assert (first["note"]["settings"]["strength"], first["note"]["settings"]["seed"]) == (30.0, 3)


def test_a_single_painted_layer_is_painted_again(found: Found) -> None:
    """With its own recipe, which need not be the latest."""
    facts = found("repeat")
    assert facts["anew"]["note"]["settings"]["strength"] == 30.0
    assert facts["anew"]["note"]["source"] == facts["first"]


def test_repeat_without_a_painting_is_refused(found: Found) -> None:
    """The error says how to begin."""
    assert_refused(found("repeat")["nothing painted"], "nothing in this image", "start with")


def test_an_own_picture_is_found_again_by_its_contents(found: Found) -> None:
    """But not after it is deleted."""
    facts = found("own_picture")
    assert (facts["status"], facts["same"]) == ("success", True)
    assert_refused(facts["deleted"], "cannot be found", "choose")


def test_refining_starts_from_the_painting_with_its_source_as_content(found: Found) -> None:
    """With the given settings, otherwise with those of the recipe; the new recipe names the source too."""
    facts = found("refine")
    assert facts["content is the source"]
    assert facts["init is the painting"]
    assert (facts["settings"]["strength"], facts["settings"]["seed"]) == (70.0, 3)
    assert facts["source"][0] == facts["source"][1]
    assert facts["name"] == ["Background: Test look #1", "Background: Test look"]
    assert facts["above"] == 1


def test_refining_without_the_source_uses_the_painting_as_content(found: Found) -> None:
    """It is content and beginning at once."""
    assert found("refine")["alone"]


@pytest.mark.parametrize(("case", "words"), [("not painted", ["not painted"]), ("two", ["several layers"])])
def test_what_cannot_be_refined_is_refused_in_one_sentence(found: Found, case: str, words: list[str]) -> None:
    """The image does not change."""
    assert_refused(found("refine")[case], *words)


@pytest.mark.parametrize("case", ["no JSON", "a list", "no styles", "strange styles", "strange settings", "a layer"])
def test_an_invalid_recipe_is_refused_in_one_sentence(found: Found, case: str) -> None:
    """Whoever made the image."""
    assert_refused(found("strange_recipes")[case])


def test_scripts_get_the_names_of_the_presets(found: Found, studio: Studio) -> None:
    """As the filter accepts them, with the artist's own ones."""
    facts = found("presets")
    own = studio.profile / "home" / ".local" / "share" / "gimp-neural-style" / "presets"
    known = lookup.list_presets(lookup.Roots(user=own)).presets
    assert facts["status"] == "success"
    assert facts["names"] == [preset.slug for preset in known]
    assert facts["titles"] == [preset.title for preset in known]
    assert "test-look" in facts["names"]


def test_no_objects_files_or_processes_are_left(found: Found) -> None:
    """No image, layer, channel, parasite, file or process after a failed call; only layers after a success."""
    facts = found("left_behind")
    assert (facts["cancelled"], facts["status"]) == (1, "success")
    assert (facts["cancel"], facts["error"]) == ([], [])
    assert set(facts["success"]) <= {"layers", "layer parasites"}
    assert facts["success, less the layer"] == []
