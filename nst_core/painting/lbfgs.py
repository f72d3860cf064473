"""L-BFGS inside the unit box, over flat arrays of numpy or torch: one evaluation a step.

Arrays and scalars stay on the backend's device; each iteration copies only the losses to the host. Directions by the
two-loop recursion (Nocedal & Wright, Numerical Optimization, algorithm 7.4), with the step length of the quasi-Newton
model instead of a line search. Iterates are clipped to [0, 1]. Clipped pixels whose gradient points outwards are
excluded from the search direction.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from nst_core.backends.base import Evaluate
from nst_core.vgg.losses import Array

FIRST_MOVE = 0.02
"""Root mean square change of a pixel in a step without curvature information (the first, or after a reset)."""
GENTLE_MOVE = 0.002
"""The same for a start that is nearly a minimum, such as an earlier result."""
LARGEST_MOVE = 0.1
"""Upper limit of that in any step; the quadratic model is not reliable further away."""
LEAST_CURVATURE = 1e-8


@dataclass(frozen=True)
class Step:
    """One update. image: the iterate that was evaluated; losses: its style, content and tv loss."""

    number: int
    image: Array
    losses: tuple[float, float, float]

    @property
    def loss(self) -> float:
        """What is minimised."""
        return sum(self.losses)


@dataclass
class _Memory:
    """The last pairs of moves s and gradient changes y, at most `size`."""

    size: int
    first_move: float
    pairs: deque[tuple[Array, Array, Array]] = field(default_factory=deque)
    scale: Array = 1.0
    """s y / y y of the last pair: the size of the inverse Hessian."""

    def learn(self, s: Array, y: Array) -> None:
        curvature, change = _dot(s, y), _dot(y, y)
        if curvature > LEAST_CURVATURE * change:
            self.scale = curvature / change
            self.pairs.append((s, y, 1 / curvature))
            if len(self.pairs) > self.size:
                self.pairs.popleft()

    def direction(self, gradient: Array) -> Array:
        """-H g, with the inverse Hessian H implied by the pairs."""
        if not self.pairs:
            return gradient * (-self.first_move / (_rms(gradient) + 1e-30))
        q, alphas = -gradient, []
        for s, y, rho in reversed(self.pairs):
            alphas.append(rho * _dot(s, q))
            q = q - alphas[-1] * y
        q = q * self.scale
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q = q + (alpha - rho * _dot(y, q)) * s
        return q


def descend(
    objective: Evaluate, image: Array, steps: int, history: int = 10, first_move: float = FIRST_MOVE
) -> Iterator[Step]:
    """Yield `steps` evaluated iterates, the first of them `image` itself (1, 3, H, W), each in [0, 1].

    The losses of a step belong to its image. A first move that raised the loss is undone, and the next one starts from
    `image` again with the measured curvature. Ends before a loss that is not finite.
    """
    shape, memory = image.shape, _Memory(history, first_move)
    x = image.reshape(-1).clip(0, 1)
    previous: tuple[Array, Array, float] | None = None
    for number in range(1, steps + 1):
        losses, gradient = objective(x.reshape(shape))
        style, content, tv = losses.tolist()
        step = Step(number, x.reshape(shape), (style, content, tv))
        if not math.isfinite(step.loss):
            return
        yield step
        g = gradient.reshape(-1)
        here = x, g, step.loss
        if previous is not None:
            memory.learn(x - previous[0], g - previous[1])
            if number == 2 and step.loss > previous[2]:
                memory.first_move /= 2
                here = previous
            elif step.loss > 2 * previous[2]:
                memory.pairs.clear()
        x, g, _ = previous = here
        free = ~(((x <= 0) & (g > 0)) | ((x >= 1) & (g < 0)))
        direction = memory.direction(g * free) * free
        x = (x + direction * (LARGEST_MOVE / (_rms(direction) + 1e-30)).clip(max=1.0)).clip(0, 1)


def _dot(a: Array, b: Array) -> Array:
    """Pairwise summation: the last bits of a BLAS product depend on the number of threads."""
    return (a * b).sum()


def _rms(values: Array) -> Array:
    return (_dot(values, values) / values.shape[0]) ** 0.5
