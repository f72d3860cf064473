"""Runs inside a GIMP on a screen: shows the preview of a layer, uses mouse and keys, and stores the visible colours.

`NST_PREVIEW` names a JSON file with the order: `repository`, `answers` and `shot` (files to write).
The layer is red below and transparent above, what it is painted as is green.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ORDER = json.loads(Path(os.environ["NST_PREVIEW"]).read_text())
sys.path.insert(0, ORDER["repository"])

from gimp_plugin.flow.work import LayerWork  # noqa: E402 - the path must be set first
from gimp_plugin.image import canvas  # noqa: E402
from gimp_plugin.libgimp import Gegl, Gimp  # noqa: E402
from gimp_plugin.libgtk import GdkPixbuf, GimpUi, Gtk  # noqa: E402
from gimp_plugin.picks import Pick, Picks  # noqa: E402
from gimp_plugin.preview.pane import Finished, Preview  # noqa: E402
from gimp_plugin.preview.pictures import Sample, in_gray  # noqa: E402
from gimp_plugin.preview.viewport import Viewport  # noqa: E402
from nst_core.shared.errors import NeuralStyleError  # noqa: E402
from nst_core.shared.settings import all_settings  # noqa: E402
from nst_core.shared.wire.messages import Pixels  # noqa: E402

WAIT_SECONDS = 20.0  # seconds
WIDTH, HEIGHT = 1280, 960
NAMES = {(255, 0, 0): "red", (0, 255, 0): "green", (0, 0, 255): "blue", (0x99,) * 3: "check", (0x66,) * 3: "check"}
LONG = 5 * "a long title, " + "12:00:00"
ROW = 0.6  # fraction of the height: below the transparent part, away from labels and the handle of the line


class Stage:
    """The preview in a window, and the facts about it."""

    def __init__(self) -> None:
        GimpUi.init("neural-style")
        self.image = Gimp.Image.new(WIDTH, HEIGHT, Gimp.ImageBaseType.RGB)
        self.layer = new_layer(self.image, WIDTH, HEIGHT)
        self.looks = 0
        self.answers: dict[str, Any] = {}
        self.preview = Preview(self.layer, self.on_look)
        self.window = Gtk.Window(title="preview", border_width=10)
        self.window.add(self.preview)
        self.window.set_default_size(500, 460)
        self.window.show_all()
        self.window.move(20, 20)
        self.box = self.preview._comparison._box
        self.before, self.turn = self.preview.get_children()[2].get_children()[:2]

    def on_look(self) -> None:
        self.looks += 1

    @property
    def view(self) -> Viewport:
        return self.preview._comparison.view

    def painted(self, color: tuple[float, float, float] = (0, 1, 0)) -> Pixels:
        content = self.preview.content().pixels
        return solid(content.width, content.height, color)

    def place(self, x: float, y: float) -> tuple[int, int]:
        """A point on the screen; x and y are fractions of the sides of the picture."""
        _, left, top = self.box.get_window().get_origin()
        (width, height), (margin_x, margin_y) = self.view.extent, self.view.corner
        return left + round(margin_x + x * width), top + round(margin_y + y * height)

    def seen(self, *xs: float, y: float = ROW) -> list[str]:
        """The colours along a row of the picture on the screen, by name."""
        run("import", "-window", "root", ORDER["shot"])
        shot = GdkPixbuf.Pixbuf.new_from_file(ORDER["shot"])
        raw, stride, depth = shot.get_pixels(), shot.get_rowstride(), shot.get_n_channels()
        found = []
        for x in xs:
            across, down = self.place(x, y)
            start = down * stride + across * depth
            color = tuple(raw[start : start + 3])
            found.append(named(color))
        return found

    def see(self, what: str, wanted: list[str], *xs: float, y: float = ROW) -> None:
        """Store the visible colours once they are the expected ones, or those after a time limit."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (found := self.seen(*xs, y=y)) != wanted and time.monotonic() < deadline:
            rest(0.1)
        self.answers[what] = found


