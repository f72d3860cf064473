"""What a graphics card answers where it has failed, and nobody says so.

An array for which a card has no memory, and a driver that is gone, are told to nobody: what depends on them stays
empty, or as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.shared.errors import CardLostError, OutOfMemoryError


def require_numbers(*answers: Float) -> None:
    """Raise CardLostError where one holds what is no number."""
    if not all(np.isfinite(answer).all() for answer in answers):
        raise CardLostError("the graphics card computes wrongly", "update its driver, or choose the processor")


class Answers:
    """The answers to one question after another. computes: whether the card still computes something small."""

    def __init__(self, computes: Callable[[], bool]) -> None:
        self._computes = computes
        self._last: tuple[Float, ...] = ()

    def check(self, asked: Float, *answers: Float) -> None:
        """Raise where these cannot be the answers.

        asked: what they depend on. OutOfMemoryError where the card computes smaller things, else CardLostError.
        """
        require_numbers(*answers)
        before, *last = self._last or (asked,)
        again = len(last) == len(answers) and all(map(np.array_equal, last, answers))
        if not all(answer.any() for answer in answers) or (again and not np.array_equal(before, asked)):
            if self._computes():
                raise OutOfMemoryError.of("picture-too-large-for-memory")
            raise CardLostError("the graphics card no longer computes", "start again; update its driver")
        self._last = (asked.copy(), *(answer.copy() for answer in answers))
