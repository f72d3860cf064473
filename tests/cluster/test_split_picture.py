"""The objective over a team of workers in this process, against the same in tiles here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from engine_fixtures import BOTH, nearest, noise, photograph, targets, wrapped_targets
from test_tiling import LOSSES_ROUND_OFF, PICTURES, soft_guides

from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.tiling import TiledBackend
from nst_core.cli import stylize
from nst_core.cluster.split_picture import BAND_BYTES, TILE, BandWorker, SplitBackend, Team, WorkerInfo, bands
from nst_core.imaging.arrays import Float, planes
from nst_core.imaging.files import image_files
from nst_core.painting.job import Job, Style
from nst_core.painting.run import Run
from nst_core.painting.seamless import seamless
from nst_core.shared.errors import EngineCrashedError, NeuralStyleError, OutOfMemoryError
from nst_core.shared.planning import cost_model
from nst_core.shared.planning.schedule import Octave
from nst_core.shared.sentences import note
from nst_core.shared.settings import Settings
from nst_core.vgg.layers import CLASSIC, Method
from nst_core.vgg.losses import TINY

pytestmark = pytest.mark.slow

ROUND_OFF = 3e-5
"""Bands are cut into other tiles than the picture: 3e-6 of the gradient, for the nearest of some pictures."""


class LocalWorker:
    """A worker in this process; `plan` says what becomes of its calls, one after another."""

    def __init__(self, plan: Iterator[BaseException | None]) -> None:
        self._work, self._plan = BandWorker("onnx", "cpu"), plan

    def call(self, method: str, *arguments: Any) -> Answered:
        if fault := next(self._plan, None):
            return Answered(fault)
        try:
            return Answered(None, getattr(self._work, method)(*arguments))
        except NeuralStyleError as error:
            return Answered(error)

    def close(self) -> None: ...


class Answered:
    """An answer that is there."""

    def __init__(self, fault: BaseException | None, value: Any = None) -> None:
        self._fault, self._value = fault, value

    def get(self, cancelled: Callable[[], bool]) -> Any:
        assert not cancelled()
        if self._fault:
            raise self._fault
        return self._value


def team(count: int, faults: list[BaseException | None] | None = None) -> Team:
    plan = iter(faults or [])
    return Team(count, lambda: LocalWorker(plan))


def differences(
    split: SplitBackend,
    size: tuple[int, int, int],
    guides: Float | None = None,
    method: Method = CLASSIC,
    **weights: Any,
) -> tuple[float, float]:
    """Of losses and gradient, relatively: a team's against tiles here."""
    height, width, tile = size
    backend = OnnxBackend()
    whole = targets(backend, height, width, guides, method)
    whole = replace(whole, weights=replace(whole.weights, **weights))
    near = TiledBackend(backend, tile).objective(whole)
    far = split.at(backend, Octave(height, width, 1, tile))
    objective = far.objective(whole)
    off = list[float]()

    def distances() -> Iterator[float]:
        for seed in PICTURES:
            x = planes(noise(height, width, seed))
            (losses, gradient), (found_losses, found) = near(x), objective(x)
            off.append(float((np.abs(found_losses - losses) / np.maximum(losses, TINY)).max()))
            yield float(np.linalg.norm(found - gradient) / np.linalg.norm(gradient))

    distance = nearest(distances(), height, width, ROUND_OFF)
    return max(off), distance


@BOTH
@pytest.mark.parametrize(
    ("size", "count"),
    [((187, 33, 96), 3), ((201, 34, 96), 2), pytest.param((45, 37, 32), 5, marks=pytest.mark.arithmetic)],
)
def test_a_team_gives_what_tiles_here_give(size: tuple[int, int, int], count: int, method: Method) -> None:
    """Bands of odd heights, two soft guides, more workers than there are rows of 16 px."""
    losses, gradient = differences(SplitBackend(OnnxBackend(), team(count)), size, soft_guides(2, *size[:2]), method)
    assert losses < LOSSES_ROUND_OFF
    assert gradient < ROUND_OFF