def new_layer(image: Gimp.Image, width: int, height: int) -> Gimp.Layer:
    """Red below, transparent above, of any size."""
    layer = Gimp.Layer.new(image, "layer", width, height, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    below = height - height // 3
    red = solid(width, below, (1, 0, 0))
    layer.get_buffer().set(Gegl.Rectangle.new(0, height - below, width, below), canvas.FORMAT, red.rgba)
    return layer


def named(color: tuple[int, ...]) -> str:
    """Compare colours with a tolerance for scaling."""
    for known, name in NAMES.items():
        if max(abs(a - b) for a, b in zip(known, color, strict=True)) <= 2:
            return name
    return "#" + bytes(color).hex()


def solid(width: int, height: int, color: tuple[float, float, float]) -> Pixels:
    pixel = b"".join(b"\0\0\x80?" if part else bytes(4) for part in (*color, 1))
    return Pixels(width, height, pixel * (width * height))


def rest(seconds: float) -> None:
    """Run the main loop for at least this many seconds."""
    until = time.monotonic() + seconds
    while True:
        while Gtk.events_pending():
            Gtk.main_iteration_do(False)  # noqa: FBT003 - do not block
        if time.monotonic() >= until:
            return
        time.sleep(0.01)


def run(*command: object) -> None:
    """Run a program while the main loop runs."""
    with subprocess.Popen([str(word) for word in command]) as process:
        while process.poll() is None:
            rest(0.02)
        assert process.returncode == 0, command


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition() and time.monotonic() < deadline:
        rest(0.05)
    assert condition()


def fitted(stage: Stage) -> None:
    """The whole layer, and the line, moved by mouse and keys."""
    preview, answers = stage.preview, stage.answers
    content = preview.content()
    answers["fitted"] = [content.pixels.width, content.pixels.height, content.part]
    answers["whole"] = [content.excerpt.width, content.excerpt.height, *content.excerpt.place]
    preview.wait("Waiting")
    stage.see("waiting", ["red", "red"], 0.1, 0.9)
    stage.see("transparent", ["check", "check"], 0.45, 0.9, y=0.15)
    preview.show_after(stage.painted(), "Preview", done=True)
    stage.see("after", ["red", "green", "green"], 0.1, 0.5, 0.9)
    run("xdotool", "mousemove", *stage.place(0.3, ROW), "mousedown", 1)
    run("xdotool", "mousemove", *stage.place(0.7, ROW), "mouseup", 1)
    stage.see("dragged", ["red", "red", "green"], 0.1, 0.5, 0.9)
    run("xdotool", "key", "Home")
    stage.see("Home", ["green", "green", "green"], 0.1, 0.5, 0.9)
    run("xdotool", "key", *["Right"] * 10)
    stage.see("arrows", ["red", "green", "green"], 0.1, 0.5, 0.9)
    answers["name"] = stage.box.get_accessible().get_name()


def before_button(stage: Stage) -> None:
    """Click the button, press the space bar, and hold the button."""
    button = stage.before
    _, left, top = button.get_window().get_origin()
    area = button.get_allocation()
    run("xdotool", "mousemove", left + area.x + area.width // 2, top + area.y + area.height // 2, "mousedown", 1)
    stage.see("held", ["red", "red"], 0.1, 0.9)
    rest(0.5)  # longer than a click
    run("xdotool", "mouseup", 1)
    stage.see("let go", ["red", "green"], 0.1, 0.9)
    button.grab_focus()
    run("xdotool", "key", "space")
    stage.see("switched", ["red", "red"], 0.1, 0.9)
    run("xdotool", "key", "space")
    stage.see("switched back", ["red", "green"], 0.1, 0.9)


def states(stage: Stage) -> None:
    """A failure, the next preview, and a run."""
    preview, answers = stage.preview, stage.answers
    preview.fail("It does not work. Try something else.")
    until(lambda: stage.seen(0.9) != ["green"])
    answers["dimmed"] = stage.seen(0.9)
    preview.wait("Waiting")
    stage.see("tried again", ["red", "green"], 0.1, 0.9)
    preview.show_painting(stage.layer, solid(300, 225, (0, 0, 1)), "layer")
    stage.see("painting", ["red", "blue"], 0.1, 0.9)
    preview.content()
    stage.see("painted", ["red", "green"], 0.1, 0.9)


def two(stage: Stage) -> None:
    """Two paintings beside each other, each with its title; then the layer and its preview as before."""
    comparison = stage.preview._comparison
    name = stage.box.get_accessible().get_name()
    blue, red = (solid(640, 480, color) for color in ((0, 0, 1), (1, 0, 0)))
    stage.preview.compare([Finished(stage.layer, "first", blue), Finished(stage.layer, LONG, red)])
    stage.see("two", ["blue", "blue", "red", "red"], 0.1, 0.45, 0.55, 0.9)
    labels = (*comparison._captions, comparison._badge)
    stage.answers["titles"] = [label.get_text() for label in labels if label.get_visible()]
    caption, half = comparison._captions[1], stage.view.extent[0] / 2
    stage.answers["within its half"] = 0 < caption.get_allocated_width() < half
    stage.preview.compare([])
    stage.see("one again", ["red", "green"], 0.1, 0.9)
    stage.answers["line again"] = stage.box.get_accessible().get_name() == name


def split(stage: Stage) -> None:
    """Before above after; and before alone by the space bar."""
    stage.turn.set_active(True)
    stage.box.grab_focus()
    run("xdotool", "key", "Home", *["Down"] * 30)
    stage.see("above and below", ["red", "green"], 0.2, y=0.5)
    stage.answers["above and below"] += stage.seen(0.2, y=0.8)
    run("xdotool", "keydown", "space")
    stage.see("space held", ["red"], 0.2, y=0.8)
    run("xdotool", "keyup", "space")
    stage.see("space let go", ["green"], 0.2, y=0.8)
    stage.turn.set_active(False)
    run("xdotool", "key", "Home", *["Right"] * 10)
    stage.see("beside each other again", ["red", "green"], 0.1, 0.9)


def zoomed(stage: Stage) -> None:
    """Zoom and move by wheel, mouse, double click and keys; the requests for the visible part."""
    preview, answers = stage.preview, stage.answers
    fit = stage.view
    whole = finer(stage)
    assert whole.excerpt.begun is not None
    answers["finer whole"] = [whole.pixels.width, whole.pixels.height, whole.part, whole.excerpt.around]
    answers["begun"] = [whole.excerpt.begun.width, whole.excerpt.begun.height]
    alone = preview.larger(whole.excerpt.begun, 1)
    assert alone is not None
    same = alone.frame == whole.frame and alone.excerpt.begun == whole.excerpt.begun
    answers["as large as shown"] = [same, preview.larger(whole.excerpt.begun, 3) is None]
    looks, place = stage.looks, stage.place(0.6, 0.7)
    there = local(stage, place)
    run("xdotool", "mousemove", *place, "click", "--repeat", 3, 4)
    until(lambda: stage.view.scale > 1.9 * fit.scale)
    here = local(stage, place)
    answers["under the pointer"] = max(abs(here[0] - there[0]), abs(here[1] - there[1])) * stage.view.scale
    answers["looks for the wheel"] = stage.looks > looks
    part = finer(stage)
    assert part.excerpt.around is not None
    answers["zoomed part"] = [part.part < 1, part.excerpt.around.width, part.excerpt.begun is not None]
    box = stage.preview._shown.box(part.frame)
    answers["holds what is seen"] = box.holds(stage.view.visible)
    stage.see("not painted yet", ["green"], 0.9)
    answers["badges"] = [preview._comparison._badge.get_text()]
    preview.show_after(solid(part.pixels.width, part.pixels.height, (0, 0, 1)), "Preview", done=True)
    stage.see("painted part", ["red", "blue"], 0.1, 0.9)
    answers["badges"].append(preview._comparison._badge.get_text())
    answers["nothing finer"] = preview.finer() is None
    pulled(stage)
    keys(stage, fit)
    drafted(stage)


def finer(stage: Stage) -> Sample:
    sample = stage.preview.finer()
    assert sample is not None
    return sample


def local(stage: Stage, place: tuple[int, int]) -> tuple[float, float]:
    """The point of the layer at a point of the screen."""
    _, left, top = stage.box.get_window().get_origin()
    return stage.view.to_layer(place[0] - left, place[1] - top)


def pulled(stage: Stage) -> None:
    """Drag the layer; there is no request until the button is released."""
    answers = stage.answers
    first, looks = stage.view, stage.looks
    run("xdotool", "mousemove", *stage.place(0.7, 0.5), "mousedown", 1)
    run("xdotool", "mousemove_relative", "--", -60, -30)
    until(lambda: stage.view != first)
    answers["looks while pulling"] = [stage.looks - looks, stage.preview.finer() is None]
    run("xdotool", "mouseup", 1)
    until(lambda: stage.looks == looks + 1)
    moved = stage.view
    answers["pulled"] = [round((a - b) / 1) for a, b in zip(first.origin, moved.origin, strict=True)]


def keys(stage: Stage, fit: Viewport) -> None:
    """Zoom by 0, 1, +, - and double click, move by arrow keys and the overview."""
    answers = stage.answers
    run("xdotool", "key", "1")
    until(lambda: stage.view.scale == 1.0)
    before = stage.view
    run("xdotool", "key", "Right")
    until(lambda: stage.view != before)
    answers["by key"] = before.origin[0] - stage.view.origin[0]
    run("xdotool", "key", "plus")
    until(lambda: stage.view.scale > 1.3)
    run("xdotool", "key", "minus")
    until(lambda: stage.view.scale == 1.0)
    part = finer(stage)
    whole = memoryview(canvas.read(stage.layer).rgba)
    rows = [(part.frame.top + row) * WIDTH * 16 + part.frame.left * 16 for row in range(part.frame.height)]
    same = b"".join(whole[start : start + part.frame.width * 16] for start in rows) == part.pixels.rgba
    asked = painter(stage.preview, seamless=True).finer()
    assert asked is not None
    answers["seamless part"] = asked.settings["seamless"]
    answers["full resolution"] = [part.frame.scale, same]
    (left, top), (width, _) = stage.view.corner, stage.view.extent
    _, x, y = stage.box.get_window().get_origin()
    run("xdotool", "mousemove", round(x + left + width - 12), round(y + top + 12), "click", 1)
    until(lambda: stage.view.visible.right > WIDTH - 1)
    answers["by the map"] = [stage.view.visible.top < 1, round(stage.view.visible.right)]
    run("xdotool", "key", "0")
    until(lambda: stage.view == fit)
    run("xdotool", "mousemove", *stage.place(0.5, 0.5), "click", "--repeat", 2, "--delay", 60, 1)
    until(lambda: stage.view.scale == 1.0)
    rest(1.0)  # or the next click would be the third one
    run("xdotool", "click", "--repeat", 2, "--delay", 60, 1)
    until(lambda: stage.view == fit)
    answers["tooltip"] = stage.box.get_tooltip_text()
    stage.see("line as before", ["red", "green"], 0.1, 0.9)
    looks = stage.looks
    stage.window.resize(640, 560)
    until(lambda: stage.looks > looks)
    answers["resized"] = stage.view.scale > fit.scale


def drafted(stage: Stage) -> None:
    """A preview with draft quality, which is not refined."""
    preview = stage.preview
    preview.show_layer(preview.layer, effects=True, draft=True)
    content = preview.content()
    preview.show_after(solid(content.pixels.width, content.pixels.height, (0, 0, 1)), "Preview", done=True)
    stage.answers["draft"] = [content.pixels.width, content.pixels.height, preview.finer() is None]
    preview.show_layer(preview.layer, effects=True, draft=False)
    preview.show_after(stage.painted(), "Preview", done=True)


def painter(preview: Preview, strength: str = "", *, seamless: bool = False) -> LayerWork:
    choices = {setting.name.replace("_", "-"): setting.default for setting in all_settings()} | {
        "output": "layer",
        "as-seen": True,
    }
    choices["input"] = "layers"
    choices |= {"strength-map": strength, "seamless": seamless}
    config = SimpleNamespace(get_property=choices.__getitem__)
    return LayerWork([preview.layer], config, lambda: Picks((Pick("preset", "mosaic", "Mosaic"),)), preview)


def hidden(stage: Stage) -> None:
    """Masks of previews and variations with a selection and a layer mask."""
    work = painter(Preview(stage.layer, stage.on_look))

    def seen() -> list[float | None]:
        masks = [request.mask for request in (work.preview(),)]
        return [None if mask is None else sum(memoryview(mask).cast("f")) / (len(mask) / 4) for mask in masks]

    facts: dict[str, Any] = {"nothing": seen()}
    stage.image.select_rectangle(Gimp.ChannelOps.REPLACE, WIDTH // 4, 0, WIDTH // 4, HEIGHT)
    facts["a selection"] = seen()
    mask = stage.layer.create_mask(Gimp.AddMaskType.SELECTION)
    stage.layer.add_mask(mask)
    stage.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, WIDTH, HEIGHT // 2)
    facts["both"] = seen()
    stage.layer.set_offsets(WIDTH // 8, 0)
    facts["both, moved"] = seen()
    stage.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, WIDTH // 4, HEIGHT)
    try:
        facts["all hidden"] = seen()
    except NeuralStyleError as error:
        facts["all hidden"] = error.code
    stage.layer.set_offsets(0, 0)
    stage.layer.remove_mask(Gimp.MaskApplyMode.DISCARD)
    Gimp.Selection.none(stage.image)
    stage.answers["hidden"] = facts


def strengths(stage: Stage) -> None:
    """Strength maps of previews and variations, from a soft selection."""
    preview = Preview(stage.layer, stage.on_look)
    work = painter(preview, "inside")
    stage.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, WIDTH // 2, HEIGHT)
    Gimp.Selection.feather(stage.image, 100)

    def seen() -> list[list[float]]:
        """Strengths in the middle row: at the left border, at both sides of the middle, at the right border."""
        found = []
        for request in (work.preview(),):
            wide, high = request.content.width, request.content.height
            assert request.strength_map is not None
            row = memoryview(request.strength_map).cast("f")[wide * (high // 2) :][:wide]
            places = (0, wide // 2 - wide // 50, wide // 2 + wide // 50, wide - 1)
            found.append([round(row[place], 3) for place in places])
            found[-1].append(0.0 if request.mask is None else 1.0)
        return found

    stage.answers["strengths"] = seen()
    Gimp.Selection.none(stage.image)
    stage.answers["strengths of nothing"] = painter(preview, "inside").preview().strength_map


def gray(stage: Stage) -> None:
    """The preview of a grayscale image."""
    pixel = memoryview(bytes(in_gray(solid(1, 1, (0, 1, 0))).rgba)).cast("f")
    stage.answers["gray"] = [round(value, 3) for value in pixel]


def extremes(stage: Stage) -> None:
    """Layers of unusual shapes, and a deleted one."""
    sizes = {}
    for width, height in ((3000, 40), (32, 32)):
        preview = Preview(new_layer(stage.image, width, height), stage.on_look)
        content = preview.content()
        pixels = content.pixels
        sizes[f"{width} x {height}"] = [pixels.width, pixels.height, len(pixels.rgba)]
    stage.answers["sizes"] = sizes
    layer = new_layer(stage.image, 64, 48)
    inverted = Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "")
    layer.append_filter(inverted)
    preview = Preview(layer, stage.on_look)
    seen = bytes(preview.content().pixels.rgba[-16:])
    preview.show_layer(preview.layer, effects=False, draft=False)
    stage.answers["effects"] = [seen.hex(), bytes(preview.content().pixels.rgba[-16:]).hex()]
    work = painter(stage.preview)
    stage.image.delete()
    try:
        work.preview()
    except NeuralStyleError as error:
        stage.answers["gone behind the preview"] = error.code
    try:
        stage.preview.content()
    except NeuralStyleError as error:
        stage.answers["gone"] = error.code


def main() -> None:
    stage = Stage()
    try:
        for part in (fitted, before_button, two, split, states, zoomed, hidden, strengths, gray, extremes):
            part(stage)
    except Exception:  # noqa: BLE001 - reported to the test
        stage.answers["failed"] = traceback.format_exc()
    Path(ORDER["answers"]).write_text(json.dumps(stage.answers))
    stage.window.destroy()
    if stage.image.is_valid():
        stage.image.delete()


main()
