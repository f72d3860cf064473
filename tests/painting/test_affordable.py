"""What fits into memory: octaves whole, in tiles, or not at all; and what happens where the forecast was wrong."""

import gc
import math
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import noise, painting, photograph
from hypothesis import given
from hypothesis import strategies as st

from nst_core import Job, Settings, Style, stylize
from nst_core.backends import tiling
from nst_core.backends.base import Objective
from nst_core.backends.onnx import OnnxBackend
from nst_core.imaging.arrays import Float
from nst_core.painting import job_plan as affordable_memory
from nst_core.painting.composite import composite
from nst_core.painting.job_plan import budget
from nst_core.painting.run import Run
from nst_core.shared.errors import OutOfMemoryError
from nst_core.shared.planning.cost_model import (
    CPU_NEEDS,
    MAX_TILING_COST,
    TILES,
    idle_memory,
    needs_of,
    octave_memory,
    peak,
    tiled_to_fit,
    with_less_memory,
)
from nst_core.shared.planning.schedule import HISTORY, Octave, largest_optimized_megapixels, plan
from nst_core.shared.settings import from_mapping
from nst_core.system import memory
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.vgg.losses import Targets

BIG = [Octave(500, 750, 10), Octave(1000, 1500, 8), Octave(2000, 3000, 8), Octave(4000, 6000, 8)]


def test_what_fits_stays_whole() -> None:
    """With all the memory in the world nothing is cut."""
    assert tiled_to_fit(BIG, 24.0, 1e12) == BIG


@pytest.mark.parametrize("gigabytes", [4, 6, 8, 16, 32])
def test_an_arranged_plan_fits(gigabytes: int) -> None:
    """No octave's forecast exceeds the budget; less memory never gives larger octaves or tiles."""
    octaves = tiled_to_fit(BIG, 24.0, gigabytes * 1e9)
    assert all(octave_memory(octave, 24.0) <= gigabytes * 1e9 for octave in octaves)
    assert [(o.height, o.width, o.steps) for o in octaves] == [(o.height, o.width, o.steps) for o in BIG][
        : len(octaves)
    ]
    more = tiled_to_fit(BIG, 24.0, 2 * gigabytes * 1e9)
    assert len(more) >= len(octaves)


def test_tiles_come_before_smaller_pictures() -> None:
    """Twenty-two gigabytes hold 24 megapixels in tiles; four hold only the smaller octaves."""
    assert [bool(octave.tile) for octave in tiled_to_fit(BIG, 24.0, 22e9)] == [False, False, True, True]
    assert 0 < len(tiled_to_fit(BIG, 24.0, 4e9)) < len(BIG)


def test_the_first_octave_is_always_tried() -> None:
    """In the smallest tiles, however little memory there seems to be."""
    (octave,) = tiled_to_fit(BIG, 24.0, 1.0)
    assert octave.tile == 256


def test_regions_need_memory_too() -> None:
    """A budget that holds an octave whole for one region may not for five."""
    octaves = [Octave(1000, 1000, 10)]
    enough = octave_memory(octaves[0], 1.0)
    assert tiled_to_fit(octaves, 1.0, enough)[0].tile == 0
    assert tiled_to_fit(octaves, 1.0, enough, regions=5)[0].tile > 0


def test_smaller_tiles_end_somewhere() -> None:
    """From whole to the smallest tile, each a good deal smaller than the one before; then there is no less."""
    octave, sides = Octave(2000, 3000, 8), []
    while (less := with_less_memory(octave)) is not None:
        octave = less
        sides.append(octave.tile)
    assert sides == sorted(set(sides), reverse=True)
    assert len(sides) >= 3


@given(height=st.integers(32, 5000), width=st.integers(32, 5000), tile=st.sampled_from([0, *TILES]))
def test_smaller_tiles_are_another_cut(height: int, width: int, tile: int) -> None:
    """What is smaller evaluates less at once: tiles of a megapixel that are larger than it are all one tile."""
    octave = Octave(height, width, 8, tile)
    less = with_less_memory(octave)
    assert less is None or less.at_once < 0.8 * octave.at_once
    assert less is not None or octave.at_once < 0.5


def test_a_processor_optimises_only_what_is_affordable() -> None:
    """Normal quality ends at 1.6 megapixels, in the same proportions; the best, and graphics cards, go all the way."""
    normal, best = Settings(), from_mapping({"quality": "max"})
    capped = plan(3456, 5184, normal, max_megapixels=largest_optimized_megapixels(normal, processor=True))
    assert capped[-1].area == pytest.approx(1.6, rel=0.01)
    assert capped[-1].width / capped[-1].height == pytest.approx(1.5, rel=0.01)
    assert plan(3456, 5184, best, max_megapixels=largest_optimized_megapixels(best, processor=True))[
        -1
    ].area == pytest.approx(17.9, rel=0.01)
    assert plan(3456, 5184, normal, max_megapixels=largest_optimized_megapixels(normal, processor=False))[
        -1
    ].area == pytest.approx(17.9, rel=0.01)


