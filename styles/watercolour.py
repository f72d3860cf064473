"""Watercolour: a harbour town on a clear morning, in transparent washes on rough paper that stays white in places."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, spline, tapered
from styles.scene import Scene, around, ellipse, ridge
from styles.sheet import Array, Sheet, blur, drawn, hexes, mix, noise, polygon, step
from styles.sitter import Palette, Pose, seated
from styles.town import Row, box, street

PAPER = hexes("fcf9f1")[0]
BLUE, SKY, INDIGO, ROSE, PEACH, OCHRE, SIENNA, SAP, PINE, VIOLET = hexes(
    "2f6fc0 8fc3e6 22365f d9708a f3bd9c eec06a b4552a 8fae4c 24503f 7f74b4"
)
WALLS = (PEACH, OCHRE, ROSE, mix(PEACH, PAPER, 0.5), SIENNA, mix(OCHRE, PEACH, 0.5), mix(ROSE, PEACH, 0.6))
ROOFS = (SIENNA, mix(SIENNA, ROSE, 0.4), mix(SIENNA, INDIGO, 0.4), mix(SIENNA, OCHRE, 0.4))
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

    def dry(self, mask: Array, color: Array, strength: float = 1.0) -> None:
        """A nearly dry brush that catches only the hills of the paper."""
        self._add(np.clip(mask * 1.5 + 0.45 * self.tooth - 0.6, 0, 1) * (mask > 0) * strength, color)

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
    _water(washes)
    _town(washes)
    _trees(washes)
    _boats(washes)
    _quay(washes)
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


def _town(washes: Washes) -> None:
    sheet, rng = washes.sheet, washes.sheet.rng
    back = street(sheet, Row(0.54, (0.28, 1.12), (0.055, 0.085), (0.08, 0.14), bend=-0.03))
    front = street(sheet, Row(0.635, (0.02, 1.24), (0.085, 0.13), (0.10, 0.23)))
    for row, light in ((back, 0.40), (front, 0.62)):
        for house in row:
            wall = polygon(sheet, house.wall)
            washes.lift(blur(np.maximum(wall, polygon(sheet, house.roof)), 1.5) * 0.97)
            washes.shape(wall, WALLS[(house.number * 3 + len(row)) % len(WALLS)], light * rng.uniform(0.4, 1.0))
            foot = wall * step(house.wall[0][1], house.wall[2][1], sheet.y)
            washes.wet(0.30 * foot, (SIENNA, VIOLET, ROSE)[house.number % 3])
            washes.shape(polygon(sheet, house.shade), mix(VIOLET, BLUE, 0.4), light * 0.75)
            washes.shape(polygon(sheet, house.roof), ROOFS[house.number % len(ROOFS)], light * rng.uniform(0.8, 1.3))
            washes.shape(polygon(sheet, house.chimney), SIENNA, light)
            panes = [pane for pane in [*house.windows, house.door] if rng.random() < 0.9]
            washes.shape(drawn(sheet, panes, 0), INDIGO, 1.1 * light + 0.15, 0.001)
            (left, top), (right, _) = house.wall[:2]
            washes.line(polygon(sheet, box(left, top, right, top + 0.006)), mix(VIOLET, INDIGO, 0.5), 0.7)
    tower = box(0.655, 0.245, 0.715, 0.52)
    spire = [(0.645, 0.25), (0.685, 0.115), (0.725, 0.25)]
    washes.lift(blur(np.maximum(polygon(sheet, tower), polygon(sheet, spire)), 1.5) * 0.97)
    washes.shape(polygon(sheet, tower), OCHRE, 0.55)
    washes.shape(polygon(sheet, box(0.69, 0.245, 0.715, 0.52)), VIOLET, 0.7)
    washes.shape(polygon(sheet, spire), mix(BLUE, INDIGO, 0.4), 0.7)
    washes.shape(drawn(sheet, [box(0.665, 0.29, 0.68, 0.33), box(0.667, 0.38, 0.68, 0.41)], 0), INDIGO, 1.0)


def _water(washes: Washes) -> None:
    """The harbour: the town's colours let down into wet blue, with strokes of ripple and sparkles left white."""
    sheet = washes.sheet
    below = sheet.y - 0.635
    ripple = noise(sheet, (0.18, 0.010), 2)
    washes.glaze(np.minimum(below, 0.93 - sheet.y) + 0.003 * ripple, mix(SKY, BLUE, 0.3), 0.65)
    for number, x in enumerate(np.arange(0.05, 1.3, 0.085)):
        column = np.exp(-(((sheet.x - x - 0.010 * ripple) / 0.036) ** 2)) * step(0.22, 0.01, below) * (below > 0.002)
        washes.wet(0.62 * column * (0.7 + 0.4 * ripple), (SIENNA, OCHRE, ROSE, INDIGO, PINE)[number % 5])
    washes.wet(0.5 * step(0.10, 0.30, below) * (below > 0), BLUE)
    bands = np.sin(below * 210 / (0.6 + 2.2 * np.clip(below, 0, 1))) * 0.6 + 0.7 * ripple
    washes.glaze(
        (bands - 0.75) * 0.010 - 1.0 * (below < 0.03) - 1.0 * (sheet.y > 0.92), mix(BLUE, INDIGO, 0.4), 0.55, 0.001
    )
    glint = step(0.9, 1.5, ripple + 0.35 * washes.tooth) * (below > 0.015) * (sheet.y < 0.93)
    washes.lift(np.clip(glint * 1.1, 0, 0.95))


