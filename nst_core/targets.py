"""What the image shall become at one resolution: statistics of the styles, content features, guides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core import color, images
from nst_core.backends import Backend, Float
from nst_core.job import Style
from nst_core.planes import planes
from nst_core.regions import Region, opaque, regions_of
from nst_core.statistics import LayerStatistics, Targets, Weights, blend
from nst_core.style_targets import style_statistics

LEAST_GUIDE = 1e-5
"""A guide of zeros would have no mass, on a deep layer if not on the image; this much is invisible."""


def make_targets(
    backend: Backend, content: Float, visible: Float, styles: Sequence[Style], brush_size: float, weights: Weights
) -> Targets:
    """content: (H, W, 3), nothing hidden in it; visible: (H, W). Styles without guides are blended by their weights.

    A guide counts as much as it covers of the picture, so that the loss is equally dense everywhere.
    """
    height, width = visible.shape
    regions = regions_of(styles, height, width)
    guides = np.stack([np.maximum(region.guide * visible, LEAST_GUIDE) for region in regions])[:, None]
    return Targets(
        styles=_stacked(backend, [_statistics(backend, region, brush_size) for region in regions]),
        guides=backend.array(guides),
        guide_share=tuple(float(guide.mean()) for guide in guides),
        content=backend.content(backend.array(planes(content))),
        weights=weights,
    )


def _statistics(backend: Backend, region: Region, brush_size: float) -> dict[str, LayerStatistics]:
    height, width = region.guide.shape
    parts = [style_statistics(backend, pixels, height * width, brush_size) for pixels, _ in region.styles]
    return blend(parts, [share for _, share in region.styles])


def _stacked(backend: Backend, regions: Sequence[dict[str, LayerStatistics]]) -> dict[str, LayerStatistics]:
    """The statistics of K regions, each (1, C, ...), as one of (K, C, ...)."""
    if len(regions) == 1:
        return regions[0]
    return {
        layer: LayerStatistics(
            gram=backend.array(np.concatenate([backend.numpy(region[layer].gram) for region in regions])),
            mean=backend.array(np.concatenate([backend.numpy(region[layer].mean) for region in regions])),
        )
        for layer in regions[0]
    }


def in_colors(style: Style, content: Float, choice: str) -> Style:
    """The style as it is, or with the palette of the content in its region (for `content` and `luminance`)."""
    if choice == "style":
        return style
    guide = None if style.guide is None else images.resize(style.guide[..., None], *content.shape[:2])[..., 0]
    wanted = color.palette(content, guide if guide is not None and guide.any() else None)
    return Style(color.matched(opaque(style.pixels), wanted), style.weight, style.guide)
