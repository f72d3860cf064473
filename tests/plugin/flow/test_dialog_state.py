"""The dialog's states, with the artist's acts and the engine's events in every order that matters."""

from __future__ import annotations

import pytest
from dialog_fixtures import LARGE, MISSING, SEEN, SMALL, FakeDialog, done, failed, progress

from gimp_plugin.flow.roles import Phase, Status
from gimp_plugin.flow.variations import Kind
from gimp_plugin.wording import amount, duration, of_error, of_estimate, of_status
from nst_core.shared.errors import EngineMissingError, InvalidImageError, LayerGoneError, NeuralStyleError
from nst_core.shared.wire.messages import Cancelled, Pixels, Preview, Progress, StyleFile, Stylize


def test_a_preview_is_painted_once_changes_have_settled() -> None:
    """Three changes in a row give one preview."""
    dialog = FakeDialog()
    for _ in range(3):
        dialog.flow.change()
    assert dialog.engine.asked == []
    dialog.run_timers()
    assert [request.content for request in dialog.engine.asked] == [SMALL]
    dialog.receive(progress(), Preview(1, SEEN), done())
    assert dialog.screen.phases == [Phase.PREVIEWING, Phase.IDLE]
    assert len(set(dialog.screen.notes)) == 3, "waiting, getting better, done"


def test_an_identical_preview_is_not_painted_again() -> None:
    """Quality and time limit do not change it, and after a run it is shown again."""
    dialog = FakeDialog()
    for _ in range(2):
        dialog.flow.change()
        dialog.run_timers()
        dialog.receive(done())
    assert len(dialog.engine.asked) == 1
    dialog.flow.stylize()
    dialog.flow.cancel()
    dialog.run_timers()
    assert [request.content for request in dialog.engine.asked] == [SMALL, LARGE]


def test_a_failed_preview_is_tried_again_after_a_change() -> None:
    """The reason is shown."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(failed(MISSING))
    (error,) = dialog.screen.no_preview
    assert (type(error), error.message, error.remedy) == (EngineMissingError, MISSING.message, MISSING.remedy)
    assert dialog.flow.phase is Phase.IDLE
    dialog.flow.change()
    dialog.run_timers()
    assert len(dialog.engine.asked) == 2


def test_an_unreadable_style_cancels_the_running_preview() -> None:
    """Instead of the preview there is a message."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.work.error = InvalidImageError("the style picture is gone")
    dialog.flow.change()
    dialog.run_timers()
    assert dialog.screen.no_preview == [dialog.work.error]
    assert dialog.engine.orders == ["cancel"]
    dialog.receive(Preview(1, SEEN), Cancelled(1))
    assert len(dialog.screen.notes) == 1, "only that the first one was on its way"


def test_stylize_paints_every_layer_and_closes_the_window() -> None:
    """One after another, with the progress of all."""
    dialog = FakeDialog(2)
    dialog.flow.stylize()
    assert dialog.flow.phase is Phase.RUNNING
    dialog.receive(progress(), Preview(1, SEEN), done())
    dialog.receive(progress(fraction=0.5), done())
    assert [request.content for request in dialog.engine.asked] == [LARGE, LARGE]
    assert [status.fraction for status in dialog.screen.statuses] == [0, 0.25, 0.5, 0.75]
    assert dialog.screen.painting == [0]
    assert dialog.work.kept is not None
    assert sorted(dialog.work.kept) == [0, 1]
    assert (dialog.flow.phase, dialog.screen.left) == (Phase.CLOSED, 1)


def test_stylize_cancels_the_preview() -> None:
    """A waiting preview does not start, and the events of a running one are ignored."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    heard_by_preview = dialog.engine.hear
    dialog.flow.change()
    dialog.flow.stylize()
    assert dialog.waiting == []
    heard_by_preview(done())
    assert dialog.flow.phase is Phase.RUNNING


def test_changes_during_a_run_are_ignored() -> None:
    """So is a second press of the button."""
    dialog = FakeDialog()
    dialog.flow.stylize()
    dialog.flow.change()
    dialog.flow.stylize()
    assert dialog.waiting == []
    assert len(dialog.engine.asked) == 1


def test_stop_keeps_finished_layers_and_the_current_one() -> None:
    """The third layer is not started."""
    dialog = FakeDialog(3)
    dialog.flow.stylize()
    dialog.receive(done(), progress())
    dialog.flow.stop()
    dialog.flow.stop()
    assert dialog.flow.phase is Phase.STOPPING
    assert dialog.engine.orders == ["stop"]
    dialog.receive(progress(2), done())
    assert dialog.work.kept is not None
    assert sorted(dialog.work.kept) == [0, 1]
    assert dialog.screen.left == 1


@pytest.mark.parametrize("stopping", [False, True])
def test_cancel_discards_the_run_and_goes_back_to_choosing(*, stopping: bool) -> None:
    """At once, also while stopping; late events of the engine are ignored, and a preview follows."""
    dialog = FakeDialog(2)
    dialog.flow.stylize()
    dialog.receive(done(), progress())
    if stopping:
        dialog.flow.stop()
    late = dialog.engine.hear
    dialog.flow.cancel()
    assert dialog.flow.phase is Phase.IDLE
    assert dialog.engine.orders[-1] == "cancel"
    late(done())
    assert dialog.work.kept is None
    dialog.run_timers()
    assert dialog.engine.asked[-1].content == SMALL
    dialog.flow.stylize()
    assert len(dialog.engine.asked) == 4, "the layer that was done is painted again"


def test_cancel_while_choosing_closes_the_window() -> None:
    """And nothing happens after that."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.flow.cancel()
    assert (dialog.flow.phase, dialog.screen.left, dialog.waiting) == (Phase.CLOSED, 1, [])
    for act in (dialog.flow.change, dialog.flow.stylize, dialog.flow.stop, dialog.flow.cancel, dialog.flow.close):
        act()
    dialog.run_timers()
    assert (dialog.engine.asked, dialog.screen.left) == ([], 1)


