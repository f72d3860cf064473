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
def test_a_painting_comes_into_a_group_whose_pixels_are_locked(found: Found, what: str, output: str) -> None:
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
    """And the layer, its effect and its lock are as they were."""
    assert found("effects_with_locks")[lock] == {"status": "success", "inverted": True, "kept": [1, True, True]}


@pytest.mark.parametrize("what", ["tiny", "group", "outside"])
def test_a_layer_that_cannot_be_painted_is_left_out_and_named(found: Found, what: str) -> None:
    """The other one is painted."""
    status, layers = found("one_cannot")[what]
    assert status == "success"
    assert layers == ["the other", "Background: Test look", "Background"]
    said = found("said")["text"]
    between = re.search(f"<{what}>(.*)</{what}>", said, re.DOTALL)
    assert between
    assert "'the other' was left out" in between[1]


def test_a_mask_that_is_being_edited_stands_for_its_layer(found: Found) -> None:
    """Its layer is painted."""
    assert found("one_cannot")["mask"] == ["success", 2]


def test_mode_and_opacity_of_the_source_go_to_the_painting(found: Found) -> None:
    """A group has the mode, and what it holds the opacity: its own is the strength."""
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
def test_a_painting_follows_its_layer(found: Found, change: str, offsets: list[int]) -> None:
    """With the selection that there was when it was begun."""
    facts: Facts = found("changes")[change]
    assert (facts["alone"], facts["offsets"], facts["as painted"], facts["mask"]) == (False, offsets, True, [255, 0])


@pytest.mark.parametrize(
    "change",
    [
        *("cropped", "scaled", "turned", "turned by half", "mirrored", "square, turned"),
        *("indexed", "gray", "deleted", "closed"),
    ],
)
def test_a_painting_that_fits_its_layer_no_more_is_an_image_of_its_own(found: Found, change: str) -> None:
    """Like the image was when it was begun."""
    facts = found("changes")[change]
    assert facts["alone"]
    assert facts["offsets"] == [10, 20]
    assert facts["size"] == [128, 96]
    assert facts["kind"] == ["rgb", "u16-non-linear"]
    assert facts["as painted"]
    assert facts["mask"] == [255, 0]


def test_why_a_painting_is_alone_is_said(found: Found) -> None:
    """In a sentence for each."""
    found("changes")
    said = found("said")["text"]
    assert said.count("was closed or deleted while it was painted") == 2
    assert said.count("was scaled, cropped, turned or converted while it was painted") == 8


def test_what_was_finished_when_the_program_died_is_delivered_later(found: Found) -> None:
    """The layer with its mask and its note, in an image of its own; after a success nothing is kept."""
    facts = found("host_dies")
    assert facts["status"] != "success"
    assert (facts["layers"], facts["before"], facts["found"], facts["left"]) == (2, 0, 1, 0)
    assert facts["name"] == "source: Test look"
    assert facts["same"]
    assert facts["mask"] == [255, 0]
    assert {"pictures", "settings", "source"} <= set(facts["note"])
    assert facts["images more"] == 1
    assert facts["after a success"] == 0


def test_old_and_damaged_ones_are_passed_over(found: Found) -> None:
    """And deleted."""
    assert found("old_ones") == {"found": ["torn-0.painting"], "made": 0, "left": []}
