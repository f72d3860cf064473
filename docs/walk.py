"""The figures of docs/walk.md: twelve tasks of an artist in a real GIMP 3, counted and timed: `python -m docs.walk`.

Prints a table: clicks, typed keys, seconds until the screen answers, and seconds of painting.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from PIL import Image

from demo.gimp import CACHE, Gimp, find_or_fetch
from docs.real_window import PHOTOGRAPH, ROOT, run_scenarios
from nst_core.setup.plugin_installer import default_command, install_plugin

SIDE = 320
"""Side of the square photograph, px."""
SCENARIOS = (
    {"name": "walk", "by_hand": True},
    {"name": "again", "by_hand": True, "layers": 5},
    {"name": "refine", "by_hand": True},
)


def main() -> None:
    """Do the tasks and print the table."""
    gimp = find_or_fetch(CACHE)
    with tempfile.TemporaryDirectory() as temporary:
        photograph = Path(temporary) / "photograph.png"
        with Image.open(PHOTOGRAPH) as whole:
            whole.resize((SIDE, SIDE)).save(photograph)
        found = run_scenarios(gimp, Path(temporary) / "dark", "walk.py", SCENARIOS, photograph)
        tasks = {name: task for scenario in SCENARIOS for name, task in found[str(scenario["name"])].items()}
        tasks["script"] = {"clicks": 0, "typed": 0, "seconds": script(gimp, Path(temporary) / "script", photograph)}
    for name, task in tasks.items():
        if isinstance(task, dict):
            seconds, painting = task["seconds"], task.get("painting", 0.0)
            print(f"{name:10} {task['clicks']:3} clicks {task['typed']:3} keys {seconds:6.1f} s {painting:6.1f} s")


def script(gimp: Gimp, profile: Path, photograph: Path) -> float:
    """Seconds in which a GIMP without windows starts, paints one layer by a script, and ends."""
    install_plugin(profile / "plug-ins", gimp.outside(default_command()))
    job = {"photograph": str(photograph), "arguments": {"preset": "mosaic"}, "outputs": [str(profile / "out.png")]}
    before = time.monotonic()
    done = gimp.run_batch(ROOT / "demo" / "job.py", profile, {"DEMO_JOB": json.dumps(job)})
    if done.returncode:
        raise SystemExit(done.stdout)
    return time.monotonic() - before


if __name__ == "__main__":
    main()
