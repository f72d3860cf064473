"""Water garden: lilies, willows and a bridge over a pond, in broken touches of thick and thin oil."""

from __future__ import annotations

import numpy as np

from styles.curves import spline
from styles.scene import Scene, around, cover, ellipse, near_edges, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, ramp, step
from styles.strokes import Brush, cover_with, ground, paint_at, scattered

GREENS = hexes("10241f 1f4a3a 3a7548 74a053 b4c76c e9e6a6")
WATERS = hexes("14233f 26466e 4a76a6 84a9c8 bccfdc ecead8")
VIOLETS = hexes("2a1f4a 54407e 8a74ae bba7cf e6d3df")
ROSES = hexes("8a2f4a cc5c72 ee94a0 fbc9c4 fff4e6")
EARTH = hexes("2c1a18 6a4030 b0764c e0b47e f6e2bd")
PALETTE = np.concatenate([GREENS, WATERS, VIOLETS, ROSES, EARTH])


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _bank(scene)
    _bridge(scene)
    _pond(scene)
    _lilies(scene)
    _people(scene)
    shimmer = noise(sheet, 0.02, 2)[..., None] * np.array([0.05, 0.03, -0.05], np.float32)
    scene.color = np.clip(scene.color + shimmer + 0.03 * noise(sheet, 0.012)[..., None], 0, 1)
    scene.angle = scene.angle + 0.28 * noise(sheet, 0.04, 2)
    detail = near_edges(scene, 0.006, 0.03, 0.16)
    paint_ = ground(sheet, EARTH[3])
    cover_with(scene, paint_, Brush(0.060, 0.020, 0.5, 0.45, 0.6, 0.3), PALETTE, 0.017)
    cover_with(scene, paint_, Brush(0.038, 0.011, 0.75, 0.55, 0.6, 0.2), PALETTE, 0.0115)
    paint_at(scene, paint_, Brush(0.022, 0.0068, 0.95, 0.5, 0.55, 0.1), PALETTE, scattered(sheet, 0.0072, detail))
    weave = 0.07 * (np.sin(sheet.x * 1400) + np.sin(sheet.y * 1400))
    return lit(np.clip(paint_.color, 0, 1), blur(paint_.thickness, 0.7) + weave, 0.55, 0.06)


def _bank(scene: Scene) -> None:
    """Sky through leaves, poplars, a sunny meadow, shrubs in flower and a hanging willow."""
    sheet, rng = scene.sheet, scene.sheet.rng
    scene.lay(
        sheet.zeros() + 1,
        ramp(np.clip(0.45 + 1.2 * sheet.y + 0.12 * noise(sheet, (0.2, 0.08), 3), 0, 1), WATERS[2:]),
        0.2,
    )
    for base, rise, low, high in [(0.20, 0.05, 1, 3), (0.28, 0.03, 2, 4)]:
        below = ridge(sheet, base, rise, 0.15)
        tone = np.clip((high - 8 * np.clip(below, 0, 0.25) * (high - low)) / 5 + 0.12 * noise(sheet, 0.03, 2), 0, 1)
        scene.lay(cover(below), mix(ramp(tone, GREENS), ramp(tone, VIOLETS), 0.25), 1.3 + 0.4 * noise(sheet, 0.05))
    meadow = sheet.y - 0.36
    scene.lay(cover(meadow), ramp(np.clip(0.80 - 2.2 * meadow + 0.16 * noise(sheet, 0.04, 2), 0, 1), GREENS), -1.2)
    for _ in range(26):
        x, y, size = rng.uniform(0, 1.28), rng.uniform(0.34, 0.47), rng.uniform(0.03, 0.075)
        bush = ellipse(sheet, (x, y), (size, size * 0.7)) + 0.2 * noise(sheet, 0.02, 2)
        tone = np.clip(0.55 - ((sheet.x - x) * 0.4 + (sheet.y - y)) / size * 0.45 + 0.15 * noise(sheet, 0.015), 0, 1)
        colors = (GREENS, GREENS, VIOLETS, ROSES)[rng.integers(4)]
        _, turn = around(sheet, x, y)
        scene.lay(cover(bush), ramp(tone, colors), turn + 0.7)
    for left, right in [(-0.05, 0.30), (1.06, 1.33)]:
        for _ in range(60):
            x = rng.uniform(left, right)
            drop = rng.uniform(0.18, 0.52)
            strand = spline([(x, -0.03), (x + rng.normal(0, 0.015), drop * 0.5), (x + rng.normal(0, 0.03), drop)], 24)
            scene.color = mix(
                scene.color, GREENS[rng.integers(1, 6)], drawn(sheet, [strand], rng.uniform(0.005, 0.011))
            ).astype(np.float32)
        scene.angle = np.where((sheet.x > left) & (sheet.x < right) & (sheet.y < 0.5), np.pi / 2, scene.angle).astype(
            np.float32
        )


