"""What the dialog remembers of the last time, from a profile in any state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gimp_plugin.flow.last_choices import FILE, LastChoices, Layout, Unfinished, recall, remember
from gimp_plugin.picks import Pick, Picks
from nst_core.shared.settings import from_mapping, to_mapping

PRESET = Pick("preset", "linocut", "Linocut")


def test_saved_choices_are_restored(tmp_path: Path) -> None:
    """Styles in their order, and the layout of the window."""
    picture = tmp_path / "style.png"
    picture.touch()
    last = LastChoices(
        Picks((PRESET, Pick("file", str(picture), "style.png", 0.5))),
        layout=Layout((1000, 700), (300, 310), upright=False, pixels=True),
    )
    remember(tmp_path, last)
    assert recall(tmp_path) == last


def test_the_settings_of_a_closed_window_are_restored(tmp_path: Path) -> None:
    """Styles, settings and kind of output; values of unknown types are ignored."""
    left = Unfinished(
        Picks((PRESET,)), to_mapping(from_mapping({"strength": 70.0})), {"output": "image", "as-seen": False}
    )
    remember(tmp_path, LastChoices(unfinished=left))
    assert recall(tmp_path).unfinished == left
    said = json.loads((tmp_path / FILE).read_text())
    said["left"]["ways"] = {"output": ["image"], "as-seen": 7, "input": "visible"}
    (tmp_path / FILE).write_text(json.dumps(said))
    assert recall(tmp_path).unfinished == replace(left, arguments={"input": "visible"})


def test_choices_that_cannot_be_restored_are_marked_as_incomplete(tmp_path: Path) -> None:
    """Layers are not saved, and files may be deleted: a repeated run must know."""
    remember(tmp_path, LastChoices(Picks((PRESET, Pick("layer", "7", "Sky")))))
    assert recall(tmp_path) == LastChoices(Picks((PRESET,)), complete=False)
    remember(tmp_path, recall(tmp_path))
    assert not recall(tmp_path).complete
    remember(tmp_path, LastChoices(Picks((Pick("file", str(tmp_path / "gone.png"), "gone.png"),))))
    assert recall(tmp_path) == LastChoices(complete=False)


@pytest.mark.parametrize("said", ["", "{", "[]", "7", '{"picks": 7}', "[" * 100_000])
def test_a_broken_file_counts_as_none(tmp_path: Path, said: str) -> None:
    """There is only something to choose again."""
    assert recall(tmp_path) == LastChoices()
    (tmp_path / FILE).write_text(said)
    assert recall(tmp_path) == LastChoices()


@pytest.mark.parametrize("size", [None, 7, [7], [0, 600], ["900", 600], [900, 10**6], [900.5, 600]])
def test_an_invalid_window_size_is_ignored(tmp_path: Path, size: object) -> None:
    """The window then has its default size."""
    (tmp_path / FILE).write_text(json.dumps({"picks": [], "complete": True, "size": size, "sides": size, "upright": 3}))
    assert recall(tmp_path) == LastChoices()


def test_a_profile_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """She chooses again the next time."""
    remember(tmp_path / "nowhere", LastChoices(Picks((PRESET,))))
    assert recall(tmp_path / "nowhere") == LastChoices()
