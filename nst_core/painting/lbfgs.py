"""L-BFGS inside the unit box, over images of numpy, torch or a graphics card's memory: one evaluation a step.

Arrays and scalars stay on the backend's device; each iteration copies only the losses to the host. Directions by the
two-loop recursion (Nocedal & Wright, Numerical Optimization, algorithm 7.4), with the step length of the quasi-Newton
model instead of a line search. Iterates are clipped to [0, 1]. Clipped pixels whose gradient points outwards are
excluded from the search direction.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from nst_core.backends.base import LARGEST_MOVE, Curvature, Evaluate, Move, Objective, Point
from nst_core.vgg.losses import Array

FIRST_MOVE = 0.02
"""Root mean square change of a pixel in a step without curvature information (the first, or after a reset)."""
GENTLE_MOVE = 0.002
"""The same for a start that is nearly a minimum, such as an earlier result."""
LEAST_CURVATURE = 1e-8
"""Moves whose s y is less than this share of y y are ignored, so that the inverse Hessian stays positive definite."""


@dataclass(frozen=True)
class Step:
    """One update. image: the iterate that was evaluated; losses: its style, held and tv loss.

    next_image: returns the next iterate, which is not evaluated yet; None if the loss rose, or if there is no curvature
    yet and more steps follow.
    """

    number: int
    image: Array
    losses: tuple[float, float, float]
    next_image: Callable[[], Array] | None = None

    @property
    def loss(self) -> float:
        """What is minimised."""
        return sum(self.losses)


@dataclass
class _Memory:
    """The last moves, oldest first, and s y / y y of the last one as `scale`; first_move: as in `Curvature`."""

    moves: deque[Move]
    first_move: float
    scale: Array = 1.0

    def add(self, move: Move) -> None:
        if move.curvature > LEAST_CURVATURE * move.change:
            self.scale = move.curvature / move.change
            self.moves.append(move)

    @property
    def curvature(self) -> Curvature:
        return Curvature(tuple(self.moves), self.scale, self.first_move)


class ArrayDescent:
    """See `base.Descent`: for an objective that takes and returns arrays of numpy or torch."""

    def __init__(self, objective: Evaluate) -> None:
        self._objective = objective

    def start(self, image: Array) -> Array:
        """See `Descent.start`."""
        return image.clip(0, 1)

    def evaluated(self, image: Array, before: Point | None) -> Point:
        """See `Descent.evaluated`."""
        losses, gradient = self._objective(image)
        style, held, tv = losses.tolist()
        if before is None:
            return Point(image, gradient, (style, held, tv))
        s, y = image - before.image, gradient - before.gradient
        return Point(image, gradient, (style, held, tv), Move(s, y, _dot(s, y), _dot(y, y)))

    def moved(self, point: Point, curvature: Curvature) -> Array:
        """See `Descent.moved`."""
        x, g = point.image, point.gradient
        free = ~(((x <= 0) & (g > 0)) | ((x >= 1) & (g < 0)))
        direction = _direction(g * free, curvature) * free
        return (x + direction * (LARGEST_MOVE / (_rms(direction) + 1e-30)).clip(max=1.0)).clip(0, 1)


def descend(
    objective: Evaluate, image: Array, steps: int, history: int = 10, first_move: float = FIRST_MOVE
) -> Iterator[Step]:
    """Yield `steps` evaluated iterates, the first of them `image` itself (1, 3, H, W), each in [0, 1].

    The losses of a step belong to its image. A first move that raised the loss is undone, and the next one starts from
    `image` again with the measured curvature. Ends before a loss that is not finite. Where the objective has a
    `Descent` of its own, the images of the steps are that one's.
    """
    own = objective.descent if isinstance(objective, Objective) else None
    descent, memory = own or ArrayDescent(objective), _Memory(deque(maxlen=history), first_move)
    x = descent.start(image)
    previous: Point | None = None
    for number in range(1, steps + 1):
        point = descent.evaluated(x, previous)
        loss = sum(losses := point.losses)
        if not math.isfinite(loss):
            return
        worse = previous is not None and loss > sum(previous.losses)
        if previous is not None:
            assert point.move
            memory.add(point.move)
            if number == 2 and worse:
                memory.first_move /= 2
                point = previous
            elif loss > 2 * sum(previous.losses):
                memory.moves.clear()
        move = partial(descent.moved, point, memory.curvature)
        improves = not worse if memory.moves else steps == 1
        yield Step(number, x, losses, move if improves else None)
        x, previous = move(), point


def _direction(gradient: Array, curvature: Curvature) -> Array:
    """-H g, with the inverse Hessian H implied by the moves."""
    if not curvature.moves:
        return gradient * (-curvature.first_move / (_rms(gradient) + 1e-30))
    q, alphas = -gradient, []
    for move in reversed(curvature.moves):
        alphas.append(1 / move.curvature * _dot(move.s, q))
        q -= alphas[-1] * move.y
    q *= curvature.scale
    for move, alpha in zip(curvature.moves, reversed(alphas), strict=True):
        q += (alpha - 1 / move.curvature * _dot(move.y, q)) * move.s
    return q


def _dot(a: Array, b: Array) -> Array:
    """Pairwise summation: the last bits of a BLAS product depend on the number of threads."""
    return (a * b).reshape(-1).sum()


def _rms(values: Array) -> Array:
    return (_dot(values, values) / math.prod(values.shape)) ** 0.5
