"""The plan, the clock and the plateau: arithmetic with a clock of the test's own."""

import itertools

import pytest

from nst_core.painting.clock import Clock, Plateau
from nst_core.shared.errors import ImageTooSmallError
from nst_core.shared.planning.schedule import COARSEST, SETUP, Octave, plan
from nst_core.shared.settings import Settings, from_mapping


class FakeTime:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize("size", [(384, 512), (1000, 37), (32, 32), (2048, 3000)])
@pytest.mark.parametrize("quality", ["normal", "high", "max"])
def test_octaves_grow_to_the_full_size(size: tuple[int, int], quality: str) -> None:
    """The last octave is the picture's own size; each before it about half, none too small to hold features."""
    octaves = plan(*size, from_mapping({"quality": quality}))
    assert (octaves[-1].height, octaves[-1].width) == size
    for small, large in itertools.pairwise(octaves):
        assert large.width / small.width == pytest.approx(2, rel=0.1)
        assert small.steps >= large.steps
        assert min(small.height, small.width) >= 32
    assert (
        max(octaves[0].height, octaves[0].width) <= COARSEST["painterly"]
        or min(octaves[0].height, octaves[0].width) < 64
    )
    assert all(octave.steps >= 1 for octave in octaves)


@pytest.mark.parametrize("size", [(384, 512), (1000, 37), (32, 32), (4000, 6000)])
def test_a_draft_is_small_and_never_too_small(size: tuple[int, int]) -> None:
    """Its last octave has the picture's proportions, and at least 32 px."""
    octave = plan(*size, Settings(quality="draft"))[-1]
    assert octave.width / octave.height == pytest.approx(size[1] / size[0], rel=0.05)
    assert min(octave.height, octave.width) >= 32
    assert octave.area <= 0.11


@pytest.mark.parametrize("quality", ["draft", "normal"])
def test_a_picture_too_small_for_features_is_refused(quality: str) -> None:
    """In the words in which a job refuses it."""
    with pytest.raises(ImageTooSmallError, match="500 x 31 px"):
        plan(31, 500, from_mapping({"quality": quality}))


def test_better_quality_costs_more() -> None:
    """Each quality spends more than the one below it."""
    costs = [
        sum(o.cost for o in plan(400, 600, from_mapping({"quality": q}))) for q in ("draft", "normal", "high", "max")
    ]
    assert costs == sorted(set(costs))


def classic(height: int, width: int, steps: int) -> Octave:
    return Octave(height, width, steps, method="classic")


def test_time_left_follows_the_speed_seen() -> None:
    """After steps of two seconds, ten steps and their targets at four times the area take eight seconds each."""
    now = FakeTime()
    clock, small, large = Clock(now=now), classic(100, 100, 5), classic(200, 200, 10)
    for _ in range(5):
        now.seconds += 2
        clock.evaluated(small)
    assert clock.seconds_left(small, 5, [large]) == pytest.approx(2 * large.work / small.work * (10 + SETUP["classic"]))
    assert clock.seconds_left(small, 3, []) == pytest.approx(4)


def test_what_was_expected_does_not_outlive_what_was_seen() -> None:
    """The first evaluation tells more than any guess did."""
    now = FakeTime()
    clock, octave = Clock(now=now), classic(1000, 1000, 5)
    clock.expect(1000.0)
    now.seconds += 2
    clock.evaluated(octave)
    assert clock.seconds_left(octave, 1, []) == pytest.approx(8)


def test_what_is_kept_for_carrying_is_free_once_the_full_size_is_begun() -> None:
    """Until then it is reckoned with, where a limit leaves enough of it."""
    now = FakeTime()
    clock, small, large = Clock(10.0, now), classic(500, 500, 5), classic(1000, 1000, 5)
    clock.expect(1.0)
    assert clock.reserve(5.0, large.area)
    now.seconds += 7
    assert not clock.affords(small, 0, [large])
    assert clock.affords(large, 0, [])
    assert not clock.reserve(6.0, large.area)
    assert clock.affords(small, 0, [large])


def evaluations(limit: float, octaves: list[Octave], seconds_per_megapixel: float) -> tuple[list[int], float]:
    """Walk a plan under a limit with a clock that stands still but for evaluations and targets."""
    now = FakeTime()
    clock, counts = Clock(limit, now), []
    clock.expect(seconds_per_megapixel)
    for index, octave in enumerate(octaves):
        later = octaves[index + 1 :]
        if not clock.affords(octave, 0, later):
            break
        now.seconds += SETUP["classic"] * octave.work * seconds_per_megapixel
        clock.restart_lap()
        counts.append(0)
        while counts[-1] < octave.steps:
            now.seconds += octave.work * seconds_per_megapixel
            clock.evaluated(octave)
            counts[-1] += 1
            if not clock.affords(octave, counts[-1], later):
                break
    return counts, clock.elapsed


@pytest.mark.parametrize("limit", [6.0, 20.0, 30.0, 40.0])
def test_a_limit_is_kept_and_used(limit: float) -> None:
    """A plan of 100 seconds ends within the limit, uses most of it, and shares it among the octaves."""
    octaves = [classic(500, 500, 10), classic(1000, 1000, 8)]
    counts, elapsed = evaluations(limit, octaves, 8.0)
    assert 0.5 * limit < elapsed <= limit
    assert counts[0] <= 10
    assert (len(counts) == 2) == (limit == 40)


def test_an_octave_that_cannot_end_in_time_is_not_begun() -> None:
    """Rather the smaller picture, enlarged, than a late one."""
    counts, _ = evaluations(9.0, [classic(500, 500, 3), classic(2000, 2000, 3)], 8.0)
    assert counts == [3]


def test_without_a_limit_nothing_is_shortened() -> None:
    """Zero means no limit."""
    octaves = [classic(500, 500, 10), classic(1000, 1000, 8)]
    assert evaluations(0.0, octaves, 8.0)[0] == [10, 8]


def test_a_plateau_is_a_loss_that_stays_for_some_steps() -> None:
    """A falling loss goes on; a flat one ends after eight steps."""
    falling, flat = Plateau(), Plateau()
    assert not any(falling.reached(0.9**k) for k in range(100))
    assert [flat.reached(1.0) for _ in range(10)].index(True) == 8
