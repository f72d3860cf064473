"""Runs inside GIMP: paints with the real engine and lets accidents happen, at random, for as long as it is told.

The filter's own functions run here, so that the image can be changed while a worker paints; and the filter is called as
GIMP calls it, so that it and its engine can be killed.
"""

from __future__ import annotations

import array
import contextlib
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from calls import ORDER, Facts, answer, call, check, photograph, pixels, running
from gi.repository import Gimp

from gimp_plugin import report
from gimp_plugin.flow.roles import Order
from gimp_plugin.image import recipes, regions, undelivered
from gimp_plugin.procedures import unattended
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.settings import Settings, to_mapping
from nst_core.shared.wire.messages import Pixels, StyleFile, Stylize

GOING = 15.0
"""Seconds in which a process must end."""
ENGINE, FILTER = b"nst_core.worker", b"plug-ins/neural-style/neural-style.py"

Change = Callable[[Gimp.Image, Gimp.Layer], object]


def _again(_image: Gimp.Image, _layer: Gimp.Layer) -> None:
    """No accident."""


def _kill_engine(_image: Gimp.Image, _layer: Gimp.Layer) -> None:
    for number in running(ENGINE):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _lock(_image: Gimp.Image, layer: Gimp.Layer) -> None:
    group = layer.get_parent()
    if group is not None:
        group.set_lock_content(True)


CHANGES: dict[str, Change] = {
    "nothing": _again,
    "layer moved": lambda _image, layer: layer.set_offsets(7, 5),
    "layer deleted": lambda image, layer: image.remove_layer(layer),
    "layer scaled": lambda _image, layer: layer.scale(40, 40, False),  # noqa: FBT003 - GIMP's own
    "image turned": lambda image, _layer: image.rotate(Gimp.RotationType.DEGREES90),
    "image cropped": lambda image, _layer: image.crop(40, 40, 5, 5),
    "image made gray": lambda image, _layer: image.convert_grayscale(),
    "image closed": lambda image, _layer: image.delete(),
    "group locked": _lock,
    "engine killed": _kill_engine,
}