def _bridge(scene: Scene) -> None:
    sheet = scene.sheet
    arch = spline([(0.30, 0.46), (0.50, 0.385), (0.66, 0.365), (0.82, 0.385), (1.02, 0.46)], 80)
    rail = [(x, y - 0.085) for x, y in arch]
    posts = [[(x, y), (x, y - 0.095)] for x, y in arch[4::9]]
    scene.lay(drawn(sheet, [arch], 0.030), mix(GREENS[1], VIOLETS[1], 0.4), 0.0)
    scene.lay(drawn(sheet, [[(x, y - 0.008) for x, y in arch]], 0.010), EARTH[4], 0.0)
    scene.lay(drawn(sheet, posts, 0.009), mix(GREENS[2], WATERS[2], 0.4), np.pi / 2)
    scene.lay(drawn(sheet, [rail], 0.014), mix(WATERS[3], GREENS[3], 0.35), 0.0)
    scene.lay(drawn(sheet, [[(x, y - 0.006) for x, y in rail]], 0.005), EARTH[4], 0.0)


def _pond(scene: Scene) -> None:
    """Water that holds the sky, the trees upside down, and long horizontal lights."""
    sheet = scene.sheet
    below = sheet.y - 0.475 - 0.012 * np.sin(sheet.x * 6)
    ripple = noise(sheet, (0.12, 0.010), 2)
    sky = ramp(np.clip(0.32 + 0.85 * step(0.10, 0.5, below) + 0.16 * ripple, 0, 1), WATERS)
    trees = ramp(np.clip(0.45 - 0.5 * step(0.0, 0.3, below) + 0.2 * ripple, 0, 1), GREENS)
    fall = (
        np.exp(-(((sheet.x - 0.15) / 0.22) ** 2)) + np.exp(-(((sheet.x - 1.18) / 0.20) ** 2)) + step(0.14, 0.02, below)
    )
    water = mix(sky, trees, np.clip(fall + 0.2 * ripple, 0, 1))
    water = mix(
        water, ramp(np.clip(0.5 + 0.3 * ripple, 0, 1), VIOLETS), step(0.2, 1.4, noise(sheet, (0.25, 0.06), 3)) * 0.8
    )
    gleam = np.exp(-(((sheet.x - 0.66) / 0.16) ** 2)) * step(0.5, 1.2, ripple)
    scene.lay(cover(below), mix(water, EARTH[4], gleam * 0.85), 0.03)


def _lilies(scene: Scene) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    rafts = [
        (0.30, 0.60, 0.16),
        (0.92, 0.585, 0.17),
        (0.60, 0.68, 0.12),
        (0.22, 0.80, 0.25),
        (0.98, 0.78, 0.26),
        (0.62, 0.93, 0.30),
    ]
    for x, y, reach in rafts:
        near = (y - 0.45) * 1.7
        for _ in range(26):
            a, b = rng.normal(0, 0.45, 2)
            px, py, size = x + reach * a, y + reach * b * 0.26, rng.uniform(0.018, 0.034) * (0.5 + near)
            pad = ellipse(sheet, (px, py), (size, size * 0.38))
            tone = np.clip(
                0.62 - (sheet.y - py) / size * 0.5 - 0.25 * (sheet.x - px) / size + 0.1 * noise(sheet, 0.02), 0, 1
            )
            scene.lay(cover(pad), mix(ramp(tone, GREENS), ramp(tone, WATERS), 0.25), 0.05)
        for _ in range(8):
            a, b = rng.normal(0, 0.45, 2)
            px, py, size = x + reach * a, y + reach * b * 0.26 - 0.008, rng.uniform(0.010, 0.020) * (0.5 + near)
            flower = ellipse(sheet, (px, py), (size, size * 0.72))
            tone = np.clip(0.65 - (sheet.y - py) / size * 0.55 + 0.2 * flower, 0, 1)
            _, turn = around(sheet, px, py + size * 0.5)
            scene.lay(cover(flower), ramp(tone, ROSES), turn + np.pi / 2)


def _people(scene: Scene) -> None:
    """Two women on the bridge, one in white with a parasol."""
    sheet = scene.sheet
    for x, y, colors, shade in [(0.56, 0.375, ROSES, ROSES[3]), (0.75, 0.372, WATERS, EARTH[3])]:
        dress = np.minimum(
            0.020 + 0.16 * np.clip(sheet.y - y + 0.07, 0, 1) - np.abs(sheet.x - x),
            np.minimum(sheet.y - y + 0.085, y - 0.01 - sheet.y),
        )
        scene.lay(cover(dress), ramp(np.clip(0.75 - (sheet.x - x) * 14, 0, 1), colors), np.pi / 2)
        scene.lay(cover(ellipse(sheet, (x, y - 0.105), (0.016, 0.020))), EARTH[3], 0.5)
        scene.lay(cover(np.minimum(ellipse(sheet, (x, y - 0.112), (0.019, 0.019)), y - 0.112 - sheet.y)), EARTH[1], 0.5)
        parasol = np.minimum(ellipse(sheet, (x + 0.015, y - 0.125), (0.060, 0.045)), y - 0.128 - sheet.y)
        scene.lay(cover(parasol), mix(shade, EARTH[4], step(x + 0.03, x - 0.02, sheet.x)), 0.1)
