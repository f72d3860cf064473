"""The artist: uses the window of the filter by keyboard and mouse, reads it as a screen reader does, stores facts.

Starts the GIMP of dialog_opener.py, by the command in its own arguments, and has the same order.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Atspi", "2.0")

from artists.drawing import aside, choices, draw, sensitive, watch  # noqa: E402 - the version must be chosen first
from artists.failures import crash, interrupt, lose, mend, often, old, repair  # noqa: E402 - the same
from artists.screen_reader import (  # noqa: E402 - the same
    FOLDER,
    ORDER,
    WAIT_SECONDS,
    Facts,
    click,
    close_window,
    control,
    engines,
    everything,
    filter_windows,
    find,
    focused,
    focused_name,
    letters,
    middle,
    named,
    nameless,
    press,
    role,
    run,
    seconds,
    shoot,
    shown,
    shown_value,
    text,
    until,
    value,
    wait_for,
    widgets,
    window,
)
from gi.repository import Atspi  # noqa: E402 - the same

SCENARIOS: dict[str, Callable[[], Facts]] = {}


def main() -> None:
    with subprocess.Popen(sys.argv[1:]) as gimp:
        try:
            work()
        except BaseException:
            gimp.kill()
            raise


def work() -> None:
    seen = {}
    for scenario in ORDER["scenarios"]:
        name = scenario["name"]
        until((FOLDER / f"{name}.open").exists)
        run("xdotool", "mousemove", "1279", "719")  # away from tooltips
        if not scenario["by_hand"]:
            until(window)  # a plug-in that is still starting never answers a screen reader
        seen[name] = SCENARIOS[name]()
        (FOLDER / f"{name}.seen").touch()
        until((FOLDER / f"{name}.over").exists)
        seen[name]["engines gone"] = until(lambda: not engines(), strict=False)
        (FOLDER / "seen.json").write_text(json.dumps(seen))
        if name == "accept":
            undo()


def accept() -> Facts:
    """Press Return, which accepts the dialog."""
    wait_for("button", "Stylize")
    shoot("accept")
    press("Return")
    return {}


def adjust() -> Facts:
    """Choose another preset, strength and variation by keyboard; also check names and access keys of the widgets."""
    wait_for("button", "Stylize")
    facts: Facts = {"nameless": nameless(), "letters": letters(), "places": places()}
    wait_for("text", "Search styles").grab_focus()
    width = gallery_width()
    press("w", "a", "t", "e", "r", "c", "o", "Return")
    facts["widths of the gallery"] = [width, until(lambda: text("Transparent washes") and gallery_width())]
    facts["selected"] = [until(lambda: selected() == ["Watercolour"] and selected(), strict=False)]
    press("Escape")
    until(lambda: has("Water garden", Atspi.StateType.SHOWING) and has("Watercolour", Atspi.StateType.FOCUSED))
    press("Left")
    until(lambda: has("Water garden", Atspi.StateType.FOCUSED))
    press("ctrl+Return")
    facts["selected"].append(until(lambda: len(selected()) > 1 and selected(), strict=False))
    press("ctrl+Return")
    facts["selected"].append(until(lambda: len(selected()) == 1 and selected(), strict=False))
    press("alt+s")
    until(lambda: focused("Strength"))
    press("ctrl+a", "7", "3", "Tab")
    facts["strength"] = until(lambda: value("Strength") == 73)
    before = text(" · ")
    press("alt+q", "Down", "Down")
    facts["estimate changed"] = until(lambda: text(" · ") != before, strict=False)
    press("Up", "Up", "Up")
    facts["estimate"] = text(" · ")
    facts |= vary()
    press("alt+z")
    return facts


def tiles() -> dict[str, Any]:
    """The states of the gallery's styles, as they are now."""
    found = {}
    every = (one for top in filter_windows() for one in everything(top))
    for grid in [one for one in every if one.get_name() == "Styles"]:
        for number in range(grid.get_child_count()):
            tile = grid.get_child_at_index(number)
            tile.clear_cache()
            found[tile.get_name()] = tile.get_state_set()
    return found


def selected() -> list[str]:
    """The styles that a screen reader calls selected."""
    return [name for name, states in tiles().items() if states.contains(Atspi.StateType.SELECTED)]


def has(name: str, state: Atspi.StateType) -> bool:
    """Whether a style of the gallery is in a state."""
    return name in (known := tiles()) and known[name].contains(state)


