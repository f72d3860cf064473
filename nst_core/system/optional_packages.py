"""Optional packages: the extras that install them, and the error for a missing one."""

from __future__ import annotations

import re

from nst_core.shared.errors import BackendUnavailableError

EXTRAS = {
    "cv2": ("OpenCV", "film"),
    "onnxruntime": ("ONNX Runtime", "cpu"),
    "onnxruntime_ep_webgpu": ("What computes on graphics cards", "webgpu"),
    "torch": ("PyTorch", "torch"),
}
"""By module: its name in messages, and the extra that installs it."""


def remedy_for(module: str) -> str:
    """The remedy if this module is missing."""
    return f"run `pip install 'gimp-neural-style[{EXTRAS[module][1]}]'`"


TORCH_LEAST = (2, 8)
"""The oldest PyTorch with everything that the backend uses (`torch.bmm` with `out_dtype`); as in pyproject.toml."""


def torch_is_too_old(version: str) -> bool:
    """Whether this version of PyTorch, such as 2.13.0+cpu, is below TORCH_LEAST."""
    parts = re.match(r"(\d+)\.(\d+)", version)
    return parts is None or tuple(map(int, parts.groups())) < TORCH_LEAST


def missing(error: BaseException) -> BackendUnavailableError | None:
    """The error to show, if this one is a failed import of a package that an extra installs; None otherwise."""
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return BackendUnavailableError(f"{EXTRAS[error.name][0]} is not installed", remedy_for(error.name))
    return None
