"""The plan, the clock and the plateau: arithmetic with a clock of the test's own."""

import itertools

import pytest

from nst_core.octaves import COARSEST, Clock, Octave, Plateau, plan


class FakeTime:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize("size", [(384, 512), (1000, 37), (32, 32), (2048, 3000)])
@pytest.mark.parametrize("quality", ["draft", "normal", "high", "max"])
def test_octaves_grow_to_the_full_size(size: tuple[int, int], quality: str):
    """The last octave is the picture's own size; each before it about half, none too small to hold features."""
    octaves = plan(*size, quality)
    assert (octaves[-1].height, octaves[-1].width) == size
    for small, large in itertools.pairwise(octaves):
        assert large.width / small.width == pytest.approx(2, rel=0.1)
        assert small.steps >= large.steps
        assert min(small.height, small.width) >= 32
    assert max(octaves[0].height, octaves[0].width) <= COARSEST or min(octaves[0].height, octaves[0].width) < 64
    assert all(octave.steps >= 1 for octave in octaves)


def test_better_quality_costs_more():
    """Each quality spends more than the one below it."""
    costs = [sum(o.cost for o in plan(400, 600, q)) for q in ("draft", "normal", "high", "max")]
    assert costs == sorted(set(costs))


def test_time_left_follows_the_speed_seen():
    """After steps of two seconds, ten steps at four times the area need eighty seconds."""
    now = FakeTime()
    clock, small, large = Clock(now=now), Octave(100, 100, 5), Octave(200, 200, 10)
    for _ in range(5):
        now.seconds += 2
        clock.evaluated(small)
    assert clock.seconds_left(small, 5, [large]) == pytest.approx(80)


def test_a_limit_shortens_what_is_left():
    """Half the time for a plan: about half the steps of each octave, never none."""
    now = FakeTime()
    clock, octave = Clock(limit=22, now=now), Octave(100, 100, 20)
    now.seconds += 2
    clock.evaluated(octave)
    assert clock.fitted(octave, []).steps == 10
    assert clock.fitted(octave, [octave] * 1000).steps == 1
    now.seconds += 19
    assert clock.out_of_time(octave)


def test_without_a_limit_nothing_is_shortened():
    """Zero means no limit."""
    now = FakeTime()
    clock, octave = Clock(now=now), Octave(100, 100, 20)
    now.seconds += 1e6
    clock.evaluated(octave)
    assert clock.fitted(octave, []) == octave
    assert not clock.out_of_time(octave)


def test_plateau_waits_for_patience_and_notices_progress():
    """A falling loss goes on; a flat one ends after the patience is used up."""
    falling, flat = Plateau(), Plateau()
    assert not any(falling.reached(0.9**k) for k in range(100))
    assert [flat.reached(1.0) for _ in range(10)].index(True) == 8
