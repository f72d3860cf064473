"""The cost of tiles: seconds of an evaluation compared with one of the whole picture, and memory of the process.

python benchmarks/tiles.py [--sides 1024] [--tiles 0 384 512 1024] [--regions 1] [--rounds 3] [--backend onnx]

A square picture; 0 is the whole. Whole and tiles take turns, so that a machine that slows down slows all of them;
medians are printed: seconds that passed, and CPU seconds, on which other programs have little influence. Beside them
stands the plan's estimate. Memory is the most that a process of its own held during one evaluation, without the
optimiser's history.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np
import psutil
from common import square_pair

from nst_core.backends.base import Backend, Objective
from nst_core.backends.select import choose
from nst_core.backends.tiling import TiledBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.job import Style
from nst_core.painting.style_targets.regions import regions_of
from nst_core.painting.style_targets.targets import Scene, classic_targets
from nst_core.shared.planning.schedule import Octave
from nst_core.system.process_defaults import set_process_defaults
from nst_core.vgg.losses import Weights


def prepared(backend: Backend, side: int, tile: int, regions: int) -> tuple[Objective, Float]:
    """An objective and the image to evaluate it on."""
    content, style = square_pair(side)
    ramp = np.tile(np.linspace(0, 1, side, dtype=np.float32), (side, 1))
    guides = [None] if regions == 1 else [np.clip(ramp * regions - k, 0, 1) for k in range(regions)]
    styles = [Style(style, guide=guide) for guide in guides]
    backend = TiledBackend(backend, tile) if tile else backend
    everywhere = np.ones((side, side), np.float32)
    scene = Scene(content, everywhere, regions_of(styles, side, side), side * side, 1.0)
    targets = classic_targets(backend, scene, Weights())
    return backend.objective(targets), planes(content)


def timed(objective: Objective, image: Float) -> tuple[float, float]:
    """Seconds of one evaluation: those that passed, and CPU seconds."""
    start, before = time.perf_counter(), time.process_time()
    objective(image)
    return time.perf_counter() - start, time.process_time() - before


def peak(side: int, tile: int, options: argparse.Namespace) -> float:
    """Gigabytes of a process that evaluates once."""
    words = [sys.executable, __file__, "--once", str(side), str(tile), "--regions", str(options.regions)]
    child = subprocess.Popen([*words, "--backend", options.backend])  # noqa: S603 - this very program
    most = 0
    while child.poll() is None:
        try:
            most = max(most, psutil.Process(child.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.01)
    return most / 1e9


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[1024])
    parser.add_argument("--tiles", type=int, nargs="+", default=[0, 384, 512, 1024])
    parser.add_argument("--regions", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", default="onnx")
    parser.add_argument("--once", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        set_process_defaults()  # as the worker does
        side, tile = options.once
        objective, image = prepared(choose(options.backend), side, tile, options.regions)
        objective(image)
        return
    for side in options.sides:
        measure(side, options)


def measure(side: int, options: argparse.Namespace) -> None:
    """Evaluate in turns, and print a line for each way."""
    backend = choose(options.backend)
    seconds: dict[int, list[tuple[float, float]]] = {tile: [] for tile in options.tiles}
    work = {tile: prepared(backend, side, tile, options.regions) for tile in options.tiles}
    for _ in range(options.rounds):
        for tile, (objective, image) in work.items():
            seconds[tile].append(timed(objective, backend.array(image)))
    medians = {tile: np.median(found, axis=0) for tile, found in seconds.items()}
    planned = {tile: Octave(side, side, 1, tile).work for tile in options.tiles}
    first = options.tiles[0]
    for tile, (passed, computed) in medians.items():
        ratios = passed / medians[first][0], computed / medians[first][1], planned[tile] / planned[first]
        print(
            f"{side} px, tiles of {tile:4d}: passed {passed:6.2f} s ({ratios[0]:4.2f} x)  "
            f"computed {computed:6.2f} s ({ratios[1]:4.2f} x)  planned {ratios[2]:4.2f} x  "
            f"{peak(side, tile, options):5.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main()
