"""Pastel: lavender rows under an evening sky, in soft chalk on dark, toothy paper."""

from __future__ import annotations

import numpy as np

from styles.scene import Scene, around, cover, ellipse, near_edges, ridge, slope
from styles.sheet import Array, Sheet, blur, drawn, hexes, mix, noise, polygon, ramp, step
from styles.strokes import Brush, Paint, cover_with, ground, paint_at, scattered

PAPER = hexes("2b2238")[0]
SKY = hexes("35508f 6f7fc4 b79bd0 f0a9a8 ffcf9a fff0c8")
FIELD = hexes("241a45 4b2f86 7d58b8 b08be0 e3c6f2")
GRASS = hexes("173a3c 2f6a55 6fa06a b9cf86 f3e7a6")
EMBER = hexes("a63a4e e5695a ffb077")
PALETTE = np.concatenate([SKY, FIELD, GRASS, EMBER])


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _sky(scene)
    _far(scene)
    _rows(scene)
    _farm(scene)
    tooth = 0.6 * noise(sheet, 0.0021, 2) + 0.6 * noise(sheet, (0.016, 0.0026))
    detail = near_edges(scene, 0.007, 0.035, 0.10)
    chalk = ground(sheet, PAPER)
    chalk.color = mix(chalk.color, blur(scene.color, 0.004 * sheet.unit), 0.55)
    cover_with(scene, chalk, Brush(0.104, 0.0208, 0.0, 0.7, 0.45, 0.7, 0.75), PALETTE, 0.0208)
    _caught(chalk, tooth, 0.65)
    cover_with(scene, chalk, Brush(0.08, 0.0104, 0.0, 0.85, 0.45, 0.5, 0.85), PALETTE, 0.0132)
    _caught(chalk, tooth, 0.42)
    paint_at(scene, chalk, Brush(0.044, 0.0068, 0.0, 0.8, 0.4, 0.3, 0.9), PALETTE, scattered(sheet, 0.0084, detail))
    _caught(chalk, tooth, 0.24)
    return np.clip(chalk.color * (1 + 0.03 * tooth[..., None]), 0, 1)


def _caught(chalk: Paint, tooth: Array, share: float) -> None:
    """The hollows of the paper stay dark: the chalk only catches on its hills."""
    chalk.color = mix(chalk.color, PAPER, step(-0.4, 2.6, tooth) * share).astype(np.float32)


def _sky(scene: Scene) -> None:
    sheet = scene.sheet
    drift = 0.05 * noise(sheet, (0.5, 0.10), 3) + 0.07 * noise(sheet, (0.10, 0.014), 2)
    scene.lay(sheet.zeros() + 1, ramp(np.clip(sheet.y / 0.50 + drift, 0, 1), SKY), 0.10 * noise(sheet, 0.3) - 0.08)
    distance, circle = around(sheet, 0.40, 0.43)
    scene.color = mix(scene.color, SKY[5], step(0.32, 0.04, distance) * 0.85)
    scene.angle = np.where(distance < 0.2, circle, scene.angle)
    for x, y, size in [
        (0.18, 0.20, 0.16),
        (0.34, 0.15, 0.12),
        (0.88, 0.13, 0.20),
        (1.08, 0.20, 0.17),
        (0.70, 0.24, 0.10),
        (0.56, 0.07, 0.11),
        (1.2, 0.31, 0.10),
    ]:
        cloud = (
            np.minimum(ellipse(sheet, (x, y), (size, size * 0.46)), 6 * (y + size * 0.2 - sheet.y))
            + 0.22 * noise(sheet, 0.06, 3)
            + 0.22
        )
        light = np.clip(
            0.30 + 1.1 * (sheet.y - y) / size + 0.25 * noise(sheet, 0.06, 2) - 0.5 * (sheet.x - 0.4) * (sheet.x > x),
            0,
            1,
        )
        colors = ramp(light, np.stack([SKY[1], SKY[2], EMBER[0] * 0.5 + SKY[2] * 0.5, EMBER[1], EMBER[2], SKY[5]]))
        _, turn = around(sheet, x, y + size * 0.3)
        scene.lay(cover(cloud), colors, turn * 0.5)


