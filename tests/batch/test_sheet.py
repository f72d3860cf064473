"""Contact sheets: their form, and the command that paints them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from command_line import run
from engine_fixtures import photograph

from nst_core.batch import contact_sheet
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.shared.presets import lookup

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.slow


def plain(value: float, height: int = 60, width: int = 80) -> Float:
    """A colour that neither paper nor letters have, not even where they meet."""
    return np.broadcast_to(np.array([value, 0, 1], np.float32), (height, width, 3))


def places(drawn: Float, value: float) -> tuple[int, int]:
    """The upper left corner of the picture of this colour."""
    rows, columns = np.nonzero(np.abs(drawn - plain(round(value * 255) / 255)[0, 0]).max(axis=2) < 0.001)
    return int(rows.min()), int(columns.min())


@pytest.mark.parametrize(("columns", "rows"), [(1, 5), (2, 3), (3, 2), (5, 1), (9, 1)])
def test_pictures_stand_row_by_row(columns: int, rows: int) -> None:
    """In any number of columns, whole, in their order, with room for a name below; never more columns than pictures."""
    values = [0.2, 0.3, 0.4, 0.5, 0.6]
    drawn = contact_sheet.draw([(f"Look {value}", plain(value)) for value in values], columns)
    found = [places(drawn, value) for value in values]
    assert found == sorted(found)
    assert len({y for y, _ in found}) == rows
    assert len({x for _, x in found}) == min(columns, 5)
    y, x = found[0]
    np.testing.assert_allclose(drawn[y : y + 60, x : x + 80], plain(0.2), atol=0.003)
    assert drawn.shape[1] == min(columns, 5) * (80 + x) + x


def test_names_are_written_under_their_pictures() -> None:
    """There is ink below a picture with a name, none below one without, and none beyond the picture's width."""
    long = "A very long name that could never fit under so narrow a picture"
    drawn = contact_sheet.draw([("", plain(0.5)), (long, plain(0.5))], 2)
    dark: NDArray[np.bool_] = drawn.max(axis=2) < 0.4
    y, x = places(drawn, 0.5)
    assert not dark[:, : x + 80].any()
    assert dark[y + 60 :, 2 * x + 80 : 2 * x + 160].any()
    assert not dark[:, 2 * x + 160 :].any()


def test_transparent_pictures_lie_on_the_paper() -> None:
    """What is invisible has the colour of the sheet."""
    clear = np.zeros((60, 80, 4), np.float32)
    drawn = contact_sheet.draw([("", clear)])
    np.testing.assert_allclose(drawn, np.broadcast_to(np.array(contact_sheet.PAPER) / 255, drawn.shape), atol=0.003)


def test_columns_follow_the_pictures_shape() -> None:
    """A sheet of a dozen is wider than high, of tall pictures with more in a row than of wide ones."""
    assert contact_sheet.columns_for(1, 100, 100) == 1
    assert contact_sheet.columns_for(12, 100, 100) == 4
    assert contact_sheet.columns_for(12, 200, 100) > contact_sheet.columns_for(12, 100, 200)


def test_the_command_shows_the_original_and_every_look(tmp_path: Path) -> None:
    """The photograph comes first, then the looks in the order they were asked for, painted and all different."""
    image_files.write(tmp_path / "photo.png", photograph(60, 80))
    words = ["sheet", str(tmp_path / "photo.png"), "-o", str(tmp_path / "sheet.png"), "--presets", "mosaic, Linocut"]
    fast = ["--size", "80", "--columns", "3", "--quality", "draft", "--backend", "onnx", "--json"]
    result = run(*words, *fast)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["presets"] == ["mosaic", "linocut"]
    drawn = image_files.read(tmp_path / "sheet.png")
    assert report["size"] == [drawn.shape[1], drawn.shape[0]]
    gap = (drawn.shape[1] - 3 * 80) // 4
    shown = [drawn[gap : gap + 60, gap + n * (80 + gap) : gap + n * (80 + gap) + 80] for n in range(3)]
    np.testing.assert_allclose(shown[0], image_files.read(tmp_path / "photo.png"), atol=0.003)
    assert min(np.abs(shown[a] - shown[b]).mean() for a, b in ((0, 1), (0, 2), (1, 2))) > 0.05


def test_all_looks_are_shown_where_none_is_named(tmp_path: Path) -> None:
    """Every preset that there is, in its order, each beside the original: at strength 0 they are alike."""
    image_files.write(tmp_path / "photo.png", photograph(36, 48))
    words = ["sheet", str(tmp_path / "photo.png"), "-o", str(tmp_path / "sheet.png"), "--size", "48", "--strength", "0"]
    result = run(*words, "--columns", "4", "--json")
    assert result.exit_code == 0, result.output
    report, known = json.loads(result.stdout), [preset.slug for preset in lookup.list_presets().presets]
    assert report["presets"] == known
    layout = contact_sheet.Layout(len(known) + 1, 36, 48, 4)
    assert report["size"] == list(layout.size)
    drawn = image_files.read(tmp_path / "sheet.png")
    for number in range(len(known) + 1):
        x, y = layout.corner(number)
        np.testing.assert_allclose(drawn[y : y + 36, x : x + 48], image_files.read(tmp_path / "photo.png"), atol=0.003)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--presets", "mosaik"], "did you mean mosaic"),
        (["--presets", ","], "no preset to show"),
        (["--columns", "0"], "columns is 0"),
        (["--size", "8"], "size is 8"),
        (["--size", "0"], "size is 0"),
    ],
)
def test_a_sheet_of_nothing_is_refused(tmp_path: Path, more: list[str], sentence: str) -> None:
    """Exit code 2 and one sentence, before anything is painted."""
    image_files.write(tmp_path / "photo.png", photograph(60, 80))
    result = run("sheet", tmp_path / "photo.png", "-o", tmp_path / "s.png", *more)
    assert result.exit_code == 2
    assert sentence in result.stderr
