"""The package as programs use it: what docs/python.md shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import PACKAGE, photograph

import nst_core
from nst_core.imaging.files import image_files
from nst_core.painting.job import preset_styles
from nst_core.shared.presets.lookup import list_presets

pytestmark = pytest.mark.slow

SHOWN = PACKAGE.parent / "docs" / "python.md"
BEFORE_USE = (
    "import sys, nst_core; sys.exit(any(name.startswith('nst_core.') or name == 'numpy' for name in sys.modules))"
)


def test_the_script_in_the_document_runs(tmp_path: Path) -> None:
    """It tells its progress, and leaves a whole and an early painting of the photograph's size."""
    (script,) = re.findall(r"```python\n(.*?)```", SHOWN.read_text("utf-8"), re.DOTALL)
    image_files.write(tmp_path / "photo.jpg", photograph(64, 80))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "s left" in done.stdout
    painted, early = (image_files.read(tmp_path / name) for name in ("painted.png", "early.png"))
    assert painted.shape == early.shape == (64, 80, 3)
    assert not np.array_equal(painted, early)


def test_nothing_is_loaded_before_it_is_used() -> None:
    """Neither numpy nor a module of our own."""
    assert subprocess.run([sys.executable, "-c", BEFORE_USE], check=False).returncode == 0


@pytest.mark.parametrize("name", nst_core.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    """With a sentence of its own."""
    assert getattr(nst_core, name).__doc__


def test_the_package_tells_its_types() -> None:
    """To the type checkers of those who use it."""
    assert (PACKAGE / "py.typed").is_file()


def test_every_built_in_preset_gives_styles() -> None:
    """As many as it names, with their weights."""
    for preset in list_presets().presets:
        styles = preset_styles(preset)
        assert [style.weight for style in styles] == [style.weight for style in preset.styles]
