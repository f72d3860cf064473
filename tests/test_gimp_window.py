"""The filter's dialog, in a real GIMP on a screen that nobody sees."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from nst_core.install import install_plugin

if TYPE_CHECKING:
    from conftest import Studio

pytestmark = pytest.mark.gimp

HERE = Path(__file__).resolve().parent


def test_the_dialog_leads_to_a_layer_that_one_undo_removes(studio: Studio, tmp_path: Path) -> None:
    """Return accepts what the dialog shows; the style picture's path does not get into the image."""
    if studio.gimp.root is None and not all(map(shutil.which, ("gimp", "Xvfb", "xdotool", "import"))):
        pytest.skip("no invisible screen here: install xvfb, xdotool and imagemagick")
    profile = tmp_path / "profile"
    stand_in = [sys.executable, "-I", "-u", str(HERE / "stand_in_engine.py"), "unchanged"]
    install_plugin(profile / "plug-ins", studio.gimp.outside(stand_in))
    remembered = profile / "neural-style.json"
    remembered.write_text(json.dumps({"style-file": str(studio.folder / "style.png")}))
    order = {name: str(tmp_path / name) for name in ("answers", "painted", "dialog.png")}
    order["photograph"] = str(studio.folder / "photograph.png")
    (tmp_path / "order.json").write_text(json.dumps(order))
    keys = ["sh", str(HERE / "gimp_window.sh"), str(HERE / "gimp_window.py"), order["painted"], order["dialog.png"]]
    done = studio.gimp.run(
        keys,
        profile,
        {"NST_WINDOW": str(tmp_path / "order.json")},
        timeout=150,
    )
    assert Path(order["answers"]).is_file(), done.stdout
    answers = json.loads(Path(order["answers"]).read_text())
    assert answers["status"] == "success", answers
    assert answers["layers"] == ["Background: stylized", "Background"]
    assert answers["layers after one undo"] == ["Background"]
    assert answers["clean after one undo"]
    assert answers["saved"], "GIMP writes the arguments into the image; if it no longer does, this test is void"
    assert "style.png" not in json.dumps(answers["saved"])
    with Image.open(order["dialog.png"]) as shot:
        assert len(set(shot.convert("L").tobytes())) > 1
