"""Runs inside a GIMP with a window: opens the dialog of the filter repeatedly, and stores facts on each result.

artist.py uses the dialog. `NST_WINDOW` names a JSON file with the order: `folder` (where both leave signs for
each other), `photograph`, `plug_in` (as installed), `scenarios` (name, engine's command, number of layers, of each;
by_hand: whether she opens the window herself).
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from gi.repository import Gimp, Gio, GLib

ORDER = json.loads(Path(os.environ["NST_WINDOW"]).read_text())
FOLDER = Path(ORDER["folder"])
WAIT_SECONDS = 60  # seconds


def main() -> None:
    answers = {}
    for scenario in ORDER["scenarios"]:
        engine = Path(ORDER["plug_in"]) / "engine.json"
        engine.write_text(json.dumps(json.loads(engine.read_text()) | {"command": scenario["engine"]}))
        answers[scenario["name"]] = run_scenario(scenario["name"], scenario["layers"], by_hand=scenario["by_hand"])
        (FOLDER / "answers.json").write_text(json.dumps(answers))


def run_scenario(name: str, layers: int, *, by_hand: bool) -> dict[str, Any]:
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(ORDER["photograph"]))
    for _ in range(1, layers):
        image.insert_layer(image.get_layers()[0].copy(), None, 0)
    if name == "place":
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 24)
        Gimp.Selection.feather(image, 8)
    if name == "look":
        image.convert_grayscale()
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 40, 40)
        tiny = Gimp.Layer.new(image, "tiny", 10, 10, Gimp.ImageType.GRAY_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(tiny, None, 0)
        plant()
    image.set_selected_layers(image.get_layers())
    if name == "whole":
        tiny = Gimp.Layer.new(image, "tiny", 10, 10, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(tiny, None, 0)
        image.set_selected_layers([tiny])
    image.clean_all()
    display = Gimp.Display.new(image)
    facts = wait_for_artist(name) if by_hand else paint(name, image)
    if image.is_valid():
        facts |= found_in(image)
    (FOLDER / f"{name}.over").touch()
    if name == "accept":
        facts |= after_undo(image, layers)
    if display.is_valid():
        display.delete()
    names = [layer.get_name() for one in Gimp.get_images() for layer in one.get_layers()]
    return facts | {"images": len(Gimp.get_images()), "everywhere": names}


def plant() -> None:
    """Save a finished painting as a killed plug-in leaves it."""
    folder = Path(GLib.get_user_cache_dir()) / "gimp-neural-style" / "undelivered"
    folder.mkdir(parents=True, exist_ok=True)
    head = {"format": 1, "size": [4, 4], "corner": [0, 0], "name": "left behind", "note": {}, "mask": False}
    head |= {"image": [4, 4, 0, int(Gimp.Precision.U8_NON_LINEAR), 72.0, 72.0], "profile": ""}
    (folder / "gone-0.painting").write_bytes(json.dumps(head).encode() + b"\n" + bytes(4 * 4 * 16))


def paint(name: str, image: Gimp.Image) -> dict[str, Any]:
    """Open the dialog."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_selected_layers())
    (FOLDER / f"{name}.open").touch()
    result = procedure.run(config)
    return {"status": result.index(0).value_nick, "message": Gimp.get_pdb().get_last_error()}


def wait_for_artist(name: str) -> dict[str, Any]:
    """Wait while the artist starts the filter."""
    (FOLDER / f"{name}.open").touch()
    deadline = time.monotonic() + 10 * WAIT_SECONDS
    while not (FOLDER / f"{name}.seen").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    return {"heard": (FOLDER / f"{name}.seen").exists()}


def found_in(image: Gimp.Image) -> dict[str, Any]:
    return {
        "layers": [layer.get_name() for layer in image.get_layers()],
        "channels": [channel.get_name() for channel in image.get_channels()],
        "masks": [layer.get_mask() is not None for layer in image.get_layers()],
        "recipes": [notes(layer) for layer in image.get_layers()],
        "saved": notes(image),
        "clean": not image.is_dirty(),
    }


def after_undo(image: Gimp.Image, layers: int) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_SECONDS
    while len(image.get_layers()) != layers and time.monotonic() < deadline:
        time.sleep(0.2)
    (FOLDER / "undone").touch()
    return {
        "layers after one undo": [layer.get_name() for layer in image.get_layers()],
        "clean after one undo": not image.is_dirty(),
    }


def notes(item: Gimp.Image | Gimp.Layer) -> dict[str, str]:
    return {name: bytes(item.get_parasite(name).get_data()).decode() for name in item.get_parasite_list()}


main()
