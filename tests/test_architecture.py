"""The laws of the source tree, as tables, checked on the syntax trees of all its files."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nst_core.install import SLICE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("nst_core", "gimp_plugin", "export", "styles", "demo", "benchmarks", "translations", "docs", "fuzz", "tests")
FILES = sorted(path.relative_to(ROOT).as_posix() for part in PARTS for path in (ROOT / part).rglob("*.py"))
SHIPPED = [file for file in FILES if file.startswith(("nst_core/", "gimp_plugin/"))]
SLICE_FILES = [f"nst_core/{name}.py" for name in SLICE]
IN_GIMP = SLICE_FILES + [file for file in FILES if file.startswith("gimp_plugin/")]

STANDARD = sys.stdlib_module_names - {"tomllib"}  # as of Python 3.10

MOST_LINES = 500
MOST_TEST_LINES = 500
MOST_FUNCTION_LINES = 50
MOST_PARAMETERS = 6

IMPORTED_ONLY_BY = {
    "gi": ("gimp_plugin/libgimp.py", "gimp_plugin/libgtk.py", "demo/job.py"),
    "torch": (
        "nst_core/backends/torch.py",
        "nst_core/backends/torch_network.py",
        "nst_core/backends/torch_matching.py",
        "export/",
        "benchmarks/",
    ),
    "torchvision": ("export/",),
    "onnxruntime": ("nst_core/onnx_runtime.py",),
    "onnx": ("export/",),
    "tflite": ("export/",),
    "scipy": ("styles/", "benchmarks/"),
    "atheris": ("fuzz/",),
    "babel": ("translations/",),
    "pyvips": ("nst_core/icc.py",),
    "ray": ("nst_core/on_ray.py",),
    "click": ("nst_core/cli",),
    "rich": ("nst_core/cli", "demo/"),
    "nst_core.cli": ("nst_core/cli",),
    "gimp_plugin": ("gimp_plugin/", "translations/"),
    "export": ("export/",),
    "fuzz": ("fuzz/",),
    "styles": ("styles/",),
    "demo": ("demo/",),
    "benchmarks": ("benchmarks/",),
    "translations": ("translations/",),
    "tests": (),
}
"""Module, or package: the beginnings of the files that may import it. Tests may import anything but tests."""

EDGES = {
    "print": ("export/", "styles/", "demo/", "benchmarks/", "translations/", "docs/"),
    "sys.argv": ("gimp_plugin/neural-style.py", "export/", "fuzz/", "styles/", "demo/", "benchmarks/"),
    "os.environ": (
        "nst_core/arithmetic.py",  # which kernels libraries were told to use
        "nst_core/cli_batch.py",  # of which its engines see a few
        "nst_core/cli_doctor.py",  # where GIMP was told to keep its profile
        "nst_core/cli_install.py",  # as above
        "nst_core/huge_pages.py",  # which is read when a program starts
        "nst_core/install.py",  # as above
        "nst_core/onnx_runtime.py",  # in which it is told to report nothing
        "nst_core/on_ray.py",  # in which Ray is told what it listens to
        "nst_core/presets.py",  # where the system keeps a person's files
        "gimp_plugin/start.py",  # of which the engine sees a few
        "demo/",
        "benchmarks/",
    ),
}
"""What only the edges touch: the beginnings of the files that may."""


@dataclass(frozen=True)
class Import:
    """One imported module, with the names taken from it as modules too: `from a import b` may mean a.b."""

    line: int
    modules: tuple[str, ...]

    def touches(self, package: str) -> bool:
        """Whether the module is this one, or lies in this package."""
        return any(module == package or module.startswith(f"{package}.") for module in self.modules)


@cache
def tree(file: str) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse((ROOT / file).read_text("utf-8"), file)


def imports(file: str) -> list[Import]:
    """All imports that happen at run time, in whichever function: not those that only type checkers follow."""
    found = []
    for node in running(tree(file)):
        if isinstance(node, ast.Import):
            found.append(Import(node.lineno, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            base = node.module or ""
            found.append(Import(node.lineno, (base, *(f"{base}.{alias.name}" for alias in node.names))))
    return found


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, except the bodies of `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from running(child)


def touched(file: str) -> list[tuple[str, int]]:
    """Uses of what belongs to the edges, with their lines."""
    uses = []
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            uses.append(("print", node.lineno))
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in EDGES:
            uses.append((ast.unparse(node), node.lineno))
        elif isinstance(node, ast.ImportFrom) and node.module in {"os", "sys"}:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            uses += [(name, node.lineno) for name in sorted(names & EDGES.keys())]
    return uses


def functions(file: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods."""
    return [node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many parameters a caller must know about."""
    taken = function.args
    extra = [one for one in (taken.vararg, taken.kwarg) if one]
    names = [arg.arg for arg in [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *extra]]
    return len([name for name in names if name not in {"self", "cls"}])


def test_the_tables_speak_of_files_that_exist() -> None:
    """A rule about a file that was renamed protects nothing."""
    assert set(SLICE_FILES) <= set(FILES)
    for table in (IMPORTED_ONLY_BY, EDGES):
        for owners in table.values():
            for owner in owners:
                assert owner == "benchmarks/" or any(file.startswith(owner) for file in FILES), owner


@pytest.mark.parametrize("module", IMPORTED_ONLY_BY)
def test_a_module_is_imported_only_where_it_may_be(module: str) -> None:
    """`gi` only where GIMP is touched, `torch` only in its backend, build-time code never by what is shipped."""
    owners = IMPORTED_ONLY_BY[module]
    free = () if module == "tests" else ("tests/",)
    strays = [
        f"{file}:{found.line}"
        for file in FILES
        if not file.startswith((*owners, *free))
        for found in imports(file)
        if found.touches(module)
    ]
    assert strays == []


@pytest.mark.parametrize("file", IN_GIMP)
def test_what_runs_inside_gimp_needs_only_the_standard_library(file: str) -> None:
    """GIMP's own Python has no packages: beside it there are gi, the plug-in itself and the slice."""
    strays = []
    for found in imports(file):
        package = found.modules[0].split(".")[0]
        in_plugin = file.startswith("gimp_plugin/") and package in {"gi", "gimp_plugin"}
        if package in STANDARD or in_plugin:
            continue
        if package != "nst_core" or not named_in_slice(found):
            strays.append(f"line {found.line}: {found.modules[0]}")
    assert strays == []


def named_in_slice(found: Import) -> bool:
    """Whether every nst_core module among the imported ones is one of the slice."""
    inside = [module.split(".")[1] for module in found.modules if module.count(".") >= 1]
    modules = [name for name in inside if (ROOT / "nst_core" / f"{name}.py").exists()]
    packages = [name for name in inside if (ROOT / "nst_core" / name / "__init__.py").exists()]
    return not packages and set(modules) <= set(SLICE)


@pytest.mark.parametrize("file", IN_GIMP)
def test_what_runs_inside_gimp_is_python_3_10(file: str) -> None:
    """Some of GIMP's builds bring a Python older than the engine's."""
    ast.parse((ROOT / file).read_text("utf-8"), file, feature_version=(3, 10))


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith("tests/")])
def test_only_the_edges_touch_the_surroundings(file: str) -> None:
    """Printing, arguments and environment variables belong to commands, never to the engine."""
    strays = [f"{name} in line {line}" for name, line in touched(file) if not file.startswith(EDGES[name])]
    assert strays == []


