"""The artist whose screen is photographed for the documentation: see retake_screenshots.py, which starts her.

In every sitting she leaves a picture of the window for each state that the documentation shows.
"""

from __future__ import annotations

from gimp_artist import SITTINGS, main
from screen_reader import (
    FOLDER,
    Facts,
    click,
    close_window,
    press,
    run,
    text,
    until,
    wait_for,
    window,
)


def dark() -> Facts:
    """Idle, with a new preview on its way, with variations, and painting."""
    rest()
    shoot("dialog-idle-dark")
    wait_for("text", "Search styles").grab_focus()
    press("p", "a", "s", "t", "e", "l", "Return")
    press("Escape")
    until(lambda: text("getting better"))
    shoot("dialog-previewing-dark")
    click("Variations…")
    until(lambda: text("Choose a variation"))
    shoot("dialog-variations-dark")
    click("Back")
    click("Stylize")
    until(lambda: text("Size 4 of 4"))
    shoot("dialog-running-dark")
    press("Escape")
    wait_for("button", "Stylize")
    close_window()
    return {}


def light() -> Facts:
    """Idle."""
    rest()
    shoot("dialog-idle-light")
    close_window()
    return {}


def error() -> Facts:
    """An engine that does not start."""
    click("Stylize")
    until(lambda: text("cannot be started"))
    shoot("dialog-error-light")
    close_window()
    return {}


def rest() -> None:
    """Until the preview is finished, as large as it is shown."""
    until(lambda: text("finer"))
    until(lambda: not text("finer"))


def shoot(name: str) -> None:
    run("import", "-window", window(), str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    SITTINGS.update({"dark": dark, "light": light, "error": error})
    main()
