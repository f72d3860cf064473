"""Convolutions in a quarter of the products: the same as direct ones, taps either way round."""

import numpy as np
import pytest
from engine_fixtures import BOTH, distance, feature_maps, nearest, noise, photograph, targets

from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import planes
from nst_core.system import threads
from nst_core.vgg import weights, winograd
from nst_core.vgg.layers import Method

pytestmark = pytest.mark.slow

SAME_SUMS = 1e-6
"""float32 kernels, everything else in float64."""
SAME_MAPS = 1e-4
"""4e-6 of each convolution, and ten times as much for sixteen of them."""
SAME_GRADIENT = 5e-5
"""The same, forward and back, for the nearest of some pictures."""


@pytest.mark.parametrize("turned", [False, True])
def test_a_tile_is_what_the_taps_make_of_it(*, turned: bool) -> None:
    """Kernels and transforms give a direct convolution; turned, that with the same taps turned by 180 degrees."""
    rng = np.random.default_rng(0)
    taps, seen = rng.normal(size=(5, 7, 3, 3)).astype(np.float32), rng.normal(size=(7, 6, 6))
    matrices = winograd.transforms(turned=turned)
    values = matrices.pixels @ seen.reshape(7, 36).T
    products = np.einsum("koi,ki->ko", winograd.kernel(taps), values)
    tile = (matrices.tile @ products).T.reshape(5, 4, 4)
    used = taps[:, :, ::-1, ::-1] if turned else taps
    windows = np.lib.stride_tricks.sliding_window_view(seen, (3, 3), axis=(1, 2))
    np.testing.assert_allclose(tile, np.einsum("oiab,iyxab->oyx", used, windows), rtol=0, atol=100 * SAME_SUMS)


@BOTH
@pytest.mark.parametrize("size", [pytest.param((32, 32), marks=pytest.mark.arithmetic), (50, 75)])
def test_both_kinds_of_graph_see_the_same(size: tuple[int, int], method: Method) -> None:
    """Maps and gradients, where no side is a multiple of a tile."""
    fast, direct = OnnxBackend(), OnnxBackend()
    fast.prefix, direct.prefix = weights.WINOGRAD, ""
    image = planes(photograph(*size))
    maps = feature_maps(direct, image)
    for layer, found in feature_maps(fast, image).items():
        assert distance(found, maps[layer]) < SAME_MAPS
    for layer, found in fast.held(image, method).items():
        assert distance(found, direct.held(image, method)[layer]) < SAME_MAPS
    wanted = targets(direct, *size, None, method)
    quick, plain = fast.objective(wanted), direct.objective(wanted)
    pictures = [planes(noise(*size, seed)) for seed in range(6)]
    assert nearest((distance(quick(one)[1], plain(one)[1]) for one in pictures), *size, SAME_GRADIENT) < SAME_GRADIENT


def test_many_threads_take_direct_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for memory, of which a quarter of the products takes more."""
    for count, prefix in ((2, weights.WINOGRAD), (64, "")):
        monkeypatch.setattr(threads, "_most", count)
        assert OnnxBackend().prefix == prefix
