"""What the artist does when an engine is missing or old, a run is cancelled or fails: scenarios of artist.py."""

from __future__ import annotations

import json
import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atspi", "2.0")

from artists.drawing import preview  # noqa: E402 - the version must be chosen first
from artists.screen_reader import (  # noqa: E402 - the same
    FOLDER,
    ORDER,
    WAIT_SECONDS,
    Facts,
    click,
    close_window,
    engines,
    find,
    held,
    letters,
    named,
    press,
    press_in_image,
    processes,
    role,
    run,
    seen_of,
    shoot,
    shown,
    shown_value,
    text,
    until,
    wait_for,
    widgets,
    window,
    windows_of,
)
from gi.repository import Atspi  # noqa: E402 - the same

LOOKS = 10
F1 = "67"  # the key's number: with keymaps of 2025 xdotool holds Alt with function keys given by name


def repair() -> Facts:
    """The engine does not start, until engine.json is repaired."""
    click("Stylize")
    facts: Facts = {"painted": shown_value("Paint"), "error": until(lambda: text("cannot be started"))}
    shoot("repair")
    engine = Path(ORDER["plug_in"]) / "engine.json"
    engine.write_text(json.dumps(json.loads(engine.read_text()) | {"command": ORDER["repaired"]}))
    click("Stylize")
    return facts


def mend() -> Facts:
    """Install a missing engine by the button of the window, and paint with it."""
    facts: Facts = {"error": until(lambda: text("cannot be started")), "line": until(lambda: text("n a terminal"))}
    until(lambda: find("button", "Install the Engine"))
    facts["letters"] = letters()
    shoot("mend")
    click("Install the Engine")
    until(lambda: text("cannot be started") == "")
    until(lambda: not find("button", "Stop"))
    until(lambda: text("Preview"))
    click("Stylize")
    return facts


def listed() -> list[str]:
    """Texts of the help dialog."""
    return [one.get_name() for one in help_window() if role(one) == "label"]


def old() -> Facts:
    """Paint with an engine of another version; and open the help dialog."""
    wait_for("button", "Stylize")
    facts: Facts = {"said": until(lambda: text("is of version"))}
    facts["offered"] = bool(until(lambda: find("button", "Install the Engine")))
    shoot("old")
    press(F1)
    facts["keys"] = bool(until(lambda: window("^Keys and Help$")))
    facts["listed"] = until(lambda: "Ctrl+V" in listed() and listed())
    run("import", "-window", "root", str(FOLDER / "keys.png"))
    next(one for one in help_window() if one.get_name() == "Open the Guide").get_action_iface().do_action(0)
    facts["guide"] = until(lambda: (FOLDER / "page").exists() and (FOLDER / "page").read_text())
    run("xdotool", "key", "Escape")
    until(lambda: not window("^Keys and Help$"))
    press("ctrl+question")
    facts["keys again"] = bool(until(lambda: window("^Keys and Help$")))
    run("xdotool", "key", "Escape")
    until(lambda: not window("^Keys and Help$"))
    facts |= looked_at_by_keys()
    close_window()
    return facts


def looked_at_by_keys() -> Facts:
    """The zoom after each key, and where the line is."""
    pane = preview()
    pane.grab_focus()
    facts: Facts = {"zoom": [zoomed()], "line": []}
    for key in ("1", "plus", "minus", "0"):
        press(key)
        facts["zoom"].append(until(lambda: zoomed() != facts["zoom"][-1] and zoomed(), strict=False))
    for key in ("Home", "Right", "End", "shift+Left"):
        before = preview().get_name()
        press(key)
        facts["line"].append(until(partial(changed_name, before), strict=False))
    named("Before above after").get_action_iface().do_action(0)
    preview().grab_focus()
    before = preview().get_name()
    press("Up")
    facts["line"].append(until(partial(changed_name, before), strict=False))
    named("Before above after").get_action_iface().do_action(0)  # the window remembers it
    return facts


def zoomed() -> str:
    """In percent."""
    return next((one.get_name() for one in widgets() if role(one) == "label" and one.get_name().endswith(" %")), "")


