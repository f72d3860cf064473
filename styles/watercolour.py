"""Watercolour: a mountain lake in autumn, in transparent washes on cold-pressed paper."""

from __future__ import annotations

import numpy as np

from styles.curves import spline, tapered
from styles.scene import around, cover, ellipse, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, mix, noise, step

PAPER = hexes("fbf7ec")[0]
BLUE, INDIGO, ROSE, OCHRE, SIENNA, SAP, PINE, VIOLET = hexes("3f7fc4 22365f d9768a e8b04a b4552a 7d9a3c 24503f 6b5a9e")


class Washes:
    """Layers of pigment that swallow light one after the other. density (H, W, 3) is what they swallow so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.tooth = noise(sheet, 0.0042, 2) * 0.7 + noise(sheet, 0.010) * 0.5
        self.density = np.zeros((*sheet.shape, 3), np.float32)

    def wet(self, amount: Array, colour: Array) -> None:
        """Pigment let into a wet sheet: no edges. amount (H, W) from 0."""
        grains = 1 + 0.13 * self.tooth + 0.10 * noise(self.sheet, 0.05, 3)
        self._add(np.clip(amount, 0, 3) * grains, colour)

    def glaze(self, inside: Array, colour: Array, strength: float = 1.0, rough: float = 0.006) -> None:
        """A wash on dry paper: it pools at its edge and leaves blooms. inside: positive within, in sheet heights."""
        sheet = self.sheet
        shaken = inside + rough * noise(sheet, 0.03, 3) + 0.0012 * self.tooth
        distance = shaken * sheet.unit
        mask = np.clip(distance * 0.8 + 0.5, 0, 1)
        pool = 0.75 * np.exp(-np.clip(distance, 0, None) / (0.0032 * sheet.unit))
        flow = 0.30 * noise(sheet, 0.16, 2) + 0.12 * noise(sheet, 0.03, 2)
        bloom = noise(sheet, 0.09, 3)
        back_run = 0.5 * np.exp(-((np.abs(bloom - 1.1) / 0.10) ** 2)) - 0.35 * step(1.15, 1.7, bloom)
        amount = mask * np.clip(0.72 + pool + flow + back_run, 0.12, 3)
        self._add(amount * (1 + 0.20 * self.tooth) * strength, colour)

    def dry(self, mask: Array, colour: Array, strength: float = 1.0) -> None:
        """A nearly dry brush that catches only the hills of the paper."""
        self._add(np.clip(mask * 1.5 + 0.45 * self.tooth - 0.6, 0, 1) * (mask > 0) * strength, colour)

    def lift(self, mask: Array) -> None:
        """Paper kept white."""
        self.density *= 1 - mask[..., None]

    def _add(self, amount: Array, colour: Array) -> None:
        self.density += amount[..., None] * -np.log(np.clip(colour, 0.03, 0.97))

    def picture(self) -> Array:
        """What the paper shows through it all."""
        down, right = np.gradient(blur(self.tooth, 0.8))
        relief = 1 + 0.055 * (-right - down) * 1000 / self.sheet.unit
        return np.asarray(np.clip(PAPER * np.exp(-self.density) * relief[..., None], 0, 1))


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    washes = Washes(sheet)
    _sky(washes)
    _mountains(washes)
    _lake(washes)
    _trees(washes)
    _bank(washes)
    return washes.picture()


def _sky(washes: Washes) -> None:
    sheet = washes.sheet
    drift = noise(sheet, (0.35, 0.14), 4)
    above = step(0.50, 0.05, sheet.y)
    washes.wet(np.clip(0.85 * above * (0.55 + 0.55 * drift), 0, 1.4), BLUE)
    washes.wet(
        0.55 * step(0.12, 0.40, sheet.y) * step(0.58, 0.42, sheet.y) * (0.7 + 0.4 * noise(sheet, (0.3, 0.08), 3)), ROSE
    )
    distance, _ = around(sheet, 0.86, 0.30)
    washes.wet(1.0 * np.exp(-((distance / 0.24) ** 2)), OCHRE)
    washes.lift(step(0.075, 0.035, distance + 0.003 * noise(sheet, 0.06, 2)))
    washes.glaze(-0.15 + 0.05 * noise(sheet, (0.25, 0.06), 3) + 0.16 * step(0.25, 0.0, sheet.y), VIOLET, 0.45, 0.004)


def _mountains(washes: Washes) -> None:
    sheet = washes.sheet
    layers = [(0.36, 0.055, 0.20, VIOLET, 0.42), (0.43, 0.045, 0.18, BLUE, 0.62), (0.50, 0.030, 0.14, INDIGO, 0.32)]
    for base, rise, cell, colour, strength in layers:
        below = ridge(sheet, base, rise, cell)
        fade = step(0.19, 0.0, below)
        inside = np.minimum(below, 0.575 - sheet.y)
        washes.glaze(inside, mix(PAPER, colour, 0.25 + 0.75 * fade), strength)
        light = np.clip(noise(sheet, (0.10, 0.05), 3), 0, 2) * fade * np.clip(below * 200, 0, 1) * (sheet.y < 0.57)
        washes.wet(0.16 * light, SIENNA)
        washes.dry(step(0.7, 1.6, noise(sheet, (0.05, 0.03), 3)) * (inside > 0.01), INDIGO, 0.2)


def _lake(washes: Washes) -> None:
    sheet = washes.sheet
    below = sheet.y - 0.585
    ripple = noise(sheet, (0.16, 0.010), 2)
    shore = np.minimum(below, 0.88 - sheet.y) + 0.004 * ripple * np.clip(below * 8, 0, 1)
    washes.glaze(shore, mix(BLUE, VIOLET, 0.25), 0.55, 0.003)
    for x, colour in [(0.18, PINE), (0.33, SIENNA), (0.98, SIENNA), (1.13, PINE), (0.62, INDIGO)]:
        column = np.exp(-(((sheet.x - x - 0.012 * ripple) / 0.06) ** 2)) * step(0.30, 0.02, below) * (below > 0.004)
        washes.wet(0.75 * column * (0.6 + 0.4 * ripple), colour)
    bands = step(0.55, 0.95, np.sin(below * 190 / (0.6 + 2 * np.clip(below, 0, 1))) * 0.7 + 0.5 * ripple)
    washes.dry(bands * (below > 0.02) * (sheet.y < 0.87), INDIGO, 0.5)
    glint = np.exp(-(((sheet.x - 0.86) / 0.09) ** 2)) * step(0.5, 1.4, ripple + 0.3 * washes.tooth) * (below > 0)
    washes.lift(np.clip(glint * 1.4, 0, 0.95))


def _trees(washes: Washes) -> None:
    sheet, rng = washes.sheet, washes.sheet.rng
    for x, base, size in [
        (0.08, 0.60, 0.30),
        (0.17, 0.61, 0.38),
        (0.25, 0.60, 0.25),
        (1.08, 0.60, 0.36),
        (1.17, 0.61, 0.28),
        (1.24, 0.60, 0.40),
    ]:
        up = (base - sheet.y) / size
        edge = 0.24 * size * (1 - up) * (1.25 - 0.8 * np.mod(up * 9 + x * 50 + 2.2 * np.abs(sheet.x - x) / size, 1))
        inside = np.minimum(np.minimum(edge - np.abs(sheet.x - x), sheet.y - base + size), base - sheet.y)
        washes.glaze(inside, mix(PINE, INDIGO, rng.uniform(0, 0.6)), 0.8, 0.004)
    crowns = [
        (0.34, 0.52, 0.075, SIENNA),
        (0.42, 0.545, 0.055, OCHRE),
        (0.97, 0.52, 0.08, SIENNA),
        (0.89, 0.55, 0.05, OCHRE),
        (0.50, 0.565, 0.035, SAP),
        (0.80, 0.565, 0.03, SAP),
    ]
    for x, y, size, colour in crowns:
        inside = ellipse(sheet, (x, y), (size, size * 1.05)) * size
        washes.glaze(inside + 0.010 * noise(sheet, 0.025, 2), colour, 0.95, 0.010)
        shade = ellipse(sheet, (x + size * 0.3, y + size * 0.35), (size * 0.6, size * 0.5)) * size
        washes.glaze(shade, mix(SIENNA, INDIGO, 0.55), 0.6, 0.012)
        trunk = spline([(x, y + size * 1.2), (x + 0.004, y), (x - 0.006, y - size * 0.6)], 30)
        washes.dry(tapered(sheet, trunk, [0.009, 0.002]), INDIGO, 1.2)


def _bank(washes: Washes) -> None:
    sheet, rng = washes.sheet, washes.sheet.rng
    below = ridge(sheet, 0.865, 0.014, 0.4) + 0.10 * (sheet.x / sheet.aspect - 0.45)
    washes.glaze(below, mix(SAP, OCHRE, 0.35), 0.75, 0.010)
    washes.wet(step(0.02, 0.16, below) * (0.7 + 0.4 * noise(sheet, 0.08, 3)), PINE)
    for _ in range(170):
        x, y = rng.uniform(0, sheet.aspect), rng.uniform(0.9, 1.04)
        lean, tall = rng.normal(0, 0.035), rng.uniform(0.05, 0.16)
        blade = spline([(x, y), (x + lean * 0.3, y - tall * 0.6), (x + lean, y - tall)], 16)
        mask = tapered(sheet, blade, [0.006, 0.004, 0.001]) * (0.5 + 0.5 * rng.random())
        washes.density += mask[..., None] * -np.log([PINE, SAP, SIENNA, INDIGO][rng.integers(4)]) * 0.8
    for _ in range(26):
        x, y, size = rng.uniform(0, sheet.aspect), rng.uniform(0.80, 0.96), rng.uniform(0.009, 0.022)
        poppy = ellipse(sheet, (x, y), (size, size * 0.75), rng.normal(0, 0.3)) * size
        washes.lift(cover(poppy) * 0.85)
        washes.glaze(poppy, hexes("e2452f d9768a f0a03a")[rng.integers(3)], 0.95, 0.002)
    drops = [
        [(x, y), (x + 0.0001, y)]
        for x, y in zip(rng.uniform(0, sheet.aspect, 150), rng.uniform(0, 1, 150) ** 0.4, strict=True)
    ]
    washes.density += drawn(sheet, drops, 0.0045)[..., None] * -np.log(SIENNA) * 0.6
