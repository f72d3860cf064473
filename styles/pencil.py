"""Pencil: a jug, fruit and a cloth on a table, hatched across the forms in soft and hard graphite."""

from __future__ import annotations

import numpy as np

from styles.curves import depth
from styles.scene import Scene, contour_angle, cover, ellipse
from styles.sheet import Array, Point, Sheet, blur, hexes, noise, step
from styles.strokes import Brush, Hand, Paint, at, ground, paths, scattered

PAPER, LEAD = hexes("f6f3ea 2b2c30")
LIGHT = np.array([-0.55, -0.55, 0.63], np.float32)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    tone = _arrangement(scene)
    tone = 1 - (1 - np.clip(tone, 0, 1)) ** 1.25
    tooth = 0.8 * noise(sheet, 0.0022, 2) + 0.35 * noise(sheet, 0.005)
    lead = ground(sheet, np.ones(3))
    _smudged(sheet, lead, tone)
    for threshold, turn, width, gap in [
        (0.93, 0.0, 0.0018, 0.0105),
        (0.74, 0.55, 0.0020, 0.0105),
        (0.52, -0.5, 0.0023, 0.0105),
        (0.30, 0.25, 0.0034, 0.0095),
        (0.16, -0.15, 0.0050, 0.0095),
    ]:
        _hatched(scene, lead, tone, (threshold, turn, width, gap))
    _contours(scene, lead)
    dark = 1 - lead.color.mean(-1)
    caught = np.clip(dark * 1.10 + (0.20 * tooth) * np.sqrt(np.clip(dark, 0, 1)) * (1.25 - dark), 0, 1)
    paper = PAPER * (1 + 0.02 * tooth + 0.015 * noise(sheet, 0.3, 2))[..., None]
    picture = paper + (LEAD - paper) * caught[..., None]
    return np.clip(_lifted(scene, picture, tone, tooth), 0, 1)


def _smudged(sheet: Sheet, lead: Paint, tone: Array) -> None:
    """Graphite rubbed with a stump: soft, drawn out along the sweep of the hand."""
    rubbed = blur(tone, 0.007 * sheet.unit) + 0.07 * noise(sheet, (0.20, 0.03), 3) + 0.05 * noise(sheet, 0.1, 3)
    lead.color *= (1 - 0.30 * np.clip(1 - rubbed, 0, 1))[..., None]


