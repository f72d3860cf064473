"""The wheel as it is built: what is in it, and that it works where no sources are.

It is built without network and installed into an environment of its own, in which the packages that it needs are seen
but this project is not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from dataclasses import replace
from email.parser import Parser
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

import nst_core

if TYPE_CHECKING:
    from conftest import Studio

pytestmark = pytest.mark.slow

ROOT = Path(nst_core.__file__).resolve().parent.parent
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "nst_core", "gimp_plugin")
PHOTOGRAPH = Path(__file__).resolve().parents[2] / "demo" / "photographs" / "cat.jpg"
MOST_BYTES = 25e6
EXTRAS = {"cpu": "onnxruntime", "gpu": "onnxruntime-gpu", "torch": "torch", "ray": "ray"}
"""Extra: the package that it is for."""
HOLDS = {
    r"nst_core/data/models/[\w-]+\.(onnx|safetensors|json)",
    r"nst_core/data/styles/[\w-]+/(preset\.json|style\.jpg|thumbnail\.jpg)",
    r"nst_core(/\w+)*/\w+\.py",
    r"nst_core/py\.typed",
    r"gimp_plugin(/\w+)*/\w+\.py",
    r"gimp_plugin/neural-style\.py",
    r"gimp_plugin/help/guide\.html",
    r"gimp_plugin/locale/\w+/LC_MESSAGES/gimp-neural-style\.mo",
    r"gimp_neural_style-[\w.]+\.dist-info/(METADATA|RECORD|WHEEL|entry_points\.txt|top_level\.txt)",
    r"gimp_neural_style-[\w.]+\.dist-info/licenses/(LICENSE|NOTICE)",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build folder of an earlier day would leave its files in it."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, sources / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    done = subprocess.run([*command, str(sources)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The `neural-style` program of an environment that has the wheel with these extras, and no other package.

    It lies in a folder that is no easy one. The packages are those of the tests, seen through links.
    """

    @cache
    def made(*extras: str) -> Path:
        place = tmp_path_factory.mktemp("Programme für später") / "venv"
        venv.create(place, with_pip=False, symlinks=os.name != "nt")
        program = place / ("Scripts" if os.name == "nt" else "bin") / "neural-style"
        python = program.with_name("python")
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
        subprocess.run([*pip, "--no-compile", str(wheel)], check=True)
        library = next(place.rglob("site-packages"))
        seen = library.parent / "seen"
        seen.mkdir()
        for name in needed_by("gimp-neural-style", extras):
            files = metadata.distribution(name).files or ()
            for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                if not (seen / top).exists():
                    (seen / top).symlink_to(Path(sysconfig.get_path("purelib")) / top)
        (library / "seen.pth").write_text(f"{seen}\n", "utf-8")
        return program

    return made


def needed_by(package: str, extras: tuple[str, ...]) -> set[str]:
    """The names of all packages that this one asks for with these extras, and those ask for in turn."""
    found: set[str] = set()
    waiting = [(package, extras)]
    while waiting:
        name, wanted = waiting.pop()
        for text in metadata.requires(name) or []:
            one = Requirement(text)
            if one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in (*wanted, "")):
                continue
            if one.name not in found:
                found.add(one.name)
                waiting.append((one.name, tuple(one.extras)))
    return found


@pytest.fixture(scope="module")
def installed(environment: Callable[..., Path]) -> Path:
    """As most people have it: with ONNX Runtime, without torch."""
    return environment("cpu")


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_it_holds_everything_that_is_shipped_and_nothing_else(wheel: Path) -> None:
    """Models, presets, plug-in, catalogs, licences, and every module that lies in the tree; no tests, no sources."""
    names = names_in(wheel)
    assert [name for name in names if not any(re.fullmatch(pattern, name) for pattern in HOLDS)] == []
    here = {path.relative_to(ROOT).as_posix() for part in ("nst_core", "gimp_plugin") for path in _shipped(ROOT / part)}
    assert here - set(names) == set()
    assert {pattern for pattern in HOLDS if not any(re.fullmatch(pattern, name) for name in names)} == set()


