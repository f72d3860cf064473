"""Prints how many branches the tests reach; exit code 1 if too few: `coverage_figures.py REPORT.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import grimp

LEAST = {"nst_core": 0.95, "plain modules of gimp_plugin": 0.90}


def touching_gi() -> set[str]:
    """Files of the plug-in that import gi, or another module that does."""
    graph = grimp.build_graph("gimp_plugin", include_external_packages=True, exclude_type_checking_imports=True)
    modules = graph.find_downstream_modules("gi")
    files = {f"{module.replace('.', '/')}{end}" for module in modules for end in (".py", "/__init__.py")}
    return files | {"gimp_plugin/neural-style.py"}


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
