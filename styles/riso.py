"""Risograph: a sitter between leaves before a rising sun, in three spot colours, screened and out of register."""

from __future__ import annotations

import numpy as np

from styles.curves import spline, tapered
from styles.scene import Scene, around, cover, ellipse, ridge
from styles.sheet import Array, Sheet, blur, hexes, mix, noise, step
from styles.sitter import Palette, Pose, seated

PAPER = hexes("f6f1e4")[0]
INKS = hexes("ff4f86 24479e ffcf33")  # fluorescent pink, blue, yellow
# In this scene a "colour" is how much of each ink is laid: red the pink, green the blue, blue the yellow.
PINK, BLUE, YELLOW, BARE, NIGHT, ORANGE, LEAF = hexes("ff0000 00ff00 0000ff 000000 c0ff00 b000e0 00c8ff")
SITTER = Palette(
    skin=hexes("e8c830 d84848 a81c50 600c38 240420 000000"),
    hair=hexes("80ff00 50ff00 20f000 00a820 005030"),
    cloth=hexes("90ff20 30ff10 00d000 007800 002000"),
    linen=hexes("206000 103010 000830 000000"),
    lips=hexes("ff7020 ff3010 ff0010 b00010"),
)
SCREENS = ((0.0082, 0.26), (0.0074, 1.31), (0.0090, 0.0))  # pitch in sheet heights, and turn, of each ink


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    _backdrop(scene)
    seated(scene, sheet.zeros() + 0.6, Pose((0.62, 0.43), 0.25, -0.22, (-0.5, -0.5, 0.75), 0.16, 0.7), SITTER)
    _leaves(scene)
    picture = np.broadcast_to(PAPER * (1 + 0.012 * noise(sheet, 0.003, 2))[..., None], (*sheet.shape, 3))
    for ink, shift in ((2, (0.0035, -0.0022)), (0, (-0.0026, 0.0030)), (1, (0.0, 0.0))):
        laid = _printed(sheet, _shifted(sheet, scene.color[..., ink], shift), *SCREENS[ink])
        picture = mix(picture, picture * INKS[ink] * 1.02, laid)
    return np.asarray(np.clip(picture, 0, 1))


def _shifted(sheet: Sheet, amount: Array, shift: tuple[float, float]) -> Array:
    """The plate of one ink, laid on a little beside the others."""
    height, width = sheet.shape
    rows = np.clip(np.arange(height) + round(shift[1] * sheet.unit), 0, height - 1)
    columns = np.clip(np.arange(width) + round(shift[0] * sheet.unit), 0, width - 1)
    return amount[rows][:, columns]


def _printed(sheet: Sheet, amount: Array, pitch: float, turn: float) -> Array:
    """Coverage (H, W) of an ink: dots that grow with its amount, solid ink with pinholes and roller marks."""
    u = sheet.x * np.cos(turn) + sheet.y * np.sin(turn)
    v = sheet.y * np.cos(turn) - sheet.x * np.sin(turn)
    dots = 0.5 + 0.25 * (np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch))
    soft = 1.1 / (pitch * sheet.unit)
    level = np.clip(amount, 0, 1) * 1.12 - 0.04
    covered = np.where(amount > 0.93, 1.0, step(-soft, soft, level - 1 + dots))
    grain = noise(sheet, 0.0024, 2) + 0.7 * noise(sheet, 0.02, 3)
    pinholes = step(1.3, 2.6, grain)
    roller = 0.05 * np.sin(sheet.x * 34 + noise(sheet, 0.3)) + 0.05 * noise(sheet, (0.02, 0.6))
    worn = 0.90 + roller + 0.06 * noise(sheet, 0.004, 2)
    return np.asarray(np.clip(covered * worn * (1 - 0.85 * pinholes), 0, 1))


