"""The artist: sees the filter's window as a screen reader does, presses its keys and buttons, writes down what she saw.

Starts the GIMP of gimp_window.py, by the command in its own arguments, and has the same order.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atspi", "2.0")

from gi.repository import Atspi, GLib  # noqa: E402 - the version must be chosen first

ORDER = json.loads(Path(os.environ["NST_WINDOW"]).read_text())
FOLDER = Path(ORDER["folder"])
PATIENCE = 180.0  # seconds: a busy machine takes its time
LOOKS = 10
TITLE = "Neural Style"
ANSWERING = {"button", "toggle button", "radio button", "check box", "combo box", "spin button", "slider", "text"}

Facts = dict[str, Any]
SITTINGS: dict[str, Callable[[], Facts]] = {}


def main() -> None:
    with subprocess.Popen(sys.argv[1:]) as gimp:
        try:
            work()
        except BaseException:
            gimp.kill()
            raise


def work() -> None:
    seen = {}
    for sitting in ORDER["sittings"]:
        name = sitting["name"]
        until((FOLDER / f"{name}.open").exists)
        run("xdotool", "mousemove", "1279", "719")  # where it asks for no tooltip
        if name != "interrupt":
            until(window)  # a plug-in that is still starting does not answer, and whoever asks it waits for ever
        seen[name] = SITTINGS[name]()
        (FOLDER / f"{name}.seen").touch()
        until((FOLDER / f"{name}.over").exists)
        seen[name]["engines gone"] = until(lambda: not engines(), strict=False)
        (FOLDER / "seen.json").write_text(json.dumps(seen))
        if name == "accept":
            undo()


def accept() -> Facts:
    """Return takes what is shown."""
    wait_for("button", "Stylize")
    shoot("accept")
    press("Return")
    return {}


def adjust() -> Facts:
    """Another preset, another strength and a variation of that, by keyboard; and what is known about the widgets."""
    wait_for("button", "Stylize")
    facts: Facts = {"nameless": nameless(), "letters": letters(), "places": places()}
    wait_for("text", "Search styles").grab_focus()
    press("w", "a", "t", "e", "r", "c", "o", "Return")
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


def place() -> Facts:
    """The strength counts in the selection alone, chosen as a screen reader does, and faces are as everything else."""
    wait_for("button", "Stylize")
    facts: Facts = {"places": places(), "nameless": nameless(), "letters": letters()}
    named("Where").get_selection_iface().select_child(1)
    wait_for("check box", "Keep faces").get_action_iface().do_action(0)
    shoot("place")
    click("Stylize")
    return facts


def places() -> int:
    """Lists of where the strength counts."""
    return sum(one.get_name() == "Where" and role(one) == "combo box" for one in widgets())


def vary() -> Facts:
    """Opens the variations, goes back, opens them again and takes one, by keyboard alone."""
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
    """Stops in the middle of the first of two layers."""
    click("Stylize")
    facts: Facts = {"progress": until(lambda: text("Layer 1 of 2 · Step"))}
    shoot("keep")
    facts["seconds to answer"] = seconds(lambda: click("Stop and keep"), lambda: not find("button", "Stop and keep"))
    return facts


def leave() -> Facts:
    """Cancels a run, goes on choosing, starts another with Return, and closes the window in the middle of that."""
    click("Stylize")
    until(lambda: text("Step"))
    press("Escape")
    facts: Facts = {"back to choosing": until(lambda: find("button", "Stylize") is not None)}
    press("Return")
    facts["Return starts a run"] = bool(until(lambda: text("Step"), strict=False, patience=PATIENCE / 6))
    close_window()
    return facts


def look() -> Facts:
    """A gray image with a selection and a layer that is too small; the wheel over the controls; what waits."""
    wait_for("button", "Stylize")
    facts: Facts = {"gray": until(lambda: text("grayscale image")), "left out": text("was left out")}
    facts["offer"] = text("was not delivered")
    wait_for("toggle button", "More settings").get_action_iface().do_action(0)
    backend = until(lambda: shown(named("Backend")) and named("Backend"))
    backend.scroll_to(Atspi.ScrollType.ANYWHERE)
    names = ("Backend", "Time limit", "Strength")
    before = {name: shown_value(name) for name in names}
    heights = [middle(name)[1] for name in names]
    for name in names:
        x, y = middle(name)
        run("xdotool", "mousemove", str(x), str(y), "click", "--repeat", "3", "5", "click", "--repeat", "3", "4")
    facts["changed by the wheel"] = [name for name in names if shown_value(name) != before[name]]
    x, y = middle("Quality")
    run("xdotool", "mousemove", str(x), str(y), "click", "--repeat", "30", "5")
    facts["scrolled"] = bool(until(lambda: [middle(name)[1] for name in names] != heights, strict=False, patience=20))
    run("xdotool", "click", "--repeat", "30", "4", "mousemove", "1279", "719")
    facts["backends"] = {
        one.get_name(): one.get_state_set().contains(Atspi.StateType.SENSITIVE)
        for one in everything(named("Backend"))
        if role(one) == "menu item"
    }
    shoot("look")
    click("Open")
    until(lambda: not text("was not delivered"))
    click("Stylize")
    return facts


def everything(top: Any) -> Iterator[Any]:
    """What can be seen and what cannot."""
    waiting = [top]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield one
            waiting += [one.get_child_at_index(number) for number in range(one.get_child_count())]


def middle(name: str) -> tuple[int, int]:
    """On the screen."""
    area = named(name).get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    return area.x + area.width // 2, area.y + area.height // 2


def shown_value(name: str) -> object:
    """Of a control, whatever it is."""
    one = named(name)
    one.clear_cache()
    if role(one) == "combo box":
        return [child.get_name() for child in everything(one) if role(child) == "menu item" and picked(one, child)]
    return one.get_value_iface().get_current_value()


def picked(combo: Any, item: Any) -> bool:
    selected = combo.get_selection_iface().get_selected_child(0)
    return selected is not None and selected.get_name() == item.get_name()


def repair() -> Facts:
    """An engine that does not start, until it is installed again."""
    click("Stylize")
    facts: Facts = {"error": until(lambda: text("cannot be started"))}
    shoot("repair")
    engine = Path(ORDER["plug_in"]) / "engine.json"
    engine.write_text(json.dumps(json.loads(engine.read_text()) | {"command": ORDER["repaired"]}))
    click("Stylize")
    return facts


def lose() -> Facts:
    """Deletes the layer in GIMP's own menu while it is painted; then keeps the painting, which comes alone."""
    click("Stylize")
    until(lambda: text("Step"))

    def deleted() -> str:
        """The menu has no other D."""
        press_in_image("alt+l", "d")
        return window(" 0 layers")

    until(deleted)
    click("Stop and keep")
    return {"closed": until(lambda: not window(), strict=False) is not None}


