"""Pictures too large to be handled whole: the first picture in tiles, and strips."""

import numpy as np
import pytest
from engine_fixtures import noise, painting, photograph

from nst_core import first_paint, images, strips
from nst_core.backends import Float


@pytest.fixture
def tiles_of_208(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 0)
    monkeypatch.setattr(first_paint, "TILE", 208)


def painted(content: Float) -> Float:
    return first_paint.first_paint(content, [(painting(150, 200), 1.0)])


@pytest.mark.parametrize("size", [(451, 602), (600, 230)])
def test_a_first_picture_in_tiles_is_the_one_painted_whole(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged by the whole picture, tiles give what the network gives at once: no seams, whatever lies where."""
    content = photograph(*size)
    whole = painted(content)
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 0)
    monkeypatch.setattr(first_paint, "TILE", 208)
    monkeypatch.setattr(first_paint, "_spots", lambda picture: first_paint._padded(picture)[None])
    np.testing.assert_allclose(painted(content), whole, atol=1e-5)


@pytest.mark.usefixtures("tiles_of_208")
def test_spots_speak_for_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged by spots, the picture is nearly the one that is judged whole."""
    content = photograph(700, 900)
    monkeypatch.setattr(first_paint, "SPOT", 128)
    by_spots = painted(content)
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 1e9)
    assert np.abs(by_spots - painted(content)).mean() < 0.02


@pytest.mark.parametrize("size", [(2000, 2100), (256, 20000), (15000, 300), (3456, 5184)])
def test_spots_lie_inside_and_spread_evenly(size: tuple[int, int]) -> None:
    """About as many as wanted, each whole, the first and the last as far from their borders."""
    rows = np.broadcast_to(np.arange(size[0], dtype=np.float32)[:, None, None], (*size, 3))
    found = first_paint._spots(rows)
    assert found.shape[1:] == (first_paint.SPOT, first_paint.SPOT, 3)
    assert 0.5 * first_paint.SPOTS <= len(found) <= 1.5 * first_paint.SPOTS
    assert found.min() == pytest.approx(size[0] - 1 - found.max(), abs=2)


@pytest.mark.parametrize("size", [(377, 501), (60, 80), (91, 700)])
def test_strips_of_a_resized_picture_are_those_of_the_whole(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enlarged or reduced, each strip sees its neighbours' rows."""
    monkeypatch.setattr(strips, "PIXELS", 10_000)
    picture = noise(100, 133)
    parts = [strips.resized_strip(picture, *size, rows) for rows in strips.strips(*size)]
    assert len(parts) > 0
    np.testing.assert_allclose(np.concatenate(parts), images.resize(picture, *size), atol=1e-5)
