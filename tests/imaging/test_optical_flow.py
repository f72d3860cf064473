"""Motion between frames: found where it is known, and used where there is any."""

from __future__ import annotations

import numpy as np
import pytest
from engine_fixtures import painting, photograph

from nst_core.imaging import optical_flow


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 2), (-7, 5), (20, -10)])
def test_a_known_shift_is_found(right: int, down: int) -> None:
    """Within a quarter of a pixel for most of the picture, from none to a tenth of its width."""
    scene = photograph(240, 300)
    before, now = scene[30:190, 40:240], scene[30 + down : 190 + down, 40 + right : 240 + right]
    found = optical_flow.estimated_flow(before, now)[24:-24, 24:-24]
    errors = np.hypot(found[..., 0] - right, found[..., 1] - down)
    assert np.median(errors) < 0.25
    assert found.dtype == np.float32


def test_larger_pictures_have_longer_flows() -> None:
    """Flow is estimated at a small size and tells pixels of the large one."""
    scene = photograph(700, 900)
    found = optical_flow.estimated_flow(scene[:600, :800], scene[16:616, 24:824])
    assert np.median(found[100:-100, 100:-100, 0]) == pytest.approx(24, abs=1)
    assert np.median(found[100:-100, 100:-100, 1]) == pytest.approx(16, abs=1)


def test_paint_is_carried_with_the_picture() -> None:
    """What was painted lies where its ground has gone; only what has come into the frame is new."""
    scene, paint = photograph(140, 180), painting(140, 180)
    carried, new = optical_flow.warped_paint(paint[:120, :160], scene[:120, :160], scene[6:126, 8:168])
    wanted = paint[6:126, 8:168]
    inner = np.s_[16:-16, 16:-16]
    assert np.abs(carried - wanted)[inner].mean() < 0.3 * np.abs(paint[:120, :160] - wanted)[inner].mean()
    assert new[:, -7:].min() == 1
    assert new[-5:].min() == 1
    assert new[:100, :140].mean() < 0.02


def test_another_scene_is_all_new() -> None:
    """After a cut there is nothing to go on from."""
    _, new = optical_flow.warped_paint(painting(96, 128), photograph(96, 128), painting(96, 128))
    assert new.mean() > 0.5


def test_a_thing_that_appears_is_new_where_it_is() -> None:
    """The rest of the paint stays."""
    before = photograph(96, 128)
    now = before.copy()
    now[30:60, 40:80] = 1 - now[30:60, 40:80]
    _, new = optical_flow.warped_paint(before, before, now)
    assert new[36:54, 46:74].mean() > 0.7
    assert new[:, 100:].max() < 0.1


def test_a_still_picture_keeps_its_paint() -> None:
    """Flat areas too, where no motion can be seen."""
    still = np.full((64, 64, 3), 0.5, np.float32)
    paint = painting(64, 64)
    carried, new = optical_flow.warped_paint(paint, still, still)
    np.testing.assert_allclose(carried, paint, atol=1e-6)
    assert not new.any()
