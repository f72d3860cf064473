"""Retakes every docs/images/dialog-*.png: python tests/support/retake_screenshots.py.

Opens the filter's window in a real GIMP 3, on a screen that nobody sees, dark and light, and photographs it there.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from screens import gimp_with_windows, on_screen  # noqa: E402 - found only now

from demo.gimp import CACHE, Gimp, find_or_fetch  # noqa: E402
from nst_core.setup.plugin_installer import default_command, install_plugin  # noqa: E402

IMAGES = HERE.parents[1] / "docs" / "images"
PHOTOGRAPH = Path(__file__).resolve().parents[2] / "demo" / "photographs" / "astronaut.jpg"
SIZE = (1180, 700)
MISSING = ["/opt/neural-style/bin/python"]


def main() -> None:
    """Take them all, and put them into place once they are all there."""
    gimp = find_or_fetch(CACHE)
    with tempfile.TemporaryDirectory() as temporary:
        shots = [*take(gimp, Path(temporary) / "dark", ["dark"])]
        shots += take(gimp, Path(temporary) / "light", ["light", "error"])
        for shot in shots:
            shutil.copyfile(shot, IMAGES / shot.name)
            sys.stdout.write(f"{IMAGES / shot.name}\n")


def take(gimp: Gimp, folder: Path, sittings: list[str]) -> list[Path]:
    """The pictures of some sittings. folder: to make, named after GIMP's colours."""
    profile = folder / "profile"
    mark = f"--of={folder}"
    engine = [*gimp.outside(default_command()), mark]
    plug_in = install_plugin(profile / "plug-ins", engine)
    (profile / "gimprc").write_text(f"(theme-color-scheme {folder.name})\n")
    (profile / "neural-style.json").write_text(json.dumps({"picks": [], "complete": True, "size": SIZE}))
    engines: dict[str, list[str]] = {"error": MISSING}
    order: dict[str, Any] = {
        "folder": str(folder),
        "photograph": str(PHOTOGRAPH),
        "plug_in": str(plug_in),
        "mark": mark,
    }
    order["sittings"] = [{"name": name, "engine": engines.get(name, engine), "layers": 1} for name in sittings]
    (folder / "order.json").write_text(json.dumps(order))
    artist = ["dbus-run-session", "--", "python3", str(HERE.parent / "gimp" / "inside" / "screenshots_artist.py")]
    command = on_screen("1280x720", [*artist, *gimp_with_windows(HERE.parent / "gimp" / "inside" / "gimp_window.py")])
    done = gimp.run(command, profile, {"NO_AT_BRIDGE": "0", "NST_WINDOW": str(folder / "order.json")}, timeout=1800)
    shots = sorted(folder.glob("dialog-*.png"))
    if done.returncode or not shots:
        raise SystemExit(done.stdout)
    return shots


if __name__ == "__main__":
    main()
