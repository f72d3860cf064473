"""L-BFGS on a graphics card as two graphs, so that images and gradients stay there: see nst_core.painting.lbfgs.

The first computes the change from one image to the next, and the numbers that the host reads:

    s = image - image_before,  y = gradient - gradient_before,  seen = [losses, s y, y y]

The second computes the next image by the two-loop recursion over HISTORY moves; missing ones are zeros. numbers:
[scale, first move, 1 / (s y) of each move, newest first]; either scale or first move is zero.
"""

from __future__ import annotations

import numpy as np
import onnx

from export.builder import Builder
from nst_core.backends.base import LARGEST_MOVE
from nst_core.shared.planning.schedule import HISTORY

_IMAGE = (1, 3, "H", "W")
_SUM = [1, 1, 1, 1]
"""Shape of a sum over an image."""
_TINY = 1e-30


def change_graph() -> onnx.ModelProto:
    """The change of image and gradient, and the numbers `seen`."""
    b = Builder()
    image, before, gradient, gradient_before = (
        b.input(name, _IMAGE) for name in ("image", "image_before", "gradient", "gradient_before")
    )
    losses = b.input("losses", [3])
    s, y = b.op("Sub", image, before), b.op("Sub", gradient, gradient_before)
    flat = b.constant([1], np.int64)
    products = [b.op("Reshape", _dot(b, values, y), flat) for values in (s, y)]
    b.output(s, "s", _IMAGE)
    b.output(y, "y", _IMAGE)
    b.output(b.op("Concat", losses, *products, axis=0), "seen", [5])
    return b.model("descent-change")


def move_graph() -> onnx.ModelProto:
    """The next image."""
    b = Builder()
    x, g, numbers = b.input("image", _IMAGE), b.input("gradient", _IMAGE), b.input("numbers", [2 + HISTORY])
    moves = [(b.input(f"s{place}", _IMAGE), b.input(f"y{place}", _IMAGE)) for place in range(HISTORY)]
    scale, first, *inverse = (_number(b, numbers, place) for place in range(2 + HISTORY))
    zero, one = b.constant(0.0), b.constant(1.0)
    out_below = b.op("Mul", _mask(b, "LessOrEqual", x, zero), _mask(b, "Greater", g, zero))
    out_above = b.op("Mul", _mask(b, "GreaterOrEqual", x, one), _mask(b, "Less", g, zero))
    free = b.op("Sub", one, b.op("Add", out_below, out_above))
    downhill = b.op("Neg", b.op("Mul", g, free))
    q, alphas = downhill, []
    for (s, y), rho in zip(moves, inverse, strict=True):
        alphas.append(b.op("Mul", rho, _dot(b, s, q)))
        q = b.op("Sub", q, b.op("Mul", alphas[-1], y))
    q = b.op("Mul", q, b.op("Add", scale, b.op("Div", first, _rms(b, downhill))))
    for (s, y), rho, alpha in reversed(list(zip(moves, inverse, alphas, strict=True))):
        q = b.op("Add", q, b.op("Mul", b.op("Sub", alpha, b.op("Mul", rho, _dot(b, y, q))), s))
    q = b.op("Mul", q, free)
    within = b.op("Clip", b.op("Div", b.constant(LARGEST_MOVE), _rms(b, q)), zero, one)
    b.output(b.op("Clip", b.op("Add", x, b.op("Mul", q, within)), zero, one), "moved", _IMAGE)
    return b.model("descent-move")


def _number(b: Builder, numbers: str, place: int) -> str:
    ends = (b.constant([at], np.int64) for at in (place, place + 1))
    return b.op("Reshape", b.op("Slice", numbers, *ends), b.constant(_SUM, np.int64))


def _mask(b: Builder, comparison: str, value: str, limit: str) -> str:
    return b.op("Cast", b.op(comparison, value, limit), to=onnx.TensorProto.FLOAT)


def _dot(b: Builder, a: str, other: str) -> str:
    """The sum of the products, (1, 1, 1, 1): by rows first, which a card sums in parallel."""
    rows = b.op("ReduceSum", b.op("Mul", a, other), b.constant([3], np.int64), keepdims=1)
    return b.op("ReduceSum", rows, b.constant([1, 2], np.int64), keepdims=1)


def _rms(b: Builder, values: str) -> str:
    """Never zero."""
    count = b.op("ReduceProd", b.op("Cast", b.op("Shape", values), to=onnx.TensorProto.FLOAT), keepdims=0)
    return b.op("Add", b.op("Sqrt", b.op("Div", _dot(b, values, values), count)), b.constant(_TINY))
