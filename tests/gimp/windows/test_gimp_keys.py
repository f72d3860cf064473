"""Keys pressed in a real GIMP, on a screen that nobody sees: undo, redo, and the dialog before refining."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = [pytest.mark.gimp, pytest.mark.usefixtures("windows")]


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What was seen after each step."""
    return studio.check("artists/keys.py", screen="1280x900")


@pytest.mark.parametrize("output", ["layer", "editable", "visible"])
def test_one_undo_reverts_everything(found: Found, output: str) -> None:
    """Layers, masks, selection and pixels are as before, and the image need not be saved."""
    facts = found(output)
    assert (facts["status"], facts["changed"], facts["undone"]) == ("success", True, True)
    assert facts["as before"] == []
    assert facts["said"] == 0, "GIMP shows a message"


@pytest.mark.parametrize("output", ["layer", "editable", "visible"])
def test_redo_restores_everything(found: Found, output: str) -> None:
    """The painting with its mask and its recipe."""
    facts = found(output)
    assert facts["redone"]
    assert facts["as after"] == []


def test_refining_begins_with_the_settings_of_the_painting(found: Found) -> None:
    """Return accepts the settings in the dialog."""
    assert found("accepted") == {"status": "success", "as painted": [True]}


def test_closing_the_dialog_refines_nothing(found: Found) -> None:
    """GIMP gets a cancel, not an error."""
    assert found("closed") == {"status": "cancel", "as painted": []}


def test_the_shortcuts_of_gimp_repeat_and_reopen_the_filter(found: Found) -> None:
    """After it was started from the menu: each time there is one more layer, with the same pixels."""
    facts = found("again")
    steps = ["from the menu", "window closed", "repeated", "shown again", "painted again"]
    assert [facts[step] for step in steps] == [True] * len(steps)
    assert len(facts["names"]) == 4
    assert len(facts["settings"]) == 3
    assert all(settings == facts["settings"][0] for settings in facts["settings"])


def test_the_painting_of_a_deleted_layer_or_closed_image_becomes_an_image(found: Found) -> None:
    """A message says so; no engine is left."""
    facts = found("gone")
    for what in ("layer", "image"):
        assert facts[what] == {"started": True, "engines": [], "layers": 0}
    assert facts["images"] == 2, "each painting is an image of its own"
    said = found("output")["text"]
    assert said.count("was closed or deleted while it was painted") == 2
    assert "Traceback" not in said
