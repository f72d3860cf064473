"""Which variations an artist is shown, and how they come onto the sheet."""

from __future__ import annotations

import itertools

import pytest
from dialog_fixtures import LARGE, MISSING, SEEN, FakeDialog, done, failed, progress

from gimp_plugin.flow.roles import Phase
from gimp_plugin.flow.state import Flow
from gimp_plugin.flow.variations import Kind, Sheet, name_of, plan
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.settings import Settings, Value, all_settings, to_mapping
from nst_core.shared.wire.messages import Preview

ENDS = {setting.name: (setting.info.low, setting.info.high) for setting in all_settings()}


def looks(strength: float = 50.0, brush_size: float = 1.0) -> Sheet:
    return plan(Kind.LOOK, to_mapping(Settings(strength=strength, brush_size=brush_size)))


def axes(sheet: Sheet) -> tuple[list[Value], list[Value]]:
    """The strengths from top to bottom, the brush sizes from left to right."""
    strengths = [variant["strength"] for variant in sheet.variants[::3]]
    return strengths, [variant["brush_size"] for variant in sheet.variants[:3]]


def test_strength_grows_downwards_and_the_brush_to_the_right() -> None:
    """The current settings are in the middle."""
    sheet = looks()
    assert axes(sheet) == ([25.0, 50.0, 75.0], [0.6, 1.0, 1.7])
    assert sheet.now == 4
    assert sheet.variants[4] == {"strength": 50.0, "brush_size": 1.0}
    assert sheet.rows[2] == "Strength 75"
    assert sheet.columns[0] == "Brush size 0.6"


@pytest.mark.parametrize(
    ("strength", "brush_size", "strengths", "brushes", "now"),
    [
        (100.0, 4.0, [50.0, 75.0, 100.0], [1.4, 2.4, 4.0], 8),
        (0.0, 0.25, [0.0, 25.0, 50.0], [0.25, 0.42, 0.69], 0),
        (95.0, 1.0, [45.0, 70.0, 95.0], [0.6, 1.0, 1.7], 7),
        (30.0, 3.0, [10.0, 30.0, 55.0], [1.8, 3.0, 4.0], 4),
    ],
)
def test_at_the_end_of_a_range_both_other_values_are_on_one_side(
    strength: float, brush_size: float, strengths: list[float], brushes: list[float], now: int
) -> None:
    """If there is not even half a step on the other side; otherwise the step there is shorter."""
    sheet = looks(strength, brush_size)
    assert axes(sheet) == (strengths, brushes)
    assert sheet.now == now


def test_all_variations_differ_and_are_in_range() -> None:
    """For any settings; one of them has exactly the current ones."""
    for strength, brush in itertools.product((0, 3.3, 12, 37.5, 61, 88, 99.9, 100), (0.25, 0.31, 0.77, 1.04, 2.9, 4)):
        sheet = looks(float(strength), float(brush))
        assert len({tuple(variant.values()) for variant in sheet.variants}) == 9
        assert sheet.variants[sheet.now] == {"strength": strength, "brush_size": brush}
        for variant, name in itertools.product(sheet.variants, ("strength", "brush_size")):
            low, high = ENDS[name]
            assert low <= float(variant[name]) <= high


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_nine_seeds_surround_the_current_one(seed: int) -> None:
    """They wrap around at the end of the range."""
    sheet = plan(Kind.SEEDS, {"seed": seed})
    seeds = [variant["seed"] for variant in sheet.variants]
    assert (seeds[sheet.now], sheet.now) == (seed, 4)
    assert set(seeds) == {(seed + step) % 2**31 for step in range(9)}


def test_the_current_variation_is_painted_first_and_the_corners_last() -> None:
    """From the middle outwards, or from wherever the present one is."""
    assert looks().order[0] == 4
    assert set(looks().order[1:5]) == {1, 3, 5, 7}
    at_an_end = looks(100.0, 4.0).order
    assert (at_an_end[0], at_an_end[-1]) == (8, 0)
    assert sorted(at_an_end) == list(range(9))


def test_the_name_of_a_variation_contains_its_settings() -> None:
    """Rounded to visible differences."""
    assert name_of({"strength": 70.0, "brush_size": 1.4}) == "Strength 70, brush size 1.4"
    assert name_of({"strength": 100.0, "brush_size": 0.6249}) == "Strength 100, brush size 0.625"
    assert name_of({"seed": 1234567}) == "Variation 1234567"


