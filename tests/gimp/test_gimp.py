"""The filter in a real GIMP: what comes of each call that checks/filter.py makes there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Facts, Found, Studio

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def answers(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    (studio.folder / "empty.png").touch()
    (studio.folder / "notes.txt").write_text("no picture\n")
    (studio.folder / "truncated.png").write_bytes((studio.folder / "style.png").read_bytes()[:500])
    return studio.check("checks/filter.py")


def assert_refused(facts: Facts, *words: str) -> None:
    assert facts["status"] == "execution-error"
    assert facts["image kept"]
    for word in words:
        assert word in facts["message"]
    assert "Traceback" not in facts["message"]
    assert "\n" not in facts["message"].strip()


def test_a_colour_layer_gets_a_painted_layer_right_above_it(answers: Found) -> None:
    """The new layer is the return value, RGBA, of the same size and place; the source is as it was."""
    facts = answers("colour")
    assert facts["status"] == "success", facts["message"]
    assert facts["layers"] == [*facts["made"], facts["source"]]
    new = facts["new"]
    assert (new["type"], new["size"], new["offsets"], new["mask"]) == ("rgba-image", [128, 96], [0, 0], False)
    assert new["name"].endswith(": Test look")
    assert facts["changed"]
    assert facts["source untouched"]
    assert facts["undo"]


def test_the_recipe_stays_with_the_new_layer(answers: Found) -> None:
    """It says which settings made the layer."""
    recipe = json.loads(answers("colour")["new"]["parasites"]["neural-style-recipe"])
    assert recipe["settings"]["quality"] == "draft"
    assert recipe["settings"]["strength"] == 80.0


def test_a_gray_image_stays_gray(answers: Found) -> None:
    """Its new layer is gray with alpha."""
    facts = answers("gray")
    assert facts["status"] == "success", facts["message"]
    assert facts["base"] == "gray"
    assert facts["new"]["type"] == "graya-image"


def test_the_new_layer_takes_the_group_and_the_offsets_of_its_source(answers: Found) -> None:
    """It lies right above its source, below the layer that was there before, in a group locked in its place too."""
    facts = answers("placed")
    assert facts["status"] == "success", facts["message"]
    assert facts["new"]["parent"] == facts["group"]
    assert facts["new"]["offsets"] == [21, -13]
    assert (facts["new"]["position"], facts["old"]["position"]) == (1, 2)
    assert facts["source untouched"]


def test_a_selection_becomes_the_mask_of_the_new_layer_alone(answers: Found) -> None:
    """The selection is 40 x 20 at (30, 10) in the image, so at (9, 23) in a layer at (21, -13)."""
    facts = answers("placed")
    assert facts["selected"] == [9, 23, 48, 42, 40 * 20]
    assert (facts["new"]["mask"], facts["old"]["mask"]) == (True, False)
    assert facts["selection kept"]


def test_alpha_and_colours_go_through_the_wire_unharmed(answers: Found) -> None:
    """An engine that changes nothing gives back the same pixels, transparent ones included."""
    assert answers("placed")["same pixels"]


def test_every_precision_comes_back_as_it_went(answers: Found) -> None:
    """8 and 16 bits, floating point, linear and perceptual."""
    kept = answers("precise")
    assert len(kept) == 3
    assert all(kept.values()), kept


def test_each_selected_layer_gets_its_own(answers: Found) -> None:
    """Two layers in one call, one hidden, one locked: two new ones, each above its source, in the order asked."""
    facts = answers("several")
    assert facts["status"] == "success", facts["message"]
    (top, bottom), (above_top, above_bottom) = facts["sources"], facts["made"]
    assert facts["layers"] == [above_top, top, above_bottom, bottom]


def test_a_style_file_is_used_and_its_path_kept_out_of_the_image(answers: Found) -> None:
    """Neither its folder nor its name is anywhere in the saved document."""
    facts = answers("own_picture")
    assert facts["status"] == "success", facts["message"]
    assert len(facts["made"]) == 1
    assert not facts["named in the file"]


def test_settings_left_out_follow_the_preset(answers: Found) -> None:
    """Those that are given win, and a preset may be named by its title."""
    plain, strength, brush = answers("follows_preset")["asked"]
    assert plain["strength"] == 80.0
    assert strength["strength"] == 20.0
    assert (brush["strength"], brush["brush_size"]) == (80.0, 2.0)


def test_the_default_preset_works_with_last_values(answers: Found) -> None:
    """A repeated run needs no dialog."""
    facts = answers("last_values")
    assert facts["status"] == "success", facts["message"]
    assert len(facts["made"]) == 1


def test_last_values_with_a_style_picture_deleted_since_are_refused(answers: Found) -> None:
    """Painting in another style without a word would be worse."""
    assert_refused(answers("last_values")["deleted picture"], "style of the last time")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("indexed", ["indexed", "image > mode > rgb"]),
        ("none", ["no layer", "select"]),
        ("group", ["group", "32"]),
        ("outside", ["selection", "'small'"]),
        ("small", ["32"]),
        ("large", ["20000 x 10001", "200 megapixels"]),
        ("transparent", ["visible"]),
    ],
)
def test_a_layer_that_cannot_be_stylized_is_refused_in_one_sentence(
    answers: Found, case: str, words: list[str]
) -> None:
    """The image is left as it was."""
    facts = answers("bad_layers")[case]
    assert_refused(facts | {"message": facts["message"].lower()}, *[word.lower() for word in words])


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("unknown", ["woodcutt"]),
        ("missing.png", ["missing.png"]),
        ("empty.png", ["empty"]),
        ("truncated.png", ["truncated.png"]),
        ("notes.txt", ["notes.txt"]),
        ("far away", ["this machine"]),
    ],
)
def test_a_style_that_cannot_be_used_is_refused_in_one_sentence(answers: Found, case: str, words: list[str]) -> None:
    """It says which, and the image is left as it was."""
    assert_refused(answers("bad_styles")[case], *words)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no engine.json", ["engine.json", "neural-style install"]),
        ("missing", ["/nowhere/neural-style-engine", "neural-style install"]),
        ("foreign", ["protocol", "neural-style install"]),
        ("dies", ["ended", "the stand-in gives up"]),
    ],
)
def test_an_engine_that_fails_is_named_in_one_sentence(answers: Found, case: str, words: list[str]) -> None:
    """The sentence carries the remedy, and the image is left as it was."""
    assert_refused(answers("bad_engines")[case], *words)


def test_the_engine_may_be_killed_while_it_works(answers: Found) -> None:
    """The real one, by SIGKILL: a sentence, and the image is left as it was."""
    facts = answers("killed")
    assert facts["ended"] == 1
    assert_refused(facts["killed"], "SIGKILL")


def test_the_painting_of_a_layer_deleted_meanwhile_is_an_image_of_its_own(answers: Found) -> None:
    """The other selected layer gets its painting: it and its source remain."""
    assert answers("gone")["one of two"] == {"made": 2, "layers": 2}


@pytest.mark.parametrize("case", ["all", "image"])
def test_what_was_painted_of_what_is_gone_is_kept(answers: Found, case: str) -> None:
    """All layers deleted, or the image closed, while the first was painted: the second is passed over."""
    assert answers("gone")[case] == {"made": 1, "layers": 0}
