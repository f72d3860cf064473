"""Brush strokes: paths that follow a direction field, and the bristles that drag paint along them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from styles.scene import Scene
from styles.sheet import Array, Sheet

BRISTLE_SEED = 11  # any number: the tile is the same for every brush
BRISTLE_TILE = 512  # pixels
STRIDE = 3.0  # pixels between the points of a path


@dataclass(frozen=True)
class Brush:
    """length, width: of a stroke, in sheet heights. The rest lie in 0..1.

    body: thickness of the paint. dry: how soon bristles run out. streak: colour differences between bristles.
    square: 1 = blunt ends as of a flat brush, 0 = round ones; below 0 they draw out to a point.
    """

    length: float
    width: float
    body: float = 0.6
    dry: float = 0.3
    streak: float = 0.5
    square: float = 0.3
    opacity: float = 1.0


@dataclass
class Paint:
    """The paint on the sheet: color (H, W, 3), and its thickness (H, W) in pixels."""

    color: Array
    thickness: Array


def ground(sheet: Sheet, color: Array) -> Paint:
    """A sheet primed with one colour."""
    return Paint(np.broadcast_to(color, (*sheet.shape, 3)).astype(np.float32).copy(), sheet.zeros())


def paths(sheet: Sheet, angle: Array, starts: Array, length: float) -> Array:
    """Lines (N, S, 2) in pixels (x, y) through the starts (N, 2), following the angle both ways."""
    steps = max(3, round(length * sheet.unit / STRIDE / 2))
    halves = [_walk(angle, starts, steps, sign) for sign in (-1.0, 1.0)]
    return np.concatenate([halves[0][:, :0:-1], halves[1]], axis=1)


def _walk(angle: Array, starts: Array, steps: int, sign: float) -> Array:
    height, width = angle.shape
    at: Array = starts.astype(np.float32)
    heading: Array = np.zeros_like(at)
    line = [at]
    for number in range(steps):
        column = np.clip(at[:, 0], 0, width - 1).astype(int)
        row = np.clip(at[:, 1], 0, height - 1).astype(int)
        here = angle[row, column]
        move = np.stack([np.cos(here), np.sin(here)], 1) * (sign * STRIDE if number == 0 else STRIDE)
        if number:  # the angle has no sign: never turn back
            move *= np.where((move * heading).sum(1) < 0, -1, 1)[:, None]
        heading = move if number == 0 else 0.6 * move + 0.4 * heading
        at = at + heading
        line.append(at)
    return np.stack(line, 1)


@functools.cache
def bristles() -> Array:
    """A square tile of bristle marks in 0..1, long in the first direction."""
    rng, shape = np.random.default_rng(BRISTLE_SEED), (BRISTLE_TILE, BRISTLE_TILE)
    coarse = ndimage.gaussian_filter(rng.standard_normal(shape), (40, 2.2), mode="wrap")
    fine = ndimage.gaussian_filter(rng.standard_normal(shape), (18, 0.8), mode="wrap")
    total = coarse / coarse.std() + 0.7 * fine / fine.std()
    return np.asarray(np.clip(0.5 + 0.27 * total, 0, 1).astype(np.float32))


class Hand:
    """Lays strokes of one brush. paint: what it changes."""

    def __init__(self, sheet: Sheet, paint: Paint, brush: Brush) -> None:
        self.sheet, self.paint, self.brush = sheet, paint, brush
        self.tile = bristles()

    def stroke(self, line: Array, first: Array, second: Array, width: float) -> None:
        """One stroke along a line (S, 2) in pixels, of two colours (3,) that the bristles carry, width in pixels."""
        brush, rng = self.brush, self.sheet.rng
        spine, normal = _resampled(line)
        count, across = len(spine), max(3, int(width / 0.7))
        v = np.linspace(-1, 1, across, dtype=np.float32)[None, :]
        s = np.linspace(0, 1, count, dtype=np.float32)[:, None]
        marks = self._marks(count, across, width)
        end = np.minimum(s, 1 - s) * count * 0.7 / width
        tip = np.sqrt(np.clip(end * 2 / (1.02 - brush.square), 0, 1)) + 0.15 * (marks - 0.5)
        load = 1 - brush.dry * s**1.5 * 1.3
        keep = (np.abs(v) < tip) & (marks + load > 0.42 + 0.25 * np.abs(v) ** 3)
        x = spine[:, :1] + normal[:, :1] * v * width / 2
        y = spine[:, 1:] + normal[:, 1:] * v * width / 2
        column, row = np.rint(x).astype(int), np.rint(y).astype(int)
        keep &= (column >= 0) & (row >= 0) & (column < self.sheet.shape[1]) & (row < self.sheet.shape[0])
        row, column, marks = row[keep], column[keep], marks[keep]
        rim = np.broadcast_to(np.abs(v) ** 6, keep.shape)[keep]
        tone = np.clip(0.5 + (marks - 0.5) * 2 * brush.streak + rng.normal(0, 0.1), 0, 1)[:, None]
        under = self.paint.color[row, column]
        self.paint.color[row, column] = under + (first + (second - first) * tone - under) * brush.opacity
        body = brush.body * min(6.0, width * 0.2) * (0.35 + 0.65 * marks + 0.45 * rim)
        self.paint.thickness[row, column] = 0.45 * self.paint.thickness[row, column] + body

    def _marks(self, count: int, across: int, width: float) -> Array:
        rng, (long, wide) = self.sheet.rng, self.tile.shape
        grain = 0.7 * max(0.8, 14 / width) if width < 14 else 0.7
        rows = (rng.integers(long) + (np.arange(count) * 0.7).astype(int)) % long
        columns = (rng.integers(wide) + (np.arange(across) * grain).astype(int)) % wide
        return np.asarray(self.tile[rows[:, None], columns[None, :]])


def _resampled(line: Array) -> tuple[Array, Array]:
    """Points every 0.7 pixels and the unit normals there."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(0, along[-1], 0.7)
    spine = np.stack([np.interp(at, along, line[:, c]) for c in (0, 1)], 1)
    forward = np.gradient(spine, axis=0) if len(spine) > 1 else np.ones_like(spine)
    forward = ndimage.uniform_filter1d(forward, 5, axis=0, mode="nearest")
    forward /= np.hypot(forward[:, 0], forward[:, 1])[:, None] + 1e-6
    return spine, np.stack([-forward[:, 1], forward[:, 0]], 1)


