"""Painting by a recipe: other layers like a painted one, or a painted one further."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments, unattended
from gimp_plugin.image import canvas, origin, recipes
from gimp_plugin.libgimp import Gimp
from gimp_plugin.translation import _
from nst_core.errors import UnsupportedLayerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gimp_plugin.call import Call
    from gimp_plugin.image.canvas import View
    from nst_core.messages import Stylize
    from nst_core.settings import Value


def repeat(call: Call) -> list[Gimp.Layer]:
    """Paint the selected layers by the recipe of the painted one among them, or else of the latest in the image.

    Where only painted ones are selected, they are painted over. Raises NeuralStyleError.
    """
    painted = [layer for layer in call.drawables if isinstance(layer, Gimp.Layer) and recipes.of(layer) is not None]
    others = [layer for layer in call.drawables if layer not in painted]
    layers = others or painted
    canvas.check(call.image, layers)
    noted = (recipes.of(painted[0]) if painted else None) or recipes.latest(call.image)
    return unattended.paint(call, layers, _order(call, noted, recipes.settings_of(noted)))


def refine(call: Call) -> list[Gimp.Layer]:
    """Go on with a painted layer: from its pixels, towards its source. Raises NeuralStyleError."""
    canvas.check(call.image, call.drawables)
    if len(call.drawables) != 1:
        raise UnsupportedLayerError(_("several layers are selected"), _("select the one to refine"))
    noted = recipes.of(call.drawables[0])
    if noted is None:
        raise UnsupportedLayerError(
            _("{layer} was not painted by Neural Style").format(layer=repr(call.drawables[0].get_name())),
            _("select a layer that was"),
        )
    before = recipes.settings_of(noted)
    if call.interactive:
        from gimp_plugin.dialog.refine_dialog import ask  # noqa: PLC0415 - needs a screen

        arguments.write(call.config, before)
        ask(call.procedure, call.config)
    values = arguments.values_of(call.config)
    order = _order(call, noted, arguments.follow(values, before) if call.by_script else values)
    tattoo = recipes.source_of(noted)
    source = call.image.get_layer_by_tattoo(tattoo) if tattoo else None

    def begin(view: View, request: Stylize) -> Stylize:
        return _continued(view, request, source)

    order = replace(order, look=replace(order.look, source=tattoo), begin=begin)
    return unattended.paint(call, call.drawables, order)


def _order(call: Call, noted: recipes.Note, values: Mapping[str, Value]) -> unattended.Order:
    picks = recipes.picks_of(noted, call.image)
    order = unattended.order(call, picks, values, recipes.places_of(noted, picks, call.image))
    return replace(order, look=replace(order.look, title=origin.title_of(noted)))


def _continued(view: View, request: Stylize, source: Gimp.Layer | None) -> Stylize:
    """From the painted layer's pixels, towards those of its source, or itself where the source is gone or changed."""
    content = view.pixels
    if source is not None and canvas.is_there(source):
        origin_view = canvas.read(source, as_seen=view.place.as_seen)
        if (origin_view.width, origin_view.height) == (content.width, content.height):
            content = origin_view
    return replace(request, content=content, init=view.pixels)
