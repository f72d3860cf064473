"""A graphics card of any make, by WebGPU, against the processor: `make test-gpu` has one in software.

Both compute in float32, in another order: 1e-6 of the gradient's norm, of which ten times is allowed. Decisions near a
tie are another matter: see `engine_fixtures.nearest`.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import python
from engine_fixtures import BOTH, distance, feature_maps, nearest, noise, painting, photograph, targets

from nst_core.backends import card, card_trial, select
from nst_core.backends.base import AbortedError, Blocks
from nst_core.backends.card_descent import CardDescent, CardImage
from nst_core.backends.card_trial import HALF_SAME, TrialResult
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.select import choose
from nst_core.backends.tiling import TiledBackend
from nst_core.imaging.arrays import Float, planes
from nst_core.painting import run as run_module
from nst_core.painting.job import Job, Style
from nst_core.painting.lbfgs import descend
from nst_core.painting.run import Run
from nst_core.painting.style_targets import matching
from nst_core.setup.check_engine import examine
from nst_core.shared.errors import BackendUnavailableError, CardLostError, OutOfMemoryError
from nst_core.shared.sentences import note
from nst_core.shared.settings import from_mapping
from nst_core.vgg.layers import BLOCK_SIZE, CELL_SIZE, PAINTERLY, Method

pytestmark = pytest.mark.slow

ROUND_OFF = 1e-5
SAME_PATH = 1e-2
"""Rounding grows from step to step."""
HALF_LOSSES = 0.02
SAME_LOSSES = 1e-3
PICTURES = range(3)
"""Seeds of noise."""
MANY = 6000
"""Blocks whose products with each other take 2.3 GB: more than a card in software gives to one array."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One for all, so that the card is tried once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def gpu() -> OnnxBackend:
    try:
        return OnnxBackend("gpu")
    except BackendUnavailableError as error:
        pytest.skip(f"{error} `make test-gpu` has a card in software")


@pytest.fixture(scope="module")
def half(gpu: OnnxBackend) -> OnnxBackend:
    """In float16."""
    return OnnxBackend(gpu.device, half=True)


@pytest.fixture(scope="module")
def processor() -> OnnxBackend:
    made = OnnxBackend("cpu")
    made.prefix = ""
    return made


@BOTH
def test_losses_and_gradient_are_the_processors(gpu: OnnxBackend, processor: OnnxBackend, method: Method) -> None:
    """At an odd size, under two soft regions, for both methods."""
    size = (37, 45)
    guides = np.random.default_rng(1).random((2, 1, *size), dtype=np.float32) + 0.1
    wanted = targets(processor, *size, guides, method)
    objectives = [backend.objective(wanted) for backend in (gpu, processor)]

    def distances() -> Iterator[float]:
        for seed in PICTURES:
            found, expected = (objective(planes(noise(*size, seed))) for objective in objectives)
            np.testing.assert_allclose(found[0], expected[0], rtol=SAME_LOSSES)
            yield distance(found[1], expected[1])

    assert nearest(distances(), *size, ROUND_OFF) < ROUND_OFF


@BOTH
def test_half_precision_stays_close(half: OnnxBackend, processor: OnnxBackend, method: Method) -> None:
    """Whole and in tiles, under two regions; the limit is that of the trial; the classic method's network is deeper."""
    size = (45, 37)
    guides = np.random.default_rng(1).random((2, 1, *size), dtype=np.float32) + 0.1
    wanted, image = targets(processor, *size, guides, method), planes(noise(*size))
    (losses, found), (whole_losses, whole), (expected_losses, expected) = (
        one.objective(wanted)(image) for one in (TiledBackend(half, 32), half, processor)
    )
    np.testing.assert_allclose(whole_losses, expected_losses, rtol=HALF_LOSSES)
    np.testing.assert_allclose(losses, expected_losses, rtol=HALF_LOSSES)
    assert max(distance(whole, expected), distance(found, expected)) < HALF_SAME * (1 if method == PAINTERLY else 2)


