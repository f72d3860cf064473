"""Commands for programs on a virtual screen, and the facts of a script in a GIMP there."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop.known_plug_ins import prepare

from demo.gimp import Gimp, script_options

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SCREEN = HERE / "screen.sh"
PROGRAMS = ("Xvfb", "xdotool", "import")
"""Programs that a machine needs for it, besides GIMP."""


def on_screen(size: str, command: Sequence[str]) -> list[str]:
    """The command on a virtual screen of this size, such as 1280x720."""
    return ["sh", str(SCREEN), size, *command]


def gimp_with_windows(script: Path) -> list[str]:
    """The command of a GIMP with its windows, in which a script runs."""
    return ["gimp", "-n", "--no-splash", *script_options(script)]


def gimp_without_windows(console: str, script: Path) -> list[str]:
    """The command of a GIMP without windows, whose script can open some."""
    return [console, "-i", "-d", "-f", *script_options(script)]


def engine_threads() -> dict[str, str]:
    """The number of threads that tests give to engines, which they leave to GIMP's engines as well."""
    return {name: os.environ[name] for name in {"OMP_NUM_THREADS"} & os.environ.keys()}


def noted(windows: Gimp, script: Path, folder: Path, variable: str) -> dict[str, Any]:
    """The facts of a script in a GIMP with a screen. variable: environment variable for the path of its order.

    folder: gets `order.json`, `answers.json` and `shot.png`.
    """
    order = {"repository": str(ROOT), "folder": str(folder)}
    order |= {"answers": str(folder / "answers.json"), "shot": str(folder / "shot.png")}
    (folder / "order.json").write_text(json.dumps(order))
    prepare(windows, folder / "profile")
    command = on_screen("900x700", gimp_without_windows(windows.console, script))
    done = windows.run(
        command, folder / "profile", {variable: str(folder / "order.json"), **engine_threads()}, timeout=400
    )
    assert (folder / "answers.json").is_file(), done.stdout
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    assert "failed" not in answers, answers["failed"]
    return answers
