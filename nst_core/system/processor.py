"""Processor, libraries and selected kernels, which besides the backend determine the last digits of a result."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

KERNELS = (
    "OPENBLAS_CORETYPE BLIS_ARCH_TYPE MKL_CBWR MKL_ENABLE_INSTRUCTIONS ATEN_CPU_CAPABILITY DNNL_MAX_CPU_ISA "
    "ONEDNN_MAX_CPU_ISA NPY_DISABLE_CPU_FEATURES NPY_ENABLE_CPU_FEATURES NVIDIA_TF32_OVERRIDE CUBLAS_WORKSPACE_CONFIG"
)
"""Environment variables that select kernels of libraries; none holds a path."""
MAX_LENGTH = 60
"""Largest length of a value, characters."""


@cache
def processor() -> str:
    """The processor's name, from its maker or from the system."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return _short(value)
    return _short(platform.processor() or platform.machine() or "unknown")


def kernels() -> str:
    """The settings of KERNELS that this program was started with, as `NAME=value NAME=value`."""
    return " ".join(f"{name}={_short(os.environ[name])}" for name in KERNELS.split() if os.environ.get(name))


@cache
def libraries() -> str:
    """The versions of the installed libraries that compute, as `name version, name version`."""
    found = []
    for name in ("numpy", "onnxruntime", "onnxruntime-gpu", "onnxruntime-ep-webgpu", "torch"):
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {_short(metadata.version(name))}")
    return ", ".join(found)


def _short(value: str) -> str:
    return " ".join(value.replace("/", " ").split())[:MAX_LENGTH]
