"""Runs the filter, with the window or without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image import canvas
from gimp_plugin.procedures import unattended
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gimp_plugin.image import scratch
    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.procedures.call import Call


def run(call: Call) -> list[Gimp.Layer]:
    """The new layers. Raises NeuralStyleError; the image is then unchanged."""
    if call.config.get_property(arguments.INPUT) == arguments.VISIBLE and not call.interactive:
        return unattended.run(replace(call, drawables=[canvas.visible(call.image)]))
    layers, left_out = _paintable(call)
    if call.interactive:
        from gimp_plugin.dialog import interactive  # noqa: PLC0415 - needs a screen

        return interactive.run(layers, call.config, left_out)
    return unattended.run(replace(call, drawables=layers), left_out)


def _paintable(call: Call) -> tuple[Sequence[Gimp.Layer | scratch.Visible], canvas.LeftOut]:
    """The selected layers that can be painted. If there are none, the window offers what the image shows."""
    try:
        return canvas.paintable(call.image, call.drawables)
    except NeuralStyleError as error:
        if not call.interactive:
            raise
        try:
            return [canvas.visible(call.image)], [("", error)]
        except NeuralStyleError:
            raise error from None
