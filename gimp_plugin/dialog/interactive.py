"""What happens when the artist starts the filter: the window opens, she chooses, and what it paints is inserted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.dialog import memory
from gimp_plugin.dialog.session import Session
from gimp_plugin.dialog.window import Window
from gimp_plugin.gallery.picks import Picks, of_preset
from gimp_plugin.image import origin, regions
from gimp_plugin.libgimp import Gimp, GLib
from gimp_plugin.libgtk import GimpUi
from gimp_plugin.start import start
from nst_core import presets
from nst_core.errors import CancelledError, NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(layers: Sequence[Gimp.Layer], config: Gimp.ProcedureConfig) -> list[Gimp.Layer]:
    """The new layers. Raises CancelledError if the artist leaves without a picture."""
    GimpUi.init("neural-style")
    profile = Path(Gimp.directory())
    past = memory.recall(profile)
    picks = past.picks if past.picks.entries else _first_picks(config)
    there = [region.key for region in regions.available(layers[0].get_image())]
    picks = picks.within(there)
    if arguments.strength_region(config) not in there:
        config.set_property(arguments.STRENGTH_MAP, regions.EVERYWHERE)
    window = Window(layers, config, picks, Session(start, GLib.idle_add))
    size = window.run(past.size)
    if not window.made:
        memory.remember(profile, replace(past, size=size))
        raise CancelledError("the dialog was closed")
    memory.remember(profile, memory.Memory(window.picks, size=size))
    origin.remember(profile, window.picks)
    for pick in window.picks.entries:
        if pick.kind == "preset":
            config.set_property(arguments.PRESET, pick.key)
    return window.made


def _first_picks(config: Gimp.ProcedureConfig) -> Picks:
    """The preset that GIMP remembers, or else the one to begin with."""
    for name in (config.get_property(arguments.PRESET), arguments.DEFAULT_PRESET):
        try:
            return Picks((of_preset(presets.load_preset(name)),))
        except NeuralStyleError:  # noqa: PERF203 - deleted since, at worst twice
            continue
    return Picks()
