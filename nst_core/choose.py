"""Which backend on which device: automatic, visible, overridable. Torch is imported only where it may be used."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.util import find_spec

from nst_core.backends import Backend
from nst_core.errors import BackendUnavailableError
from nst_core.memory import return_freed


def has_torch() -> bool:
    """Whether PyTorch is installed, without importing it."""
    return find_spec("torch") is not None


def choose(backend: str = "auto", device: str = "auto") -> Backend:
    """CUDA (torch, else ONNX Runtime), then MPS, then the CPU (torch where it has fast bfloat16, else ONNX Runtime).

    backend: auto, onnx or torch; device: auto, cpu, cuda or mps. Raises BackendUnavailableError.
    """
    if backend == "torch" and not has_torch():
        raise BackendUnavailableError("PyTorch is not installed", "choose the ONNX backend, or `pip install torch`")
    for name, place in _preferences(("onnx", "torch") if backend == "auto" else (backend,)):
        if device in ("auto", place):
            return _make(name, place)
    raise BackendUnavailableError(
        f"no backend here computes on {device}" + ("" if backend == "auto" else f" with {backend}"),
        "choose another device; `neural-style doctor` lists what works",
    )


def _preferences(backends: Collection[str]) -> list[tuple[str, str]]:
    """What works here of these backends, best first. The others are not loaded: that takes seconds, and memory."""
    found, fast_torch_cpu = [], False
    if "onnx" in backends:
        from nst_core.backends import onnx as ort  # noqa: PLC0415 - loading a runtime takes a while

        found += [("onnx", device) for device in ort.devices()]
    if "torch" in backends and has_torch():
        from nst_core.backends import torch as pt  # noqa: PLC0415 - PyTorch is optional, and slow to load

        found += [("torch", device) for device in pt.devices()]
        fast_torch_cpu = pt.has_fast_bfloat16()
    order = [("torch", "cuda"), ("onnx", "cuda"), ("torch", "mps"), ("onnx", "cpu"), ("torch", "cpu")]
    if fast_torch_cpu:
        order.insert(3, ("torch", "cpu"))
    return [pair for pair in dict.fromkeys(order) if pair in found]


@cache
def _make(name: str, device: str) -> Backend:
    """Made once: the second job finds sessions and weights ready."""
    return_freed()
    if name == "torch":
        from nst_core.backends.torch import TorchBackend  # noqa: PLC0415 - as above

        return TorchBackend(device)
    from nst_core.backends.onnx import OnnxBackend  # noqa: PLC0415 - as above

    return OnnxBackend(device)