def _trees(washes: Washes) -> None:
    sheet = washes.sheet
    for x, y, size, color in [
        (0.10, 0.50, 0.075, SAP),
        (0.20, 0.55, 0.055, PINE),
        (1.15, 0.48, 0.095, SAP),
        (1.04, 0.54, 0.055, mix(SAP, OCHRE, 0.5)),
        (0.49, 0.565, 0.04, SAP),
    ]:
        crown = ellipse(sheet, (x, y), (size, size * 1.1)) * size
        washes.lift(np.clip(crown * 90, 0, 0.9))
        washes.glaze(crown + 0.006 * noise(sheet, 0.02, 2), color, 0.75, 0.008)
        shade = ellipse(sheet, (x + size * 0.3, y + size * 0.3), (size * 0.65, size * 0.6)) * size
        washes.glaze(shade + 0.012 * noise(sheet, 0.025, 2), mix(PINE, INDIGO, 0.35), 0.7, 0.006)
        trunk = spline([(x, y + size * 1.5), (x + 0.004, y + size * 0.4), (x - 0.01, y - size * 0.5)], 30)
        washes.line(tapered(sheet, trunk, [0.010, 0.003]), mix(SIENNA, INDIGO, 0.6), 0.9)


def _boats(washes: Washes) -> None:
    sheet = washes.sheet
    for x, y, size, color in [(0.33, 0.735, 0.15, ROSE), (0.80, 0.76, 0.20, BLUE), (1.10, 0.705, 0.10, SIENNA)]:
        hull = [
            (x - 0.55 * size, y - 0.10 * size),
            (x + 0.60 * size, y - 0.14 * size),
            (x + 0.42 * size, y + 0.10 * size),
            (x - 0.40 * size, y + 0.10 * size),
        ]
        sail = spline(
            [(x + 0.03 * size, y - 1.25 * size), (x + 0.40 * size, y - 0.55 * size), (x + 0.5 * size, y - 0.22 * size)],
            20,
        )
        sail = [*sail, (x + 0.03 * size, y - 0.2 * size)]
        washes.lift(blur(np.maximum(polygon(sheet, hull), polygon(sheet, sail)), 1.5))
        washes.shape(polygon(sheet, sail), PEACH, 0.35)
        washes.shape(polygon(sheet, sail) * (sheet.x > x + 0.18 * size), VIOLET, 0.3)
        washes.shape(polygon(sheet, hull), color, 0.95)
        washes.shape(polygon(sheet, hull) * (sheet.y > y), INDIGO, 0.5)
        mast = [[(x, y - 0.1 * size), (x + 0.005, y - 1.35 * size)]]
        washes.line(drawn(sheet, mast, 0.0045), mix(SIENNA, INDIGO, 0.6), 1.0)
        mirror = np.exp(-(((sheet.x - x) / (0.35 * size)) ** 2)) * step(0.4 * size, 0, sheet.y - y - 0.1 * size)
        washes.wet(0.6 * mirror * (sheet.y > y + 0.1 * size), color)


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


