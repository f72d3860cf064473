"""Fuzzes the code that reads foreign input, with Atheris.

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

CORPORA = Path(__file__).resolve().parent.parent / "out" / "fuzz"
MAX_MEMORY = 4096  # MiB
MAX_SECONDS = 20  # for one input


def main() -> None:
    """Fuzz one target; new input is saved in out/fuzz, where the next run starts."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    corpus = CORPORA / arguments.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(arguments.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = {
        "max_total_time": arguments.seconds,
        "timeout": MAX_SECONDS,
        "rss_limit_mb": MAX_MEMORY,
        "artifact_prefix": f"{CORPORA}/{arguments.target}-",
        "print_final_stats": 1,
    }
    warnings.simplefilter("ignore")
    atheris.Setup(
        [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], TARGETS[arguments.target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
