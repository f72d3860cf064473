"""Runs the tests under every supported Python that is installed: `make matrix`.

Tests of the engine run without torch and Ray, which some of these Pythons lack. Those of what GIMP's Python imports run
without any packages, also in the private GIMPs' own Pythons.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path

import nox

from demo import private_gimp

ROOT = Path(__file__).resolve().parent
TESTS = ROOT / "tests"
PACKAGES = ("nst_core", "nst_core.backends")
"""Packages from which tests import modules, as `from PACKAGE import module`."""
GIMPS = ("trixie", "sid")
RUNNER = ("pytest>=8.3", "pytest-timeout>=2.3", "hypothesis>=6.120")
NOT_HERE = (
    "torch",
    "nst_core.backends.torch",
    "ray",
    "scipy",
    "babel",
    "onnx",
    "fuzz",
    "demo",
    "styles",
    "translations",
    "export",
)
nox.options.error_on_missing_interpreters = False
nox.options.default_venv_backend = "venv"


def imported(file: Path) -> set[str]:
    """All modules that a test file imports, those of its fixtures included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names} if module in PACKAGES else {module}
    fixtures = {name: path for name in found for path in TESTS.rglob(f"{name.replace('.', '/')}.py")}
    return found.union(*map(imported, fixtures.values())) - fixtures.keys()


def is_plain(module: str) -> bool:
    """Whether a Python with only a test runner can import it."""
    top, _, rest = module.partition(".")
    plain = top in sys.stdlib_module_names or top in {"pytest", "hypothesis", "gimp_plugin"}
    return plain or (top == "nst_core" and rest.split(".")[0] in {"shared", "__version__"})


def slice_tests() -> list[str]:
    """The tests of what GIMP's own Python imports."""
    return [str(file) for file in sorted(TESTS.rglob("test_*.py")) if all(map(is_plain, imported(file)))]


def engine_tests() -> list[str]:
    """The tests that import nothing of NOT_HERE."""
    files = [file for file in sorted(TESTS.rglob("test_*.py")) if file.name != "test_wheel.py"]
    return [str(file) for file in files if not with_packages(imported(file)) & set(NOT_HERE)]


def with_packages(modules: set[str]) -> set[str]:
    """The modules and their top-level packages."""
    return modules | {module.split(".")[0] for module in modules}


@nox.session(python=["3.11", "3.12", "3.13"])
def engine(session: nox.Session) -> None:
    """The engine with ONNX Runtime."""
    session.install("--editable", ".[cpu,film]", *RUNNER)
    session.run("python", "-m", "pytest", "-m", "not gimp", *engine_tests(), *session.posargs)


@nox.session(name="slice", python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def slice_of_it(session: nox.Session) -> None:
    """What GIMP's own Python imports, with the standard library only."""
    session.install(*RUNNER)
    session.run("python", "-m", "pytest", "--noconftest", *slice_tests(), *session.posargs)


@nox.session(python=False)
@nox.parametrize("suite", GIMPS)
def gimp(session: nox.Session, suite: str) -> None:
    """The same inside a private GIMP, under its Python: 3.13 in trixie, 3.14 in sid."""
    root, place = ROOT / ".cache" / "gimp" / suite / "root", ROOT / ".cache" / "matrix" / suite
    if not root.is_dir():
        session.skip(f"fetch it with `python -m demo.gimp {suite}`")

    def inside(*words: str) -> None:
        clean = ["env", "-i", private_gimp.PATH, "LANG=C.UTF-8", "env", f"--chdir={ROOT}"]
        session.run(*private_gimp.enter(root, [*clean, *words], [ROOT, Path(tempfile.gettempdir())]), external=True)

    # Debian's Python has no pip, so this one installs the packages.
    inside("python3", "-m", "venv", "--clear", "--without-pip", str(place))
    (packages,) = place.glob("lib/python3.*/site-packages")
    version = packages.parent.name.removeprefix("python")
    theirs = ["--quiet", "--target", str(packages), "--python-version", version, "--only-binary", ":all:"]
    session.run(sys.executable, "-m", "pip", "install", *theirs, *RUNNER)
    pytest = [str(place / "bin" / "python"), "-B", "-m", "pytest", "-p", "no:cacheprovider", "--noconftest"]
    inside(*pytest, *slice_tests(), *session.posargs)
