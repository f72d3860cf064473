"""`python -m demo`: paints one photograph with one preset in a real GIMP; the results are in out/."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from demo.gimp import CACHE, REPOSITORY, Gimp, GimpUnavailableError, find_or_fetch
from nst_core.setup.plugin_installer import default_command, install_plugin

PHOTOGRAPH = REPOSITORY / "demo" / "photographs" / "astronaut.jpg"
LOOK = {"preset": "linocut", "quality": "normal", "seconds": 60.0}
OUT = REPOSITORY / "out"
PROFILE = REPOSITORY / ".cache" / "demo-profile"
LIMIT = 600.0  # seconds for everything in GIMP
GAP = 8  # pixels between before and after
PREFIX = "neural-style: "


def main() -> int:
    """Run the demonstration. Returns the exit code."""
    started = time.monotonic()
    OUT.mkdir(exist_ok=True)
    picture = OUT / "demo.png"
    pair = OUT / "before-after.png"
    made = [picture, pair]
    try:
        gimp = find_or_fetch(CACHE, _say)
    except GimpUnavailableError as error:
        _say(f"No GIMP 3 here: {error}; running the same job through the command line instead")
        worked = _by_command_line(picture)
    else:
        made.insert(0, OUT / "demo.xcf")
        worked = _in_gimp(gimp, made[0], picture)
    if not worked:
        return 1
    _side_by_side(PHOTOGRAPH, picture, pair)
    _say(f"Made in {time.monotonic() - started:.0f} s in all:")
    for path in made:
        print(f"  {path.relative_to(REPOSITORY)}  ({path.stat().st_size / 1e6:.1f} MB)")
    return 0


def _in_gimp(gimp: Gimp, document: Path, picture: Path) -> bool:
    plug_in = install_plugin(PROFILE / "plug-ins", gimp.outside(default_command()))
    _say(f"GIMP {gimp.version}, with the plug-in in {plug_in.relative_to(REPOSITORY)}")
    _say(f"Stylizing {PHOTOGRAPH.name} with the preset {LOOK['preset']!r}")
    job = {"photograph": str(PHOTOGRAPH), "arguments": LOOK, "outputs": [str(document), str(picture)]}
    script = Path(__file__).with_name("job.py")
    try:
        done = gimp.run_batch(script, PROFILE, {"DEMO_JOB": json.dumps(job)}, _print_progress, LIMIT)
    except subprocess.TimeoutExpired:
        _say(f"GIMP did not finish within {LIMIT:.0f} s")
        return False
    if done.returncode != 0 or not picture.is_file():
        _say("GIMP failed with this output:")
        print(done.stdout)
        return False
    return True


def _by_command_line(picture: Path) -> bool:
    options = [word for name, value in LOOK.items() for word in (f"--{name}", str(value))]
    program = Path(sys.executable).with_name("neural-style")
    return subprocess.run([program, "stylize", PHOTOGRAPH, *options, "-o", picture], check=False).returncode == 0


def _side_by_side(before: Path, after: Path, target: Path) -> None:
    with Image.open(before) as left, Image.open(after) as right:
        sheet = Image.new("RGB", (left.width + GAP + right.width, left.height), "white")
        sheet.paste(left.convert("RGB"), (0, 0))
        sheet.paste(right.convert("RGB"), (left.width + GAP, 0))
        sheet.save(target)


def _say(text: str) -> None:
    print(f"demo: {text}", flush=True)


def _print_progress(line: str) -> None:
    """Print a line of GIMP's output if it is from the plug-in."""
    if line.startswith(PREFIX):
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
