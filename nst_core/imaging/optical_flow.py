"""How one frame moves into the next, so that the paint of the one can be laid where it belongs in the other.

OpenCV estimates the flow (Kroeger et al., Fast Optical Flow using Dense Inverse Search, 2016) and moves pixels; it is
in the extra `film`. Pictures are float32 (H, W, 3) in [0, 1]; a flow is (H, W, 2): how many px to the right and down,
in the frame before, each pixel came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.color_profiles import as_bytes
from nst_core.imaging.resizing import resize

SIDE = 512
"""Longest edge at which flow is estimated, px: it is smooth, and larger sizes would cost more than they tell."""
LEAST_SIDE = 64
"""px: smaller pictures are enlarged for the estimate, which compares windows of 8 px at several sizes."""
WINDOW = 5
"""Pixels to each side over which differences are averaged."""
FAMILIAR = 0.05
"""Mean difference, over a window, that motion leaves: up to this it is the same thing."""
NEW = 0.1
"""From this on it is another thing."""


def opencv() -> Any:
    """OpenCV, loaded when it is first needed. Raises ModuleNotFoundError without the extra `film`."""
    import cv2  # noqa: PLC0415 - optional

    return cv2


def warped_paint(paint: Float, before: Float, now: Float) -> tuple[Float, Float]:
    """The paint of the frame `before`, moved as the picture moves towards `now`, and how far it is of no use there.

    The second is (H, W), from 0 to 1 where what is in `now` was not to be seen before. All have one size. Where the
    motion is found wrong, steadiness is lost, nothing else.
    """
    found = flow(before, now)
    outside = _outside(found)
    difference = np.abs(moved(before, found) - now).mean(axis=2)
    new = np.clip((_smooth(difference) - FAMILIAR) / (NEW - FAMILIAR), 0, 1)
    new = np.maximum(_smooth(np.maximum(new, outside)), outside)
    return moved(paint, found).clip(0, 1), new


def flow(before: Float, now: Float) -> Float:
    """The flow from `before` to `now`."""
    cv2, (height, width) = opencv(), now.shape[:2]
    scale = max(min(1.0, SIDE / max(height, width)), LEAST_SIDE / min(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    estimate = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = estimate.calc(_gray(resize(now, *size)), _gray(resize(before, *size)), None)
    sized: Float = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
    return sized * np.array([width / size[1], height / size[0]], np.float32)


def moved(pixels: Float, found: Float) -> Float:
    """(H, W) or (H, W, C) with each pixel taken from where its flow says; the border goes on outside.

    Cubic: paint that is carried from frame to frame must not blur.
    """
    cv2 = opencv()
    rows, columns = np.indices(found.shape[:2], dtype=np.float32)
    x, y = columns + found[..., 0], rows + found[..., 1]
    taken: Float = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return taken


def _outside(found: Float) -> Float:
    """(H, W): 1 where a pixel comes from outside the frame."""
    height, width = found.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    x, y = columns + found[..., 0], rows + found[..., 1]
    # Half a pixel: flow is never quite 0 where nothing moves.
    outside: Float = ((x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)).astype(np.float32)
    return outside


def _smooth(values: Float) -> Float:
    """Means over windows of (H, W)."""
    cv2, side = opencv(), 2 * WINDOW + 1
    means: Float = cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE)
    return means


def _gray(pixels: Float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return as_bytes(pixels[..., :3].mean(axis=2))