def _hatched(scene: Scene, lead: Paint, tone: Array, layer: tuple[float, float, float, float]) -> None:
    """One set of strokes, turned from the form's own direction, wherever it is darker than a threshold."""
    threshold, turn, width, gap = layer
    sheet, rng = scene.sheet, scene.sheet.rng
    wanted = step(threshold + 0.10, threshold - 0.16, tone + 0.04 * noise(sheet, 0.05, 2))
    starts = scattered(sheet, gap, wanted)
    hand = Hand(sheet, lead, Brush(0.1, width, 0.0, 0.6, 0.2, 0.0, 0.6))
    lines = paths(sheet, scene.angle + turn, starts, 0.085)
    for line, dark in zip(lines, at(1 - tone, starts), strict=True):
        cut = rng.integers(0, len(line) // 3)
        shade = np.full(3, np.clip(0.72 - 0.62 * dark + rng.normal(0, 0.07), 0.05, 0.85))
        hand.stroke(
            line[cut : len(line) - rng.integers(0, len(line) // 4)],
            shade,
            shade * 0.7,
            width * sheet.unit * rng.uniform(0.6, 1.3),
        )


def _contours(scene: Scene, lead: Paint) -> None:
    """Outlines searched for with several strokes, heavy in the shade."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for label in range(1, scene.label.max() + 1):
        distance = depth((scene.label == label).astype(np.float32))
        along = contour_angle(blur(distance, 2))
        for shift, width in ((0.0, 0.0026), (0.0035, 0.0015), (-0.0025, 0.0013)):
            near = np.abs(distance - shift * sheet.unit) < 1.2
            rows, columns = np.nonzero(near)
            if not len(rows):
                continue
            chosen = rng.permutation(len(rows))[: max(4, len(rows) // 130)]
            hand = Hand(sheet, lead, Brush(0.1, width, 0.0, 0.5, 0.3, 0.0, 0.85))
            starts = np.stack([columns[chosen], rows[chosen]], 1).astype(np.float32)
            for line in paths(sheet, along, starts, rng.uniform(0.09, 0.2)):
                hand.stroke(line, np.full(3, 0.06), np.full(3, 0.2), width * sheet.unit * rng.uniform(0.5, 1.3))


def _lifted(scene: Scene, picture: Array, tone: Array, tooth: Array) -> Array:
    """Highlights taken out with a kneaded eraser, a little white chalk in the brightest."""
    chalk = step(0.93, 1.02, tone) * np.clip(0.75 + 0.4 * tooth, 0, 1) * (scene.label > 1)
    return np.asarray(picture + (hexes("fffdf6")[0] - picture) * chalk[..., None])


def _arrangement(scene: Scene) -> Array:
    sheet = scene.sheet
    sweep = (
        0.60
        + 0.46 * step(0.0, 1.1, sheet.x * 0.6 + 0.25 * sheet.y)
        - 0.24 * step(0.62, 0.0, sheet.y)
        + 0.10 * noise(sheet, 0.25, 2)
    )
    tone = np.asarray(sweep)
    scene.angle[:] = -0.85 + 0.25 * noise(sheet, 0.5)
    table = sheet.y - 0.60 - 0.02 * sheet.x
    tone = np.where(table > 0, 0.84 - 0.30 * table + 0.06 * noise(sheet, (0.3, 0.04), 2), tone)
    scene.lay(cover(table), np.ones(3), 0.06)
    tone = _cloth(scene, tone)
    tone = _jug(scene, tone)
    for x, y, size, squash in [
        (0.80, 0.68, 0.125, 0.94),
        (1.02, 0.74, 0.115, 1.0),
        (0.66, 0.82, 0.105, 0.92),
        (0.90, 0.86, 0.095, 1.0),
    ]:
        tone = _fruit(scene, tone, (x, y), size, squash)
    return np.clip(tone, 0.02, 1.05)


def _shaded(normal: tuple[Array, Array, Array]) -> Array:
    """Brightness of a form: light, half-tone, core shadow and the light thrown back from the table."""
    facing = normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + normal[2] * LIGHT[2]
    back = 0.20 * np.clip(normal[0] * 0.7 + normal[1] * 0.6, 0, 1) ** 2
    return np.asarray(0.06 + 0.92 * np.clip(facing, 0, 1) ** 0.9 + back + 0.25 * np.clip(facing, 0, 1) ** 18)


def _shadow(sheet: Sheet, tone: Array, center: Point, radii: Point) -> Array:
    soft = step(-0.35, 0.45, ellipse(sheet, center, radii, 0.10))
    return tone * (1 - 0.80 * soft)


def _fruit(scene: Scene, tone: Array, center: Point, size: float, squash: float) -> Array:
    sheet, (x, y) = scene.sheet, center
    tone = _shadow(sheet, tone, (x + size * 0.9, y + size * 0.72), (size * 1.35, size * 0.42))
    u, v = (sheet.x - x) / size, (sheet.y - y) / (size * squash)
    dent = 0.10 * np.exp(-((u / 0.35) ** 2)) * (v < 0)
    inside = 1 - np.hypot(u, v) - dent
    z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    mark = 0.10 * np.exp(-(((u - 0.1) / 0.2) ** 2 + ((v + 0.85) / 0.18) ** 2)) + 0.05 * np.sin(
        np.arctan2(v + 1.1, u) * 14
    )
    tone = np.where(inside > 0, _shaded((u, v, z)) - mark * 1.5, tone)
    scene.lay(cover(inside), np.ones(3), np.arctan2(u * (0.4 + z), -(v + 0.25) * 0.9))
    stalk = np.abs(sheet.x - x - 0.3 * (y - size * 0.8 - sheet.y)) < 0.006
    return np.where(stalk & (np.abs(sheet.y - (y - size * squash * 0.98)) < size * 0.25), 0.05, tone)


def _jug(scene: Scene, tone: Array) -> Array:
    sheet, middle = scene.sheet, 0.46
    tone = _shadow(sheet, tone, (0.70, 0.80), (0.34, 0.07))
    handle = np.abs(np.hypot((sheet.x - 0.285) / 0.095, (sheet.y - 0.34) / 0.15) - 1) < 0.18
    handle &= sheet.x < 0.36
    tone = np.where(handle, 0.62 - 2.6 * (sheet.x - 0.23) + 0.8 * (0.34 - sheet.y), tone)
    scene.lay(handle.astype(np.float32), np.ones(3), 0.5)
    at_y = [0.10, 0.125, 0.16, 0.22, 0.30, 0.42, 0.54, 0.66, 0.745, 0.775]
    radius = np.interp(sheet.y[:, 0], at_y, [0.100, 0.096, 0.086, 0.082, 0.108, 0.172, 0.205, 0.190, 0.140, 0.125])
    radius = blur(np.repeat(radius[:, None], sheet.shape[1], 1), 0.012 * sheet.unit)
    u = (sheet.x - middle) / radius
    bottom = 0.775 + 0.022 * np.sqrt(np.clip(1 - u * u, 0, 1))
    inside = np.minimum(np.minimum(radius - np.abs(sheet.x - middle), sheet.y - 0.10), bottom - sheet.y)
    rise = np.gradient(radius[:, 0])[:, None] * np.ones_like(u)
    z = np.sqrt(np.clip(1 - u * u, 0, 1))
    length = np.sqrt(1 + rise**2)
    body = (
        _shaded((u / length, -rise / length, z / length))
        + 0.10 * np.exp(-(((sheet.y - 0.50) / 0.008) ** 2))
        - 0.16 * (np.abs(sheet.y - 0.47) < 0.006)
    )
    tone = np.where(inside > 0, body, tone)
    scene.lay(cover(inside), np.ones(3), np.arctan2(0.28 * u * -1, np.ones_like(u)) * np.sign(0.30 - sheet.y) * -1)
    mouth = ellipse(sheet, (middle, 0.105), (0.100, 0.026))
    tone = np.where(mouth > 0, np.where(mouth > 0.22, 0.10 + 1.2 * (sheet.x - middle), 0.85), tone)
    scene.lay(cover(mouth), np.ones(3), 0.0)
    return tone


def _cloth(scene: Scene, tone: Array) -> Array:
    sheet = scene.sheet
    edge = 0.80 + 0.05 * np.sin(sheet.x * 7) - 0.20 * step(0.25, 0.0, sheet.x) + 0.015 * noise(sheet, 0.1)
    inside = np.minimum(sheet.y - edge, 1.20 - sheet.x + 0.1 * np.sin(sheet.y * 9))
    spread = np.arctan2(sheet.y - 0.42, sheet.x - 0.35)
    folds = np.sin(spread * 16 + 1.2 * noise(sheet, 0.3)) + 0.5 * np.sin(spread * 35 + sheet.y * 6)
    tone = _shadow(sheet, tone, (0.6, 0.84), (0.75, 0.10))
    tone = np.where(inside > 0, 0.72 + 0.30 * folds + 0.25 * (sheet.y - 0.9), tone)
    scene.lay(cover(inside), np.ones(3), spread + 0.35 * folds)
    return tone
