"""Pen and ink with wash: an old street going up to a tower, in broken pen lines, hatching and three tones of sepia."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, spline
from styles.scene import Scene, contour_angle, cover, ellipse, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, luma, mix, noise, polygon, ramp, step
from styles.strokes import Brush, Hand, Paint, at, ground, paths, scattered
from styles.town import Coat, Row, lay_houses, street
from styles.watercolour import Washes

PAPER, INK = hexes("f7f0df 15120f")
SEPIA, GRAY, WARM = hexes("7a5a3c 6d7682 c9a06a")
TONES = hexes("1d1a18 8b7a66 fffaf0")
COAT = Coat(
    hexes("ffffff e6e0d4 f6f0e4 cfc7b8"),
    hexes("7c7468 9a9286 5a544c"),
    hexes("24211e")[0],
    hexes("fffdf6")[0],
    hexes("3c3833")[0],
    0.06,
)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _view(scene)
    tone = np.clip(luma(scene.color), 0, 1)
    washes = Washes(sheet)
    sky = scene.label == 1
    cloud = noise(sheet, (0.3, 0.12), 4)
    washes.glaze(-0.05 * cloud - 0.3 * step(0.26, 0.42, sheet.y) - 1.0 * (~sky), GRAY, 0.55)
    washes.wet(0.5 * sky * step(0.5, -0.6, cloud) * step(0.45, 0.0, sheet.y), GRAY)
    shaken = tone + 0.05 * noise(sheet, 0.04, 3)
    for threshold, color, strength in [(0.80, WARM, 0.45), (0.56, SEPIA, 0.55), (0.32, mix(SEPIA, GRAY, 0.5), 1.0)]:
        dark = ((shaken < threshold) & ~sky).astype(np.float32)
        washes.shape(step(0.4, 0.6, blur(dark, 0.0025 * sheet.unit)), color, strength)
    lines = ground(sheet, np.ones(3))
    _hatching(scene, lines, tone)
    _contours(scene, lines)
    ink = np.clip((1 - lines.color.mean(-1)) * 1.1, 0, 1)
    pool = step(0.11, 0.04, tone + 0.03 * noise(sheet, 0.02, 3)) * ~sky
    return mix(washes.picture(PAPER), INK, np.clip(np.maximum(ink, 0.93 * pool), 0, 1))


def _view(scene: Scene) -> None:
    sheet = scene.sheet
    scene.lay(sheet.zeros() + 1, TONES[2], -0.7)
    below = ridge(sheet, 0.40, 0.03, 0.3)
    scene.lay(cover(below), ramp(np.clip(0.5 + 2 * below, 0, 1), hexes("b8b2a6 e8e2d6")), 0.8)
    tower = [(0.60, 0.50), (0.60, 0.20), (0.68, 0.20), (0.68, 0.50)]
    scene.lay(polygon(sheet, tower), TONES[2], np.pi / 2)
    scene.lay(polygon(sheet, [(0.65, 0.5), (0.65, 0.2), (0.68, 0.2), (0.68, 0.5)]), hexes("7d766c")[0], np.pi / 2)
    scene.lay(polygon(sheet, [(0.585, 0.205), (0.64, 0.06), (0.695, 0.205)]), hexes("4c463f")[0], 1.2)
    scene.lay(drawn(sheet, [[(0.625, 0.30), (0.625, 0.25), (0.64, 0.25), (0.64, 0.30)]], 0), TONES[0], 0.0)
    for base, span, wide, high in [
        (0.50, (0.30, 1.10), (0.055, 0.09), (0.08, 0.13)),
        (0.66, (-0.02, 0.56), (0.10, 0.15), (0.16, 0.26)),
        (0.66, (0.80, 1.32), (0.11, 0.16), (0.16, 0.28)),
    ]:
        lay_houses(scene, street(sheet, Row(base, span, wide, high, bend=0.02)), COAT)
    road = sheet.y - 0.655 - 0.02 * np.sin(sheet.x * 5)
    stones = 0.90 - 0.28 * step(
        0.2, 0.9, np.sin(sheet.x * 30 / (0.25 + road) + 6 * noise(sheet, 0.2)) * noise(sheet, 0.03)
    )
    scene.lay(cover(road), ramp(np.clip(stones, 0, 1), TONES), 0.04)
    shadow = polygon(sheet, [(-0.1, 0.67), (0.56, 0.67), (0.74, 1.02), (-0.1, 1.02)]) * (road > 0)
    scene.color = mix(scene.color, TONES[1], 0.55 * shadow).astype(np.float32)
    for x, y, size in [(0.17, 0.52, 0.13), (1.18, 0.50, 0.15), (0.72, 0.60, 0.06)]:
        crown = ellipse(sheet, (x, y), (size, size * 1.05)) + 0.22 * noise(sheet, 0.035, 2)
        light = np.clip(0.62 - ((sheet.x - x) + (sheet.y - y)) / size * 0.5 + 0.22 * noise(sheet, 0.02, 2), 0, 1)
        scene.lay(
            polygon(sheet, spline([(x - 0.012, 0.72), (x - 0.005, y), (x + 0.005, y), (x + 0.014, 0.72)], 20)),
            TONES[0],
            1.5,
        )
        scene.lay(cover(crown), ramp(light, TONES), np.pi / 4 + 0.6 * noise(sheet, 0.03))
    _people(scene)


def _people(scene: Scene) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    for _ in range(9):
        x, y = rng.uniform(0.35, 1.2), rng.uniform(0.74, 0.97)
        size = 0.17 * (y - 0.55)
        body = polygon(
            sheet,
            spline(
                [
                    (x, y - 1.3 * size),
                    (x + 0.34 * size, y - 0.6 * size),
                    (x + 0.25 * size, y),
                    (x - 0.25 * size, y),
                    (x - 0.34 * size, y - 0.6 * size),
                    (x, y - 1.3 * size),
                ],
                40,
            ),
        )
        scene.lay(body, TONES[0] if rng.random() < 0.6 else TONES[1], np.pi / 2)
        scene.lay(cover(ellipse(sheet, (x, y - 1.5 * size), (0.2 * size, 0.25 * size))), TONES[2] * 0.9, 0.0)
        cast = cover(ellipse(sheet, (x + 0.7 * size, y + 0.02 * size), (0.9 * size, 0.09 * size)))
        scene.color = mix(scene.color, TONES[0], 0.7 * cast).astype(np.float32)


def _hatching(scene: Scene, lines: Paint, tone: Array) -> None:
    """Parallel pen strokes, crossed where it is darker; each set keeps its own direction."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for threshold, turn, gap in [(0.66, 0.75, 0.0115), (0.46, -0.55, 0.0105), (0.28, 0.1, 0.009)]:
        wanted = step(threshold, threshold - 0.15, tone + 0.05 * noise(sheet, 0.05, 2)) * (scene.label > 1)
        wanted = wanted * (1 - 0.75 * step(0.66, 0.72, sheet.y))
        hand = Hand(sheet, lines, Brush(0.04, 0.0016, 0.0, 0.2, 0.1, -1.0, 0.95))
        angle = sheet.zeros() + turn + 0.08 * noise(sheet, 0.15)
        for line in paths(sheet, angle, scattered(sheet, gap, wanted), 0.030):
            ink = np.full(3, rng.uniform(0.0, 0.25))
            hand.stroke(line, ink, ink, sheet.unit * rng.uniform(0.0008, 0.0017))


def _contours(scene: Scene, lines: Paint) -> None:
    """Outlines drawn twice, not quite closed, pressed harder below and to the right."""
    sheet, rng = scene.sheet, scene.sheet.rng
    hand = Hand(sheet, lines, Brush(0.06, 0.002, 0.0, 0.25, 0.1, -1.0, 0.97))
    change = np.abs(scene.label - np.roll(scene.label, 1, 0)) + np.abs(scene.label - np.roll(scene.label, 1, 1))
    near = depth(1 - np.clip(change, 0, 1).astype(np.float32))
    along = contour_angle(blur(near, 1.5)) + 0.05 * noise(sheet, 0.02)
    rows, columns = np.nonzero(change)
    chosen = rng.permutation(len(rows))[: len(rows) // 40]
    starts = np.stack([columns[chosen], rows[chosen]], 1) + rng.normal(0, 0.7, (len(chosen), 2))
    heavy = at(noise(sheet, 0.08), starts)
    for line, weight in zip(paths(sheet, along, starts, 0.035), heavy, strict=True):
        ink = np.full(3, rng.uniform(0.0, 0.15))
        hand.stroke(line, ink, ink, sheet.unit * np.clip(0.0014 + 0.0006 * weight, 0.0008, 0.0034))
