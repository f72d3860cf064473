"""The artist: sees the filter's window as a screen reader does, presses its keys and buttons, writes down what she saw.

Starts the GIMP of gimp_window.py, by the command in its own arguments, and has the same order.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atspi", "2.0")

from gi.repository import Atspi, GLib  # noqa: E402 - the version must be chosen first

ORDER = json.loads(Path(os.environ["NST_WINDOW"]).read_text())
FOLDER = Path(ORDER["folder"])
PATIENCE = 180.0  # seconds: a busy machine takes its time
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
        until(window)  # a plug-in that is still starting does not answer, and whoever asks it waits for ever
        seen[name] = SITTINGS[name]()
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
    facts: Facts = {"nameless": nameless(), "letters": letters()}
    wait_for("text", "Search styles").grab_focus()
    press("w", "a", "t", "e", "r", "Return")
    press("alt+s")
    until(lambda: focused("Strength"))
    press("ctrl+a", "7", "3", "Tab")
    facts["strength"] = until(lambda: value("Strength") == 73)
    before = text(" · ")
    press("alt+q", "Up")
    facts["estimate changed"] = until(lambda: text(" · ") != before, strict=False)
    facts["estimate"] = text(" · ")
    facts |= vary()
    press("alt+z")
    return facts


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
    """Cancels a run, goes on choosing, then closes the window in the middle of another run."""
    click("Stylize")
    until(lambda: text("Step"))
    press("Escape")
    facts: Facts = {"back to choosing": until(lambda: find("button", "Stylize") is not None)}
    click("Stylize")
    until(lambda: text("Step"))
    close_window()
    return facts


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
    """Deletes the layer in GIMP's own menu while it is painted; then keeps the painting."""
    click("Stylize")
    until(lambda: text("Step"))

    def deleted() -> str:
        """The menu has no other D."""
        press_in_image("alt+l", "d")
        return window(" 0 layers")

    until(deleted)
    click("Stop and keep")
    facts: Facts = {"said": until(lambda: text("was closed"))}
    shoot("lose")
    close_window()
    return facts


for sitting in (accept, adjust, keep, leave, repair, lose):
    SITTINGS[sitting.__name__] = sitting


def undo() -> None:
    """In GIMP's own window, which loses keys while it is drawn. One undo too many does nothing: there is one step."""
    image = until(lambda: window(" GIMP$"))

    def undone() -> bool:
        run("xdotool", "windowfocus", "--sync", image, "key", "ctrl+z")
        time.sleep(0.5)
        return (FOLDER / "undone").exists()

    until(undone)


def until(sought: Callable[[], Any], *, strict: bool = True) -> Any:
    """What `sought` returns once that is something."""
    deadline = time.monotonic() + PATIENCE
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


def dialogs() -> Iterator[Any]:
    """The window, once it is there. Only the plug-in is asked: a process that is busy elsewhere would never answer."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()  # nobody here listens to what has changed
    for number in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(number)
        if application is None or "neural-style.py" not in command_line(application.get_process_id()):
            continue
        children = [application.get_child_at_index(place) for place in range(application.get_child_count())]
        yield from (child for child in children if child is not None and child.get_name() == TITLE)


def widgets() -> Iterator[Any]:
    """All that can be seen of the window."""
    waiting = list(dialogs())
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


def engines() -> list[str]:
    """Command lines of the engines that run for this order."""
    lines = [command_line(int(process.name)) for process in Path("/proc").glob("[0-9]*")]
    return [line for line in lines if ORDER["mark"] in line and "engine" in line]


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it has ended
        return ""


if __name__ == "__main__":
    main()
