"""Which part of a layer a preview shows, and how large."""

from __future__ import annotations

import pytest

from gimp_plugin.preview.framing import (
    FINE_SIDE,
    FITTED_SIDE,
    LONGEST,
    MOST_PART,
    Frame,
    fit_into,
    fitted,
    visible_frame,
)
from gimp_plugin.preview.viewport import Viewport
from nst_core.shared.settings import MIN_SIDE

SIZES = [(4000, 3000), (3000, 4000), (256, 256), (257, 40), (4000, 40), (32, 524288), (32, 32), (451, 300)]


@pytest.mark.parametrize("layer", SIZES)
def test_a_fitted_layer_is_small_yet_large_enough_for_the_engine(layer: tuple[int, int]) -> None:
    """No side is below the minimum of the engine, nothing is enlarged, and the frame is inside the layer."""
    frame = fitted(layer)
    assert min(frame.width, frame.height) >= MIN_SIDE
    assert max(frame.width, frame.height) <= LONGEST
    assert frame.scale <= 1
    assert frame.left + frame.width <= round(layer[0] * frame.scale)
    assert frame.top + frame.height <= round(layer[1] * frame.scale)


def test_a_usual_layer_is_previewed_whole_with_its_aspect_ratio() -> None:
    """Its longest edge is that of a preview."""
    assert fitted((4000, 3000)) == Frame(0, 0, FITTED_SIDE, 192, FITTED_SIDE / 4000)
    assert fitted((100, 50)) == Frame(0, 0, 100, 50)
    assert fitted((4000, 3000), 1000).width == 1000


def test_only_the_middle_of_a_very_long_layer_is_previewed() -> None:
    """Painting it whole would take minutes."""
    assert fitted((10000, 32)) == Frame((10000 - LONGEST) // 2, 0, LONGEST, 32)


def test_a_frame_knows_its_place_in_the_layer() -> None:
    """That of a whole layer is all of it, at any scale."""
    assert fitted((4000, 3000)).part((4000, 3000)) == 1.0
    assert fitted((451, 300)).part((451, 300)) == 1.0
    assert fitted((451, 300)).place((451, 300)) == (0, 0, 1, 1)
    quarter = Frame(320, 240, 320, 240)
    assert quarter.part((1280, 960)) == 1 / 16
    assert quarter.place((1280, 960)) == (0.25, 0.25, 0.5, 0.5)


def test_a_picture_is_fitted_with_its_aspect_ratio() -> None:
    """As large as there is room."""
    assert fit_into((200, 100), (400, 400)) == (400, 200)
    assert fit_into((200, 100), (100, 400)) == (100, 50)
    assert fit_into((2048, 32), (320, 240)) == (320, 5)


def test_the_whole_layer_is_painted_at_the_displayed_size() -> None:
    """Up to a maximum; a small layer at its own size."""
    assert visible_frame(Viewport((4000, 3000), (600, 600)), (4000, 3000)).width == 600
    assert visible_frame(Viewport((4000, 3000), (600, 600), density=2), (4000, 3000)).width == FINE_SIDE
    assert visible_frame(Viewport((400, 300), (600, 600)), (400, 300)) == Frame(0, 0, 400, 300)


@pytest.mark.parametrize("zoom", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("density", [1, 2])
@pytest.mark.parametrize("center", [(0.0, 0.0), (2000.0, 1500.0), (3900.0, 100.0)])
def test_of_a_part_the_visible_pixels_and_a_margin_are_painted(
    zoom: float, density: int, center: tuple[float, float]
) -> None:
    """At the displayed resolution, at most that of the layer, and lower if the part would be too large."""
    layer = 4000, 3000
    view = Viewport(layer, (700, 600), density, zoom, center)
    frame, seen = visible_frame(view, layer), view.visible
    left, top, right, bottom = frame.place(layer)
    assert left * 4000 <= seen.left + 2
    assert top * 3000 <= seen.top + 2
    assert right * 4000 >= seen.right - 2
    assert bottom * 3000 >= seen.bottom - 2
    assert frame.width * frame.height <= MOST_PART + 4000
    assert frame.scale <= min(1.0, zoom)
    assert frame.scale == min(1.0, zoom) or frame.width * frame.height > 0.95 * MOST_PART
