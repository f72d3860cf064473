"""How one frame moves into the next, so that the paint of the one can be laid where it belongs in the other.

Flow is estimated by least squares over small windows (Lucas and Kanade 1981), from coarse to fine. Pictures are float32
(H, W, 3) in [0, 1]; a flow is (H, W, 2): how many px to the right and down, in the frame before, each pixel came from.
"""

from __future__ import annotations

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import resize

SIDE = 512
"""Longest edge at which flow is estimated, px: it is smooth, and larger sizes would cost more than they tell."""
COARSEST = 12
"""Shortest side of the coarsest level, px."""
ROUNDS = 4
"""Estimates at each level, each from where the one before led."""
WINDOW = 5
"""Pixels to each side that share one motion."""
FLAT = 1e-4
"""What stands for the gradients where there are none: the motion of the coarser level stays."""
FARTHEST = 1.0
"""Pixels that one estimate may move: gradients tell no more."""
FAMILIAR, NEW = 0.05, 0.1
"""Mean difference, over a window, that motion leaves: up to the first it is the same thing, from the second another."""


def carried(paint: Float, before: Float, now: Float) -> tuple[Float, Float]:
    """The paint of the frame `before`, moved as the picture moves towards `now`, and how far it is of no use there.

    The second is (H, W), from 0 to 1 where what is in `now` was not to be seen before. All have one size. Where the
    motion is found wrong, steadiness is lost, nothing else.
    """
    found = flow(before, now)
    strange = np.abs(moved(before, found) - now).mean(axis=2, keepdims=True)
    new = np.clip((_smooth(strange) - FAMILIAR) / (NEW - FAMILIAR), 0, 1)
    new = _smooth(np.maximum(new, _outside(found)[..., None]))[..., 0]
    return moved(paint, found).clip(0, 1), np.maximum(new, _outside(found))


def flow(before: Float, now: Float) -> Float:
    """The flow from `before` to `now`."""
    height, width = now.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    found = _pyramid(_gray(resize(before, *size)), _gray(resize(now, *size)))
    return _enlarged(found, height, width)


def moved(pixels: Float, found: Float) -> Float:
    """(H, W) or (H, W, C) with each pixel taken from where its flow says; the border goes on outside.

    Cubic (Catmull and Rom): paint that is carried from frame to frame must not blur.
    """
    height, width = pixels.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    x = np.clip(columns + found[..., 0], 0, width - 1)
    y = np.clip(rows + found[..., 1], 0, height - 1)
    left, top = x.astype(np.intp), y.astype(np.intp)
    taken: Float = np.zeros_like(pixels)
    for i, down in enumerate(_cubic(y - top), start=-1):
        row = np.clip(top + i, 0, height - 1)
        for j, across in enumerate(_cubic(x - left), start=-1):
            weight = (down * across).reshape(height, width, *[1] * (pixels.ndim - 2))
            taken += weight * pixels[row, np.clip(left + j, 0, width - 1)]
    return taken


def _cubic(t: Float) -> Float:
    """(4, H, W): what four neighbours count, `t` of the way from the second to the third."""
    first, last = t * (t * (1 - 0.5 * t) - 0.5), t * t * (0.5 * t - 0.5)
    second, third = 1 + t * t * (1.5 * t - 2.5), t * (0.5 + t * (2 - 1.5 * t))
    return np.stack([first, second, third, last]).astype(np.float32)


def _outside(found: Float) -> Float:
    """(H, W): 1 where a pixel comes from outside the frame."""
    height, width = found.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    x, y = columns + found[..., 0], rows + found[..., 1]
    # Half a pixel: flow is never quite 0 where nothing moves.
    outside: Float = ((x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)).astype(np.float32)
    return outside


def _pyramid(before: Float, now: Float) -> Float:
    """The flow between two grey pictures (H, W)."""
    height, width = now.shape
    if min(height, width) >= 2 * COARSEST:
        half = (height + 1) // 2, (width + 1) // 2
        coarse = [resize(gray[..., None], *half)[..., 0] for gray in (before, now)]
        found = _enlarged(_pyramid(*coarse), height, width)
    else:
        found = np.zeros((height, width, 2), np.float32)
    for _ in range(ROUNDS):
        found = _smooth(found + _estimate(moved(before, found), now))
    return found


def _estimate(before: Float, now: Float) -> Float:
    """What is still missing of the flow."""
    down, across = np.gradient((before + now) / 2)
    products = (across * across, across * down, down * down, across * (now - before), down * (now - before))
    xx, xy, yy, xt, yt = np.moveaxis(_smooth(np.stack(products, axis=2)), 2, 0)
    xx, yy = xx + FLAT, yy + FLAT
    determinant = xx * yy - xy * xy
    step = np.stack([yy * xt - xy * yt, xx * yt - xy * xt], axis=2) / determinant[..., None]
    bounded: Float = np.clip(step, -FARTHEST, FARTHEST).astype(np.float32)
    return bounded


def _smooth(values: Float) -> Float:
    """Means over windows of an (H, W, C) array; at the border over what there is of them."""
    for axis in (0, 1):
        length = values.shape[axis]
        sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis, dtype=np.float64)], axis)
        low, high = np.arange(length) - WINDOW, np.arange(length) + WINDOW + 1
        low, high = np.clip(low, 0, length), np.clip(high, 0, length)
        count = np.expand_dims((high - low).astype(np.float64), tuple(a for a in range(3) if a != axis))
        values = ((sums.take(high, axis) - sums.take(low, axis)) / count).astype(np.float32)
    return values


def _enlarged(found: Float, height: int, width: int) -> Float:
    """The flow at another size, its lengths as well."""
    h, w = found.shape[:2]
    if (h, w) == (height, width):
        return found
    reach = max(1.0, float(np.abs(found).max()))
    # Resizing keeps to [0, 1], where flows fit around one half.
    sized = resize(found / np.float32(2 * reach) + np.float32(0.5), height, width)
    factors = np.array([width / w, height / h], np.float32)
    enlarged: Float = (sized - np.float32(0.5)) * np.float32(2 * reach) * factors
    return enlarged


def _gray(pixels: Float) -> Float:
    gray: Float = pixels[..., :3].mean(axis=2)
    return gray