class Accidents:
    """Counts, and one accident after another."""

    def __init__(self) -> None:
        self.chance = random.Random(ORDER["seed"])  # noqa: S311 - accidents are no secret
        self.facts: Facts = {"finished": 0, "lost": [], "orphans": [], "tracebacks": [], "inconsistent": []}
        self.happened: Counter[str] = Counter()

    def go_on(self, seconds: float) -> None:
        """Run accidents until the time is over, each kind equally often."""
        until, waiting = time.monotonic() + seconds, list[str]()
        kinds: dict[str, Callable[[], None]] = {
            **{name: partial(self.changed, name, change) for name, change in CHANGES.items()},
            "disk full": partial(self.changed, "disk full", _again, full=True),
            "two at once": partial(self.changed, "two at once", _again, two=True),
            "filter killed": partial(self.killed, "filter killed", FILTER),
            "engine of the filter killed": partial(self.killed, "engine of the filter killed", ENGINE),
        }
        while time.monotonic() < until:
            waiting = waiting or self.chance.sample(sorted(kinds), len(kinds))
            kind = waiting.pop()
            self.happened[kind] += 1
            try:
                kinds[kind]()
            except Exception:  # noqa: BLE001 - it is counted
                self.facts["tracebacks"].append(f"{kind}: {traceback.format_exc()}")
            self._look_for_orphans(kind)
            for image in Gimp.get_images():
                image.delete()

    def picture(self) -> tuple[Gimp.Image, list[Gimp.Layer]]:
        """An image of two layers, one of them in a group, with a selection."""
        image = photograph()
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        inner = Gimp.Layer.new_from_drawable(image.get_layers()[1], image)
        image.insert_layer(inner, group, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 80, 60)
        return image, [inner, image.get_layers()[1]]

    def changed(self, kind: str, change: Change, *, full: bool = False, two: bool = False) -> None:
        """Make a change at a random step of either layer. Everything that the engine finished must exist afterwards."""
        image, layers = self.picture()
        victim, moment = self.chance.choice(layers), self.chance.randrange(1, 12)
        seen, done = [0], list[Any]()
        real_show, real_stylize = report.Report.show, Engine.stylize

        def show(shown: Any, layer: int, event: Any) -> None:
            seen[0] += 1
            if seen[0] == moment:
                change(image, victim)
            if image.is_valid():
                real_show(shown, layer, event)

        def stylize(engine: Any, *given: Any, **more: Any) -> Any:
            made = real_stylize(engine, *given, **more)
            if threading.current_thread() is threading.main_thread():
                done.append(made)
            return made

        look = recipes.Look((StyleFile((Path(ORDER["folder"]) / "style.png").read_bytes()),), "Look",
                            regions.Regions(("",)), ("",))  # fmt: skip
        order = Order(look, to_mapping(Settings(quality="draft", backend="onnx")))
        asked = mock.Mock(image=image, by_script=True)
        made: list[Gimp.Layer] = []
        Gimp.message_set_handler(Gimp.MessageHandlerType.CONSOLE)
        with (
            mock.patch.object(report.Report, "show", show),
            mock.patch.object(Engine, "stylize", stylize),
            _another(order, unattended, self.facts["lost"], enabled=two),
            _small_files(enabled=full),
        ):
            try:
                made = unattended.paint(asked, layers, order)
            except NeuralStyleError as error:
                sys.stderr.write(f"{kind}: {error}\n")
        self._judge(kind, image, made, len(done))

    def _judge(self, kind: str, image: Gimp.Image, made: list[Gimp.Layer], finished: int) -> None:
        there = [layer for layer in made if layer.is_valid() and layer.get_image().is_valid()]
        self.facts["finished"] += finished
        if len(there) != finished:
            self.facts["lost"].append(f"{kind}: {finished} finished, {len(there)} there")
        for layer in there:
            if not any(pixels(layer, "R'G'B'A u8")):
                self.facts["lost"].append(f"{kind}: an empty layer")
        if _has_open_step(image):
            self.facts["inconsistent"].append(kind)

    def killed(self, kind: str, word: bytes) -> None:
        """Kill the plug-in or its engine at a random moment, in a call by GIMP."""
        image, layers = self.picture()
        over = threading.Event()

        def kill() -> None:
            if not over.wait(self.chance.uniform(0.3, 6)):
                for number in running(word):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        facts = call(image, layers)
        over.set()
        killer.join()
        self.facts["finished"] += len(facts["made"])
        waiting = undelivered.found()
        with mock.patch.object(Gimp.Display, "new"):  # no windows here
            delivered = undelivered.deliver(waiting)
        whole = [file for file in waiting if word != FILTER]
        if len(delivered) < len(whole):
            self.facts["lost"].append(f"{kind}: {len(waiting)} kept, {len(delivered)} delivered")
        self.facts["finished"] += len(delivered)
        if _has_open_step(image):
            self.facts["inconsistent"].append(kind)

    def _look_for_orphans(self, kind: str) -> None:
        deadline = time.monotonic() + GOING
        while left := running(ENGINE, FILTER):
            if time.monotonic() > deadline:
                self.facts["orphans"].append(f"{kind}: {left}")
                for number in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
                return
            time.sleep(0.1)


def _has_open_step(image: Gimp.Image) -> bool:
    """Whether an undo group is open: only then can it be closed here."""
    return image.is_valid() and bool(image.undo_group_end())


@contextlib.contextmanager
def _small_files(*, enabled: bool) -> Iterator[None]:
    """Limit files to one page, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if enabled:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def _another(order: Any, unattended: Any, lost: list[str], *, enabled: bool) -> Iterator[None]:
    """Paint the same with another engine at the same time; it must finish too."""
    gray = array.array("f", [0.5]) * (64 * 64 * 4)

    def paint() -> None:
        try:
            with unattended.start() as engine:
                engine.stylize(Stylize(Pixels(64, 64, gray.tobytes()), order.look.styles, order.settings))
        except Exception as error:  # noqa: BLE001 - it is counted
            lost.append(f"two at once: {error!r}")

    thread = threading.Thread(target=paint)
    if enabled:
        thread.start()
    yield
    if enabled:
        thread.join()


@check
def accidents() -> Facts:
    place = Path(ORDER["folder"]) / "temporary"
    place.mkdir(exist_ok=True)
    os.environ["TMPDIR"], tempfile.tempdir = str(place), str(place)
    found = Accidents()
    found.go_on(ORDER["seconds"])
    left = [*place.rglob("*"), *undelivered.folder().parent.rglob("*")]
    return found.facts | {"accidents": dict(found.happened), "temporary": [str(path) for path in left]}


answer()
