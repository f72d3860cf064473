"""Smaller copies and parts of a picture, painted as the picture itself would be: what a preview shows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from engine_fixtures import painting, photograph

from nst_core import Job, Settings, Style, stylize
from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Excerpt
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.planning.schedule import Octave, excerpt_octaves, plan

WHOLE = (160, 208)
SETTINGS = Settings(backend="onnx")
STYLE = Style(painting(128, 128))


@cache
def painted_whole() -> tuple[Float, Float]:
    """A photograph, and what is painted of it."""
    photo = photograph(*WHOLE)
    return photo, stylize(Job(photo, (STYLE,), SETTINGS)).pixels


def sizes(octaves: list[Octave]) -> list[tuple[int, int]]:
    return [(octave.height, octave.width) for octave in octaves]


def apart(one: Float, other: Float) -> float:
    """Root of the mean square of the difference of what is broad in them."""
    small = [resize(picture, 30, 40) for picture in (one, other)]
    return float(np.sqrt(((small[0] - small[1]) ** 2).mean()))


def test_a_smaller_copy_has_the_octaves_of_the_whole_that_it_has_the_px_for() -> None:
    """The first in few steps, one at its own size; the next paints its last octave again, in as many as the whole."""
    octaves = plan(3000, 4000, Settings(), max_megapixels=1.6)
    first = excerpt_octaves(octaves, (3000, 4000), (192, 256), 1.0)
    assert sizes(first) == sizes(octaves[: len(first)])
    assert [octave.steps for octave in first][-2:] == [2, 1]
    small = excerpt_octaves(octaves, (3000, 4000), (405, 540), 1.0, begun=256)
    assert small == octaves[len(first) - 1 : len(first) - 1 + len(small)]
    assert small[-1].width <= 540 < octaves[len(first) - 1 + len(small)].width


def test_a_part_has_them_in_its_own_px_from_where_it_was_painted() -> None:
    """A quarter of each side at full size: of an octave a quarter of each side."""
    octaves = plan(768, 1024, Settings())
    part = excerpt_octaves(octaves, (768, 1024), (192, 256), 1 / 16, begun=64)
    assert sizes(part) == [(96, 128), (192, 256)]
    assert [octave.steps for octave in part] == [octave.steps for octave in octaves[-2:]]


def test_there_is_always_an_octave() -> None:
    """The last one again where nothing larger fits; the copy's own size where none is small enough."""
    octaves = plan(768, 1024, Settings())
    assert sizes(excerpt_octaves(octaves, (768, 1024), (225, 300), 1.0, begun=300)) == [(192, 256)]
    assert sizes(excerpt_octaves(octaves, (768, 1024), (36, 48), 1.0)) == [(36, 48)]


@pytest.mark.slow
def test_a_preview_has_the_forms_of_the_painting() -> None:
    """Nearer to it than a painting of a small copy for itself is."""
    photo, whole = painted_whole()
    small = resize(photo, 100, 130)
    alone = stylize(Job(small, (STYLE,), SETTINGS)).pixels
    preview = stylize(Job(small, (STYLE,), SETTINGS, excerpt=Excerpt(WHOLE)))
    assert apart(preview.pixels, whole) < 0.75 * apart(alone, whole)
    assert preview.pixels.shape == (100, 130, 3)


@pytest.mark.slow
def test_a_part_goes_on_from_what_was_painted_of_the_whole() -> None:
    """Its first picture is that, and its last one has the whole's forms."""
    photo, whole = painted_whole()
    small = stylize(Job(resize(photo, 80, 104), (STYLE,), SETTINGS, excerpt=Excerpt(WHOLE))).pixels
    part, place = photo[40:120, 52:156], (0.25, 0.25, 0.75, 0.75)
    excerpt = Excerpt(WHOLE, place, resize(photo, 60, 78), small[20:60, 26:78])
    painted = stylize(Job(part, (STYLE,), SETTINGS, part=0.25, excerpt=excerpt))
    alone = stylize(Job(part, (STYLE,), SETTINGS, part=0.25)).pixels
    wanted = whole[40:120, 52:156]
    assert apart(painted.pixels, wanted) < 0.75 * apart(alone, wanted)
    assert len(painted.metrics.evaluations) == 1, "the smaller octaves were painted before"


def test_what_is_around_and_what_was_begun_are_pictures() -> None:
    """In [0, 1], and with colours."""
    with pytest.raises(InvalidImageError, match="painting so far"):
        Excerpt(WHOLE, begun=np.full((20, 20, 3), 2, np.float32))
    with pytest.raises(InvalidImageError, match="picture around"):
        Excerpt(WHOLE, around=np.ones((40, 40), np.float32))
