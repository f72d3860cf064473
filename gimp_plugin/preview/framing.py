"""Which part of a layer a preview shows, and where on the screen. Plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nst_core.shared.planning.schedule import DRAFT
from nst_core.shared.settings import MIN_SIDE

FITTED_SIDE = 256  # px: the longest edge of a whole layer in a preview; the engine paints it in an instant
DRAFT_SIDE = DRAFT  # px: of a whole layer as a draft is painted, which knows nothing finer
FINE_SIDE = 1024  # px: the longest edge of what is only shown
LONGEST = 2048  # px: of a very long and narrow layer only the middle is previewed
REGION = (320, 240)  # px of the layer at full resolution, at least

Size = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """`width` x `height` px from (left, top) of a layer that is scaled by `scale`, which is at most 1."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0

    def moved(self, right: float, down: float, layer: Size) -> Frame:
        """The frame that many px further, as far as the layer reaches. layer: its (width, height), px."""
        width, height = _scaled(layer, self.scale)
        left = min(max(0, round(self.left + right)), width - self.width)
        top = min(max(0, round(self.top + down)), height - self.height)
        return replace(self, left=left, top=top)

    def part(self, layer: Size) -> float:
        """The share of the layer's area that the frame shows. layer: its (width, height), px."""
        width, height = _scaled(layer, self.scale)
        return min(1.0, self.width * self.height / (width * height))


def fitted(layer: Size, side: int = FITTED_SIDE) -> Frame:
    """The whole layer, with a longest edge of `side` px, or of more where the shortest would be below MIN_SIDE.

    layer: its (width, height), px, at least MIN_SIDE.
    """
    scale = min(1.0, max(side / max(layer), MIN_SIDE / min(layer)))
    return _middle(layer, scale, (LONGEST, LONGEST))


def region(layer: Size, room: Size = REGION) -> Frame:
    """The middle of the layer at full resolution, as much of it as there is room for on the screen."""
    return _middle(layer, 1.0, (min(LONGEST, max(REGION[0], room[0])), min(LONGEST, max(REGION[1], room[1]))))


def around(frame: Frame, layer: Size, room: Size) -> Frame:
    """A region with another room: about the same middle."""
    other = region(layer, room)
    right = frame.left + frame.width / 2 - other.left - other.width / 2
    down = frame.top + frame.height / 2 - other.top - other.height / 2
    return other.moved(right, down, layer)


def placed(picture: Size, room: Size, *, enlarge: bool) -> Size:
    """The size at which a picture is shown in the room there is, in its own proportions; enlarged only if asked to."""
    scale = min(room[0] / picture[0], room[1] / picture[1])
    scale = scale if enlarge else min(1.0, scale)
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))


def _middle(layer: Size, scale: float, most: Size) -> Frame:
    width, height = _scaled(layer, scale)
    seen = min(width, most[0]), min(height, most[1])
    return Frame((width - seen[0]) // 2, (height - seen[1]) // 2, *seen, scale)


def _scaled(layer: Size, scale: float) -> Size:
    return round(layer[0] * scale), round(layer[1] * scale)