@BOTH
def test_half_precision_has_no_gaps(half: OnnxBackend, method: Method) -> None:
    """For pictures of black and white only, and styles a hundred times as strong or as weak as theirs."""
    height, width = 45, 37
    wanted = targets(half, height, width, None, method)
    rows, columns = np.indices((height, width))
    checkers = np.repeat(((rows // 4 + columns // 4) % 2)[..., None], 3, 2).astype(np.float32)
    for strength in (0.01, 100.0):
        grams = {layer: gram * np.float32(strength) for layer, gram in wanted.grams.items()}
        objective = half.objective(replace(wanted, grams=grams))
        for picture in (np.ones((height, width, 3), np.float32), checkers, noise(height, width).round()):
            losses, gradient = objective(planes(picture))
            assert np.isfinite(losses).all()
            assert np.isfinite(gradient).all()


def test_descent_on_the_card_walks_the_processors_path(gpu: OnnxBackend, processor: OnnxBackend) -> None:
    """Nothing but the losses comes back; the pictures can be had, and lie in [0, 1]."""
    wanted, start = targets(processor, 40, 48, None, PAINTERLY), planes(photograph(40, 48))
    on_card, on_processor = gpu.objective(wanted), processor.objective(wanted)
    assert on_card.descent
    assert on_processor.descent is None
    steps = list(zip(descend(on_card, start, 9, 3), descend(on_processor, start, 9, 3), strict=True))
    for found, expected in steps:
        np.testing.assert_allclose(found.losses, expected.losses, rtol=SAME_PATH)
    image = gpu.numpy(steps[-1][0].image)
    assert distance(image, steps[-1][1].image) < SAME_PATH
    assert image.min() >= 0
    assert image.max() <= 1


def test_a_card_lost_in_the_middle_leaves_the_best_picture(gpu: OnnxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it held is gone with it: the processor goes on from the last copy, and a note says so."""
    monkeypatch.setattr(select, "_excluded", set())
    monkeypatch.setattr(run_module, "COPY_SECONDS", 0.0)
    evaluated, steps = CardDescent.evaluated, list[object]()

    def lost(*_: object) -> None:
        raise CardLostError("the graphics card failed", "")

    def until_lost(self: CardDescent, *asked: Any) -> Any:
        steps.append(asked)
        if len(steps) > 2:
            monkeypatch.setattr(CardImage, "fetched", lost)
            lost()
        return evaluated(self, *asked)

    monkeypatch.setattr(CardDescent, "evaluated", until_lost)
    run = Run(Job(photograph(32, 40), (Style(painting(32, 40)),), from_mapping({"quality": "draft"})), gpu)
    losses = [progress.loss for progress in run if progress.loss is not None]
    metrics = run.outcome().metrics
    assert (metrics.device, metrics.notes) == ("cpu", (note("card-failed"),))
    assert len(losses) > 3
    assert losses[2] < losses[0]


def test_features_are_the_processors(gpu: OnnxBackend, processor: OnnxBackend) -> None:
    """Maps, means over cells, Gram matrices."""
    image = planes(noise(48, 33))
    found, expected = (feature_maps(backend, image) for backend in (gpu, processor))
    assert list(found) == list(expected)
    assert max(distance(found[layer], expected[layer]) for layer in expected) < ROUND_OFF
    (grams, held), (own_grams, own) = (backend.grams_and_held(image, PAINTERLY) for backend in (gpu, processor))
    assert max(distance(grams[layer], own_grams[layer]) for layer in own_grams) < ROUND_OFF
    assert max(distance(held[layer], own[layer]) for layer in own) < ROUND_OFF


@pytest.mark.parametrize("every", [True, False])
def test_the_same_pieces_are_found(gpu: OnnxBackend, processor: OnnxBackend, *, every: bool) -> None:
    """All cells compared, or those of the best blocks."""
    query, reference = (
        matching.pieces(processor.held(planes(picture), PAINTERLY)).blocks
        for picture in (noise(64, 72, 1), noise(120, 160, 2))
    )
    found, expected = (backend.nearest(query, reference, exhaustive=every) for backend in (gpu, processor))
    assert (found == expected).mean() > 0.99


@BOTH
def test_tiles_give_the_whole_pictures_gradient(gpu: OnnxBackend, method: Method) -> None:
    """Losses too."""
    wanted, image = targets(gpu, 45, 33, None, method), planes(noise(45, 33))
    (losses, found), (expected_losses, expected) = (
        one.objective(wanted)(image) for one in (TiledBackend(gpu, 32), gpu)
    )
    np.testing.assert_allclose(losses, expected_losses, rtol=SAME_LOSSES)
    assert distance(found, expected) < 3 * ROUND_OFF


def test_abort_ends_an_evaluation(gpu: OnnxBackend) -> None:
    """The next objective works again."""
    image, wanted = planes(noise(40, 40)), targets(gpu, 40, 40, None, PAINTERLY)
    objective = gpu.objective(wanted)
    objective(image)
    gpu.abort()
    with pytest.raises(AbortedError):
        objective(image)
    assert np.isfinite(gpu.objective(wanted)(image)[1]).all()


def test_what_is_no_number_is_never_passed_on(gpu: OnnxBackend) -> None:
    """A card that computes none has failed."""
    image = planes(noise(40, 40))
    objective = gpu.objective(targets(gpu, 40, 40, None, PAINTERLY))
    image[0, 0, 3, 3] = np.nan
    with pytest.raises(CardLostError, match="wrongly"):
        objective(image)


def test_more_than_the_card_allows_is_a_shortage_of_memory(gpu: OnnxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """For which there are smaller tiles; it computes on afterwards."""
    rng = np.random.default_rng(0)
    shapes = (4, MANY, CELL_SIZE), (MANY, BLOCK_SIZE), (4, MANY)
    blocks = Blocks(*(rng.random(shape, dtype=np.float32) for shape in shapes))
    monkeypatch.setattr("nst_core.backends.onnx.SCORES", 1e12)
    with pytest.raises(OutOfMemoryError):
        gpu.nearest(blocks, blocks, exhaustive=True)
    few = Blocks(blocks.fine[:, :9], blocks.coarse[:9], blocks.inverse[:, :9])
    assert gpu.nearest(few, few, exhaustive=True).shape == (4, 9)


def test_a_run_paints_on_the_card_and_names_it(gpu: OnnxBackend) -> None:
    """Previews from another thread included; stopping keeps the best picture so far."""
    settings = from_mapping({"quality": "draft", "backend": "onnx", "device": "gpu"})
    run = Run(Job(photograph(32, 40), (Style(painting(32, 40)),), settings))
    over, seen = threading.Event(), list[Float]()

    def look() -> None:
        while not over.wait(0.1):
            seen.append(run.preview(32))

    looking = threading.Thread(target=look)
    looking.start()
    losses = list[float]()
    for progress in run:
        losses += [] if progress.loss is None else [progress.loss]
        if len(losses) == 3:
            run.stop()
    over.set()
    looking.join()
    outcome = run.outcome()
    assert losses[-1] < losses[0]
    assert np.isfinite(np.stack([outcome.pixels])).all()
    assert all(np.isfinite(picture).all() for picture in seen)
    metrics = outcome.metrics
    assert (metrics.device, metrics.card, metrics.precision) == ("gpu", card.name(), "fp32")
    assert gpu.card == card.name() != ""


def test_a_card_slower_than_the_processor_is_not_chosen(gpu: OnnxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in software is: the trial says so, and it is not made again while nothing changes."""
    found = card_trial.trial_result()
    assert not found.faster
    assert "not chosen by itself" in str(found)
    monkeypatch.setattr(card_trial, "_run_trial", lambda: pytest.fail("tried again"))
    assert card_trial.trial_result() == found
    select._gpu_is_faster.cache_clear()
    assert choose("onnx").device == "cpu"
    assert choose("onnx", "gpu").device == gpu.device == "gpu"
    monkeypatch.setattr(card, "driver", lambda: "another one")
    monkeypatch.setattr(card_trial, "_run_trial", lambda: TrialResult(0.1, 1.0))
    assert card_trial.trial_result().faster


@pytest.mark.usefixtures("gpu")
def test_the_examination_names_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a step takes there, and whether it is chosen by itself."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(card_trial, "_run_trial", lambda: TrialResult(2.0, 1.0))
    (said,) = [finding for finding in examine() if (finding.subject, finding.where) == ("onnx", "gpu")]
    assert card.name() in said.text
    assert "not chosen by itself" in said.text
    assert said.state == "note"


@pytest.mark.usefixtures("gpu")
def test_without_a_driver_the_sentence_says_what_to_install() -> None:
    """And a run that may choose goes on on the processor."""
    script = "import json\nfrom nst_core.backends.select import choose\n"
    nowhere = {"VK_ICD_FILENAMES": "/nowhere.json", "VK_DRIVER_FILES": "/nowhere.json", "XDG_CACHE_HOME": "/nowhere"}
    done = python(script + "choose('onnx', 'gpu')", **nowhere)
    assert "no driver offers Vulkan a graphics card" in done.stderr
    done = python(
        script + "made = choose('onnx')\nprint(json.dumps([made.device, [*map(str, made.notes)]]))", **nowhere
    )
    assert json.loads(done.stdout)[0] == "cpu", done.stderr


def test_a_card_that_failed_at_work_is_given_up(gpu: OnnxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the next start of the program."""
    monkeypatch.setattr(select, "_excluded", set())
    select.exclude(gpu)
    with pytest.raises(BackendUnavailableError, match="failed at work"):
        choose("onnx", "gpu")