def _shipped(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_it_is_small_enough_to_be_sent(wheel: Path) -> None:
    """The weights are most of it."""
    assert wheel.stat().st_size <= MOST_BYTES


def test_its_extras_bring_what_they_are_named_for(wheel: Path) -> None:
    """ONNX Runtime comes with one of two, never with both."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        said = Parser().parsestr(archive.read(name).decode())
    needed = said.get_all("Requires-Dist") or []
    brought = {extra: [one for one in needed if f"extra == '{extra}'" in one.replace('"', "'")] for extra in EXTRAS}
    assert {extra: bool(found) for extra, found in brought.items()} == dict.fromkeys(EXTRAS, True)
    assert [one for one in needed if "extra" not in one and one.startswith(("onnx", "torch", "ray"))] == []
    for extra, start in EXTRAS.items():
        assert any(re.match(rf"{start}(\W|$)", one) for one in brought[extra]), brought[extra]


def run(program: Path, *words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "HOME": str(program.parent), "LANG": "C.UTF-8", **variables}
    command = [str(program), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=program.parent)


def test_it_runs_from_where_it_was_installed(installed: Path) -> None:
    """And not from the sources."""
    python = installed.with_name("python")
    asked = "import nst_core, gimp_plugin; print(nst_core.__file__, gimp_plugin.__file__, sep='\\n')"
    for file in run(python, "-I", "-c", asked).stdout.splitlines():
        assert Path(file).is_relative_to(installed.parent.parent)
    said = run(installed, "--version")
    assert said.stdout.strip().endswith(nst_core.__version__), said.stderr


def test_it_installs_its_plugin_and_removes_it(installed: Path, tmp_path: Path) -> None:
    """The engine that the plug-in starts is the installed one, and starts: there is no complaint."""
    profile = tmp_path / "GIMP" / "3.0"
    done = run(installed, "install", "--profile", profile)
    assert (done.returncode, done.stderr) == (0, "")
    folder = profile / "plug-ins" / "neural-style"
    command = json.loads((folder / "engine.json").read_text("utf-8"))["command"]
    assert Path(command[0]).is_relative_to(installed.parent.parent)
    assert (folder / "gimp_plugin" / "locale" / "de" / "LC_MESSAGES" / "gimp-neural-style.mo").is_file()
    assert run(installed, "uninstall", "--profile", profile).returncode == 0
    assert list((profile / "plug-ins").iterdir()) == []


@pytest.mark.parametrize(("extras", "backend"), [(("cpu",), "onnx"), (("cpu", "torch"), "torch")])
def test_it_paints(environment: Callable[..., Path], tmp_path: Path, extras: tuple[str, ...], backend: str) -> None:
    """A small picture, with each backend; and nothing is left at home, such as a runtime's notes for its makers."""
    program = environment(*extras)
    out = tmp_path / "painted.png"
    home = tmp_path / "home"
    home.mkdir()
    words = ("--preset", "linocut", "--size", 80, "--quality", "draft", "--backend", backend, "--json")
    done = run(program, "stylize", PHOTOGRAPH, *words, "-o", out, HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["backend"] == backend
    assert out.is_file()
    assert [path for path in home.rglob("*") if path.is_file()] == []
    found = run(program.with_name("python"), "-c", "import importlib.util; print(importlib.util.find_spec('torch'))")
    assert (found.stdout == "None\n") == ("torch" not in extras)


@pytest.mark.parametrize(("extras", "backend"), [((), "onnx"), (("cpu",), "torch")])
def test_a_package_left_out_is_named_with_its_extra(
    environment: Callable[..., Path], tmp_path: Path, extras: tuple[str, ...], backend: str
) -> None:
    """One sentence, no traceback."""
    words = ("--preset", "linocut", "--size", 80, "--backend", backend, "-o", tmp_path / "out.png")
    done = run(environment(*extras), "stylize", PHOTOGRAPH, *words)
    assert done.returncode == 2
    assert "is not installed" in done.stderr
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.gimp
def test_a_real_gimp_paints_with_it(installed: Path, studio: Studio, tmp_path: Path) -> None:
    """With the plug-in and the engine of the wheel, none of the sources; the recipe on the layer tells its version."""
    profile = tmp_path / "GIMP"
    assert run(installed, "install", "--profile", profile).returncode == 0
    theirs = replace(studio, profile=profile, plug_in=profile / "plug-ins" / "neural-style", folder=tmp_path)
    theirs.reach_outside()
    shutil.copyfile(studio.folder / "photograph.png", tmp_path / "photograph.png")
    facts = theirs.check("checks/plain.py")("painted")
    assert facts["status"] == "success", facts
    assert facts["recipe"]["engine"] == nst_core.__version__
    assert str(ROOT) not in (theirs.plug_in / "engine.json").read_text("utf-8")
