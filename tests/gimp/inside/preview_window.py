"""Runs inside a GIMP, on a screen: shows the preview of a layer, moves it with mouse and keys, and says what is seen.

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

from gimp_plugin.dialog.work import LayerWork  # noqa: E402 - found only now
from gimp_plugin.gallery.picks import Pick, Picks  # noqa: E402
from gimp_plugin.image import canvas  # noqa: E402
from gimp_plugin.libgimp import Gegl, Gimp  # noqa: E402
from gimp_plugin.libgtk import GdkPixbuf, GimpUi, Gtk  # noqa: E402
from gimp_plugin.preview.pane import Preview  # noqa: E402
from gimp_plugin.preview.pictures import in_gray  # noqa: E402
from nst_core.shared.errors import NeuralStyleError  # noqa: E402
from nst_core.shared.settings import knobs  # noqa: E402
from nst_core.shared.wire.messages import Pixels  # noqa: E402

PATIENCE = 20.0  # seconds
WIDTH, HEIGHT = 1280, 960
NAMES = {(255, 0, 0): "red", (0, 255, 0): "green", (0, 0, 255): "blue", (0x99,) * 3: "check", (0x66,) * 3: "check"}
ROW = 0.6  # of the picture's height: below what is transparent, away from labels and the line's handle


class Stage:
    """The preview in a window, and what was noted about it."""

    def __init__(self) -> None:
        GimpUi.init("neural-style")
        self.image = Gimp.Image.new(WIDTH, HEIGHT, Gimp.ImageBaseType.RGB)
        self.layer = new_layer(self.image, WIDTH, HEIGHT)
        self.regions = 0
        self.answers: dict[str, Any] = {}
        self.preview = Preview(self.layer, self.on_region)
        self.window = Gtk.Window(title="preview", border_width=10)
        self.window.add(self.preview)
        self.window.set_default_size(500, 460)
        self.window.show_all()
        self.window.move(20, 20)
        self.box = self.preview._comparison._box
        before, zooms = self.preview.get_children()[2].get_children()
        self.before, self.full = before, zooms.get_children()[1]

    def on_region(self) -> None:
        self.regions += 1

    def painted(self, color: tuple[float, float, float] = (0, 1, 0)) -> Pixels:
        content = self.preview.content()
        return solid(content.width, content.height, color)

    def place(self, x: float, y: float) -> tuple[int, int]:
        """On the screen; x and y are shares of the picture's sides."""
        _, left, top = self.box.get_window().get_origin()
        (width, height), (margin_x, margin_y) = self.preview._comparison._size(), self.preview._comparison._margins()
        return left + margin_x + round(x * width), top + margin_y + round(y * height)

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
        """Note what is seen once it is what is wanted, or what it is instead."""
        deadline = time.monotonic() + PATIENCE
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
    """Scaling rounds a little."""
    for known, name in NAMES.items():
        if max(abs(a - b) for a, b in zip(known, color, strict=True)) <= 2:
            return name
    return "#" + bytes(color).hex()


def solid(width: int, height: int, color: tuple[float, float, float]) -> Pixels:
    pixel = b"".join(b"\0\0\x80?" if part else bytes(4) for part in (*color, 1))
    return Pixels(width, height, pixel * (width * height))


def rest(seconds: float) -> None:
    """Let GTK work for at least so long."""
    until = time.monotonic() + seconds
    while True:
        while Gtk.events_pending():
            Gtk.main_iteration_do(False)  # noqa: FBT003 - do not block
        if time.monotonic() >= until:
            return
        time.sleep(0.01)


def run(*command: object) -> None:
    """Run a program while GTK goes on."""
    with subprocess.Popen([str(word) for word in command]) as process:
        while process.poll() is None:
            rest(0.02)
        assert process.returncode == 0, command


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        rest(0.05)
    assert condition()


def fitted(stage: Stage) -> None:
    """The whole layer, the line, and what moves it."""
    preview, answers = stage.preview, stage.answers
    answers["fitted"] = [preview.content().width, preview.content().height, preview.part]
    preview.wait("Waiting")
    stage.see("waiting", ["red", "red"], 0.1, 0.9)
    stage.see("transparent", ["check", "check"], 0.45, 0.9, y=0.15)
    preview.show_after(stage.painted(), "Preview")
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
    """A click switches, and so does the space bar; a button that is held shows the picture for as long."""
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


