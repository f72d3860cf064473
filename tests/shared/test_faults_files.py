"""Disks that are full, folders that are closed, files of other versions, clocks that jump: a sentence, nothing lost."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from children import unix_only
from machines.small_disks import small_disk
from preset_fixtures import DRAFT, roots

from gimp_plugin.flow import last_choices
from gimp_plugin.image import noted_styles
from gimp_plugin.picks import Picks, of_file
from nst_core.cli.job_inputs import read_recipe, write_recipe
from nst_core.imaging.files import decoding, image_files
from nst_core.setup.plugin_installer import install_plugin
from nst_core.shared.errors import InvalidSettingError, UnwritableOutputError
from nst_core.shared.presets.archive import export_preset
from nst_core.shared.presets.library import delete, restore, save
from nst_core.shared.presets.lookup import Roots, list_presets

__all__ = ["roots"]  # a fixture is used by its name

ROOT = Path(__file__).resolve().parents[2]
NOISE = np.random.default_rng(4).random((400, 400, 3), np.float32)
SOMEBODY = 65534  # a user who owns nothing


@pytest.fixture(name="small_disk")
def disk_of_256_kibibytes(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 256):
        yield tmp_path / "disk"


@pytest.mark.parametrize(
    ("suffix", "depth"), [(".png", 8), (".tif", 8), (".jpg", 8), (".webp", 8), (".png", 16), (".tif", 16)]
)
def test_a_result_that_finds_the_disk_full_leaves_the_old_file(small_disk: Path, suffix: str, depth: int) -> None:
    """One sentence; the older picture is whole, and no half one lies beside it."""
    out = small_disk / f"out{suffix}"
    like = decoding.DecodedImage(NOISE, depth)
    image_files.write(out, NOISE[:40, :40], like)
    assert image_files.read_image(out).depth == depth
    before = out.read_bytes()
    (small_disk / "filler").write_bytes(bytes(256 * 1024 - len(before) - 24 * 1024))
    with pytest.raises(UnwritableOutputError, match="cannot be written") as caught:
        image_files.write(out, NOISE, like)
    assert "free space" in caught.value.remedy
    assert out.read_bytes() == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", out.name]


def test_a_recipe_that_finds_the_disk_full_leaves_the_old_one(small_disk: Path) -> None:
    """One sentence, and nothing beside it."""
    out = small_disk / "recipe.json"
    write_recipe(out, {"format": 1, "old": True})
    before = out.read_bytes()
    (small_disk / "filler").write_bytes(bytes(248 * 1024))
    with pytest.raises(UnwritableOutputError, match="cannot be written"):
        write_recipe(out, {"format": 1, "notes": "long" * 8192})
    assert out.read_bytes() == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", out.name]


def test_what_finds_the_disk_full_leaves_everything_as_it_was(small_disk: Path, roots: Roots) -> None:
    """A preset, a file to share and the plug-in itself: a sentence, and not a byte more than before."""
    saved = save(DRAFT, roots)
    (small_disk / "filler").write_bytes(bytes(252 * 1024))
    for write in (
        lambda: save(DRAFT, Roots(roots.builtin, small_disk / "own")),
        lambda: install_plugin(small_disk, ["engine"]),
    ):
        with pytest.raises(UnwritableOutputError, match="No space left"):
            write()
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "rest").write_bytes(bytes(256 * 1024))
    with pytest.raises(UnwritableOutputError, match="No space left"):
        export_preset(saved, small_disk / "a.nstyle")
    assert list_presets(Roots(roots.builtin, small_disk / "own")).broken == ()
    assert not [
        path for path in small_disk.rglob("*") if path.is_file() and path.name not in {"filler", "rest", ".lock"}
    ]


def test_what_is_written_down_finds_the_disk_full_and_stays_as_it_was(small_disk: Path) -> None:
    """A recipe says so, and what the dialog remembers of the last time is that of the time before."""

    def write(word: str) -> None:
        last_choices.remember(small_disk, last_choices.LastChoices(layout=last_choices.Layout((len(word), 480))))
        noted_styles.remember(small_disk, Picks((of_file(small_disk / word),)))
        write_recipe(small_disk / "recipe.json", {"said": word})

    write("old")
    before = {path: path.read_bytes() for path in small_disk.iterdir()}
    assert len(before) == 3
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "rest").write_bytes(bytes(256 * 1024))
    with pytest.raises(UnwritableOutputError, match="cannot be written"):
        write("new")
    (small_disk / "rest").unlink()
    assert {path: path.read_bytes() for path in small_disk.iterdir()} == before


CLOSED = """
import os, sys
from pathlib import Path
sys.path[:0] = [{root!r}]
import numpy as np
from nst_core.imaging.files import image_files
from nst_core.shared.errors import NeuralStyleError
from nst_core.setup.plugin_installer import install_plugin
from nst_core.cli.job_inputs import read_recipe
from nst_core.shared.client.launch import engine_command
from nst_core.shared.presets.archive import import_preset
from nst_core.shared.presets.library import Draft; from nst_core.shared.presets.library import save
from nst_core.shared.presets.lookup import Roots; from nst_core.shared.presets.lookup import list_presets
os.chdir("/")
os.setgroups([]); os.setgid({who}); os.setuid({who})
place = Path({place!r})
roots = Roots(place / "builtin", place / "own")
for act in (
    lambda: image_files.read(place / "secret.png"),
    lambda: image_files.write(place / "out.png", np.zeros((40, 40, 3), np.float32)),
    lambda: image_files.write(place / "hidden" / "out.png", np.zeros((40, 40, 3), np.float32)),
    lambda: save(Draft("New", (("a", b"\\xff\\xd8\\xff", 1.0),), {{}}), roots),
    lambda: import_preset(place / "secret.png", roots),
    lambda: install_plugin(place / "plug-ins", ["engine"]),
    lambda: read_recipe(str(place / "secret.png")),
    lambda: engine_command(place / "hidden"),
):
    try:
        act()
    except NeuralStyleError as error:
        print(f"told: {{error}}")
    else:
        print("done")
