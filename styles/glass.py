"""Stained glass: irises by a stream under a rising sun, leaded and lit from behind."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from styles.cells import tiled
from styles.curves import depth, spline, tapered
from styles.scene import Scene, around, contour_angle, cover
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, polygon, ramp, step

SKY = hexes("0b2a6b 1556a8 2f8fd0 8fd0e8")
FIRE = hexes("fff3b8 ffd23f fb9a1c e2501c a3161f")
GREEN = hexes("083a2a 0f6b3c 3aa04a b7d84b")
VIOLET = hexes("2a0f5a 5a1f9a 9a4fd0 e0a8ea")
WATER = hexes("07305a 0f6f96 25b0b4 b4efdc")
LEAD = hexes("17171a")[0]


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _sky(scene)
    _hills(scene)
    _stream(scene)
    for x, y, size in [(0.20, 0.52, 0.15), (0.44, 0.66, 0.13), (0.83, 0.56, 0.155), (0.66, 0.77, 0.11)]:
        _iris(scene, x, y, size)
    cells = tiled(scene, 0.074, 0.35)
    rng, count = sheet.rng, len(cells.sites)
    tint = cells.mean(scene.color) * (1 + rng.normal(0, 0.12, (count, 1))) + rng.normal(0, 0.03, (count, 3))
    glass = mix(cells.spread(tint), scene.color, 0.3)
    glass = _lit_from_behind(scene, np.clip(glass, 0, 1), rng.random(count)[cells.number])
    return _leaded(sheet, glass, cells.inset)


def _lit_from_behind(scene: Scene, glass: Array, own: Array) -> Array:
    """Streaks and bubbles in each pane, brighter where the light stands."""
    sheet = scene.sheet
    turn = own * 20
    u = sheet.x * np.cos(turn) + sheet.y * np.sin(turn)
    v = sheet.y * np.cos(turn) - sheet.x * np.sin(turn)
    swirl = 0.5 * noise(sheet, 0.06, 2)
    streak = np.sin(u * 60 + 2.5 * swirl + own * 40) * 0.5 + 0.5 * np.sin(u * 170 + v * 20 + 4 * swirl)
    glow = 1.02 + 0.24 * streak + 0.11 * noise(sheet, 0.2) + 0.05 * noise(sheet, 0.012, 2)
    glass = np.clip(glass, 0.01, 1) ** (1 / glow[..., None] ** 1.6)
    bubbles = ndimage.gaussian_filter(
        (sheet.rng.random(sheet.shape) > 0.9993).astype(np.float32), 1.1 * sheet.unit / 1024
    )
    bubbles = np.clip(bubbles * 6, 0, 1)
    ring = bubbles - np.roll(bubbles, (2, 2), (0, 1))
    return np.asarray(np.clip(glass + 0.35 * ring[..., None], 0, 1))


def _leaded(sheet: Sheet, glass: Array, inset: Array) -> Array:
    """Lead cames with a rounded back, solder and grime in the corners."""
    unit = sheet.unit / 1024
    width = unit * (4.2 + 0.7 * noise(sheet, 0.05))
    grime = step(16 * unit, 3 * unit, inset + 2.5 * unit * noise(sheet, 0.03))
    glass = glass * (1 - 0.36 * grime[..., None])
    back = np.sqrt(np.clip(1 - (inset / width) ** 2, 0, 1)) * 3.2 * unit
    metal = lit(
        LEAD * (1.4 + 0.35 * noise(sheet, 0.01, 2)[..., None]),
        blur(back, 0.8 * unit) + 0.15 * noise(sheet, 0.0048),
        0.9,
        0.30,
    )
    return mix(glass, metal, np.clip(width - inset + 0.5, 0, 1))


def _sky(scene: Scene) -> None:
    sheet = scene.sheet
    distance, circle = around(sheet, 0.56, 0.36)
    ray = np.mod((circle + 0.1) / (2 * np.pi) * 22, 1)
    number = np.floor((circle + 0.1) / (2 * np.pi) * 22).astype(int)
    for part in range(22):
        tone = np.clip(distance * 1.35 + 0.12 * (part % 2), 0, 1)
        mask = np.mod(number, 22) == part
        fill = ramp(tone, FIRE[[1, 2, 3, 4]]) if part % 2 else ramp(1 - tone, SKY)
        scene.lay(mask.astype(np.float32), fill * (0.9 + 0.2 * ray[..., None]), circle)
    for size, color in [(0.215, FIRE[2]), (0.165, FIRE[1]), (0.115, FIRE[0])]:
        scene.lay(cover(size - distance), color, circle)


def _hills(scene: Scene) -> None:
    sheet = scene.sheet
    for number, (base, rise) in enumerate([(0.42, 0.05), (0.49, 0.045), (0.57, 0.05)]):
        line = sheet.y - base - rise * np.sin(sheet.x * (5 + number) + number * 2.4)
        tone = np.clip(0.15 + 0.22 * number + line * 1.5, 0, 1)
        colors = ramp(tone, VIOLET[[0, 1, 2]]) if number == 0 else ramp(tone, GREEN)
        scene.lay(cover(line), colors, contour_angle(line))


def _stream(scene: Scene) -> None:
    sheet = scene.sheet
    below = sheet.y - 0.56
    middle = 0.56 + 0.10 * np.sin(below * 13)
    width = 0.10 + 0.50 * np.clip(below, 0, 1) ** 1.15
    across = (sheet.x - middle) / width
    for band in range(6):
        low = -1 + band / 3
        inside = np.minimum(across - low, low + 1 / 3 - across)
        tone = np.clip(0.25 + 0.5 * ((band * 2) % 3) / 2 + 0.6 * (0.3 - below), 0, 1)
        scene.lay(cover(np.where(below > 0.03, inside, -1)), ramp(tone, WATER), np.pi / 2 + 0.4 * np.cos(below * 13))


def _iris(scene: Scene, x: float, y: float, size: float) -> None:
    sheet, rng = scene.sheet, scene.sheet.rng
    for lean in (-0.07, 0.0, 0.08):
        blade = spline(
            [
                (x + lean * 0.3, 1.03),
                (x + lean * 0.9, 0.5 * (y + 1.0)),
                (x + lean * 1.6, y + size * (1.5 if lean else 0.2)),
            ]
        )
        dark = GREEN[1] if lean < 0 else GREEN[2]
        scene.lay(tapered(sheet, blade, [0.05, 0.045, 0.012] if lean else [0.026, 0.02]), dark, np.pi / 2)
    for turn, long, tone in [
        (-2.5, 1.0, 1),
        (2.5, 1.0, 0),
        (np.pi, 0.95, 2),
        (-0.75, 0.95, 2),
        (0.75, 0.95, 1),
        (0.0, 1.05, 3),
    ]:
        t = np.linspace(0, np.pi, 40)
        length, half = size * long * (1 - np.cos(t)) / 2, size * 0.30 * np.sin(t) ** 0.8 * (1 + 0.5 * np.cos(t) * -1)
        tip = [
            (x + u * np.sin(turn) + v * np.cos(turn), y - u * np.cos(turn) + v * np.sin(turn))
            for u, v in zip(length, half, strict=True)
        ]
        back = [
            (x + u * np.sin(turn) - v * np.cos(turn), y - u * np.cos(turn) - v * np.sin(turn))
            for u, v in zip(length, half, strict=True)
        ]
        petal = polygon(sheet, [*tip, *back[::-1]])
        fade = np.clip(depth(petal) / (size * 0.28 * sheet.unit), 0, 1)
        shade = ramp(np.clip(tone / 3 + 0.22 * (1 - fade) + 0.05 * rng.normal(), 0, 1), VIOLET)
        scene.lay(petal, shade, turn + np.pi / 2)
    scene.lay(drawn(sheet, [[(x, y - 0.01), (x, y + size * 0.30)]], size * 0.14), FIRE[1], 0.0)
