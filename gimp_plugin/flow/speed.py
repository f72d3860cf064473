"""The speed of this machine, measured from the progress of jobs. Plain arithmetic."""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import TYPE_CHECKING

from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.planning.cost_model import DEFAULT_SPEED, planned_octaves
from nst_core.shared.planning.schedule import excerpt_octaves
from nst_core.shared.settings import from_mapping

if TYPE_CHECKING:
    from nst_core.shared.planning.schedule import Octave
    from nst_core.shared.wire.messages import Progress, Stylize

REMEMBERED = 25  # evaluations: enough for a stable median, few enough to follow changes of the load
ENOUGH = 3  # least number of evaluations
LARGE = 0.5  # of the largest area seen: in smaller ones the cost per step prevails over that per pixel
TRUSTED = 0.2  # megapixels from which on a measured speed counts fully
BELIEVED = (0.001, 10000.0)  # seconds for a unit of work; others are wrong: the machine slept, or events were late


class Speed:
    """Seconds for a unit of work (see `Octave.work`): the median of the latest evaluations, preferably large ones.

    If there are only small ones, the result lies between their median and the default.
    """

    def __init__(self) -> None:
        self.seconds: float | None = None
        self._latest: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def note(self, seconds: float, area: float) -> None:
        """Add a measured evaluation. seconds: for a unit of work; area: megapixels."""
        if not BELIEVED[0] <= seconds <= BELIEVED[1]:
            return
        self._latest.append((seconds, area))
        largest = max(area for _seconds, area in self._latest)
        large = [seen for seen in self._latest if seen[1] >= LARGE * largest]
        counted = large if len(large) >= ENOUGH else list(self._latest)
        if len(counted) >= ENOUGH:
            found = statistics.median(seconds for seconds, _area in counted)
            trust = math.sqrt(min(1.0, statistics.median(area for _seconds, area in counted) / TRUSTED))
            self.seconds = found**trust * DEFAULT_SPEED ** (1 - trust)


class StepTimer:
    """Measures the steps of one job for `speed`, from the second step of each octave on.

    The time of the first step includes the targets.
    """

    def __init__(self, request: Stylize, speed: Speed) -> None:
        self._speed = speed
        self._octaves = octaves(request, speed.seconds)
        self._octave = self._step = 0
        self._since = 0.0

    def note(self, progress: Progress, now: float) -> None:
        """A Progress event came at `now` (seconds, any origin)."""
        follows = (progress.octave, progress.step) == (self._octave, self._step + 1)
        if follows and progress.step >= 2 and progress.octaves == len(self._octaves):
            octave = self._octaves[progress.octave - 1]
            self._speed.note((now - self._since) / octave.work, octave.area)
        self._octave, self._step, self._since = progress.octave, progress.step, now


def octaves(request: Stylize, speed: float | None = None) -> list[Octave]:
    """The octaves of a request on a machine of this speed; empty for settings that only a newer engine has."""
    try:
        settings = from_mapping(request.settings)
    except InvalidSettingError:
        return []
    size, excerpt, resumed = (request.content.height, request.content.width), request.excerpt, request.init is not None
    if excerpt is None:
        return planned_octaves(*size, settings, speed, resumed=resumed)
    whole = excerpt.height, excerpt.width
    begun = excerpt.begun.width if excerpt.begun else 0
    return excerpt_octaves(planned_octaves(*whole, settings, speed, resumed=resumed), whole, size, request.part, begun)
