"""Byzantine gold: a haloed sitter in blue and red, in small stones on a ground of gold leaf under glass."""

from __future__ import annotations

import numpy as np

from styles.mosaic import inlaid
from styles.scene import Scene, around, cover, ellipse
from styles.sheet import Array, Sheet, hexes, mix, noise, ramp
from styles.sitter import Palette, Pose, seated

GOLD = hexes("4a2606 9c5c10 d8921c eeac30 ffd070")
BLUE = hexes("070d2c 122a6e 2450a4 5c8fd0 b4d4ee")
RED = hexes("2a0710 6e1220 a8242a d0583c f0b088")
GREEN = hexes("08221c 14503c 3c8458 93b878 dfe6b0")
WHITE, DARK = hexes("f6eedc 150d12")
SITTER = Palette(
    skin=hexes("4a1c10 8a4426 bc7444 d89a64 ecbc86 f8d8a8"),
    hair=hexes("120810 2a1418 4c2820 744030 a06a48"),
    cloth=BLUE,
    linen=hexes("8a7a5c c0b08a e6dcc0 fff8e6"),
    lips=hexes("5a1818 983428 c45c48 e09a80"),
)
HEAD = (0.5, 0.40)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    gold = _ground(scene)
    before = scene.label.max()
    seated(scene, sheet.zeros() + 0.5, Pose(HEAD, 0.215, 0.10, (-0.45, -0.5, 0.80), 0.28, 0.35), SITTER)
    gold = gold * (scene.label <= before)
    gold = _robe(scene, gold)
    gold = _border(scene, gold)
    scene.color = np.clip(mix(scene.color, np.round(scene.color * 9) / 9, 0.5), 0, 1).astype(np.float32)
    return inlaid(scene, 0.0128, gold)


def _ground(scene: Scene) -> Array:
    """Gold above, a halo with a jewelled rim, two trees, a meadow with flowers. Returns where gold leaf is."""
    sheet = scene.sheet
    distance, circle = around(sheet, HEAD[0], HEAD[1] - 0.03)
    scene.lay(sheet.zeros() + 1, ramp(np.clip(0.66 + 0.10 * noise(sheet, 0.15, 2), 0, 1), GOLD), 0.0)
    gold = sheet.zeros() + 1
    meadow = sheet.y - 0.74 - 0.03 * np.sin(sheet.x * 7)
    scene.lay(
        cover(meadow),
        ramp(np.clip(0.62 - 1.5 * meadow + 0.15 * noise(sheet, 0.06, 2), 0, 1), GREEN),
        0.1 * np.sin(sheet.x * 20),
    )
    gold = np.where(meadow > 0, 0, gold)
    for x, y in [(0.155, 0.46), (0.845, 0.46)]:
        trunk = np.minimum(
            0.014 - np.abs(sheet.x - x - 0.008 * np.sin(sheet.y * 30)), np.minimum(sheet.y - 0.45, 0.82 - sheet.y)
        )
        scene.lay(cover(trunk), RED[1], np.pi / 2)
        gold = np.where(trunk > 0, 0, gold)
        for dx, dy, size in [(0, -0.02, 0.085), (-0.05, 0.05, 0.055), (0.05, 0.05, 0.055), (0, 0.11, 0.05)]:
            crown = ellipse(sheet, (x + dx, y + dy), (size, size * 1.1))
            _, turn = around(sheet, x + dx, y + dy)
            tone = np.clip(0.5 - 5 * (sheet.y - y - dy) + 0.25 * np.sin(crown * 20), 0, 1)
            scene.lay(cover(crown), ramp(tone, GREEN), turn)
            gold = np.where(crown > 0, 0, gold)
            scene.lay(cover(ellipse(sheet, (x + dx * 0.7, y + dy), (0.017, 0.017))), RED[3], turn)
    for reach, color, leaf in [(0.325, RED[2], 0), (0.308, WHITE, 0), (0.297, BLUE[1], 0), (0.276, GOLD[3], 1)]:
        scene.lay(cover(reach - distance), color, circle)
        gold = np.where(distance < reach, leaf, gold)
    beads = (np.sin(circle * 28) > 0.45) & (np.abs(distance - 0.2865) < 0.008)
    scene.color = mix(scene.color, WHITE, beads * 1.0).astype(np.float32)
    cross = (
        np.minimum(np.abs(sheet.x - HEAD[0]), np.abs(sheet.y - HEAD[1] + 0.03)) < 0.035 + 0.06 * (distance - 0.15)
    ) & (distance < 0.272)
    scene.lay(cross.astype(np.float32), RED[2], circle)
    return np.asarray(np.where(cross, 0, gold), np.float32)


def _robe(scene: Scene, gold: Array) -> Array:
    """A red mantle over the shoulders with folds drawn in gold and a gold hem."""
    sheet = scene.sheet
    u = np.abs(sheet.x - HEAD[0])
    edge = sheet.y - 0.665 - 0.30 * np.clip(u - 0.10, 0, 1) ** 1.2
    mantle = np.minimum(edge, u - 0.075 - 0.32 * np.clip(sheet.y - 0.70, 0, 1))
    folds = np.sin((sheet.y + 1.4 * u) * 46 + 0.6 * np.sin(sheet.x * 12))
    tone = np.clip(0.48 + 0.30 * folds - 0.5 * (u - 0.2) * np.sign(sheet.x - HEAD[0]), 0, 1)
    angle = np.where(sheet.x > HEAD[0], 0.95, -0.95)
    scene.lay(cover(mantle), ramp(tone, RED), angle)
    hem = 0.011 - np.abs(mantle)
    lines = (np.abs(folds - 0.55) < 0.16) & (mantle > 0.02)
    scene.lay(cover(hem) * (sheet.y > 0.64), GOLD[3], angle)
    scene.color = mix(scene.color, GOLD[3], lines * 0.9).astype(np.float32)
    gold = np.where(mantle > 0.011, 0, gold)
    return np.asarray(np.maximum(gold, ((hem > 0) & (sheet.y > 0.64)) | lines), np.float32)


def _border(scene: Scene, gold: Array) -> Array:
    """A band of lozenges, with gold outside it."""
    sheet = scene.sheet
    edge = np.minimum(np.minimum(sheet.x, sheet.aspect - sheet.x), np.minimum(sheet.y, 1 - sheet.y))
    upright = np.minimum(sheet.x, sheet.aspect - sheet.x) < np.minimum(sheet.y, 1 - sheet.y)
    along, turn = np.where(upright, sheet.y, sheet.x), np.where(upright, np.pi / 2, 0.0)
    beside = np.abs(edge - 0.095)
    for reach, color in [(0.046, DARK), (0.040, WHITE), (0.031, BLUE[1])]:
        scene.lay(cover(reach - beside), color, turn)
    lozenge = 0.024 - np.abs(np.mod(along, 0.0625) - 0.03125) * 1.1 - beside
    scene.lay(cover(lozenge), GOLD[3], turn)
    scene.lay(cover(lozenge - 0.011), RED[2], turn)
    scene.lay(cover(0.049 - edge), GOLD[2], turn)
    gold = np.where(beside < 0.046, 0, gold)
    return np.asarray(np.where(((lozenge > 0) & (lozenge < 0.011)) | (edge < 0.049), 1, gold), np.float32)
