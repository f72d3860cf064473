"""Screenshots of the filter's window for the documents: `python -m docs.screenshots [SCENARIO …]`.

Opens the window in a real GIMP 3 on a virtual screen.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from demo.gimp import CACHE, find_or_fetch
from docs.real_window import MISSING, run_scenarios

IMAGES = Path(__file__).resolve().parent / "images"
SCENARIOS = {"idle": "dark", "styles": "dark", "where": "dark", "stay": "dark", "error": "light"}
"""Each with its colour scheme of GIMP."""
ENGINES = {"error": {"engine": MISSING}}
"""Scenarios with another engine than the usual one."""
FIRST = "dialog-idle-dark"
"""The one of README.md: PNG, because WebP is not shown everywhere."""
QUALITY = 86
"""Of the WebP files: small text stays sharp."""


def main() -> None:
    """Take the screenshots of the named scenarios, or of all, and write them once all are there."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description="Photograph the filter's window.")
    parser.add_argument("names", nargs="*", metavar="SCENARIO", choices=[*SCENARIOS, []], help=", ".join(SCENARIOS))
    names = parser.parse_args().names or list(SCENARIOS)
    gimp = find_or_fetch(CACHE)
    with tempfile.TemporaryDirectory() as temporary:
        shots: list[Path] = []
        for colors in ("dark", "light"):
            wanted = [{"name": name, **ENGINES.get(name, {})} for name in names if SCENARIOS[name] == colors]
            if wanted:
                folder = Path(temporary) / colors
                run_scenarios(gimp, folder, "screenshots.py", wanted)
                shots += sorted(folder.glob("dialog-*.png"))
        for shot in shots:
            path = IMAGES / (shot.name if shot.stem == FIRST else f"{shot.stem}.webp")
            with Image.open(shot) as picture:
                picture.convert("RGB").save(path, quality=QUALITY, method=6, optimize=True)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
