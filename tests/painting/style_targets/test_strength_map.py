"""What an artist may rely on: how far strength goes, where it goes, and what has no influence."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engine_fixtures import BOTH_NAMES, painting, photograph
from numpy.typing import NDArray

from nst_core import Job, Settings, Style, stylize
from nst_core.imaging import color
from nst_core.imaging.arrays import Float
from nst_core.painting.style_targets.strength import query
from nst_core.shared.settings import from_mapping

pytestmark = pytest.mark.slow

SIZE = (64, 80)
HALF = 40


def job(**settings: object) -> Job:
    base: dict[str, object] = {"quality": "draft", "backend": "onnx", "device": "cpu"}
    return Job(photograph(*SIZE), (Style(painting(64, 72)),), from_mapping({**base, **settings}))


def painted(one: Job) -> Float:
    return stylize(one).pixels


def across(values: NDArray[Any]) -> Float:
    """A map whose columns have these values."""
    return np.ascontiguousarray(np.broadcast_to(values, SIZE), dtype=np.float32)


def flat(*rgb: float) -> Float:
    """A style of one colour, with a little grain, so that it has strokes."""
    grain = np.random.default_rng(2).normal(0, 0.03, (64, 64, 1))
    return (np.array(rgb) + grain).clip(0, 1).astype(np.float32)


@BOTH_NAMES
def test_a_map_of_zeros_is_the_photograph_and_one_of_ones_is_no_map(method: str) -> None:
    """Both to the byte."""
    one = job(method=method)
    none, whole = np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32)
    np.testing.assert_array_equal(painted(replace(one, strength_map=none)), one.content)
    np.testing.assert_array_equal(painted(replace(one, strength_map=whole)), painted(one))


def test_the_photograph_stays_exactly_where_the_map_is_zero() -> None:
    """Its own bits in that half; the other half is painted."""
    one = replace(job(), strength_map=across(np.arange(SIZE[1]) >= HALF))
    changed = np.abs(painted(one) - one.content)
    assert not changed[:, :HALF].any()
    assert changed[:, HALF + 4 :].mean() > 0.02


SEAM, FLAT = 2.0, 0.01
"""How much larger than around it a column's steps may be, in what was changed; below FLAT there is nothing to see. A
map that is cut gives 3.5 and more."""


def seam(one: Job) -> float:
    """The most that the mean step from a column to the next stands out among the three to both sides, from 24 px on."""
    steps = np.abs(np.diff(painted(one) - one.content, axis=1)).mean((0, 2))
    columns = range(24, len(steps))
    return float(max(steps[i] / max(np.delete(steps[i - 3 : i + 4], 3).mean(), FLAT) for i in columns))


def test_a_soft_map_leaves_no_seam_and_a_cut_one_does() -> None:
    """Along a ramp no column of what was changed stands out; where the map jumps, one does."""
    one = job(strength=75)
    ramp = np.clip((np.arange(SIZE[1]) - 24) / 32, 0, 1)
    assert seam(replace(one, strength_map=across(ramp))) < SEAM
    assert seam(replace(one, strength_map=across(ramp > 0.5))) > SEAM


def test_the_distance_to_the_photograph_grows_with_the_strength() -> None:
    """From 10 over 25 and 50 to 75, each time."""
    photo = job().content
    far = [float(np.abs(painted(job(strength=strength)) - photo).mean()) for strength in (10, 25, 50, 75)]
    assert far == sorted(far)
    assert 0 < far[0] < 0.5 * far[-1]


@pytest.mark.parametrize("hidden_by", ["alpha", "mask"])
def test_what_is_hidden_changes_nothing_elsewhere(hidden_by: str) -> None:
    """Other colours, and another map, under transparency or outside the mask: the same bytes where one can see."""
    shown = across(np.arange(SIZE[1]) < HALF)
    one = job()
    other = one.content.copy()
    other[:, HALF:] = np.random.default_rng(0).random((SIZE[0], SIZE[1] - HALF, 3))
    soft = across(np.full(SIZE[1], 0.8))
    elsewhere = np.where(shown == 1, soft, np.float32(0.3))
    found = []
    for content, strength_map in ((one.content, soft), (other, elsewhere)):
        if hidden_by == "alpha":
            made = replace(one, content=np.dstack([content, shown]), strength_map=strength_map)
        else:
            made = replace(one, content=content, mask=shown, strength_map=strength_map)
        found.append(painted(made)[:, :HALF])
    np.testing.assert_array_equal(found[0], found[1])


def test_a_style_of_weight_zero_is_no_style() -> None:
    """A with weight 1 and B with weight 0 is A, to the byte, with a map as without."""
    one = replace(job(), strength_map=across(np.linspace(0, 1, SIZE[1])))
    both = replace(one, styles=(*one.styles, Style(photograph(64, 64)[::-1], 0.0)))
    np.testing.assert_array_equal(painted(one), painted(both))


BORDER = 8
"""px to both sides of a border of regions where both styles may be seen."""


def test_in_a_region_only_its_own_style_counts() -> None:
    """A red style on the left, a blue one on the right: a few pixels from the border nothing has the other's colour."""
    left = across(np.arange(SIZE[1]) < HALF)
    styles = (Style(flat(0.8, 0.2, 0.2), 1.0, left), Style(flat(0.2, 0.2, 0.8), 1.0, 1 - left))
    made = painted(replace(job(strength=75, keep_faces=False), styles=styles))
    redness = made[..., 0] - made[..., 2]
    assert (redness[:, : HALF - BORDER] > 0).all()
    assert (redness[:, HALF + BORDER :] < 0).all()


