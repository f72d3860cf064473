"""Whose colours the result has, and what hidden pixels may do."""

import tracemalloc

import numpy as np
import pytest
from engine_fixtures import PACKAGE, PHOTOGRAPHS, painting, photograph

from nst_core.imaging import color, resizing
from nst_core.imaging.files import image_files
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Style
from nst_core.painting.painter import in_palette
from nst_core.painting.style_targets.targets import in_colors


def test_oklab_and_back_is_the_identity() -> None:
    """sRGB survives the trip; white is lightness one without chroma."""
    pixels = photograph(40, 50)
    np.testing.assert_allclose(color.srgb(color.oklab(pixels)), pixels, atol=1e-5)
    np.testing.assert_allclose(color.oklab(np.ones((1, 1, 3), np.float32))[0, 0], [1, 0, 0], atol=1e-4)


def test_matching_gives_the_style_the_photographs_moments() -> None:
    """Mean and covariance become the photograph's, as far as clipping allows."""
    gentle = painting(60, 60) * 0.2 + 0.4
    wanted = photograph(50, 70) * 0.3 + 0.3
    found = color.matched(gentle, color.palette(wanted))
    np.testing.assert_allclose(found.mean((0, 1)), wanted.mean((0, 1)), atol=5e-3)
    np.testing.assert_allclose(np.cov(found.reshape(-1, 3).T), np.cov(wanted.reshape(-1, 3).T), atol=2e-3)


def test_matching_survives_a_style_of_one_colour() -> None:
    """No division by a variance of zero."""
    flat = np.full((40, 40, 3), 0.3, np.float32)
    found = color.matched(flat, color.palette(photograph(40, 40)))
    assert np.isfinite(found).all()


def test_an_ordinary_photograph_takes_the_whole_of_another_palette() -> None:
    """Bit for bit what matching gives: for each bundled photograph the palette of each bundled style."""
    names = ("astronaut", "cat", "coffee")
    photos = [resize(image_files.read(PHOTOGRAPHS / f"{name}.jpg")[..., :3], 96, 128) for name in names]
    for file in PACKAGE.glob("data/styles/*/style.jpg"):
        style = Style(resize(image_files.read(file)[..., :3], 128, 128))
        for photo in photos:
            own, wanted = color.palette(photo), color.palette(in_palette(photo, [style], 1.0))
            np.testing.assert_array_equal(color.recolored(photo, own, wanted), color.matched(photo, wanted))


@pytest.mark.parametrize("kind", ["gray", "flat"])
def test_noise_does_not_become_stains(kind: str) -> None:
    """A gray photograph with noise of one step of 8 bits in its colours, and a foggy one: noise grows little."""
    clean = photograph(90, 120).mean(2, keepdims=True) * np.ones(3, np.float32)
    clean = clean if kind == "gray" else clean * np.float32(0.01) + np.float32(0.6)
    noisy = clean + np.random.default_rng(0).normal(0, 1 / 255, clean.shape).astype(np.float32)
    wanted = color.palette(painting(60, 80) * np.array((1, 0.6, 0.2), np.float32))
    own = color.palette(noisy)
    noise = color.recolored(noisy, own, wanted) - color.recolored(clean, own, wanted)
    assert noise.std() < 1.1 * color.NOISE_GAIN / 255
    unlimited = color.matched(noisy, wanted)
    assert np.std(unlimited - color.recolored(clean, own, wanted)) > 2 * noise.std()
    assert abs(color.recolored(noisy, own, wanted).mean() - wanted.mean.mean()) < 0.01


def test_a_regions_style_takes_the_colours_of_that_region() -> None:
    """What lies outside its guide lends it nothing, whatever the size of the guide."""
    content = photograph(60, 80) * 0.3 + 0.3
    content[:, 40:] = (0.9, 0.1, 0.1)
    guide = np.zeros((30, 40), np.float32)
    guide[:, :18] = 1
    style = Style(painting(60, 60) * 0.2 + 0.4, 1.0, guide)
    found = in_colors(style, content, "content").pixels
    np.testing.assert_allclose(found.mean((0, 1)), content[:, :36].mean((0, 1)), atol=1e-2)
    nowhere = Style(style.pixels, 1.0, np.zeros_like(guide))
    assert np.isfinite(in_colors(nowhere, content, "content").pixels).all()


def test_chroma_is_kept_exactly_where_the_colour_exists() -> None:
    """OkLab's two colour axes are the photograph's; lightness is the result's wherever sRGB has that colour."""
    content, result = photograph(48, 48), painting(48, 48)
    mixed = color.oklab(color.with_chroma_of(content, result))
    np.testing.assert_allclose(mixed[..., 1:], color.oklab(content)[..., 1:], atol=2e-3)
    nearer = np.abs(mixed[..., 0] - color.oklab(result)[..., 0])
    assert np.median(nearer) < 1e-3


def test_filling_keeps_visible_pixels_and_ignores_hidden_ones() -> None:
    """What hides does not matter; what shows is untouched; the fill has the colours nearby."""
    pixels = photograph(45, 61).copy()
    visible = np.zeros((45, 61), np.float32)
    visible[5:30, 10:40] = 1
    other = np.where(visible[..., None] > 0, pixels, np.float32(1e6)).astype(np.float32)
    found = fill_hidden(pixels, visible)
    np.testing.assert_array_equal(found[visible == 1], pixels[visible == 1])
    pixels[visible == 0] = 0
    np.testing.assert_allclose(fill_hidden(pixels, visible), found, atol=1e-5)
    assert fill_hidden(np.minimum(other, 1), visible).max() <= 1


@pytest.mark.parametrize("pixels", [5000, 500])
def test_filling_in_strips_is_filling_at_once(pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit, at odd sizes, where strips begin and end at any level."""
    rng = np.random.default_rng(0)
    colors, visible = rng.random((131, 87, 3), dtype=np.float32), rng.uniform(-0.5, 1.5, (131, 87)).clip(0, 1)
    whole = fill_hidden(colors, visible.astype(np.float32))
    monkeypatch.setattr(resizing, "STRIP_PIXELS", pixels)
    np.testing.assert_array_equal(fill_hidden(colors, visible.astype(np.float32)), whole)


MOST_BYTES = 18
"""For each pixel: 12 of the result, a quarter as much for half its size, and the rest of the pyramid."""


def test_filling_takes_little_more_than_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it holds on the way, a large picture with transparency does not need several copies of itself."""
    monkeypatch.setattr(resizing, "STRIP_PIXELS", 20_000)  # which a large picture has many of
    content = np.random.default_rng(0).random((1000, 1200, 4), dtype=np.float32)
    tracemalloc.start()
    try:
        fill_hidden(content[..., :3], content[..., 3])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES * 1000 * 1200
