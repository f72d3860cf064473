"""Tells how many branches the tests reach, and ends with 1 where it is too few: `coverage_figures.py REPORT.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from test_architecture import FILES, imports

LEAST = {"nst_core": 0.95, "plain modules of gimp_plugin": 0.90}


def touching_gi() -> set[str]:
    """Modules of the plug-in that import gi, or another module that does."""
    files = [file for file in FILES if file.startswith("gimp_plugin/")]
    found = {file for file in files if any(one.touches("gi") for one in imports(file))}
    while True:
        names = {file.removesuffix(".py").replace("/", ".") for file in found}
        more = {file for file in files if any(names & set(one.modules) for one in imports(file))} - found
        if not more:
            return found
        found |= more


def main(report: Path) -> int:
    measured = json.loads(report.read_text("utf-8"))["files"]
    summaries: dict[str, dict[str, Any]] = {file: entry["summary"] for file, entry in measured.items()}
    gi = touching_gi()
    groups = {
        "nst_core": [file for file in summaries if file.startswith("nst_core/")],
        "plain modules of gimp_plugin": [
            file for file in summaries if file.startswith("gimp_plugin/") and file not in gi
        ],
    }
    enough = True
    for name, files in groups.items():
        reached, there = (sum(summaries[file][key] for file in files) for key in ("covered_branches", "num_branches"))
        for file in sorted(files, key=lambda file: summaries[file]["missing_branches"], reverse=True)[:10]:
            sys.stdout.write(f"{summaries[file]['missing_branches']:5} missing in {file}\n")
        sys.stdout.write(
            f"{name}: {reached} of {there} branches, {reached / there:.1%}; at least {LEAST[name]:.0%} are wanted\n"
        )
        enough = enough and reached >= LEAST[name] * there
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
