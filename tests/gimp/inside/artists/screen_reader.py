"""Reads windows as a screen reader does, and controls keys, mouse and processes.

`NST_WINDOW` names a JSON file with the order: `folder` (for screenshots) and `mark` (of engines) are read here.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
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
WAIT_SECONDS = 180.0  # seconds, for a busy machine
TITLE = "Neural Style"
ANSWERING = {"button", "toggle button", "radio button", "check box", "combo box", "spin button", "slider", "text"}

Facts = dict[str, Any]

Atspi.set_timeout(10_000, 15_000)  # ms: without it a program that a busy machine lets wait for 0.8 s has no answers


def until(sought: Callable[[], Any], *, strict: bool = True, wait_seconds: float = WAIT_SECONDS) -> Any:
    """Wait for a true result of `sought`, and return it."""
    deadline = time.monotonic() + wait_seconds
    while (begun := time.monotonic()) < deadline:
        with suppress(GLib.Error):  # the widget is gone
            if found := sought():
                return found
        time.sleep(max(0.05, time.monotonic() - begun))  # half of the time belongs to the program that is read
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
    """Windows of the process with this word on its command line. Other processes might never answer."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()  # there is no main loop that would update it
    for number in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(number)
        if application is not None and word in command_line(application.get_process_id()):
            yield from (application.get_child_at_index(place) for place in range(application.get_child_count()))


def widgets() -> Iterator[Any]:
    """All visible widgets of the window of the filter, once it is open."""
    return seen_of(filter_windows())


def filter_windows() -> Iterator[Any]:
    return (one for one in windows_of("neural-style.py") if one is not None and one.get_name().endswith(TITLE))


def seen_of(tops: Iterable[Any]) -> Iterator[Any]:
    waiting = list(tops)
    while waiting:
        one = waiting.pop()
        if one is not None and (one.get_state_set().contains(Atspi.StateType.SHOWING) or role(one) == "viewport"):
            yield one  # GTK does not count a viewport as showing once it is scrolled by more than its own size
            waiting += [one.get_child_at_index(number) for number in range(one.get_child_count())]


def role(one: Any) -> str:
    """Role of a widget by its current name: in older releases buttons are push buttons."""
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
    """A visible control."""
    return next(one for one in widgets() if one.get_name() == name and role(one) in ANSWERING)


def text(part: str) -> str:
    """The first text that contains this."""
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
    """Access keys of all widgets."""
    found = [letter_of(one) for one in widgets() if role(one) in ANSWERING]
    return [letter for letter in found if letter]


def letter_of(one: Any) -> str:
    actions = one.get_action_iface()
    if actions is None or not actions.get_n_actions():
        return ""
    return str(actions.get_key_binding(0)).split(";")[0].removeprefix("<Alt>")


def window(title: str = f"{TITLE}$") -> str:
    """Number of the visible window with a matching title; empty without one."""
    search = ["xdotool", "search", "--onlyvisible", "--name", title]
    found = subprocess.run(search, capture_output=True, text=True, check=False, timeout=WAIT_SECONDS).stdout.split()
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
    """Close a window as the button in its title bar does; there is no window manager."""
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
    """Press keys in GIMP's window; an open menu is closed first."""
    run("xdotool", "windowfocus", "--sync", window(" GIMP$"), "key", "Escape", "Escape", "key", "--delay", "300", *keys)


def shoot(name: str) -> None:
    run("import", "-window", "root", str(FOLDER / f"{name}.png"))


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_SECONDS).stdout


def engines() -> list[int]:
    """Process ids of the engines of this order."""
    return processes(ORDER["mark"])


def processes(word: str) -> list[int]:
    """Process ids with this word on their command line."""
    numbers = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return [number for number in numbers if word in command_line(number)]


def held(process: int) -> Facts:
    """Resources of a process: memory in kB, and numbers of threads, open files and children."""
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


def everything(top: Any) -> Iterator[Any]:
    """Visible and hidden widgets below these."""
    waiting = [top]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield one
            waiting += [one.get_child_at_index(number) for number in range(one.get_child_count())]


def control(name: str) -> Any:
    """A widget with this name, also one outside the visible area; None without one."""
    found = (one for top in filter_windows() for one in everything(top))
    return next((one for one in found if one.get_name() == name and role(one) in ANSWERING), None)


def middle(name: str) -> tuple[int, int]:
    """Bounds on the screen."""
    area = control(name).get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    return area.x + area.width // 2, area.y + area.height // 2


def shown_value(name: str) -> object:
    """Name of the focused control; a busy window may have none."""
    one = until(lambda: control(name))
    one.clear_cache()
    if role(one) == "combo box":
        return [child.get_name() for child in everything(one) if role(child) == "menu item" and picked(one, child)]
    return one.get_value_iface().get_current_value()


def picked(combo: Any, item: Any) -> bool:
    selected = combo.get_selection_iface().get_selected_child(0)
    return selected is not None and selected.get_name() == item.get_name()