def test_tiles_cost_more_work() -> None:
    """The clock and the forecast know that a tiled evaluation takes longer, the more so in small tiles."""
    whole, large, small = (Octave(2000, 3000, 8, tile).work for tile in (0, 1024, 384))
    assert whole < large < small
    assert large / whole < 2.3


def test_a_set_budget_is_the_budget() -> None:
    """Whoever sets gigabytes gets them; otherwise it is what the engine holds and most of what is free."""
    backend = OnnxBackend()
    assert budget(from_mapping({"memory": 2.5}), backend) == 2.5e9
    assert 1e8 < budget(Settings(), backend) < 1e15


def test_engines_beside_each_other_share_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together they hold no more than one alone would, on the processor and on a card; who was told keeps to that."""
    backend = OnnxBackend()
    monkeypatch.setattr(backend, "free_memory", lambda: 10_000_000_000)
    monkeypatch.setattr(affordable_memory, "_sharers", {})
    monkeypatch.setattr(affordable_memory, "_own_bytes", {})
    monkeypatch.setattr(affordable_memory, "held_memory", lambda: 0)
    affordable_memory.set_sharers(4, 2)
    assert budget(Settings(memory=2.5), backend) == 2.5e9
    assert budget(Settings(), backend) == pytest.approx(9e9 / 4)
    monkeypatch.setattr(backend, "device", "cuda")
    assert budget(Settings(), backend) == pytest.approx(9e9 / 2)
    monkeypatch.setattr(backend, "free_memory", lambda: 1_000_000_000)  # by now the other one has taken its part
    assert budget(Settings(), backend) == pytest.approx(9e9 / 2)


@pytest.mark.parametrize(
    ("set_by_hand", "told"), [(0, math.inf), (8, 8e9), (0.4, octave_memory(Octave(128, 290, 4), 0.037))]
)
def test_the_library_is_told_the_budget(set_by_hand: float, told: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set; or, where a small plan takes more than that, what it takes."""
    backend, heard = OnnxBackend(), list[float]()
    monkeypatch.setattr(backend, "limit_memory", heard.append)
    affordable_memory.enforce_budget([Octave(128, 290, 4)], job(128, 290, memory=set_by_hand), backend)
    assert heard == [pytest.approx(told, rel=1e-3)]


def test_a_card_in_half_precision_needs_less_than_the_processor() -> None:
    """For each megapixel; but CUDA itself takes more than a processor's engine."""
    card, processor = needs_of("cuda", "fp16"), needs_of("cpu", "fp32")
    large, small = [Octave(2000, 3000, 8)], [Octave(64, 64, 8)]
    assert peak(large, 6.0, needs=card) < peak(large, 6.0, needs=processor)
    assert peak(small, 0.004, needs=card) > peak(small, 0.004, needs=processor)
    assert needs_of("cuda", "fp32") == needs_of("cpu", "bf16") == processor


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a control group leaves is free, cached files included, and no more than that."""
    files = {"memory.max": "3000000", "memory.current": "2500000", "memory.stat": "anon 9\ninactive_file 400000\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    group = (str(tmp_path / "memory.max"), str(tmp_path / "memory.current"), "inactive_file")
    monkeypatch.setattr(memory, "_GROUPS", (group,))
    assert memory.available() == 900_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() > 900_000


def job(height: int, width: int, **settings: object) -> Job:
    values = {"quality": "normal", "backend": "onnx", **settings}
    return Job(photograph(height, width), (Style(painting(90, 120)),), from_mapping(values))


@pytest.mark.slow
def test_little_memory_gives_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run squeezed into tiles, with an optimiser that remembers as much, paints what a run with room paints."""
    monkeypatch.setattr("nst_core.shared.planning.cost_model.SHORT_HISTORY", HISTORY)
    roomy = stylize(job(64, 290, quality="draft"))
    monkeypatch.setattr("nst_core.shared.planning.cost_model.CPU_NEEDS", replace(CPU_NEEDS, base=0.0, graphs=0.0))
    tight = stylize(job(64, 290, quality="draft", memory=0.0625))
    assert tight.metrics.evaluations == roomy.metrics.evaluations
    # Round-off grows from step to step: few steps show best that it is the same objective.
    assert np.abs(tight.pixels - roomy.pixels).mean() < 1e-3


