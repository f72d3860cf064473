"""One job at several sizes: how the seconds grow, and whether a small picture predicts a large one.

python benchmarks/sizes.py --pair CONTENT STYLE [--pair ...] [--sizes 256 512 1024] [--rulers PROGRAM] [--backend auto]
    [--rounds 1]

Sizes are longest edges in pixels. A preview is the job at 256. PROGRAM measures as for compare.py, every picture
beside the photograph at its own size. Prints, for each pair and size, the seconds (first picture, all; with more rounds
than one the medians of those after the first, in which much is loaded), those for each megapixel, and the rulers; last,
for each ruler, how the order of the pairs at the smallest size agrees with that at the largest (Spearman's rank
correlation), and the median ratio of small to large.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from common import Pair, measured, photograph
from scipy.stats import spearmanr

from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.painting.job import Job, Style
from nst_core.painting.run import Run
from nst_core.shared.settings import from_mapping

KEYS = ("style", "held_out", "structure", "edges")


def painted(pair: Pair, size: int, options: argparse.Namespace, output: Path) -> tuple[float, float]:
    """Paint; return the megapixels and the seconds."""
    small = photograph(pair.content, size)
    settings = from_mapping({"quality": options.quality, "backend": options.backend})
    job = Job(small, (Style(image_files.read(pair.style)[..., :3]),), settings)
    rounds = [timed(job, size) for _ in range(options.rounds)]
    firsts, all_seconds, pictures = zip(*(rounds[1:] or rounds), strict=True)
    image_files.write(output, pictures[-1])
    first, seconds = statistics.median(firsts), statistics.median(all_seconds)
    area = small.shape[0] * small.shape[1] / 1e6
    print(
        f"{output.stem:40s} first {first:5.2f} s  all {seconds:6.1f} s  {seconds / area:6.1f} s/MP", end="", flush=True
    )
    return area, seconds


def timed(job: Job, size: int) -> tuple[float, float, Float]:
    """Seconds to the first picture and to the last, and that picture."""
    start = time.perf_counter()
    run = Run(job)
    steps = iter(run)
    next(steps)
    run.preview(size)
    first = time.perf_counter() - start
    for _ in steps:
        pass
    outcome = run.outcome()
    return first, time.perf_counter() - start, outcome.pixels


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--rulers", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out/sizes"))
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    marks: dict[int, list[list[float]]] = {size: [] for size in options.sizes}
    per_megapixel: dict[int, list[float]] = {size: [] for size in options.sizes}
    for pair in (Pair(*files) for files in options.pair):
        for size in options.sizes:
            output = options.out / f"{pair.name}-{size}.png"
            area, seconds = painted(pair, size, options, output)
            per_megapixel[size].append(seconds / area)
            if options.rulers:
                (found,) = measured(options.rulers, pair, output)
                marks[size].append([found[key] for key in KEYS])
                print("  " + " ".join(f"{key} {mark:.3f}" for key, mark in zip(KEYS, marks[size][-1], strict=True)))
            else:
                print()
    rates = "  ".join(f"{size} px {statistics.median(values):.1f}" for size, values in per_megapixel.items())
    print(f"median seconds for each megapixel: {rates}")
    if options.rulers:
        summarise(marks)


def summarise(marks: dict[int, list[list[float]]]) -> None:
    """How well the smallest size predicts the largest, by each ruler."""
    smallest, largest = min(marks), max(marks)
    for index, key in enumerate(KEYS):
        small, large = ([row[index] for row in marks[size]] for size in (smallest, largest))
        ratio = statistics.median(a / b for a, b in zip(small, large, strict=True))
        order = f"rank correlation {spearmanr(small, large).statistic:.2f}, " if len(small) > 2 else ""
        print(f"{key}: {smallest} px against {largest} px: {order}median ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
