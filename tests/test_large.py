"""Pictures too large to be handled whole: the first picture in tiles, and strips."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from engine_fixtures import noise, painting, photograph

from nst_core import Job, Progress, Settings, Style, carry, first_paint, images, strips, tile_grid
from nst_core.backends import Float
from nst_core.errors import InvalidImageError
from nst_core.run import Run
from nst_core.settings import from_mapping
from nst_core.start import Ladder, refined
from nst_core.tile_grid import Tile

DRAFT = {"quality": "draft", "backend": "onnx"}


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


def test_no_weave_comes_back_where_optimisation_smoothed_it() -> None:
    """Carried to full size, a picture gets fine strokes where it kept its own; what it shows stays as it is."""
    fine = noise(256, 512)
    coarse = images.resize(fine, 128, 256)
    image = coarse.copy()
    image[:, :128] = 0.5
    result = refined(image, coarse, fine.copy())
    np.testing.assert_allclose(result[16:-16, 16:176], 0.5, atol=0.01)
    np.testing.assert_allclose(result[16:-16, 336:-16], fine[16:-16, 336:-16], atol=0.01)
    assert np.abs(images.resize(result, 128, 256) - image)[:, 144:].mean() < 0.01


@pytest.mark.usefixtures("tiles_of_208")
def test_spots_speak_for_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged by spots, the picture is nearly the one that is judged whole."""
    content = photograph(700, 900)
    monkeypatch.setattr(first_paint, "SPOT", 128)
    by_spots = painted(content)
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 1e9)
    assert np.abs(by_spots - painted(content)).mean() < 0.02


@pytest.mark.usefixtures("tiles_of_208")
@pytest.mark.parametrize("size", [(90, 801), (801, 91)])
def test_a_long_narrow_picture_gets_a_first_picture_in_tiles(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Narrower than a spot, of a width that the network cannot halve twice: nearly what it gives at once."""
    content = photograph(*size)
    by_spots = painted(content)
    assert by_spots.shape == (*size, 3)
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 1e9)
    assert np.abs(by_spots - painted(content)).mean() < 0.02


@pytest.mark.usefixtures("tiles_of_208")
def test_a_run_can_be_stopped_while_its_picture_is_carried_to_full_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """No further tile is painted, and what was found at the smaller size is kept."""
    settings = Settings(quality="draft", backend="onnx")
    run = Run(Job(photograph(500, 700), (Style(painting(90, 120)),), settings))

    def stopped_after_one(height: int, width: int, *sides: int) -> Iterator[Tile]:
        for count, tile in enumerate(tile_grid.tiles(height, width, *sides)):
            assert count < 2
            run.stop()
            yield tile

    monkeypatch.setattr(first_paint, "tiles", stopped_after_one)
    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 320 * 320)
    steps = len({(progress.octave, progress.step) for progress in run if progress.step})
    outcome = run.outcome()
    assert outcome.metrics.evaluations == (steps,)
    assert np.abs(outcome.pixels - run.job.content).mean() > 0.01


@pytest.mark.usefixtures("tiles_of_208")
def test_a_run_tells_how_far_it_is_while_its_picture_is_carried_to_full_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step is told again, with more done each time, until the picture is there."""
    run = Run(Job(photograph(500, 700), (Style(painting(90, 120)),), from_mapping(DRAFT)))
    heard: list[Progress] = []
    told = threading.Event()

    def slow(height: int, width: int, *sides: int) -> Iterator[Tile]:
        for tile in tile_grid.tiles(height, width, *sides):
            told.clear()
            assert told.wait(60)
            yield tile

    monkeypatch.setattr(first_paint, "LARGEST_WHOLE", 320 * 320)
    monkeypatch.setattr(carry, "GLANCE", 0.01)
    for progress in run:
        heard.append(progress)
        if progress.step == progress.steps:
            monkeypatch.setattr(first_paint, "tiles", slow)
        told.set()
    carried = [progress for progress in heard if progress.step == progress.steps]
    assert len(carried) > 6
    assert {replace(progress, fraction=0.0, seconds_left=0.0) for progress in carried} == {
        replace(carried[0], fraction=0.0, seconds_left=0.0)
    }
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] > carried[0].fraction
    assert all(0 <= progress.fraction < 1 for progress in heard)


def test_a_picture_that_cannot_be_carried_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong beside is told like anything else: only for want of memory there is another way."""
    run = Run(Job(photograph(400, 500), (Style(painting(90, 120)),), from_mapping(DRAFT)))

    def fails(*_: object) -> None:
        raise InvalidImageError("broken", "repair it")

    monkeypatch.setattr(Ladder, "carried", fails)
    with pytest.raises(InvalidImageError, match="broken"):
        list(run)


@pytest.mark.parametrize(
    "size", [(2000, 2100), (256, 20000), (15000, 300), (3456, 5184), (200, 25000), (25000, 200), (35, 150000)]
)
def test_spots_lie_inside_and_spread_evenly(size: tuple[int, int]) -> None:
    """About as many as wanted, each whole or as long as a short side, the first and the last as far from borders."""
    rows = np.broadcast_to(np.arange(size[0], dtype=np.float32)[:, None, None], (*size, 3))
    found = first_paint._spots(rows)
    expected = [min(first_paint.SPOT, side - side % first_paint.MULTIPLE) for side in size]
    assert found.shape[1:] == (*expected, 3)
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