class Full(OnnxBackend):
    """A backend whose memory is full from the third evaluation of a whole picture on."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.refused = 0

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        evaluate, calls = super().objective(targets), 0

        def bounded(image: Float) -> tuple[Float, Float]:
            nonlocal calls
            calls += 1
            if calls > 2:
                self.refused += 1
                raise OutOfMemoryError("full", "wait")
            return evaluate(image)

        return Objective(bounded, evaluate.close)


@pytest.mark.slow
def test_a_full_memory_makes_the_run_go_on_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with a picture as good as one that was never refused."""
    monkeypatch.setattr("nst_core.shared.planning.cost_model.TILES", (64,))
    backend = Full()
    wanted = job(64, 304, method="classic", quality="draft")
    run = Run(wanted, backend)
    for _ in run:
        pass
    assert backend.refused == 1
    outcome, expected = run.outcome(), stylize(wanted)
    assert sum(outcome.metrics.losses.values()) < 1.05 * sum(expected.metrics.losses.values())


class Holding(OnnxBackend):
    """A backend whose first evaluation fills the memory with feature maps, of which it knows whether they are gone."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.maps: list[weakref.ref[Float]] = []
        self.left: list[bool] = []

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        self.left = [ref() is not None for ref in self.maps]
        return Objective(self._full) if not self.maps else super().objective(targets)

    def _full(self, _image: Float) -> tuple[Float, Float]:
        with as_out_of_memory():
            maps = np.zeros(1000, np.float32)
            self.maps.append(weakref.ref(maps))
            raise MemoryError


def test_what_a_refused_evaluation_held_is_free_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller tiles do not fit beside the feature maps of the whole, nor wait for the garbage to be collected."""
    monkeypatch.setattr("nst_core.painting.run.with_less_memory", lambda octave: octave)
    backend = Holding()
    gc.disable()
    try:
        for _ in Run(job(64, 64, quality="draft"), backend):
            pass
    finally:
        gc.enable()
    assert backend.left == [False]


def test_a_picture_that_cannot_be_fetched_is_told_as_full_memory() -> None:
    """What is on a card comes to the host only when it is asked for, and then there may be no room."""
    run = Run(job(64, 64, quality="draft"), OnnxBackend())
    list(run)

    def full() -> Float:
        raise MemoryError

    run._best.image = full
    with pytest.raises(OutOfMemoryError):
        run.outcome()


def test_a_picture_larger_than_a_strip_is_finished_like_a_small_one() -> None:
    """Strips leave no trace: a picture of many is each pixel's own mixture of photograph and painting."""
    height, width = 1100, 1200
    whole = Job(noise(height, width), (Style(painting(90, 120)),), from_mapping({"strength": 10.0}))
    styled = noise(height, width, 2)
    result = composite(whole, styled)
    np.testing.assert_allclose(result, whole.content + np.float32(0.5) * (styled - whole.content), atol=1e-6)


@pytest.mark.parametrize("size", [(500, 750), (1000, 1000), (1581, 1581), (700, 3500), (1000, 37)])
@pytest.mark.parametrize("tile", [0, 256, 512, 1024])
def test_the_largest_tile_is_known_before_it_is_cut(size: tuple[int, int], tile: int) -> None:
    """The forecast reckons with the tiles that are cut, of which the largest one counts."""
    outer = [cut.outer for cut in tiling.tiles(*size, tile or max(size))]
    largest = max((box.bottom - box.top) * (box.right - box.left) for box in outer) / 1e6
    assert largest <= Octave(*size, 1, tile).at_once <= 1.05 * largest


def test_moves_are_forgotten_before_tiles_become_small() -> None:
    """Where large tiles fit with a shorter memory, the optimiser gets that: small tiles cost much more time."""
    octave = Octave(2000, 3000, 10)
    tight = octave_memory(replace(octave, tile=512, history=4), 6.0)
    (way,) = tiled_to_fit([octave], 6.0, tight)
    assert (way.tile, way.history) == (512, 4)
    assert way.work / way.whole.work < MAX_TILING_COST
    (way,) = tiled_to_fit([octave], 6.0, 0.93 * tight)
    assert way.tile < 512


@given(
    height=st.integers(32, 5000),
    width=st.integers(32, 5000),
    gigabytes=st.floats(0.5, 64),
    quality=st.sampled_from(["draft", "normal", "high", "max"]),
    regions=st.integers(1, 4),
)
def test_a_plan_never_forecasts_more_than_its_budget(
    height: int, width: int, gigabytes: float, quality: str, regions: int
) -> None:
    """But for what no plan can leave out: the picture itself, and its smallest octave in the smallest tiles."""
    area, settings = height * width / 1e6, from_mapping({"quality": quality})
    wanted = plan(height, width, settings, max_megapixels=largest_optimized_megapixels(settings, processor=True))
    octaves = tiled_to_fit(wanted, area, gigabytes * 1e9, regions)
    least = octave_memory(replace(wanted[0], tile=256, history=4), area, regions)
    assert peak(octaves, area, regions) <= max(gigabytes * 1e9, idle_memory(area), least) + 1
