"""Runs inside a GIMP with a window: presses keys as an artist does, and writes down what is seen after each.

`NST_CHECKS`: see gimp_calls.py.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gi.repository import Gimp

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gimp_calls import FOLDER, Facts, answer, call, check, engine, note, photograph, pixels

PATIENCE = 60.0  # seconds


def state(image: Gimp.Image) -> Facts:
    """The layers, their masks and notes, and what is seen."""
    visible = Gimp.Layer.new_from_visible(image, image, None)
    seen = pixels(visible, "R'G'B'A u8")
    visible.delete()
    return {
        "layers": [[layer.get_name(), layer.get_mask() is not None] for layer in image.get_layers()],
        "notes": [note(layer) for layer in image.get_layers() if layer.get_parasite_list()],
        "selection": pixels(image.get_selection(), "Y u8").hex(),
        "seen": seen.hex(),
        "dirty": image.is_dirty(),
    }


def press(keys: str, until: Callable[[], bool]) -> bool:
    """Press keys in the image's window, whose GIMP may lose some while it draws: once too often does nothing."""
    deadline = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < deadline:
        for window in windows(" GIMP$")[-1:]:
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", keys], check=False, timeout=PATIENCE)
        time.sleep(0.5)
    return until()


def windows(title: str) -> list[str]:
    search = ["xdotool", "search", "--onlyvisible", "--name", title]
    return subprocess.run(search, capture_output=True, text=True, check=False).stdout.split()


def answer_dialog(title: str, keys: str, answered: threading.Event) -> None:
    """Photograph a dialog once it is there, and press keys in it until it has had its answer."""
    deadline = time.monotonic() + PATIENCE
    pictures = FOLDER / "refine.png"
    while not answered.wait(1.0) and time.monotonic() < deadline:
        for window in windows(title)[-1:]:
            if not pictures.exists():
                subprocess.run(["import", "-window", "root", str(pictures)], check=False, timeout=PATIENCE)
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", keys], check=False, timeout=PATIENCE)


def steps(output: str) -> Facts:
    image = photograph()
    (source,) = image.get_layers()
    source.append_filter(Gimp.DrawableFilter.new(source, "gegl:invert-gamma", "inverted"))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 60, 50)
    image.undo_disable()
    image.undo_enable()
    image.clean_all()
    display = Gimp.Display.new(image)
    before = state(image)
    with engine("inverted"):
        facts = call(image, [source], output=output)
    after = state(image)
    undone = press("ctrl+z", lambda: len(image.get_layers()) == 1)
    back = state(image)
    redone = press("ctrl+y", lambda: len(image.get_layers()) == 2)
    again = state(image)
    display.delete()
    return {
        "status": facts["status"],
        "changed": before["seen"] != after["seen"],
        "undone": undone,
        "as before": [name for name in before if back[name] != before[name]],
        "redone": redone,
        "as after": [name for name in after if again[name] != after[name]],
    }


@check
def layer() -> Facts:
    return steps("layer")


@check
def editable() -> Facts:
    return steps("editable")


def refined(keys: str) -> Facts:
    """A painted layer refined through the dialog, which shows the settings that it was painted with."""
    image = photograph()
    display = Gimp.Display.new(image)
    answered = threading.Event()
    artist = threading.Thread(target=answer_dialog, args=("^Refine This Layer$", keys, answered), daemon=True)
    with engine("inverted"):
        painted = Gimp.Layer.get_by_id(call(image, image.get_layers(), strength=35.0, seed=3)["made"][0])
        before = note(painted)["settings"]
        artist.start()
        facts = call(image, [painted], ending="-refine", run_mode=Gimp.RunMode.INTERACTIVE)
    answered.set()
    made = [Gimp.Layer.get_by_id(layer) for layer in facts["made"]]
    found = {"status": facts["status"], "as painted": [note(layer)["settings"] == before for layer in made]}
    display.delete()  # and with it the image
    return found


@check
def accepted() -> Facts:
    return refined("Return")


@check
def closed() -> Facts:
    return refined("Escape")


if __name__ == "__main__":
    answer()
