"""Pointillism: a summer riverside with a sail, in dots of divided colour."""

from __future__ import annotations

import numpy as np

from styles.scene import Scene, around, cover, ellipse, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, lit, mix, noise, polygon, ramp, step
from styles.strokes import at, ground, scattered

PALETTE = hexes(
    "141a4a 27358c 3c62bd 6f9fdc b4d2ee fdf3cf fbdc7a f6b53c e9803a "
    "cf4a3a 8c2f5e 5a2a78 123f35 1f6b45 58a04b a9c957 e6e08a"
)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _distance(scene)
    _shore(scene)
    _tree(scene)
    paint_ = ground(sheet, hexes("d9cfae")[0])
    height = sheet.zeros()
    for size, gap, spread in ((0.0160, 0.0100, 0.15), (0.0116, 0.0084, 0.19), (0.0078, 0.0073, 0.24)):
        points = scattered(sheet, gap)
        colors = _divided(scene, points, spread)
        _dots(sheet, paint_.color, height, points, colors, size * sheet.unit)
    return lit(np.clip(paint_.color, 0, 1), blur(height, 0.7), 0.5, 0.05)


def _divided(scene: Scene, points: Array, spread: float) -> Array:
    """For each point a pure colour of the palette near the scene's, now and then its opposite."""
    rng = scene.sheet.rng
    wanted = at(scene.color, points)
    shaken = wanted + rng.normal(0, spread, wanted.shape) * 0.75
    far = ((shaken[:, None, :] - PALETTE[None]) ** 2 @ np.array([1.2, 1.8, 1.0], np.float32)) + rng.gumbel(
        0, 0.012, (len(points), len(PALETTE))
    )
    pure = PALETTE[far.argmin(1)]
    tone = np.clip(pure + (wanted - pure) * 0.35, 0, 1)
    opposite = rng.random(len(points)) < 0.05
    brightness = wanted[opposite].mean(1, keepdims=True)
    tone[opposite] = np.clip((1 - wanted[opposite]) * 0.5 + 0.6 * brightness, 0, 1)
    return np.asarray(tone + rng.normal(0, 0.02, tone.shape))


def _dots(sheet: Sheet, color: Array, height: Array, points: Array, colors: Array, size: float) -> None:
    rng, stamps = sheet.rng, _stamps(sheet.rng, size)
    reach = stamps.shape[1] // 2
    rows, columns = sheet.shape
    for (x, y), tone, which in zip(
        points.astype(int), colors, rng.integers(len(stamps), size=len(points)), strict=True
    ):
        top, left = max(0, y - reach), max(0, x - reach)
        bottom, right = min(rows, y + reach + 1), min(columns, x + reach + 1)
        if bottom <= top or right <= left:
            continue
        stamp = stamps[which, top - y + reach : bottom - y + reach, left - x + reach : right - x + reach]
        here = np.s_[top:bottom, left:right]
        color[here] += (tone - color[here]) * stamp[..., None]
        height[here] = height[here] * (1 - 0.6 * stamp) + stamp * size * 0.16


def _stamps(rng: np.random.Generator, size: float) -> Array:
    """Coverage of 48 dabs (48, D, D): each a little oval, none quite round."""
    reach = round(size * 0.9) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    dabs = []
    for _ in range(48):
        turn, long, scale = rng.uniform(0, np.pi), rng.uniform(1.0, 1.45), rng.uniform(0.72, 1.12) * size / 2
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        wobble = 1 + 0.10 * np.sin(3 * np.arctan2(v, u) + rng.uniform(0, 6))
        dabs.append(np.clip((scale * wobble - np.hypot(u / long, v)) * 0.9 + 0.5, 0, 1))
    return np.stack(dabs).astype(np.float32)


