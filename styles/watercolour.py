"""Watercolour: a lake and a meadow on a clear morning, in transparent washes on rough paper, white in places."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, spline, tapered
from styles.scene import Scene, ellipse, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, mix, noise, step
from styles.sitter import Palette, Pose, seated

PAPER = hexes("fcf9f1")[0]
BLUE, SKY, INDIGO, ROSE, PEACH, OCHRE, SIENNA, SAP, PINE, VIOLET = hexes(
    "2f6fc0 8fc3e6 22365f d9708a f3bd9c eec06a b4552a 8fae4c 24503f 7f74b4"
)
FIELDS = 5


class Washes:
    """Layers of pigment that swallow light one after the other. density (H, W, 3) is what they swallow so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.tooth = noise(sheet, 0.0036, 2) * 0.7 + noise(sheet, 0.009) * 0.5
        self.density = np.zeros((*sheet.shape, 3), np.float32)
        self._edges = [noise(sheet, 0.03, 3) for _ in range(FIELDS)]
        self._flows = [0.75 * noise(sheet, 0.16, 3) + 0.3 * noise(sheet, 0.03, 2) for _ in range(FIELDS)]
        self._blooms = [noise(sheet, 0.10, 4) for _ in range(FIELDS)]

    def _any(self, fields: list[Array]) -> Array:
        rng = self.sheet.rng
        turned = fields[rng.integers(len(fields))][:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
        return turned if rng.random() < 0.5 else -turned

    def wet(self, amount: Array, color: Array) -> None:
        """Pigment let into a wet sheet: no edges. amount (H, W) from 0."""
        grains = 1 + 0.07 * self.tooth + 0.10 * self._any(self._flows)
        self._add(np.clip(amount, 0, 3) * grains, color)

    def glaze(self, inside: Array, color: Array, strength: float = 1.0, rough: float = 0.003) -> None:
        """A wash on dry paper: it pools at its edge and leaves blooms. inside: positive within, in sheet heights."""
        shaken = inside + rough * self._any(self._edges) + 0.0007 * self.tooth
        distance = shaken * self.sheet.unit
        mask = np.clip(distance * 0.8 + 0.5, 0, 1)
        pool = 0.85 * np.exp(-np.clip(distance, 0, None) / (0.0022 * self.sheet.unit))
        bloom = self._any(self._blooms)
        back_run = 0.40 * np.exp(-((np.abs(bloom - 1.2) / 0.06) ** 2)) - 0.40 * step(1.2, 1.7, bloom)
        amount = mask * np.clip(0.74 + pool + 0.24 * self._any(self._flows) + back_run, 0.10, 3)
        self._add(amount * (1 + 0.11 * self.tooth) * strength, color)

    def shape(self, outline: Array, color: Array, strength: float = 1.0, rough: float = 0.0022) -> None:
        """A wash inside a drawn shape, given as coverage (H, W)."""
        self.glaze(depth(outline) / self.sheet.unit, color, strength, rough)

    def line(self, mask: Array, color: Array, strength: float = 1.0) -> None:
        """The tip of a loaded brush."""
        self._add(mask * (1 + 0.1 * self.tooth) * strength, color)

    def lift(self, mask: Array) -> None:
        """Paper kept white."""
        self.density *= 1 - mask[..., None]

    def _add(self, amount: Array, color: Array) -> None:
        self.density += amount[..., None] * -np.log(np.clip(color, 0.03, 0.99))

    def picture(self, paper: Array = PAPER) -> Array:
        """What the paper shows through it all."""
        down, right = np.gradient(blur(self.tooth, 1.0))
        relief = 1 + 0.026 * (-right - down) * 1000 / self.sheet.unit
        return np.asarray(np.clip(paper * np.exp(-self.density) * relief[..., None], 0, 1))


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    washes = Washes(sheet)
    _sky(washes)
    _hills(washes)
    _lake(washes)
    _trees(washes)
    _meadow(washes)
    _sitter(washes)
    return washes.picture()


def _sky(washes: Washes) -> None:
    """Blue between clouds that are bare paper: a hard edge above, let soft below, shadows of rose and violet."""
    sheet = washes.sheet
    cloud = noise(sheet, (0.34, 0.16), 4) - 0.25 + 1.1 * step(0.30, 0.44, sheet.y)
    washes.glaze(-0.05 * cloud - 0.2 * step(0.36, 0.42, sheet.y), mix(SKY, BLUE, 0.25), 0.8, 0.002)
    washes.wet(0.75 * step(0.34, 0.0, sheet.y) * step(0.5, -0.3, cloud), BLUE)
    under = step(0.2, 1.0, cloud) * step(0.1, 0.9, noise(sheet, (0.25, 0.07), 3)) * (sheet.y < 0.5)
    washes.wet(0.40 * blur(under, 0.008 * sheet.unit), VIOLET)
    washes.wet(0.45 * step(0.20, 0.36, sheet.y) * step(0.50, 0.40, sheet.y), PEACH)


def _hills(washes: Washes) -> None:
    sheet = washes.sheet
    for base, rise, color, strength in [(0.385, 0.035, mix(VIOLET, SKY, 0.5), 0.45), (0.43, 0.028, BLUE, 0.40)]:
        below = ridge(sheet, base, rise, 0.3)
        inside = np.minimum(below, 0.60 - sheet.y)
        washes.glaze(inside, mix(PAPER, color, 0.35 + 0.65 * step(0.16, 0.0, below)), strength)
    slope_ = ridge(sheet, 0.475, 0.018, 0.25)
    washes.glaze(np.minimum(slope_, 0.61 - sheet.y), mix(SAP, OCHRE, 0.3), 0.5)


def _lake(washes: Washes) -> None:
    """A still lake: sky and hills let down into wet blue, a few soft strokes of wind."""
    sheet = washes.sheet
    below = sheet.y - 0.575
    shore = np.minimum(below, 0.80 - sheet.y) + 0.004 * noise(sheet, (0.2, 0.03), 3)
    washes.lift(np.clip(shore * sheet.unit, 0, 1) * 0.97)
    washes.glaze(shore, mix(SKY, BLUE, 0.3), 0.6)
    inside = step(0.0, 0.015, below) * step(0.80, 0.74, sheet.y)
    wide = noise(sheet, 0.12, 2)
    for color, amount, shift in [(VIOLET, 0.55, -0.4), (PINE, 0.5, 0.5), (ROSE, 0.35, 1.0)]:
        patch = step(0.1, 1.2, wide[:, ::-1] * np.sign(shift) + 0.3 * shift)
        washes.wet(amount * inside * patch * step(0.20, 0.02, below), color)
    washes.wet(0.55 * inside * step(0.05, 0.22, below), BLUE)
    wind = noise(sheet, (0.30, 0.028), 2)
    washes.lift(0.8 * inside * step(1.25, 1.7, wind))


def _trees(washes: Washes) -> None:
    """Crowns in two or three wet washes that run into each other, sky left between their leaves."""
    sheet = washes.sheet
    for x, y, size, color in [
        (0.07, 0.44, 0.15, SAP),
        (0.22, 0.51, 0.09, PINE),
        (0.34, 0.55, 0.055, mix(SAP, OCHRE, 0.5)),
        (0.55, 0.55, 0.05, SAP),
        (1.22, 0.40, 0.17, mix(SAP, OCHRE, 0.35)),
    ]:
        leaves = 0.016 * noise(sheet, 0.035, 3)
        crown = ellipse(sheet, (x, y), (size, size * 1.1)) * size + leaves
        washes.lift(np.clip(crown * 90, 0, 0.95))
        trunk = spline([(x, y + size * 1.5), (x + 0.004, y + size * 0.4), (x - 0.01, y - size * 0.5)], 30)
        washes.line(tapered(sheet, trunk, [0.018 * size / 0.1, 0.005]), mix(SIENNA, INDIGO, 0.5), 0.8)
        washes.glaze(crown, color, 0.75, 0.008)
        washes.wet(0.7 * step(0.0, 0.06, crown) * step(-0.3, 0.9, noise(sheet, 0.05, 2)), OCHRE)
        shade = ellipse(sheet, (x + size * 0.3, y + size * 0.3), (size * 0.7, size * 0.65)) * size
        washes.glaze(shade + 1.2 * leaves, mix(PINE, BLUE, 0.3), 0.65, 0.006)
        deep = ellipse(sheet, (x + size * 0.4, y + size * 0.55), (size * 0.45, size * 0.35)) * size
        washes.glaze(deep + 1.2 * leaves, mix(PINE, INDIGO, 0.6), 0.75, 0.006)


def _meadow(washes: Washes) -> None:
    """Grass in long wet strokes of the brush, and flowers dropped into it: poppies, irises, daisies left white."""
    sheet, rng = washes.sheet, washes.sheet.rng
    edge = sheet.y - 0.77 - 0.03 * np.sin(sheet.x * 2.6 + 0.6)
    washes.lift(np.clip(edge * sheet.unit, 0, 1) * 0.98)
    washes.glaze(edge, mix(SAP, OCHRE, 0.45), 0.6)
    washes.wet(0.6 * step(0.0, 0.12, edge) * step(-0.4, 1.0, noise(sheet, 0.09, 3)), SAP)
    washes.wet(0.6 * step(0.05, 0.22, edge) * step(0.0, 1.0, noise(sheet, 0.11, 3)), PINE)
    for _ in range(90):
        x, y = rng.uniform(-0.02, sheet.aspect), rng.uniform(0.86, 1.04)
        lean, height = rng.normal(0, 0.035), rng.uniform(0.06, 0.15)
        blade = spline([(x, y), (x + 0.3 * lean, y - 0.5 * height), (x + lean, y - height)], 12)
        color = (SAP, PINE, mix(PINE, INDIGO, 0.4), mix(SAP, OCHRE, 0.5))[rng.integers(4)]
        washes.line(tapered(sheet, blade, [0.006, 0.0015]), color, 0.55)
    for number in range(34):
        x, y = rng.uniform(0.0, sheet.aspect), rng.uniform(0.83, 0.98)
        size = rng.uniform(0.014, 0.030) * (0.6 + 2.2 * (y - 0.80))
        petal = ellipse(sheet, (x, y), (size, size * 0.75), rng.normal(0, 0.6)) * size
        petal = petal + 0.25 * size * noise(sheet, 0.012, 2)
        washes.lift(np.clip(petal * sheet.unit, 0, 0.97))
        color = (ROSE, mix(ROSE, SIENNA, 0.5), VIOLET, None, mix(BLUE, VIOLET, 0.4))[number % 5]
        if color is None:
            continue
        washes.glaze(petal, color, 0.75, 0.002)
        washes.glaze(petal - 0.45 * size + 0.5 * (sheet.y - y), mix(color, INDIGO, 0.35), 0.5, 0.001)
    drops = [[(x, y), (x + 0.0001, y)] for x, y in rng.uniform(0, 1, (60, 2)) * [sheet.aspect, 1]]
    washes.line(drawn(sheet, drops, 0.004), BLUE, 0.4)


def _sitter(washes: Washes) -> None:
    """A woman in a straw hat in the foreground: skin in three pale washes, the light left as paper."""
    sheet = washes.sheet
    scene = Scene(sheet)
    pose = Pose((1.0, 0.56), 0.185, -0.24, (-0.4, -0.5, 0.8), 0.22, 0.7)
    tone = seated(scene, sheet.zeros() + 1, pose, Palette())
    hair, body, neck, collar, face = ((scene.label == number).astype(np.float32) for number in (1, 2, 3, 4, 7))
    skin = np.maximum(np.maximum(face, neck), np.isin(scene.label, (5, 6)))
    hair = np.maximum(hair, scene.label == 8)
    washes.lift(blur((scene.label > 0).astype(np.float32), 1.5) * 0.98)
    washes.shape(skin, mix(PEACH, OCHRE, 0.15), 0.60)
    washes.wet(0.55 * blur(skin * step(0.75, 0.35, tone), 0.008 * sheet.unit) * skin, mix(ROSE, SIENNA, 0.35))
    washes.shape(skin * (tone < 0.50), mix(SIENNA, ROSE, 0.4), 0.42, 0.001)
    washes.shape(skin * (tone < 0.30), mix(SIENNA, VIOLET, 0.5), 0.65, 0.001)
    washes.shape(skin * (tone < 0.14), INDIGO, 0.9, 0.0004)
    washes.shape(hair, mix(SIENNA, OCHRE, 0.35), 0.85)
    washes.shape(hair * (tone < 0.42), mix(SIENNA, INDIGO, 0.35), 0.75, 0.001)
    washes.shape(hair * (tone < 0.24), INDIGO, 0.7, 0.001)
    washes.shape(collar * (tone < 0.62), VIOLET, 0.5)
    washes.shape(body, mix(ROSE, PEACH, 0.45), 0.65)
    washes.wet(0.7 * body * blur(step(0.55, 0.15, tone), 0.02 * sheet.unit), mix(ROSE, VIOLET, 0.4))
    washes.shape(body * (tone < 0.22), mix(ROSE, VIOLET, 0.5), 0.6)
    x, y = pose.center
    brim = ellipse(sheet, (x, y - 0.135), (0.30, 0.075), -0.08)
    crown = np.minimum(ellipse(sheet, (x + 0.01, y - 0.17), (0.165, 0.15)), (y - 0.13 - sheet.y) / 0.15)
    hat = np.clip(np.maximum(brim, crown) * 60, 0, 1)
    washes.lift(hat * 0.98)
    washes.glaze(np.maximum(brim * 0.075, crown * 0.15), OCHRE, 0.65)
    washes.glaze(np.minimum(brim * 0.075, (sheet.y - y + 0.125) * 1.0), mix(SIENNA, VIOLET, 0.4), 0.7)
    washes.shape(np.clip(crown * 60, 0, 1) * (sheet.y > y - 0.19) * (sheet.y < y - 0.145), BLUE, 0.8)
    washes.glaze(np.minimum(crown * 0.15, sheet.x - x - 0.06), mix(SIENNA, OCHRE, 0.5), 0.45)
