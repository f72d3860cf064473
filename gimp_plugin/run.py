"""What happens when the artist starts the filter: ask, paint each layer, insert the results as one step."""

from __future__ import annotations

import functools
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
    alone = run_mode == Gimp.RunMode.NONINTERACTIVE
    if not alone:
        last_style.recall(config)
    if run_mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.dialog import ask  # noqa: PLC0415 - needs a screen

        ask(procedure, config)
        last_style.remember(config)
    values = arguments.values_of(config)
    path = arguments.style_path(config)
    if path is not None:
        return Wish((StyleFile(_encoded(path), 1.0, path.name),), _settings(values), "stylized")
    preset = presets.load_preset(config.get_property(arguments.PRESET))
    # A script leaves out what it does not care about; a dialog has shown the preset's values to the artist.
    values = arguments.follow(values, preset.settings) if alone else values
    styles = tuple(StyleFile(picture.read(), picture.weight, picture.name) for picture in preset.styles)
    return Wish(styles, _settings(values), preset.title)


def _settings(values: dict[str, Value]) -> dict[str, Value]:
    return to_mapping(from_mapping(values))


def _paint(layers: Sequence[Gimp.Layer], wish: Wish, report: Report) -> list[tuple[Gimp.Layer, Done]]:
    done = []
    with Engine.start(engine_command(FOLDER), os.environ) as engine:
        for number, layer in enumerate(layers):
            if not canvas.is_there(layer):  # deleted while the one before it was painted
                continue
            request = Stylize(canvas.read(layer), wish.styles, wish.settings)
            done.append((layer, engine.stylize(request, on_progress=functools.partial(report.show, number))))
    return done


def _insert(image: Gimp.Image, done: Sequence[tuple[Gimp.Layer, Done]], title: str) -> list[Gimp.Layer]:
    still_there = [(layer, event) for layer, event in done if canvas.is_there(layer)]
    if not still_there:
        raise LayerGoneError(canvas.GONE)
    with canvas.undo_group(image):
        return [
            canvas.insert_above(layer, event.pixels, f"{layer.get_name()}: {title}", event.recipe)
            for layer, event in still_there
        ]


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
        raise InvalidImageError(
            f"the style picture {path.name!r} is larger than {MAX_STYLE_FILE // 2**20} MiB", "scale it down"
        )
    return encoded
