"""What the dialog remembers of the last time, from a profile in any state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gimp_plugin.flow.last_choices import FILE, Layout, Left, Memory, recall, remember
from gimp_plugin.looks.picks import Pick, Picks
from nst_core.shared.settings import from_mapping, to_mapping

PRESET = Pick("preset", "linocut", "Linocut")


def test_what_was_remembered_is_recalled(tmp_path: Path) -> None:
    """Styles, in their order, and how the window was laid out."""
    picture = tmp_path / "style.png"
    picture.touch()
    last = Memory(
        Picks((PRESET, Pick("file", str(picture), "style.png", 0.5))),
        layout=Layout((1000, 700), (300, 310), upright=False, pixels=True),
    )
    remember(tmp_path, last)
    assert recall(tmp_path) == last


def test_what_a_window_was_left_with_is_recalled(tmp_path: Path) -> None:
    """Styles, settings, and how the painting comes into GIMP; what is of no known kind is left out."""
    left = Left(Picks((PRESET,)), to_mapping(from_mapping({"strength": 70.0})), {"output": "image", "as-seen": False})
    remember(tmp_path, Memory(left=left))
    assert recall(tmp_path).left == left
    said = json.loads((tmp_path / FILE).read_text())
    said["left"]["ways"] = {"output": ["image"], "as-seen": 7, "input": "visible"}
    (tmp_path / FILE).write_text(json.dumps(said))
    assert recall(tmp_path).left == replace(left, ways={"input": "visible"})


def test_what_cannot_be_recalled_is_known_to_be_missing(tmp_path: Path) -> None:
    """A layer is not kept, and a file may be deleted: what repeats the last time has to know."""
    remember(tmp_path, Memory(Picks((PRESET, Pick("layer", "7", "Sky")))))
    assert recall(tmp_path) == Memory(Picks((PRESET,)), complete=False)
    remember(tmp_path, recall(tmp_path))
    assert not recall(tmp_path).complete
    remember(tmp_path, Memory(Picks((Pick("file", str(tmp_path / "gone.png"), "gone.png"),))))
    assert recall(tmp_path) == Memory(complete=False)


@pytest.mark.parametrize("said", ["", "{", "[]", "7", '{"picks": 7}', "[" * 100_000])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, said: str) -> None:
    """There is only something to choose again."""
    assert recall(tmp_path) == Memory()
    (tmp_path / FILE).write_text(said)
    assert recall(tmp_path) == Memory()


@pytest.mark.parametrize("size", [None, 7, [7], [0, 600], ["900", 600], [900, 10**6], [900.5, 600]])
def test_a_size_that_is_none_is_left_out(tmp_path: Path, size: object) -> None:
    """The window then has its usual one."""
    (tmp_path / FILE).write_text(json.dumps({"picks": [], "complete": True, "size": size, "sides": size, "upright": 3}))
    assert recall(tmp_path) == Memory()


def test_a_profile_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """She chooses again the next time."""
    remember(tmp_path / "nowhere", Memory(Picks((PRESET,))))
    assert recall(tmp_path / "nowhere") == Memory()
