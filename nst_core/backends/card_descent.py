"""L-BFGS on the graphics card: images, gradients and moves stay there, and one small look is taken a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from nst_core.backends.base import Curvature, Move, Point
from nst_core.backends.card_answers import Answers
from nst_core.backends.onnx_session import card_lock, ort
from nst_core.imaging.arrays import Float
from nst_core.shared.planning.schedule import HISTORY

Feed: TypeAlias = "ort.OrtValue | Float"
"""What a graph is given, in either memory."""
CARD = "webgpu"
"""What ONNX Runtime calls the memory of any maker's card."""


class CardImage:
    """An image in the card's memory, which is freed while nobody works there, whichever thread looks at it last."""

    def __init__(self, value: ort.OrtValue) -> None:
        self.value = value

    def __del__(self) -> None:
        with card_lock:
            del self.value

    def fetched(self) -> Float:
        """A copy. Raises what the library raises."""
        array = np.empty(self.value.shape(), np.float32)
        ort.copy_tensors([self.value], [ort.OrtValue.ortvalue_from_numpy(array)])
        return array


class CardDescent:
    """See `base.Descent`. Images are `CardImage`, all else are values of ONNX Runtime in the card's memory."""

    def __init__(
        self,
        evaluate: Callable[..., list[ort.OrtValue]],
        graphs: tuple[ort.InferenceSession, ort.InferenceSession],
        run: Callable[[ort.InferenceSession, Mapping[str, Feed], Mapping[str, str]], list[ort.OrtValue]],
        placed: Callable[[Float, str], ort.OrtValue],
        answers: Answers,
    ) -> None:
        """evaluate: losses and gradient of an image, each in the memory that is named; graphs: change and move.

        run: a graph's outputs, each in the memory that is named; placed: an array in the memory that is named.
        """
        self._evaluate, self._run, self._placed, self._answers = evaluate, run, placed, answers
        self._change, self._move = graphs
        self._none: ort.OrtValue | None = None
        self._steps = 0

    def start(self, image: Float) -> CardImage:
        """See `Descent.start`."""
        self._none = self._placed(np.zeros_like(image), CARD)
        return CardImage(self._placed(np.ascontiguousarray(image.clip(0, 1)), CARD))

    def evaluated(self, image: CardImage, before: Point | None) -> Point:
        """See `Descent.evaluated`."""
        losses, gradient = self._evaluate(image.value, CARD if before else "cpu", CARD)
        if before is None:
            style, held, tv = self._seen(losses)
            return Point(image, gradient, (style, held, tv))
        feeds = {"image": image.value, "image_before": before.image.value, "losses": losses}
        feeds |= {"gradient": gradient, "gradient_before": before.gradient}
        s, y, found = self._run(self._change, feeds, {"s": CARD, "y": CARD, "seen": "cpu"})
        style, held, tv, curvature, change = self._seen(found)
        return Point(image, gradient, (style, held, tv), Move(s, y, curvature, change))

    def _seen(self, value: ort.OrtValue) -> list[float]:
        """The numbers of this step. Raises where they cannot be its own."""
        numbers: Float = value.numpy()
        self._steps += 1
        moved = numbers[3:].any()  # else the last answer is the right one, too
        self._answers.check(np.array([self._steps if moved else 0]), numbers)
        return [float(number) for number in numbers]

    def moved(self, point: Point, curvature: Curvature) -> CardImage:
        """See `Descent.moved`."""
        newest = curvature.moves[::-1]
        numbers = np.zeros(2 + HISTORY, np.float32)
        numbers[:2] = (curvature.scale, 0) if newest else (0, curvature.first_move)
        numbers[2 : 2 + len(newest)] = [1 / move.curvature for move in newest]
        feeds = {"image": point.image.value, "gradient": point.gradient, "numbers": numbers}
        for place in range(HISTORY):
            move = newest[place] if place < len(newest) else None
            feeds[f"s{place}"], feeds[f"y{place}"] = (move.s, move.y) if move else (self._none, self._none)
        (moved,) = self._run(self._move, feeds, {"moved": CARD})
        return CardImage(moved)
