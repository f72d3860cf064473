"""Oil portrait: a sitter by candlelight, warm lights thick over thin brown shadows."""

from __future__ import annotations

import numpy as np

from styles.scene import Scene, cover, ellipse, near_edges
from styles.sheet import Array, Sheet, blur, hexes, lit, mix, noise, ramp, step
from styles.sitter import Palette, Pose, seated
from styles.strokes import Brush, cover_with, ground, paint_at, scattered

GROUND = hexes("120b07 2a190e 4d3119 7a5128 a97c42 d3ab6c")
COOL = hexes("10120f 252a24 454b3e 737560 a7a48a")
WINE = hexes("14070a 3a0d12 741a1c a8402e dc8d5e")
POSE = Pose((0.60, 0.41), 0.255, 0.22, (-0.66, -0.42, 0.62), 0.05, 0.55)
CLOTH = Palette(skin=hexes("24100a 5c2a1a 9c5636 cf8a5e ecbb90 f9e0bf"))
PALETTE = np.concatenate([GROUND, COOL, WINE, CLOTH.skin, CLOTH.hair, CLOTH.linen, CLOTH.lips])


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    tone = _room(scene)
    tone = seated(scene, tone, POSE, CLOTH)
    scene.angle = scene.angle + 0.22 * noise(sheet, 0.05, 2)
    detail = near_edges(scene, 0.006, 0.03, 0.10)
    fine = step(0.02, 0.10, np.hypot(*np.gradient(blur(tone, 0.002 * sheet.unit))) * 0.02 * sheet.unit)
    paint_ = ground(sheet, GROUND[1])
    cover_with(scene, paint_, Brush(0.10, 0.030, 0.35, 0.25, 0.4, 0.4, 0.92), PALETTE, 0.022)
    cover_with(scene, paint_, Brush(0.055, 0.014, 0.35, 0.35, 0.4, 0.3, 0.85), PALETTE, 0.0125)
    blended = mix(paint_.color, blur(paint_.color, 0.004 * sheet.unit), 0.55)
    paint_.color = mix(blended, scene.color, 0.25 + 0.35 * np.maximum(detail, fine)).astype(np.float32)
    bright = step(0.70, 1.0, tone)
    near = np.clip(np.maximum(fine, 0.55 * detail) + 0.25 * bright, 0, 1)
    paint_at(scene, paint_, Brush(0.030, 0.0068, 0.55, 0.4, 0.35, 0.2, 0.85), PALETTE, scattered(sheet, 0.0072, near))
    scene.color = np.clip(scene.color * 1.05 + 0.01, 0, 1)
    paint_at(scene, paint_, Brush(0.024, 0.0085, 1.0, 0.5, 0.45, 0.2), PALETTE, scattered(sheet, 0.014, bright * 0.55))
    paint_.color = mix(paint_.color, scene.color, 0.45 * fine * (1 - 0.5 * bright)).astype(np.float32)
    weave = 0.10 * (np.sin(sheet.x * 1500) + np.sin(sheet.y * 1500)) * step(0.6, 0.1, tone)
    return lit(np.clip(paint_.color, 0, 1), blur(paint_.thickness, 0.8) + weave, 0.68, 0.10)


def _room(scene: Scene) -> Array:
    """A brown wall that lightens behind the shadow side, a table with a book, a glass and apples."""
    sheet = scene.sheet
    glow = step(0.85, 0.0, np.hypot(sheet.x - 1.05, (sheet.y - 0.40)))
    tone = np.clip(0.06 + 0.42 * glow**1.3 + 0.05 * noise(sheet, 0.18, 3), 0, 1)
    scene.lay(sheet.zeros() + 1, mix(ramp(tone, GROUND), ramp(tone, COOL), 0.35), -0.8 + 0.7 * noise(sheet, 0.2))
    curtain = 0.24 + 0.03 * np.sin(sheet.y * 5) - sheet.x
    fold = np.clip(0.36 + 0.12 * np.sin(sheet.x * 34 + 3 * np.sin(sheet.y * 3)) - 0.3 * sheet.y, 0, 1)
    scene.lay(cover(curtain), ramp(fold, COOL), 1.45)
    tone = np.where(curtain > 0, fold * 0.8, tone)
    table = sheet.y - 0.86 - 0.02 * np.sin(sheet.x * 3)
    cloth = np.clip(0.55 - 1.6 * table + 0.12 * noise(sheet, (0.2, 0.03), 2), 0, 1)
    for x, y, size, colors in [(1.02, 0.80, 0.085, WINE), (1.16, 0.83, 0.075, GROUND), (0.12, 0.83, 0.09, GROUND)]:
        u, v = (sheet.x - x) / size, (sheet.y - y) / size
        ball = ellipse(sheet, (x, y), (size, size * 0.95))
        z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        facing = np.clip(-0.58 * u - 0.46 * v + 0.62 * z, 0, 1)
        shade = 0.08 + 0.75 * facing + 0.5 * facing**20 + 0.08 * np.clip(u, 0, 1)
        scene.lay(cover(ball), ramp(np.clip(shade, 0, 1), colors), np.arctan2(u, -v))
        tone = np.where(ball > 0, shade, tone)
    scene.lay(cover(table), ramp(cloth, CLOTH.linen), 0.05)
    return np.where(table > 0, cloth, tone)
