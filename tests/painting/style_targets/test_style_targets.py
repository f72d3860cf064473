"""What is kept of styles, so that a batch does not measure them again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from engine_fixtures import BOTH, painting

from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import Float
from nst_core.painting.style_targets.targets import style_grams, style_pieces
from nst_core.shared.planning.schedule import plan
from nst_core.shared.settings import Settings
from nst_core.vgg.layers import CHANNELS, CLASSIC, PAINTERLY, REDUCTION, Method
from nst_core.vgg.losses import Array, Grams


class Counting(OnnxBackend):
    """Counts the style pictures that it is asked about, and looks at none."""

    name = "counting"
    seen = 0

    def grams(self, image: Float, _: Method) -> Grams:
        """See `Backend.grams`."""
        self.seen += len(image)
        return {}

    def grams_and_held(self, image: Float, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.grams_and_held`."""
        return {}, self.held(image, method)

    def held(self, image: Float, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`."""
        self.seen += len(image)
        height, width = image.shape[2:]
        sides = {layer: REDUCTION[layer] * side for layer, side in method.held.items()}
        return {
            layer: np.ones((1, CHANNELS[layer], height // side, width // side), np.float32)
            for layer, side in sides.items()
        }


@BOTH
def test_a_blend_over_two_sizes_of_pictures_is_measured_once(method: Method) -> None:
    """Layers of two sizes by turns, each in its octaves, under three styles: the second round measures nothing."""
    backend, styles = Counting(), [painting(40 + k, 50) for k in range(3)]
    sizes = [plan(height, width, Settings()) for height, width in ((900, 1400), (1100, 1300))]

    def painted_both() -> int:
        before = backend.seen
        for octave in (octave for octaves in sizes for octave in octaves):
            for style in styles:
                style_grams(backend, style, octave.height * octave.width, 0.1, method)
        return backend.seen - before

    assert [painted_both(), painted_both()] == [3 * sum(len(octaves) for octaves in sizes), 0]


def test_each_method_has_matrices_of_its_own() -> None:
    """Another method asks for other layers."""
    backend, style = OnnxBackend(), painting(40, 50)
    for method in (CLASSIC, PAINTERLY):
        assert set(style_grams(backend, style, 2000, 1.0, method)) == set(method.gram)


def test_a_style_is_cut_into_pieces_once() -> None:
    """At each size of a picture; a second one of the same size cuts nothing."""
    backend, style = Counting(), painting(45, 55)
    areas = [octave.height * octave.width for octave in plan(300, 400, Settings())]
    found = [[style_pieces(backend, style, area, 0.3) for area in areas] for _ in range(2)]
    assert backend.seen == len(areas) <= 6
    assert all(first is second for first, second in zip(*found, strict=True))
