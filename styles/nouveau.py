"""Art nouveau poster: a woman with lilies in a ring of ornament, flat muted colours inside a swelling contour."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, outline, spline, tapered
from styles.scene import Scene, around, cover, ellipse
from styles.sheet import Array, Point, Sheet, drawn, hexes, mix, noise, ramp, step
from styles.sitter import Palette, Pose, seated

CREAM, INK, GOLD, OLIVE, SAGE, TEAL, RUST, ROSE, PLUM, SKY = hexes(
    "f4e6c6 3a2418 d3a34c 6f7340 a9b183 3f7472 b65a36 e2a48c 5b3348 b9cfc4"
)
SITTER = Palette(
    skin=hexes("b07a58 d9a880 efcba6 f6dcbc fae7cf fdf0dd"),
    hair=hexes("5e2a16 8a3d1e b2572b cf7c3c e2a258"),
    cloth=hexes("2f5350 3f7472 6f9d92 a3c2b0 d5e0c8"),
    linen=hexes("b08f5a d3b272 ecd9a8 f8eecb"),
    lips=hexes("8a3a30 b65442 cf7862 e6a58c"),
)
HEAD = (0.62, 0.42)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _panel(scene)
    _ring(scene)
    seated(scene, sheet.zeros() + 0.5, Pose(HEAD, 0.205, -0.26, (0.4, -0.55, 0.8), 0.35, 0.5), SITTER)
    _tresses(scene)
    _lilies(scene)
    steps = 11
    flat = np.round(scene.color * steps + 0.18 * noise(sheet, 0.012, 2)[..., None]) / steps
    stone = 0.028 * noise(sheet, 0.0024, 2) + 0.02 * noise(sheet, 0.25, 2)
    picture = mix(scene.color, flat, 0.55) * (1 + stone)[..., None]
    crayon = step(0.9, 2.0, noise(sheet, 0.0028, 2)) * 0.20
    picture = mix(picture, CREAM, crayon * 0.5)
    key = _key(scene)
    return np.clip(mix(picture, INK, key * (0.93 - 0.5 * crayon)), 0, 1)


def _key(scene: Scene) -> Array:
    """The contour: thick around the shapes, thin inside them."""
    sheet, total = scene.sheet, scene.sheet.zeros()
    for label in range(1, scene.label.max() + 1):
        mask = scene.label == label
        size = mask.sum() / mask.size
        if size > 0.00006:
            total = np.maximum(total, outline(sheet, depth(mask), 0.0022 + 0.0026 * min(1.0, size * 25)))
    return total


def _panel(scene: Scene) -> None:
    sheet = scene.sheet
    scene.lay(sheet.zeros() + 1, ramp(np.clip(sheet.y * 1.1, 0, 1), np.stack([SKY, CREAM, ROSE])))
    for number in range(6):
        base = 0.60 + 0.075 * number
        line = sheet.y - base - 0.03 * np.sin(sheet.x * 4 + number * 1.3) - 0.012 * np.sin(sheet.x * 11 + number)
        scene.lay(cover(line), (SKY, SAGE, TEAL, SAGE, OLIVE, TEAL)[number])


def _ring(scene: Scene) -> None:
    """The halo: rings, a zigzag of mosaic, and blossoms around the head."""
    sheet = scene.sheet
    distance, circle = around(sheet, HEAD[0], HEAD[1] - 0.02)
    for reach, color in [(0.385, GOLD), (0.372, CREAM), (0.355, RUST), (0.342, CREAM), (0.28, GOLD), (0.268, SAGE)]:
        scene.lay(cover(reach - distance), color)
    for number in range(20):
        turn = number * 2 * np.pi / 20
        x, y = HEAD[0] + 0.311 * np.sin(turn), HEAD[1] - 0.02 - 0.311 * np.cos(turn)
        far, around_ = around(sheet, x, y)
        petals = 0.024 * (0.72 + 0.28 * np.cos(5 * around_)) - far
        scene.lay(cover(petals), (RUST, PLUM)[number % 2])
        scene.lay(cover(0.008 - far), GOLD)
        between = turn + np.pi / 20
        x, y = HEAD[0] + 0.311 * np.sin(between), HEAD[1] - 0.02 - 0.311 * np.cos(between)
        scene.lay(cover(ellipse(sheet, (x, y), (0.020, 0.008), between + np.pi / 2)), OLIVE)
    scales = np.sin(circle * 60) * np.sin(distance * 150)
    scene.color = mix(scene.color, TEAL, 0.45 * (scales > 0.25) * (distance < 0.266)).astype(np.float32)


def _tresses(scene: Scene) -> None:
    """Whiplash locks that leave the head in long curves and curl at their ends."""
    sheet, rng, (x, y) = scene.sheet, scene.sheet.rng, HEAD
    for side in (-1, 1):
        for number in range(9):
            start = (x + side * (0.185 - 0.003 * number), y + 0.03 + 0.018 * number)
            reach, drop = 0.20 + 0.045 * number + rng.uniform(-0.02, 0.02), 0.10 + 0.055 * number
            knots: list[Point] = [
                start,
                (x + side * (0.185 + 0.01 * number), y + 0.09 + 0.5 * drop),
                (x + side * (0.10 + 0.6 * reach), y + 0.05 + 0.95 * drop),
                (x + side * (0.10 + reach), y + drop - 0.06),
                (x + side * (0.06 + reach), y + drop - 0.13),
                (x + side * (0.01 + reach), y + drop - 0.09),
                (x + side * (0.04 + reach), y + drop - 0.06),
            ]
            lock = tapered(sheet, spline(knots, 140), [0.014, 0.024, 0.030, 0.022, 0.014, 0.008, 0.002])
            scene.lay(lock, SITTER.hair[(1, 3, 2, 4)[number % 4]])


def _lilies(scene: Scene) -> None:
    sheet = scene.sheet
    for x, y, size, lean in [
        (0.20, 0.56, 0.10, -0.4),
        (0.32, 0.70, 0.085, 0.2),
        (1.06, 0.60, 0.105, 0.4),
        (0.95, 0.76, 0.08, -0.1),
        (0.13, 0.80, 0.075, -0.2),
        (1.15, 0.84, 0.08, 0.3),
    ]:
        stem = spline([(x, y), (x - lean * 0.12, y + 0.18), (x + lean * 0.05, 1.02)], 40)
        scene.lay(tapered(sheet, stem, [0.008, 0.011, 0.014]), OLIVE)
        for side in (-1, 1):
            leaf = spline(
                [
                    (x - lean * 0.1, y + 0.30),
                    (x + side * 0.07, y + 0.16),
                    (x + side * 0.16, y + 0.20),
                    (x + side * 0.13, y + 0.27),
                ],
                40,
            )
            scene.lay(tapered(sheet, leaf, [0.006, 0.030, 0.026, 0.002]), (OLIVE, SAGE)[side > 0])
        for turn in (-1.25, 1.25, -0.62, 0.62, 0.0):
            bend = turn + lean
            tip = (x + size * 1.25 * np.sin(bend), y - size * 1.15 * np.cos(bend) + 0.35 * size * abs(np.sin(bend)))
            knee = (x + size * 0.62 * np.sin(bend * 0.8), y - size * 0.80 * np.cos(bend * 0.8))
            petal = tapered(
                sheet,
                spline([(x, y), knee, tip], 50),
                [0.02 * size / 0.1, 0.05 * size / 0.1, 0.055 * size / 0.1, 0.03 * size / 0.1, 0.001],
            )
            scene.lay(petal, CREAM if turn else ROSE)
            rib = spline([(x, y), knee, tip], 50)[:32]
            scene.lay(tapered(sheet, rib, [0.005, 0.001]), ROSE if turn else RUST)
        dots = [
            [
                (x + size * 0.35 * np.sin(t), y - size * 0.55 * np.cos(t)),
                (x + size * 0.36 * np.sin(t), y - size * 0.58 * np.cos(t)),
            ]
            for t in (-0.4, 0, 0.4)
        ]
        scene.lay(drawn(sheet, dots, 0.009), GOLD)
