"""The contract of a backend: turns pixels into its own arrays, an image into feature maps, targets into an objective.

Arrays are numpy's or torch's; the optimiser and the statistics use only what both can do. Two implementations stand
beside this file; `nst_core.choose` picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nst_core.statistics import Array, Targets

Float = NDArray[np.float32]
Objective = Callable[[Array], tuple[Array, Array]]
"""image (1, 3, H, W) -> losses (3: style, content, tv, already weighted) and the gradient of their sum (1, 3, H, W)."""


class Backend(Protocol):
    """What the optimisation needs of a numeric library."""

    name: str
    device: str
    precision: str
    notes: tuple[str, ...]
    """What a person should know, e.g. that a graphics card was asked for and not had."""

    def array(self, values: Float) -> Array:
        """A float32 numpy array as one of the backend's own, on its device."""

    def numpy(self, array: Array) -> Float:
        """The way back."""

    def features(self, image: Array) -> Mapping[str, Array]:
        """An image (1, 3, H, W), sRGB in [0, 1], H and W >= 32: its feature maps (1, C, h, w)."""

    def objective(self, targets: Targets) -> Objective:
        """The loss to be minimised. Raises OutOfMemoryError where it does not fit."""

    def abort(self) -> None:
        """Ask a running evaluation to end early where the library can; it then raises AbortedError."""


class AbortedError(Exception):
    """An evaluation was ended by `abort`."""
