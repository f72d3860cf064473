"""A town: rows of houses with roofs, windows and doors, as plain outlines that each medium fills in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from styles.scene import Scene
from styles.sheet import Array, Point, Sheet, drawn, mix, noise, polygon

Outline = list[Point]


@dataclass(frozen=True)
class House:
    """Outlines in sheet heights. shade: the part of the wall that lies in shadow; number: which house in its row."""

    wall: Outline
    shade: Outline
    roof: Outline
    chimney: Outline
    windows: list[Outline]
    door: Outline
    number: int


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """A rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


@dataclass(frozen=True)
class Row:
    """Where houses stand: on a base line (its y at x = 0.6, its tilt and bend), from span[0] to span[1].

    wide, high: the least and greatest measures of a house.
    """

    base: float
    span: Point
    wide: Point
    high: Point
    tilt: float = 0.0
    bend: float = 0.0

    def foot(self, x: float) -> float:
        """The base line's y."""
        return float(self.base + self.tilt * (x - 0.6) + self.bend * np.sin(x * 5))


def street(sheet: Sheet, row: Row) -> list[House]:
    """Houses side by side, left to right."""
    rng = sheet.rng
    houses: list[House] = []
    x = row.span[0]
    while x < row.span[1]:
        width, height = rng.uniform(*row.wide), rng.uniform(*row.high)
        houses.append(_house(sheet, (x, row.foot(x + width / 2)), (width, height), len(houses)))
        x += width * rng.uniform(0.96, 1.06)
    return houses


def _house(sheet: Sheet, foot: Point, size: Point, number: int) -> House:
    rng, (x, y), (w, h) = sheet.rng, foot, size
    top, eaves = y - h, w * 0.05
    rise = w * rng.uniform(0.32, 0.7)
    if rng.random() < 0.55:
        roof = [(x - eaves, top), (x + w / 2, top - rise), (x + w + eaves, top)]
    else:
        roof = [
            (x - eaves, top),
            (x + w * 0.16, top - rise * 0.7),
            (x + w * 0.86, top - rise * 0.7),
            (x + w + eaves, top),
        ]
    across, floors = max(2, round(w / 0.045)), max(1, round(h / 0.075))
    pane_w, pane_h = w / across * 0.44, h / floors * 0.50
    windows = []
    for floor in range(floors):
        for column in range(across):
            left = x + w * (column + 0.5) / across - pane_w / 2 + rng.normal(0, 0.0008)
            up = top + h * (floor + 0.30) / floors
            if floor < floors - 1 or column != across // 2:
                windows.append(box(left, up, left + pane_w, up + pane_h * rng.uniform(0.9, 1.05)))
    middle = x + w * (across // 2 + 0.5) / across
    door = box(middle - pane_w * 0.65, y - h / floors * 0.72, middle + pane_w * 0.65, y)
    stack = x + w * rng.uniform(0.6, 0.75)
    chimney = box(stack, top - rise * 0.95, stack + w * 0.09, top - rise * 0.30)
    share = rng.uniform(0.55, 0.75)
    return House(box(x, top, x + w, y), box(x + w * share, top, x + w, y), roof, chimney, windows, door, number)


@dataclass(frozen=True)
class Coat:
    """Colours (N, 3) that the houses take in turn, and those of panes and of the lit panes among them."""

    walls: Array
    roofs: Array
    pane: Array
    lamp: Array
    shadow: Array
    lamps: float = 0.1


def lay_houses(scene: Scene, houses: Sequence[House], coat: Coat) -> None:
    """The houses as flat colours with a shadow side and shadows under the eaves."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for house in houses:
        wall = coat.walls[house.number % len(coat.walls)]
        roof = coat.roofs[house.number % len(coat.roofs)]
        worn = (1 + 0.05 * noise(sheet, 0.05, 2))[..., None]
        scene.lay(polygon(sheet, house.chimney), mix(roof, coat.shadow, 0.4), np.pi / 2)
        scene.lay(polygon(sheet, house.wall), np.clip(wall * worn, 0, 1), np.pi / 2)
        scene.lay(polygon(sheet, house.shade), np.clip(mix(wall, coat.shadow, 0.45) * worn, 0, 1), np.pi / 2)
        (left, top), (right, _) = house.wall[:2]
        scene.lay(polygon(sheet, box(left, top, right, top + 0.010)), mix(wall, coat.shadow, 0.7), 0.0)
        scene.lay(polygon(sheet, house.roof), np.clip(roof * worn, 0, 1), 0.5)
        lit = [window for window in house.windows if rng.random() < coat.lamps]
        dark = [window for window in house.windows if window not in lit]
        for panes, color in ((dark, coat.pane), (lit, coat.lamp)):
            if panes:
                scene.lay(drawn(sheet, panes, 0), color, np.pi / 2)
        scene.lay(polygon(sheet, house.door), mix(roof, coat.shadow, 0.55), np.pi / 2)
