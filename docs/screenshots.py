"""The pictures of the filter's window in the documents, taken again: `python -m docs.screenshots [SITTING …]`.

Opens the window in a real GIMP 3, on a screen that nobody sees, dark and light, and photographs it there.
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
"""Each with the colours of GIMP that it is photographed in."""
FIRST = "dialog-idle-dark"
"""The one of README.md, which shows no WebP everywhere."""
QUALITY = 86
"""Of the WebP files: small letters stay sharp."""


def main() -> None:
    """Take those that are named, or all, and put them into place once they are all there."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description="Photograph the filter's window.")
    parser.add_argument("names", nargs="*", metavar="SITTING", choices=[*SCENARIOS, []], help=", ".join(SCENARIOS))
    names = parser.parse_args().names or list(SCENARIOS)
    gimp = find_or_fetch(CACHE)
    with tempfile.TemporaryDirectory() as temporary:
        shots: list[Path] = []
        for colors in ("dark", "light"):
            engines = {"error": {"engine": MISSING}}
            wanted = [{"name": name, **engines.get(name, {})} for name in names if SCENARIOS[name] == colors]
            if wanted:
                folder = Path(temporary) / colors
                run_scenarios(gimp, folder, "screenshots.py", wanted)
                shots += sorted(folder.glob("dialog-*.png"))
        for shot in shots:
            path = IMAGES / (shot.name if shot.stem == FIRST else f"{shot.stem}.webp")
            with Image.open(shot) as seen:
                seen.convert("RGB").save(path, quality=QUALITY, method=6, optimize=True)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
