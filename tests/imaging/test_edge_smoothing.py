"""Smoothing along edges: what lies along a stroke is averaged, what lies across it stays."""

import numpy as np
import pytest

from nst_core.imaging.arrays import Float
from nst_core.imaging.edge_smoothing import smoothed_along_edges

SIDE, MARGIN = 96, 8


def stripes(angle: float) -> tuple[Float, Float]:
    """(H, W, 3): stripes across this direction with a period of 8 px; the same with noise."""
    down, across = np.mgrid[:SIDE, :SIDE]
    wave = 0.5 + 0.3 * np.sin((across * np.cos(angle) + down * np.sin(angle)) * 2 * np.pi / 8)
    clean = np.repeat(wave[..., None], 3, axis=2).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.05, clean.shape).astype(np.float32)
    return clean, clean + noise


def sigma(value: float) -> Float:
    return np.full((SIDE, SIDE), value, np.float32)


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 110])
def test_noise_on_strokes_goes_and_the_strokes_stay_in_any_direction(degrees: int) -> None:
    clean, noisy = stripes(np.radians(degrees))
    inside = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    smooth = smoothed_along_edges(noisy, sigma(2))[inside]
    assert np.abs(smooth - clean[inside]).mean() < 0.6 * np.abs(noisy - clean)[inside].mean()
    assert np.ptp(smooth.mean(axis=2)) > 0.9 * np.ptp(clean)


def test_where_sigma_is_0_the_picture_is_the_same() -> None:
    _, noisy = stripes(0.5)
    amount = sigma(2)
    amount[:, : SIDE // 2] = 0
    smooth = smoothed_along_edges(noisy, amount)
    np.testing.assert_allclose(smooth[:, : SIDE // 2], noisy[:, : SIDE // 2], atol=1e-6)
    assert np.abs(smooth - noisy)[:, SIDE // 2 :].mean() > 0.01


def test_a_picture_of_one_color_stays_so() -> None:
    plain = np.full((SIDE, SIDE, 3), 0.3, np.float32)
    np.testing.assert_allclose(smoothed_along_edges(plain, sigma(2)), plain, atol=1e-6)
