"""What is painted: a cartoon of a scene, given as colour, direction of the strokes and region numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from styles.sheet import Array, Sheet, blur, mix


@dataclass
class Scene:
    """color (H, W, 3), angle (H, W) in radians (0 = along x, y downwards), label (H, W) region numbers.

    Shapes are laid one over the other, from the farthest to the nearest.
    """

    sheet: Sheet
    color: Array = field(init=False)
    angle: Array = field(init=False)
    label: Array = field(init=False)

    def __post_init__(self) -> None:
        self.color = np.zeros((*self.sheet.shape, 3), np.float32)
        self.angle = self.sheet.zeros()
        self.label = np.zeros(self.sheet.shape, np.int32)

    def lay(self, mask: Array, color: Array, angle: Array | float | None = None) -> None:
        """Cover the mask (H, W, 0..1) with a colour (3,) or (H, W, 3); strokes run along the angle there."""
        self.color = mix(self.color, color, mask).astype(np.float32)
        inside = mask > 0.5
        self.label[inside] = self.label.max() + 1
        if angle is not None:
            self.angle = np.where(inside, angle, self.angle).astype(np.float32)


def ridge(sheet: Sheet, base: float, rise: float, cell: float) -> Array:
    """(H, W) height above a rolling skyline: positive below it. base: its mean y; rise: its deviation."""
    line = np.zeros(sheet.shape[1])
    grain = max(2, round(sheet.aspect / cell) + 2)
    for octave in range(3):
        knots = sheet.rng.standard_normal(grain * 2**octave)
        at = np.linspace(0, len(knots) - 1, sheet.shape[1])
        low = np.minimum(at.astype(int), len(knots) - 2)
        t = at - low
        line += (knots[low] + (knots[low + 1] - knots[low]) * t * t * (3 - 2 * t)) * 0.45**octave
    return np.asarray(sheet.y - (base + rise * line)[None, :], np.float32)


def slope(below: Array) -> Array:
    """Angle (H, W) of strokes that run along a skyline, from its ridge field."""
    down, right = np.gradient(blur(below, 6))
    return np.asarray(np.arctan2(-right, down))


def around(sheet: Sheet, x: float, y: float) -> tuple[Array, Array]:
    """Distance from a point and the angle of circles about it."""
    dx, dy = sheet.x - x, sheet.y - y
    return np.hypot(dx, dy), np.arctan2(dx, -dy)


def ellipse(sheet: Sheet, center: tuple[float, float], radii: tuple[float, float], turn: float = 0.0) -> Array:
    """1 at the centre of an ellipse, 0 on its outline, negative outside: roughly (1 - distance)."""
    dx, dy = sheet.x - center[0], sheet.y - center[1]
    u = dx * np.cos(turn) + dy * np.sin(turn)
    v = -dx * np.sin(turn) + dy * np.cos(turn)
    return np.asarray(1 - np.hypot(u / radii[0], v / radii[1]))


def cover(inside: Array) -> Array:
    """Coverage with a soft edge one pixel wide of a field that is positive inside."""
    down, right = np.gradient(inside)
    return np.asarray(np.clip(0.5 + inside / (np.hypot(down, right) + 1e-6), 0, 1))
