"""Gouache: a village above a bay at noon, in opaque flat shapes with dry-brushed edges."""

from __future__ import annotations

import numpy as np

from styles.curves import spline, tapered
from styles.scene import Scene, around, cover, ellipse, near_edges, puffs, ridge, slope
from styles.sheet import Array, Sheet, blur, hexes, luma, mix, noise, polygon, ramp, step
from styles.sitter import Palette, Pose, seated
from styles.strokes import Brush, cover_with, ground, paint_at, scattered
from styles.town import Coat, Row, lay_houses, street

SKY = hexes("3f86b8 74b2cf b5d8d8 f3e3c3")
SEA = hexes("123f5c 1f6a80 3f9c9c 9fd3c2")
LAND = hexes("22402f 47693a 8c9a48 d3be6a f0dfa4")
EARTH = hexes("4a2a2b 8f4a3b c97a50 e8b184 f8e2c6")
DARK, WHITE, CORAL = hexes("1d2230 fbf5e6 e0634c")
CLOUD = [(0, 0.05, 0.5), (-0.45, 0, 0.35), (0.45, 0, 0.38), (0.18, 0.28, 0.36), (-0.2, 0.22, 0.3)]
SITTER = Palette(
    skin=hexes("6a3428 a85a40 d98f68 f0b98f f8d5b0 fdebd2"),
    hair=hexes("1d1a22 3a2428 6a3a2e a0603a d8a060"),
    cloth=hexes("16405c 1f6a80 3f9c9c 7cc0b0 c8e4d0"),
    linen=hexes("a89a8c d8c8b0 f4e8d2 fffaf0"),
    lips=hexes("7a2a28 b84a3e e0634c f0a088"),
)
PALETTE = np.concatenate([SKY, SEA, LAND, EARTH, np.stack([DARK, WHITE, CORAL])])
COAT = Coat(
    hexes("f8eedb f1d2a6 f6e3c8 e8a98a fbf5e6"),
    hexes("c65f43 a94f3f d9825a"),
    hexes("2b3b52")[0],
    hexes("f7d98a")[0],
    hexes("6a5f8c")[0],
    0.1,
)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _distance(scene)
    _village(scene)
    _garden(scene)
    behind = int(scene.label.max())
    seated(scene, sheet.zeros() + 0.6, Pose((0.36, 0.60), 0.185, 0.24, (0.35, -0.55, 0.8), 0.26, 0.7), SITTER)
    levels = 9
    flat = np.round(scene.color * levels + 0.25 * noise(sheet, 0.05, 2)[..., None]) / levels
    smooth = scene.color
    scene.color = np.clip(mix(smooth, flat, 0.6), 0, 1).astype(np.float32)
    crisp, scene.color = scene.color, blur(scene.color, 0.008 * sheet.unit)
    paint_ = ground(sheet, EARTH[3])
    detail = near_edges(scene, 0.005, 0.03, 0.06)
    cover_with(scene, paint_, Brush(0.11, 0.040, 0.2, 0.25, 0.12, 0.8), PALETTE, 0.026)
    paint_.color = mix(paint_.color, blur(crisp, 0.0015 * sheet.unit), 0.62).astype(np.float32)
    thin = scattered(sheet, 0.020, 0.20 + 0.5 * detail)
    paint_at(scene, paint_, Brush(0.060, 0.016, 0.3, 0.85, 0.15, 0.8), PALETTE, thin)
    scene.color = crisp
    paint_at(scene, paint_, Brush(0.030, 0.0075, 0.4, 0.6, 0.15, 0.5), PALETTE, scattered(sheet, 0.0085, detail))
    slope_ = np.hypot(*np.gradient(blur(luma(smooth), 0.0015 * sheet.unit))) * 0.02 * sheet.unit
    features = blur(step(0.03, 0.14, slope_) * (scene.label > behind + 2), 0.003 * sheet.unit)
    sharp = np.maximum(step(0.35, 0.9, detail), np.clip(2.2 * features, 0, 1.5))
    paint_.color = mix(paint_.color, scene.color, 0.55 * sharp).astype(np.float32)
    chalky = 1 + 0.022 * noise(sheet, 0.0024, 2) + 0.02 * noise(sheet, 0.12, 2)
    rim = 1 + 0.012 * np.clip(paint_.thickness - blur(paint_.thickness, 2), -2, 2)
    return np.asarray(np.clip(paint_.color * (chalky * rim)[..., None], 0, 1))