@BOTH
def test_without_a_gram_term_workers_are_asked_once(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to know of the others' bands, and the step is that in tiles here."""
    monkeypatch.delattr(BandWorker, "sums")
    none = dict.fromkeys(method.gram, 0.0)
    losses, gradient = differences(SplitBackend(OnnxBackend(), team(2)), (32, 24, 32), None, method, gram=none)
    assert losses < LOSSES_ROUND_OFF
    assert gradient < ROUND_OFF


@BOTH
@pytest.mark.parametrize("size", [0, 64])
def test_features_are_found_here(method: Method, size: int) -> None:
    """Whole or in tiles, those of the backend."""
    backend, image = OnnxBackend(), planes(noise(150, 40))
    found = SplitBackend(backend, team(2), size).held(image, method)
    for layer, expected in backend.held(image, method).items():
        np.testing.assert_allclose(found[layer], expected, atol=1e-5 * float(expected.max()))


@BOTH
@pytest.mark.parametrize("lost", range(8))
def test_whoever_is_lost_whenever_is_replaced(lost: int, method: Method) -> None:
    """While it is asked, while it learns, in the first pass or in the second: the step ends as if nothing had been."""
    faults: list[BaseException | None] = [None] * 8
    faults[lost] = EngineCrashedError("gone")
    losses, gradient = differences(SplitBackend(OnnxBackend(), team(2, faults)), (32, 24, 32), None, method)
    assert losses < LOSSES_ROUND_OFF
    assert gradient < ROUND_OFF


def test_a_band_that_nobody_survives_ends_the_work() -> None:
    """Tries are bounded, and other errors are told at once."""
    gone: list[BaseException | None] = [EngineCrashedError("gone")] * 100
    with pytest.raises(EngineCrashedError):
        differences(SplitBackend(OnnxBackend(), team(2, gone)), (32, 24, 32))
    full: list[BaseException | None] = [OutOfMemoryError("full")]
    with pytest.raises(OutOfMemoryError):
        differences(SplitBackend(OnnxBackend(), team(2, full)), (32, 24, 32))


def test_what_a_replacement_cannot_learn_is_told() -> None:
    """Memory that its band does not fit into is no lost worker: the run goes on in smaller tiles."""
    faults: list[BaseException | None] = [*[None] * 4, EngineCrashedError("gone"), None, OutOfMemoryError("full")]
    with pytest.raises(OutOfMemoryError, match="full"):
        differences(SplitBackend(OnnxBackend(), team(2, faults)), (32, 24, 32))


@BOTH
def test_gram_matrices_of_a_large_style_are_the_teams(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    """A style at the size of a large picture is as much work as the picture."""
    monkeypatch.setattr("nst_core.cluster.split_picture.MIN_MEGAPIXELS", 0.001)
    backend, image = OnnxBackend(), planes(noise(150, 40))
    found = SplitBackend(backend, team(2), 64).grams(image, method)
    for layer, expected in backend.grams(image, method).items():
        assert np.linalg.norm(found[layer] - expected) < ROUND_OFF * np.linalg.norm(expected)


@BOTH
def test_seamless_pictures_can_be_spread(method: Method) -> None:
    """The objective that sees the opposite border, over a team."""
    backend = OnnxBackend()
    whole = wrapped_targets(backend, 53, 48, method)
    here, far = (seamless(one, whole) for one in (backend, SplitBackend(backend, team(2), 128)))

    def distances() -> Iterator[float]:
        for seed in PICTURES:
            x = planes(noise(53, 48, seed))
            expected, found = here(x)[1], far(x)[1]
            yield float(np.linalg.norm(found - expected) / np.linalg.norm(expected))

    assert nearest(distances(), 53, 48, ROUND_OFF) < ROUND_OFF


class InfoWorker:
    """A worker that only answers `info`."""

    def __init__(self, info: WorkerInfo) -> None:
        self._info = info

    def call(self, method: str) -> Answered:
        assert method == "info"
        return Answered(None, self._info)

    def close(self) -> None: ...


def split_over(*infos: WorkerInfo) -> SplitBackend:
    each = iter(infos)
    return SplitBackend(OnnxBackend(), Team(len(infos), lambda: InfoWorker(next(each))))


def test_small_octaves_stay_here() -> None:
    """What is not worth sending is computed by the backend, and no worker is started."""
    backend = OnnxBackend()
    split = SplitBackend(backend, Team(2, lambda: pytest.fail("started")))
    assert split.at(backend, Octave(64, 64, 1)).objective(targets(backend, 64, 64)) is not None


def test_tiles_fit_into_the_memory_of_every_worker() -> None:
    """The one with the least says how large they are; smaller than asked for, never larger."""
    octave = Octave(2000, 3000, 8)
    sizes = {}
    for room in (1e9, 3e9, 1e12):
        split = split_over(WorkerInfo("onnx", "cpu", "fp32", 1e12), WorkerInfo("onnx", "cpu", "fp32", room))
        sizes[room] = split._tile_that_fits(octave, 1024)
        assert split.notes == ()
    assert sizes == {1e9: 256, 3e9: 512, 1e12: 1024}


def test_workers_that_compute_in_another_way_are_told_of() -> None:
    """Another backend or precision than the one that learns the style here: a note says which."""
    other = split_over(WorkerInfo("torch", "cuda", "bf16", 1e12), WorkerInfo("onnx", "cpu", "fp32", 1e12))
    other.at(OnnxBackend(), Octave(2000, 3000, 8))
    workers = "onnx on cpu (fp32) and torch on cuda (bf16)"
    assert other.notes == (note("workers-differ", theirs=workers, ours="onnx on cpu (fp32)"),)


def test_bands_cover_each_row_once() -> None:
    """None is left out, none counts twice; each sees its margin, as far as the picture goes."""
    for height, count in ((1, 3), (16, 2), (1000, 7), (333, 21)):
        found = bands(height, 50, count)
        assert [row for band in found for row in range(band.top, band.bottom)] == list(range(height))
        assert all(band.top % 16 == 0 and band.outer_bottom == min(height, band.bottom + 80) for band in found)


def test_a_run_in_tiles_over_a_team_is_the_run_here(tmp_path: Path) -> None:
    """The same picture to a rounding step of 8 bits, where little memory makes tiles."""
    settings = Settings(quality="draft", backend="onnx", memory=0.44)
    job = Job(photograph(64, 96), (Style(photograph(48, 48)),), settings)
    split = SplitBackend(OnnxBackend(), team(2))
    pictures, steps = [], []
    for painting in (Run(job, OnnxBackend()), Run(job, split, split.at)):
        steps.append(len(list(painting)))
        image_files.write(tmp_path / "made.png", painting.outcome().pixels)
        pictures.append(image_files.read(tmp_path / "made.png"))
    assert steps[0] == steps[1] > 4
    assert np.abs(pictures[0] - pictures[1]).max() <= 1.01 / 255


def test_where_all_workers_are_lost_the_best_picture_is_kept() -> None:
    """The command says so; the picture is what it had come to."""
    gone: list[BaseException | None] = [None] * 11 + [EngineCrashedError("gone")] * 100
    settings = Settings(quality="draft", backend="onnx", memory=0.44)  # that no plan keeps, hence tiles
    job = Job(photograph(64, 96), (Style(photograph(48, 48)),), settings)
    split = SplitBackend(OnnxBackend(), team(2, gone))
    run = Run(job, split, split.at)
    assert stylize._follow(run) == stylize.LOST
    outcome = run.outcome()
    assert outcome.pixels.shape == (64, 96, 3)
    assert 0 < sum(outcome.metrics.evaluations) < 4


def test_workers_without_a_cluster_are_refused() -> None:
    """One sentence."""
    result = run("stylize", "a.png", "-o", "b.png", "--preset", "mosaic", "--jobs", "2")
    assert result.exit_code == 2
    assert "give --ray with it" in result.stderr


def test_the_figures_of_a_gigapixel_are_those_that_plans_use() -> None:
    """What docs/scaling.md calculates on paper follows the forecast's constants."""
    words = (Path(__file__).resolve().parents[2] / "docs" / "scaling.md").read_text("utf-8")
    text, side = " ".join(words.split()), 32_768
    each = (
        cost_model.CPU_NEEDS.picture
        + cost_model.TARGET_BYTES["painterly"]
        + cost_model.SHORT_HISTORY * cost_model.HISTORY_BYTES
    ) / 1e6
    assert f"{each:.0f} bytes for each pixel, {each * side * side / 1e9:.0f} GB" in text
    tile = (
        cost_model.CPU_NEEDS.evaluation * Octave(side, side, 1, TILE).at_once
        + cost_model.CPU_NEEDS.base
        + cost_model.CPU_NEEDS.graphs
    )
    assert f"each of them {tile / 1e9:.1f} GB with the tile of {TILE} px at work" in text
    assert f"all workers together {BAND_BYTES / 1e6:.0f} bytes for each pixel" in text