print(len(list_presets(roots).presets), "presets")
"""


@unix_only
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become somebody else")
def test_closed_folders_and_files_are_told() -> None:
    """For somebody who may neither read nor write there: one sentence each, with what to do."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed from above
        place = Path(name)
        place.chmod(0o755)
        (place / "secret.png").touch(0o600)
        for closed in ("hidden", "own"):
            (place / closed).mkdir(0o700)
        (place / "builtin").mkdir()
        _see_closed(place)


def _see_closed(place: Path) -> None:
    script = CLOSED.format(who=SOMEBODY, root=str(ROOT), place=str(place))
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines[-1:] == ["0 presets"], done.stderr
    assert len(lines) == 9
    assert all(line.startswith("told: ") and "; " in line for line in lines[:-1]), lines


def test_recipes_of_other_versions_are_told_apart(tmp_path: Path) -> None:
    """Fields that are not known are passed over; another format is refused, and so is a setting of the future."""
    good = {"format": 1, "engine": "99.0", "settings": {}, "size": [32, 32], "styles": [{"sha256": "", "weight": 1}]}
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(good | {"brand": "new"}))
    assert read_recipe(str(file))["size"] == [32, 32]
    changes: list[dict[str, object]] = [
        {"format": 2},
        {"format": 0},
        {"format": "1"},
        {"styles": []},
        {"settings": None},
    ]
    for change in changes:
        file.write_text(json.dumps(good | change))
        with pytest.raises(InvalidSettingError, match="not a recipe of format 1"):
            read_recipe(str(file))


WALL_CLOCK = {
    "gimp_plugin/flow/roles.py",
    "gimp_plugin/image/undelivered.py",
    "nst_core/shared/presets/folder_changes.py",
    "nst_core/system/safe_files.py",
}
"""Where the date matters: a deleted preset is kept for a week of the calendar, and unfinished files have an age.
What was painted in a session is told by its time of day."""


STEADY = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep", "thread_time"}
"""What of the module `time` no clock that is set can change."""


def clocks(tree: ast.AST) -> list[str]:
    """Where a file may ask for the time of day: any use of `datetime`, and of `time` all but what is steady."""
    found = []
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "time"
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=taken) if any(alias.name == "datetime" for alias in taken):
                found.append("datetime")
            case ast.ImportFrom(module="datetime"):
                found.append("datetime")
            case ast.ImportFrom(module="time", names=taken):
                found += [alias.name for alias in taken if alias.name not in STEADY]
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names and attribute not in STEADY:
                found.append(attribute)
    return found


def test_nothing_waits_by_a_clock_that_can_jump() -> None:
    """The time of day is asked for nowhere else, so that a clock set anew neither hangs nor ends a run."""
    found = {
        path.relative_to(ROOT).as_posix()
        for part in ("nst_core", "gimp_plugin")
        for path in (ROOT / part).rglob("*.py")
        if clocks(ast.parse(path.read_text("utf-8")))
    }
    assert found == WALL_CLOCK


ASKS = (
    "import time\ntime.time()",
    "import time as t\nt.time()",
    "import time\ntime.localtime()",
    "from time import time",
    "from time import *",
    "import datetime\ndatetime.datetime.now()",
    "from datetime import date as d",
)


@pytest.mark.parametrize("code", ASKS)
def test_the_rule_about_clocks_catches_what_it_forbids(code: str) -> None:
    """Under whichever name it is imported; what measures spans of time is free."""
    assert clocks(ast.parse(code))
    assert not clocks(ast.parse("import time as t\nfrom time import perf_counter\nt.monotonic()\nt.sleep(1)"))


@pytest.mark.parametrize("year", [1970, 2100])
def test_presets_survive_a_clock_that_jumps(roots: Roots, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved today, seen in another year, and again today: they are there, deleted ones too, and can be saved to."""
    saved = save(DRAFT, roots)
    deleted = delete(save(DRAFT, roots).slug, roots)
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: (year - 1970) * 365.25 * 86400)
        save(DRAFT, roots)
        save(DRAFT, roots)
    save(DRAFT, roots)
    assert restore(deleted, roots).title == saved.title
    assert saved.slug in [preset.slug for preset in list_presets(roots).presets]
    assert list_presets(roots).broken == ()
