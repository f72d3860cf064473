"""Going back and forth through what was set."""

from __future__ import annotations

from gimp_plugin.flow.history import MOST, History


def test_changes_can_be_undone_and_redone() -> None:
    """In order; a new change discards what could be redone."""
    history = History("a")
    for at, state in enumerate("bc", 10):
        history.note(state, at)
    assert (history.can_undo, history.can_redo) == (True, False)
    assert [history.undo(), history.undo(), history.undo()] == ["b", "a", "a"]
    assert (history.can_undo, history.can_redo) == (False, True)
    assert [history.redo(), history.redo(), history.redo()] == ["b", "c", "c"]
    history.undo()
    history.note("d", 20)
    assert (history.can_undo, history.can_redo) == (True, False)
    assert history.undo() == "b"


def test_quick_changes_are_undone_together() -> None:
    """As of a dragged slider; after an undo the next change is separate."""
    history = History(0)
    for number in range(1, 10):
        history.note(number, 5 + number / 10)
    assert history.undo() == 0
    history.redo()
    history.note(10, 6.0)
    assert history.undo() == 9


def test_an_equal_state_is_not_a_change() -> None:
    """It adds no step and keeps what can be redone."""
    history = History(1)
    history.note(1, 0.0)
    assert (history.can_undo, history.can_redo) == (False, False)
    history.note(2, 1.0)
    history.undo()
    history.note(1, 9.0)
    assert (history.can_undo, history.can_redo) == (False, True)


def test_the_number_of_steps_is_limited() -> None:
    """The oldest are discarded."""
    history = History(0)
    for number in range(1, MOST + 50):
        history.note(number, float(number))
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == MOST
