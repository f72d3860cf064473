"""Runs inside GIMP: layers with NaN and infinity, and invalid recipes, for test_faults_gimp.py."""

from __future__ import annotations

import json
import math
import struct

from calls import RGBA, Facts, answer, call, call_here, check, engine, note, photograph, pixels
from gi.repository import Gegl, Gimp

SIDE = 48
BAD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "bright": 1e6, "dark": -1e6}
PRECISIONS = ("HALF_LINEAR", "FLOAT_LINEAR", "FLOAT_NON_LINEAR", "DOUBLE_LINEAR")


def hdr(image: Gimp.Image, bad: float) -> Gimp.Layer:
    """A new layer, a ramp up to 8 times white; a few visible pixels are bad, and all of a hidden corner."""
    layer = Gimp.Layer.new(image, "HDR", SIDE, SIDE, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    values: list[float] = []
    for y in range(SIDE):
        for x in range(SIDE):
            hidden = x < 8 and y < 8
            color = [bad] * 3 if hidden or (20 <= x < 23 and y == 30) else [8 * x / SIDE, y / SIDE, 0.3]
            values += [*color, 0.0 if hidden else 1.0]
    whole = Gegl.Rectangle.new(0, 0, SIDE, SIDE)
    layer.get_buffer().set(whole, "RGBA float", struct.pack(f"<{len(values)}f", *values))
    layer.update(0, 0, SIDE, SIDE)
    return layer


def numbers(drawable: Gimp.Drawable) -> Facts:
    raw = pixels(drawable, RGBA)
    values = struct.unpack(f"<{len(raw) // 4}f", raw)
    good = all(map(math.isfinite, values))
    return {"finite": good, "low": min(values) if good else None, "high": max(values) if good else None}


@check
def painted() -> Facts:
    """Each precision with each bad value, with the real engine: the range of the pixels of the new layers."""
    found: Facts = {}
    for precision in PRECISIONS:
        image = Gimp.Image.new_with_precision(SIDE, SIDE, Gimp.ImageBaseType.RGB, getattr(Gimp.Precision, precision))
        names = BAD if precision == "FLOAT_LINEAR" else ("nan", "inf")
        sources = {name: hdr(image, BAD[name]) for name in names}
        facts = call(image, list(sources.values()))
        for name, source in sources.items():
            painting = image.get_layers()[image.get_item_position(source) - 1]
            made = painting.get_id() in facts["made"]
            found[f"{precision} {name}"] = facts | (numbers(painting) if made else {})
        image.delete()
    return found


@check
def notes() -> Facts:
    """Repeat recipes as a newer or older version may have written them, and invalid ones."""
    image = photograph()
    source = image.get_layers()[0]
    with engine("unchanged"):
        layer = Gimp.Layer.get_by_id(call(image, [source])["made"][0])
        good = note(layer)
        settings = good.get("settings", {})
        changes: Facts = {
            "newer": {"format": 2, "brand": "new", "settings": settings | {"glitter": 1}},
            "older": {"settings": {}},
            "weight": {"pictures": [one | {"weight": 10**400} for one in good["pictures"]]},
            "endless weight": {"pictures": [one | {"weight": math.inf} for one in good["pictures"]]},
            "no settings": {"settings": [1]},
            "settings": {"settings": {"strength": 10**400}},
            "source": {"source": 10**400},
            "selection": {"selection": {"image": [10**400, 10**400], "size": [1, 1], "levels": "eJxjAAAAAQAB"}},
            "regions": {"regions": [["x"]] * len(good["pictures"])},
            "title": {"title": 7},
        }
        found: Facts = {}
        for name, change in changes.items():
            text = json.dumps(good | change).encode()
            layer.attach_parasite(Gimp.Parasite.new("neural-style-recipe", Gimp.PARASITE_PERSISTENT, text))
            found[name] = call_here(image, [layer], ending="-repeat")
    return found


answer()
