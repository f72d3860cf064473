"""Paints other layers like a painted one, and refines a painted layer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image import canvas, recipes
from gimp_plugin.libgimp import Gimp
from gimp_plugin.procedures import unattended
from gimp_plugin.translation import _
from nst_core.shared.errors import UnsupportedLayerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gimp_plugin.flow.roles import Order
    from gimp_plugin.image.canvas import View
    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.procedures.call import Call
    from nst_core.shared.settings import Value
    from nst_core.shared.wire.messages import Stylize


def repeat(call: Call) -> list[Gimp.Layer]:
    """Paint the selected layers with the recipe of the painted one among them, or of the latest one in the image.

    If only painted layers are selected, they are the content. Raises NeuralStyleError.
    """
    drawables = canvas.layers_of(call.drawables)
    painted = [layer for layer in drawables if isinstance(layer, Gimp.Layer) and recipes.of(layer) is not None]
    others = [layer for layer in drawables if layer not in painted]
    layers, left_out = canvas.paintable(call.image, others or painted)
    noted = (recipes.of(painted[0]) if painted else None) or recipes.latest(call.image)
    return unattended.paint(call, layers, _order(call, noted, recipes.settings_of(noted)), left_out)


def refine(call: Call) -> list[Gimp.Layer]:
    """Refine a painted layer: it is the start image, its source the content. Raises NeuralStyleError."""
    if len(call.drawables) > 1:
        raise UnsupportedLayerError(_("several layers are selected"), _("select the one to refine"))
    (layer,), _none = canvas.paintable(call.image, call.drawables)
    noted = recipes.of(layer)
    if noted is None:
        raise UnsupportedLayerError(
            _("{layer} was not painted by Neural Style").format(layer=repr(layer.get_name())),
            _("select a layer that was"),
        )
    before = recipes.settings_of(noted)
    tattoo = recipes.source_of(noted)
    source = call.image.get_layer_by_tattoo(tattoo) if tattoo else None
    visible = recipes.is_of_visible(noted)
    if visible:
        source = recipes.beneath(layer)
    adapt = partial(_to_refine, source)
    if call.interactive:
        from gimp_plugin.dialog import interactive  # noqa: PLC0415 - needs a screen
        from gimp_plugin.flow.work import Refinement  # noqa: PLC0415 - the same

        arguments.write(call.config, before)
        picks = recipes.picks_of(noted, call.image)
        regions = recipes.regions_of(noted, picks, call.image)
        refinement = Refinement(recipes.title_of(noted), picks, before, regions, source, tattoo, adapt, visible=visible)
        return interactive.refine(layer, call.config, refinement)
    values = arguments.values_of(call.config)
    order = _order(call, noted, arguments.follow(values, before) if call.by_script else values)
    order = replace(order, look=replace(order.look, source=tattoo, visible=visible), adapt=adapt)
    return unattended.paint(call, [layer], order)


def _order(call: Call, noted: recipes.Note, values: Mapping[str, Value]) -> Order:
    picks = recipes.picks_of(noted, call.image)
    order = unattended.order(call, picks, values, recipes.regions_of(noted, picks, call.image))
    return replace(order, look=replace(order.look, title=recipes.title_of(noted)))


def _to_refine(source: Gimp.Layer | Visible | None, view: View, request: Stylize) -> Stylize:
    """The request with the painted layer as init and its source as content; itself if that is gone or changed."""
    content = view.pixels
    if source is not None and canvas.is_there(source):
        original = canvas.read(source, as_seen=view.place.as_seen)
        if (original.width, original.height) == (content.width, content.height):
            content = original
    return replace(request, content=content, init=view.pixels)
