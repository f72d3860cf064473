"""How a layer lies in the room that shows it: zoom, pan, and the way from one to the other and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_plugin.preview.viewport import MOST_ZOOM, Box, Viewport

sides = st.integers(32, 6000)
viewports = st.builds(
    Viewport,
    layer=st.tuples(sides, sides),
    room=st.tuples(st.integers(100, 2000), st.integers(100, 2000)),
    density=st.integers(1, 2),
    zoom=st.none() | st.floats(0.5, MOST_ZOOM),
    center=st.none() | st.tuples(st.floats(-100, 6000), st.floats(-100, 6000)),
)


@given(viewports, st.floats(0, 1), st.floats(0, 1))
def test_a_place_and_the_point_of_the_layer_there_lead_to_each_other(view: Viewport, x: float, y: float) -> None:
    """At any zoom, in any room."""
    place = x * view.room[0], y * view.room[1]
    assert view.to_room(*view.to_layer(*place)) == pytest.approx(place, abs=1e-6)


@given(viewports)
def test_no_room_is_left_empty_that_the_layer_could_fill(view: Viewport) -> None:
    """What is smaller than the room lies in its middle."""
    for origin, size, room in zip(view.origin, view.size, view.room, strict=True):
        room *= view.density  # noqa: PLW2901 - px of the screen
        if size <= room:
            assert 0 <= origin == (room - size) // 2
        else:
            assert room - size <= origin <= 0


@given(viewports)
def test_what_is_seen_lies_in_the_layer_and_in_the_room(view: Viewport) -> None:
    """In px of the screen, so that nothing is blurred by half a px."""
    left, top, width, height = view.seen
    assert left >= 0
    assert top >= 0
    assert left + width <= view.size[0]
    assert top + height <= view.size[1]
    assert Box(0, 0, *view.layer).holds(view.visible)
    assert view.to_layer(*view.corner) == pytest.approx((view.visible.left, view.visible.top), abs=1e-6)


@given(viewports, st.floats(0.2, 5), st.floats(0, 1), st.floats(0, 1))
def test_what_the_pointer_is_on_stays_under_it(view: Viewport, factor: float, x: float, y: float) -> None:
    """But where the layer would leave the room for it; to a px of the layer or of the screen."""
    place = x * view.room[0], y * view.room[1]
    there = view.to_layer(*place)
    zoomed = view.zoomed(view.scale * factor, place)
    free = all(size >= 2 * room * view.density for size, room in zip(zoomed.size, view.room, strict=True))
    inside = all(0.3 * side < at < 0.7 * side for at, side in zip(there, view.layer, strict=True))
    if free and inside:
        assert zoomed.to_layer(*place) == pytest.approx(there, abs=1 + 1 / zoomed.scale)


def test_fit_shows_all_and_follows_the_room() -> None:
    """Small layers are enlarged, large ones made smaller; twice as dense a screen has twice the px."""
    view = Viewport((4000, 3000), (400, 400))
    assert (view.scale, view.size, view.origin, view.whole) == (0.1, (400, 300), (0, 50), True)
    assert view.in_room((800, 800), 1).size == (800, 600)
    assert view.in_room((400, 400), 2).size == (800, 600)
    assert view.in_room((400, 400), 2).corner == (0, 50)
    assert Viewport((40, 30), (400, 400)).scale == 10


def test_zoom_ends_at_fit_and_at_400_per_cent() -> None:
    """And stays at 100 % where it comes near."""
    view = Viewport((4000, 3000), (400, 300))
    assert view.zoomed(99).scale == MOST_ZOOM
    assert view.zoomed(0.97).zoom == 1.0
    assert view.zoomed(2).zoomed(0.01) == view
    assert view.zoomed(1.0).visible == Box(1800, 1350, 2200, 1650)


def test_100_per_cent_is_exact_also_where_the_whole_layer_nearly_fits() -> None:
    """A layer of 600 px in a room of 598 px is shown pixel for pixel."""
    assert Viewport((600, 400), (598, 500)).zoomed(1.0).scale == 1.0
    assert Viewport((600, 400), (600, 400)).zoomed(1.0).whole


def test_a_pull_moves_the_layer_with_the_mouse_as_far_as_it_reaches() -> None:
    """And one back goes back at once, however far the first went."""
    view = Viewport((4000, 3000), (400, 300)).zoomed(1.0)
    assert view.moved(10, -20).visible == Box(1790, 1370, 2190, 1670)
    corner = view.moved(9999, 9999)
    assert corner.visible == Box(0, 0, 400, 300)
    assert corner.moved(-10, 0).visible == Box(10, 0, 410, 300)


def test_a_place_can_be_asked_for() -> None:
    """As by a click into a small map."""
    view = Viewport((4000, 3000), (400, 300), zoom=1.0)
    assert view.showing(300, 3000).visible == Box(100, 2700, 500, 3000)
    assert view.to_layer_length(10) == 10
    assert Viewport((4000, 3000), (400, 300), zoom=0.5).to_layer_length(10) == 20


def test_a_small_part_that_matters_is_shown_with_what_is_around_it() -> None:
    """Whole and in the middle, never beyond the largest zoom; a large part is seen in all of the layer."""
    view = Viewport((2000, 1000), (500, 400))
    small = Box(1200, 300, 1400, 400)
    framed = view.around(small)
    assert framed.visible.holds(small)
    assert (small.width / framed.visible.width) == pytest.approx(1 / 1.6, rel=0.01)
    assert framed.visible.middle == pytest.approx(small.middle, abs=1)
    assert view.around(Box(1200, 300, 1201, 301)).scale == MOST_ZOOM
    assert view.around(Box(100, 100, 1900, 900)) == view
