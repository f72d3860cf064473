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
    """The new layer is returned; it is RGBA and has the size and offsets of the source, which does not change."""
    facts = answers("colour")
    assert facts["status"] == "success", facts["message"]
    assert facts["layers"] == [*facts["made"], facts["source"]]
    new = facts["new"]
    assert (new["type"], new["size"], new["offsets"], new["mask"]) == ("rgba-image", [128, 96], [0, 0], False)
    assert new["name"].endswith(": Test look")
    assert facts["changed"]
    assert facts["source untouched"]
    assert facts["undo"]


def test_the_recipe_is_stored_in_the_new_layer(answers: Found) -> None:
    """It contains the settings that made the layer."""
    recipe = json.loads(answers("colour")["new"]["parasites"]["neural-style-recipe"])
    assert recipe["settings"]["quality"] == "draft"
    assert recipe["settings"]["strength"] == 80.0


def test_a_gray_image_stays_gray(answers: Found) -> None:
    """Its new layer is gray with alpha."""
    facts = answers("gray")
    assert facts["status"] == "success", facts["message"]
    assert facts["base"] == "gray"
    assert facts["new"]["type"] == "graya-image"


def test_the_new_layer_is_in_the_group_of_its_source_with_the_same_offsets(answers: Found) -> None:
    """It is directly above its source, below the layer that was there, also in a group with locked position."""
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


def test_alpha_and_colours_cross_the_wire_unchanged(answers: Found) -> None:
    """An engine that changes nothing returns the same pixels, also transparent ones."""
    assert answers("placed")["same pixels"]


def test_pixels_of_every_precision_come_back_unchanged(answers: Found) -> None:
    """8 and 16 bits, floating point, linear and perceptual."""
    kept = answers("precise")
    assert len(kept) == 3
    assert all(kept.values()), kept


def test_each_selected_layer_gets_its_own_painting(answers: Found) -> None:
    """Two layers in one call, one hidden, one locked: two new ones, each above its source, in the order of the call."""
    facts = answers("several")
    assert facts["status"] == "success", facts["message"]
    (top, bottom), (above_top, above_bottom) = facts["sources"], facts["made"]
    assert facts["layers"] == [above_top, top, above_bottom, bottom]


def test_the_path_of_a_style_file_is_not_stored_in_the_image(answers: Found) -> None:
    """Neither its folder nor its name is in the saved file."""
    facts = answers("own_picture")
    assert facts["status"] == "success", facts["message"]
    assert len(facts["made"]) == 1
    assert not facts["named in the file"]


def test_omitted_settings_are_those_of_the_preset(answers: Found) -> None:
    """Given settings override them, and a preset may be named by its title."""
    plain, strength, brush = answers("follows_preset")["asked"]
    assert plain["strength"] == 80.0
    assert strength["strength"] == 20.0
    assert (brush["strength"], brush["brush_size"]) == (80.0, 2.0)


def test_the_default_preset_works_with_last_values(answers: Found) -> None:
    """A repeated run needs no dialog."""
    facts = answers("last_values")
    assert facts["status"] == "success", facts["message"]
    assert len(facts["made"]) == 1


def test_last_values_with_a_deleted_style_picture_are_refused(answers: Found) -> None:
    """It must not be painted in another style without a message."""
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
    """The image does not change."""
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
        ("dies", ["ended", "the stand-in crashes"]),
    ],
)
def test_a_failing_engine_gives_an_error_in_one_sentence(answers: Found, case: str, words: list[str]) -> None:
    """The sentence contains the remedy, and the image does not change."""
    assert_refused(answers("bad_engines")[case], *words)


def test_an_engine_killed_at_work_gives_an_error_in_one_sentence(answers: Found) -> None:
    """The real one, by SIGKILL; the image does not change."""
    facts = answers("killed")
    assert facts["ended"] == 1
    assert_refused(facts["killed"], "SIGKILL")


def test_the_painting_of_a_layer_deleted_meanwhile_becomes_an_image(answers: Found) -> None:
    """The other selected layer gets its painting; both remain."""
    assert answers("gone")["one of two"] == {"made": 2, "layers": 2}


@pytest.mark.parametrize("case", ["all", "image"])
def test_finished_paintings_of_deleted_layers_are_kept(answers: Found, case: str) -> None:
    """All layers are deleted, or the image is closed, while the first is painted: the second is skipped."""
    assert answers("gone")[case] == {"made": 1, "layers": 0}
