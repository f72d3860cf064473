"""The rulers at several strengths, from the photograph to the boldest painting.

python benchmarks/strength.py --rulers PROGRAM --pair CONTENT STYLE [--pair ...] [--size 384] [--out DIR]

PROGRAM is that of compare.py. *structure* should rise with the strength, *style*, *patches* and *cover* fall.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from common import Pair, measured, photograph
from compare import KEYS

from nst_core import Job, Settings, Style, stylize
from nst_core.imaging.files import image_files

STRENGTHS = (0, 10, 25, 50, 75, 100)


def paint(pair: Pair, strength: float, size: int, output: Path) -> Path:
    """Paint the pair with the backend that every machine has. size: longest edge, px."""
    content, style = photograph(pair.content, size), image_files.read(pair.style)[..., :3]
    painted = stylize(Job(content, (Style(style),), Settings(strength=strength, backend="onnx")))
    image_files.write(output, painted.pixels)
    return output


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rulers", type=Path, required=True)
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--out", type=Path, default=Path("out/strength"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'pair':28s} strength" + "".join(f"{key:>10s}" for key in KEYS))
    for content, style in options.pair:
        pair = Pair(content, style)
        pictures = [
            paint(pair, strength, options.size, options.out / f"{pair.name}-{strength:03d}.png")
            for strength in STRENGTHS
        ]
        for strength, row in zip(STRENGTHS, measured(options.rulers, pair, *pictures), strict=True):
            print(f"{pair.name:28s} {strength:8d}" + "".join(f"{row[key]:10.3f}" for key in KEYS), flush=True)


if __name__ == "__main__":
    main()
