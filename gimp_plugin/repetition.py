"""Painting by a recipe: other layers like a painted one, or a painted one further."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments, unattended
from gimp_plugin.image import canvas, origin, outputs, recipes
from gimp_plugin.libgimp import Gimp
from gimp_plugin.translation import _
from nst_core.errors import UnsupportedLayerError
from nst_core.settings import from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gimp_plugin.image.canvas import View
    from nst_core.messages import Stylize


def repeat(
    _procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> list[Gimp.Layer]:
    """Paint the selected layers by the recipe of the painted one among them, or else of the latest in the image.

    Where only painted ones are selected, they are painted over. Raises NeuralStyleError.
    """
    painted = [layer for layer in drawables if isinstance(layer, Gimp.Layer) and recipes.of(layer) is not None]
    others = [layer for layer in drawables if layer not in painted]
    layers = others or painted
    canvas.check(image, layers)
    noted = (recipes.of(painted[0]) if painted else None) or recipes.latest(image)
    return unattended.paint(image, layers, _order(noted, config), show=_has_window(run_mode))


def refine(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> list[Gimp.Layer]:
    """Go on with a painted layer: from its pixels, towards its source. Raises NeuralStyleError."""
    canvas.check(image, drawables)
    if len(drawables) != 1:
        raise UnsupportedLayerError(_("several layers are selected"), _("select the one to refine"))
    noted = recipes.of(drawables[0])
    if noted is None:
        raise UnsupportedLayerError(
            _("{layer} was not painted by Neural Style").format(layer=repr(drawables[0].get_name())),
            _("select a layer that was"),
        )
    if run_mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.dialog.refine_dialog import ask  # noqa: PLC0415 - needs a screen

        arguments.write(config, recipes.settings_of(noted))
        ask(procedure, config)
    order = _order(noted, config)
    values = arguments.values_of(config)
    if run_mode == Gimp.RunMode.NONINTERACTIVE:
        values = arguments.follow(values, order.settings)
    tattoo = recipes.source_of(noted)
    source = image.get_layer_by_tattoo(tattoo) if tattoo else None

    def begin(view: View, request: Stylize) -> Stylize:
        return _continued(view, request, source)

    look = replace(order.look, source=tattoo)
    order = replace(order, look=look, settings=to_mapping(from_mapping(values)), begin=begin)
    return unattended.paint(image, drawables, order, show=_has_window(run_mode))


def _order(noted: recipes.Note, config: Gimp.ProcedureConfig) -> unattended.Order:
    look = outputs.Look(recipes.styles_of(noted), origin.title_of(noted), config.get_property(arguments.OUTPUT))
    return unattended.Order(look, recipes.settings_of(noted), config.get_property(arguments.AS_SEEN))


def _continued(view: View, request: Stylize, source: Gimp.Layer | None) -> Stylize:
    """From the painted layer's pixels, towards those of its source, or itself where the source is gone or changed."""
    content = view.pixels
    if source is not None and canvas.is_there(source):
        origin_view = canvas.read(source, as_seen=view.place.as_seen)
        if (origin_view.width, origin_view.height) == (content.width, content.height):
            content = origin_view
    return replace(request, content=content, init=view.pixels)


def _has_window(run_mode: Gimp.RunMode) -> bool:
    return bool(run_mode != Gimp.RunMode.NONINTERACTIVE)
