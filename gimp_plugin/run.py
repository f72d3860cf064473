"""What happens when the artist starts the filter: ask, paint each layer, insert the results as one step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments, canvas, last_style
from gimp_plugin.libgimp import Gimp
from gimp_plugin.report import Report
from nst_core import presets
from nst_core.engine import Engine
from nst_core.errors import InvalidImageError, LayerGoneError
from nst_core.launch import engine_command
from nst_core.messages import MAX_STYLE_FILE, Done, StyleFile, Stylize
from nst_core.settings import Value, from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nst_core.presets import Preset

FOLDER = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Wish:
    """What the artist wants: the styles, the settings, and what to call the result."""

    styles: tuple[StyleFile, ...]
    settings: dict[str, Value]
    title: str


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> list[Gimp.Layer]:
    """The new layers. Raises NeuralStyleError, and leaves the image as it was then."""
    canvas.check(image, drawables)
    wish = _ask(procedure, run_mode, config)
    report = Report(len(drawables))
    try:
        done = _paint(drawables, wish, report)
    finally:
        report.close()
    layers = _insert(image, done, wish.title)
    report.say_done(done[-1][1].metrics)
    return layers


def _ask(procedure: Gimp.Procedure, run_mode: Gimp.RunMode, config: Gimp.ProcedureConfig) -> Wish:
    if run_mode == Gimp.RunMode.NONINTERACTIVE:
        style = _style_file(config)
        preset = None if style else _preset(config)
        values = arguments.follow(arguments.values_of(config), preset.settings if preset else {})
        return _wish(style, preset, values)
    last_style.recall(config)
    if run_mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.dialog import ask  # noqa: PLC0415 - needs a screen

        ask(procedure, config)
        last_style.remember(config)
    style = _style_file(config)
    return _wish(style, None if style else _preset(config), arguments.values_of(config))


def _wish(style: Path | None, preset: Preset | None, values: dict[str, Value]) -> Wish:
    settings = to_mapping(from_mapping(values))
    if style is not None:
        return Wish((StyleFile(_encoded(style), 1.0, style.name),), settings, "stylized")
    assert preset is not None
    return Wish(preset.styles(), settings, preset.title)


def _paint(layers: Sequence[Gimp.Layer], wish: Wish, report: Report) -> list[tuple[Gimp.Layer, Done]]:
    done = []
    with Engine.start(engine_command(FOLDER), os.environ) as engine:
        for number, layer in enumerate(layers):
            request = Stylize(canvas.read(layer), wish.styles, wish.settings)
            done.append((layer, engine.stylize(request, on_progress=lambda event, n=number: report.show(n, event))))
    return done


def _insert(image: Gimp.Image, done: Sequence[tuple[Gimp.Layer, Done]], title: str) -> list[Gimp.Layer]:
    still_there = [(layer, event) for layer, event in done if canvas.is_there(layer)]
    if not still_there:
        raise LayerGoneError("the layer or its image was closed while the engine worked")
    with canvas.undo_group(image):
        return [
            canvas.insert_above(layer, event.pixels, f"{layer.get_name()}: {title}", event.recipe)
            for layer, event in still_there
        ]


def _preset(config: Gimp.ProcedureConfig) -> Preset:
    return presets.load_preset(config.get_property(arguments.PRESET))


def _style_file(config: Gimp.ProcedureConfig) -> Path | None:
    file = config.get_property(arguments.STYLE_FILE)
    return Path(file.get_path()) if file and file.get_path() else None


def _encoded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            encoded = file.read(MAX_STYLE_FILE + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidImageError(f"the style picture {path.name!r} cannot be read ({reason})") from error
    if not encoded:
        raise InvalidImageError(f"the style picture {path.name!r} is empty", "choose another file")
    if len(encoded) > MAX_STYLE_FILE:
        raise InvalidImageError(f"the style picture {path.name!r} is larger than 64 MiB", "scale it down")
    return encoded
