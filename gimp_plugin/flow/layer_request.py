"""The request for a whole layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.image import canvas
from nst_core.shared.wire.messages import Stylize

if TYPE_CHECKING:
    from gimp_plugin.flow.roles import Order
    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.image.types import Place
    from gimp_plugin.libgimp import Gimp


def layer_request(layer: Gimp.Layer | Visible, order: Order, previews: float = 0.0) -> tuple[Place, Stylize]:
    """The place of the painting, and the request for it. previews: seconds between pictures, 0 for none.

    Raises LayerGoneError, and InvalidSettingError for a region that does not exist.
    """
    look = order.look
    view = canvas.view_of(layer, as_seen=order.as_seen, hiding=look.regions.hiding(layer))
    where = (layer.get_image(), view.place.area(view.pixels))
    styles, strength_map = look.regions.guide(look.styles, *where), look.regions.strength_map(*where)
    request = Stylize(view.pixels, styles, order.settings, mask=view.mask, strength_map=strength_map, previews=previews)
    return view.place, order.adapt(view, request) if order.adapt else request
