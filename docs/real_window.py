"""Drives the filter's window in a real GIMP 3 on a virtual screen, with a script of tests/gimp/inside/artists."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.setup.plugin_installer import default_command, install_plugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.gimp import Gimp

ROOT = Path(__file__).resolve().parents[1]
INSIDE = ROOT / "tests" / "gimp" / "inside"
PHOTOGRAPH = ROOT / "demo" / "photographs" / "astronaut.jpg"
SCREEN = "1280x800"
SIZE = (1180, 700)
WAIT_SECONDS = 1800
MISSING = ["/opt/neural-style/bin/python"]
"""The command of an engine that does not exist."""

sys.path.insert(0, str(ROOT / "tests" / "support"))


def run_scenarios(
    gimp: Gimp, folder: Path, artist: str, scenarios: Sequence[Mapping[str, Any]], photograph: Path = PHOTOGRAPH
) -> dict[str, Any]:
    """Run a script in each scenario. Returns the facts that it stored, by scenario.

    artist: file name of the script. folder: a new one, named after GIMP's colours (dark, light), for screenshots and
    facts. scenarios: as those of the tests; missing keys get usual values. photograph: the open image.
    """
    from desktop.screens import gimp_with_windows, on_screen  # noqa: PLC0415 - found only now

    profile, mark = folder / "profile", f"--of={folder}"
    engine = [*gimp.outside(default_command()), mark]
    plug_in = install_plugin(profile / "plug-ins", engine)
    (profile / "gimprc").write_text(f"(theme-color-scheme {folder.name})\n")
    (profile / "neural-style.json").write_text(json.dumps({"picks": [], "complete": True, "size": SIZE}))
    python = profile / "home" / ".local" / "bin" / "python3.11"  # one that can make environments, as most machines have
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.join(gimp.outside([os.path.realpath(sys.executable)]))} "$@"\n')
    python.chmod(0o755)
    order: dict[str, Any] = {
        "folder": str(folder),
        "photograph": str(photograph),
        "plug_in": str(plug_in),
        "mark": mark,
    }
    usual = {"engine": engine, "layers": 1, "by_hand": False}
    order["scenarios"] = [{**usual, **scenario} for scenario in scenarios]
    (folder / "order.json").write_text(json.dumps(order))
    started = ["dbus-run-session", "--", "python3", str(INSIDE / "artists" / artist)]
    command = on_screen(SCREEN, [*started, *gimp_with_windows(INSIDE / "artists" / "dialog_opener.py")])
    environment = {"NO_AT_BRIDGE": "0", "NST_WINDOW": str(folder / "order.json"), "PYTHONPATH": str(INSIDE)}
    done = gimp.run(command, profile, environment, timeout=WAIT_SECONDS)
    if done.returncode:
        raise SystemExit(done.stdout)
    facts: dict[str, Any] = json.loads((folder / "seen.json").read_text())
    return facts
