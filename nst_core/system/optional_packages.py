"""Packages that come with an extra of this one, and the sentence for whoever left it out."""

from __future__ import annotations

from nst_core.shared.errors import BackendUnavailableError

EXTRAS = {
    "onnxruntime": ("ONNX Runtime", "cpu"),
    "onnxruntime_ep_webgpu": ("What computes on graphics cards", "webgpu"),
    "torch": ("PyTorch", "torch"),
}
"""Module: what it is called, and the extra that brings it."""


def remedy_for(module: str) -> str:
    """What to do where this module is missing."""
    return f"run `pip install 'gimp-neural-style[{EXTRAS[module][1]}]'`"


def missing(error: BaseException) -> BackendUnavailableError | None:
    """The error for a person, if this one is an import of a package that an extra brings."""
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return BackendUnavailableError(f"{EXTRAS[error.name][0]} is not installed", remedy_for(error.name))
    return None
