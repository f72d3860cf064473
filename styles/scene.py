"""A scene to paint: colours, directions of the strokes and region numbers; and shapes to lay into it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from styles.sheet import Array, Point, Sheet, blur, edges, mix


class Scene:
    """color (H, W, 3), angle (H, W) in radians (0 = along x, y downwards), label (H, W) region numbers.

    Shapes are laid one over the other, from the farthest to the nearest.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.color: Array = np.zeros((*sheet.shape, 3), np.float32)
        self.angle: Array = sheet.zeros()
        self.label: Array = np.zeros(sheet.shape, np.int32)

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


def contour_angle(field: Array) -> Array:
    """Angle (H, W) of the lines along which a field is constant."""
    down, right = np.gradient(field)
    return np.asarray(np.arctan2(-right, down))


def slope(below: Array) -> Array:
    """Angle (H, W) of strokes that run along a skyline, from its ridge field."""
    return contour_angle(blur(below, 6))


def near_edges(scene: Scene, reach: float, gain: float, least: float) -> Array:
    """How near the borders of regions are (H, W), from `least` to 1: where fine strokes go. reach: sheet heights."""
    unit = scene.sheet.unit
    return np.clip(blur(edges(scene.label), reach * unit) * gain * unit, least, 1)


def around(sheet: Sheet, x: float, y: float) -> tuple[Array, Array]:
    """Distance from a point and the angle of circles about it."""
    dx, dy = sheet.x - x, sheet.y - y
    return np.hypot(dx, dy), np.arctan2(dx, -dy)


def ellipse(sheet: Sheet, center: Point, radii: Point, turn: float = 0.0) -> Array:
    """1 at the centre of an ellipse, 0 on its outline, negative outside: roughly (1 - distance)."""
    dx, dy = sheet.x - center[0], sheet.y - center[1]
    u = dx * np.cos(turn) + dy * np.sin(turn)
    v = -dx * np.sin(turn) + dy * np.cos(turn)
    return np.asarray(1 - np.hypot(u / radii[0], v / radii[1]))


def puffs(
    sheet: Sheet, center: Point, size: float, circles: Sequence[tuple[float, float, float]], squash: float = 1.0
) -> Array:
    """A cloud of overlapping circles, positive inside. circles: (right, up, radius) of each, in units of `size`."""
    x, y = center
    discs = [ellipse(sheet, (x + dx * size, y - dy * size), (r * size, r * size * squash)) * r for dx, dy, r in circles]
    return np.asarray(np.max(discs, axis=0))


def cover(inside: Array) -> Array:
    """Coverage with a soft edge one pixel wide of a field that is positive inside."""
    down, right = np.gradient(inside)
    return np.asarray(np.clip(0.5 + inside / (np.hypot(down, right) + 1e-6), 0, 1))
