"""How fast the machine paints, from what jobs tell."""

from __future__ import annotations

import pytest

from gimp_plugin.flow.speed import Speed, StepTimer, octaves
from nst_core.shared.planning.cost_model import DEFAULT_SPEED
from nst_core.shared.planning.schedule import Octave
from nst_core.shared.settings import Value
from nst_core.shared.wire.messages import Pixels, Progress, StylePixels, Stylize


def request(width: int, height: int, **settings: Value) -> Stylize:
    picture = Pixels(width, height, bytes(width * height * 16))
    return Stylize(picture, (StylePixels(Pixels(1, 1, bytes(16))),), settings)


def progress(octave: int, octaves: int, step: int) -> Progress:
    return Progress(1, octave, octaves, step, 10, 0.5, 1.0, 0.1)


def test_no_speed_is_known_before_three_steps() -> None:
    """The first step of an octave also computes its targets, and is not measured."""
    speed = Speed()
    timer = StepTimer(request(500, 400), speed)
    for step, now in enumerate((10.0, 14.0, 15.0, 16.0)):
        timer.note(progress(4, 4, step), now)
        assert speed.seconds is None
    timer.note(progress(4, 4, 4), 17.0)
    assert speed.seconds == pytest.approx(1 / Octave(400, 500, 1).work)


def test_each_octave_counts_with_its_own_size() -> None:
    """Less work in proportionally less time is the same speed; the pause between octaves is not measured."""
    speed = Speed()
    timer = StepTimer(request(1000, 1000), speed)  # 62, 125, 250, 500 and 1000 px
    lap_of_second = 4.0 * Octave(500, 500, 1).work
    seen = ((4, 1, 0.0), (4, 2, lap_of_second), (4, 3, 2 * lap_of_second), (5, 1, 50.0), (5, 2, 54.0))
    for octave, step, now in seen:
        timer.note(progress(octave, 5, step), now)
        assert speed.seconds in (None, pytest.approx(4.0))
    assert speed.seconds is not None


def test_small_evaluations_count_only_until_there_are_large_ones() -> None:
    """The steps of a thumbnail cost more per pixel."""
    speed = Speed()
    for _ in range(10):
        speed.note(60.0, 0.05)
    assert speed.seconds is not None
    assert DEFAULT_SPEED < speed.seconds < 0.5 * 60.0, "between what is usual and what they say"
    for _ in range(3):
        speed.note(12.0, 1.0)
    assert speed.seconds == pytest.approx(12.0)


def test_impossible_measurements_are_ignored() -> None:
    """After delayed events, or a suspended machine."""
    speed = Speed()
    for seconds in (0.0, -1.0, 40000.0, 0.0, 8.0, 8.0, 8.0):
        speed.note(seconds, 1.0)
        assert speed.seconds in (None, pytest.approx(8.0))
    assert speed.seconds == pytest.approx(8.0)


def test_missing_steps_are_not_measured() -> None:
    """Two steps together would look like a slow one."""
    speed = Speed()
    timer = StepTimer(request(500, 400), speed)
    for step in range(2, 12, 2):
        timer.note(progress(1, 1, step), 9.0 * step)
    assert speed.seconds is None


def test_the_speed_ignores_one_slow_step_and_follows_a_lasting_change() -> None:
    """It is the median of the latest evaluations."""
    speed = Speed()
    for seconds in (2.0, 2.0, 90.0, 2.0):
        speed.note(seconds, 1.0)
    assert speed.seconds == pytest.approx(2.0)
    for _ in range(30):
        speed.note(6.0, 1.0)
    assert speed.seconds == pytest.approx(6.0)


@pytest.mark.parametrize(("quality", "seen"), [("draft", Octave(240, 320, 1)), ("normal", Octave(600, 800, 1))])
def test_a_draft_is_measured_at_the_size_it_is_painted_at(quality: str, seen: Octave) -> None:
    """Not at that of the content."""
    wanted = request(800, 600, quality=quality)
    speed = Speed()
    timer = StepTimer(wanted, speed)
    count = len(octaves(wanted))
    for step in range(1, 5):
        timer.note(progress(count, count, step), float(step))
    same = Speed()
    for _ in range(3):
        same.note(1 / seen.work, seen.area)
    assert speed.seconds == pytest.approx(same.seconds)


def test_runs_with_unknown_settings_are_not_measured() -> None:
    """Their plan is not known."""
    speed = Speed()
    timer = StepTimer(request(800, 600, sparkle=True), speed)
    for step in range(1, 6):
        timer.note(progress(1, 1, step), float(step))
    assert speed.seconds is None


@pytest.mark.parametrize(
    ("settings", "known", "seen"),
    [
        ({}, None, Octave(1033, 1549, 1, tile=1024)),
        ({}, 0.1, Octave(1600, 2400, 1)),
        ({"memory": 6.0}, 0.1, Octave(1600, 2400, 1, tile=768)),
    ],
    ids=["processor", "graphics card", "tiles"],
)
def test_a_large_picture_is_measured_as_it_is_painted(
    settings: dict[str, Value], known: float | None, seen: Octave
) -> None:
    """Reduced, and in tiles: otherwise the measured speed would be wrong."""
    plan = octaves(request(2400, 1600, **settings), known)
    count, last = len(plan), plan[-1]
    assert (last.height, last.width, bool(last.tile)) == (seen.height, seen.width, bool(seen.tile))
    speed, same = Speed(), Speed()
    speed.seconds = known
    timer = StepTimer(request(2400, 1600, **settings), speed)
    for step in range(1, 5):
        timer.note(progress(count, count, step), 20.0 * step)
    for _ in range(3):
        same.note(20.0 / last.work, last.area)
    assert speed.seconds == pytest.approx(same.seconds)
