"""Starts the worker: `python -m nst_core.worker`."""

from __future__ import annotations

import argparse

from nst_core.system.huge_pages import take_huge_pages
from nst_core.worker.server import main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m nst_core.worker")
    parser.add_argument("--engines", type=int, default=1, help="how many like it share this machine's free memory")
    options, _ = parser.parse_known_args()  # a newer host may pass more
    take_huge_pages()
    main(engines=options.engines)
