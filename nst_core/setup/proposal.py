"""Proposes the extra that would make the engine faster on this machine, with the size of its download."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from nst_core.system.optional_packages import remedy_for

DRM = Path("/sys/class/drm")
NVIDIA_DEVICE = Path("/dev/nvidiactl")
MAKERS = {"0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA"}
"""Makers of graphics cards by their PCI vendor ids."""
UNKNOWN = "unknown"
WEBGPU_MEGABYTES = {"darwin": 5, "linux": 7, "win32": 13}
"""Download of onnxruntime-ep-webgpu 0.4, by system."""
CUDA_MEGABYTES = 4100
"""Download of PyTorch 2.10 with CUDA's libraries on Linux."""
WINDOWS_CUDA = "install the build that https://pytorch.org names for Windows and CUDA (gigabytes)"
"""pip installs a build without CUDA there."""


def proposal(system: str = sys.platform) -> list[str]:
    """Sentences that propose CUDA for an NVIDIA card, WebGPU for any other; empty if nothing would be faster."""
    sentences: list[str] = []
    found = makers(system)
    if "NVIDIA" in found and not find_spec("torch"):
        remedy = f"{remedy_for('torch')} ({CUDA_MEGABYTES} MB)" if system == "linux" else WINDOWS_CUDA
        sentences.append(f"There is an NVIDIA graphics card, which is fastest with PyTorch and CUDA: {remedy}.")
    if found and system in WEBGPU_MEGABYTES and not find_spec("onnxruntime_ep_webgpu"):
        known = f" ({', '.join(found)})" if found != [UNKNOWN] else ""
        which = "It" if sentences else f"There is a graphics card{known}, which"
        sentences.append(
            f"{which} can also be used without CUDA: {remedy_for('onnxruntime_ep_webgpu')}"
            f" ({WEBGPU_MEGABYTES[system]} MB); `neural-style doctor` says whether it is the faster one."
        )
    return sentences


def makers(system: str = sys.platform) -> list[str]:
    """The makers of this machine's graphics cards, as far as they are known without a driver."""
    if system == "darwin":
        return ["Apple"] if platform.machine() == "arm64" else []
    found = ["NVIDIA"] if NVIDIA_DEVICE.exists() or shutil.which("nvidia-smi") else []
    for file in sorted(DRM.glob("card*/device/vendor")):
        try:
            maker = MAKERS.get(file.read_text("ascii").strip())
        except (OSError, ValueError):
            continue
        if maker and maker not in found:
            found.append(maker)
    # Every Windows desktop has one; its maker is found out later.
    return found or ([UNKNOWN] if system == "win32" else [])
