"""Comic ink: a sitter before a city and a burst of light, in brushed outlines, spotted blacks and printed dots."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, outline
from styles.scene import Scene, around, cover, puffs
from styles.sheet import Array, Sheet, blur, hexes, luma, mix, noise, step
from styles.sitter import Palette, Pose, seated
from styles.strokes import Brush, Hand, at, ground, paths, scattered
from styles.town import Coat, Row, lay_houses, street

PAPER, INK = hexes("f7efda 120f12")
RED, YELLOW, BLUE, CYAN, ROSE, GREEN, ORANGE = hexes("dd2f2b ffd42e 2b56b0 5fc0e6 e98a86 3f9a5a f28a2c")
CLOUD = [(0, 0, 0.55), (-0.6, -0.08, 0.4), (0.6, -0.1, 0.42), (0.25, 0.3, 0.4), (-0.25, 0.26, 0.36)]
SITTER = Palette(
    skin=hexes("3a1a14 c27a58 f0b48c f9cfa8 fbd8b6 fff0dc"),
    hair=hexes("0c0a10 14101c 2a2040 4a4a8a 8aa0d8"),
    cloth=hexes("3a0a10 8e1a1c c82a28 e04038 f0705a"),
    linen=hexes("8aa0b8 c8d4dc f2f0e4 ffffff"),
    lips=hexes("5a1014 a82424 d83a38 f08a7a"),
)
COAT = Coat(
    hexes("e8a03c d8584a 5f9ac0 efc860 7a6ab0"),
    hexes("8a2c2c 2c3f78 6a3a4a"),
    hexes("1c2440")[0],
    hexes("ffe680")[0],
    hexes("2a2450")[0],
    0.35,
)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _backdrop(scene)
    tone = np.clip(luma(scene.color) * 1.1, 0, 1)
    behind = scene.label.max()
    tone = seated(scene, tone, Pose((0.55, 0.44), 0.26, 0.26, (-0.5, -0.5, 0.80), 0.18, 0.6), SITTER)
    flat = _flattened(scene, tone, behind)
    ink = np.maximum(_spotted(scene, tone, behind), _outlined(scene))
    ink = np.maximum(ink, _feathered(scene, tone, behind))
    printed = flat * (1 + 0.03 * noise(sheet, 0.0026, 2) + 0.02 * noise(sheet, 0.2, 2))[..., None]
    printed = mix(printed, PAPER, 0.10 + 0.10 * step(1.0, 2.4, noise(sheet, 0.003, 2)))
    black = INK * (1 + 0.25 * noise(sheet, 0.004, 2))[..., None]
    return np.clip(mix(printed, black, ink), 0, 1)


def _backdrop(scene: Scene) -> None:
    """A sky with a burst, clouds with round edges, and rows of houses."""
    sheet = scene.sheet
    distance, circle = around(sheet, 0.92, 0.36)
    scene.lay(sheet.zeros() + 1, mix(BLUE, CYAN, step(0.0, 0.6, sheet.y)))
    rays = step(-0.05, 0.05, np.sin(circle * 15)) * step(0.10, 0.14, distance)
    scene.lay((rays > 0.5).astype(np.float32), YELLOW)
    star = 0.20 * (0.80 + 0.28 * np.abs(np.sin(circle * 6.5)))
    scene.lay(cover(star - distance), ORANGE)
    scene.lay(cover(star * 0.72 - distance), YELLOW)
    scene.lay(cover(0.075 - distance), PAPER)
    for x, y, size in [(0.14, 0.16, 0.14), (0.27, 0.34, 0.10), (1.18, 0.60, 0.12), (1.16, 0.12, 0.10)]:
        cloud = puffs(sheet, (x, y), size, CLOUD)
        scene.lay(cover(np.minimum(cloud, (y + 0.3 * size - sheet.y) / size)), PAPER)
    for base, high in [(0.80, (0.10, 0.24)), (1.02, (0.16, 0.30))]:
        lay_houses(scene, street(sheet, Row(base, (-0.02, 1.30), (0.10, 0.16), high)), COAT)


def _dots(sheet: Sheet, pitch: float, turn: float, amount: Array) -> Array:
    """Printed dots: coverage (H, W) for an amount (H, W) in 0..1."""
    u = sheet.x * np.cos(turn) + sheet.y * np.sin(turn)
    v = sheet.y * np.cos(turn) - sheet.x * np.sin(turn)
    wave = 0.5 + 0.25 * (np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch))
    soft = 1.1 / (pitch * sheet.unit)
    return step(-soft, soft, amount - 1 + wave)


def _flattened(scene: Scene, tone: Array, behind: int) -> Array:
    """Two or three flat colours for each thing, the middle one in dots."""
    sheet = scene.sheet
    steps = 4
    color = np.round(scene.color * steps + 0.1) / steps * 0.5 + scene.color * 0.5
    shade = np.where(scene.label > behind, step(0.72, 0.30, tone), 0.55 * step(0.1, 0.9, sheet.y) * (scene.label < 3))
    shade = np.asarray(shade + 0.45 * (scene.label > 3) * (scene.label <= behind) * step(0.75, 0.25, luma(scene.color)))
    screen = _dots(sheet, 0.0092, 0.6, np.clip(shade, 0, 0.85))
    deeper = np.clip(color * np.array([0.82, 0.52, 0.55], np.float32), 0, 1)
    cooler = np.clip(color * np.array([0.55, 0.62, 0.85], np.float32), 0, 1)
    warm = (scene.label > behind)[..., None]
    return mix(color, np.where(warm, deeper, cooler), screen)


def _spotted(scene: Scene, tone: Array, behind: int) -> Array:
    """Solid black where it is darkest, its edge drawn by a brush."""
    sheet = scene.sheet
    smooth = blur(tone, 0.0025 * sheet.unit) + 0.012 * noise(sheet, 0.03, 2)
    mine = (scene.label > behind) * step(0.235, 0.205, smooth)
    windows = (scene.label <= behind) * step(0.16, 0.12, luma(scene.color))
    return np.asarray(np.clip(mine + windows, 0, 1))


def _outlined(scene: Scene) -> Array:
    sheet, total = scene.sheet, scene.sheet.zeros()
    for label in range(2, scene.label.max() + 1):
        mask = scene.label == label
        size = mask.sum() / mask.size
        if size > 0.0001:
            total = np.maximum(total, outline(sheet, depth(mask), 0.0028 + 0.0042 * min(1.0, size * 18)))
    return total


def _feathered(scene: Scene, tone: Array, behind: int) -> Array:
    """Tapering strokes from the black into the light, across the form."""
    sheet, rng = scene.sheet, scene.sheet.rng
    lines = ground(sheet, np.zeros(3))
    smooth = blur(tone, 0.006 * sheet.unit)
    wanted = step(0.40, 0.28, smooth) * step(0.16, 0.22, smooth) * (scene.label > behind + 1)
    wanted = wanted * (scene.label < scene.label.max())
    down, right = np.gradient(blur(smooth, 0.004 * sheet.unit))
    starts = scattered(sheet, 0.0115, wanted)
    hand = Hand(sheet, lines, Brush(0.05, 0.003, 0.0, 0.0, 0.0, -4.0))
    weights = at(1 - smooth, starts)
    for line, weight in zip(paths(sheet, np.arctan2(down, right), starts, 0.036), weights, strict=True):
        hand.stroke(line, np.ones(3), np.ones(3), sheet.unit * 0.0042 * weight * rng.uniform(0.6, 1.2))
    return lines.color[..., 0]
