"""For scripts that run inside GIMP: functions that call the filter and collect facts about the result for a test.

All checks of a script run in one GIMP. `NST_CHECKS` names a JSON file with the order: `plug_in` (the installed
folder), `engines` (commands by name), `folder` (pictures to read), `answers` (the JSON file to write: facts by the name
of the check).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gi.repository import Gegl, Gimp, Gio

ORDER = json.loads(Path(os.environ["NST_CHECKS"]).read_text())
FOLDER = Path(ORDER["folder"])
PLUG_IN = Path(ORDER["plug_in"])
sys.path.insert(0, str(PLUG_IN))  # what scripts import of the plug-in is the installed one
RGBA = "R'G'B'A float"

Facts = dict[str, Any]
Call = Callable[..., Facts]
CHECKS: list[Callable[[], Facts]] = []
check = CHECKS.append


def photograph() -> Gimp.Image:
    """128 x 96, one opaque RGB layer."""
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / "photograph.png")))


@contextlib.contextmanager
def engine(name: str) -> Iterator[None]:
    """Use another engine inside a `with` block; an empty name: no engine.json."""
    file = PLUG_IN / "engine.json"
    before = file.read_text()
    if name:
        file.write_text(json.dumps(json.loads(before) | {"command": ORDER["engines"][name]}))
    else:
        file.unlink()
    try:
        yield
    finally:
        file.write_text(before)


def call(image: Gimp.Image, drawables: Sequence[Gimp.Drawable], **arguments: Any) -> Facts:
    """Call the filter, or the procedure with this `ending`, in its own process. Returns facts on the result."""
    procedure, config = _prepared(image, drawables, arguments)
    return _facts(image, procedure.run(config), Gimp.get_pdb().get_last_error)


def call_here(image: Gimp.Image, drawables: Sequence[Gimp.Drawable], **arguments: Any) -> Facts:
    """The same in this process, as the plug-in itself would do it. That is faster, because GIMP starts no process."""
    from gimp_plugin.procedures.plug_in import answer_call  # noqa: PLC0415 - some scripts run without a plug-in

    procedure, config = _prepared(image, drawables, arguments)
    result = answer_call(procedure, config.get_property("run-mode"), image, drawables, config, None)
    return _facts(image, result, lambda: str(result.index(1)))


def _prepared(
    image: Gimp.Image, drawables: Sequence[Gimp.Drawable], arguments: Facts
) -> tuple[Gimp.Procedure, Gimp.ProcedureConfig]:
    ending = arguments.pop("ending", "")
    procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-neural-style{ending}")
    config = procedure.create_config()
    mode = arguments.pop("run_mode", Gimp.RunMode.NONINTERACTIVE)
    quick = {} if ending else {"preset": "test-look", "quality": "draft"}
    for name, value in {"run-mode": mode, "image": image, **quick, **arguments}.items():
        config.set_property(name.replace("_", "-"), value)
    config.set_core_object_array("drawables", drawables)
    return procedure, config


def _facts(image: Gimp.Image, result: Gimp.ValueArray, error: Callable[[], str]) -> Facts:
    status = result.index(0).value_nick
    made = result.get_core_object_array(1) if status == "success" else []
    return {
        "status": status,
        "message": error() if status != "success" else "",
        "made": [layer.get_id() for layer in made],
        "layers": [layer.get_id() for layer in image.get_layers()],
    }


def by_id(facts: Facts, place: int = 0) -> Gimp.Layer:
    """A new layer of a call."""
    return Gimp.Layer.get_by_id(facts["made"][place])


def pixels(drawable: Gimp.Drawable, form: str = RGBA) -> bytes:
    area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    read: bytes = drawable.get_buffer().get(area, 1.0, form, Gegl.AbyssPolicy.NONE)
    return read


def fade(layer: Gimp.Layer) -> None:
    """Alpha from 0 to 255 over the layer, and colours everywhere."""
    layer.add_alpha()
    width, height = layer.get_width(), layer.get_height()
    rows = bytes(
        v % 256 for y in range(height) for x in range(width) for v in (3 * x, 2 * y, x + y, 255 * x // (width - 1))
    )
    layer.get_buffer().set(Gegl.Rectangle.new(0, 0, width, height), "R'G'B'A u8", rows)


def looks(layer: Gimp.Layer) -> Facts:
    parent = layer.get_parent()
    image = layer.get_image()
    return {
        "name": layer.get_name(),
        "type": layer.type().value_nick,
        "size": [layer.get_width(), layer.get_height()],
        "offsets": list(layer.get_offsets()[1:]),
        "parent": parent.get_id() if parent else None,
        "position": image.get_item_position(layer),
        "mask": layer.get_mask() is not None,
        "parasites": {name: bytes(layer.get_parasite(name).get_data()).decode() for name in layer.get_parasite_list()},
    }


def note(layer: Gimp.Layer) -> Facts:
    """The recipe of a painted layer."""
    found: Facts = json.loads(bytes(layer.get_parasite("neural-style-recipe").get_data()))
    return found


def refused(
    name: str, image: Gimp.Image, drawables: Sequence[Gimp.Drawable], how: Call = call_here, **arguments: Any
) -> Facts:
    """Facts on a call that must fail, by this name, and whether the image has the same layers as before."""
    before = [layer.get_id() for layer in image.get_layers()]
    started = time.monotonic()
    facts = how(image, drawables, **arguments)
    return {name: facts | {"image kept": facts["layers"] == before, "seconds": time.monotonic() - started}}


def engines() -> list[int]:
    """Process ids of the engines of this GIMP."""
    return running(b"stand_in_engine", b"nst_core.worker")


def running(*words: bytes) -> list[int]:
    """Process ids with any of these words in their command."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if any(word in command for word in words):
                found.append(int(entry.name))
    return found


def answer() -> None:
    """Run all checks and write their facts to the file of answers."""
    answers: Facts = {}
    for run in CHECKS:
        started = time.monotonic()
        try:
            answers[run.__name__] = run()
        except Exception:  # noqa: BLE001 - the test that needs this answer fails
            answers[run.__name__] = {"failed": traceback.format_exc()}
        sys.stderr.write(f"check {run.__name__}: {time.monotonic() - started:.1f} s\n")
    Path(ORDER["answers"]).write_text(json.dumps(answers))
    for image in Gimp.get_images():
        image.delete()
