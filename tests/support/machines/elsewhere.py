"""Run the tests that depend on arithmetic under the settings of other machines: `make test-elsewhere`.

Each row of SETTINGS is a run of its own: kernels that a processor has, numbers of threads, surroundings.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
MARK = "pytest.mark.arithmetic"


@dataclass(frozen=True)
class Setting:
    """Settings of another machine.

    needs: feature of the processor, without which it is skipped. restricted: whether the home folder is read-only and
    new files are the user's alone.
    """

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    needs: str = ""
    restricted: bool = False


SETTINGS = (
    Setting("this machine's own"),
    Setting(
        "kernels of 2004, one thread",
        {
            "OPENBLAS_CORETYPE": "Prescott",
            "ATEN_CPU_CAPABILITY": "default",
            "MKL_CBWR": "COMPATIBLE",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "LC_ALL": "C",
        },
        "sse3",
    ),
    Setting("kernels of 2008", {"OPENBLAS_CORETYPE": "Nehalem", "DNNL_MAX_CPU_ISA": "SSE41", "TZ": "UTC"}, "sse4_2"),
    Setting("kernels of 2013", {"OPENBLAS_CORETYPE": "Haswell", "DNNL_MAX_CPU_ISA": "AVX2"}, "avx2"),
    Setting("kernels of 2017", {"OPENBLAS_CORETYPE": "SkylakeX"}, "avx512f"),
    Setting(
        "two threads in Turkish and Kathmandu",
        {
            "OMP_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "2",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "tr_TR.UTF-8",
        },
        restricted=True,
    ),
    Setting("sixteen threads", {"OMP_NUM_THREADS": "16", "OPENBLAS_NUM_THREADS": "16", "OMP_WAIT_POLICY": "PASSIVE"}),
)


def processor_features() -> set[str]:
    """Features of the processor, by Linux's names; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return set()
    found = {word for line in lines if line.startswith("flags") for word in line.partition(":")[2].split()}
    return found | ({"sse3"} if "pni" in found else set())


def passes(setting: Setting, home: Path) -> bool:
    """Whether the tests pass with these settings; otherwise their output is printed."""
    files = [str(path) for path in sorted(TESTS.rglob("test_*.py")) if MARK in path.read_text("utf-8")]
    command = [sys.executable, "-m", "pytest", "-m", "arithmetic", "-p", "no:cacheprovider", "--numprocesses", "2"]
    surroundings = {**os.environ, **setting.variables}
    if setting.restricted:
        surroundings["HOME"] = str(home)
    done = subprocess.run(
        [*command, "--dist", "loadfile", *files],
        env=surroundings,
        umask=0o077 if setting.restricted else -1,
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


def main() -> int:
    """Run the tests with each row of the table. Returns the exit code."""
    has, failed = processor_features(), []
    for setting in SETTINGS:
        variables = " ".join(f"{name}={value}" for name, value in setting.variables.items())
        if setting.needs and setting.needs not in has:
            print(f"left out  {setting.name}: the processor has no {setting.needs}", flush=True)
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            home.mkdir(mode=0o555)
            passed = passes(setting, home)
        print(
            f"{'passed' if passed else 'FAILED'}  {setting.name}  {variables}  {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        failed += [] if passed else [setting.name]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
