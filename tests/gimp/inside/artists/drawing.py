"""Scenarios of artist.py with the brush and with faces, and those in which another window has the focus."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atspi", "2.0")

from artists.screen_reader import (  # noqa: E402 - the same
    FOLDER,
    WAIT_SECONDS,
    Facts,
    click,
    everything,
    filter_windows,
    find,
    focused_name,
    letters,
    named,
    nameless,
    press,
    press_in_image,
    role,
    run,
    seen_of,
    shoot,
    shown_value,
    text,
    until,
    value,
    wait_for,
    window,
    windows_of,
)
from gi.repository import Atspi  # noqa: E402 - the version must be chosen first

HERE = Path(__file__).resolve().parent
DIGITS = 0.1  # of a diameter that is read


def draw() -> Facts:
    """Draw with mouse and keys, undo, spare the faces, save a channel, and paint."""
    wait_for("button", "Stylize")
    facts: Facts = {"at first": shown_value("Where")}
    until(lambda: text("Preview") == "Preview")
    tick("toggle button", "Draw")
    until(lambda: find("spin button", "Softness"))
    facts |= {"nameless": nameless(), "letters": letters()}
    stroke((0.2, 0.5), (0.8, 0.5))
    facts["by mouse"] = until(lambda: shown_value("Where") == ["As drawn"] and shown_value("Where"))
    shoot("draw")
    press("ctrl+z")
    facts["nothing left to undo"] = until(lambda: not sensitive(find("button", "Undo the stroke")), strict=False)
    preview().grab_focus()
    press("Left", "Left", "space")
    facts["by keys"] = until(lambda: sensitive(find("button", "Undo the stroke")), strict=False)
    diameter = value("Diameter")
    press("bracketright")
    facts["larger by ]"] = until(lambda: value("Diameter") > diameter, strict=False)
    press("bracketleft")
    facts["as before by ["] = until(lambda: abs(value("Diameter") - diameter) < DIGITS, strict=False)
    press("x")
    facts["more by X"] = until(lambda: checked(find("radio button", "More")), strict=False)
    press("e")
    facts["eraser by E"] = until(lambda: checked(find("radio button", "Eraser")), strict=False)
    named("Keep faces").grab_focus()
    until(lambda: focused_name() == "Keep faces")
    facts["around the face"] = until(ringed, strict=False) is not None
    shoot("faces")
    choose("Clear")
    facts["cleared"] = until(lambda: shown_value("Where") == ["Everywhere"] and shown_value("Where"), strict=False)
    choose("Spare the faces")
    until(lambda: shown_value("Where") == ["As drawn"])
    choose("Save as channel")
    facts["said"] = until(lambda: text("Saved as the channel"))
    shoot("spared")
    until(lambda: text("Preview") == "Preview")
    click("Stylize")
    return facts


def watch() -> Facts:
    """Paint with the focus in the window: no notification. Also check that the old map is not offered."""
    wait_for("button", "Stylize")
    listen()
    facts: Facts = {"at first": shown_value("Where"), "offered": choices("Where")}
    press("Return")
    until(lambda: text("Step"))
    click("Stop and keep")
    until(lambda: not window())
    return facts | {"told": told()}


def aside() -> Facts:
    """Paint with the focus in GIMP's window, and repeat that with GIMP's shortcut."""
    listen()
    until(opened)
    wait_for("button", "Stylize")
    press("Return")
    until(lambda: text("Step"))
    facts: Facts = {"title": until(lambda: title() if "left" in title() else "")}
    facts["bar of GIMP"] = until(bar_of_gimp, strict=False)
    press_in_image("Escape")
    shoot("aside")
    click("Stop and keep")
    facts["told"] = until(told, strict=False)
    listen()
    until(repeated)
    until(lambda: text("Step"))
    facts["title again"] = until(lambda: title() if "left" in title() else "")
    facts["bar again"] = until(bar_of_gimp, strict=False)
    shoot("again")
    click("Stop and keep")
    return facts | {"told again": until(told, strict=False)}


def opened() -> bool:
    """Open the filter by GIMP's menu, which sometimes loses keys."""
    press_in_image("alt+r", "a", "n")
    return bool(until(window, strict=False, wait_seconds=WAIT_SECONDS / 6))


def repeated() -> bool:
    press_in_image("ctrl+f")
    return bool(until(window, strict=False, wait_seconds=WAIT_SECONDS / 6))


def listen() -> None:
    """Start a service for notifications."""
    file = FOLDER / "notified"
    if not file.exists():
        subprocess.Popen([sys.executable, str(HERE / "notification_service.py"), str(file)])
        until(file.exists)
    file.write_text("")


def told() -> list[Facts]:
    return [json.loads(line) for line in (FOLDER / "notified").read_text().splitlines()]


def title() -> str:
    return run("xdotool", "getwindowname", window()).strip()


def bar_of_gimp() -> float:
    """Value of GIMP's progress bar; its text is not accessible."""
    bars = [one for one in seen_of(windows_of("--no-splash")) if role(one) == "progress bar"]
    return max((float(one.get_value_iface().get_current_value()) for one in bars), default=0.0)


def tick(kind: str, name: str) -> None:
    wait_for(kind, name).get_action_iface().do_action(0)


def preview() -> Any:
    return until(
        lambda: next((one for one in seen_of(filter_windows()) if one.get_name().startswith("Before and after")), None)
    )


def place(x: float, y: float) -> tuple[str, str]:
    """A point on the screen; x and y are fractions of the sides of the preview."""
    area = preview().get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    return str(area.x + round(x * area.width)), str(area.y + round(y * area.height))


def stroke(start: tuple[float, float], end: tuple[float, float]) -> None:
    run("xdotool", "mousemove", *place(*start), "mousedown", "1")
    for step in range(1, 11):
        x, y = (a + step / 10 * (b - a) for a, b in zip(start, end, strict=True))
        run("xdotool", "mousemove", *place(x, y))
    run("xdotool", "mouseup", "1")


def ringed() -> bool:
    """Whether there are white and black pixels at the top of the outline of the face."""
    area = preview().get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    height = min(area.height, area.width * 3 / 4)  # of the displayed photograph
    x, y = area.x + area.width // 2, round(area.y + (area.height - height / 2) / 2)
    shot = FOLDER / "ring.png"
    run("import", "-window", "root", "-crop", f"9x31+{x - 4}+{y - 15}", "+repage", str(shot))
    colors = run("convert", str(shot), "-depth", "8", "txt:-")
    return "#FFFFFF" in colors and "#000000" in colors


def choose(name: str) -> None:
    """Choose an item in the menu of maps."""
    tick("toggle button", "Map")

    def item() -> Any:
        return next(
            (
                one
                for one in seen_of(windows_of("neural-style.py"))
                if one.get_name() == name and role(one) == "menu item"
            ),
            None,
        )

    until(item).get_action_iface().do_action(0)
    until(lambda: not item())


def choices(name: str) -> list[str]:
    return [one.get_name() for one in everything(named(name)) if role(one) == "menu item"]


def sensitive(one: Any) -> bool:
    one.clear_cache()
    return bool(one.get_state_set().contains(Atspi.StateType.SENSITIVE))


def checked(one: Any) -> bool:
    one.clear_cache()
    return bool(one.get_state_set().contains(Atspi.StateType.CHECKED))
