"""Palette knife: an avenue in autumn after rain, in slabs of thick paint."""

from __future__ import annotations

import numpy as np

from styles.curves import spline, tapered
from styles.scene import Scene, around, cover, ellipse, near_edges
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, polygon, ramp, step
from styles.strokes import Brush, cover_with, ground, paint_at, scattered

WARM = hexes("3a0d14 8f1d1a cf3a16 f0781a fbb431 fde58f")
COLD = hexes("0a1226 14305c 1f5f94 4a9cc0 a3d6da f3f6e6")
DUSK = hexes("1c1030 47245c 86407a cc6f7c f3b28a fdecc4")
PALETTE = np.concatenate([WARM, COLD, DUSK[1:4]])


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _air(scene)
    _road(scene)
    _trees(scene)
    _walkers(scene)
    scene.angle = scene.angle + 0.13 * noise(sheet, 0.07)
    paint_ = ground(sheet, DUSK[0])
    detail = near_edges(scene, 0.006, 0.03, 0.04)
    cover_with(scene, paint_, Brush(0.076, 0.04, 0.9, 0.12, 0.35, 0.95), PALETTE, 0.024)
    cover_with(scene, paint_, Brush(0.0448, 0.0208, 1.0, 0.25, 0.45, 0.95), PALETTE, 0.0176)
    paint_at(scene, paint_, Brush(0.0288, 0.0104, 1.0, 0.3, 0.45, 0.9), PALETTE, scattered(sheet, 0.0092, detail))
    return lit(paint_.color, blur(paint_.thickness, 0.8), 0.62, 0.18)


def _air(scene: Scene) -> None:
    sheet = scene.sheet
    distance, circle = around(sheet, 0.50, 0.50)
    glow = np.clip(1.05 - distance * 1.7 + 0.12 * noise(sheet, 0.10, 2), 0, 1)
    scene.lay(
        sheet.zeros() + 1,
        mix(ramp(glow, COLD), ramp(glow, DUSK), step(0.55, 0.2, distance)),
        circle + np.pi / 2 + 0.3 * noise(sheet, 0.2),
    )


def _road(scene: Scene) -> None:
    sheet = scene.sheet
    below = sheet.y - 0.60
    verge = np.clip(
        0.25 + 0.6 * np.abs(np.sin(sheet.x * 9 + sheet.y * 14)) - 0.2 * below + 0.15 * noise(sheet, 0.05, 2), 0, 1
    )
    scene.lay(cover(below), ramp(verge * 0.85, WARM), 0.12 * np.sin(sheet.x * 12))
    half = 0.035 + 0.80 * np.clip(below, 0, 1)
    across = (sheet.x - 0.50 - 0.10 * below) / half
    wet = np.clip(
        0.95 - 1.9 * np.clip(below, 0, 1) - 0.42 * np.abs(across) + 0.16 * noise(sheet, (0.05, 0.12), 2), 0, 1
    )
    puddle = noise(sheet, (0.16, 0.03), 2) > 0.1
    colors = np.where(puddle[..., None], ramp(wet, COLD), ramp(wet, DUSK))
    scene.lay(
        cover(np.where(below > 0, 1 - np.abs(across), -1)),
        colors,
        np.where(puddle, 0.0, np.pi / 2 - 0.25 * across),
    )
    for x in np.linspace(-0.8, 0.8, 9):
        line = np.abs(across - x - 0.06 * np.sin(below * 40)) < 0.06
        shine = line & (below > 0.015) & (noise(sheet, (0.03, 0.05)) > 0.0)
        color = ramp(np.clip(0.95 - below * 1.5 + 0 * across, 0, 1), WARM)
        scene.color = mix(scene.color, color, shine * 0.85)


def _trees(scene: Scene) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    for near in np.linspace(0.12, 1.0, 6):
        for side in (-1, 1):
            foot_x, foot_y = 0.50 + side * (0.05 + 0.56 * near) + 0.03 * near, 0.61 + 0.30 * near
            tall = 0.16 + 0.95 * near
            bend = -side * 0.05 * near
            trunk = spline(
                [
                    (foot_x, foot_y),
                    (foot_x + bend * 0.3, foot_y - tall * 0.35),
                    (foot_x + bend * 1.4, foot_y - tall * 0.75),
                ],
                40,
            )
            crown_x, crown_y = foot_x + bend * 1.2, foot_y - tall * 0.72
            _foliage(scene, (crown_x, crown_y), 0.06 + 0.25 * near, near)
            scene.lay(
                tapered(sheet, trunk, [0.012 + 0.045 * near, 0.008 + 0.025 * near, 0.006]),
                mix(COLD[0], DUSK[1], 0.4),
                np.pi / 2,
            )
            lighted = [(x - side * 0.011 * near, y) for x, y in trunk]
            scene.lay(
                tapered(sheet, lighted, [0.013 * near, 0.008 * near, 0.002]),
                WARM[3] if rng.random() < 0.5 else DUSK[3],
                np.pi / 2,
            )
            for _ in range(4):
                x, y = trunk[rng.integers(14, 38)]
                branch = spline(
                    [
                        (x, y),
                        (x - side * 0.06 * near, y - 0.08 * near),
                        (x - side * rng.uniform(0.1, 0.2) * near, y - rng.uniform(0.08, 0.2) * near),
                    ],
                    20,
                )
                scene.lay(tapered(sheet, branch, [0.014 * near, 0.002]), COLD[0], -0.8)


def _foliage(scene: Scene, center: tuple[float, float], size: float, near: float) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    for _ in range(9):
        x, y = center[0] + rng.normal(0, 0.50) * size, center[1] + rng.normal(0, 0.36) * size
        clump = ellipse(sheet, (x, y), (size * 0.5, size * 0.40)) + 0.30 * noise(sheet, 0.035, 2)
        toward = np.hypot(x - 0.5, y - 0.5)
        tone = np.clip(
            0.80 - 0.55 * toward - 0.7 * (sheet.y - y) / size + 0.16 * noise(sheet, 0.03, 2) + rng.normal(0, 0.1), 0, 1
        )
        colors = ramp(tone, COLD if rng.random() < 0.10 * near else WARM)
        scene.lay(cover(clump), colors, rng.uniform(-0.9, 0.9) + 0.4 * noise(sheet, 0.1))


def _walkers(scene: Scene) -> None:
    sheet = scene.sheet
    for x, foot, size, coat in [
        (0.53, 0.83, 0.24, COLD[0]),
        (0.625, 0.835, 0.22, WARM[0]),
        (0.42, 0.69, 0.09, COLD[0]),
    ]:
        body = [
            (x - 0.10 * size, foot),
            (x + 0.16 * size, foot),
            (x + 0.17 * size, foot - 0.68 * size),
            (x - 0.10 * size, foot - 0.68 * size),
        ]
        scene.lay(polygon(sheet, body), coat, np.pi / 2)
        dome = np.minimum(
            ellipse(sheet, (x + 0.03 * size, foot - 0.72 * size), (0.42 * size, 0.34 * size)),
            foot - 0.74 * size - sheet.y,
        )
        scene.lay(cover(dome), mix(WARM[5], WARM[2], step(x - 0.3 * size, x + 0.3 * size, x * 2 - sheet.x)), 0.2)
        mirror = [(x - 0.1 * size, foot + 0.01), (x + 0.16 * size, foot + 0.01), (x + 0.1 * size, foot + 0.75 * size)]
        scene.lay(drawn(sheet, [mirror], 0), mix(coat, DUSK[1], 0.4), np.pi / 2)
