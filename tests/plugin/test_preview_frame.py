"""Which part of a layer a preview shows, and how large."""

from __future__ import annotations

import pytest

from gimp_plugin.preview.framing import FITTED_SIDE, LONGEST, Frame, fitted, placed
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


def test_a_frame_knows_its_place_in_the_layer() -> None:
    """All of it for a whole layer, however small it is shown."""
    assert fitted((4000, 3000)).part((4000, 3000)) == 1.0
    assert fitted((451, 300)).part((451, 300)) == 1.0
    assert fitted((451, 300)).place((451, 300)) == (0, 0, 1, 1)
    quarter = Frame(320, 240, 320, 240)
    assert quarter.part((1280, 960)) == 1 / 16
    assert quarter.place((1280, 960)) == (0.25, 0.25, 0.5, 0.5)


def test_a_picture_is_placed_in_its_own_proportions() -> None:
    """As large as there is room."""
    assert placed((200, 100), (400, 400)) == (400, 200)
    assert placed((200, 100), (100, 400)) == (100, 50)
    assert placed((2048, 32), (320, 240)) == (320, 5)