def _distance(scene: Scene) -> None:
    sheet = scene.sheet
    scene.lay(sheet.zeros() + 1, ramp(np.clip(sheet.y / 0.42 + 0.03 * noise(sheet, (0.4, 0.05), 2), 0, 1), SKY), 0.05)
    distance, circle = around(sheet, 0.27, 0.20)
    scene.lay(cover(0.075 - distance), WHITE, circle)
    for x, y, size in [(0.72, 0.13, 0.20), (0.93, 0.20, 0.17), (0.08, 0.30, 0.12), (1.2, 0.09, 0.13)]:
        cloud = np.minimum(puffs(sheet, (x, y), size, CLOUD, 0.75), (y + 0.16 * size - sheet.y) / size)
        light = np.clip(0.9 - (sheet.y - y) / size * 1.4 - 0.3 * (sheet.x - x) / size, 0, 1)
        _, turn = around(sheet, x, y + size * 0.3)
        scene.lay(cover(cloud), ramp(light, np.stack([SKY[1], mix(SKY[2], EARTH[3], 0.5), WHITE])), turn)
    for base, rise, low, high in [(0.40, 0.03, SEA[1], SKY[1]), (0.435, 0.02, SEA[2], LAND[2])]:
        below = ridge(sheet, base, rise, 0.3)
        scene.lay(cover(below), mix(mix(high, SKY[2], 0.3), low, step(0, 0.08, below)), slope(below))
    sea = sheet.y - 0.47
    ripple = np.clip(0.75 - 1.9 * sea + 0.16 * noise(sheet, (0.16, 0.012), 2), 0, 1)
    scene.lay(cover(sea), ramp(ripple, SEA), 0.02)
    for x, y, size in [(0.30, 0.55, 0.06), (0.46, 0.505, 0.035), (0.15, 0.51, 0.03)]:
        scene.lay(polygon(sheet, [(x, y - size), (x + size * 0.55, y - 0.1 * size), (x, y - 0.1 * size)]), WHITE, 1.2)
        hull = [
            (x - size * 0.4, y - 0.05 * size),
            (x + 0.6 * size, y - 0.05 * size),
            (x + 0.4 * size, y + 0.15 * size),
            (x - 0.25 * size, y + 0.15 * size),
        ]
        scene.lay(polygon(sheet, hull), CORAL, 0.0)


def _village(scene: Scene) -> None:
    sheet = scene.sheet
    hill = sheet.y - 0.66 + 0.30 * step(0.45, 1.25, sheet.x) + 0.01 * np.sin(sheet.x * 20)
    scene.lay(cover(hill), ramp(np.clip(0.75 - 1.6 * hill + 0.1 * noise(sheet, 0.08, 2), 0, 1), LAND), slope(hill))
    for base, left in [(0.50, 0.86), (0.60, 0.70), (0.71, 0.58)]:
        lay_houses(
            scene,
            street(sheet, Row(base, (left, 1.26), (0.075, 0.12), (0.075, 0.13), tilt=-0.06)),
            COAT,
        )
        for x in np.arange(left + 0.03, 1.3, 0.19):
            tree = ellipse(sheet, (float(x), base - 0.045), (0.016, 0.075))
            scene.lay(cover(tree), mix(LAND[1], LAND[0], step(-0.006, 0.008, sheet.x - x)), 1.45)


def _garden(scene: Scene) -> None:
    """The near slope: a path, agaves, an olive tree, flowers and a bowl of oranges on a wall."""
    sheet, rng = scene.sheet, scene.sheet.rng
    near = ridge(sheet, 0.80, 0.012, 0.4) - 0.08 * (sheet.x - 0.6)
    scene.lay(
        cover(near), ramp(np.clip(0.85 - 2.0 * near + 0.14 * noise(sheet, 0.05, 2), 0, 1), LAND), slope(near) - 0.5
    )
    path = 0.03 + 0.28 * np.clip(near, 0, 1) - np.abs(sheet.x - 0.78 - 0.12 * np.sin(near * 14))
    scene.lay(
        cover(np.where(near > 0, path, -1)), ramp(np.clip(0.9 - near + 0.08 * noise(sheet, 0.06), 0, 1), EARTH[2:]), 1.2
    )
    for x, y, size in [(0.22, 0.60, 0.17), (0.09, 0.54, 0.15), (0.34, 0.66, 0.10)]:
        trunk = spline([(x + 0.05, y + 0.33), (x + 0.02, y + 0.16), (x - 0.02, y)], 30)
        scene.lay(tapered(sheet, trunk, [0.035, 0.02, 0.01]), mix(EARTH[0], DARK, 0.4), 1.5)
        crown = ellipse(sheet, (x, y), (size, size * 0.72)) + 0.14 * noise(sheet, 0.04, 2)
        light = np.clip(0.55 - ((sheet.x - x) * 0.5 + (sheet.y - y)) / size * 0.6 + 0.16 * noise(sheet, 0.03), 0, 1)
        _, turn = around(sheet, x, y)
        scene.lay(cover(crown), ramp(light, np.stack([DARK, LAND[0], LAND[1], LAND[2], LAND[3]])), turn + 0.6)
    for _ in range(44):
        x, y = rng.uniform(0, 1.28), rng.uniform(0.86, 1.0)
        size = rng.uniform(0.008, 0.020)
        color = (CORAL, WHITE, EARTH[3], LAND[4])[rng.integers(4)]
        scene.lay(cover(ellipse(sheet, (x, y), (size, size * 0.8))), color, rng.uniform(0, 3))
    wall = np.minimum(sheet.y - 0.915, 0.52 - sheet.x)
    scene.lay(
        cover(wall), ramp(np.clip(0.95 - 3 * (sheet.y - 0.915) + 0.08 * noise(sheet, 0.05), 0, 1), EARTH[1:]), 0.0
    )
    for x, y in [(0.13, 0.868), (0.20, 0.875), (0.165, 0.835), (0.27, 0.885), (0.40, 0.888)]:
        u, v = (sheet.x - x) / 0.036, (sheet.y - y) / 0.036
        light = np.clip(0.55 - 0.35 * u - 0.35 * v, 0, 1)
        fruit = np.stack([EARTH[1], CORAL, hexes("f0913a")[0], hexes("ffd08a")[0]])
        scene.lay(cover(1 - np.hypot(u, v)), ramp(light, fruit), np.arctan2(u, -v))
