"""Lets Atheris look for input that something reads badly.

python -m fuzz TARGET --seconds N
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["nst_core", "zipfile", "json"]):
    from fuzz.seeds import seeds
    from fuzz.targets import TARGETS

KEPT = Path(__file__).resolve().parent.parent / "out" / "fuzz"
MOST_MEMORY = 4096  # MiB
MOST_SECONDS = 20  # for one input


def main() -> None:
    """Fuzz one target; what it found new stays in out/fuzz, where the next run begins."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    corpus = KEPT / asked.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(asked.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = {
        "max_total_time": asked.seconds,
        "timeout": MOST_SECONDS,
        "rss_limit_mb": MOST_MEMORY,
        "artifact_prefix": f"{KEPT}/{asked.target}-",
        "print_final_stats": 1,
    }
    warnings.simplefilter("ignore")
    atheris.Setup(
        [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], TARGETS[asked.target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
