"""Does twelve tasks in the window of the filter by mouse, counts clicks and keys, and times them: docs/walk.py runs it.

A press of the mouse, a stroke with it, and an entry of a menu are one click each. Seconds end when the screen shows the
result; a person needs more time to find a button.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from artists.artist import SCENARIOS, kept_title, main, paintings
from artists.drawing import checked, choose, stroke
from artists.screen_reader import (
    FOLDER,
    TITLE,
    Facts,
    close_window,
    engines,
    find,
    role,
    run,
    seen_of,
    text,
    until,
    wait_for,
    widgets,
    window,
    windows_of,
)
from gi.repository import Atspi, GLib

MENU = 3  # clicks: Filters, Artistic, the entry
REFINE = "^Refine This Layer$"
STILL = 2.0  # seconds
OPEN_MENU = ("alt+r", "a")
SHORT = 20.0  # seconds; after that a menu key was lost
ATTEMPTS = 4
PAUSE = 0.3  # seconds between keys


class Hands:
    """Counts and times the actions of a task."""

    def __init__(self) -> None:
        self.clicks = 0
        self.typed = 0
        self.seconds: list[float] = []

    def hit(self, kind: str, name: str, *, button: int = 1, held: str = "") -> None:
        """Press the mouse on something."""
        area = until(lambda: place_of(kind, name))
        run("xdotool", "mousemove", str(area[0]), str(area[1]))
        with_key = ["keydown", held] if held else []
        without = ["keyup", held] if held else []
        run("xdotool", *with_key, "click", str(button), *without)
        self.clicks += 1

    def type(self, *keys: str, title: str = f"{TITLE}$") -> None:
        """In the window with such a title."""
        run("xdotool", "windowfocus", "--sync", until(lambda: window(title)), "key", "--delay", "30", *keys)
        self.typed += len(keys)

    def time(self, act: Callable[[], object], seen: Callable[[], Any]) -> None:
        """Seconds from an act to what is to be seen of it."""
        before = time.monotonic()
        act()
        until(seen)
        self.seconds.append(time.monotonic() - before)

    def facts(self, **more: float) -> Facts:
        return {"clicks": self.clicks, "typed": self.typed, "seconds": sum(self.seconds), **more}


def place_of(kind: str, name: str) -> tuple[int, int] | None:
    """The middle of something that can be seen, in the window or in a menu of it."""
    for one in seen_of(windows_of("neural-style.py")):
        if role(one) == kind and one.get_name() == name:
            area = one.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
            if area.width > 0:
                return area.x + area.width // 2, area.y + area.height // 2
    return None


def tile(name: str) -> tuple[str, str]:
    """What a tile of the gallery is for a screen reader."""

    def found() -> str:
        grids = (one for one in widgets() if one.get_name() == "Styles")
        tiles = (grid.get_child_at_index(number) for grid in grids for number in range(grid.get_child_count()))
        return next((role(one) for one in tiles if one.get_name() == name), "")

    return until(found), name


def walk() -> Facts:
    """From GIMP's own menu to a look that is shared."""
    facts: Facts = {}
    hands = Hands()
    hands.clicks += MENU
    hands.seconds.append(started(*OPEN_MENU, "n", seen=lambda: window() and find("button", "Stylize")))
    first = time.monotonic()
    until(painted)
    facts["open"] = hands.facts(painting=time.monotonic() - first)
    rested()
    facts["choose"] = changed(lambda hands: hands.hit(*tile("Mosaic")))
    facts["blend"] = changed(lambda hands: hands.hit(*tile("Linocut"), held="Control_L"))
    facts["part"] = changed(draw_a_part, first=take_the_brush)
    choose("Clear")
    wait_for("toggle button", "Draw").get_action_iface().do_action(0)
    rested()
    facts["faces"] = changed(lambda hands: hands.hit("check box", "Keep faces"))
    facts["compare"] = compare()
    facts["save"] = save()
    facts["share"] = share()
    close_window()
    return facts


def changed(act: Callable[[Hands], object], first: Callable[[Hands], object] = lambda _hands: None) -> Facts:
    """Seconds until the first new picture is seen, and of painting until it is as good as it gets.

    first: what must be done before.
    """
    hands = Hands()
    first(hands)
    hands.time(lambda: act(hands), painted)
    seen = time.monotonic()
    rested()
    return hands.facts(painting=time.monotonic() - seen - STILL)


def take_the_brush(hands: Hands) -> None:
    """Nothing is painted but where it will draw."""
    hands.hit("toggle button", "Draw")
    hands.hit("toggle button", "Map")
    hands.hit("menu item", "Invert")
    hands.hit("radio button", "More")
    until(lambda: checked(find("radio button", "More")))
    rested()


