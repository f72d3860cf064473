"""Going back and forth through what was set."""

from __future__ import annotations

from gimp_plugin.flow.history import MOST, History


def test_a_change_can_be_taken_back_and_made_again() -> None:
    """In their order; a new change ends what could be made again."""
    history = History("a")
    for at, state in enumerate("bc", 10):
        history.note(state, at)
    assert history.ways == (True, False)
    assert [history.back(), history.back(), history.back()] == ["b", "a", "a"]
    assert history.ways == (False, True)
    assert [history.forth(), history.forth(), history.forth()] == ["b", "c", "c"]
    history.back()
    history.note("d", 20)
    assert history.ways == (True, False)
    assert history.back() == "b"


def test_changes_that_follow_each_other_soon_are_one() -> None:
    """As of a slider that is drawn; after a step back the next change is one of its own."""
    history = History(0)
    for number in range(1, 10):
        history.note(number, 5 + number / 10)
    assert history.back() == 0
    history.forth()
    history.note(10, 6.0)
    assert history.back() == 9


def test_what_is_the_same_is_no_change() -> None:
    """Nothing is to be taken back then, and what could be made again stays."""
    history = History(1)
    history.note(1, 0.0)
    assert history.ways == (False, False)
    history.note(2, 1.0)
    history.back()
    history.note(1, 9.0)
    assert history.ways == (False, True)


def test_the_oldest_steps_are_forgotten() -> None:
    """There are never more than so many."""
    history = History(0)
    for number in range(1, MOST + 50):
        history.note(number, float(number))
    steps = 0
    while history.ways[0]:
        history.back()
        steps += 1
    assert steps == MOST