def gallery_width() -> int:
    """Width of the search field, which is that of the gallery, in px."""
    area = wait_for("text", "Search styles").get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    return int(area.width)


def place() -> Facts:
    """Limit the strength to the selection, by the interface for screen readers, and switch off Keep faces."""
    wait_for("button", "Stylize")
    facts: Facts = {"places": places(), "nameless": nameless(), "letters": letters()}
    named("Where").get_selection_iface().select_child(1)
    wait_for("check box", "Keep faces").get_action_iface().do_action(0)
    shoot("place")
    click("Stylize")
    return facts


def places() -> int:
    """Number of lists of strength maps."""
    return sum(one.get_name() == "Where" and role(one) == "combo box" for one in widgets())


def vary() -> Facts:
    """Open the variations, go back, open them again and choose one, by keyboard."""
    press("alt+v")
    until(lambda: text("Painting variation") or text("Choose a variation"))
    press("Escape")
    until(lambda: find("button", "Variations…"))
    facts: Facts = {"strength after going back": value("Strength")}
    press("alt+v")
    until(lambda: text("Choose a variation"))
    facts["variations"] = [name for one in widgets() if (name := one.get_name()).startswith("Strength ")]
    facts["nameless variations"] = nameless()
    shoot("vary")
    facts["present"] = until(focused_name)
    press("Down", "Right")
    facts["taken"] = until(lambda: focused_name() != facts["present"] and focused_name())
    press("Return")
    until(lambda: find("button", "Variations…"))
    return facts


def keep() -> Facts:
    """Stop in the middle of the first of two layers."""
    click("Stylize")
    facts: Facts = {"progress": until(lambda: text("Layer 1 of 2 · Step"))}
    shoot("keep")
    facts["seconds to answer"] = seconds(lambda: click("Stop and keep"), lambda: not find("button", "Stop and keep"))
    return facts


def stay() -> Facts:
    """Paint with Insert and stay, then compare the painting, restore its settings, insert it again, remove it."""
    wait_for("button", "Stylize")
    before = value("Strength")
    click("Insert and stay")
    name = until(kept)
    facts: Facts = {"kept": name, "nameless": nameless(), "letters": letters()}
    press("alt+s")
    until(lambda: focused("Strength"))
    press("ctrl+a", "7", "3", "Tab")
    until(lambda: value("Strength") == 73)
    named(name).get_action_iface().do_action(0)
    facts["caption"] = until(lambda: text(kept_title(name)))
    shoot("stay")
    click("Take settings")
    facts["strength taken back"] = until(lambda: value("Strength") == before)
    click("Insert as layer")
    click("Drop")
    facts["dropped"] = until(lambda: not kept())
    facts["as seen"] = sensitive(control("As seen")) if unfolded() else None
    choose_in("Paint", "Image as visible")
    facts["painted"] = until(lambda: text("Image as visible, 128 x 96 px"))
    facts["as seen of all"] = sensitive(control("As seen"))
    until(lambda: text("Preview") == "Preview")
    shoot("visible")
    click("Stylize")
    return facts


def whole() -> Facts:
    """Open the window with a layer that is too small, and paint what the image shows."""
    wait_for("button", "Stylize")
    facts: Facts = {"said": until(lambda: text("The whole image is painted")), "painted": shown_value("Paint")}
    facts["choice"] = sensitive(named("Paint"))
    shoot("whole")
    click("Stylize")
    return facts


def unfolded() -> bool:
    """Unfold More settings."""
    wait_for("toggle button", "More settings").get_action_iface().do_action(0)
    return bool(until(lambda: control("As seen")))


def choose_in(name: str, option: str) -> None:
    """Choose an option of a list, by the interface for screen readers."""
    options = choices(name)[::-1]  # from the first one on
    named(name).get_selection_iface().select_child(options.index(option))
    until(lambda: shown_value(name) == [option])


def kept() -> str:
    """Name of a painting in the strip."""
    return next(iter(paintings()), "")


def paintings() -> list[str]:
    """Names of all paintings in the strip, the oldest first."""
    found = [one.get_name() for one in widgets() if ", painted at " in one.get_name()]
    return sorted(found, key=lambda name: name.rpartition(" ")[2])


def kept_title(name: str) -> str:
    """Captions in the preview."""
    title, clock = name.split(", painted at ")
    return f"{title}, {clock}"