def scattered(sheet: Sheet, spacing: float, weight: Array | None = None) -> Array:
    """Start points (N, 2) in pixels on a jittered grid, in random order. weight (H, W): the share that is kept."""
    gap = spacing * sheet.unit
    height, width = sheet.shape
    rows, columns = np.mgrid[0 : height + gap : gap, 0 : width + gap : gap]
    points = np.stack([columns.ravel(), rows.ravel()], 1)
    points = sheet.rng.permutation(points + sheet.rng.uniform(-0.6, 0.6, points.shape) * gap)
    if weight is None:
        return points
    chance = at(weight, points)
    return points[sheet.rng.random(len(points)) < chance]


def at(field: Array, points: Array) -> Array:
    """The field's values at points (N, 2) in pixels, the nearest ones outside."""
    column = np.clip(points[:, 0], 0, field.shape[1] - 1).astype(int)
    row = np.clip(points[:, 1], 0, field.shape[0] - 1).astype(int)
    return np.asarray(field[row, column])


def cover_with(scene: Scene, paint: Paint, brush: Brush, palette: Array, spacing: float) -> None:
    """Strokes of a brush all over the scene."""
    paint_at(scene, paint, brush, palette, scattered(scene.sheet, spacing))


def paint_at(scene: Scene, paint: Paint, brush: Brush, palette: Array, starts: Array) -> None:
    """Strokes through the starts, in the scene's colours mixed with the nearest ones of the palette (N, 3)."""
    sheet, rng = scene.sheet, scene.sheet.rng
    hand = Hand(sheet, paint, brush)
    lines = paths(sheet, scene.angle, starts, brush.length)
    colors = at(scene.color, starts)
    for line, color in zip(lines, colors, strict=True):
        near = palette[np.argsort(((palette - color) ** 2).sum(1) + rng.normal(0, 0.012, len(palette)))[:2]]
        first = 0.55 * color + 0.45 * near[0] + rng.normal(0, 0.02)
        second = 0.6 * color + 0.4 * near[1] + rng.normal(0, 0.035, 3)
        cut = rng.integers(0, max(1, len(line) // 3))
        hand.stroke(line[cut:], first, second, brush.width * sheet.unit * rng.uniform(0.7, 1.25))