def _quay(washes: Washes) -> None:
    """A sunny quay with people, baskets of lemons, and drops that fell from the brush."""
    sheet, rng = washes.sheet, washes.sheet.rng
    edge = sheet.y - 0.905 - 0.02 * np.sin(sheet.x * 3 + 1)
    washes.lift(np.clip(edge * sheet.unit, 0, 1))
    washes.glaze(edge, mix(PEACH, OCHRE, 0.4), 0.5)
    washes.glaze(edge - 0.03 + 0.02 * noise(sheet, (0.3, 0.05), 3), VIOLET, 0.35)
    for x, y, size in [
        (0.15, 0.93, 0.105),
        (0.21, 0.935, 0.095),
        (0.62, 0.925, 0.10),
        (1.12, 0.94, 0.115),
        (1.04, 0.93, 0.1),
    ]:
        torso = [
            (x - 0.13, -0.66),
            (x + 0.13, -0.66),
            (x + 0.17, -0.30),
            (x + 0.13, 0.02),
            (x - 0.13, 0.02),
            (x - 0.17, -0.30),
        ]
        coat = polygon(sheet, [(x + (u - x) * size, y + v * size) for u, v in torso])
        legs = [[(x + side * 0.05 * size, y), (x + side * 0.09 * size, y + 0.36 * size)] for side in (-1, 1)]
        limbs, (head, _) = drawn(sheet, legs, 0.06 * size), around(sheet, x, y - 0.80 * size)
        washes.lift(np.maximum(coat, np.clip((0.12 * size - head) * sheet.unit, 0, 1)))
        washes.shape(coat, (BLUE, ROSE, INDIGO, SIENNA, PINE)[rng.integers(5)], 0.9)
        washes.shape(coat * (sheet.x > x + 0.05 * size), INDIGO, 0.4)
        washes.line(limbs, INDIGO, 0.9)
        washes.glaze(0.12 * size - head, mix(PEACH, SIENNA, 0.4), 0.9, 0.001)
        washes.glaze(np.minimum(0.13 * size - head, (y - 0.84 * size) - sheet.y), mix(SIENNA, INDIGO, 0.4), 0.9, 0.001)
        shadow = ellipse(sheet, (x + 0.35 * size, y + 0.38 * size), (0.5 * size, 0.07 * size)) * 0.05
        washes.glaze(shadow, VIOLET, 0.7)
    for _ in range(16):
        x, y, size = rng.uniform(0.34, 0.52), rng.uniform(0.945, 0.99), rng.uniform(0.012, 0.02)
        lemon = ellipse(sheet, (x, y), (size, size * 0.8), rng.normal(0, 0.5)) * size
        washes.lift(np.clip(lemon * sheet.unit, 0, 1))
        washes.glaze(lemon, OCHRE, 0.9, 0.001)
        washes.glaze(lemon - 0.4 * size + 0.5 * (sheet.y - y), SIENNA, 0.35, 0.001)
    drops = [[(x, y), (x + 0.0001, y)] for x, y in rng.uniform(0, 1, (110, 2)) * [sheet.aspect, 1]]
    washes.line(drawn(sheet, drops, 0.004), BLUE, 0.5)
