"""Seconds until a warm engine shows a first picture and a whole preview, through a worker as the dialog uses it.

python benchmarks/previews.py --pair CONTENT STYLE [--pair ...] [--size 256] [--rounds 5] [--backend auto] [--out DIR]

Prints, for each pair, the median seconds from the request to the first picture and to the whole preview, and how many
steps were done after two seconds. A style is new to the engine in its first round only: sliders move more often.
Into DIR go, of the last round, what is seen after two seconds and in the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import Pair, opaque, photograph

from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.wire.messages import Excerpt, Pixels, Preview, Progress, ScreenPixels, StyleFile, Stylize
from nst_core.worker.convert import to_pixels

WHOLE = 4
"""How many times larger, along each side, the picture is of which the preview is a copy."""
SOON = 2.0
"""Seconds after which an artist expects more than a first picture."""


@dataclass
class Watch:
    """Notes when a job's events come, seconds since it was made."""

    def __post_init__(self) -> None:
        self.start = time.perf_counter()
        self.previews: list[float] = []
        self.soon: Pixels | None = None
        self.steps: list[float] = []

    def add(self, event: Progress | Preview) -> None:
        """An event has come."""
        passed = time.perf_counter() - self.start
        if isinstance(event, Preview):
            self.previews.append(passed)
            if passed <= SOON:
                self.soon = event.pixels
        elif event.step:
            self.steps.append(passed)


def request(pair: Pair, options: argparse.Namespace, seed: int) -> Stylize:
    """A preview of the pair; another seed is another picture, as another setting would be."""
    small, style = photograph(pair.content, options.size), StyleFile(pair.style.read_bytes())
    settings = {"seed": seed, "backend": options.backend}
    whole = Excerpt(*(WHOLE * side for side in small.shape[1::-1]))
    return Stylize(to_pixels(opaque(small)), (style,), settings, previews=0.2, excerpt=whole)


def shares(pixels: Pixels) -> Float:
    """(H, W, 4) in [0, 1]."""
    shape = pixels.height, pixels.width, 4
    if isinstance(pixels, ScreenPixels):
        return np.frombuffer(pixels.rgba, np.uint8).reshape(shape).astype(np.float32) / np.float32(255)
    return np.frombuffer(pixels.rgba, np.float32).reshape(shape)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--out", type=Path, default=Path("out/previews"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pairs = [Pair(*files) for files in options.pair]
    with Engine.start(default_command(), os.environ) as engine:
        engine.stylize(request(pairs[0], options, seed=999))
        for pair in pairs:
            rounds = []
            for seed in range(options.rounds):
                preview = request(pair, options, seed)
                watch = Watch()
                done = engine.stylize(preview, watch.add, watch.add)
                whole = time.perf_counter() - watch.start
                rounds.append((watch.previews[0], sum(step <= SOON for step in watch.steps), whole))
            for name, pixels in (("soon", watch.soon), ("whole", done.pixels)):
                if pixels:
                    path = options.out / f"{pair.name}-{name}.png"
                    image_files.write(path, shares(pixels)[..., :3])
            new = rounds[0][0]
            first, steps, whole = (statistics.median(column) for column in zip(*rounds, strict=True))
            print(
                f"{pair.name}: first picture {first:.2f} s ({new:.2f} s with a new style), "
                f"{steps:.0f} steps in {SOON:.0f} s, whole preview {whole:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
