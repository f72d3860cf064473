"""The strips of pictures in the guide, painted from bundled photographs and styles: `python -m docs.pictures [NAME …]`.

Painted on the CPU, which gives the same pictures each time. All of them take about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from nst_core.batch import contact_sheet
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Job, Style, preset_styles
from nst_core.painting.run import stylize
from nst_core.shared.presets.lookup import list_presets, load_preset
from nst_core.shared.settings import Value, from_mapping

HERE = Path(__file__).resolve().parent
PHOTOGRAPHS = HERE.parent / "demo" / "photographs"
QUALITY = 80
"""Of the WebP files."""
FIRST = ("before-after", "styles")
"""Those of README.md: JPEG, because WebP is not shown everywhere."""
WIDE = 512
"""Longest edge of the pictures of `before-after`, px."""
SIDE, SMALLER = 400, 320
"""Longest edge of a picture, px; and of slow ones and those in long strips."""
TILE = 144
"""Side of a texture, px."""

Strip = list[tuple[str, Float]]


def main() -> None:
    """Paint the strips that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description="Paint the pictures of the guide.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STRIPS))
    names = parser.parse_args().names or list(STRIPS)
    for name in set(names) - STRIPS.keys():
        parser.error(f"there is no strip {name!r}")
    for name in names:
        start = time.monotonic()
        strip = STRIPS[name]()
        path = HERE / "images" / (f"{name}.jpg" if name in FIRST else f"guide-{name}.webp")
        # Wider ones would be shown too small to see the strokes.
        columns = 4 if name == "styles" else 2 if len(strip) in {2, 4} else 3
        pair = name == "before-after"
        sheet = np.concatenate([pixels for _, pixels in strip], 1) if pair else contact_sheet.draw(strip, columns)
        Image.fromarray(np.rint(sheet * 255).astype(np.uint8)).save(path, quality=QUALITY, method=6)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {time.monotonic() - start:.0f} s", flush=True)


def photograph(name: str, side: int = SIDE) -> Float:
    """A bundled photograph with this longest edge in px."""
    pixels = image_files.read(PHOTOGRAPHS / f"{name}.jpg")
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    return resize(pixels, round(height * scale), round(width * scale))


def style(preset: str, weight: float = 1.0, guide: Float | None = None) -> Style:
    """The picture of a built-in preset."""
    (first, *_) = preset_styles(load_preset(preset))
    return replace(first, weight=weight, guide=guide)


def painted(content: Float, styles: str | Sequence[Style], **settings: Value) -> Float:
    """The painting, by the backend that every machine has."""
    chosen = (style(styles),) if isinstance(styles, str) else tuple(styles)
    return stylize(Job(content, chosen, from_mapping(settings | {"backend": "onnx", "device": "cpu"}))).pixels


def before_after() -> Strip:
    """What the filter does."""
    cat = photograph("cat", WIDE)
    return [("The photograph", cat), ("Painted", painted(cat, "swirling-impasto", quality="high"))]


def styles() -> Strip:
    """Every built-in preset."""
    face = photograph("astronaut", SMALLER)
    plain = from_mapping({"backend": "onnx", "device": "cpu"})
    found = [preset for preset in list_presets().presets if preset.builtin]
    return [
        (preset.title, stylize(Job(face, tuple(preset_styles(preset)), preset.over(plain))).pixels) for preset in found
    ]


def strength() -> Strip:
    """From the photograph to the style."""
    cat = photograph("cat", SMALLER)
    steps = [(f"{value}", painted(cat, "swirling-impasto", strength=value)) for value in (10, 25, 50, 75, 100)]
    return [("0: the photograph", cat), *steps]


def brush_size() -> Strip:
    """Fine and broad strokes."""
    coffee = photograph("coffee", SMALLER)
    return [(f"{value:g}", painted(coffee, "mosaic", brush_size=value)) for value in (0.5, 1.0, 2.0, 4.0)]


def color() -> Strip:
    """Whose colours."""
    cat = photograph("cat")
    names = {"style": "The style's colours", "content": "The photograph's colours", "luminance": "Light and dark only"}
    return [(label, painted(cat, "stained-glass", color=name)) for name, label in names.items()]


def quality() -> Strip:
    """From a few steps to very many."""
    coffee = photograph("coffee", SMALLER)
    names = {"draft": "Draft", "normal": "Normal", "high": "High", "max": "Maximum"}
    return [(label, painted(coffee, "swirling-impasto", quality=name)) for name, label in names.items()]


def seed() -> Strip:
    """Variations of one painting."""
    cat = photograph("cat")
    return [(f"Seed {number}", painted(cat, "pastel-dusk", seed=number)) for number in (0, 1, 2)]


def blend() -> Strip:
    """Two styles, in three proportions."""
    coffee = photograph("coffee")
    one, other = "mosaic", "palette-knife-autumn"
    return [
        ("Mosaic", painted(coffee, one)),
        ("Both, 50 % each", painted(coffee, [style(one), style(other)])),
        ("Palette knife, autumn", painted(coffee, other)),
    ]


def regions() -> Strip:
    """A style inside a soft shape, another one outside."""
    coffee = photograph("coffee")
    height, width = coffee.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    edge = np.hypot((x - 0.46) / 0.36, (y - 0.51) / 0.49)
    inside: Float = np.clip((1.05 - edge) * 10, 0, 1).astype(np.float32)
    pair = [style("stained-glass", guide=inside), style("charcoal-hatching", guide=1 - inside)]
    return [
        ("The photograph", coffee),
        ("A soft selection", np.dstack([inside] * 3)),
        ("Stained glass in it, charcoal around", painted(coffee, pair)),
    ]


def texture() -> Strip:
    """Textures laid out as tiles: with and without visible borders."""
    size = np.full((TILE, TILE, 3), 0.5, np.float32)
    alone = painted(size, "mosaic", texture=True)
    joining = painted(size, "mosaic", texture=True, seamless=True)
    strip = [("Texture, four tiles", alone), ("Texture and Seamless, four tiles", joining)]
    return [(label, np.tile(pixels, (2, 2, 1))) for label, pixels in strip]


def init() -> Strip:
    """What a painting grows from."""
    cat = photograph("cat")
    names = {"sketch": "A quick sketch", "content": "The photograph", "noise": "Noise"}
    return [(label, painted(cat, "ukiyo-e-woodcut", init=name)) for name, label in names.items()]


def smoothness() -> Strip:
    """From grain to blur: each pixel twice as large, to be seen."""
    cat = photograph("cat", SMALLER // 2)
    paintings = {f"{value:g}": painted(cat, "pointillism", tv_weight=value) for value in (0.0, 1.0, 10.0)}
    return [(label, pixels.repeat(2, axis=0).repeat(2, axis=1)) for label, pixels in paintings.items()]


STRIPS: dict[str, Callable[[], Strip]] = {
    "before-after": before_after,
    "styles": styles,
    "strength": strength,
    "brush-size": brush_size,
    "colour": color,
    "quality": quality,
    "seed": seed,
    "blend": blend,
    "regions": regions,
    "texture": texture,
    "init": init,
    "smoothness": smoothness,
}

if __name__ == "__main__":
    main()
