"""Takes the screenshots of the documentation: docs/screenshots.py runs it.

Each scenario saves screenshots of states of the window.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from contextlib import suppress
from functools import partial

from artists.artist import SCENARIOS, main, paintings
from artists.drawing import choose, preview, stroke, tick
from artists.screen_reader import (
    FOLDER,
    Facts,
    click,
    close_window,
    find,
    named,
    press,
    run,
    text,
    until,
    wait_for,
    window,
)
from gi.repository import GLib

STILL = 4.0  # seconds without a change
PATIENCE = 900.0  # seconds; the real engine paints
PAINTING = ("is being painted", "getting better", "Painting ")


def idle() -> Facts:
    """A chosen style with the whole layer, and with a part at 100 %."""
    pick("palette")
    rest()
    shoot("dialog-idle-dark")
    preview().grab_focus()
    press("1")
    rest()
    shoot("dialog-zoom-dark")
    press("0")
    return leave()


def styles() -> Facts:
    """Tiles with the artist's picture and a blend; and variations."""
    pick("watercolour")
    rest()
    tick("radio button", "My picture")
    rest()
    shoot("dialog-mine-dark")
    click("Variations…")
    until(lambda: text("Choose a variation"), wait_seconds=PATIENCE)
    rest()
    shoot("dialog-variations-dark")
    click("Back")
    return leave()


def where() -> Facts:
    """A map around the face, with strokes."""
    pick("gouache")
    rest()
    tick("toggle button", "Draw")
    choose("Spare the faces")
    until(lambda: find("spin button", "Softness"))
    stroke((0.62, 0.3), (0.75, 0.55))
    rest()
    shoot("dialog-where-dark")
    return leave()


def stay() -> Facts:
    """A run, and two paintings side by side."""
    for words in ("mosaic", "palette"):
        pick(words)
        rest()
        count = len(paintings())
        click("Insert and stay")
        until(lambda: text("Size 4 of"))
        shoot("dialog-running-dark")
        until(partial(more_than, count), wait_seconds=PATIENCE)
        rest()
    for name, modifier in zip(paintings(), ("", "Control_L"), strict=True):
        named(name).grab_focus()
        press("space" if not modifier else "ctrl+space")
    rest()
    shoot("dialog-compare-dark")
    return leave()


def error() -> Facts:
    """An engine that does not start."""
    until(lambda: text("cannot be started"))
    until(lambda: find("button", "Install the Engine"))
    rest()
    shoot("dialog-error-light")
    return leave()


def pick(words: str) -> None:
    """Choose a style by its name."""
    wait_for("text", "Search styles").grab_focus()
    press(*words, "Return", "Escape")


def more_than(count: int) -> bool:
    """Whether the number of paintings has grown."""
    return len(paintings()) > count


def leave() -> Facts:
    close_window()
    return {}


def rest() -> None:
    """Wait until the window has not changed for a while."""
    before, since = "", time.monotonic()
    while time.monotonic() - since < STILL:
        now = subprocess.run(["import", "-window", window(), "ppm:-"], capture_output=True, check=True).stdout
        digest, busy = hashlib.sha256(now).hexdigest(), True
        with suppress(GLib.Error):  # it paints and does not answer
            busy = any(map(text, PAINTING))
        if busy or digest != before:
            before, since = digest, time.monotonic()
        time.sleep(0.5)


def shoot(name: str) -> None:
    run("import", "-window", window(), str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    SCENARIOS.update({one.__name__: one for one in (idle, styles, where, stay, error)})
    main()
