"""Paints the built-in styles: `python -m styles [NAME ...]` writes nst_core/data/styles/NAME/, without names all."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from styles.catalogue import STYLES, Style
from styles.sheet import blank

FOLDER = Path(__file__).resolve().parents[1] / "nst_core" / "data" / "styles"
OVERSAMPLING = 1.25  # painted larger and reduced, for smooth edges and finer bristles
SEED = 7
THUMBNAIL = 256  # pixels
STYLE_BYTES = 325_000  # for two dozen of them and their thumbnails below 8 MB
BEST_QUALITY, WORST_QUALITY = 86, 66


def painted(style: Style, size: tuple[int, int]) -> Image.Image:
    """The style's picture, the same every time. size: width and height in pixels."""
    wide, high = (round(side * OVERSAMPLING) for side in size)
    pixels = style.paint(blank(wide, high, SEED))
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
    return picture.resize(size, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image) -> bytes:
    """The picture as JPEG, in the best quality that fits into STYLE_BYTES."""
    for quality in range(BEST_QUALITY, WORST_QUALITY - 1, -2):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= STYLE_BYTES:
            break
    return buffer.getvalue()


def thumbnail(picture: Image.Image) -> Image.Image:
    """The middle square of the picture, reduced to 256 px."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return square.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)


def preset(style: Style) -> dict[str, object]:
    """The style's preset file."""
    return {
        "format": 1,
        "title": style.title,
        "description": style.description,
        "credits": "Painted by the project's own program; CC0",
        "styles": [{"file": "style.jpg", "weight": 1.0}],
        "settings": dict(style.settings),
    }


def main(names: list[str]) -> int:
    """Paint the named styles, or all. Returns the exit status."""
    known = {style.slug: style for style in STYLES}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no style {unknown[0]!r}: choose from {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        picture = painted(known[name], known[name].size)
        (folder / "style.jpg").write_bytes(encoded(picture))
        thumbnail(picture).save(folder / "thumbnail.jpg", "JPEG", quality=80, optimize=True)
        text = json.dumps(preset(known[name]), indent=2, ensure_ascii=False)
        (folder / "preset.json").write_text(text + "\n", encoding="utf-8")
        print(folder.relative_to(FOLDER.parents[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