def crash() -> Facts:
    """The engine is killed while it paints; Stylize works again in the same window."""
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
    """Repeats the filter with GIMP's own key, and presses the Cancel beside GIMP's own progress bar."""

    def opened() -> bool:
        press_in_image("alt+r", "a", "n")
        return bool(until(window, strict=False, patience=PATIENCE / 6))

    until(opened)
    click("Stylize")
    until(lambda: text("Step"))
    click("Stop and keep")
    until(lambda: not engines())

    def repeated() -> bool:
        press_in_image("ctrl+f")
        return bool(until(engines, strict=False, patience=PATIENCE / 6))

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
    """The button, while there is something to cancel."""
    found = (one for one in seen_of(windows_of("--no-splash")) if role(one) == "button" and one.get_name() == "Cancel")
    return next((one for one in found if one.get_state_set().contains(Atspi.StateType.SENSITIVE)), None)


def often() -> Facts:
    """Many runs in one dialog, each of them cancelled when it has come to a step, and previews in between."""
    facts: Facts = {"held": {}}
    numbers: set[int] = set()
    (times,) = (sitting["times"] for sitting in ORDER["sittings"] if sitting["name"] == "often")
    stylize = wait_for("button", "Stylize")
    steps: list[Any] = []  # the label that tells them, once it was there
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
    """Whether a run has come to a step, by a label that is looked for but once."""
    label[:] = label or [one for one in widgets() if "Step" in one.get_name()][:1]
    return bool(label) and shown(label[0]) and "Step" in label[0].get_name()


def least(process: int) -> Facts:
    """What a process has in the calmest of some moments: previews come and go."""
    seen = [held(process)]
    for _ in range(LOOKS):
        time.sleep(0.2)
        seen.append(held(process))
    return {what: min(one[what] for one in seen) for what in seen[0]}


for sitting in (accept, adjust, place, look, keep, leave, repair, lose, crash, interrupt, often):
    SITTINGS[sitting.__name__] = sitting


def undo() -> None:
    """In GIMP's own window, which loses keys while it is drawn. One undo too many does nothing: there is one step."""
    image = until(lambda: window(" GIMP$"))

    def undone() -> bool:
        run("xdotool", "windowfocus", "--sync", image, "key", "ctrl+z")
        time.sleep(0.5)
        return (FOLDER / "undone").exists()

    until(undone)


def until(sought: Callable[[], Any], *, strict: bool = True, patience: float = PATIENCE) -> Any:
    """What `sought` returns once that is something."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(GLib.Error):  # what was looked at is gone
            if found := sought():
                return found
        time.sleep(0.05)
    if strict:
        shoot("vain")
        raise TimeoutError(f"waited in vain: {sought}")
    return None


def seconds(act: Callable[[], None], seen: Callable[[], Any]) -> float:
    before = time.monotonic()
    act()
    until(seen)
    return time.monotonic() - before


def windows_of(word: str) -> Iterator[Any]:
    """Those of the process with this word on its command line. A process that is busy elsewhere would never answer."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()  # nobody here listens to what has changed
    for number in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(number)
        if application is not None and word in command_line(application.get_process_id()):
            yield from (application.get_child_at_index(place) for place in range(application.get_child_count()))


