"""Painting without a window: for scripts, for a repeated filter, for recipes. One engine paints all layers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.dialog import memory
from gimp_plugin.gallery.picks import Picks, of_preset, read_picture
from gimp_plugin.image import canvas, origin, outputs
from gimp_plugin.libgimp import Gimp
from gimp_plugin.report import Report
from gimp_plugin.start import start
from gimp_plugin.translation import _
from nst_core import presets
from nst_core.errors import InvalidImageError, LayerGoneError, NeuralStyleError
from nst_core.messages import Pixels, StyleFile, StylePixels, Stylize
from nst_core.settings import Value, from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nst_core.engine import Engine


@dataclass(frozen=True)
class Order:
    """What to paint: the look, the settings, whether effects count, and how a layer becomes a request.

    begin: what a view asks of the engine instead of a plain painting of it.
    """

    look: outputs.Look
    settings: dict[str, Value]
    as_seen: bool = True
    begin: Callable[[canvas.View, Stylize], Stylize] | None = None


def run(
    run_mode: Gimp.RunMode, image: Gimp.Image, drawables: Sequence[Gimp.Drawable], config: Gimp.ProcedureConfig
) -> list[Gimp.Layer]:
    """The new layers of the filter, as `paint`. The drawables were checked."""
    again = run_mode == Gimp.RunMode.WITH_LAST_VALS
    return paint(image, drawables, last_order(config) if again else order_of(config), show=again)


def order_of(config: Gimp.ProcedureConfig) -> Order:
    """What a script wants. It leaves out what it does not care about: there the preset is followed."""
    values = arguments.values_of(config)
    path = arguments.style_path(config)
    if path is not None:
        styles: tuple[StyleFile | StylePixels, ...] = (StyleFile(read_picture(path), 1.0, path.name),)
        origin.remember(Path(Gimp.directory()), path)
        return _order(config, styles, values, _("stylized"))
    preset = presets.load_preset(config.get_property(arguments.PRESET))
    styles = tuple(StyleFile(picture.read(), picture.weight, picture.name) for picture in preset.styles)
    return _order(config, styles, arguments.follow(values, preset.settings), of_preset(preset).title)


def last_order(config: Gimp.ProcedureConfig) -> Order:
    """What the artist wanted the last time. Raises InvalidImageError if a style of then is gone."""
    values = arguments.values_of(config)
    past = memory.recall(Path(Gimp.directory()))
    if not past.complete:
        raise InvalidImageError(
            _("a style of the last time cannot be found any more"), _("choose the style again in Neural Style")
        )
    picks = past.picks
    if not picks.entries:  # there was no last time
        picks = Picks.from_json([{"kind": "preset", "key": config.get_property(arguments.PRESET), "weight": 1.0}])
    return _order(config, picks.styles(_no_layer), values, picks.title)


def paint(image: Gimp.Image, layers: Sequence[Gimp.Layer], order: Order, *, show: bool = False) -> list[Gimp.Layer]:
    """The new layers, in one step of the image's history.

    Layers deleted meanwhile are passed over. One that cannot be painted is left out, and named in a message; what was
    painted is kept. Raises NeuralStyleError, and leaves the image as it was, if there is nothing to keep.
    """
    report = Report(len(layers))
    try:
        painted, left_out = _painted(layers, order, report)
    finally:
        report.close()
    if not painted and left_out:
        raise left_out[0][1]
    new = outputs.insert(image, painted, order.look, show=show)
    report.say_done(painted[-1].done.metrics)
    for name, error in left_out:
        Gimp.message(_("{layer} was left out: {reason}").format(layer=repr(name), reason=error))
    return new


def _painted(
    layers: Sequence[Gimp.Layer], order: Order, report: Report
) -> tuple[list[outputs.Painted], list[tuple[str, NeuralStyleError]]]:
    painted: list[outputs.Painted] = []
    left_out: list[tuple[str, NeuralStyleError]] = []
    with start() as engine:
        for number, layer in enumerate(layers):
            try:
                painted.append(_paint(engine, layer, order, functools.partial(report.show, number)))
            except LayerGoneError:  # noqa: PERF203 - deleted while the one before it was painted
                continue
            except NeuralStyleError as error:
                left_out.append((layer.get_name() if canvas.is_there(layer) else "", error))
                if not isinstance(error, InvalidImageError):  # no fault of the layer: the next would fare no better
                    break
    return painted, left_out


def _paint(engine: Engine, layer: Gimp.Layer, order: Order, show: Callable[..., None]) -> outputs.Painted:
    view = canvas.look(layer, as_seen=order.as_seen)
    request = Stylize(view.pixels, order.look.styles, order.settings, mask=view.mask)
    if order.begin is not None:
        request = order.begin(view, request)
    return outputs.Painted(view.place, engine.stylize(request, on_progress=show))


def _no_layer(_key: str) -> Pixels:
    """Layers are never among the picks of the last time: GIMP counts them anew."""
    raise LayerGoneError(canvas.GONE)


def _order(
    config: Gimp.ProcedureConfig,
    styles: tuple[StyleFile | StylePixels, ...],
    values: dict[str, Value],
    title: str,
) -> Order:
    look = outputs.Look(styles, title, config.get_property(arguments.OUTPUT))
    return Order(look, to_mapping(from_mapping(values)), config.get_property(arguments.AS_SEEN))
