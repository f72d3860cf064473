"""How fast this machine paints, learnt from the progress of jobs. Plain arithmetic."""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import TYPE_CHECKING

from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.planning.cost_model import SPEED, planned_octaves
from nst_core.shared.planning.schedule import excerpted
from nst_core.shared.settings import from_mapping

if TYPE_CHECKING:
    from nst_core.shared.planning.schedule import Octave
    from nst_core.shared.wire.messages import Progress, Stylize

REMEMBERED = 25  # evaluations: enough to be steady, few enough to follow a machine that gets busy
ENOUGH = 3  # evaluations, below which chance has a say
LARGE = 0.5  # of the largest size seen: what is smaller tells more of the cost of each step than of each pixel
TRUSTED = 0.2  # megapixels from which on an evaluation is believed fully
BELIEVED = (0.001, 10000.0)  # seconds for a unit of work; beyond that the machine slept, or the news came late


class Speed:
    """Seconds for a unit of work (see `Octave.work`): the median of the latest ones, the large ones if there are.

    Small ones are believed in part: with them the answer lies between what they say and what is usual.
    """

    def __init__(self) -> None:
        self.seconds: float | None = None
        self._latest: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def note(self, seconds: float, area: float) -> None:
        """One more evaluation was seen, of so many megapixels; `seconds` are for a unit of work."""
        if not BELIEVED[0] <= seconds <= BELIEVED[1]:
            return
        self._latest.append((seconds, area))
        largest = max(area for _seconds, area in self._latest)
        large = [seen for seen in self._latest if seen[1] >= LARGE * largest]
        counted = large if len(large) >= ENOUGH else list(self._latest)
        if len(counted) >= ENOUGH:
            found = statistics.median(seconds for seconds, _area in counted)
            trust = math.sqrt(min(1.0, statistics.median(area for _seconds, area in counted) / TRUSTED))
            self.seconds = found**trust * SPEED ** (1 - trust)


class Lap:
    """Watches one job and tells `speed` what its steps take, from the second step of each octave on.

    The first step of an octave takes the making of its targets too.
    """

    def __init__(self, request: Stylize, speed: Speed) -> None:
        self._speed = speed
        self._octaves = octaves(request, speed.seconds)
        self._octave = self._step = 0
        self._since = 0.0

    def passed(self, progress: Progress, now: float) -> None:
        """Progress came at `now` (seconds, any origin)."""
        follows = (progress.octave, progress.step) == (self._octave, self._step + 1)
        if follows and progress.step >= 2 and progress.octaves == len(self._octaves):
            octave = self._octaves[progress.octave - 1]
            self._speed.note((now - self._since) / octave.work, octave.area)
        self._octave, self._step, self._since = progress.octave, progress.step, now


def octaves(request: Stylize, speed: float | None = None) -> list[Octave]:
    """What will be painted on a machine of that speed; nothing for settings that only a newer engine knows."""
    try:
        settings = from_mapping(request.settings)
    except InvalidSettingError:
        return []
    size, excerpt, resumed = (request.content.height, request.content.width), request.excerpt, request.init is not None
    if excerpt is None:
        return planned_octaves(*size, settings, speed, resumed=resumed)
    whole = excerpt.height, excerpt.width
    begun = excerpt.begun.width if excerpt.begun else 0
    return excerpted(planned_octaves(*whole, settings, speed, resumed=resumed), whole, size, request.part, begun)
