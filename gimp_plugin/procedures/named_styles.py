"""The styles that a script names.

The arguments are lists of texts, because both Python and Script-Fu can pass and omit these. `styles` contains names of
presets, `file PATH`, `layer ID` and `image ID`; `weights` and `regions` have one text for each of them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image.layer_styles import IMAGE
from gimp_plugin.picks import FILE, Pick, Picks, of_file, of_preset
from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.presets import lookup
from nst_core.shared.wire.messages import MAX_STYLES

if TYPE_CHECKING:
    from gimp_plugin.libgimp import Gimp

LAYER = "layer "


def picks_of(config: Gimp.ProcedureConfig) -> Picks:
    """The styles in a config. Raises NeuralStyleError for those that cannot be used."""
    styles = config.get_property(arguments.STYLES)
    if styles:
        weights = [_weight(text) for text in _along(config, arguments.WEIGHTS, "1", len(styles))]
        regions = _along(config, arguments.REGIONS, "", len(styles))
        named = zip(map(_pick, styles), weights, regions, strict=True)
        return Picks(tuple(replace(pick, weight=weight, region=region) for pick, weight, region in named))
    path = arguments.style_path(config)
    pick = of_file(path) if path is not None else _pick(config.get_property(arguments.PRESET))
    return Picks((pick,))


def _along(config: Gimp.ProcedureConfig, name: str, default: str, count: int) -> list[str]:
    """The texts of an argument, one for each of `count` styles."""
    texts = list(config.get_property(name)) or [default] * count
    if len(texts) != count or count > MAX_STYLES:
        raise InvalidSettingError(
            _("the argument {name} holds {number} texts for {count} styles").format(
                name=name, number=len(texts), count=count
            ),
            _("give one for each style, and {limit} styles at most").format(limit=MAX_STYLES),
        )
    return texts


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InvalidSettingError(_("{text} is no weight").format(text=repr(text)), _("give a number, 0 or more"))
    return weight


def _pick(text: str) -> Pick:
    if text.startswith(FILE):
        return of_file(Path(text.removeprefix(FILE)))
    if text.startswith(LAYER):
        return Pick("layer", text.removeprefix(LAYER), text)
    if text.startswith(IMAGE):
        return Pick("layer", text, text)
    return of_preset(lookup.load_preset(text))
