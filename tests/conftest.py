"""A real GIMP 3 for the tests that need one, with the plug-in installed in a separate profile."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from children import stand_in_engine
from desktop.known_plug_ins import prepare
from desktop.screens import PROGRAMS, engine_threads, gimp_with_windows, on_screen
from hypothesis import settings
from PIL import Image

from demo.gimp import CACHE, Gimp, GimpUnavailableError, find_or_fetch, private
from nst_core.setup.plugin_installer import default_command, install_plugin
from nst_core.shared.client import launch

HERE = Path(__file__).resolve().parent
INSIDE = HERE / "gimp" / "inside"
PHOTOGRAPHS = HERE.parent / "demo" / "photographs"
WAYS = ("unchanged", "inverted", "dies", "tires", "short", "waits", "pauses", "foreign")  # of the stand-in engine

settings.register_profile("brief", max_examples=50, deadline=None)
settings.register_profile("long", max_examples=5000, deadline=None)
settings.load_profile("brief")  # for the other: pytest --hypothesis-profile long

if (MEASURED := "COVERAGE_PROCESS_CONFIG") in os.environ:  # engines, whose surroundings are few, are measured too
    launch.PASSED_ON += f" {MEASURED}"

Facts = dict[str, Any]
Found = Callable[[str], Facts]


@dataclass(frozen=True)
class Studio:
    """A GIMP, its profile, the installed plug-in, and a folder that GIMP and the test share."""

    gimp: Gimp
    profile: Path
    plug_in: Path
    folder: Path

    def reach_outside(self) -> None:
        """Let this GIMP start the engine of an engine.json that was written outside of it."""
        file = self.plug_in / "engine.json"
        entry = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps(entry | {"command": self.gimp.outside(entry["command"])}), "utf-8")

    def check(self, script: str, screen: str = "", limit: float = 600.0, **more: Any) -> Found:
        """Run a script of checks inside GIMP. What it returns gives the facts that a check of this name found.

        Under "output" it gives everything that GIMP printed. script: its path in gimp/inside. screen: the size of one,
        for a GIMP with windows. limit: seconds after which GIMP hangs.
        """
        engines = {way: self.gimp.outside(stand_in_engine(way, str(self.folder))) for way in WAYS}
        order, answers = (self.folder / f"{Path(script).name}-{name}.json" for name in ("order", "answers"))
        order.write_text(
            json.dumps(
                {
                    "plug_in": str(self.plug_in),
                    "engines": {**engines, "missing": ["/nowhere/neural-style-engine"]},
                    "folder": str(self.folder),
                    "answers": str(answers),
                    **more,
                }
            )
        )
        told = {
            "NST_CHECKS": str(order),
            "PYTHONPATH": str(INSIDE),
            **engine_threads(),
        }
        if screen:
            done = self.gimp.run(
                on_screen(screen, gimp_with_windows(INSIDE / script)), self.profile, told, timeout=limit
            )
        else:
            done = self.gimp.run_batch(INSIDE / script, self.profile, told, timeout=limit)
        assert answers.is_file(), done.stdout
        sys.stdout.write(done.stdout)  # shown if a test fails
        found = {**json.loads(answers.read_text()), "output": {"text": done.stdout}}

        def facts(name: str) -> Facts:
            assert "failed" not in found[name], found[name]["failed"]
            return cast("Facts", found[name])

        return facts


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--gimp", metavar="SUITE", help="use the private GIMP of this Debian suite, as trixie or sid")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort tests: files with a GIMP, which mostly wait, alternate with other slow ones; short files fill the gaps."""
    ranks: dict[Path, int] = {}
    for item in items:
        rank = 0 if item.get_closest_marker("gimp") else 1 if item.get_closest_marker("slow") else 2
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    numbers = {path: number for rank in range(3) for number, path in enumerate(p for p in ranks if ranks[p] == rank)}
    items.sort(key=lambda item: (ranks[item.path] == 2, numbers[item.path], ranks[item.path]))


@pytest.fixture(scope="session")
def gimp(pytestconfig: pytest.Config) -> Gimp:
    suite = pytestconfig.getoption("--gimp")
    try:
        return private(CACHE, suite=suite) if suite else find_or_fetch(CACHE)
    except GimpUnavailableError as error:
        pytest.skip(f"no GIMP 3: {error}")


@pytest.fixture(scope="session")
def windows(gimp: Gimp) -> Gimp:
    """The GIMP, if its windows can be shown and used."""
    if gimp.root is None and not all(map(shutil.which, ("gimp", *PROGRAMS))):
        pytest.skip("no invisible screen here: install xvfb, xdotool and imagemagick")
    return gimp


@pytest.fixture(scope="session")
def studio(gimp: Gimp, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return furnished(gimp, tmp_path_factory.mktemp("studio"))


def furnished(gimp: Gimp, folder: Path) -> Studio:
    """Put pictures, a preset and a profile with the plug-in into a folder, which may exist."""
    profile = folder / "profile"
    prepare(gimp, profile)
    with Image.open(PHOTOGRAPHS / "cat.jpg") as cat:
        cat.convert("RGB").resize((128, 96)).save(folder / "photograph.png")
    with Image.open(PHOTOGRAPHS / "coffee.jpg") as coffee:
        coffee.convert("RGB").resize((96, 64)).save(folder / "style.png")
    look = profile / "home" / ".local" / "share" / "gimp-neural-style" / "presets" / "test-look"
    look.mkdir(parents=True)
    shutil.copyfile(folder / "style.png", look / "style.png")
    entry = {"format": 1, "title": "Test look", "styles": [{"file": "style.png"}], "settings": {"strength": 80.0}}
    (look / "preset.json").write_text(json.dumps(entry))
    plug_in = install_plugin(profile / "plug-ins", gimp.outside(default_command()))
    return Studio(gimp, profile, plug_in, folder)
