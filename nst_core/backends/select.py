"""Chooses the backend and the device. PyTorch is imported only if it may be used.

A library that is installed need not work: PyTorch may lack libraries, be too old or too new, or have no kernels for
the card. Each candidate is tried once; one that fails is skipped, and the notes of the chosen backend say so.
"""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nst_core.backends.base import Backend, Blocks
from nst_core.shared.errors import BackendUnavailableError, CardLostError, NeuralStyleError
from nst_core.shared.sentences import Note, note
from nst_core.shared.settings import MIN_SIDE
from nst_core.system.optional_packages import TORCH_LEAST, torch_is_too_old
from nst_core.system.out_of_memory import is_shortage
from nst_core.vgg.layers import BLOCK_SIZE, CELL_SIZE, PAINTERLY

_trying = threading.Lock()  # runs that begin at the same time try each candidate once
_CPU_INFO = Path("/proc/cpuinfo")
_LABELS = {
    "onnx": "ONNX Runtime",
    "torch": "PyTorch",
    "cuda": "the graphics card",
    "mps": "Apple graphics",
    "gpu": "the graphics card",
}

_excluded: set[tuple[str, str]] = set()
"""Backends and devices that failed during a run: not tried again in this process."""


def exclude(backend: Backend) -> None:
    """Do not choose this backend and device again in this process."""
    _excluded.add((backend.name, backend.device))


def has_torch() -> bool:
    """Whether PyTorch is installed, without importing it."""
    return find_spec("torch") is not None


def choose(backend: str = "auto", device: str = "auto") -> Backend:
    """A new backend, by this order: CUDA (torch, then ONNX Runtime), MPS, `gpu` if faster than the processor, CPU.

    On the CPU torch comes first if it has fast bfloat16, otherwise ONNX Runtime.
    backend: auto, onnx or torch; device: auto, cpu, gpu, cuda or mps. All backends share the loaded networks. Raises
    BackendUnavailableError.
    """
    if backend == "torch" and not has_torch():
        raise BackendUnavailableError.of("torch-missing")
    with _trying:
        names = ("onnx", "torch") if backend == "auto" else (backend,)
        pairs, faults = _preferences(names)
        for name, candidate in pairs:
            if device not in ("auto", candidate):
                continue
            if device == "auto" and candidate == "gpu" and not _gpu_is_faster():
                continue  # `neural-style doctor` reports this
            excluded = (name, candidate) in _excluded
            fault, refusal = (note("card-failed-before"), None) if excluded else _fault(name, candidate)
            if fault is None:
                return _make(name, candidate, faults)
            if device == "gpu" and refusal is not None:
                raise refusal
            faults = (*faults, fault)
    if device == "gpu" and backend != "torch" and not faults:
        _make("onnx", device)  # raises the error that says what to install
    raise BackendUnavailableError(
        "; ".join(map(str, faults))
        or f"no backend here computes on {device}" + ("" if backend == "auto" else f" with {backend}"),
        "choose another device; `neural-style doctor` lists what works",
    )


def _preferences(backends: Collection[str]) -> tuple[list[tuple[str, str]], tuple[Note, ...]]:
    """The installed ones of these backends with their devices, best first, and notes on broken ones."""
    found: list[tuple[str, str]] = []
    faults: tuple[Note, ...] = ()
    fast_torch_cpu = False
    if "onnx" in backends:
        from nst_core.backends import onnx as ort  # noqa: PLC0415 - loading a runtime takes a while

        found += [("onnx", device) for device in ort.devices()]
    if "torch" in backends and has_torch() and (not found or _torch_may_be_preferred()):
        torch_devices, fast_torch_cpu, fault = _torch()
        found += [("torch", device) for device in torch_devices]
        faults = (fault,) if fault else ()
    order = [("torch", "cuda"), ("onnx", "cuda"), ("torch", "mps"), ("onnx", "gpu"), ("onnx", "cpu"), ("torch", "cpu")]
    if fast_torch_cpu:
        order.insert(4, ("torch", "cpu"))
    return [pair for pair in dict.fromkeys(order) if pair in found], faults


