"""Paints without the window: for scripts, for a repeated filter, and by recipes. One engine paints all layers."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.flow import last_choices
from gimp_plugin.flow.layer_request import layer_request
from gimp_plugin.flow.roles import Order
from gimp_plugin.image import canvas, layer_styles, noted_styles, outputs, recipes, regions, scratch
from gimp_plugin.image.regions import Regions
from gimp_plugin.image.undelivered import PaintingFiles
from gimp_plugin.libgimp import Gimp
from gimp_plugin.procedures.named_styles import picks_of
from gimp_plugin.report import Report, show_left_out, show_notes
from gimp_plugin.start import start
from gimp_plugin.translation import _
from nst_core.shared.errors import CancelledError, InvalidImageError, LayerGoneError, NeuralStyleError
from nst_core.shared.settings import Value, from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gimp_plugin.dialog.run_window import RunWindow
    from gimp_plugin.picks import Picks
    from gimp_plugin.procedures.call import Call


def run(call: Call, left_out: canvas.LeftOut | None = None) -> list[Gimp.Layer]:
    """The new layers of the filter; see `paint`. The call's drawables must be layers that can be painted."""
    picks = _last_picks(call.config) if call.with_last_values else picks_of(call.config)
    values = arguments.values_of(call.config)
    if not call.with_last_values:  # settings that a script leaves out are those of the preset
        values = arguments.follow(values, picks.preset_settings())
        noted_styles.remember(Path(Gimp.directory()), picks)
        where = Regions.of(picks.regions(), call.image, arguments.strength_region(call.config))
    else:
        past = regions.recall(call.image, picks.names)
        picks = picks.with_regions(past.keys)
        where = Regions.of(picks.regions(), call.image, past.strength, past.drawn)
    return paint(call, call.drawables, order(call, picks, values, where), left_out)


def order(call: Call, picks: Picks, values: Mapping[str, Value], where: Regions) -> Order:
    """The order for these styles and settings. where: their regions.

    Raises NeuralStyleError for styles and settings that are not valid.
    """
    styles = picks.styles(layer_styles.read)
    output = call.config.get_property(arguments.OUTPUT)
    visible = any(isinstance(one, scratch.Visible) for one in call.drawables)
    look = recipes.Look(styles, picks.title, where, picks.layers(), output, visible=visible)
    return Order(look, to_mapping(from_mapping(values)), call.config.get_property(arguments.AS_SEEN))


def paint(
    call: Call, layers: Sequence[Gimp.Layer], order: Order, beforehand: canvas.LeftOut | None = None
) -> list[Gimp.Layer]:
    """The new layers, in one step of the image's history.

    Layers that were deleted meanwhile are skipped. One that cannot be painted is left out and named in a message, like
    those left out `beforehand`; the others are inserted. If there are none, raises NeuralStyleError, and the image is
    unchanged.
    """
    report, files = Report(len(layers)), PaintingFiles()
    window = None if call.by_script else _window(len(layers))
    new: list[Gimp.Layer] = []
    try:
        painted, left_out = _painted(layers, order, report, files, window)
        if not painted and left_out:
            raise left_out[0][1]
        new = outputs.insert(call.image, painted, order.look, show=not call.by_script)
    except CancelledError:
        files.delete()
        raise
    finally:
        report.close()
        if window is not None:
            window.finish(new)
    files.delete()
    report.print_done(painted[-1].done.metrics)
    show_notes(one.done for one in painted)
    show_left_out([*(beforehand or []), *left_out])
    return new


def _window(count: int) -> RunWindow | None:
    """The window with progress and buttons to stop; None without a screen."""
    from gimp_plugin.dialog import run_window  # noqa: PLC0415 - needs a screen

    return run_window.RunWindow(count) if run_window.has_screen() else None


def _painted(
    layers: Sequence[Gimp.Layer], order: Order, report: Report, files: PaintingFiles, window: RunWindow | None
) -> tuple[list[outputs.Painted], canvas.LeftOut]:
    painted: list[outputs.Painted] = []
    left_out: canvas.LeftOut = []
    with start() as engine:
        for number, layer in enumerate(layers):
            show = functools.partial(report.show, number)
            stylize = functools.partial(engine.stylize, on_progress=show)
            if window is not None:
                stylize = functools.partial(window.stylize, engine, number=number, on_progress=show)
            try:
                place, request = layer_request(layer, order)
                painted.append(outputs.Painted(place, stylize(request)))
                files.save(painted[-1], order.look)
            except LayerGoneError:
                continue
            except CancelledError:
                raise
            except NeuralStyleError as error:
                left_out.append((layer.get_name() if canvas.is_there(layer) else "", error))
                if not isinstance(error, InvalidImageError):  # the next layer would fail too
                    break
            if window is not None and window.stopped:
                break
    return painted, left_out


def _last_picks(config: Gimp.ProcedureConfig) -> Picks:
    """The styles of the last time. Raises InvalidImageError if one of them is gone."""
    past = last_choices.recall(Path(Gimp.directory()))
    if not past.complete:
        raise InvalidImageError(
            _("a style of the last time cannot be found any more"), _("choose the style again in Neural Style")
        )
    return past.picks if past.picks.entries else picks_of(config)