def changed_name(before: str) -> str:
    """Of the preview, once it is another one."""
    name = str(preview().get_name())
    return name.partition("at ")[2] if name != before else ""


def help_window() -> list[Any]:
    tops = [one for one in windows_of("neural-style.py") if one is not None and one.get_name() == "Keys and Help"]
    return list(seen_of(tops))


def lose() -> Facts:
    """Delete the layer by GIMP's menu while it is painted, and keep the painting, which becomes an image."""
    click("Stylize")
    until(lambda: text("Step"))

    def deleted() -> str:
        """Press D in the menu, where it is unique."""
        press_in_image("alt+l", "d")
        return window(" 0 layers")

    until(deleted)
    click("Stop and keep")
    return {"closed": until(lambda: not window(), strict=False) is not None}


def crash() -> Facts:
    """Kill the engine while it paints; then use Stylize again in the same window."""
    click("Stylize")
    until(lambda: text("Step"))
    for engine in engines():
        os.kill(engine, signal.SIGKILL)
    facts: Facts = {"error": until(lambda: text("SIGKILL"))}
    shoot("crash")
    click("Stylize")
    until(lambda: text("Step"))
    click("Stop and keep")
    return facts


def interrupt() -> Facts:
    """Repeat the filter with GIMP's shortcut, and press Cancel beside GIMP's progress bar."""

    def opened() -> bool:
        press_in_image("alt+r", "a", "n")
        return bool(until(window, strict=False, wait_seconds=WAIT_SECONDS / 6))

    until(opened)
    click("Stylize")
    until(lambda: text("Step"))
    click("Stop and keep")
    until(lambda: not engines())

    def repeated() -> bool:
        press_in_image("ctrl+f")
        return bool(until(engines, strict=False, wait_seconds=WAIT_SECONDS / 6))

    until(repeated)
    button = until(gimps_cancel)
    shoot("interrupt")
    facts: Facts = {"engines": len(engines())}
    area = button.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    middle = str(area.x + area.width // 2), str(area.y + area.height // 2)
    run("xdotool", "mousemove", *middle, "click", "1")
    facts["engine gone"] = until(lambda: not engines(), strict=False) is not None
    facts["plug-in gone"] = until(lambda: not processes("neural-style.py"), strict=False) is not None
    return facts


def gimps_cancel() -> Any:
    """GIMP's Cancel button while it is enabled."""
    found = (one for one in seen_of(windows_of("--no-splash")) if role(one) == "button" and one.get_name() == "Cancel")
    return next((one for one in found if one.get_state_set().contains(Atspi.StateType.SENSITIVE)), None)


def often() -> Facts:
    """Run often in one dialog, with previews in between, and cancel each run after a step."""
    facts: Facts = {"held": {}}
    numbers: set[int] = set()
    (times,) = (scenario["times"] for scenario in ORDER["scenarios"] if scenario["name"] == "often")
    stylize = wait_for("button", "Stylize")
    steps: list[Any] = []  # the label with the step, once found
    for number in range(1, times + 1):
        stylize.get_action_iface().do_action(0)
        until(lambda: stepping(steps))
        numbers |= set(engines())
        press("Escape")
        until(lambda: shown(stylize))
        if number in {10, times}:
            facts["held"][number] = {"plug-in": least(*processes("neural-style.py")), "engine": least(*engines())}
    press("Escape")
    return facts | {"engine numbers": len(numbers)}


def stepping(label: list[Any]) -> bool:
    """Whether a run has reached a step, by a label that is searched only once."""
    label[:] = label or [one for one in widgets() if "Step" in one.get_name()][:1]
    return bool(label) and shown(label[0]) and "Step" in label[0].get_name()


def least(process: int) -> Facts:
    """The smallest values of some measurements of a process, because previews add to them."""
    seen = [held(process)]
    for _ in range(LOOKS):
        time.sleep(0.2)
        seen.append(held(process))
    return {what: min(one[what] for one in seen) for what in seen[0]}
