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
    """Without a preview the layer is shown on both sides; transparency is shown as a checkerboard."""
    assert answers["waiting"] == ["red", "red"]
    assert answers["transparent"] == ["check", "check"]
    assert answers["after"] == ["red", "green", "green"]


def test_mouse_and_keys_move_the_line(answers: dict[str, Any]) -> None:
    """A screen reader gets its position."""
    assert answers["dragged"] == ["red", "red", "green"]
    assert answers["Home"] == ["green", "green", "green"]
    assert answers["arrows"] == ["red", "green", "green"]
    assert "20 %" in answers["name"]


def test_a_button_shows_the_layer_without_the_preview(answers: dict[str, Any]) -> None:
    """While it is held by the mouse; the space bar switches it."""
    assert answers["held"] == answers["switched"] == ["red", "red"]
    assert answers["let go"] == answers["switched back"] == ["red", "green"]


def test_after_a_failure_the_old_preview_is_dimmed_until_the_next_one(answers: dict[str, Any]) -> None:
    """The old picture is kept."""
    assert answers["dimmed"] not in (["green"], ["red"])
    assert answers["tried again"] == ["red", "green"]


def test_during_a_run_its_picture_is_shown_instead_of_the_preview(answers: dict[str, Any]) -> None:
    """Beside its own layer; afterwards the preview is shown again."""
    assert answers["painting"] == ["red", "blue"]
    assert answers["painted"] == ["red", "green"]


def test_before_and_after_can_be_side_by_side_or_one_below_the_other(answers: dict[str, Any]) -> None:
    """The space bar shows before alone while it is held."""
    assert answers["above and below"] == ["red", "green"]
    assert [answers["space held"], answers["space let go"]] == [["red"], ["green"]]
    assert answers["beside each other again"] == ["red", "green"]


def test_two_paintings_have_as_much_room_each_and_their_titles(answers: dict[str, Any]) -> None:
    """Nothing is said twice; afterwards the line is where it was."""
    assert answers["two"] == ["blue", "blue", "red", "red"]
    first, second = answers["titles"]
    assert first == "first"
    assert second.endswith("12:00:00")
    assert answers["within its half"]
    assert answers["one again"] == ["red", "green"]
    assert answers["line again"]


def test_the_layer_is_previewed_small_first_and_then_at_the_displayed_size(answers: dict[str, Any]) -> None:
    """The second preview starts from the first."""
    assert answers["fitted"] == [256, 192, 1.0]
    assert answers["whole"] == [1280, 960, 0, 0, 1, 1]
    width, height, part, around = answers["finer whole"]
    assert (part, around) == (1.0, None)
    assert width > 400
    assert abs(height / width - 0.75) < 0.01
    assert answers["begun"] == [256, 192]


def test_a_variation_is_painted_as_large_as_its_cell(answers: dict[str, Any]) -> None:
    """One alone is as large as the preview; of three in a row none needs more than its first size."""
    assert answers["as large as shown"] == [True, True]


def test_the_wheel_zooms_at_the_pointer_and_the_part_is_painted(answers: dict[str, Any]) -> None:
    """Until it is painted, it is shown enlarged, with a badge."""
    assert answers["under the pointer"] <= 2, "px of the screen"
    assert answers["looks for the wheel"]
    assert answers["zoomed part"] == [True, 360, True]
    assert answers["holds what is seen"]
    assert answers["not painted yet"] == ["green"]
    assert answers["painted part"] == ["red", "blue"]
    assert answers["badges"] == ["Preview, enlarged", "Preview"]
    assert answers["nothing finer"]


def test_dragging_moves_the_layer_which_is_painted_on_release(answers: dict[str, Any]) -> None:
    """By as many px as the mouse moved."""
    assert answers["looks while pulling"] == [0, True]
    assert answers["pulled"] == [60, 30]


def test_keys_double_click_and_the_overview_move_the_view(answers: dict[str, Any]) -> None:
    """At 100 % the pixels are those of the layer."""
    assert answers["by key"] == 60
    assert answers["full resolution"] == [1.0, True]
    assert answers["by the map"] == [True, 1280]
    assert answers["line as before"] == ["red", "green"]
    assert answers["resized"]
    assert answers["tooltip"] is None, "it would lie on the picture"


def test_a_part_of_a_seamless_picture_is_not_painted_seamlessly(answers: dict[str, Any]) -> None:
    """Its left border need not meet its right one: those of the whole picture do."""
    assert answers["seamless part"] is False


def test_a_draft_is_previewed_at_its_own_size_only(answers: dict[str, Any]) -> None:
    """The whole layer is painted once."""
    assert answers["draft"] == [320, 240, True]


def test_in_a_grayscale_image_the_preview_is_gray(answers: dict[str, Any]) -> None:
    """With the lightness of the colours."""
    red, green, blue, alpha = answers["gray"]
    assert red == green == blue
    assert 0.8 < green < 0.9
    assert alpha == 1.0


def test_layers_of_any_shape_are_previewed_and_deleted_ones_give_an_error(answers: dict[str, Any]) -> None:
    """Very long ones in part, small ones at their size."""
    assert answers["sizes"] == {"3000 x 40": [2048, 32, 2048 * 32 * 16], "32 x 32": [32, 32, 32 * 32 * 16]}
    assert answers["gone"] == answers["gone behind the preview"] == "layer-gone"


def test_a_layer_is_previewed_with_or_without_its_effects(answers: dict[str, Any]) -> None:
    """Red inverted by an effect is cyan."""
    none, one = "00000000", "0000803f"
    assert answers["effects"] == [none + one + one + one, one + none + none + one]


def test_a_preview_leaves_out_what_is_masked_or_outside_the_selection(answers: dict[str, Any]) -> None:
    """The mask has the size of the preview; there is none if nothing is hidden, and an error if all is."""
    found = answers["hidden"]
    assert found["nothing"] == [None]
    assert found["a selection"] == pytest.approx([1 / 4], abs=0.01)
    assert found["both"] == found["both, moved"] == pytest.approx([1 / 8], abs=0.01)
    assert found["all hidden"] == "nothing-visible"


def test_a_preview_uses_its_part_of_the_strength_map(answers: dict[str, Any]) -> None:
    """At its own size, with the soft border of the selection in the middle; then the selection hides nothing."""
    for left, before, behind, right, hidden in answers["strengths"]:
        assert (left, right, hidden) == (1, 0, 0)
        assert 1 > before > 0.5 > behind > 0
    assert answers["strengths of nothing"] is None
