"""A real GIMP 3 for the tests that need one, with the plug-in installed in a profile of their own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from demo.gimp import CACHE, Gimp, GimpUnavailableError, find_or_fetch
from nst_core.install import default_command, install_plugin

PACKAGE = Path(__file__).resolve().parent.parent / "nst_core"


@dataclass(frozen=True)
class Studio:
    """A GIMP, its profile, the plug-in in it, and a folder both sides see."""

    gimp: Gimp
    profile: Path
    plug_in: Path
    folder: Path


@pytest.fixture(scope="session")
def gimp() -> Gimp:
    try:
        return find_or_fetch(CACHE)
    except GimpUnavailableError as error:
        pytest.skip(f"no GIMP 3: {error}")


@pytest.fixture(scope="session")
def studio(gimp: Gimp, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("studio")
    profile = folder / "profile"
    with Image.open(PACKAGE / "photographs" / "cat.jpg") as cat:
        cat.convert("RGB").resize((128, 96)).save(folder / "photograph.png")
    with Image.open(PACKAGE / "photographs" / "coffee.jpg") as coffee:
        coffee.convert("RGB").resize((96, 64)).save(folder / "style.png")
    look = profile / "home" / ".local" / "share" / "gimp-neural-style" / "presets" / "test-look"
    look.mkdir(parents=True)
    shutil.copyfile(folder / "style.png", look / "style.png")
    entry = {"format": 1, "title": "Test look", "styles": [{"file": "style.png"}], "settings": {"strength": 80.0}}
    (look / "preset.json").write_text(json.dumps(entry))
    plug_in = install_plugin(profile / "plug-ins", gimp.outside(default_command()))
    return Studio(gimp, profile, plug_in, folder)