def test_a_seed_is_a_variation_and_the_same_one_every_time() -> None:
    """Two seeds give different pictures, one seed the same bytes, under a map too."""
    soft = across(np.linspace(0.2, 1, SIZE[1]))
    first, again, other = (painted(replace(job(seed=seed), strength_map=soft)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.005


GRAY, MOST_GRAY = 0.012, 0.06
"""OkLab chroma on average, and that of one pixel in a hundred. The photograph has 0.06 on average; the noise that an
optimisation leaves in single pixels, 0.008."""


def test_a_grey_style_makes_a_grey_picture() -> None:
    """No colour comes from anywhere else than the style."""
    gray = np.repeat(painting(64, 72).mean(2, keepdims=True), 3, axis=2)
    one = replace(job(strength=75, keep_faces=False), styles=(Style(gray),))
    chroma = np.hypot(*np.moveaxis(color.oklab(painted(one))[..., 1:], -1, 0))
    assert chroma.mean() < GRAY
    assert np.quantile(chroma, 0.99) < MOST_GRAY


def test_a_map_counts_beside_faces_that_are_kept() -> None:
    """Where no face is, it is the same whether faces are kept."""
    one = replace(job(keep_faces=True), strength_map=across(np.linspace(0, 1, SIZE[1])))
    other = replace(one, settings=replace(one.settings, keep_faces=False))
    np.testing.assert_array_equal(painted(one), painted(other))


def test_settings_know_faces_and_methods() -> None:
    """Faces are kept and pieces are matched unless something else is said."""
    assert (Settings().keep_faces, Settings().method) == (True, "painterly")


def test_the_photographs_detail_leaves_the_query_above_strength_50() -> None:
    """Up to 50 all of it stays; at 100 the query is the painting so far; a map says so position by position."""
    content, coarse, painted_so_far = (np.full((2, 3, 3), value, np.float32) for value in (0.8, 0.6, 0.2))

    def found(strength: float, amount: float = 1.0) -> float:
        amounts = np.full((2, 3), amount, np.float32)
        return float(query(Settings(strength=strength), amounts, content, coarse, painted_so_far).mean())

    assert found(25) == found(50) == found(100, 0.5) == pytest.approx(0.7)
    assert found(50) > found(75) > found(100) == pytest.approx(0.2)
