"""Runs inside a GIMP with a window: presses keys, and stores facts on the image after each.

`NST_CHECKS`: see calls.py.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable

from calls import FOLDER, Facts, answer, call, check, engine, engines, note, photograph, pixels, running
from gi.repository import Gimp

WAIT = 60.0  # seconds


def state(image: Gimp.Image) -> Facts:
    """Layers, masks, recipes and visible pixels of an image."""
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
    """Press keys in the window of the image, repeatedly, because GIMP may lose some while it draws."""
    deadline = time.monotonic() + WAIT
    while not until() and time.monotonic() < deadline:
        for window in windows(" GIMP$")[-1:]:
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", keys], check=False, timeout=WAIT)
        time.sleep(0.5)
    return until()


def press_once(*keys: str, until: Callable[[], object]) -> bool:
    """Press keys in the window of the image, one after another; again only if they have no effect for long."""
    deadline = time.monotonic() + 2 * WAIT
    while not until() and time.monotonic() < deadline:
        window = windows(" GIMP$")[-1:]
        if window:
            calm = ["key", "Escape", "Escape", "key", "--delay", "300"]
            subprocess.run(["xdotool", "windowfocus", "--sync", *window, *calm, *keys], check=False, timeout=WAIT)
        again = time.monotonic() + WAIT / 2
        while window and not until() and time.monotonic() < again:
            time.sleep(0.2)
    return bool(until())


def windows(title: str) -> list[str]:
    search = ["xdotool", "search", "--onlyvisible", "--name", title]
    return subprocess.run(search, capture_output=True, text=True, check=False).stdout.split()


def answer_dialog(title: str, keys: str, answered: threading.Event) -> None:
    """Take a screenshot of a dialog once it is open, and press keys in it until it closes."""
    deadline = time.monotonic() + WAIT
    pictures = FOLDER / "refine.png"
    while not answered.wait(1.0) and time.monotonic() < deadline:
        for window in windows(title)[-1:]:
            if not pictures.exists():
                subprocess.run(["import", "-window", "root", str(pictures)], check=False, timeout=WAIT)
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", keys], check=False, timeout=WAIT)


def steps(**arguments: str) -> Facts:
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
        facts = call(image, [source], **arguments)
    after = state(image)
    undone = press("ctrl+z", lambda: len(image.get_layers()) == 1)
    back = state(image)
    redone = press("ctrl+y", lambda: len(image.get_layers()) == 2)
    again = state(image)
    said = windows("^GIMP (Message|Warning|Error)")
    display.delete()
    return {
        "said": len(said),
        "status": facts["status"],
        "changed": before["seen"] != after["seen"],
        "undone": undone,
        "as before": [name for name in before if back[name] != before[name]],
        "redone": redone,
        "as after": [name for name in after if again[name] != after[name]],
    }


@check
def layer() -> Facts:
    return steps(output="layer")


@check
def editable() -> Facts:
    return steps(output="editable")


@check
def visible() -> Facts:
    return steps(input="visible")


def refined(keys: str) -> Facts:
    """Refine a painted layer in the dialog, which shows its settings."""
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


@check
def again() -> Facts:
    """Start the filter by its menu, then by GIMP's shortcuts to repeat it, without and with the window."""
    image = photograph()
    display = Gimp.Display.new(image)
    found: Facts = {}

    def stylized() -> int:
        for window in windows("^Neural Style$")[-1:]:
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", "Return"], check=False, timeout=WAIT)
            time.sleep(0.5)
        return len(image.get_layers())

    with engine("inverted"):
        found["from the menu"] = press_once("alt+r", "a", "n", until=lambda: stylized() == 2)
        found["window closed"] = press("Escape", lambda: not windows("^Neural Style$"))
        found["repeated"] = press_once("ctrl+f", until=lambda: len(image.get_layers()) == 3)
        found["shown again"] = press_once("shift+ctrl+f", until=lambda: windows("^Neural Style$"))
        found["painted again"] = press("Escape", lambda: stylized() == 4)
    found["settings"] = [note(layer)["settings"] for layer in image.get_layers()[:-1]]
    found["names"] = [layer.get_name() for layer in image.get_layers()]
    display.delete()
    return found


@check
def gone() -> Facts:
    """Repeat the filter by GIMP's shortcut, and delete the layer or close the image meanwhile."""
    Gimp.message_set_handler(Gimp.MessageHandlerType.CONSOLE)
    painting, go = FOLDER / "painting", FOLDER / "go"
    found: Facts = {}
    for what in ("layer", "image"):
        painting.unlink(missing_ok=True)
        go.unlink(missing_ok=True)
        image = photograph()
        display = Gimp.Display.new(image)
        with engine("waits"):
            found[what] = {"started": press_once("ctrl+f", until=painting.exists)}
            if what == "layer":
                image.remove_layer(image.get_layers()[0])
            else:
                display.delete()
            go.touch()
            deadline = time.monotonic() + WAIT
            # GIMP shows messages when the plug-in ends, after its engine.
            while (engines() or running(b"neural-style.py")) and time.monotonic() < deadline:
                time.sleep(0.1)
        found[what] |= {"engines": engines(), "layers": len(image.get_layers()) if image.is_valid() else 0}
        if display.is_valid():
            display.delete()
    return found | {"images": len(Gimp.get_images())}


if __name__ == "__main__":
    answer()
