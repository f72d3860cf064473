"""The part of a layer that is painted for a preview, and its resolution. Plain arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nst_core.shared.settings import MIN_SIDE

if TYPE_CHECKING:
    from gimp_plugin.preview.viewport import Size, Viewport

FITTED_SIDE = 256  # px: longest edge of the whole layer in the first preview, small enough to be fast
FINE_SIDE = 1024  # px: longest edge of the whole layer in the finest preview
AROUND_SIDE = 360  # px: longest edge of the whole layer that is sent with a part of it
LONGEST = 2048  # px: of longer and narrow layers only the middle is previewed
LEAST_PART = 128  # px: least side of a part; smaller ones have too little context
MOST_PART = 1.2e6  # px: largest area of a part
SPARE = 0.1  # of the visible part's sides: margin that is painted beyond each border


@dataclass(frozen=True)
class Frame:
    """A part of a layer that is scaled by `scale`, at most 1: width x height px from (left, top)."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0

    def part(self, layer: Size) -> float:
        """The frame's share of the layer's area. layer: its (width, height), px."""
        width, height = scaled(layer, self.scale)
        return min(1.0, self.width * self.height / (width * height))

    def place(self, layer: Size) -> tuple[float, float, float, float]:
        """Left, top, right and bottom as shares of the layer's sides."""
        width, height = scaled(layer, self.scale)
        right, bottom = min(width, self.left + self.width), min(height, self.top + self.height)
        return self.left / width, self.top / height, right / width, bottom / height


def fitted(layer: Size, side: int = FITTED_SIDE) -> Frame:
    """The whole layer, with a longest edge of `side` px, or more if the shortest would be below MIN_SIDE.

    layer: its (width, height), px, at least MIN_SIDE.
    """
    scale = min(1.0, max(side / max(layer), MIN_SIDE / min(layer)))
    width, height = scaled(layer, scale)
    seen = min(width, LONGEST), min(height, LONGEST)
    return Frame((width - seen[0]) // 2, (height - seen[1]) // 2, *seen, scale)


def visible_frame(view: Viewport, layer: Size) -> Frame:
    """The frame to paint for a view: the visible part with a margin, at the displayed resolution."""
    if view.whole:
        return fitted(layer, min(FINE_SIDE, max(view.size)))
    box = view.visible
    scale = min(1.0, view.scale)
    spare = [max(SPARE * side, (LEAST_PART / scale - side) / 2) for side in (box.width, box.height)]
    left, right = max(0.0, box.left - spare[0]), min(float(layer[0]), box.right + spare[0])
    top, bottom = max(0.0, box.top - spare[1]), min(float(layer[1]), box.bottom + spare[1])
    scale *= min(1.0, math.sqrt(MOST_PART / ((right - left) * (bottom - top) * scale**2)))
    whole = scaled(layer, scale)
    across, down = whole[0] / layer[0], whole[1] / layer[1]
    first = math.floor(left * across), math.floor(top * down)
    last = min(whole[0], math.ceil(right * across)), min(whole[1], math.ceil(bottom * down))
    return Frame(*first, last[0] - first[0], last[1] - first[1], scale)


def fit_into(picture: Size, widget: Size) -> Size:
    """The largest size of a picture that fits into a widget, with its aspect ratio."""
    scale = min(widget[0] / picture[0], widget[1] / picture[1])
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))


def scaled(layer: Size, scale: float) -> Size:
    """The size of a layer at a scale, px."""
    return round(layer[0] * scale), round(layer[1] * scale)
