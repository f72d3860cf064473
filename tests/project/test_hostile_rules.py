"""What the code never does, read from its syntax trees; and what lies on the disk afterwards."""

from __future__ import annotations

import ast
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from children import unix_only
from preset_fixtures import DRAFT, roots

from gimp_plugin.flow import last_choices
from gimp_plugin.image import noted_styles
from gimp_plugin.picks import Picks, of_file
from nst_core.cli import job_inputs
from nst_core.imaging.files import image_files
from nst_core.setup.plugin_installer import install_plugin
from nst_core.shared.errors import DamagedWeightsError
from nst_core.shared.presets.archive import export_preset
from nst_core.shared.presets.library import delete, rename, save
from nst_core.shared.presets.lookup import Roots
from nst_core.vgg import weights

__all__ = ["roots"]  # a fixture is used by its name

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [path for part in ("nst_core", "gimp_plugin", "export") for path in sorted((ROOT / part).rglob("*.py"))]
EVERYTHING = SHIPPED + [path for part in ("demo", "styles", "translations") for path in (ROOT / part).rglob("*.py")]

UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
RUNNERS = {"eval", "exec", "compile", "__import__"}
SHELLS = {
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
}
LISTENERS = {"socket", "socketserver", "http.server", "xmlrpc.server", "asyncio"}
ALLOWED = {"nst_core/cluster/ray_cluster.py": "socket"}
"""Files that may do one of these things: the cluster's, which asks whether somebody answers at an address."""


def faults(tree: ast.AST) -> list[str]:
    """What a file does that it must not, with lines."""
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        wrong = [name for name in names if name.split(".")[0] in UNPICKLERS or name in LISTENERS | SHELLS]
        if isinstance(node, ast.Call):
            wrong += _wrong_call(node)
        found += [f"line {getattr(node, 'lineno', 0)}: {what}" for what in wrong]
    return found


def _wrong_call(node: ast.Call) -> list[str]:
    name = ast.unparse(node.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    wrong = [name] if name in RUNNERS | SHELLS else []
    if options.get("shell", "False") != "False":
        wrong.append("shell")
    if name.endswith("torch.load") and options.get("weights_only") != "True":
        wrong.append("torch.load")
    if name in {"np.load", "numpy.load"} and options.get("allow_pickle", "False") != "False":
        wrong.append("np.load")
    if name in {"tempfile.mktemp", "os.chmod"} or (name.endswith(".chmod") and options):
        wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_unpickles_runs_text_asks_a_shell_or_listens(path: Path) -> None:
    """No pickle, no eval, no shell string, no server; torch reads tensors only."""
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), "")
    found = faults(ast.parse(path.read_text("utf-8")))
    assert [fault for fault in found if fault.rpartition(" ")[2] != allowed] == []


@pytest.mark.parametrize(
    "bad",
    [
        "import pickle",
        "from pickle import loads",
        "import socketserver",
        "from http import server\nimport http.server",
        "import subprocess\nsubprocess.run('x', shell=True)",
        "import os\nos.system('x')",
        "from os import system",
        "eval('1')",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file, allow_pickle=True)",
        "import tempfile\ntempfile.mktemp()",
    ],
)
def test_the_rules_catch_what_they_forbid(bad: str) -> None:
    """Each of these would be seen."""
    assert faults(ast.parse(bad))


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(weights.MODELS.iterdir()) if path.name != weights.DIGESTS_FILE]
)
def test_every_model_file_is_checked_when_it_is_read(name: str, tmp_path: Path) -> None:
    """It has a digest; a single changed bit is told, and so is a file that is not there."""
    for path in weights.MODELS.iterdir():
        (tmp_path / path.name).symlink_to(path)
    assert weights.verified(name, tmp_path).exists()
    changed = bytearray((tmp_path / name).read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / name).unlink()
    with pytest.raises(DamagedWeightsError, match="cannot be read"):
        weights.verified(name, tmp_path)
    (tmp_path / name).write_bytes(changed)
    with pytest.raises(DamagedWeightsError, match="is damaged"):
        weights.verified(name, tmp_path)


def test_no_model_file_is_named_where_it_is_not_checked() -> None:
    """Whoever opens a file of the models goes through `verified`, or through `onnx_session.graph`, which does."""
    constants = {name for name in vars(weights) if name.endswith("_FILE") and name != "DIGESTS_FILE"}
    for path in (ROOT / "nst_core").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        if path.name == "weights.py":
            continue
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "MODELS"], path
        named = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute | ast.Name)
        } & constants
        assert not named or any(opens in ast.unparse(tree) for opens in ("verified(", "graph(")), path


def open_to_others(root: Path) -> list[str]:
    """What anybody may write to."""
    return [
        str(path) for path in [root, *root.rglob("*")] if path.lstat().st_mode & stat.S_IWOTH and not path.is_symlink()
    ]


@unix_only
def test_nothing_is_for_others_to_write_where_the_mask_allows_all(roots: Roots, tmp_path: Path) -> None:
    """After installing, saving, renaming, deleting, exporting, painting and remembering under umask 0."""
    before = os.umask(0)
    try:
        kept = tmp_path / "kept"
        kept.mkdir(0o700)
        install_plugin(kept / "plug-ins", ["engine"])
        save(DRAFT, roots)
        made = save(DRAFT, roots)
        export_preset(rename(made.slug, "Another", roots), kept / "a.nstyle")
        delete(made.slug, roots)
        image_files.write(kept / "result.png", np.zeros((40, 40, 3), np.float32))
        job_inputs.write_recipe(kept / "recipe.json", {})
        last_choices.remember(kept, last_choices.LastChoices())
        noted_styles.remember(kept, Picks((of_file(kept / "result.png"),)))
    finally:
        os.umask(before)
    assert (kept / noted_styles.FILE).is_file()
    assert open_to_others(kept) == []
    assert open_to_others(roots.user.parent) == []
