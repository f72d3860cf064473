"""Runs inside a GIMP on a screen: finds unreadable texts of the window in every language, at 1280 x 720.

`NST_FITS` names a JSON file with the order: `repository`, `folder` (a picture), `answers` and `shot` (to write),
`scale` (of the screen), `languages` (with one that is made up, of words 40 % longer).
"""

from __future__ import annotations

import importlib
import json
import math
import os
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gi

ORDER = json.loads(Path(os.environ["NST_FITS"]).read_text())
sys.dont_write_bytecode = True
sys.path.insert(0, ORDER["repository"])
for name, version in (("Gdk", "3.0"), ("GdkX11", "3.0"), ("Gimp", "3.0"), ("GimpUi", "3.0"), ("Gtk", "3.0")):
    gi.require_version(name, version)

from gi.repository import Gdk, GdkX11, Gimp, GimpUi, Gio, Gtk, Pango  # noqa: E402 - the versions must be chosen first

FOLDER = Path(ORDER["folder"])
SIZE = (1280, 720)
WAIT_SECONDS = 30.0  # seconds
LONGER = 0.4
MIN_CONTRAST = 4.5  # of a text
MIN_OPACITY = 0.02  # below it, nothing is visible
WORD = re.compile(r"[^\W_]{2,}")
KEPT = re.compile(r"(\{[^}]*\}|%)")
STRETCHED: set[str] = set()
EDGE = 4  # px from the border of a button, without text
CONTROLS = (Gtk.Button, Gtk.Entry, Gtk.Range, Gtk.Expander)
"""Widgets that Tab must reach; lists contain a button."""

Facts = dict[str, Any]


class NoEngine:
    """Replaces a session: nothing is painted."""

    speed = None

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args: None


def longer(text: str) -> str:
    """The text with longer words, once; placeholders and access key do not change."""
    if text not in STRETCHED:
        parts = KEPT.split(text)
        text = "".join(part if KEPT.fullmatch(part) else WORD.sub(_stretched, part) for part in parts)
        STRETCHED.add(text)
    return text


def _stretched(word: re.Match[str]) -> str:
    more = math.ceil(LONGER * len(word[0]))
    return word[0] + (word[0].lower() * 2)[:more]


def speak(language: str) -> None:
    """Import the plug-in again, in a language."""
    os.environ["LANGUAGE"] = language
    for name in [name for name in sys.modules if name.startswith("gimp_plugin")]:
        del sys.modules[name]
    if language == "longer":
        words = ModuleType("gimp_plugin.translation")
        words.__dict__.update(_=longer, ngettext=lambda one, more, number: longer(one if number == 1 else more))
        sys.modules["gimp_plugin.translation"] = words


class Opened:
    """The window for a photograph with a selection, in the current language."""

    def __init__(self, language: str) -> None:
        arguments, window = (importlib.import_module(f"gimp_plugin.{name}") for name in ("arguments", "dialog.window"))
        styles = importlib.import_module("gimp_plugin.picks")
        self.image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / "photograph.png")))
        self.image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 60, 40)
        procedure = Gimp.ImageProcedure.new(
            Gimp.get_plug_in(), f"window-fits-{language}", Gimp.PDBProcType.TEMPORARY, lambda *_args: None, None
        )
        for name in ("settings", "output", "strength_map", "input"):
            getattr(arguments, f"declare_{name}")(procedure)
        self.config = procedure.create_config()
        pick, other = styles.Pick("preset", "mosaic", "Mosaic"), styles.Pick("preset", "linocut", "Linocut")
        self.picks, self.blend = styles.Picks((pick,)), styles.Picks((pick, other))
        self.window = window.Window(self.image.get_layers(), self.config, self.picks, NoEngine())
        self.window.set_default_size(*SIZE)
        self.window.show()
        self.window.move(0, 0)
        settle()
        until(self.active)
        self.window.set_focus_visible(True)

    def active(self) -> bool:
        if not self.window.is_active():
            number = str(self.window.get_window().get_xid())
            subprocess.run(["xdotool", "windowfocus", number], check=False)
        return bool(self.window.is_active())

    def close(self) -> None:
        self.window.destroy()
        settle()
        self.image.delete()


def settle(rounds: int = 15) -> None:
    """Wait until everything is drawn."""
    for _ in range(rounds):
        while Gtk.events_pending():
            Gtk.main_iteration_do(blocking=False)
        time.sleep(0.02)


