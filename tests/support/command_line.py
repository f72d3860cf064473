"""The command line, called in the process of the test."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from nst_core.cli.command import main


def run(*words: str | Path) -> Result:
    """The result of `neural-style` with these arguments."""
    return CliRunner().invoke(main, [str(word) for word in words])
