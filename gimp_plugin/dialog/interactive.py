"""Runs the filter with its window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments, report
from gimp_plugin.dialog.window import Window
from gimp_plugin.flow import last_choices
from gimp_plugin.flow.session import Session
from gimp_plugin.image import drawn_maps, noted_styles, regions, scratch, undelivered
from gimp_plugin.libgimp import Gimp, GLib
from gimp_plugin.libgtk import GimpUi
from gimp_plugin.looks import gallery_state
from gimp_plugin.picks import Picks, of_preset
from gimp_plugin.start import start
from gimp_plugin.translation import _
from nst_core.shared.errors import CancelledError, NeuralStyleError
from nst_core.shared.presets import lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gimp_plugin.flow.work import Refinement
    from gimp_plugin.image import canvas


def run(
    layers: Sequence[Gimp.Layer | scratch.Visible], config: Gimp.ProcedureConfig, left_out: canvas.LeftOut
) -> list[Gimp.Layer]:
    """The new layers. layers: to paint; or what the image shows, if none can be painted.

    left_out: layers that cannot be painted, with the reasons, for a message.
    Raises CancelledError if the window is closed without a result.
    """
    GimpUi.init("neural-style")
    profile, image = Path(Gimp.directory()), layers[0].get_image()
    past = last_choices.recall(profile)
    picks = past.picks
    if past.unfinished is not None:
        picks = past.unfinished.picks
        arguments.write(config, past.unfinished.settings)
        arguments.write_run_arguments(config, past.unfinished.arguments)
    picks = picks if picks.entries else _first_picks(config)
    there = [region.key for region in regions.available(image)]
    before = regions.recall(image, picks.names)
    strengths = [*there, drawn_maps.DRAWN] if before.drawn is not None else there
    config.set_property(arguments.STRENGTH_MAP, before.strength if before.strength in strengths else regions.EVERYWHERE)
    picks, session = picks.with_regions(before.keys).without_missing_regions(there), Session(start, GLib.idle_add)
    visible, painted = isinstance(layers[0], scratch.Visible), config.get_property(arguments.INPUT)
    window = Window(layers, config, picks, session, drawn=before.drawn)
    window.show_messages(
        [report.painted_visible(error) if visible else report.left_out(name, error) for name, error in left_out]
    )
    window.offer(undelivered.found())
    layout = window.run(past.layout)
    if visible:  # the next window starts with what the artist chose
        config.set_property(arguments.INPUT, painted)
    keys = dict(zip(window.picks.names, (pick.region for pick in window.picks.entries), strict=True))
    regions.remember(image, keys, arguments.strength_region(config), window.drawn)
    if not window.made:
        unfinished = last_choices.Unfinished(window.picks, arguments.values_of(config), arguments.run_arguments(config))
        last_choices.remember(profile, replace(past, layout=layout, unfinished=unfinished))
        raise CancelledError(_("the dialog was closed"))
    last_choices.remember(profile, last_choices.LastChoices(window.picks, layout=layout))
    gallery_state.remember(profile, gallery_state.recall(profile).used(window.picks.entries))
    noted_styles.remember(profile, window.picks)
    for pick in window.picks.entries:
        if pick.kind == "preset":
            config.set_property(arguments.PRESET, pick.key)
    return window.made


def refine(layer: Gimp.Layer, config: Gimp.ProcedureConfig, refinement: Refinement) -> list[Gimp.Layer]:
    """The new layer that refines a painted one. Raises CancelledError as `run`."""
    GimpUi.init("neural-style")
    past = last_choices.recall(Path(Gimp.directory()))
    window = Window([layer], config, refinement.picks, Session(start, GLib.idle_add), refinement)
    window.run(past.layout)
    if not window.made:
        raise CancelledError(_("the dialog was closed"))
    return window.made


def _first_picks(config: Gimp.ProcedureConfig) -> Picks:
    """The preset that GIMP has saved, otherwise the default one."""
    for name in (config.get_property(arguments.PRESET), arguments.DEFAULT_PRESET):
        try:
            return Picks((of_preset(lookup.load_preset(name)),))
        except NeuralStyleError:  # noqa: PERF203 - deleted since; at most two presets are tried
            continue
    return Picks()