@pytest.mark.parametrize("file", FILES)
def test_modules_functions_and_signatures_are_short(file: str) -> None:
    """One idea per module, one thought per function."""
    lines = len((ROOT / file).read_text("utf-8").splitlines())
    assert lines <= (MOST_TEST_LINES if file.startswith("tests/") else MOST_LINES)
    for function in functions(file):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= MOST_FUNCTION_LINES, f"{function.name} has {length} lines"
        assert parameters(function) <= MOST_PARAMETERS, f"{function.name} has {parameters(function)} parameters"


@pytest.mark.parametrize("file", SHIPPED)
def test_every_module_says_what_it_owns(file: str) -> None:
    """A module begins with a docstring, and takes annotations as text: Python 3.10 reads the same files."""
    assert ast.get_docstring(tree(file))
    names = [alias.name for node in tree(file).body if isinstance(node, ast.ImportFrom) for alias in node.names]
    code = [node for node in tree(file).body if not isinstance(node, ast.Expr)]
    assert not code or "annotations" in names or not functions(file)


def test_the_rules_catch_what_they_forbid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that breaks the rules is seen to break them, and what only type checkers read is not."""
    (tmp_path / "bad.py").write_text(
        "import torch.nn as nn\n"
        "from typing import TYPE_CHECKING\n"
        "from os import environ\n"
        "if TYPE_CHECKING:\n    import gi\n"
        "def f(a, b, /, c, *d, e, **g):\n    from nst_core import run\n    print(1)\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    found = imports("bad.py")
    assert any(one.touches("torch") for one in found)
    assert any(one.touches("nst_core.run") for one in found)
    assert not any(one.touches("gi") for one in found)
    assert {name for name, _ in touched("bad.py")} == {"os.environ", "print"}
    assert parameters(functions("bad.py")[0]) == 6
