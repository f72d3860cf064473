"""Mosaic: lemons on a branch over a blue sea, in small stones set along the forms."""

from __future__ import annotations

import numpy as np

from styles.cells import tiled
from styles.scene import Scene, around, contour_angle, cover, ellipse
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, ramp, step

SEA = hexes("07223f 0e4470 1b6f9e 3fa0b9 8fcbc8 dcebd9")
SKY = hexes("f3e3b8 f1c98a e9a45f c96a43")
LEMON = hexes("8a4a10 cf8414 f2b21d fbd84b fff3b0")
LEAF = hexes("0f2a1c 1f4f2c 3f7d3a 7fae4b c3d67a")
FRUIT = [(0.33, 0.34, 0.150, 0.5), (0.60, 0.52, 0.165, 1.15), (0.30, 0.70, 0.135, -0.4), (0.80, 0.24, 0.110, 0.3)]
LEAVES = [
    (0.12, 0.20, 0.5), (0.50, 0.21, -0.6), (0.15, 0.47, 1.1), (0.47, 0.36, 0.9), (0.79, 0.41, 0.4), (0.44, 0.86, 0.3),
    (0.62, 0.11, 0.2), (0.93, 0.13, -0.5), (0.13, 0.86, -0.7), (0.80, 0.63, 1.2), (0.66, 0.75, -0.5), (0.93, 0.40, 1.3),
]  # fmt: skip


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _sea(scene)
    _branch(scene)
    return inlaid(scene, 0.0158)


def inlaid(scene: Scene, size: float, gold: Array | None = None) -> Array:
    """The scene in stones `size` wide (sheet heights); gold (H, W): 1 where they are gold leaf under glass."""
    sheet = scene.sheet
    cells = tiled(scene, size, 0.85)
    unit = sheet.unit / 1024
    rng, count = sheet.rng, len(cells.sites)
    stone = cells.mean(scene.color) * (1 + rng.normal(0, 0.10, (count, 1))) + rng.normal(0, 0.022, (count, 3))
    tilt = rng.normal(0, 0.13, (count, 2))
    if gold is None:
        gilt = rng.random(count) < 0.04
        stone[gilt] = mix(stone[gilt], LEMON[3], 0.5)
    else:
        gilt = cells.mean(gold) > 0.5
        stone[gilt] *= rng.choice([0.62, 0.85, 1.0, 1.12, 1.35], (gilt.sum(), 1))
        tilt[gilt] *= 1.6
    x, y = (
        sheet.x * sheet.unit - cells.spread(cells.sites[:, 0]),
        sheet.y * sheet.unit - cells.spread(cells.sites[:, 1]),
    )
    vein = noise(sheet, 0.006, 3)
    face = cells.spread(stone) * (1 + 0.05 * vein[..., None])
    bevel = 2.2 * unit * step(0.5 * unit, 4.5 * unit, cells.inset)
    height = bevel + x * cells.spread(tilt[:, 0]) + y * cells.spread(tilt[:, 1]) + 0.12 * unit * vein
    grout = hexes("3b3833" if gold is None else "5e4c36")[0] * (1 + 0.12 * noise(sheet, 0.004, 2)[..., None])
    inside = step(0.7 * unit, 1.9 * unit, cells.inset + 0.35 * unit * noise(sheet, 0.007))
    return mix(grout, lit(np.clip(face, 0, 1), blur(height, 0.8 * unit), 0.8, 0.22), inside)


def _sea(scene: Scene) -> None:
    sheet = scene.sheet
    distance, circle = around(sheet, 0.86, 0.36)
    scene.lay(sheet.zeros() + 1, ramp(np.clip(distance * 1.05 + 0.05 * np.sin(distance * 60), 0, 1), SKY), circle)
    scene.lay(cover(0.085 - distance), hexes("fff6d5")[0], circle)
    for number, base in enumerate(np.linspace(0.42, 1.02, 9)):
        wave = sheet.y - base - 0.018 * np.sin(sheet.x * (13 - number) + number * 2.1)
        tone = np.clip(0.85 - wave * 9 - 0.05 * number + 0.1 * noise(sheet, 0.1), 0, 1)
        scene.lay(cover(wave), ramp(tone, SEA), contour_angle(wave))


def _branch(scene: Scene) -> None:
    sheet = scene.sheet
    t = np.linspace(0, 1, 30)
    stem = list(zip(-0.03 + 1.1 * t, 0.11 + 0.05 * np.sin(t * 6), strict=True))
    side = list(zip(0.22 + 0.10 * np.sin(t * 3), 0.12 + 0.9 * t, strict=True))
    for line, width in ((stem, 0.028), (side, 0.020)):
        scene.lay(
            drawn(sheet, [[(float(x), float(y)) for x, y in line]], width),
            hexes("4a2a17")[0],
            0.1 if width > 0.025 else 1.4,
        )
    for x, y, turn in LEAVES:
        _leaf(scene, x, y, turn)
    for x, y, size, turn in FRUIT:
        inside = ellipse(sheet, (x, y), (size, size * 0.76), turn)
        knob = ellipse(sheet, (x + size * np.cos(turn), y + size * np.sin(turn)), (size * 0.22, size * 0.2), turn)
        body = np.maximum(inside, knob)
        light = 0.62 - ((sheet.x - x) * 0.5 + (sheet.y - y) * 0.65) / size * 0.6 + 0.1 * np.sin(body * 30)
        spot = np.exp(-(((sheet.x - x + size * 0.35) ** 2 + (sheet.y - y + size * 0.32) ** 2) / (size * 0.2) ** 2))
        _, circle = around(sheet, x, y)
        scene.lay(cover(body + 0.09), LEAF[0], circle)
        scene.lay(cover(body), ramp(np.clip(light + 0.4 * spot, 0, 1), LEMON), circle)


def _leaf(scene: Scene, x: float, y: float, turn: float) -> None:
    sheet, size = scene.sheet, 0.115
    dx, dy = sheet.x - x, sheet.y - y
    u, v = (dx * np.cos(turn) + dy * np.sin(turn)) / size, (dy * np.cos(turn) - dx * np.sin(turn)) / size
    v = v - 0.15 * u * u
    inside = 0.42 * (1 - u * u) - np.abs(v)
    tone = np.clip(0.42 + 0.28 * np.sign(v) * -1 + 0.12 * np.sin((u - np.abs(v)) * 20) + 0.1 * u, 0, 1)
    scene.lay(cover(inside) * (v > 0), ramp(tone, LEAF), turn + 0.45)
    scene.lay(cover(inside) * (v <= 0), ramp(tone, LEAF), turn - 0.45)
