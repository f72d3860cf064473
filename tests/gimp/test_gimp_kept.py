"""Finished work is never lost: locks, layers that cannot be painted, changes meanwhile, a program that dies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Facts, Found, Studio

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/kept.py")


@pytest.mark.parametrize("what", ["selection", "mask"])
@pytest.mark.parametrize("output", ["layer", "editable"])
def test_a_painting_is_inserted_into_a_group_with_locked_pixels(found: Found, what: str, output: str) -> None:
    """With its mask; the group stays locked."""
    facts = found("locks")[f"{what}, {output}"]
    assert facts == {
        "status": "success",
        "in the group": True,
        "above": 1,
        "hidden and shown": [0, 255],
        "locked still": True,
    }


@pytest.mark.parametrize("lock", ["content", "alpha", "position", "visibility"])
def test_effects_of_a_locked_layer_are_painted(found: Found, lock: str) -> None:
    """The layer, its effect and its lock do not change."""
    assert found("effects_with_locks")[lock] == {"status": "success", "inverted": True, "kept": [1, True, True]}


@pytest.mark.parametrize("what", ["tiny", "group", "outside"])
def test_a_layer_that_cannot_be_painted_is_left_out_and_named(found: Found, what: str) -> None:
    """The other one is painted."""
    status, layers = found("one_cannot")[what]
    assert status == "success"
    assert layers == ["the other", "Background: Test look", "Background"]
    said = found("output")["text"]
    between = re.search(f"<{what}>(.*)</{what}>", said, re.DOTALL)
    assert between
    assert "'the other' was left out" in between[1]


def test_a_selected_layer_mask_means_its_layer(found: Found) -> None:
    """Its layer is painted."""
    assert found("one_cannot")["mask"] == ["success", 2]


def test_the_painting_has_mode_and_opacity_of_its_source(found: Found) -> None:
    """A group gets the mode, and its layers the opacity, because the opacity of the group is the strength."""
    assert found("blending") == {"layer": ["multiply", 40, 40], "editable": ["multiply", 40, 40]}


@pytest.mark.parametrize(
    ("change", "offsets"),
    [
        ("nothing", [10, 20]),
        ("moved", [50, 27]),
        ("canvas larger", [40, 60]),
        ("painted on", [10, 20]),
        ("renamed", [10, 20]),
        ("another selection", [10, 20]),
    ],
)
def test_a_painting_is_inserted_where_its_layer_is_now(found: Found, change: str, offsets: list[int]) -> None:
    """With the selection at the start of the run."""
    facts: Facts = found("changes")[change]
    assert (facts["alone"], facts["offsets"], facts["as painted"], facts["mask"]) == (False, offsets, True, [255, 0])


@pytest.mark.parametrize(
    "change",
    [
        *("cropped", "scaled", "turned", "turned by half", "mirrored", "square, turned"),
        *("indexed", "gray", "deleted", "closed"),
    ],
)
def test_a_painting_that_no_longer_fits_its_layer_becomes_an_image(found: Found, change: str) -> None:
    """With the properties that the old image had at the start of the run."""
    facts = found("changes")[change]
    assert facts["alone"]
    assert facts["offsets"] == [10, 20]
    assert facts["size"] == [128, 96]
    assert facts["kind"] == ["rgb", "u16-non-linear"]
    assert facts["as painted"]
    assert facts["mask"] == [255, 0]


def test_a_message_says_why_a_painting_became_an_image(found: Found) -> None:
    """One sentence for each painting."""
    found("changes")
    said = found("output")["text"]
    assert said.count("was closed or deleted while it was painted") == 2
    assert said.count("was scaled, cropped, turned or converted while it was painted") == 8


def test_a_painting_finished_before_the_plug_in_died_is_delivered_later(found: Found) -> None:
    """As an image of the layer with its mask and recipe; after a success no file is left."""
    facts = found("host_dies")
    assert facts["status"] != "success"
    assert (facts["layers"], facts["before"], facts["found"], facts["left"]) == (2, 0, 1, 0)
    assert facts["name"] == "source: Test look"
    assert facts["same"]
    assert facts["mask"] == [255, 0]
    assert {"pictures", "settings", "source"} <= set(facts["note"])
    assert facts["images more"] == 1
    assert facts["after a success"] == 0


def test_old_and_damaged_undelivered_paintings_are_deleted(found: Found) -> None:
    """They are not delivered."""
    assert found("old_ones") == {"found": ["torn-0.painting"], "made": 0, "left": []}
