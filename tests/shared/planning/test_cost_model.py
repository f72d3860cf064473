"""What a job will cost, before it starts."""

from types import SimpleNamespace

import numpy as np
import pytest

from nst_core.backends.base import Objective
from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import Float
from nst_core.painting.job_plan import speed_of
from nst_core.shared.planning.cost_model import (
    FULL_SIZE_SECONDS,
    LARGE_BUDGET,
    START_SECONDS,
    UPSCALE_SECONDS,
    duration,
    estimate,
)
from nst_core.shared.planning.schedule import GROWTH, Octave
from nst_core.vgg.losses import Targets


def test_time_grows_with_quality_and_area() -> None:
    """Better pictures and larger ones take longer; four times the area a little more than four times as long."""
    seconds = [estimate(400, 600, {"quality": q}).seconds for q in ("draft", "normal", "high", "max")]
    assert seconds == sorted(set(seconds))
    small, large = (estimate(side, side, {}, 10.0).seconds for side in (300, 600))
    assert large / small == pytest.approx(4 ** (1 + GROWTH), rel=0.1)


def test_a_draft_that_is_only_upscaled_costs_little_for_each_megapixel() -> None:
    """Of 18 megapixels, 12 s were measured at 7.8 s for a unit of work; at the speed assumed here a little less."""
    small, large = (estimate(*size, {"quality": "draft"}).seconds for size in ((2000, 3000), (4000, 6000)))
    assert large - small == pytest.approx(18 * UPSCALE_SECONDS, rel=0.05)
    assert large < 18


def test_the_speed_seen_counts() -> None:
    """A machine ten times as fast needs a tenth."""
    slow, fast = (estimate(500, 500, {"quality": "high"}, speed).seconds for speed in (10.0, 1.0))
    assert slow / fast == pytest.approx(10, rel=0.2)


def test_a_time_limit_bounds_the_estimate() -> None:
    """Who asks for five seconds is promised no more than five."""
    assert estimate(2000, 2000, {"seconds": 5.0}).seconds == 5.0


def test_memory_follows_the_largest_octave() -> None:
    """A draft of a large picture takes less than a normal one, which keeps to 4 GB, and that less than the best."""
    draft, normal, best = (estimate(2000, 3000, {"quality": q}).memory for q in ("draft", "normal", "max"))
    assert draft < 3e9
    assert 3.5e9 < normal <= LARGE_BUDGET < best / 2


def test_a_memory_setting_bounds_the_estimate() -> None:
    """What is set is kept, in tiles, which take longer; where all fits nothing changes."""
    free, short, roomy = (estimate(1000, 1500, {"memory": memory}) for memory in (0.0, 2.5, 64.0))
    assert short.memory <= 2.5e9 < free.memory
    assert short.seconds > free.seconds
    assert (short.tiled, free.tiled) == (True, False)
    assert roomy == free


class Timed(OnnxBackend):
    """A backend on which a unit of work takes two seconds by a clock of its own."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.seconds = 100.0

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        height, width = targets.guides.shape[2:]
        work = Octave(height, width, 1, method="classic").work

        def evaluate(image: Float) -> tuple[Float, Float]:
            self.seconds += 2 * work
            return np.zeros(3, np.float32), np.zeros_like(image)

        return Objective(evaluate)


def test_a_measured_speed_forecasts_the_evaluation_it_was_measured_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a small evaluation took is reckoned in the same units as what larger ones will take."""
    backend = Timed()
    monkeypatch.setattr("nst_core.painting.job_plan.time", SimpleNamespace(perf_counter=lambda: backend.seconds))
    speed = speed_of(backend)
    assert speed == pytest.approx(2.0)
    octave = Octave(1000, 1500, 10)
    assert duration([octave], 1.5, speed) == pytest.approx(2 * octave.cost + START_SECONDS + FULL_SIZE_SECONDS * 1.5)
