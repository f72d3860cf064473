"""What happens when the filter is started: with the artist at her dialog, or without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin import unattended
from gimp_plugin.image import canvas
from gimp_plugin.libgimp import Gimp

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(
    _procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> list[Gimp.Layer]:
    """The new layers. Raises NeuralStyleError, and leaves the image as it was then."""
    canvas.check(image, drawables)
    if run_mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.dialog import interactive  # noqa: PLC0415 - needs a screen

        return interactive.run(drawables, config)
    return unattended.run(run_mode, image, drawables, config)
