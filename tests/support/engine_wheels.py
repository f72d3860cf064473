"""Makes a wheel of the package with a stand-in engine and no dependencies, to install without a network."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import nst_core

HERE = Path(__file__).resolve().parent
CORE = Path(nst_core.__file__).parent
NAME = "gimp_neural_style"
START = """import sys
from nst_core.worker import stand_in

stand_in.main("unchanged", stand_in.Path())
"""


def make_wheel(folder: Path, version: str = nst_core.__version__, start: str = START) -> Path:
    """Write the wheel and return its path. start: code of the engine."""
    info = f"{NAME}-{version}.dist-info"
    files = {f"nst_core/{path.relative_to(CORE)}": path.read_text("utf-8") for path in CORE.glob("shared/**/*.py")}
    files["nst_core/__init__.py"] = (CORE / "__init__.py").read_text("utf-8")
    files["nst_core/worker/__init__.py"] = ""
    files["nst_core/worker/__main__.py"] = start
    files["nst_core/worker/stand_in.py"] = (HERE / "stand_in_engine.py").read_text("utf-8")
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\nProvides-Extra: cpu\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    wheel = folder / f"{NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
