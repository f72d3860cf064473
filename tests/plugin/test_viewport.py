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
    widget=st.tuples(st.integers(100, 2000), st.integers(100, 2000)),
    density=st.integers(1, 2),
    zoom=st.none() | st.floats(0.5, MOST_ZOOM),
    center=st.none() | st.tuples(st.floats(-100, 6000), st.floats(-100, 6000)),
)


@given(viewports, st.floats(0, 1), st.floats(0, 1))
def test_points_of_screen_and_layer_are_converted_both_ways(view: Viewport, x: float, y: float) -> None:
    """At any zoom and window size."""
    place = x * view.widget[0], y * view.widget[1]
    there = view.to_layer(*place)
    sides = zip(there, view.layer, view.origin, view.size, strict=True)
    back = [(origin + at / side * size) / view.density for at, side, origin, size in sides]
    assert back == pytest.approx(place, abs=1e-6)


@given(viewports)
def test_the_layer_fills_the_view_as_far_as_it_can(view: Viewport) -> None:
    """A smaller one is centred."""
    for origin, size, space in zip(view.origin, view.size, view.widget, strict=True):
        space *= view.density  # noqa: PLW2901 - px of the screen
        if size <= space:
            assert 0 <= origin == (space - size) // 2
        else:
            assert space - size <= origin <= 0


@given(viewports)
def test_the_visible_part_is_inside_layer_and_view(view: Viewport) -> None:
    """At whole px of the screen, so that nothing is blurred."""
    left, top, width, height = view.on_screen
    assert left >= 0
    assert top >= 0
    assert left + width <= view.size[0]
    assert top + height <= view.size[1]
    assert Box(0, 0, *view.layer).holds(view.visible)
    assert view.to_layer(*view.corner) == pytest.approx((view.visible.left, view.visible.top), abs=1e-6)


@given(viewports, st.floats(0.2, 5), st.floats(0, 1), st.floats(0, 1))
def test_zooming_keeps_the_point_under_the_pointer(view: Viewport, factor: float, x: float, y: float) -> None:
    """To a px of layer or screen, unless the layer reaches its border."""
    place = x * view.widget[0], y * view.widget[1]
    there = view.to_layer(*place)
    zoomed = view.zoomed(view.scale * factor, place)
    free = all(size >= 2 * space * view.density for size, space in zip(zoomed.size, view.widget, strict=True))
    inside = all(0.3 * side < at < 0.7 * side for at, side in zip(there, view.layer, strict=True))
    if free and inside:
        assert zoomed.to_layer(*place) == pytest.approx(there, abs=1 + 1 / zoomed.scale)


def test_fit_shows_the_whole_layer_and_follows_the_window() -> None:
    """Small layers are enlarged, large ones reduced; with scale 2 there are twice as many px."""
    view = Viewport((4000, 3000), (400, 400))
    assert (view.scale, view.size, view.origin, view.whole) == (0.1, (400, 300), (0, 50), True)
    assert view.resized((800, 800), 1).size == (800, 600)
    assert view.resized((400, 400), 2).size == (800, 600)
    assert view.resized((400, 400), 2).corner == (0, 50)
    assert Viewport((40, 30), (400, 400)).scale == 10


def test_zoom_is_limited_to_fit_and_400_per_cent() -> None:
    """And snaps to 100 %."""
    view = Viewport((4000, 3000), (400, 300))
    assert view.zoomed(99).scale == MOST_ZOOM
    assert view.zoomed(0.97).zoom == 1.0
    assert view.zoomed(2).zoomed(0.01) == view
    assert view.zoomed(1.0).visible == Box(1800, 1350, 2200, 1650)


def test_100_per_cent_is_exact_also_where_the_whole_layer_nearly_fits() -> None:
    """A layer of 600 px in a view of 598 px is shown pixel for pixel."""
    assert Viewport((600, 400), (598, 500)).zoomed(1.0).scale == 1.0
    assert Viewport((600, 400), (600, 400)).zoomed(1.0).whole


def test_dragging_moves_the_layer_with_the_mouse_up_to_its_border() -> None:
    """Dragging back moves it at once, however far beyond the border the mouse was."""
    view = Viewport((4000, 3000), (400, 300)).zoomed(1.0)
    assert view.moved(10, -20).visible == Box(1790, 1370, 2190, 1670)
    corner = view.moved(9999, 9999)
    assert corner.visible == Box(0, 0, 400, 300)
    assert corner.moved(-10, 0).visible == Box(10, 0, 410, 300)


def test_the_view_can_be_centred_on_a_point() -> None:
    """As by a click into the overview."""
    view = Viewport((4000, 3000), (400, 300), zoom=1.0)
    assert view.showing(300, 3000).visible == Box(100, 2700, 500, 3000)
    assert view.to_layer_length(10) == 10
    assert Viewport((4000, 3000), (400, 300), zoom=0.5).to_layer_length(10) == 20


def test_a_small_part_is_shown_enlarged_with_its_surroundings() -> None:
    """Whole and centred, up to the maximum zoom; for a large part the whole layer is shown."""
    view = Viewport((2000, 1000), (500, 400))
    small = Box(1200, 300, 1400, 400)
    framed = view.around(small)
    assert framed.visible.holds(small)
    assert (small.width / framed.visible.width) == pytest.approx(1 / 1.6, rel=0.01)
    assert framed.visible.middle == pytest.approx(small.middle, abs=1)
    assert view.around(Box(1200, 300, 1201, 301)).scale == MOST_ZOOM
    assert view.around(Box(100, 100, 1900, 900)) == view