def test_closing_the_window_ends_a_run() -> None:
    """Late events of the engine are ignored."""
    dialog = FakeDialog()
    dialog.flow.stylize()
    dialog.flow.close()
    dialog.receive(progress(), done())
    assert dialog.work.kept is None
    assert dialog.screen.left == 1


def test_an_error_is_shown_and_stylize_works_again() -> None:
    """Layers painted before it are kept: another try paints the rest only."""
    dialog = FakeDialog(2)
    dialog.flow.stylize()
    dialog.receive(done(), failed(MISSING))
    assert dialog.screen.error is not None
    assert dialog.screen.error.message == MISSING.message
    assert dialog.flow.phase is Phase.IDLE
    dialog.run_timers()
    dialog.flow.stylize()
    assert dialog.screen.error is None
    assert dialog.screen.statuses[-1].number == 2
    dialog.receive(done())
    assert dialog.work.kept is not None
    assert sorted(dialog.work.kept) == [0, 1]


def test_other_settings_after_an_error_paint_all_layers_again() -> None:
    """Layers with different settings are never mixed."""
    dialog = FakeDialog(2)
    dialog.flow.stylize()
    dialog.receive(done(), failed(MISSING))
    dialog.work.strength = 80.0
    dialog.flow.stylize()
    assert dialog.screen.statuses[-1].number == 1


def test_variations_go_on_when_the_artist_does_not_paint_after_all() -> None:
    """Asked about the layers that were painted before an error, with other settings."""
    dialog = FakeDialog(2)
    dialog.flow.stylize()
    dialog.receive(done(), failed(MISSING))
    dialog.work.strength = 80.0
    dialog.flow.vary(Kind.LOOK)
    asked, dialog.screen.answer = len(dialog.engine.asked), None
    dialog.flow.stylize()
    dialog.run_timers()
    assert dialog.flow.phase is Phase.VARYING
    assert len(dialog.engine.asked) == asked + 1


def test_an_unreadable_style_starts_no_run() -> None:
    """The error is shown and the buttons do not change."""
    dialog = FakeDialog()
    dialog.work.error = InvalidImageError("the style picture is gone")
    dialog.flow.stylize()
    assert dialog.screen.error is dialog.work.error
    assert (dialog.flow.phase, dialog.engine.asked) == (Phase.IDLE, [])


def test_a_deleted_layer_is_skipped() -> None:
    """The others are painted."""
    dialog = FakeDialog(3)
    dialog.work.gone = {1}
    dialog.flow.stylize()
    dialog.receive(done())
    dialog.receive(done())
    assert dialog.work.kept is not None
    assert sorted(dialog.work.kept) == [0, 2]


def test_an_image_closed_meanwhile_gives_an_error_in_the_dialog() -> None:
    """The window stays open to show it."""
    dialog = FakeDialog()
    dialog.flow.stylize()
    dialog.work.gone = {0}
    dialog.receive(done())
    assert isinstance(dialog.screen.error, LayerGoneError)
    assert dialog.screen.left == 0


def test_a_bug_ends_the_run_with_an_error() -> None:
    """The window does not stay in the run forever."""
    dialog = FakeDialog()
    dialog.flow.stylize()
    dialog.flow.break_down(NeuralStyleError("the plug-in failed"))
    assert dialog.flow.phase is Phase.IDLE
    assert dialog.engine.orders == ["cancel"]
    assert dialog.screen.error is not None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "about 1 second"),
        (4.4, "about 4 seconds"),
        (18.0, "about 20 seconds"),
        (53.0, "about 50 seconds"),
        (56.0, "about 1 minute"),
        (600.0, "about 10 minutes"),
        (3400.0, "about 1 hour"),
        (9000.0, "about 2 hours"),
    ],
)
def test_durations_are_round_numbers(seconds: float, said: str) -> None:
    """An estimate of 53.27 seconds would pretend precision."""
    assert duration(seconds) == said


def test_amounts_of_memory_have_a_suitable_unit() -> None:
    """Megabytes in tens, gigabytes in tenths."""
    assert [amount(number) for number in (3, 412_000_000, 1_234_000_000)] == ["10 MB", "410 MB", "1.2 GB"]
    assert of_estimate(20, 1_200_000_000, tiled=False) == "About 20 seconds · 1.2 GB"