def test_variations_are_painted_roughly_first_and_then_better() -> None:
    """All have a first picture before any gets a better one, each with its own settings."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.LOOK)
    assert dialog.flow.phase is Phase.VARYING
    (sheet,) = dialog.screen.sheets
    for _ in range(9):
        dialog.receive(progress(), Preview(1, SEEN))
    assert dialog.screen.variants == list(sheet.order)
    for _ in range(9):
        dialog.receive(Preview(1, SEEN), Preview(1, SEEN), done())
    assert dialog.screen.variants[9:] == [number for number in sheet.order for _ in range(3)]
    for asked in (dialog.engine.asked[:9], dialog.engine.asked[9:]):
        painted = [{name: request.settings[name] for name in ("strength", "brush_size")} for request in asked]
        assert painted == [sheet.variants[number] for number in sheet.order]
    assert dialog.screen.notes[0] == "Painting variation 1 of 9…"
    assert dialog.screen.notes[-1] == "Choose a variation to take its settings."


def test_variations_are_finally_painted_at_the_displayed_size() -> None:
    """When all exist, each starting from its picture, with its own settings; a failed one keeps its picture."""
    dialog = FakeDialog()
    dialog.work.cells = True
    dialog.flow.vary(Kind.LOOK)
    (sheet,) = dialog.screen.sheets
    for _ in range(9):
        dialog.receive(done())
    assert dialog.screen.notes[-1] == "Choose a variation to take its settings."
    dialog.receive(Preview(1, SEEN), failed(InvalidImageError("too much", "")))
    for _ in range(8):
        dialog.receive(done())
    assert dialog.screen.no_variants == []
    assert dialog.screen.variants[9:] == list(sheet.order[1:])
    asked = dialog.engine.asked[9:]
    assert [request.content for request in asked] == [LARGE] * 9, "what they were painted as"
    painted = [{name: request.settings[name] for name in ("strength", "brush_size")} for request in asked]
    assert painted == [sheet.variants[number] for number in sheet.order]


def test_a_variation_without_a_first_picture_is_painted_once() -> None:
    """For example with strength 0, which is finished at once."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.SEEDS)
    for _ in range(9):
        dialog.receive(done())
    assert [request.settings["seed"] for request in dialog.engine.asked] == [
        dialog.screen.sheets[0].variants[number]["seed"] for number in dialog.screen.sheets[0].order
    ]


def test_leaving_the_variations_cancels_them_and_shows_the_preview() -> None:
    """Late events are ignored; an interrupted preview is painted again."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.flow.vary(Kind.LOOK)
    late = dialog.engine.hear
    dialog.flow.leave_variations()
    assert (dialog.flow.phase, dialog.engine.orders) == (Phase.IDLE, ["cancel"])
    late(Preview(1, SEEN))
    late(done())
    assert dialog.screen.variants == []
    dialog.run_timers()
    assert dialog.flow.phase is Phase.PREVIEWING


def test_a_finished_preview_is_shown_again_after_the_variations() -> None:
    """It is not painted again if nothing has changed."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    dialog.flow.vary(Kind.LOOK)
    dialog.receive(Preview(1, SEEN))
    dialog.flow.leave_variations()
    dialog.run_timers()
    assert len(dialog.engine.asked) == 3, "the preview and two variations"


def test_variations_continue_where_they_were_left() -> None:
    """Unless something has changed: then they are painted again."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.LOOK)
    for _ in range(4):
        dialog.receive(Preview(1, SEEN))
    dialog.flow.leave_variations()
    dialog.flow.vary(Kind.LOOK)
    assert len(dialog.screen.sheets) == 1
    assert dialog.engine.asked[-1] == dialog.engine.asked[4]
    dialog.flow.leave_variations()
    dialog.work.strength = 70.0
    dialog.flow.vary(Kind.LOOK)
    assert [sheet.variants[sheet.now]["strength"] for sheet in dialog.screen.sheets] == [50.0, 70.0]


def test_the_variations_follow_changed_settings() -> None:
    """Once changes have settled, if they concern the variations; another kind is shown at once."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.LOOK)
    dialog.flow.change()
    dialog.run_timers()
    assert len(dialog.engine.asked) == 1
    dialog.work.strength = 70.0
    dialog.flow.change()
    dialog.flow.change()
    dialog.run_timers()
    dialog.flow.vary(Kind.SEEDS)
    assert len(dialog.screen.sheets) == len(dialog.engine.asked) == 3
    assert dialog.flow.phase is Phase.VARYING


def test_a_failed_variation_is_reported_on_the_sheet() -> None:
    """The next try continues; an unreadable style is reported too."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.LOOK)
    dialog.receive(failed(MISSING))
    assert [error.message for error in dialog.screen.no_variants] == [MISSING.message]
    dialog.flow.change()
    dialog.run_timers()
    assert len(dialog.engine.asked) == 2
    dialog.work.error = InvalidImageError("the style picture is gone")
    dialog.flow.change()
    dialog.run_timers()
    assert dialog.screen.no_variants[-1] is dialog.work.error
    assert dialog.flow.phase is Phase.VARYING


def test_stylize_and_closing_leave_the_variations() -> None:
    """The run uses the artist's settings."""
    for act in (Flow.stylize, Flow.cancel, Flow.close):
        dialog = FakeDialog()
        dialog.flow.vary(Kind.LOOK)
        late = dialog.engine.hear
        act(dialog.flow)
        late(Preview(1, SEEN))
        assert dialog.screen.variants == []
        assert dialog.flow.phase is (Phase.RUNNING if act is Flow.stylize else Phase.CLOSED)


def test_an_unreadable_style_leads_from_the_variations_to_a_preview() -> None:
    """Stylize shows the error; the interrupted preview follows."""
    dialog = FakeDialog()
    dialog.flow.vary(Kind.LOOK)
    dialog.work.error = InvalidImageError("the style picture is gone")
    dialog.flow.stylize()
    assert dialog.screen.error is dialog.work.error
    assert dialog.flow.phase is Phase.IDLE
    assert len(dialog.waiting) == 1


def test_the_current_variation_is_the_preview() -> None:
    """It is painted only if the preview is not finished."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    dialog.flow.vary(Kind.LOOK)
    (sheet,) = dialog.screen.sheets
    assert dialog.screen.variants == [sheet.now]
    dialog.receive(*[done()] * 8)
    painted = [(request.settings["strength"], request.settings["brush_size"]) for request in dialog.engine.asked[1:]]
    assert len(painted) == 8
    assert (50.0, 1.0) not in painted
