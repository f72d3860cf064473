"""What only a graphics card can show. Skipped where there is none."""

import gc
import subprocess
import threading
import time

import numpy as np
import pytest
import torch
from children import child, comes_true
from engine_fixtures import BOTH, distance, noise, painting, photograph, targets

from nst_core import Job, Style
from nst_core.backends.base import Objective
from nst_core.backends.select import choose
from nst_core.backends.tiling import TiledBackend
from nst_core.backends.torch import TorchBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.run import Run
from nst_core.painting.style_targets.matching import means_of, nearest, pieces
from nst_core.shared.settings import from_mapping
from nst_core.vgg.layers import PAINTERLY, Method

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")

HALF_PRECISION = 0.04
SAME_PICKS = 0.7
"""Share of cells; a cell of float16 may be as near to two pieces."""
ROUND_OFF = 1e-3
"""In float32 by the tensor cores' way: ten bits of each factor."""
HOST = """
import os
from test_faults_engine import ENGINE, Engine, layer, np, request
with Engine.start(ENGINE, os.environ) as engine:
    wanted = request(np.tile(layer(), (16, 16, 1)), quality="max", backend="torch", device="cuda")
    engine.stylize(wanted, lambda progress: print(progress.octave, flush=True))
"""
SMALL, LARGE = 1e8, 1e9  # bytes


@pytest.fixture(scope="module")
def card() -> TorchBackend:
    return TorchBackend("cuda")


def found(backend: TorchBackend, objective: Objective, image: Float) -> Float:
    return backend.numpy(objective(backend.array(image))[1])


def test_a_card_is_chosen_and_computes_in_half_precision() -> None:
    """Without being asked."""
    chosen = choose()
    assert (chosen.name, chosen.device, chosen.precision) == ("torch", "cuda", "fp16")


@BOTH
@pytest.mark.parametrize("regions", [1, 2])
def test_half_precision_is_close_to_float64_on_the_processor(card: TorchBackend, regions: int, method: Method) -> None:
    """On a size that no pooling divides, under one guide and under two."""
    guides = np.random.default_rng(1).random((regions, 1, 97, 83), dtype=np.float32) + 0.1
    exact = TorchBackend("cpu", torch.float64)
    image = planes(noise(97, 83))
    expected = found(exact, exact.objective(targets(exact, 97, 83, guides, method)), image)
    objective = card.objective(targets(card, 97, 83, guides, method))
    assert distance(found(card, objective, image), expected) < HALF_PRECISION


@BOTH
def test_a_recorded_objective_finds_what_its_first_evaluation_found(card: TorchBackend, method: Method) -> None:
    """The first evaluation is computed, the second recorded, the others replayed: each of another image."""
    images = [planes(noise(64, 80, seed)) for seed in range(4)]
    objective = card.objective(targets(card, 64, 80, None, method))
    for image in images:
        again = card.objective(targets(card, 64, 80, None, method))
        assert distance(found(card, objective, image), found(card, again, image)) < ROUND_OFF


@BOTH
def test_tiles_find_what_the_whole_does(method: Method) -> None:
    """In float32, on the card."""
    backend = TorchBackend("cuda", torch.float32)
    wanted, image = targets(backend, 187, 201, None, method), planes(noise(187, 201))
    whole = found(backend, backend.objective(wanted), image)
    assert distance(found(backend, TiledBackend(backend, 96).objective(wanted), image), whole) < HALF_PRECISION


def test_a_card_picks_the_pieces_that_float64_picks(card: TorchBackend) -> None:
    """Or, where two are as near to half precision, the other one."""
    exact = TorchBackend("cpu", torch.float64)
    found = []
    for backend in (card, exact):
        held, style = (
            backend.held(backend.array(planes(picture)), PAINTERLY)
            for picture in (photograph(96, 128), painting(96, 128))
        )
        found.append(nearest(backend, held, means_of(held), pieces(style)))
    assert (found[0] == found[1]).all(-1).mean() > SAME_PICKS


def test_a_run_can_be_looked_at_from_another_thread(card: TorchBackend) -> None:
    """While steps are recorded and replayed, and the picture that comes out is a picture."""
    run = Run(Job(photograph(200, 260), (Style(painting(90, 120)),), from_mapping({"quality": "normal"})), card)
    over, seen = threading.Event(), []

    def look() -> None:
        while not over.is_set():
            seen.append(run.preview(128))

    looking = threading.Thread(target=look)
    looking.start()
    losses = [progress.loss for progress in run if progress.loss is not None]
    over.set()
    looking.join()
    assert len(losses) == 27
    assert losses[-1] < losses[0]
    assert np.isfinite(np.stack(seen)).all()
    assert np.isfinite(run.outcome().pixels).all()


def test_a_full_card_makes_the_run_go_on_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program has most of the card: the plan hopes, the allocation fails, and smaller tiles do it."""
    gc.collect()  # what earlier tests recorded
    backend = TorchBackend("cuda")
    monkeypatch.setattr(backend, "limit_memory", lambda _: None)
    total = torch.cuda.get_device_properties(0).total_memory
    settings = from_mapping({"quality": "high", "memory": 60})
    run = Run(Job(photograph(1500, 1600), (Style(painting(90, 120)),), settings, init=photograph(1500, 1600)), backend)
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(2.5e9 / total)
    try:
        steps = [progress.step for progress, _ in zip(run, range(4), strict=False)]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert steps[-1] >= 2
    assert np.isfinite(run.outcome().pixels).all()


def test_an_engine_whose_host_was_killed_gives_the_card_back() -> None:
    """Killed in the middle of the largest octave; another engine has all of the card's memory again."""
    before = free()
    with subprocess.Popen(child(HOST), stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout
        while int(host.stdout.readline()) < 3:
            pass
        assert free() < before - LARGE
        host.kill()
        begun = time.monotonic()
        assert comes_true(lambda: free() > before - SMALL)
        print(f"free after {time.monotonic() - begun:.2f} s")  # noqa: T201 - the figure


def free() -> int:
    return int(torch.cuda.mem_get_info()[0])
