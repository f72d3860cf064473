"""ONNX Runtime as it shall be here, for everything that uses it: silent, and with CUDA's libraries where it has them.

Its released builds report to their makers unless told otherwise, and what is painted here is nobody's business.
"""

from __future__ import annotations

import contextlib
import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = (
    "1"  # the one switch that is whole, and it counts only before the library is loaded
)

import onnxruntime as ort

ort.disable_telemetry_events()  # for whoever had loaded it before
if "CUDAExecutionProvider" in ort.get_available_providers() and hasattr(ort, "preload_dlls"):
    with contextlib.redirect_stdout(sys.stderr):  # which it prints its complaints to; what works shows in a session
        ort.preload_dlls()

__all__ = ["ort"]
