"""L-BFGS on the graphics card: images, gradients and moves stay in its memory; each step copies five numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from nst_core.backends.base import Curvature, Move, Point
from nst_core.backends.card_outputs import OutputCheck
from nst_core.backends.onnx_session import card_lock, ort
from nst_core.imaging.arrays import Float
from nst_core.shared.planning.schedule import HISTORY

Feed: TypeAlias = "ort.OrtValue | Float"
"""An input of a graph, in either memory."""
CARD = "webgpu"
"""What ONNX Runtime calls the memory of any maker's card."""


class CardImage:
    """An image in the card's memory. It is freed under `card_lock`, whichever thread drops the last reference."""

    def __init__(self, value: ort.OrtValue) -> None:
        self.value = value

    def __del__(self) -> None:
        with card_lock:
            del self.value

    def fetched(self) -> Float:
        """A copy in main memory. Raises what the library raises."""
        array = np.empty(self.value.shape(), np.float32)
        ort.copy_tensors([self.value], [ort.OrtValue.ortvalue_from_numpy(array)])
        return array


class CardDescent:
    """See `base.Descent`. Images are `CardImage`; gradients and moves are values of ONNX Runtime on the card."""

    def __init__(
        self,
        evaluate: Callable[..., list[ort.OrtValue]],
        graphs: tuple[ort.InferenceSession, ort.InferenceSession],
        run: Callable[[ort.InferenceSession, Mapping[str, Feed], Mapping[str, str]], list[ort.OrtValue]],
        placed: Callable[[Float, str], ort.OrtValue],
        outputs: OutputCheck,
    ) -> None:
        """evaluate: computes losses and gradient of an image, each in the named memory. graphs: change and move.

        run: computes a graph's outputs, each in the named memory. placed: copies an array to the named memory.
        """
        self._evaluate, self._run, self._placed, self._outputs = evaluate, run, placed, outputs
        self._change, self._move = graphs
        self._zeros: ort.OrtValue | None = None
        self._steps = 0

    def start(self, image: Float) -> CardImage:
        """See `Descent.start`."""
        self._zeros = self._placed(np.zeros_like(image), CARD)
        return CardImage(self._placed(np.ascontiguousarray(image.clip(0, 1)), CARD))

    def evaluated(self, image: CardImage, before: Point | None) -> Point:
        """See `Descent.evaluated`."""
        losses, gradient = self._evaluate(image.value, CARD if before else "cpu", CARD)
        if before is None:
            style, held, tv = self._checked(losses)
            return Point(image, gradient, (style, held, tv))
        feeds = {"image": image.value, "image_before": before.image.value, "losses": losses}
        feeds |= {"gradient": gradient, "gradient_before": before.gradient}
        s, y, found = self._run(self._change, feeds, {"s": CARD, "y": CARD, "seen": "cpu"})
        style, held, tv, curvature, change = self._checked(found)
        return Point(image, gradient, (style, held, tv), Move(s, y, curvature, change))

    def _checked(self, value: ort.OrtValue) -> list[float]:
        """The numbers of this step. Raises if they cannot be right, see `OutputCheck`."""
        numbers: Float = value.numpy()
        self._steps += 1
        moved = numbers[3:].any()  # an image that did not move has the same losses again
        self._outputs.check(np.array([self._steps if moved else 0], np.float32), numbers)
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
            feeds[f"s{place}"], feeds[f"y{place}"] = (move.s, move.y) if move else (self._zeros, self._zeros)
        (moved,) = self._run(self._move, feeds, {"moved": CARD})
        return CardImage(moved)