def _far(scene: Scene) -> None:
    sheet = scene.sheet
    distance, circle = around(sheet, 0.40, 0.43)
    scene.lay(cover(0.045 - distance), hexes("fffbe6")[0], circle)
    for base, rise, low, high in [
        (0.455, 0.022, SKY[1], SKY[3]),
        (0.49, 0.016, FIELD[1], FIELD[2]),
        (0.52, 0.010, GRASS[0], GRASS[2]),
    ]:
        below = ridge(sheet, base, rise, 0.3)
        scene.lay(cover(below), mix(high, low, step(0, 0.05, below)), slope(below))


def _rows(scene: Scene) -> None:
    """Rows of lavender that run to a point on the skyline."""
    sheet = scene.sheet
    below = sheet.y - 0.545 - 0.012 * np.sin(sheet.x * 4)
    depth = np.clip(below, 1e-3, 1)
    across = (sheet.x - 0.46) / (depth + 0.035)
    phase = across * 2.1 + 0.04 * noise(sheet, 0.08)
    crest = 0.5 + 0.5 * np.cos(phase * 2 * np.pi)
    lit_side = 0.5 + 0.5 * np.sin(phase * 2 * np.pi + 0.6)
    tone = np.clip(
        0.12 + 0.55 * crest * (0.55 + 0.6 * lit_side) + 0.10 * noise(sheet, 0.02, 2) + 0.25 * step(0.12, 0, below), 0, 1
    )
    path = crest < 0.20
    soil = ramp(
        np.clip(0.5 * lit_side + 0.4 * step(0.3, 0, below), 0, 1), np.stack([FIELD[0], GRASS[0], GRASS[2], EMBER[2]])
    )
    colors = np.where(path[..., None], soil, ramp(tone, FIELD))
    along = np.arctan2(depth + 0.035, sheet.x - 0.46)
    tuft = along + np.where(path, 0.0, 0.55 * np.sin(phase * np.pi * 2 + 1.5))
    scene.lay(cover(below), colors, tuft)
    blossom = (noise(sheet, (0.006, 0.014)) > 1.25) & (crest > 0.45) & (below > 0.03)
    scene.color = mix(scene.color, mix(FIELD[4], EMBER[2], 0.3), blossom * 0.9)
    for number in range(9):
        inside = (np.floor(phase).astype(int) % 9 == number) & (below > 0)
        scene.label[inside & ~path] += 100 + number


def _farm(scene: Scene) -> None:
    sheet = scene.sheet
    scene.lay(polygon(sheet, [(0.78, 0.56), (0.92, 0.56), (0.92, 0.50), (0.78, 0.50)]), SKY[4], np.pi / 2)
    scene.lay(polygon(sheet, [(0.92, 0.56), (1.00, 0.555), (1.00, 0.505), (0.92, 0.50)]), FIELD[2], np.pi / 2)
    scene.lay(polygon(sheet, [(0.765, 0.503), (0.93, 0.503), (0.91, 0.455), (0.785, 0.455)]), EMBER[1], 0.9)
    scene.lay(polygon(sheet, [(0.93, 0.503), (1.01, 0.507), (0.98, 0.46), (0.91, 0.455)]), EMBER[0], 0.9)
    for x in (0.81, 0.86):
        scene.lay(drawn(sheet, [[(x, 0.525), (x, 0.548)]], 0.014), FIELD[0], np.pi / 2)
    for x, foot, tall in [(1.07, 0.575, 0.30), (1.12, 0.585, 0.36), (1.175, 0.60, 0.33), (0.72, 0.555, 0.14)]:
        up = np.clip((foot - sheet.y) / tall, 0, 1)
        half = 0.13 * tall * np.clip(np.sin(np.pi * (up * 0.92 + 0.08)), 0, 1) ** 0.7 * (1 - 0.4 * up)
        inside = half - np.abs(sheet.x - x) + 0.004 * noise(sheet, 0.02, 2)
        inside = np.where((sheet.y < foot) & (sheet.y > foot - tall), inside, -1)
        light = np.clip(0.35 - (sheet.x - x) / (half + 1e-3) * 0.4 + 0.12 * noise(sheet, 0.02), 0, 1)
        scene.lay(cover(inside), ramp(light, GRASS), np.pi / 2 + 0.25 * np.sign(sheet.x - x))
