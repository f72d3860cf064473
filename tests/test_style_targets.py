"""What is kept of styles, so that a batch does not measure them again."""

from __future__ import annotations

from collections.abc import Mapping

from engine_fixtures import painting

from nst_core.backends import Float
from nst_core.backends.onnx import OnnxBackend
from nst_core.octaves import plan
from nst_core.settings import Settings
from nst_core.statistics import LayerStatistics
from nst_core.style_targets import style_statistics


class Counting(OnnxBackend):
    """Counts the style pictures that it is asked about, and looks at none."""

    name = "counting"
    seen = 0

    def style(self, image: Float) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`."""
        self.seen += len(image)
        return {}


def test_a_blend_over_two_sizes_of_pictures_is_measured_once() -> None:
    """Layers of two sizes by turns, each in four octaves, under three styles: the second round measures nothing."""
    backend, styles = Counting(), [painting(40 + k, 50) for k in range(3)]
    sizes = [plan(height, width, Settings()) for height, width in ((900, 1400), (1100, 1300))]
    assert [len(octaves) for octaves in sizes] == [4, 4]

    def painted_both() -> int:
        before = backend.seen
        for octave in (octave for octaves in sizes for octave in octaves):
            for style in styles:
                style_statistics(backend, style, octave.height * octave.width, 0.1)
        return backend.seen - before

    assert [painted_both(), painted_both()] == [3 * 4 * 2, 0]
