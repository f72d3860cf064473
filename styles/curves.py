"""Drawn lines: smooth curves through points, and contours that swell and taper as from a carver's knife or a pen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from scipy.interpolate import CubicSpline

from styles.sheet import Array, Point, Sheet, noise, polygon, step


def spline(points: Sequence[Point], count: int = 120) -> list[Point]:
    """A smooth open curve through the points."""
    knots = np.array(points, float)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T) ** 0.6)])
    curve = CubicSpline(along, knots)(np.linspace(0, along[-1], count))
    return [(float(x), float(y)) for x, y in curve]


def depth(mask: Array) -> Array:
    """Signed distance (H, W) in pixels from the outline of a mask: positive inside."""
    inside = mask > 0.5
    return np.asarray(ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside), np.float32)


def outline(sheet: Sheet, distance: Array, width: float) -> Array:
    """Coverage of a line along distance 0, about `width` sheet heights wide, swelling and thinning by hand."""
    swell = width * sheet.unit * np.clip(0.75 + 0.4 * noise(sheet, 0.12), 0.25, 1.6)
    return np.clip(swell / 2 - np.abs(distance) + 0.5, 0, 1)


def stripes(distance: Array, gap: float, width: Array | float) -> Array:
    """Coverage of lines at every `gap` of a distance (H, W) in pixels. width: their share of the gap, 0..1."""
    phase = np.abs(np.mod(distance / gap, 1.0) - 0.5)
    soft = 0.8 / gap
    return step(-soft, soft, np.asarray(phase - 0.5 + np.asarray(width) / 2))


def tapered(sheet: Sheet, line: Sequence[Point], widths: Sequence[float]) -> Array:
    """Coverage (H, W) of one curve whose width goes through `widths` (sheet heights) from end to end."""
    points = np.array(line) * sheet.unit
    along = np.linspace(0, 1, len(points))
    half = np.interp(along, np.linspace(0, 1, len(widths)), widths)[:, None] * sheet.unit / 2
    forward = np.gradient(points, axis=0)
    forward /= np.hypot(forward[:, 0], forward[:, 1])[:, None] + 1e-6
    normal = np.stack([-forward[:, 1], forward[:, 0]], 1)
    ring = np.concatenate([points + normal * half, (points - normal * half)[::-1]]) / sheet.unit
    return polygon(sheet, [(float(x), float(y)) for x, y in ring])
