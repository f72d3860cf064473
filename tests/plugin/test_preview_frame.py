"""Which part of a layer a preview shows, and how large."""

from __future__ import annotations

import pytest

from gimp_plugin.preview.framing import FITTED_SIDE, LONGEST, REGION, Frame, around, fitted, placed, region
from nst_core.shared.settings import MIN_SIDE

SIZES = [(4000, 3000), (3000, 4000), (256, 256), (257, 40), (4000, 40), (32, 524288), (32, 32), (451, 300)]


@pytest.mark.parametrize("layer", SIZES)
def test_a_fitted_layer_is_small_yet_large_enough_for_the_engine(layer: tuple[int, int]) -> None:
    """Neither side falls below the engine's least, nothing is enlarged, and the frame lies in the layer."""
    frame = fitted(layer)
    assert min(frame.width, frame.height) >= MIN_SIDE
    assert max(frame.width, frame.height) <= LONGEST
    assert frame.scale <= 1
    assert frame.left + frame.width <= round(layer[0] * frame.scale)
    assert frame.top + frame.height <= round(layer[1] * frame.scale)


def test_a_usual_layer_fits_whole_and_in_its_proportions() -> None:
    """Its longest edge is that of a preview."""
    assert fitted((4000, 3000)) == Frame(0, 0, FITTED_SIDE, 192, FITTED_SIDE / 4000)
    assert fitted((100, 50)) == Frame(0, 0, 100, 50)
    assert fitted((4000, 3000), 1000).width == 1000


def test_of_a_very_long_layer_the_middle_is_previewed() -> None:
    """Painting it whole would take minutes."""
    assert fitted((10000, 32)) == Frame((10000 - LONGEST) // 2, 0, LONGEST, 32)


def test_a_region_is_the_middle_at_full_resolution() -> None:
    """Of a small layer it is all there is."""
    assert region((4000, 3000)) == Frame(1840, 1380, *REGION)
    assert region((100, 500)) == Frame(0, 130, 100, 240)


def test_a_region_moves_no_further_than_the_layer_reaches() -> None:
    """In each direction."""
    layer = (1000, 800)
    frame = region(layer)
    assert frame.moved(10.4, -20, layer) == Frame(350, 260, *REGION)
    assert frame.moved(9999, 9999, layer) == Frame(680, 560, *REGION)
    assert frame.moved(-9999, -9999, layer) == Frame(0, 0, *REGION)


def test_a_frame_knows_its_share_of_the_layer() -> None:
    """All of it for a whole layer, however small it is shown."""
    assert fitted((4000, 3000)).part((4000, 3000)) == 1.0
    assert fitted((451, 300)).part((451, 300)) == 1.0
    assert region((1280, 960)).part((1280, 960)) == 1 / 16
    assert region((640, 120)).part((640, 120)) == 0.5


def test_a_picture_is_placed_in_its_own_proportions() -> None:
    """As large as there is room, or only as large as it is."""
    assert placed((200, 100), (400, 400), enlarge=True) == (400, 200)
    assert placed((200, 100), (400, 400), enlarge=False) == (200, 100)
    assert placed((200, 100), (100, 400), enlarge=False) == (100, 50)
    assert placed((2048, 32), (320, 240), enlarge=True) == (320, 5)


@pytest.mark.parametrize("layer", SIZES)
def test_a_region_fills_the_room_there_is(layer: tuple[int, int]) -> None:
    """As far as the layer reaches; with another room it stays where it was."""
    filling = region(layer, (900, 700))
    assert (filling.width, filling.height) == (min(layer[0], 900), min(layer[1], 700))
    corner = region(layer).moved(-layer[0], -layer[1], layer)
    wider = around(corner, layer, (500, 400))
    assert (wider.width, wider.height) == (min(layer[0], 500), min(layer[1], 400))
    assert (wider.left, wider.top) == (0, 0)