def draw_a_part(hands: Hands) -> None:
    """One stroke."""
    stroke((0.3, 0.4), (0.6, 0.4))
    hands.clicks += 1


def compare() -> Facts:
    """Two paintings of different styles, beside each other."""
    hands, painting = Hands(), 0.0
    for number in (1, 2):
        before = time.monotonic()
        hands.hit("button", "Insert and stay")
        until(partial(are_kept, number))
        painting += time.monotonic() - before
        if number == 1:
            until(lambda: find("button", "Insert and stay"))
            hands.hit(*tile("Mosaic"))
    rested()
    first, second = paintings()
    hands.time(lambda: hands.hit("toggle button", first), lambda: text(kept_title(first)))
    hands.time(lambda: hands.hit("toggle button", second, held="Control_L"), lambda: text(kept_title(second)))
    shot("compare")
    return hands.facts(painting=painting)


def are_kept(number: int) -> bool:
    """Whether so many paintings are in the strip."""
    return len(paintings()) == number


def save() -> Facts:
    """What is chosen, as a preset of her own."""
    hands = Hands()
    hands.hit("toggle button", "Presets")
    hands.hit("menu item", "Save as…")
    until(lambda: find("text", "Title of the new preset"))
    hands.type("ctrl+a", *"walk")
    hands.time(lambda: hands.type("Return"), lambda: text("Saved"))
    return hands.facts()


def share() -> Facts:
    """One file to give away."""
    hands = Hands()
    hands.hit(*tile("walk"), button=3)
    hands.hit("menu item", "Export…")
    until(lambda: place_of("button", "Export"))
    run("xdotool", "key", "ctrl+a", "type", str(FOLDER / "walk.nstyle"))  # a folder of this walk's own
    hands.time(lambda: hands.hit("button", "Export"), lambda: text("Wrote"))
    shot("share")
    return hands.facts()


def again() -> Facts:
    """Repeat the filter on five layers, by GIMP's shortcut."""
    hands = Hands()
    hands.clicks += 2  # the first and, with Shift, the last of the layers
    hands.typed += 1
    hands.seconds.append(started("ctrl+f", seen=engines))
    first = time.monotonic()
    until(over)
    return {"five": hands.facts(painting=time.monotonic() - first)}


def over() -> bool:
    """Whether a run without the large window has ended."""
    return not engines() and not window()


def refine() -> Facts:
    """Refine a painting, and undo that."""
    started("ctrl+f", seen=engines)
    until(over)
    hands = Hands()
    hands.clicks += MENU
    hands.seconds.append(started(*OPEN_MENU, "i", seen=lambda: place_of("button", "Stylize")))
    first = time.monotonic()
    hands.type("Return", title=REFINE)
    until(over)
    facts: Facts = {"refine": hands.facts(painting=time.monotonic() - first)}
    hands = Hands()
    before = seen_of_gimp()
    hands.time(lambda: hands.type("ctrl+z", title=" GIMP$"), lambda: seen_of_gimp() != before)
    return facts | {"undo": hands.facts()}


def seen_of_gimp() -> bytes:
    image = until(lambda: window(" GIMP$"))
    return subprocess.run(["import", "-window", image, "ppm:-"], capture_output=True, check=True).stdout


def started(*keys: str, seen: Callable[[], Any]) -> float:
    """Seconds from the last key, pressed in GIMP's own window, to its effect. A key that was lost is pressed again."""
    for _ in range(ATTEMPTS):
        run("xdotool", "windowfocus", "--sync", until(lambda: window(" GIMP$")))
        for key in ("Escape", "Escape", *keys[:-1]):  # an open menu is closed first
            run("xdotool", "key", key)
            time.sleep(PAUSE)
        before = time.monotonic()
        run("xdotool", "key", keys[-1])
        if until(seen, strict=False, wait_seconds=SHORT):
            return time.monotonic() - before
    raise TimeoutError(f"{keys} do nothing")


def painted() -> bool:
    """Whether a new first picture is there, which gets better, or is as good as it gets."""
    return bool(text("getting better") or text("Painting what you see"))


def rested() -> None:
    """Until nothing more is painted."""
    quiet = time.monotonic()
    while time.monotonic() - quiet < STILL:
        busy = True
        with suppress(GLib.Error):  # it paints, and does not answer
            busy = painted() or bool(text("is being painted"))
        if busy:
            quiet = time.monotonic()
        time.sleep(0.1)


def shot(name: str) -> None:
    run("import", "-window", "root", str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    SCENARIOS.update({"walk": walk, "again": again, "refine": refine})
    main()
