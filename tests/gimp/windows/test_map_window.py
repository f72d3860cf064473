"""Where the strength counts, drawn in the window of a real GIMP; and what tells of a run that nobody looks at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from desktop.scenarios import Facts, Scenario, run_scenarios

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp


@pytest.fixture(scope="module")
def scenarios(studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    """What GIMP and the artist saw of each opening of the dialog."""
    wanted = [Scenario("draw", "unchanged"), Scenario("watch", "slow"), Scenario("aside", "slow", by_hand=True)]
    return run_scenarios(studio, windows, tmp_path_factory.mktemp("map"), wanted)


def test_a_map_is_drawn_by_mouse_and_keys_and_strokes_are_undone(scenarios: dict[str, Facts]) -> None:
    """A stroke selects the drawn map; Ctrl+Z undoes it; arrows and space draw, X and E change the brush."""
    facts = scenarios["draw"]
    assert facts["at first"] == ["Everywhere"]
    assert facts["by mouse"] == ["As drawn"]
    for what in ("nothing left to undo", "by keys", "larger by ]", "as before by [", "more by X", "eraser by E"):
        assert facts[what], what
    assert facts["cleared"] == ["Everywhere"]


def test_the_controls_of_the_brush_have_names_and_access_keys(scenarios: dict[str, Facts]) -> None:
    """As a screen reader gets them."""
    facts = scenarios["draw"]
    assert facts["nameless"] == []
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]


def test_faces_are_outlined_while_keep_faces_has_the_focus(scenarios: dict[str, Facts]) -> None:
    """With a white line inside a black one, where the engine found a face."""
    assert scenarios["draw"]["around the face"]


def test_the_drawn_map_is_used_stored_in_the_recipe_and_saved_as_a_channel(scenarios: dict[str, Facts]) -> None:
    """It is soft around the face, which it spares."""
    facts = scenarios["draw"]
    assert facts["status"] == "success", facts
    assert facts["said"] == "Saved as the channel 'Strength'."
    assert facts["channels"] == ["Strength"]
    said = json.loads(facts["recipes"][0]["neural-style-recipe"])
    assert (said["strength_region"], said["drawn"]["base"]) == ("drawn", "")
    counts = said["asked"]["strength map"]
    assert min(counts.values()) > 100
    assert counts["full"] > counts["none"]


def test_a_drawn_map_is_not_offered_in_the_next_image(scenarios: dict[str, Facts]) -> None:
    """Nor offered there."""
    assert scenarios["watch"]["at first"] == ["Everywhere"]
    assert scenarios["watch"]["offered"] == ["Everywhere"]


def test_window_title_and_progress_bar_of_gimp_show_the_time_left(scenarios: dict[str, Facts]) -> None:
    """As the window does."""
    facts = scenarios["aside"]
    assert facts["title"].endswith("Neural Style")
    assert "minutes left" in facts["title"]
    assert 0 < facts["bar of GIMP"] < 1


def test_a_notification_is_shown_if_another_window_has_the_focus(scenarios: dict[str, Facts]) -> None:
    """Only then."""
    assert scenarios["watch"]["told"] == []
    (told,) = scenarios["aside"]["told"]
    assert told["title"] == "Neural Style"
    assert told["body"] == "Background: stylized is finished."


def test_a_repeated_run_has_its_own_window_with_stop_and_keep(scenarios: dict[str, Facts]) -> None:
    """It shows the same progress; the painting is inserted above the first."""
    facts = scenarios["aside"]
    assert "minutes left" in facts["title again"]
    assert 0 < facts["bar again"] < 1
    assert [told["title"] for told in facts["told again"]] == ["Neural Style"]
    assert len(facts["layers"]) == 3
