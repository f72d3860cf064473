"""Runs inside GIMP: reads regions and drawn maps, for test_gimp_regions.py."""

from __future__ import annotations

import json
import struct

from calls import Facts, answer, check, photograph
from gi.repository import Gimp

from gimp_plugin.image import regions
from gimp_plugin.image.drawn_maps import DrawnMap
from gimp_plugin.image.level_maps import LevelMap
from gimp_plugin.image.regions import INSIDE, OUTSIDE, Regions
from gimp_plugin.image.types import Area
from gimp_plugin.strength_map.drawing import Brush, BrushMode, Drawing
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.wire.messages import StyleFile


def guide(key: str, image: Gimp.Image, area: Area, kept: Regions | None = None) -> list[float]:
    """The guide at the corners and in the middle of an area; empty without a guide. kept: regions instead of a key."""
    (style,) = (kept or Regions.of([key], image)).guide([StyleFile(b"style")], image, area)
    if style.guide is None:
        return []
    values = struct.unpack(f"<{area.width * area.height}f", style.guide)
    last = area.width * (area.height - 1)
    places = (0, area.width - 1, last, last + area.width - 1, area.width * (area.height // 2) + area.width // 2)
    return [round(values[place], 3) for place in places]


@check
def selection() -> Facts:
    """A selection of 32 x 24 px in the top left corner of 128 x 96 px."""
    image = photograph()
    nothing = [region.key for region in regions.available(image)]
    unguided = guide(INSIDE, image, Area(0, 0, 128, 96))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 24)
    facts = {
        "without": nothing,
        "unguided": unguided,
        "with": [region.key for region in regions.available(image)],
        "inside": guide(INSIDE, image, Area(0, 0, 128, 96)),
        "outside": guide(OUTSIDE, image, Area(0, 0, 128, 96)),
        "shifted": guide(INSIDE, image, Area(-10, -10, 42, 34)),
        "small": guide(INSIDE, image, Area(0, 0, 32, 24, 0.25)),
    }
    kept = Regions.of([INSIDE], image)
    Gimp.Selection.none(image)
    image.scale(256, 192)
    facts["later, of a larger image"] = guide(INSIDE, image, Area(60, 44, 8, 8), kept)
    return facts


@check
def channel_and_mask() -> Facts:
    """A half-white channel, and the white mask of a layer at (100, 50), which is outside the rest of the image."""
    image = photograph()
    (layer,) = image.get_layers()
    layer.set_offsets(100, 50)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 64, 96)
    channel = Gimp.Selection.save(image)
    Gimp.Selection.none(image)
    offered = {region.key: region.title for region in regions.available(image)}
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 64, 96)
    Gimp.Selection.feather(image, 40)
    soft = Gimp.Selection.save(image)
    whole = Area(0, 0, 128, 96)
    levels = [strengths(Regions.of([], image, key), image, whole) for key in (f"channel {soft.get_name()}", INSIDE)]
    image.remove_channel(soft)
    Gimp.Selection.none(image)
    keys = [f"channel {channel.get_name()}", f"mask {layer.get_name()}"]
    facts: Facts = {"offered": [offered[key] for key in keys], "layer": layer.get_name(), "channel": channel.get_name()}
    facts["apart"] = max(abs(a - b) for a, b in zip(*levels, strict=True))
    facts["guides"] = [guide(key, image, Area(0, 0, 128, 96)) for key in keys]
    image.remove_channel(channel)
    try:
        guide(keys[0], image, Area(0, 0, 128, 96))
    except InvalidSettingError as error:
        facts["gone"] = error.message
    return facts


def strengths(where: Regions, image: Gimp.Image, area: Area) -> list[float]:
    rows = where.strength_map(image, area)
    return [] if rows is None else [round(value, 3) for value in struct.unpack(f"<{len(rows) // 4}f", rows)]


@check
def drawn_map() -> Facts:
    """A map of 16 x 12 px for an image of 128 x 96: black left, white right; also for a layer beyond the image."""
    image = photograph()
    (layer,) = image.get_layers()
    rows = (bytes(8) + b"\xff" * 8) * 12
    drawn = DrawnMap(LevelMap((128, 96), (16, 12), rows))
    noted = DrawnMap.from_json(json.loads(json.dumps(drawn.to_json())))
    by_map = Regions.of([], image, "drawn", noted)
    row = strengths(by_map, image, Area(-10, 40, 148, 1))
    channel = drawn.save(image)
    selected = [one.get_id() for one in image.get_selected_layers()] == [layer.get_id()]
    by_channel = Regions.of([], image, f"channel {channel.get_name()}")
    same = strengths(by_channel, image, Area(0, 0, 128, 96)) == strengths(by_map, image, Area(0, 0, 128, 96))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 24)
    upon = [Regions.of([], image, "drawn", DrawnMap(drawn.levels, base)) for base in ("", "inside")]
    regions.remember(image, {}, "drawn", drawn)
    before = regions.recall(image, ["any"])
    return {
        "row": row,
        "saved": [channel.get_name(), same, selected],
        "selection hides": [one.hiding(layer).selection for one in upon],
        "remembered": [before.keys, before.strength, before.drawn == drawn],
        "elsewhere": regions.recall(photograph(), ["any"]).drawn is None,
    }


@check
def strokes() -> Facts:
    """Strokes with a brush of 20 px along the middle row of a map of 100 x 60 px: the levels afterwards."""
    drawing = Drawing((100, 60), b"\xff" * 6000)

    def stroke(mode: BrushMode, *, softness: float = 0.0, amount: float = 1.0, times: int = 1) -> list[int]:
        drawing.begin(Brush(20, softness, amount, mode), (20, 30))
        for _time in range(times):
            drawing.go_on((80, 30))
            drawing.go_on((20, 30))
        drawing.end()
        return [drawing.levels[100 * y + x] for x, y in ((50, 30), (50, 22), (50, 45), (5, 30))]

    facts: Facts = {"less": stroke(BrushMode.LESS), "half more": stroke(BrushMode.MORE, amount=0.5)}
    facts["erased"] = stroke(BrushMode.ERASE, amount=0.5)
    drawing.undo()
    drawing.undo()
    facts["undone twice"] = drawing.levels[100 * 30 + 50]
    drawing.undo()
    facts["all undone"] = [set(drawing.levels) == {255}, drawing.can_undo]
    facts["soft"] = stroke(BrushMode.LESS, softness=1.0)
    drawing.undo()
    facts["soft, often"] = stroke(BrushMode.LESS, softness=1.0, times=5)
    drawing.rebase(bytes(6000))
    facts["rebased"] = [set(drawing.levels) == {0}, stroke(BrushMode.MORE)[0], stroke(BrushMode.ERASE)[0]]
    return facts


answer()
