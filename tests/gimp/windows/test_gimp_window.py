"""The filter's dialog, in a real GIMP on a screen that nobody sees, with an artist who looks and presses keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from desktop.scenarios import Facts, Scenario, run_scenarios
from PIL import Image

if TYPE_CHECKING:
    from conftest import Studio

    from demo.gimp import Gimp

pytestmark = pytest.mark.gimp


LINES = [(0, "width"), (2, "width"), (100, "width"), (98, "width"), (96, "height")]
"""Where the line is after each key."""


@pytest.fixture(scope="module")
def scenarios(studio: Studio, windows: Gimp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    """What GIMP and the artist saw of each opening of the dialog; one start of GIMP serves all."""
    return run_scenarios(
        studio,
        windows,
        tmp_path_factory.mktemp("window"),
        [
            Scenario("accept", "unchanged"),
            Scenario("adjust", "real"),
            Scenario("place", "unchanged"),
            Scenario("look", "unchanged"),
            Scenario("keep", "slow", layers=2),
            Scenario("whole", "unchanged"),
            Scenario("stay", "unchanged"),
            Scenario("leave", "slow"),
            Scenario("repair", "missing"),
            Scenario("mend", "missing"),
            Scenario("old", "old"),
            Scenario("lose", "slow"),
            Scenario("crash", "slow"),
            Scenario("interrupt", "slow", by_hand=True),
        ],
    )


def test_return_inserts_a_layer_that_one_undo_removes(scenarios: dict[str, Facts]) -> None:
    """Return accepts the dialog; the path of the style picture is not stored in the image."""
    facts = scenarios["accept"]
    assert facts["status"] == "success", facts
    assert facts["layers"] == ["Background: stylized", "Background"]
    assert facts["layers after one undo"] == ["Background"]
    assert facts["clean after one undo"]
    assert facts["saved"], "GIMP writes the arguments into the image; if it no longer does, this test is void"
    assert "style.png" not in json.dumps([facts["saved"], facts["recipes"]])
    with Image.open(Path(facts["folder"]) / "accept.png") as shot:
        assert len(set(shot.convert("L").tobytes())) > 1


def test_settings_made_by_keyboard_are_painted(scenarios: dict[str, Facts]) -> None:
    """Preset, quality and a variation, with the real engine, as the recipe shows."""
    facts = scenarios["adjust"]
    assert facts["status"] == "success", facts
    assert facts["layers"][0] == "Background: Watercolour"
    settings = json.loads(next(iter(facts["recipes"][0].values())))["settings"]
    assert settings["quality"] == "draft"
    assert facts["taken"] == f"Strength {settings['strength']:g}, brush size {settings['brush_size']:.3g}"
    assert settings["strength"] == 98.0
    assert facts["estimate changed"]
    assert "MB" in facts["estimate"] or "GB" in facts["estimate"]
    before, after = facts["widths of the gallery"]
    assert before == after, "a long description must not push the preview aside"


def test_a_screen_reader_is_told_which_styles_are_chosen(scenarios: dict[str, Facts]) -> None:
    """One alone; a second one, which Ctrl+Return adds and takes away again."""
    one, both, again = scenarios["adjust"]["selected"]
    assert one == again == ["Watercolour"]
    assert sorted(both) == ["Water garden", "Watercolour"]


def test_keys_zoom_and_move_the_line_as_the_list_says(scenarios: dict[str, Facts]) -> None:
    """1 and 0, plus and minus; Home, End and arrows, with Shift, and up where before is above after."""
    fitted, full, nearer, back, again = scenarios["old"]["zoom"]
    assert fitted == again
    assert full == back == "100 %"
    assert int(nearer.split()[0]) > 100
    assert scenarios["old"]["line"] == [f"{place} % of the {side}" for place, side in LINES]


def test_the_sheet_shows_nine_variations_of_the_current_settings(scenarios: dict[str, Facts]) -> None:
    """Each has its own name; going back changes nothing; the current one has the focus."""
    facts = scenarios["adjust"]
    names = {name for name in facts["variations"] if ", brush size" in name}
    assert len(names) == 9
    assert {name.split(",")[0] for name in names} == {"Strength 48", "Strength 73", "Strength 98"}
    assert facts["strength after going back"] == 73.0
    assert facts["present"].startswith("Strength 73, ")
    assert facts["nameless variations"] == []


def test_every_widget_has_a_name_and_access_keys_are_unique(scenarios: dict[str, Facts]) -> None:
    """As a screen reader gets them."""
    facts = scenarios["adjust"]
    assert facts["nameless"] == []
    assert len(facts["letters"]) >= 8
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]


def test_the_selection_is_chosen_as_the_strength_map(scenarios: dict[str, Facts]) -> None:
    """With its soft levels; then it is not used as a mask. It is not the default."""
    facts = scenarios["place"]
    assert facts["status"] == "success", facts
    assert (scenarios["adjust"]["places"], facts["places"]) == (1, 1)
    assert facts["nameless"] == []
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]
    assert not any(facts["masks"])
    said = json.loads(facts["recipes"][0]["neural-style-recipe"])
    assert said["strength_region"] == "inside"
    assert min(said["asked"]["strength map"][kind] for kind in ("none", "soft")) > 100
    (later,) = [notes["neural-style-recipe"] for notes in scenarios["keep"]["recipes"] if notes]
    assert "strength map" not in json.loads(later)["asked"]


def test_faces_are_kept_unless_switched_off(scenarios: dict[str, Facts]) -> None:
    """As the recipes show."""
    kept = {
        name: json.loads(scenarios[name]["recipes"][0]["neural-style-recipe"])["settings"]["keep_faces"]
        for name in ("accept", "place")
    }
    assert kept == {"accept": True, "place": False}


def test_stop_keeps_the_layer_being_painted(scenarios: dict[str, Facts]) -> None:
    """The first of two, as far as it was painted; the second is not started."""
    facts = scenarios["keep"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 3
    assert "left" in facts["progress"]


def test_a_painting_of_insert_and_stay_is_compared_and_inserted_again(scenarios: dict[str, Facts]) -> None:
    """It is shown beside the preview; its settings are restored; removed from the strip, its layers stay."""
    facts = scenarios["stay"]
    assert facts["status"] == "success", facts
    background, *others = facts["layers"][::-1]
    assert background == "Background"
    assert [name.partition(":")[0] for name in others] == ["Background", "Background", "Visible"]
    assert facts["caption"].startswith("Watercolour, ")
    assert facts["strength taken back"]
    assert facts["dropped"]
    layout = json.loads((Path(facts["folder"]) / "profile" / "neural-style.json").read_text())
    assert layout["upright"]
    assert [len(layout["size"]), len(layout["sides"])] == [2, 2], "the window is laid out so the next time"
    assert facts["nameless"] == []
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]


def test_the_image_is_painted_as_visible_when_that_is_chosen(scenarios: dict[str, Facts]) -> None:
    """The window shows that; its earlier paintings are left out; effects of layers are always included."""
    facts = scenarios["stay"]
    assert facts["painted"]
    assert [facts["as seen"], facts["as seen of all"]] == [True, False]
    visible, *_again, first, _none = facts["recipes"]
    whole, one = (json.loads(notes["neural-style-recipe"]) for notes in (visible, first))
    assert whole["input"] == "visible"
    assert whole["asked"]["content"] == one["asked"]["content"]


def test_the_image_is_painted_as_visible_when_no_selected_layer_can_be(scenarios: dict[str, Facts]) -> None:
    """A layer of 10 x 10 px is selected: the window says why it is not painted, and there is no other choice."""
    facts = scenarios["whole"]
    assert "'tiny' is 10 x 10 px" in facts["said"]
    assert (facts["painted"], facts["choice"]) == (["Image as visible"], False)
    assert (facts["status"], len(facts["layers"])) == ("success", 3)


def test_the_choice_of_what_is_painted_is_remembered(scenarios: dict[str, Facts]) -> None:
    """That of the last painting, or of the closed window."""
    assert scenarios["leave"]["painted"] == ["Image as visible"]
    assert scenarios["repair"]["painted"] == ["Selected layers"]


def test_a_grayscale_image_can_be_painted_in_colour(scenarios: dict[str, Facts]) -> None:
    """A button beside the summary chooses a new image as output, and disappears."""
    facts = scenarios["look"]
    said, output, focus = facts["in colour"]
    assert said
    assert (output, focus) == (["New image"], "Stylize")
    assert facts["offered no more"]


def test_cancelling_and_closing_leave_nothing(scenarios: dict[str, Facts]) -> None:
    """Escape cancels a run; closing the window ends a run; no layer and no engine is left."""
    facts = scenarios["leave"]
    assert facts["back to choosing"]
    assert facts["Return starts a run"]
    assert facts["status"] == "cancel"
    assert facts["layers"] == ["Background"]
    assert facts["clean"]


def test_an_engine_that_does_not_start_gives_a_message_in_the_window(scenarios: dict[str, Facts]) -> None:
    """With the remedy; after that, Stylize works in the same window."""
    facts = scenarios["repair"]
    assert "neural-style install" in facts["error"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 2


def test_a_missing_engine_is_installed_from_the_window(scenarios: dict[str, Facts]) -> None:
    """By one button, into the user's data folder; then the preview is painted. A command is shown too."""
    facts = scenarios["mend"]
    assert "cannot be started" in facts["error"]
    assert "neural-style install" in facts["line"]
    assert len(set(facts["letters"])) == len(facts["letters"]), facts["letters"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 2
    data = Path(facts["folder"]) / "profile" / "home" / ".local" / "share" / "gimp-neural-style"
    assert len(list(data.glob("engine-*"))) == 1


def test_an_engine_of_another_version_can_be_replaced_from_the_window(scenarios: dict[str, Facts]) -> None:
    """It works until then."""
    assert "version 0," in scenarios["old"]["said"]
    assert scenarios["old"]["offered"]


def test_f1_shows_the_list_of_keys_and_opens_the_guide(scenarios: dict[str, Facts]) -> None:
    """The HTML page that is part of the plug-in; Ctrl+? opens the same list."""
    facts = scenarios["old"]
    assert facts["keys"]
    assert facts["keys again"]
    listed = set(facts["listed"])
    assert {"Ctrl+Space  Ctrl+Return", "Add the style to the blend, or take it away"} <= listed
    assert "Ctrl+V" in listed  # a reader of the screen is told what is scrolled into sight
    assert facts["guide"].strip().endswith("/gimp_plugin/help/guide.html")


def test_the_painting_of_a_layer_deleted_in_gimp_becomes_an_image(scenarios: dict[str, Facts]) -> None:
    """Deleted by GIMP's menu while it was painted."""
    facts = scenarios["lose"]
    assert facts["closed"]
    assert facts["status"] == "success", facts
    assert facts["layers"] == []
    assert "Background: Watercolour" in facts["everywhere"]


def test_messages_for_the_artist_are_shown_in_the_window(scenarios: dict[str, Facts]) -> None:
    """A grayscale image, a layer that is left out, an undelivered painting, which is opened."""
    facts = scenarios["look"]
    assert "gray" in facts["gray"]
    assert facts["left out"].startswith("'tiny' was left out: ")
    assert facts["offer"] == "A finished painting was not delivered."
    assert "left behind" in facts["everywhere"]
    assert facts["status"] == "success", facts
    assert facts["layers"] == ["tiny", "Background: Watercolour", "Background"]


def test_the_wheel_scrolls_the_controls_without_changing_them(scenarios: dict[str, Facts]) -> None:
    """Lists, numbers and sliders."""
    facts = scenarios["look"]
    assert facts["changed by the wheel"] == []
    assert facts["scrolled"]


def test_a_screen_reader_gets_the_states_of_widgets(scenarios: dict[str, Facts]) -> None:
    """Whether they are switched on or unfolded, and their descriptions."""
    told = scenarios["look"]["states"]
    assert told["Keep faces"] is False, "as it was left in the scenario before"
    assert (told["Texture"], told["More settings"]) == (False, True)
    assert told["described"].startswith("How far to go")


def test_numbers_are_read_with_their_units(scenarios: dict[str, Facts]) -> None:
    """Also those shown as a word; a typed number may have the unit or not."""
    facts = scenarios["look"]
    assert facts["amounts"] == [["off", "45 s"], ["automatic", "4 GB"], ["45 s", "off"]]
    assert "selection 40 x 40 px" in facts["gray"]


def test_a_backend_that_is_not_installed_is_disabled(scenarios: dict[str, Facts]) -> None:
    """The stand-in engine has ONNX Runtime only."""
    assert scenarios["look"]["backends"] == {"Automatic": True, "ONNX Runtime": True, "PyTorch": False}


def test_the_strength_map_belongs_to_its_image(scenarios: dict[str, Facts]) -> None:
    """In the image before, it was the selection; here the selection is the mask."""
    facts = scenarios["look"]
    assert facts["masks"] == [False, True, False]
    said = json.loads(facts["recipes"][1]["neural-style-recipe"])
    assert "strength_region" not in said


def test_a_killed_engine_gives_a_message_in_the_window(scenarios: dict[str, Facts]) -> None:
    """During a run; the next one gets a new engine in the same window."""
    facts = scenarios["crash"]
    assert "SIGKILL" in facts["error"]
    assert facts["status"] == "success", facts
    assert len(facts["layers"]) == 2


def test_the_cancel_button_of_gimp_ends_a_repeated_run(scenarios: dict[str, Facts]) -> None:
    """Plug-in and engine end, GIMP does not, and the layer painted before stays."""
    facts = scenarios["interrupt"]
    assert facts["engines"] == 1
    assert facts["engine gone"]
    assert facts["plug-in gone"]
    assert facts["heard"]
    assert len(facts["layers"]) == 2
    assert facts["layers"][1] == "Background"


@pytest.mark.parametrize(
    "name", ["accept", "adjust", "keep", "stay", "leave", "repair", "mend", "old", "lose", "crash", "interrupt"]
)
def test_no_engine_outlives_the_dialog(scenarios: dict[str, Facts], name: str) -> None:
    """However the dialog was closed."""
    assert scenarios[name]["engines gone"] is True
