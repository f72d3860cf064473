"""Child processes of tests, with the project and its tests on their path; and functions that wait for them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FOLDERS = [str(TESTS.parent), *(str(TESTS / name) for name in ("support", "shared", "worker", "plugin/flow"))]

WAIT_SECONDS = 60.0  # in which everything happens that need not wait for a long step

unix_only = pytest.mark.skipif(os.name == "nt", reason="signals, modes, terminals and shells of Unix")


def child(code: str) -> list[str]:
    """The command of a Python that runs the code as an engine is run: isolated, unbuffered."""
    return [sys.executable, "-I", "-u", "-c", f"import sys; sys.path[:0] = {FOLDERS}; {code}"]


ENGINE = child("from nst_core.worker.server import main; main()")
FAKE_ENGINE = child("from fake_painting import main; main()")
"""Its paintings are those of `fake_painting.py`."""


def stand_in_engine(*words: str) -> list[str]:
    """The command of `stand_in_engine.py` with these arguments."""
    return [sys.executable, "-I", "-u", str(TESTS / "support" / "stand_in_engine.py"), *words]


def python(code: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the code in a Python of its own, with the project on its path. variables: further ones of its environment."""
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(
        command, cwd=TESTS.parent, env=os.environ | variables, capture_output=True, text=True, timeout=300, check=False
    )


def is_alive(pid: int | None) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter while it ends
        return False


def comes_true(condition: Callable[[], object], seconds: float = WAIT_SECONDS) -> bool:
    """Wait for a condition. Returns whether it holds at the end."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())
