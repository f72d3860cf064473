"""Swirling impasto: a river town at night in thick curving oil paint."""

from __future__ import annotations

import numpy as np

from styles.scene import Scene, around, contour_angle, cover, near_edges, ridge, slope
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, polygon, ramp, step
from styles.strokes import Brush, cover_with, ground, paint_at, scattered

PALETTE = hexes("070d22 0d1c44 173a7c 2a62ad 5b98cf a9cfdf e8ecd2 fbe488 f5b92c cf7f16 6b4416 1c3a38 35634e")
LAMPS = [
    (0.22, 0.16, 0.045),
    (0.53, 0.10, 0.028),
    (0.74, 0.27, 0.032),
    (1.02, 0.15, 0.075),
    (0.42, 0.33, 0.022),
    (1.2, 0.36, 0.025),
]


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _sky(scene)
    _land(scene)
    _river(scene)
    scene.color = np.clip(scene.color + 0.035 * noise(sheet, 0.03, 2)[..., None], 0, 1)
    paint_ = ground(sheet, PALETTE[1])
    detail = near_edges(scene, 0.012, 0.05, 0.12)
    cover_with(scene, paint_, Brush(0.16, 0.0272, 0.7, 0.2), PALETTE, 0.0176)
    cover_with(scene, paint_, Brush(0.12, 0.0152, 0.8, 0.35), PALETTE, 0.0124)
    paint_at(scene, paint_, Brush(0.064, 0.0088, 0.95, 0.4), PALETTE, scattered(sheet, 0.0076, detail))
    return lit(paint_.color, blur(paint_.thickness, 0.7), 0.62, 0.16)


def _sky(scene: Scene) -> None:
    sheet = scene.sheet
    flow = sheet.y * 1.0 + 0.05 * np.sin(sheet.x * 5) + 0.02 * noise(sheet, 0.3)
    for x, y, size, turn in [
        (0.62, 0.24, 0.15, 0.26),
        (0.36, 0.30, 0.11, -0.17),
        (0.86, 0.36, 0.09, -0.18),
        (0.08, 0.33, 0.10, 0.12),
    ]:
        distance, _ = around(sheet, x, y)
        flow = flow + turn * np.exp(-((distance / size) ** 2))
    bands = 0.5 + 0.5 * np.sin(flow * 95 + noise(sheet, 0.12) * 0.8)
    tone = np.clip(0.02 + 0.62 * bands**1.3 + 0.3 * step(0.05, 0.5, sheet.y) + 0.07 * noise(sheet, 0.08), 0, 1)
    scene.lay(sheet.zeros() + 1, ramp(tone, PALETTE[[0, 1, 2, 3, 4, 5, 6]]), contour_angle(flow))
    for x, y, size in LAMPS:
        distance, circle = around(sheet, x, y)
        rings = 0.5 + 0.5 * np.cos(distance / size * 7.5)
        halo = step(3.1 * size, 0.7 * size, distance) * (0.6 + 0.4 * rings)
        glow = ramp(np.clip(distance / size / 2.8, 0, 1), PALETTE[[6, 7, 8, 8, 4]])
        scene.color = mix(scene.color, glow, halo)
        scene.angle = np.where(distance < 3.0 * size, circle, scene.angle)
        scene.lay(cover(size - distance), PALETTE[7] if size < 0.06 else PALETTE[6], circle)


def _land(scene: Scene) -> None:
    sheet = scene.sheet
    for base, rise, dark, light in [(0.50, 0.03, 2, 4), (0.55, 0.025, 1, 3), (0.61, 0.016, 11, 12)]:
        below = ridge(sheet, base, rise, 0.35)
        fade = np.clip(below * 6 + 0.5 * np.sin(below * 120 + noise(sheet, 0.1)), 0, 1)
        scene.lay(cover(below), mix(PALETTE[light], PALETTE[dark], fade), slope(below))
    for x in np.arange(0.05, sheet.aspect, 0.085):
        _house(scene, float(x + sheet.rng.uniform(-0.015, 0.015)), float(0.665 + sheet.rng.uniform(-0.012, 0.012)))


def _house(scene: Scene, x: float, y: float) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    w, h = rng.uniform(0.055, 0.075), rng.uniform(0.035, 0.065)
    wall = PALETTE[rng.choice([1, 2, 10, 3])]
    scene.lay(polygon(sheet, [(x, y), (x + w, y), (x + w, y - h), (x, y - h)]), wall, np.pi / 2)
    roof = [(x - 0.008, y - h), (x + w + 0.008, y - h), (x + w * 0.7, y - h - 0.035), (x + w * 0.3, y - h - 0.035)]
    scene.lay(polygon(sheet, roof), PALETTE[rng.choice([0, 9, 10])], 0.3)
    for at in (0.22, 0.62):
        left, top = x + w * at, y - h * 0.7
        scene.lay(
            polygon(sheet, [(left, top), (left + 0.012, top), (left + 0.012, top + 0.018), (left, top + 0.018)]),
            PALETTE[7],
            0,
        )


def _river(scene: Scene) -> None:
    sheet = scene.sheet
    below = sheet.y - 0.675 - 0.008 * np.sin(sheet.x * 9)
    waves = 0.5 + 0.5 * np.sin(below * 260 * (1.2 - below) + 2.2 * noise(sheet, (0.15, 0.04)))
    water = ramp(np.clip(0.10 + 0.55 * waves - 0.4 * below, 0, 1), PALETTE[[0, 1, 2, 3, 4]])
    ripple = 0.18 * np.sin(sheet.x * 22 + sheet.y * 40)
    scene.lay(cover(below), water, ripple)
    for x in (0.1, 0.27, 0.45, 0.55, 0.72, 0.93, 1.03, 1.18):
        reach = sheet.rng.uniform(0.16, 0.3)
        width = 0.016 + 0.13 * np.clip(below, 0, 1)
        column = np.exp(-(((sheet.x - x) / width) ** 2)) * step(reach, 0.0, below) * (below > 0.004) * (waves > 0.3)
        scene.color = mix(
            scene.color, ramp(np.clip(below / reach, 0, 1), PALETTE[[7, 8, 9]]), np.clip(column * 1.5, 0, 1)
        )
    bank = ridge(sheet, 0.93, 0.02, 0.4) + 0.08 * (sheet.x / sheet.aspect - 0.5)
    scene.lay(cover(bank), mix(PALETTE[11], PALETTE[0], step(0, 0.12, bank)), slope(bank) - 0.9)
    blades = [
        [(float(x), 1.0), (float(x + sheet.rng.normal(0, 0.03)), float(sheet.rng.uniform(0.87, 0.95)))]
        for x in sheet.rng.uniform(0, sheet.aspect, 60)
    ]
    scene.lay(drawn(sheet, blades, 0.006), PALETTE[12], -1.3)
