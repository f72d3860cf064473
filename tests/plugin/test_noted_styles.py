"""Where a painting's styles came from: what is noted, and how it is found again."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_plugin.image import noted_styles
from gimp_plugin.picks import Pick, Picks, of_file
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.presets import lookup
from nst_core.shared.presets.lookup import Roots
from nst_core.shared.wire.messages import MAX_STYLES, Pixels, StyleFile, StylePixels

SHIPPED = lookup.list_presets(Roots(user=Path("/nowhere"))).presets


def files(*paths: Path) -> Picks:
    return Picks(tuple(map(of_file, paths)))


def no_layer(_number: int, name: str) -> str:
    raise AssertionError(name)


def no_pixels(key: str) -> Pixels:
    raise AssertionError(key)


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(user=tmp_path / "presets")


def test_a_recipe_contains_no_path_and_no_name() -> None:
    """Only digests of the pictures and their weights."""
    noted = noted_styles.entry_of(StyleFile(b"picture", 0.5, "secret.png"))
    assert noted == {"sha256": noted["sha256"], "bytes": 7, "weight": 0.5}
    assert "secret" not in json.dumps(noted)


@pytest.mark.parametrize("preset", SHIPPED, ids=lambda preset: preset.slug)
def test_the_pictures_of_every_preset_are_found(preset: lookup.Preset, tmp_path: Path, roots: Roots) -> None:
    """With their weights, in their order."""
    styles = tuple(StyleFile(style.read(), style.weight, style.name) for style in preset.styles)
    found = Picks(noted_styles.find([noted_styles.entry_of(style) for style in styles], tmp_path, no_layer, roots))
    assert found.styles(no_pixels) == styles


def test_a_picture_used_before_is_found_again(tmp_path: Path, roots: Roots) -> None:
    """Among others of the same size, and without deleted ones."""
    for name, contents in {"a.png": b"one", "b.png": b"two", "c.png": b"six"}.items():
        (tmp_path / name).write_bytes(contents)
        noted_styles.remember(tmp_path, files(tmp_path / name))
    (tmp_path / "c.png").unlink()
    noted = [noted_styles.entry_of(StyleFile(b"one", 2.0))]
    assert noted_styles.find(noted, tmp_path, no_layer, roots) == (Pick("file", str(tmp_path / "a.png"), "a.png", 2.0),)


def test_a_picture_that_has_changed_is_not_used(tmp_path: Path, roots: Roots) -> None:
    """Otherwise another style would be painted without a message."""
    (tmp_path / "a.png").write_bytes(b"one")
    noted_styles.remember(tmp_path, files(tmp_path / "a.png"))
    (tmp_path / "a.png").write_bytes(b"new")
    with pytest.raises(InvalidImageError, match="cannot be found"):
        noted_styles.find([noted_styles.entry_of(StyleFile(b"one"))], tmp_path, no_layer, roots)


def test_a_layer_used_as_the_style_is_looked_up_in_gimp(tmp_path: Path, roots: Roots) -> None:
    """By its number and name; its weight is kept."""
    layer = noted_styles.entry_of(StylePixels(Pixels(1, 1, struct.pack("<4f", 1, 0, 0, 1)), 0.5))
    noted = [layer | {"layer": 7, "name": "sea"}]
    found = noted_styles.find(noted, tmp_path, "{1} {0}".format, roots)
    assert found == (Pick("layer", "sea 7", "sea", 0.5),)


def test_a_whole_image_used_as_the_style_is_refused(tmp_path: Path, roots: Roots) -> None:
    """Because the image may look different by now."""
    with pytest.raises(InvalidImageError, match="all that an image shows"):
        noted_styles.find([{"layer": None, "weight": 1.0}], tmp_path, no_layer, roots)


STRANGE: list[object] = [
    None,
    {},
    [],
    [7],
    [{}],
    [{}] * (MAX_STYLES + 1),
    [{"sha256": 1, "bytes": 1, "weight": 1}],
    [{"sha256": "", "bytes": "1", "weight": 1}],
    [{"sha256": "0", "bytes": -1, "weight": 1}],
    [{"sha256": "0", "bytes": 1, "weight": -1}],
    [{"layer": 0, "name": "sea", "weight": 1}],
    [{"layer": 7, "name": None, "weight": 1}],
]


@pytest.mark.parametrize("noted", STRANGE)
def test_an_invalid_recipe_gives_an_error_in_one_sentence(noted: object, tmp_path: Path, roots: Roots) -> None:
    """Images come from anywhere."""
    with pytest.raises(InvalidImageError):
        noted_styles.find(noted, tmp_path, no_layer, roots)


@pytest.mark.parametrize("said", ["", "{", "{}", "[7, null]", "[" * 100_000])
def test_a_damaged_list_of_pictures_counts_as_empty(said: str, tmp_path: Path, roots: Roots) -> None:
    """And the next picture is remembered."""
    (tmp_path / noted_styles.FILE).write_text(said)
    (tmp_path / "a.png").write_bytes(b"one")
    noted_styles.remember(tmp_path, files(tmp_path / "a.png"))
    assert noted_styles.find([noted_styles.entry_of(StyleFile(b"one"))], tmp_path, no_layer, roots)[0].title == "a.png"


def test_only_the_latest_pictures_are_remembered(tmp_path: Path) -> None:
    """Each once, the latest first."""
    for number in [*range(noted_styles.MOST + 20), 50]:
        noted_styles.remember(tmp_path, files(tmp_path / f"{number}.png"))
    paths = json.loads((tmp_path / noted_styles.FILE).read_text())
    assert len(paths) == len(set(paths)) == noted_styles.MOST
    assert paths[0] == str(tmp_path / "50.png")


REMEMBERING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from gimp_plugin.picks import Picks, of_file
from gimp_plugin.image import noted_styles
sys.stdin.readline()
for number in range(8):
    noted_styles.remember(Path(sys.argv[2]), Picks((of_file(Path(f"/{sys.argv[3]}-{number}.png")),)))
"""


def test_two_gimps_that_paint_at_once_remember_the_pictures_of_both(tmp_path: Path) -> None:
    """No entry is lost, and no lock is left."""
    root = str(Path(__file__).resolve().parents[2])
    words = [sys.executable, "-c", REMEMBERING, root, str(tmp_path)]
    others = [subprocess.Popen([*words, str(who)], stdin=subprocess.PIPE) for who in range(4)]
    for other in others:
        assert other.stdin is not None
        other.stdin.write(b"go\n")
        other.stdin.close()
    assert [other.wait() for other in others] == [0] * 4
    paths = json.loads((tmp_path / noted_styles.FILE).read_text())
    assert sorted(paths) == sorted(f"/{who}-{number}.png" for who in range(4) for number in range(8))
    assert [path.name for path in tmp_path.iterdir()] == [noted_styles.FILE]


def test_a_profile_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """She chooses the picture again."""
    noted_styles.remember(tmp_path / "nowhere", files(tmp_path / "a.png"))
    assert not (tmp_path / "nowhere").exists()
