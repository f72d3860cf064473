"""A program that computes asks the system for huge pages, once, and leaves alone what its user said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import painting, photograph

from nst_core.imaging.files import image_files
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.wire.messages import StyleFile, Stylize
from nst_core.system.huge_pages import HUGE_PAGES, TUNABLES, _is_opt_in
from nst_core.worker.convert import to_pixels

pytestmark = pytest.mark.skipif(not _is_opt_in(), reason="this system gives huge pages to all, or to none")

ENOUGH = 20_000
"""kB; without, numpy alone asks for some."""
PROGRAM = f"""
import os, sys
from nst_core.system.huge_pages import take_huge_pages
print("started", flush=True)
take_huge_pages()
print(os.getpid(), sys.argv[1], os.environ[{TUNABLES!r}])
"""


def started(tunables: str | None) -> tuple[int, list[str]]:
    """Run PROGRAM. Returns the number of its process, and its lines."""
    surroundings = {name: value for name, value in os.environ.items() if name != TUNABLES}
    surroundings |= {TUNABLES: tunables} if tunables is not None else {}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "a word"], env=surroundings, stdout=subprocess.PIPE, text=True
    ) as child:
        said, _ = child.communicate(timeout=60)
    return child.pid, said.splitlines()


def test_a_program_starts_anew_once_as_the_same_process() -> None:
    """Its number and its arguments are what they were."""
    number, lines = started(None)
    assert lines == ["started", "started", f"{number} a word {HUGE_PAGES}"]


def test_other_wishes_of_the_user_are_kept() -> None:
    """What was asked of the C library beside it stays."""
    number, lines = started("glibc.malloc.check=0")
    assert lines[-1] == f"{number} a word glibc.malloc.check=0:{HUGE_PAGES}"


def test_a_user_who_wants_none_gets_none() -> None:
    """The wish was said already: the program is not started anew."""
    number, lines = started("glibc.malloc.hugetlb=0")
    assert lines == ["started", f"{number} a word glibc.malloc.hugetlb=0"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [default_command(), [str(Path(sys.executable).with_name("neural-style")), "worker"]]
)
def test_an_engine_paints_in_huge_pages(command: list[str], tmp_path: Path) -> None:
    """However it was started; by the system's own books."""
    style = tmp_path / "style.png"
    image_files.write(style, painting(90, 120))
    with Engine.start(command, os.environ) as engine:
        picture = to_pixels(np.dstack([photograph(256, 256), np.ones((256, 256), np.float32)]))
        request = Stylize(picture, (StyleFile(style.read_bytes()),), {"backend": "onnx", "quality": "draft"})
        held = []

        def look(_progress: object) -> None:
            rows = Path(f"/proc/{engine.pid}/smaps_rollup").read_text().splitlines()
            held.append(next(int(row.split()[1]) for row in rows if row.startswith("AnonHugePages")))
            if held[-1] > ENOUGH:
                engine.stop()

        engine.stylize(request, look)
    assert max(held) > ENOUGH
