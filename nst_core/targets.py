"""What the image shall become at one resolution: statistics of the styles, content features, guides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nst_core import color, images
from nst_core.backends import Backend, Float
from nst_core.job import Style
from nst_core.layers import CONTENT_LAYER, MIN_SIDE, STYLE_LAYERS
from nst_core.statistics import LayerStatistics, Targets, Weights, blend, layer_statistics
from nst_core.visible import filled


def planes(pixels: Float) -> Float:
    """(H, W, 3) to the backends' (1, 3, H, W)."""
    return np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1)[None])


def picture(image: Float) -> Float:
    """(1, 3, H, W) to (H, W, 3)."""
    return np.ascontiguousarray(image[0].transpose(1, 2, 0))


def opaque(pixels: Float) -> Float:
    """(H, W, 3), hidden pixels filled from visible ones."""
    return filled(pixels[..., :3], pixels[..., 3]) if pixels.shape[2] == 4 else pixels


def style_windows(style: Float, area: int, brush_size: float) -> Iterator[Float]:
    """The style at the size at which its strokes have the right width: its area is `area` x brush_size^2.

    A style larger than the picture is seen through four windows, one in each quadrant, that together have the picture's
    area: what matters are statistics, and time does not grow with the brush.
    """
    height, width = style.shape[:2]
    scale = math.sqrt(area / (height * width)) * brush_size
    h, w = (max(MIN_SIDE, round(side * scale)) for side in (height, width))
    scaled = images.resize(style, h, w)
    if brush_size <= math.sqrt(2):
        yield scaled
        return
    window_h, window_w = (max(MIN_SIDE, round(side / brush_size / 2)) for side in (h, w))
    for i in (1, 3):
        for j in (1, 3):
            y, x = round(i * h / 4 - window_h / 2), round(j * w / 4 - window_w / 2)
            yield scaled[y : y + window_h, x : x + window_w]


def style_statistics(backend: Backend, style: Float, area: int, brush_size: float) -> dict[str, LayerStatistics]:
    """Statistics of one style for a picture of `area` px."""
    parts = []
    for window in style_windows(style, area, brush_size):
        maps = backend.features(backend.array(planes(window)))
        parts.append({layer: layer_statistics(maps[layer]) for layer in STYLE_LAYERS})
    return blend(parts, [1 / len(parts)] * len(parts))


def make_targets(
    backend: Backend, content: Float, visible: Float, styles: tuple[Style, ...], brush_size: float, weights: Weights
) -> Targets:
    """content: (H, W, 3), nothing hidden in it; visible: (H, W). Styles are blended by their weights."""
    height, width = visible.shape
    total = sum(style.weight for style in styles)
    parts = [
        (style_statistics(backend, opaque(style.pixels), height * width, brush_size), style.weight / total)
        for style in styles
        if style.weight > 0
    ]
    # A guide of zeros would have no mass; this much is invisible.
    guides = np.maximum(visible, 1e-3)[None, None]
    return Targets(
        styles=blend([part for part, _ in parts], [share for _, share in parts]),
        guides=backend.array(guides),
        guide_share=(1.0,),
        content=backend.features(backend.array(planes(content)))[CONTENT_LAYER],
        weights=weights,
    )


def in_colors(style: Style, content: Float, choice: str) -> Style:
    """The style as it is, or with the content's palette (for `content` and `luminance`)."""
    if choice == "style":
        return style
    return Style(color.matched(opaque(style.pixels), content), style.weight)
