"""Ways to carry what was optimised at an affordable size to a large one, side by side.

python benchmarks/carry.py --rulers PROGRAM --pair CONTENT STYLE [--pair ...] [--megapixels 18] [--out out/carry]

Paints once, by `normal` on a processor, and carries the picture of the last octave in each way: the picture enlarged;
with the photograph's own detail, in its new colours; with all fine strokes of a sketch of full size; with those alone
that optimisation left (what the engine does). PROGRAM measures as for compare.py, on crops of 1024 px at 100 %, beside
the photograph's own. Prints for each way the geometric mean of each ruler over four crops, and of the four rulers;
leaves whole pictures and crops in the folder, to look at.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from sizes import KEYS, measured

from nst_core import images
from nst_core.backends import Float
from nst_core.run import Job, Run, Style
from nst_core.settings import from_mapping
from nst_core.start import Ladder, enlarged, underpainting

CROP = 1024
PLACES = [(0.16, 0.14), (0.54, 0.26), (0.46, 0.72), (0.92, 0.86)]
"""Down and across, as shares of what a crop may move."""


def optimised(job: Job) -> Float:
    """(h, w, 3): the last octave's picture, before it is carried."""
    seen: list[Float] = []

    def watched(_: Ladder, image: Float) -> Float:
        seen.append(image)
        return image

    with patch.object(Ladder, "carried", watched):
        for _ in Run(job):
            pass
    return seen[0]


def ways(job: Job, image: Float) -> Iterator[tuple[str, Float]]:
    """Each way's name and picture, (H, W, 3)."""
    content, small = job.content[..., :3], image.shape[:2]
    ladder = Ladder(job, content, job.styles)
    yield "enlarged", images.resize(image, *content.shape[:2])
    recoloured = underpainting(content, job.styles, job.settings.strength)
    yield "photograph's detail", enlarged(image, images.resize(recoloured, *small), recoloured)
    sketch = ladder.glance(*content.shape[:2])
    yield "all fine strokes", enlarged(image, images.resize(sketch, *small), sketch)
    yield "fine strokes left", ladder.carried(image)


def written(files: Sequence[Path], picture: Float) -> None:
    """Squares of CROP px at 100 %, one for each of PLACES."""
    height, width = picture.shape[:2]
    for file, (down, across) in zip(files, PLACES, strict=True):
        top, left = round(down * (height - CROP)), round(across * (width - CROP))
        images.write(file, picture[top : top + CROP, left : left + CROP])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--rulers", type=Path, required=True)
    parser.add_argument("--megapixels", type=float, default=18)
    parser.add_argument("--out", type=Path, default=Path("out/carry"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for content, style in options.pair:
        pixels = images.read(content)[..., :3]
        scale = (options.megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
        pixels = images.resize(pixels, *(round(side * scale) for side in pixels.shape[:2]))
        looks = (Style(images.read(style)[..., :3]),)
        job = Job(pixels, looks, from_mapping({"quality": "normal", "device": "cpu"}))
        originals = [options.out / f"{content.stem}-{index}.png" for index in range(len(PLACES))]
        written(originals, pixels)
        for name, picture in ways(job, optimised(job)):
            stem = f"{content.stem}--{style.stem}-{name.replace(' ', '-')}"
            images.write(options.out / f"{stem}.png", picture)
            parts = [options.out / f"{stem}-{index}.png" for index in range(len(PLACES))]
            written(parts, picture)
            both = zip(originals, parts, strict=True)
            marks = [measured(options.rulers, original, style, part) for original, part in both]
            means = np.exp(np.log(marks).mean(0))
            told = "  ".join(f"{key} {mean:.3f}" for key, mean in zip(KEYS, means, strict=True))
            print(f"{content.stem} x {style.stem}, {name}: {told}  mean {np.exp(np.log(means).mean()):.3f}", flush=True)


if __name__ == "__main__":
    main()
