"""`make test-gpu`: tests of graphics cards on Mesa's software Vulkan, in the private Debian of the other tests.

Debian 13's Mesa has what WebGPU needs, Debian 12's lacks it. The tests run under that Debian's Python, with packages
that this machine's pip fetches for it. Where they cannot be fetched, the reason is printed and nothing fails. Words
behind the command go to pytest.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import tomllib

from demo.gimp import CACHE
from demo.private_gimp import GimpUnavailableError, ensure, enter, install

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / ".cache" / "gpu"
SUITE = "trixie"
DRIVER = "mesa-vulkan-drivers"
UNUSED = "pyvips"
"""A package that these tests do not need, and that has no wheel."""
TESTS = "tests/backends/test_any_card.py"
WHEELS = [f"manylinux_{version}_{platform.machine()}" for version in ("2_17", "2_26", "2_27", "2_28")]


def packages(python: str) -> str:
    """The folder with the packages of the tests for this version of Python, such as 3.13."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["webgpu"]]
    wanted = [one for one in wanted if not one.startswith(UNUSED)] + ["hypothesis", "pytest", "pytest-timeout"]
    folder = SITE / f"python{python}"
    stamp = folder / "complete"
    if not stamp.is_file() or stamp.read_text("utf-8") != " ".join(wanted):
        print("Fetching ONNX Runtime for graphics cards")
        shutil.rmtree(folder, ignore_errors=True)
        chosen = ["--python-version", python, "--implementation", "cp", "--only-binary", ":all:"]
        wheels = [word for wheel in WHEELS for word in ("--platform", wheel)]
        asked = ["-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
        subprocess.run([sys.executable, *asked, *chosen, *wheels, *wanted], check=True, stdin=subprocess.DEVNULL)
        stamp.write_text(" ".join(wanted), "utf-8")
    return str(folder)


def main() -> int:
    """The exit code of pytest."""
    try:
        root = ensure(CACHE, SUITE, print)
        if not any((root / "usr/share/vulkan/icd.d").glob("lvp_icd*.json")):
            print("Installing Mesa's Vulkan in the private Debian")
            install(root, [DRIVER], CACHE / SUITE / "fetch.log")
        python = next((root / "usr/bin").glob("python3.*[0-9]")).name.removeprefix("python")
        site = packages(python)
    except (GimpUnavailableError, subprocess.CalledProcessError, OSError) as error:
        print(f"Skipped: there is no graphics card in software here ({error})")
        return 0
    surroundings = {
        "HOME": "/tmp",  # noqa: S108 - of the private Debian
        "LANG": "C.UTF-8",
        "ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER": "1",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{site}:{ROOT}",
    }
    words = ["env", "-i", f"--chdir={ROOT}", *(f"{name}={value}" for name, value in surroundings.items())]
    words += [f"python{python}", "-m", "pytest", "-p", "no:cacheprovider", TESTS, *sys.argv[1:]]
    with contextlib.suppress(KeyboardInterrupt):
        return subprocess.run(enter(root, words, [ROOT]), check=False, env=os.environ).returncode
    return 1


if __name__ == "__main__":
    sys.exit(main())
