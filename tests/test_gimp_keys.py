"""Keys pressed in a real GIMP, on a screen that nobody sees: undo, redo, and the dialog before refining."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What was seen after each step."""
    if studio.gimp.root is None and not all(map(shutil.which, ("gimp", "Xvfb", "xdotool", "import"))):
        pytest.skip("no invisible screen here: install xvfb, xdotool and imagemagick")
    return studio.check("gimp_keys.py", way=["sh", str(HERE / "gimp_keys.sh")])


@pytest.mark.parametrize("output", ["layer", "editable"])
def test_one_undo_takes_everything_back(found: Found, output: str) -> None:
    """Layers, masks, selection and picture are as they were, and the image needs no saving."""
    facts = found(output)
    assert (facts["status"], facts["changed"], facts["undone"]) == ("success", True, True)
    assert facts["as before"] == []


@pytest.mark.parametrize("output", ["layer", "editable"])
def test_redo_brings_everything_back(found: Found, output: str) -> None:
    """The painting with its mask and its recipe."""
    facts = found(output)
    assert facts["redone"]
    assert facts["as after"] == []


def test_refining_begins_with_the_settings_of_the_painting(found: Found) -> None:
    """Return accepts what the dialog shows."""
    assert found("accepted") == {"status": "success", "as painted": [True]}


def test_closing_the_dialog_refines_nothing(found: Found) -> None:
    """GIMP is told of a cancel, not of an error."""
    assert found("closed") == {"status": "cancel", "as painted": []}
