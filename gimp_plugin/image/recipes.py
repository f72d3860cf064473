"""The note on a painted layer: the engine's recipe, the styles and the source.

It is a parasite, saved with the image, and contains no paths. Regions and layers are noted by their names, selections
and drawn maps by their levels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.image import canvas, layer_styles, noted_styles, scratch
from gimp_plugin.image.drawn_maps import DrawnMap
from gimp_plugin.image.level_maps import LevelMap
from gimp_plugin.image.regions import EVERYWHERE, Regions, all_layers
from gimp_plugin.libgimp import Gimp
from gimp_plugin.picks import Picks
from gimp_plugin.translation import _
from nst_core.shared.errors import NeuralStyleError, UnsupportedLayerError
from nst_core.shared.settings import Value, all_settings, from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nst_core.shared.wire.messages import StyleFile, StylePixels


LAYER, EDITABLE, IMAGE = "layer", "editable", "image"
VISIBLE = "visible"


@dataclass(frozen=True)
class Look:
    """What the paintings of a run have in common: styles, title, kind of the result.

    regions: where each style counts, and the strength. layers: the keys of styles that are layers, empty for others.
    source: tattoo of the layer that was painted, if it is not the one above which the painting is inserted.
    visible: whether it was what the image showed.
    """

    styles: tuple[StyleFile | StylePixels, ...]
    title: str
    regions: Regions
    layers: tuple[str, ...]
    output: str = LAYER
    source: int | None = None
    visible: bool = False


NAME = "neural-style-recipe"

Note = dict[str, Any]


def note(recipe: Mapping[str, Any], look: Look, source: int) -> Note:
    """The note on a painting. source: tattoo of the painted layer, which is saved with images."""
    pairs = zip(look.styles, look.layers, strict=True)
    pictures = [noted_styles.entry_of(style) | (layer_styles.note(key) if key else {}) for style, key in pairs]
    noted = {**recipe, "title": look.title, "pictures": pictures, "source": source}
    if look.visible:
        noted["input"] = VISIBLE
    if any(look.regions.keys):
        noted["regions"] = look.regions.keys
    if look.regions.strength:
        noted["strength_region"] = look.regions.strength
    if look.regions.selection is not None:
        noted["selection"] = look.regions.selection.to_json()
    if look.regions.drawn is not None:
        noted["drawn"] = look.regions.drawn.to_json()
    return noted


def attach(layer: Gimp.Layer, noted: Note) -> None:
    """Attach the note to a layer. It is undoable, because otherwise GIMP would complain at each undo."""
    text = json.dumps(noted, sort_keys=True).encode()
    layer.attach_parasite(Gimp.Parasite.new(NAME, Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE, text))


def of(layer: Gimp.Layer) -> Note | None:
    """The note on a layer; None if there is none that can be read."""
    parasite = layer.get_parasite(NAME)
    if parasite is None:
        return None
    try:
        data = json.loads(bytes(parasite.get_data()))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def latest(image: Gimp.Image) -> Note:
    """The note on the newest painted layer of an image. Raises UnsupportedLayerError."""
    newest = max(all_layers(image.get_layers()), key=lambda layer: (of(layer) is not None, layer.get_tattoo()))
    found = of(newest)
    if found is None:
        raise UnsupportedLayerError(
            _("nothing in this image was painted by Neural Style yet"), _("start with Neural Style itself")
        )
    return found


def title_of(noted: Note) -> str:
    """The title of the styles."""
    title = noted.get("title")
    return title if isinstance(title, str) and title else _("stylized")


def source_of(noted: Note) -> int | None:
    """The tattoo of the layer that was painted."""
    tattoo = noted.get("source")
    return tattoo if isinstance(tattoo, int) and 0 < tattoo < 2**32 else None


def is_of_visible(noted: Note) -> bool:
    """Whether what the image showed was painted."""
    return noted.get("input") == VISIBLE


def beneath(layer: Gimp.Layer) -> scratch.Visible:
    """What an image shows beneath a painting of what it showed, without other such paintings."""
    image = layer.get_image()

    def others() -> list[Gimp.Layer]:
        above = image.get_layers()[: image.get_item_position(canvas.top_level(layer)) + 1]
        return [*above, *(one for one in all_layers(image.get_layers()) if is_of_visible(of(one) or {}))]

    return scratch.Visible(image, others)


def settings_of(noted: Note) -> dict[str, Value]:
    """All settings of a recipe. Raises UnsupportedLayerError if they are not valid."""
    data = noted.get("settings")
    known = {setting.name for setting in all_settings()}
    try:
        # A newer version may have more settings.
        return to_mapping(from_mapping({k: v for k, v in data.items() if k in known} if isinstance(data, dict) else {}))
    except NeuralStyleError as error:
        raise _unreadable() from error


def picks_of(noted: Note, image: Gimp.Image) -> Picks:
    """The styles of a recipe, for an image, with their regions. Raises InvalidImageError if they cannot be found."""
    found = noted_styles.find(
        noted.get("pictures"), Path(Gimp.directory()), partial(layer_styles.find_again, image=image)
    )
    keys = noted.get("regions", [""] * len(found))
    if not isinstance(keys, list) or len(keys) != len(found) or not all(isinstance(key, str) for key in keys):
        raise _unreadable()
    return Picks(tuple(replace(pick, region=key) for pick, key in zip(found, keys, strict=True)))


def regions_of(noted: Note, picks: Picks, image: Gimp.Image) -> Regions:
    """The regions of a recipe's styles and strength, with the selection at that time. Raises UnsupportedLayerError."""
    strength = noted.get("strength_region", EVERYWHERE)
    if not isinstance(strength, str):
        raise _unreadable()
    try:
        drawn = DrawnMap.from_json(noted["drawn"]) if "drawn" in noted else None
        regions = Regions.of(picks.regions(), image, strength, drawn)
        return replace(regions, selection=LevelMap.from_json(noted["selection"])) if "selection" in noted else regions
    except ValueError as error:
        raise _unreadable() from error


def _unreadable() -> UnsupportedLayerError:
    return UnsupportedLayerError(
        _("the note on how this layer was painted cannot be read"), _("choose the style again in Neural Style")
    )