def leave() -> Facts:
    """Cancel a run, start another with Return, and close the window in the middle of it."""
    wait_for("button", "Stylize")
    painted = shown_value("Paint")
    choose_in("Paint", "Selected layers")
    click("Stylize")
    until(lambda: text("Step"))
    press("Escape")
    facts: Facts = {"painted": painted, "back to choosing": until(lambda: find("button", "Stylize") is not None)}
    press("Return")
    facts["Return starts a run"] = bool(until(lambda: text("Step"), strict=False, wait_seconds=WAIT_SECONDS / 6))
    close_window()
    return facts


def look() -> Facts:
    """A gray image with a selection and a layer that is too small; the wheel over controls; an undelivered painting."""
    wait_for("button", "Stylize")
    facts: Facts = {"gray": until(lambda: text("painted in gray")), "left out": text("was left out")}
    facts["offer"] = text("was not delivered")
    press("Shift_L")  # gives the window the focus
    click("In colour, as a new image")
    said = until(lambda: text("painted in colour"))
    facts["in colour"] = [said, shown_value("Output"), until(focused_name)]
    facts["offered no more"] = find("button", "In colour, as a new image") is None
    shoot("colour")
    choose_in("Output", "New layer")
    until(lambda: text("painted in gray"))
    wait_for("toggle button", "More settings").get_action_iface().do_action(0)
    until(lambda: control("Backend"))
    names = ("Strength", "Time limit", "Backend")
    before, heights = {name: shown_value(name) for name in names}, [middle(name)[1] for name in names]
    column, moved = middle("Quality"), False
    for name in names:
        turn(column, name)
        moved = moved or [middle(name)[1] for name in names] != heights
        wheel(middle(name), "5")
        wheel(middle(name) if shown(control(name)) else column, "4")
    facts["scrolled"] = moved
    facts["changed by the wheel"] = [name for name in names if shown_value(name) != before[name]]
    run("xdotool", "mousemove", "1279", "719")
    facts["backends"] = {
        one.get_name(): one.get_state_set().contains(Atspi.StateType.SENSITIVE)
        for one in everything(control("Backend"))
        if role(one) == "menu item"
    }
    shoot("look")
    facts["states"] = states()
    facts["amounts"] = [amount("Time limit", "45"), amount("Memory", "4 GB"), amount("Time limit", "")]
    click("Open")
    until(lambda: not text("was not delivered"))
    click("Stylize")
    return facts


def states() -> Facts:
    """States of some widgets as a screen reader gets them."""
    told = {"Keep faces": "CHECKED", "Texture": "CHECKED", "More settings": "EXPANDED"}
    found: Facts = {}
    for name, state in told.items():
        one = control(name)
        one.clear_cache()
        found[name] = one.get_state_set().contains(getattr(Atspi.StateType, state))
    found["described"] = control("Strength").get_description()
    return found


def amount(name: str, typed: str) -> list[str]:
    """Texts of a number field before and after typing; nothing typed: it is cleared."""
    spin = control(name)
    spin.grab_focus()
    before = written(spin)
    press("ctrl+a", *(["0"] if not typed else [{" ": "space"}.get(letter, letter) for letter in typed]), "Tab")
    until(lambda: written(spin) != before)
    return [before, written(spin)]


def written(spin: Any) -> str:
    spin.clear_cache()
    return str(Atspi.Text.get_text(spin, 0, -1))  # Accessible has a method of this name too


def turn(place: tuple[int, int], name: str) -> None:
    """Turn the wheel over a control, down and then up, until it is visible."""
    for way in ["5"] * 30 + ["4"] * 60:
        if shown(control(name)):
            return
        wheel(place, way)


def wheel(place: tuple[int, int], way: str) -> None:
    """Turn the wheel by three steps: 5 is down, 4 is up."""
    run("xdotool", "mousemove", *map(str, place), "click", "--repeat", "3", way)


OURS = (
    *(accept, adjust, place, look, keep, whole, stay, leave, repair, mend, old, lose),
    *(crash, interrupt, often, draw, watch, aside),
)
for scenario in OURS:
    SCENARIOS[scenario.__name__] = scenario


def undo() -> None:
    """Undo in GIMP's window, which loses keys while it is drawn. Another undo does nothing: there is one step."""
    image = until(lambda: window(" GIMP$"))

    def undone() -> bool:
        run("xdotool", "windowfocus", "--sync", image, "key", "ctrl+z")
        time.sleep(0.5)
        return (FOLDER / "undone").exists()

    until(undone)


if __name__ == "__main__":
    main()
