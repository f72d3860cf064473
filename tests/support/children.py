"""Programs of a test that run beside it, with the project and its tests on their path."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FOLDERS = [str(TESTS.parent), *(str(TESTS / name) for name in ("support", "shared", "worker", "plugin/flow"))]


def child(code: str) -> list[str]:
    """The command of a Python that runs the code as an engine is run: isolated, unbuffered."""
    return [sys.executable, "-I", "-u", "-c", f"import sys; sys.path[:0] = {FOLDERS}; {code}"]
