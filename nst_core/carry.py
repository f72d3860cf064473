"""What follows the last octave: its picture is carried to full size, while people are told how far that is."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from nst_core.backends import Backend, Float
from nst_core.job import Progress
from nst_core.octaves import Clock
from nst_core.painter import Painter
from nst_core.shortage import fitting

GLANCE = 0.25
"""Seconds between two words on how far it is."""
LATE = 0.1
"""Of the time that this took already, what it may still take where it takes longer than expected."""


def carried(
    painter: Painter, backend: Backend, image: Float, clock: Clock, last: Progress
) -> Generator[Progress, None, Float]:
    """Bring the image (h, w, 3) to full size in a thread of its own, and return it: (H, W, 3).

    Tells meanwhile what was told `last`, as time goes by. Raises OutOfMemoryError.
    """
    expected = clock.reserved
    begun, fraction = clock.elapsed, last.fraction
    with fitting(), ThreadPoolExecutor(1) as beside:
        found = beside.submit(painter.to_full_size, backend, image)
        while not wait([found], GLANCE).done:
            now = clock.elapsed
            left = max(expected - (now - begun), LATE * (now - begun))
            fraction = max(fraction, now / (now + left))
            yield replace(last, seconds_left=left, fraction=fraction)
        return found.result()
