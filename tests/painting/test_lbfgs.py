"""The optimiser alone, on functions whose minimum is known."""

from functools import partial

import numpy as np
import pytest
import torch

from nst_core.backends import card_descent
from nst_core.backends.base import Evaluate, Objective
from nst_core.backends.card_outputs import OutputCheck
from nst_core.backends.onnx import _bound_run, _placed
from nst_core.backends.onnx_session import graph, ort, run_options
from nst_core.painting.lbfgs import descend
from nst_core.vgg import weights
from nst_core.vgg.losses import Array


def bowl(target: Array, scale: Array) -> Evaluate:
    """A stretched quadratic bowl around `target`, whose condition number is that of `scale`."""

    def objective(image: Array) -> tuple[Array, Array]:
        gap = image - target
        loss = (scale * gap * gap).sum()
        losses = gap.reshape(-1)[:3] * 0
        losses[0] = loss
        return losses, 2 * scale * gap

    return objective


def problem(seed: int = 0) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    shape = (1, 3, 8, 8)
    return rng.uniform(0.2, 0.8, shape), np.exp(rng.uniform(-2, 2, shape)), rng.random(shape)


def test_it_finds_the_minimum() -> None:
    """An ill-conditioned bowl is minimised to a millionth in sixty evaluations."""
    target, scale, start = problem()
    steps = list(descend(bowl(target, scale), start, 60))
    assert steps[-1].loss < 1e-6 * steps[0].loss
    np.testing.assert_allclose(steps[-1].image, target, atol=1e-3)


def test_iterates_stay_in_range_and_reach_the_bound() -> None:
    """A minimum outside the box is found on its face, and no iterate ever leaves [0, 1]."""
    target, scale, start = problem()
    steps = list(descend(bowl(target + 0.7, scale), start, 40))
    assert all(s.image.min() >= 0 and s.image.max() <= 1 for s in steps)
    np.testing.assert_allclose(steps[-1].image, np.clip(target + 0.7, 0, 1), atol=1e-3)


def test_the_first_iterate_is_the_start_and_losses_are_its_own() -> None:
    """What is yielded is what was evaluated."""
    target, scale, start = problem()
    objective = bowl(target, scale)
    steps = list(descend(objective, start, 5))
    np.testing.assert_array_equal(steps[0].image, start)
    assert [s.number for s in steps] == [1, 2, 3, 4, 5]
    for step in steps:
        assert step.loss == pytest.approx(objective(step.image)[0][0])


def test_a_first_move_that_went_too_far_is_taken_back() -> None:
    """The step after it starts from the start again, and knows how far to go."""
    target, scale, _ = problem()
    start = target + 1e-3
    objective = bowl(target, scale)
    first, second, third, *_ = descend(objective, start, 4)
    assert second.loss > first.loss > third.loss
    assert np.abs(third.image - start).max() < 0.2 * np.abs(second.image - start).max()


def test_the_move_after_the_last_step_is_worth_making() -> None:
    """It lowers the loss further, also after a single step. There is none after a move that was too long."""
    target, scale, start = problem()
    objective = bowl(target, scale)
    first, *_, last = descend(objective, start, 12)
    assert first.next_image is None
    assert last.next_image is not None
    assert objective(last.next_image())[0][0] < last.loss
    (only,) = descend(objective, start, 1)
    assert only.next_image is not None
    assert objective(only.next_image())[0][0] < only.loss
    assert [step.next_image for step in descend(objective, target + 1e-3, 2)] == [None, None]


def test_numpy_and_torch_walk_the_same_path() -> None:
    """One optimiser serves both libraries."""
    target, scale, start = problem()
    in_numpy = list(descend(bowl(target, scale), start, 12))
    tensors = [torch.from_numpy(a) for a in (target, scale, start)]
    in_torch = list(descend(bowl(*tensors[:2]), tensors[2], 12))
    for a, b in zip(in_numpy, in_torch, strict=True):
        np.testing.assert_allclose(a.image, b.image.numpy(), atol=1e-9)


def test_a_graphics_cards_graphs_walk_the_same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed by the processor here, in float32; also where fewer moves are remembered than the graph has room for."""
    monkeypatch.setattr(card_descent, "CARD", "cpu")
    target, scale, start = (values.astype(np.float32) for values in problem())
    objective = bowl(target + np.float32(0.3), scale)

    def evaluate(image: ort.OrtValue, *_: str) -> list[ort.OrtValue]:
        return [ort.OrtValue.ortvalue_from_numpy(found) for found in objective(image.numpy())]

    graphs = graph(weights.CHANGE_FILE, 1, "cpu"), graph(weights.MOVE_FILE, 1, "cpu")
    run = partial(_bound_run, options=run_options())
    own = card_descent.CardDescent(evaluate, graphs, run, partial(_placed, graphs[0]), OutputCheck(lambda: False))
    by_graphs = descend(Objective(objective, descent=own), start, 15, 4)
    for found, expected in zip(by_graphs, descend(objective, start, 15, 4), strict=True):
        np.testing.assert_allclose(found.image.value.numpy(), expected.image, atol=1e-4)


def test_it_ends_before_a_loss_that_is_no_number() -> None:
    """What was yielded until then is sound; nothing is built on the rest."""
    target, scale, start = problem()
    sound, calls = bowl(target, scale), 0

    def broken(image: Array) -> tuple[Array, Array]:
        nonlocal calls
        calls += 1
        losses, gradient = sound(image)
        return losses * (1 if calls < 4 else np.nan), gradient

    steps = list(descend(broken, start, 10))
    assert len(steps) == 3
    assert calls == 4
