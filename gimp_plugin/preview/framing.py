"""Which part of a layer is painted for a preview, and at which size. Plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.shared.settings import MIN_SIDE

FITTED_SIDE = 256  # px: the longest edge of a whole layer in a first preview; the engine paints it in an instant
FINE_SIDE = 1024  # px: the longest edge of a whole layer in the finest one
AROUND_SIDE = 360  # px: the longest edge of a whole layer that tells what is around a part
LONGEST = 2048  # px: of a very long and narrow layer only the middle is previewed
LEAST_PART = 128  # px: of a side of a part; smaller ones say too little of what they show
MOST_PART = 1.2e6  # px: of a part that is painted at once
SPARE = 0.1  # of what is seen, that is painted beyond each of its borders

Size = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """`width` x `height` px from (left, top) of a layer that is scaled by `scale`, which is at most 1."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0

    def part(self, layer: Size) -> float:
        """The share of the layer's area that the frame shows. layer: its (width, height), px."""
        width, height = scaled(layer, self.scale)
        return min(1.0, self.width * self.height / (width * height))

    def place(self, layer: Size) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in shares of the layer's sides."""
        width, height = scaled(layer, self.scale)
        right, bottom = min(width, self.left + self.width), min(height, self.top + self.height)
        return self.left / width, self.top / height, right / width, bottom / height


def fitted(layer: Size, side: int = FITTED_SIDE) -> Frame:
    """The whole layer, with a longest edge of `side` px, or of more where the shortest would be below MIN_SIDE.

    layer: its (width, height), px, at least MIN_SIDE.
    """
    scale = min(1.0, max(side / max(layer), MIN_SIDE / min(layer)))
    width, height = scaled(layer, scale)
    seen = min(width, LONGEST), min(height, LONGEST)
    return Frame((width - seen[0]) // 2, (height - seen[1]) // 2, *seen, scale)


def placed(picture: Size, room: Size) -> Size:
    """The size at which a picture fills the room there is, in its own proportions."""
    scale = min(room[0] / picture[0], room[1] / picture[1])
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))


def scaled(layer: Size, scale: float) -> Size:
    """The size of a layer at a scale, px."""
    return round(layer[0] * scale), round(layer[1] * scale)
