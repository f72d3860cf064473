"""The command line, called in the process of the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from nst_core.cli.command import main


def run(*words: str | Path) -> Result:
    """The result of `neural-style` with these arguments."""
    return CliRunner().invoke(main, [str(word) for word in words])


def unpainted(content: Path, output: Path, *more: str | Path) -> dict[str, Any]:
    """The report of a picture that was written at strength 0."""
    done = run("stylize", content, "--preset", "mosaic", "--strength", "0", "-o", output, "--json", *more)
    report: dict[str, Any] = json.loads(done.stdout)
    return report