def _backdrop(scene: Scene) -> None:
    sheet = scene.sheet
    fade = step(0.75, 0.0, sheet.y)
    scene.lay(sheet.zeros() + 1, mix(mix(BARE, PINK, 0.35 * step(0.2, 0.8, sheet.y)), BLUE, 0.55 * fade))
    distance, circle = around(sheet, 0.62, 0.40)
    scene.lay(cover(0.37 - distance), mix(YELLOW, ORANGE, step(0.15, 0.75, sheet.y)))
    rays = (np.sin(circle * 24) > 0.2) & (distance > 0.40) & (distance < 0.56)
    scene.lay(rays.astype(np.float32), mix(YELLOW, BARE, step(0.42, 0.56, distance)))
    for x, y, size in [(0.12, 0.16, 0.10), (1.12, 0.22, 0.12), (0.24, 0.33, 0.07)]:
        puff = np.maximum(
            ellipse(sheet, (x, y), (size, size * 0.4)),
            ellipse(sheet, (x + size * 0.2, y - size * 0.2), (size * 0.5, size * 0.4)),
        )
        scene.lay(
            cover(np.minimum(puff, (y + size * 0.18 - sheet.y) / size)),
            mix(BARE, PINK, 0.5 * step(y - size * 0.3, y + size * 0.3, sheet.y)),
        )
    for base, rise, ink in [(0.66, 0.05, 0.45), (0.76, 0.04, 0.8)]:
        below = ridge(sheet, base, rise, 0.35)
        scene.lay(cover(below), mix(BLUE * ink, PINK, 0.5 * step(0.0, 0.25, below)))
    waves = sheet.y - 0.83
    band = np.sin(waves * 150 + 1.5 * np.sin(sheet.x * 9))
    scene.lay(cover(waves), np.where((band > 0)[..., None], BLUE * 0.9, mix(BLUE * 0.3, YELLOW, 0.3)))


def _leaves(scene: Scene) -> None:
    """Leaves and round fruit in the corners, each leaf split along its rib."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for x, y, turn, size in [
        (0.05, 1.0, -1.2, 0.34),
        (0.16, 1.02, -0.75, 0.30),
        (0.02, 0.80, -0.6, 0.26),
        (0.24, 1.04, -1.5, 0.26),
        (1.24, 1.0, -1.9, 0.36),
        (1.12, 1.04, -2.3, 0.30),
        (1.27, 0.80, -2.5, 0.28),
        (1.02, 1.05, -1.5, 0.22),
    ]:
        tip = (x + size * np.cos(turn), y + size * np.sin(turn))
        bend = (x + size * 0.5 * np.cos(turn + 0.25), y + size * 0.5 * np.sin(turn + 0.25))
        rib = spline([(x, y), bend, tip], 40)
        blade = tapered(sheet, rib, [0.01, 0.06, 0.10, 0.11, 0.08, 0.04, 0.002])
        side = (sheet.x - x) * np.sin(turn) - (sheet.y - y) * np.cos(turn) > 0
        color = (LEAF, BLUE, NIGHT, ORANGE)[rng.integers(4)]
        veins = np.sin(((sheet.x - x) * np.cos(turn) + (sheet.y - y) * np.sin(turn)) * 170) > 0.75
        scene.lay(blade, color * 0.95)
        scene.color = mix(scene.color, color * 0.45, blade * side * 0.9).astype(np.float32)
        scene.color = mix(scene.color, BARE, blade * veins * ~side * 0.8).astype(np.float32)
        scene.lay(tapered(sheet, rib, [0.006, 0.004, 0.001]), BARE)
    for x, y, size in [(0.30, 0.90, 0.045), (0.37, 0.95, 0.04), (0.92, 0.93, 0.05), (0.84, 0.97, 0.035)]:
        inside = ellipse(sheet, (x, y), (size, size))
        light = np.clip(0.6 + ((sheet.x - x) + (sheet.y - y)) / size * 0.45, 0, 1)
        scene.lay(cover(inside), mix(YELLOW, PINK, light) + 0.25 * BLUE * step(0.7, 1.0, light)[..., None])
    scene.color = blur(scene.color, 0.0008 * sheet.unit)