def widgets() -> Iterator[Any]:
    """All that can be seen of the filter's window, once it is there."""
    return seen_of(one for one in windows_of("neural-style.py") if one is not None and one.get_name() == TITLE)


def seen_of(tops: Iterable[Any]) -> Iterator[Any]:
    waiting = list(tops)
    while waiting:
        one = waiting.pop()
        if one is not None and one.get_state_set().contains(Atspi.StateType.SHOWING):
            yield one
            waiting += [one.get_child_at_index(number) for number in range(one.get_child_count())]


def role(one: Any) -> str:
    """In the words of today: older releases push their buttons."""
    return str(one.get_role_name()).removeprefix("push ")


def find(kind: str, name: str) -> Any:
    return next((one for one in widgets() if role(one) == kind and one.get_name() == name), None)


def shown(one: Any) -> bool:
    """Asked of a widget that was found before, which is far quicker than to find it."""
    one.clear_cache()
    return bool(one.get_state_set().contains(Atspi.StateType.SHOWING))


def wait_for(kind: str, name: str) -> Any:
    return until(lambda: find(kind, name))


def named(name: str) -> Any:
    return next(one for one in widgets() if one.get_name() == name and role(one) in ANSWERING)


def text(part: str) -> str:
    """The first text that has this in it."""
    said = [one.get_name() for one in widgets() if role(one) in {"label", "info bar"}]
    return next((words for words in said if part in words), "")


def value(name: str) -> float:
    return float(named(name).get_value_iface().get_current_value())


def focused(name: str) -> bool:
    return bool(named(name).get_state_set().contains(Atspi.StateType.FOCUSED))


def focused_name() -> str:
    return next((one.get_name() for one in widgets() if one.get_state_set().contains(Atspi.StateType.FOCUSED)), "")


def click(name: str) -> None:
    wait_for("button", name).get_action_iface().do_action(0)


def nameless() -> list[str]:
    return [role(one) for one in widgets() if role(one) in ANSWERING and not one.get_name()]


def letters() -> list[str]:
    """The letters that answer to Alt, one for each widget that has one."""
    found = [letter_of(one) for one in widgets() if role(one) in ANSWERING]
    return [letter for letter in found if letter]


def letter_of(one: Any) -> str:
    actions = one.get_action_iface()
    if actions is None or not actions.get_n_actions():
        return ""
    return str(actions.get_key_binding(0)).split(";")[0].removeprefix("<Alt>")


def window(title: str = f"^{TITLE}$") -> str:
    """The number of the window with such a title; empty while none can be seen."""
    search = ["xdotool", "search", "--onlyvisible", "--name", title]
    found = subprocess.run(search, capture_output=True, text=True, check=False, timeout=PATIENCE).stdout.split()
    return found[-1] if found else ""


class CloseWish(ctypes.Structure):
    """Xlib's XClientMessageEvent, and room for the largest event."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 24),
    )


def close_window() -> None:
    """As the button in a title bar does: there is no window manager here to draw one."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    wish = CloseWish(type=33, window=int(window()), message_type=protocols, format=32)
    wish.data[0] = delete
    x11.XSendEvent(display, ctypes.c_ulong(wish.window), 0, ctypes.c_long(0), ctypes.byref(wish))
    x11.XCloseDisplay(display)


def press(*keys: str) -> None:
    run("xdotool", "windowfocus", "--sync", window(), "key", "--delay", "50", *keys)


def press_in_image(*keys: str) -> None:
    """Keys for GIMP itself; a menu that is open is closed first."""
    run("xdotool", "windowfocus", "--sync", window(" GIMP$"), "key", "Escape", "Escape", "key", "--delay", "300", *keys)


def shoot(name: str) -> None:
    run("import", "-window", "root", str(FOLDER / f"{name}.png"))


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def engines() -> list[int]:
    """Those that run for this order."""
    return processes(ORDER["mark"])


def processes(word: str) -> list[int]:
    """Those with this word on their command line."""
    numbers = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return [number for number in numbers if word in command_line(number)]


def held(process: int) -> Facts:
    """What a process has of the system: memory in kB, and how many threads, open files and children."""
    place = Path(f"/proc/{process}")
    rows = [row.split() for row in (place / "status").read_text().splitlines()]
    status = {row[0].rstrip(":"): int(row[1]) for row in rows if row[0] in {"VmRSS:", "Threads:"}}
    files = len(list((place / "fd").iterdir()))
    children = sum(len(list_of.read_text().split()) for list_of in place.glob("task/*/children"))
    return {"memory": status["VmRSS"], "threads": status["Threads"], "files": files, "children": children}


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it has ended
        return ""


if __name__ == "__main__":
    main()