def _distance(scene: Scene) -> None:
    sheet = scene.sheet
    scene.lay(sheet.zeros() + 1, ramp(np.clip(sheet.y * 2.1, 0, 1), PALETTE[[2, 3, 4, 5, 6]]))
    distance, _ = around(sheet, 0.30, 0.27)
    scene.color = mix(scene.color, PALETTE[6], step(0.28, 0.05, distance) * 0.8)
    scene.lay(cover(0.055 - distance), PALETTE[5])
    cloud = noise(sheet, (0.4, 0.07), 3) - 0.6
    scene.color = mix(scene.color, mix(PALETTE[8], PALETTE[5], 0.55), np.clip(cloud, 0, 0.7))
    for base, rise, low, high in [(0.41, 0.016, 11, 3), (0.455, 0.012, 13, 15)]:
        below = ridge(sheet, base, rise, 0.25)
        scene.lay(cover(below), mix(PALETTE[high], PALETTE[low], step(0, 0.05, below)))
    below = sheet.y - 0.49
    glitter = noise(sheet, (0.09, 0.012), 2)
    water = ramp(np.clip(0.95 - below * 2.4 + 0.16 * glitter, 0, 1), PALETTE[[0, 1, 2, 3, 4]])
    scene.lay(cover(below), water)
    sun = np.exp(-(((sheet.x - 0.30) / (0.05 + 0.2 * np.clip(below, 0, 1))) ** 2)) * (below > 0) * (glitter > -0.3)
    scene.color = mix(scene.color, PALETTE[6], np.clip(sun, 0, 0.9))


def _shore(scene: Scene) -> None:
    sheet = scene.sheet
    for x, y, size in [(0.62, 0.60, 0.27), (0.47, 0.53, 0.11)]:
        scene.lay(polygon(sheet, [(x, y - size), (x + size * 0.55, y - size * 0.12), (x, y - size * 0.12)]), PALETTE[5])
        scene.lay(
            polygon(
                sheet,
                [
                    (x - size * 0.05, y - size * 0.9),
                    (x - size * 0.35, y - 0.12 * size),
                    (x - 0.05 * size, y - 0.12 * size),
                ],
            ),
            PALETTE[7],
        )
        hull = [
            (x - size * 0.42, y - size * 0.07),
            (x + size * 0.6, y - size * 0.07),
            (x + size * 0.4, y + size * 0.06),
            (x - size * 0.3, y + size * 0.06),
        ]
        scene.lay(polygon(sheet, hull), PALETTE[9])
        mirror = polygon(
            sheet, [(x - size * 0.3, y + size * 0.08), (x + size * 0.4, y + size * 0.08), (x + 0.05, y + size * 0.75)]
        )
        scene.color = mix(scene.color, PALETTE[6], mirror * 0.65 * (noise(sheet, (0.1, 0.012)) > -0.2))
    bank = ridge(sheet, 0.80, 0.018, 0.5) - 0.13 * (sheet.x / sheet.aspect - 0.5)
    meadow = np.clip(0.95 - bank * 2.2 + 0.15 * noise(sheet, 0.05, 2), 0, 1)
    scene.lay(cover(bank), ramp(meadow, PALETTE[[12, 13, 14, 15, 16]]))
    shade = np.clip(ellipse(sheet, (1.0, 0.93), (0.36, 0.075)) * 3, 0, 1)
    scene.color = mix(scene.color, PALETTE[0], shade * 0.75 * (bank > 0))
    flowers = (noise(sheet, 0.012) > 1.7) & (bank > 0.03)
    scene.color = mix(scene.color, PALETTE[9], flowers * 0.9)


def _tree(scene: Scene) -> None:
    sheet = scene.sheet
    trunk = [
        [(1.05, 0.95), (1.03, 0.7), (1.06, 0.4), (1.12, 0.2)],
        [(1.04, 0.62), (0.92, 0.38)],
        [(1.05, 0.5), (1.2, 0.3)],
    ]
    for line, width in zip(trunk, (0.05, 0.022, 0.022), strict=True):
        shade = mix(mix(PALETTE[10], PALETTE[8], 0.35), PALETTE[0], step(-0.02, 0.02, sheet.x - 1.05))
        scene.lay(drawn(sheet, [line], width), shade)
    for x, y, size in [
        (0.98, 0.20, 0.17),
        (1.14, 0.14, 0.2),
        (0.86, 0.33, 0.11),
        (1.2, 0.32, 0.14),
        (1.03, 0.36, 0.10),
        (0.97, 0.05, 0.13),
    ]:
        crown = ellipse(sheet, (x, y), (size, size * 0.72)) + 0.16 * noise(sheet, 0.04, 2)
        light = np.clip(0.55 - ((sheet.x - x) * 0.6 + (sheet.y - y)) / size * 0.55 + 0.1 * noise(sheet, 0.03), 0, 1)
        scene.lay(cover(crown), ramp(light, PALETTE[[0, 12, 13, 14, 15, 6]]))