def until(reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not reached():
        assert time.monotonic() < deadline, "waited in vain"
        settle()


def within(widget: Gtk.Widget) -> Iterator[Gtk.Widget]:
    """All visible widgets."""
    if widget.get_mapped() and widget.get_child_visible() and widget.get_allocated_width() > 1:
        yield widget
        if isinstance(widget, Gtk.Container):
            parts: list[Gtk.Widget] = []
            widget.forall(parts.append)
            for part in parts:
                yield from within(part)


def above(widget: Gtk.Widget) -> Iterator[Gtk.Widget]:
    while widget is not None:
        yield widget
        widget = widget.get_parent()


def kinds(widget: Gtk.Widget) -> list[str]:
    return [type(one).__name__ for one in above(widget)]


def unread(opened: Opened) -> list[str]:
    """Widgets that are cut off or exceed the window."""
    found = []
    for widget in within(opened.window):
        said = cut(widget)
        if said and "Tile" not in kinds(widget):  # whose captions may be cut: the full title is shown below
            found.append(f"{said} [{' < '.join(kinds(widget)[:4])}]")
    width, height = opened.window.get_size()
    if (width, height) != SIZE:
        found.append(f"the window is {width} x {height}")
    for scrolled in within(opened.window):
        if isinstance(scrolled, Gtk.ScrolledWindow):
            bar = scrolled.get_hadjustment()
            if bar.get_upper() > bar.get_page_size() + 1:
                found.append(f"to be scrolled sideways: {bar.get_upper()} of {bar.get_page_size()}")
    return found


def cut(widget: Gtk.Widget) -> str:
    """The text of a widget, if a part of it is not visible."""
    if isinstance(widget, Gtk.Label) and widget.get_text().strip() and widget.get_opacity() > MIN_OPACITY:
        layout = widget.get_layout()
        wide, high = layout.get_pixel_size()
        across = widget.get_angle() in {90, 270}
        room = widget.get_allocated_height() if across else widget.get_allocated_width()
        if by_design(widget):
            return ""
        if layout.is_ellipsized() or wide > room + 1 or (not across and high > widget.get_allocated_height() + 1):
            return str(widget.get_text())
    elif isinstance(widget, GimpUi.SpinScale):
        label, number = widget.get_label().replace("_", ""), widget.get_text()
        needed = sum(widget.create_pango_layout(text).get_pixel_size()[0] for text in (label, number))
        if needed + 6 > widget.get_text_area().width:
            return f"{label} {number}"
    elif isinstance(widget, Gtk.Entry):
        text = widget.get_text() or widget.get_placeholder_text() or ""
        if widget.create_pango_layout(text).get_pixel_size()[0] > widget.get_text_area().width + 1:
            return str(text)
    elif isinstance(widget, Gtk.ComboBoxText):
        text = widget.get_active_text() or ""
        view = next(part for part in within(widget) if isinstance(part, Gtk.CellView))
        if widget.create_pango_layout(text).get_pixel_size()[0] > view.get_allocated_width() + 1:
            return str(text)
    return ""


def by_design(label: Gtk.Label) -> bool:
    """Whether a tooltip has the full text: names of files and layers may be of any length."""
    return bool(label.get_lines() > 1) and label.get_ellipsize() != Pango.EllipsizeMode.NONE


def pale(opened: Opened) -> list[str]:
    """Texts with too little contrast. Disabled widgets may have less."""
    found = set()
    for widget in within(opened.window):
        text = widget.get_text() if isinstance(widget, (Gtk.Label, Gtk.Entry)) else ""
        if text.strip() and widget.is_sensitive():
            contrast = contrast_of(widget)
            if contrast < MIN_CONTRAST:
                found.add(f"{text[:40]}: {contrast:.1f} [{' < '.join(kinds(widget)[:4])}]")
    return sorted(found)


def contrast_of(widget: Gtk.Widget) -> float:
    behind = background(widget)
    style = widget.get_style_context()
    ink = style.get_color(style.get_state())
    opacity = ink.alpha
    for one in above(widget):
        context = one.get_style_context()
        opacity *= Gtk.Widget.get_opacity(one) * context.get_property("opacity", context.get_state())
        if color_behind(one)[1] >= 1.0 - MIN_OPACITY:
            break
    front = tuple(opacity * part + (1 - opacity) * under for part, under in zip(parts(ink), behind, strict=True))
    one, other = sorted((luminance(front), luminance(behind)), reverse=True)
    return (one + 0.05) / (other + 0.05)


def background(widget: Gtk.Widget) -> tuple[float, ...]:
    """The background colour of a text."""
    layers = []
    for one in above(widget):
        layers.append(color_behind(one))
        if layers[-1][1] >= 1.0 - MIN_OPACITY:
            break
    seen: tuple[float, ...] = (1.0, 1.0, 1.0)
    for color, alpha in reversed(layers):
        seen = tuple(alpha * part + (1 - alpha) * under for part, under in zip(color, seen, strict=True))
    return seen


def color_behind(widget: Gtk.Widget) -> tuple[tuple[float, float, float], float]:
    """Background colour and opacity of a widget; of a picture its pixels."""
    style = widget.get_style_context()
    color = style.get_property("background-color", style.get_state())
    if style.get_property("background-image", style.get_state()) is None:
        return parts(color), color.alpha
    corner = widget.translate_coordinates(widget.get_toplevel(), 0, widget.get_allocated_height() // 2)
    seen = Gdk.pixbuf_get_from_window(widget.get_toplevel().get_window(), corner[0] + EDGE, corner[1], 1, 1)
    red, green, blue = seen.get_pixels()[:3]
    return (red / 255, green / 255, blue / 255), 1.0


def parts(color: Gdk.RGBA) -> tuple[float, float, float]:
    return color.red, color.green, color.blue


def luminance(color: tuple[float, ...]) -> float:
    """Contrast as WCAG defines it."""
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def by_tab(opened: Opened) -> Facts:
    """The widgets that Tab reaches and does not reach, and those with an invisible focus."""
    window = opened.window
    stops: list[Gtk.Widget] = []
    unseen = []
    for _ in range(80):
        before = picture(window)
        window.child_focus(Gtk.DirectionType.TAB_FORWARD)
        settle(4)
        stop = window.get_focus()
        if stop is None or stop in stops:
            break
        stops.append(stop)
        if picture(window) == before:
            unseen.append(stop.get_accessible().get_name() or type(stop).__name__)
    reached = {id(one) for stop in stops for one in (*above(stop), *within(stop))}
    missed = [
        one.get_accessible().get_name() or one.get_name()
        for one in within(window)
        if isinstance(one, CONTROLS)
        and not isinstance(one, Gtk.Scrollbar)
        and one.is_sensitive()
        and id(one) not in reached
        and not spared(one, stops)
    ]
    return {"stops": len(stops), "missed": missed, "unseen": unseen}


def spared(one: Gtk.Widget, stops: list[Gtk.Widget]) -> bool:
    """Whether other keys reach it: arrow keys for radio buttons, Ctrl+space for the button of a tile."""
    group = one.get_group() if isinstance(one, Gtk.RadioButton) else []
    return "Tile" in kinds(one) or any(member in stops for member in group)


def picture(window: Gtk.Window) -> bytes:
    seen = Gdk.pixbuf_get_from_window(window.get_window(), 0, 0, *window.get_size())
    return bytes(seen.get_pixels())


def look(language: str, *, thorough: bool) -> Facts:
    """Texts that are cut off, by state of the window. thorough: also facts that are the same in all languages."""
    speak(language)
    opened = Opened(language)
    window = opened.window
    expander = next(one for one in within(window) if isinstance(one, Gtk.Expander))
    try:
        facts: Facts = {"idle": unread(opened), "brush": with_the_brush(opened, language)}
        expander.set_expanded(True)
        settle()
        facts["all settings"] = unread(opened)
        if thorough:
            facts["pale"] = pale(opened)
            facts["tab"] = by_tab(opened)
            facts["further"] = further()
            facts["seen"] = vars(window._preview._comparison.view.visible)
            facts["history"] = back_and_forth(opened)
        window._gallery._adopt(opened.blend)
        settle()
        facts["blend"] = unread(opened)
        shoot(f"{language}-blend")
        facts |= with_messages(opened, language, thorough=thorough)
        for _painting in range(2):
            window.show_snapshot(snapshot(opened))
        settle()
        facts["paintings"] = unread(opened)
        shoot(f"{language}-paintings")
        facts |= at_work(opened)
    finally:
        opened.close()
    return facts


def with_messages(opened: Opened, language: str, *, thorough: bool) -> Facts:
    """All messages at once, the longest ones, in a grayscale image, which could be painted in colour."""
    errors = importlib.import_module("nst_core.shared.errors")
    window = opened.window
    opened.image.convert_grayscale()
    window._show_layers()
    window.show_error(
        errors.EngineMissingError("the engine '/x' cannot be started (no)", "run `neural-style install` again")
    )
    settle()
    window._error.show_text(50 * "Words ")
    settle()
    facts: Facts = {"messages": unread(opened)}
    if thorough:
        facts["pale messages"] = pale(opened)
    shoot(f"{language}-messages")
    window._engine_bar.hide()
    window._error.show_text("")
    return facts


def at_work(opened: Opened) -> Facts:
    """The window with variations, and during a run."""
    roles = importlib.import_module("gimp_plugin.flow.roles")
    window = opened.window
    window._flow.vary(window._sheet.kind)
    settle()
    facts: Facts = {"variations": unread(opened)}
    window._flow.leave_variations()
    window.show_phase(roles.Phase.RUNNING)
    window.show_status(roles.Status(1, 2))
    settle()
    facts["painting"] = unread(opened)
    return facts


def with_the_brush(opened: Opened, language: str) -> list[str]:
    opened.window._where._draw.set_active(True)
    settle()
    found = unread(opened)
    shoot(f"{language}-brush")
    opened.window._where._draw.set_active(False)
    return found


def snapshot(opened: Opened) -> Any:
    """A painting without an engine."""
    messages, roles = map(importlib.import_module, ("nst_core.shared.wire.messages", "gimp_plugin.flow.roles"))
    pixels = messages.Pixels(6, 4, bytes(6 * 4 * 16))
    place = SimpleNamespace(layer=opened.image.get_layers()[0])
    painted = SimpleNamespace(place=place, done=SimpleNamespace(pixels=pixels))
    return roles.Snapshot(painted, SimpleNamespace(title="Mosaic"), opened.picks, {})


def back_and_forth(opened: Opened) -> Facts:
    """Styles and settings after some changes, undo and redo."""
    window, config = opened.window, opened.config

    def now() -> list[object]:
        return [config.get_property("strength"), [pick.key for pick in window.picks.entries]]

    def changed(before: list[object]) -> bool:
        return now() != before

    def apart() -> None:
        settle()
        time.sleep(0.7)

    states = [now()]
    changes: list[Callable[[], object]] = [
        partial(config.set_property, "strength", 77.0),
        partial(window._gallery._adopt, opened.blend),
    ]
    for change in changes:
        apart()
        change()
        states.append(now())
    seen = []
    for key in ("ctrl+z", "ctrl+z", "ctrl+shift+z", "ctrl+shift+z"):
        before = now()
        subprocess.run(["xdotool", "key", key], check=True)
        until(partial(changed, before))
        seen.append(now())
    window._gallery._adopt(opened.picks)
    return {"states": states, "seen": seen}


def further() -> list[str]:
    """Texts of the controls while refining a layer."""
    controls, arguments = (importlib.import_module(f"gimp_plugin.{name}") for name in ("dialog.controls", "arguments"))
    procedure = Gimp.ImageProcedure.new(
        Gimp.get_plug_in(), "window-fits-further", Gimp.PDBProcType.TEMPORARY, lambda *_args: None, None
    )
    for declare in (arguments.declare_settings, arguments.declare_output, arguments.declare_strength_map):
        declare(procedure)
    found: list[Gtk.Widget] = [controls.Controls(procedure.create_config(), {}, lambda: None, refining=True)]
    for one in found:
        if isinstance(one, Gtk.Container):
            one.forall(found.append)
    return [one.get_text() for one in found if isinstance(one, Gtk.Label)]


def shoot(name: str) -> None:
    subprocess.run(["import", "-window", "root", str(FOLDER / f"{name}.png")], check=True)


def main() -> None:
    answers: Facts = {}
    try:
        GimpUi.init("neural-style")
        GdkX11.X11Display.set_window_scale(Gdk.Display.get_default(), ORDER["scale"])
        for number, language in enumerate(ORDER["languages"]):
            answers[language] = look(language, thorough=number == 0)
    except Exception:  # noqa: BLE001 - reported to the test
        answers["failed"] = traceback.format_exc()
    Path(ORDER["answers"]).write_text(json.dumps(answers))


main()
