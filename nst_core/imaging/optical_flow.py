"""Optical flow between frames, and warping of a painted frame to the next one.

OpenCV estimates the flow (Kroeger et al., Fast Optical Flow using Dense Inverse Search, 2016) and moves pixels; it is
in the extra `film`. Pictures are float32 (H, W, 3) in [0, 1]; a flow is (H, W, 2): for each pixel, how many px to the
right and down it was in the frame before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.files.color_profiles import as_bytes
from nst_core.imaging.resizing import resize

SIDE = 512
"""Longest edge at which flow is estimated, px: flow is smooth, so larger sizes cost time and improve little."""
LEAST_SIDE = 64
"""px: smaller pictures are enlarged for the estimate, which uses a pyramid and windows of 8 px."""
WINDOW = 5
"""Pixels to each side over which differences are averaged."""
SAME_DIFFERENCE = 0.05
"""Mean difference over a window: up to this the warped frame shows the same object."""
NEW_DIFFERENCE = 0.1
"""From this difference on it shows another object."""


def opencv() -> Any:
    """OpenCV, imported when first needed. Raises ModuleNotFoundError without the extra `film`."""
    import cv2  # noqa: PLC0415 - optional

    return cv2


def warped_paint(paint: Float, before: Float, now: Float) -> tuple[Float, Float]:
    """The painted frame `paint` of `before`, warped to `now`, and how much of each pixel is new there.

    The second is (H, W) in [0, 1]: 1 where `now` shows what was hidden before, or where the flow is wrong. All pictures
    have one size.
    """
    flow = estimated_flow(before, now)
    outside = _outside(flow)
    difference = np.abs(moved(before, flow) - now).mean(axis=2)
    new = np.clip((_smooth(difference) - SAME_DIFFERENCE) / (NEW_DIFFERENCE - SAME_DIFFERENCE), 0, 1)
    new = np.maximum(_smooth(np.maximum(new, outside)), outside)
    return moved(paint, flow).clip(0, 1), new


def estimated_flow(before: Float, now: Float) -> Float:
    """The flow from `before` to `now`."""
    cv2, (height, width) = opencv(), now.shape[:2]
    scale = max(min(1.0, SIDE / max(height, width)), LEAST_SIDE / min(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = estimator.calc(_gray(resize(now, *size)), _gray(resize(before, *size)), None)
    sized: Float = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    return sized * np.array([width / size[1], height / size[0]], np.float32)


def moved(pixels: Float, flow: Float) -> Float:
    """(H, W) or (H, W, C) warped by a flow; outside the frame the border is repeated.

    Cubic interpolation, because bilinear would blur more with every frame.
    """
    cv2 = opencv()
    warped: Float = cv2.remap(pixels, *_sources(flow), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return warped


def _sources(flow: Float) -> tuple[Float, Float]:
    """(H, W) each: x and y, px, from which each pixel comes."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    return columns + flow[..., 0], rows + flow[..., 1]


def _outside(flow: Float) -> Float:
    """(H, W): 1 where a pixel comes from outside the frame."""
    height, width = flow.shape[:2]
    x, y = _sources(flow)
    # Half a pixel of tolerance: flow is never exactly 0.
    outside: Float = ((x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)).astype(np.float32)
    return outside


def _smooth(values: Float) -> Float:
    """Means over windows of (H, W)."""
    cv2, side = opencv(), 2 * WINDOW + 1
    means: Float = cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE)
    return means


def _gray(pixels: Float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return as_bytes(pixels[..., :3].mean(axis=2))
