"""Detects failures that a graphics card does not report: outputs that are not finite, all zero, or left unchanged.

WebGPU reports neither a buffer for which there is no memory nor a driver that was lost: outputs that depend on it stay
zero, or keep the values of the run before.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.shared.errors import CardLostError, OutOfMemoryError


def require_finite(*outputs: Float) -> None:
    """Raise CardLostError if a value is not finite."""
    if not all(np.isfinite(output).all() for output in outputs):
        raise CardLostError("the graphics card computes wrongly", "update its driver, or choose the processor")


class OutputCheck:
    """Checks the outputs of a graph, run after run. card_works: whether the card still computes a small picture."""

    def __init__(self, card_works: Callable[[], bool]) -> None:
        self._card_works = card_works
        self._input: Float = np.empty(0, np.float32)
        self._outputs: tuple[Float, ...] = ()

    def check(self, graph_input: Float, *outputs: Float) -> None:
        """Raise if these cannot be the outputs for this input.

        Raises OutOfMemoryError if the card still computes a small picture, else CardLostError.
        """
        require_finite(*outputs)
        same = bool(self._outputs) and all(map(np.array_equal, self._outputs, outputs))
        if not all(output.any() for output in outputs) or (same and not np.array_equal(self._input, graph_input)):
            if self._card_works():
                raise OutOfMemoryError.of("picture-too-large-for-memory")
            raise CardLostError("the graphics card no longer computes", "start again; update its driver")
        self._input, self._outputs = graph_input.copy(), tuple(output.copy() for output in outputs)