def zoomed(stage: Stage) -> None:
    """A part at full resolution, and its neighbours."""
    preview, answers = stage.preview, stage.answers
    late = stage.painted()
    stage.full.set_active(True)
    preview.show_after(late, "Preview")
    content = preview.content()
    frame = preview._frame
    rows = [(frame.top + row) * WIDTH * 16 + frame.left * 16 for row in range(frame.height)]
    whole = memoryview(canvas.read(stage.layer).rgba)
    same = b"".join(whole[start : start + frame.width * 16] for start in rows) == content.rgba
    size = [content.width, content.height]
    answers["zoomed"] = [size == list(preview._comparison.room), preview.part, same, stage.regions]
    answers["middle"] = [2 * frame.left + frame.width - WIDTH, 2 * frame.top + frame.height - HEIGHT]
    answers["share"] = frame.width * frame.height / (WIDTH * HEIGHT)
    stage.see("late", ["red", "red"], 0.1, 0.9)
    preview.show_after(stage.painted(), "Preview")
    stage.see("zoomed after", ["red", "green"], 0.1, 0.9)
    run("xdotool", "mousemove", *stage.place(0.6, 0.3), "mousedown", 1)
    run("xdotool", "mousemove", *stage.place(0.7, 0.8))
    answers["regions while pulling"] = stage.regions
    run("xdotool", "mouseup", 1)
    until(lambda: stage.regions == 2)
    moved = preview._frame
    shares = (frame.left - moved.left) / frame.width, (frame.top - moved.top) / frame.height
    answers["pulled"] = [round(share, 2) for share in shares]
    preview.content()
    run("xdotool", "key", "ctrl+Right")
    until(lambda: stage.regions == 3)
    answers["by key"] = preview._frame.left - moved.left
    answers["tooltip"] = stage.box.get_tooltip_text()
    stage.window.resize(640, 560)
    until(lambda: stage.regions == 4)
    answers["resized"] = [preview._frame.width, preview._frame.height] == list(preview._comparison.room)
    drafted(stage)


def drafted(stage: Stage) -> None:
    """With the quality of a draft the part shows what a draft of the whole layer has there."""
    preview = stage.preview
    preview.see(effects=True, draft=True)
    content = preview.content()
    stage.answers["draft"] = [content.width, content.height, preview.part, preview.quality]
    half = content.width // 2
    row = bytes(solid(half, 1, (0, 0, 1)).rgba) + bytes(solid(content.width - half, 1, (0, 1, 0)).rgba)
    preview.show_after(Pixels(content.width, content.height, row * content.height), "Preview")
    line = (WIDTH / 2 - preview._frame.left) / preview._frame.width
    stage.see("draft seen", ["blue", "green"], line - 0.1, line + 0.1)
    preview.see(effects=True, draft=False)
    preview.content()


def painter(preview: Preview, strength: str = "") -> LayerWork:
    choices = {named.name.replace("_", "-"): named.default for named in knobs()} | {"output": "layer", "as-seen": True}
    choices |= {"strength-map": strength}
    config = SimpleNamespace(get_property=choices.__getitem__)
    return LayerWork([preview.layer], config, lambda: Picks((Pick("preset", "mosaic", "Mosaic"),)), preview)


def hidden(stage: Stage) -> None:
    """What a selection and a mask leave, for the preview and for variations."""
    work = painter(Preview(stage.layer, stage.on_region))

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
    """Of a soft selection that says where the strength counts, for the preview and for variations."""
    preview = Preview(stage.layer, stage.on_region)
    work = painter(preview, "inside")
    stage.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, WIDTH // 2, HEIGHT)
    Gimp.Selection.feather(stage.image, 100)

    def seen() -> list[list[float]]:
        """At the left border, a little beside the middle to both sides, at the right border; of the middle row."""
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
    """A picture as a grayscale image will hold it."""
    pixel = memoryview(bytes(in_gray(solid(1, 1, (0, 1, 0))).rgba)).cast("f")
    stage.answers["gray"] = [round(value, 3) for value in pixel]


def extremes(stage: Stage) -> None:
    """Layers of odd shapes, and one that is gone."""
    sizes = {}
    for width, height in ((3000, 40), (32, 32)):
        preview = Preview(new_layer(stage.image, width, height), stage.on_region)
        content = preview.content()
        sizes[f"{width} x {height}"] = [content.width, content.height, len(content.rgba)]
    stage.answers["sizes"] = sizes
    layer = new_layer(stage.image, 64, 48)
    inverted = Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "")
    layer.append_filter(inverted)
    preview = Preview(layer, stage.on_region)
    seen = bytes(preview.content().rgba[-16:])
    preview.see(effects=False)
    stage.answers["effects"] = [seen.hex(), bytes(preview.content().rgba[-16:]).hex()]
    work = painter(stage.preview)
    stage.preview.content()  # which is kept
    stage.image.delete()
    try:
        work.preview()
    except NeuralStyleError as error:
        stage.answers["gone behind the preview"] = error.code
    stage.preview._content = None
    try:
        stage.preview.content()
    except NeuralStyleError as error:
        stage.answers["gone"] = error.code


def main() -> None:
    stage = Stage()
    try:
        for part in (fitted, before_button, states, zoomed, hidden, strengths, gray, extremes):
            part(stage)
    except Exception:  # noqa: BLE001 - told by the test
        stage.answers["failed"] = traceback.format_exc()
    Path(ORDER["answers"]).write_text(json.dumps(stage.answers))
    stage.window.destroy()
    if stage.image.is_valid():
        stage.image.delete()


main()
