"""Importing the library changes nothing of the program that imports it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import ctypes, faulthandler, gc, importlib, json, locale, logging, os, pkgutil, signal, sys, threading, warnings
import click, numpy, onnxruntime, PIL.Image, psutil, pyvips, ray, rich, safetensors.numpy, torch
from PIL import ImageCms, ImageOps

asked = []
real = ctypes.CDLL
class Watched(real):
    def __getattr__(self, name):
        asked.append(name)
        return super().__getattr__(name)

def state():
    return {
        "Pillow's limit": PIL.Image.MAX_IMAGE_PIXELS,
        "Pillow's formats": sorted(PIL.Image.OPEN),
        "environment": dict(os.environ),
        "warnings": repr(warnings.filters),
        "libvips' cache": pyvips.cache_get_max(),
        "numpy's errors": numpy.geterr(),
        "torch's threads": torch.get_num_threads(),
        "signals": {str(one): str(signal.getsignal(one)) for one in signal.valid_signals()},
        "hooks": [repr(sys.excepthook), repr(sys.displayhook), repr(threading.excepthook), repr(sys.unraisablehook)],
        "streams": [id(sys.stdin), id(sys.stdout), id(sys.stderr)],
        "logging": repr(logging.root.handlers) + str(logging.root.level),
        "locale": locale.setlocale(locale.LC_ALL),
        "path": [*sys.path, os.getcwd()],
        "garbage": [gc.isenabled(), *gc.get_threshold()],
        "recursion": sys.getrecursionlimit(),
        "threads": threading.active_count(),
        "faulthandler": faulthandler.is_enabled(),
        "random": numpy.random.get_state()[1].tolist(),
    }

PIL.Image.init()
before = state()
ctypes.CDLL = Watched
import nst_core
names = [found.name for found in pkgutil.walk_packages(nst_core.__path__, "nst_core.") if "__main__" not in found.name]
for name in names:
    importlib.import_module(name)
after = state()
print(json.dumps({
    "changed": [key for key in before if before[key] != after[key]], "asked": asked, "modules": len(names)
}))
"""


def test_importing_every_module_changes_nothing_of_the_program() -> None:
    """Limits, filters, environment, caches, handlers, threads and the C library's habits are the importer's own."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["modules"] > 70
    assert found["changed"] == found["asked"] == []
