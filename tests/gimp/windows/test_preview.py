"""The preview of a layer, in a real GIMP on a screen that nobody sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from desktop.screens import noted

if TYPE_CHECKING:
    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def answers(windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What windows/preview.py noted."""
    folder = tmp_path_factory.mktemp("preview")
    return noted(windows, HERE.parent / "inside" / "windows" / "preview.py", folder, "NST_PREVIEW")


def test_before_is_left_of_the_line_and_after_right_of_it(answers: dict[str, Any]) -> None:
    """Until there is something after, all is before; transparency lies over squares."""
    assert answers["waiting"] == ["red", "red"]
    assert answers["transparent"] == ["check", "check"]
    assert answers["after"] == ["red", "green", "green"]


def test_mouse_and_keys_move_the_line(answers: dict[str, Any]) -> None:
    """And a screen reader can say where it is."""
    assert answers["dragged"] == ["red", "red", "green"]
    assert answers["Home"] == ["green", "green", "green"]
    assert answers["arrows"] == ["red", "green", "green"]
    assert "20 %" in answers["name"]


def test_a_button_shows_all_as_it_was(answers: dict[str, Any]) -> None:
    """While it is held, and from one press of the space bar to the next."""
    assert answers["held"] == answers["switched"] == ["red", "red"]
    assert answers["let go"] == answers["switched back"] == ["red", "green"]


def test_a_failure_dims_the_picture_until_the_next_try(answers: dict[str, Any]) -> None:
    """The old picture is kept."""
    assert answers["dimmed"] not in (["green"], ["red"])
    assert answers["tried again"] == ["red", "green"]


def test_a_run_takes_the_place_of_the_preview_for_a_while(answers: dict[str, Any]) -> None:
    """The picture that forms, beside its own layer; then the preview is back."""
    assert answers["painting"] == ["red", "blue"]
    assert answers["painted"] == ["red", "green"]


def test_before_and_after_are_beside_or_below_each_other(answers: dict[str, Any]) -> None:
    """The space bar shows before alone while it is held."""
    assert answers["above and below"] == ["red", "green"]
    assert [answers["space held"], answers["space let go"]] == [["red"], ["green"]]
    assert answers["beside each other again"] == ["red", "green"]


def test_the_whole_is_painted_small_and_then_as_large_as_it_is_shown(answers: dict[str, Any]) -> None:
    """The second time from what was painted first."""
    assert answers["fitted"] == [256, 192, 1.0]
    assert answers["whole"] == [1280, 960, 0, 0, 1, 1]
    width, height, part, around = answers["finer whole"]
    assert (part, around) == (1.0, None)
    assert width > 400
    assert abs(height / width - 0.75) < 0.01
    assert answers["begun"] == [256, 192]


def test_a_variation_is_painted_as_large_as_its_cell(answers: dict[str, Any]) -> None:
    """Alone in the room as large as the preview; of three beside each other none needs more than the first one."""
    assert answers["as large as shown"] == [True, True]


def test_the_wheel_zooms_at_the_pointer_and_the_part_is_painted(answers: dict[str, Any]) -> None:
    """Until then it is shown enlarged, and marked so."""
    assert answers["under the pointer"] <= 2, "px of the screen"
    assert answers["looks for the wheel"]
    assert answers["zoomed part"] == [True, 360, True]
    assert answers["holds what is seen"]
    assert answers["not painted yet"] == ["green"]
    assert answers["painted part"] == ["red", "blue"]
    assert answers["badges"] == ["Preview, enlarged", "Preview"]
    assert answers["nothing finer"]


def test_the_layer_is_pulled_and_asked_for_when_the_mouse_lets_go(answers: dict[str, Any]) -> None:
    """By as many px as the mouse went."""
    assert answers["looks while pulling"] == [0, True]
    assert answers["pulled"] == [60, 30]


def test_keys_a_double_click_and_the_small_map_lead_anywhere(answers: dict[str, Any]) -> None:
    """At 100 % the px are the layer's own."""
    assert answers["by key"] == 60
    assert answers["full resolution"] == [1.0, True]
    assert answers["by the map"] == [True, 1280]
    assert answers["line as before"] == ["red", "green"]
    assert answers["resized"]
    assert answers["tooltip"] is None, "it would lie on the picture"


def test_a_part_of_a_seamless_picture_has_borders_of_its_own(answers: dict[str, Any]) -> None:
    """Its left one does not meet its right one: those of the whole do."""
    assert answers["seamless part"] is False


def test_a_draft_has_nothing_finer_to_show(answers: dict[str, Any]) -> None:
    """The whole layer is painted once, as small as a draft is."""
    assert answers["draft"] == [320, 240, True]


def test_in_a_grayscale_image_the_preview_is_gray(answers: dict[str, Any]) -> None:
    """As bright as the colour is."""
    red, green, blue, alpha = answers["gray"]
    assert red == green == blue
    assert 0.8 < green < 0.9
    assert alpha == 1.0


def test_layers_of_any_shape_are_previewed_and_lost_ones_told(answers: dict[str, Any]) -> None:
    """Long ones in part, small ones as they are."""
    assert answers["sizes"] == {"3000 x 40": [2048, 32, 2048 * 32 * 16], "32 x 32": [32, 32, 32 * 32 * 16]}
    assert answers["gone"] == answers["gone behind the preview"] == "layer-gone"


def test_a_layer_is_previewed_with_its_effects_or_without(answers: dict[str, Any]) -> None:
    """Red that an effect inverts is cyan."""
    none, one = "00000000", "0000803f"
    assert answers["effects"] == [none + one + one + one, one + none + none + one]


def test_a_preview_paints_what_is_neither_masked_nor_outside_of_the_selection(answers: dict[str, Any]) -> None:
    """Scaled as it is; where nothing hides, there is no mask; where all is, that is said."""
    found = answers["hidden"]
    assert found["nothing"] == [None]
    assert found["a selection"] == pytest.approx([1 / 4], abs=0.01)
    assert found["both"] == found["both, moved"] == pytest.approx([1 / 8], abs=0.01)
    assert found["all hidden"] == "nothing-visible"


def test_a_preview_takes_its_part_of_the_strength_map(answers: dict[str, Any]) -> None:
    """Scaled as it is, with the selection's soft border in its middle, and hides nothing then."""
    for left, before, behind, right, hidden in answers["strengths"]:
        assert (left, right, hidden) == (1, 0, 0)
        assert 1 > before > 0.5 > behind > 0
    assert answers["strengths of nothing"] is None
