"""A rectangle on a picture: drawn with the mouse, moved and resized, always inside. Plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rectangle:
    """A rectangle, px of the picture."""

    left: int
    top: int
    width: int
    height: int

    def inside(self, size: tuple[int, int], least: int) -> Rectangle:
        """The nearest one inside a picture (width, height), at least `least` px wide and high."""
        width, height = (min(max(own, least), all_) for own, all_ in zip((self.width, self.height), size, strict=True))
        left, top = min(max(self.left, 0), size[0] - width), min(max(self.top, 0), size[1] - height)
        return Rectangle(left, top, width, height)

    @classmethod
    def between(cls, one: tuple[float, float], other: tuple[float, float]) -> Rectangle:
        """With these two corners."""
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(one, other, strict=True))
        return cls(round(left), round(top), round(right - left), round(bottom - top))

    def scaled(self, scale: float) -> Rectangle:
        """In a picture that is larger by a factor."""
        return Rectangle(*(round(scale * one) for one in (self.left, self.top, self.width, self.height)))
