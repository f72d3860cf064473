"""Commands that run something on a screen that nobody sees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SCREEN = Path(__file__).resolve().parent / "screen.sh"
PROGRAMS = ("Xvfb", "xdotool", "import")
"""What a machine needs for it, beside its GIMP."""


def on_screen(size: str, command: Sequence[str]) -> list[str]:
    """size: as 1280x720."""
    return ["sh", str(SCREEN), size, *command]


def gimp_with_windows(script: Path) -> list[str]:
    """A GIMP as an artist starts it, in which a script runs."""
    return ["gimp", "-n", "--no-splash", *_running(script)]


def gimp_without_windows(console: str, script: Path) -> list[str]:
    """A GIMP that has a screen, and shows on it what the script shows."""
    return [console, "-i", "-d", "-f", *_running(script)]


def _running(script: Path) -> list[str]:
    code = f"import runpy; runpy.run_path({str(script.resolve())!r}, run_name='__main__')"
    return ["--quit", "--batch-interpreter", "python-fu-eval", "-b", code]