def _torch_may_be_preferred() -> bool:
    """Whether PyTorch may be faster than ONNX Runtime here: False only if that is certain without its slow import.

    That is so for a build without graphics cards, on Linux on a processor without instructions for bfloat16.
    """
    spec = find_spec("torch")
    try:
        build = Path(str(spec and spec.origin)).with_name("version.py").read_text("utf-8")
        flags = _CPU_INFO.read_text("utf-8")
    except (OSError, ValueError):
        return True
    return "+cpu" not in build or "amx_bf16" in flags or "avx512_bf16" in flags


@cache
def _gpu_is_faster() -> bool:
    """Whether `gpu` is faster than the processor here; found out once for the process."""
    from nst_core.backends import card_trial  # noqa: PLC0415 - as above

    return card_trial.trial_result().faster


@cache
def _gpu_uses_half() -> bool:
    """Whether that card is to compute in float16. Raises BackendUnavailableError where there is none."""
    from nst_core.backends import card_trial, onnx_session  # noqa: PLC0415 - as above

    onnx_session.graphics_card()
    return card_trial.trial_result().in_half


def _torch() -> tuple[tuple[str, ...], bool, Note | None]:
    """PyTorch's devices, whether it is fast on the processor, and a note if it is broken."""
    try:
        with warnings.catch_warnings():  # about a card that is too old; the trial finds that out
            warnings.simplefilter("ignore")
            found = str(importlib.import_module("torch").__version__)
            if torch_is_too_old(found):
                return (), False, note("torch-too-old", found=found, least=".".join(map(str, TORCH_LEAST)))
            from nst_core.backends import torch as pt  # noqa: PLC0415 - PyTorch is optional, and slow to load

            return tuple(pt.devices()), pt.has_fast_bfloat16(), None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
        return (), False, note("torch-broken", reason=_line(error))


@cache
def _fault(name: str, device: str) -> tuple[Note | None, BackendUnavailableError | None]:
    """A note on why this backend does not work here, and the error to raise if it was requested; None if it works.

    Tried once for the process.
    """
    if (name, device) == ("onnx", "cpu"):
        return None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _compute_once(_make(name, device))
    except Exception as error:
        if device == "gpu" and isinstance(error, (BackendUnavailableError, CardLostError)):
            refusal = BackendUnavailableError(error.message, error.remedy)
            refusal.sentence, refusal.values = error.sentence, error.values
            return note("device-unusable", device=_LABELS[device], reason=error.message), refusal
        if isinstance(error, NeuralStyleError) or is_shortage(error):
            raise
        where = _LABELS[name] if device == "cpu" else f"{_LABELS[device]} with {_LABELS[name]}"
        return note("device-unusable", device=where, reason=_line(error)), None
    return None, None


def _compute_once(backend: Backend) -> None:
    """Compute on a small picture everything that a run needs. Raises what the library raises."""
    image = backend.array(np.full((1, 3, MIN_SIDE, MIN_SIDE), 0.5, np.float32))
    backend.grams_and_held(image, PAINTERLY)
    shapes = (4, 1, CELL_SIZE), (1, BLOCK_SIZE), (4, 1)
    blocks = Blocks(*(backend.array(np.ones(shape, np.float32)) for shape in shapes))
    backend.numpy(backend.nearest(blocks, blocks, exhaustive=True))


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:120].rstrip(".")


def _make(name: str, device: str, notes: tuple[Note, ...] = ()) -> Backend:
    if name == "torch":
        from nst_core.backends.torch import TorchBackend  # noqa: PLC0415 - as above

        return TorchBackend(device, notes=notes)
    from nst_core.backends.onnx import OnnxBackend  # noqa: PLC0415 - as above

    return OnnxBackend(device, notes, half=device == "gpu" and _gpu_uses_half())