def test_an_estimate_says_if_the_picture_is_painted_in_tiles() -> None:
    """Which takes longer, but less memory."""
    assert of_estimate(20, 1_200_000_000, tiled=True) == "About 20 seconds · 1.2 GB · part by part"


def test_the_status_names_layer_size_step_and_time_left() -> None:
    """A number is omitted if there is only one of it."""
    assert of_status(Status(1, 1)) == "Starting"
    assert of_status(Status(2, 3)) == "Layer 2 of 3 · Starting"
    said = of_status(Status(2, 3, progress()))
    assert said == "Layer 2 of 3 · Size 1 of 2 · Step 1 of 4 · about 3 seconds left"
    alone = Progress(1, 1, 1, 2, 4, loss=1.0, seconds_left=61.0, fraction=0.5)
    assert of_status(Status(1, 1, alone)) == "Step 2 of 4 · about 1 minute left"


def test_an_error_becomes_two_sentences() -> None:
    """A file name at the beginning keeps its first letter."""
    assert of_error(MISSING) == ("The engine is missing.", "Install it.")
    assert of_error(NeuralStyleError("a.png is empty")) == ("a.png is empty.", "")


def part(size: int) -> Stylize:
    """What is seen of a preview, finer."""
    return Stylize(Pixels(size, 1, bytes(16 * size)), (StyleFile(b"style"),))


def test_a_finished_preview_is_refined_until_it_has_the_displayed_resolution() -> None:
    """First the whole layer, then the visible part; each ends with a final picture."""
    dialog = FakeDialog()
    dialog.work.parts = [part(3), part(4)]
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    dialog.receive(Preview(1, SEEN), done())
    dialog.receive(done())
    assert [request.content.width for request in dialog.engine.asked] == [1, 3, 4]
    assert dialog.screen.finished == [True, False, True, True]
    assert dialog.flow.phase is Phase.IDLE


def test_a_change_cancels_the_refinement_at_once() -> None:
    """Its late events are ignored."""
    dialog = FakeDialog()
    dialog.work.parts = [part(3)]
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    finer = dialog.engine.hear
    dialog.work.strength = 60.0
    dialog.flow.change()
    dialog.run_timers()
    finer(Preview(1, SEEN))
    assert [request.content.width for request in dialog.engine.asked] == [1, 3, 1]
    assert dialog.screen.finished == [True]


def test_moving_the_view_requests_the_visible_part_once() -> None:
    """Not before the whole preview is finished, and not while the same part is painted."""
    dialog = FakeDialog()
    dialog.flow.change()
    dialog.run_timers()
    dialog.flow.view_changed()
    assert dialog.waiting == []
    dialog.receive(done())
    dialog.work.parts = [part(3), part(3), part(5)]
    for _ in range(3):
        dialog.flow.view_changed()
        dialog.flow.view_changed()
        dialog.run_timers()
    assert [request.content.width for request in dialog.engine.asked] == [1, 3, 5]


def test_a_part_that_cannot_be_painted_does_not_change_the_preview() -> None:
    """For example one outside the selection."""
    dialog = FakeDialog()
    dialog.work.finer_error = InvalidImageError("nothing is visible")
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    assert dialog.screen.no_preview == []
    assert dialog.flow.phase is Phase.IDLE


def test_the_refinement_continues_after_variations() -> None:
    """Which have used the engine meanwhile."""
    dialog = FakeDialog()
    dialog.work.parts = [part(3), part(3)]
    dialog.flow.change()
    dialog.run_timers()
    dialog.receive(done())
    dialog.flow.vary(Kind.LOOK)
    dialog.flow.leave_variations()
    dialog.run_timers()
    assert [request.content.width for request in dialog.engine.asked] == [1, 3, 1, 3]


def test_insert_and_stay_inserts_the_painting_and_keeps_the_window_open() -> None:
    """The next run paints again, even with the same settings; then the window may close."""
    dialog = FakeDialog()
    dialog.flow.stylize(stay=True)
    dialog.receive(done())
    assert dialog.work.kept is not None
    assert (dialog.flow.phase, dialog.screen.left) == (Phase.IDLE, 0)
    dialog.run_timers()
    assert dialog.flow.phase is Phase.PREVIEWING
    dialog.work.kept = None
    dialog.flow.stylize()
    dialog.receive(done())
    assert dialog.work.kept is not None
    assert dialog.screen.left == 1


def test_every_painting_gets_a_snapshot() -> None:
    """Of each layer, also of a stopped run, but not of a cancelled one."""
    dialog = FakeDialog(2)
    dialog.flow.stylize(stay=True)
    dialog.receive(done(), progress())
    dialog.flow.stop()
    dialog.receive(done())
    assert dialog.screen.snapshots == [0, 1]
    dialog.flow.stylize(stay=True)
    dialog.flow.cancel()
    assert dialog.screen.snapshots == [0, 1]
