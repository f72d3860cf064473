"""Sumi-e: bamboo before misty mountains, in ink of five blacks on raw paper, with a seal."""

from __future__ import annotations

import numpy as np

from styles.curves import spline
from styles.scene import around, ridge
from styles.sheet import Array, Point, Sheet, blur, drawn, hexes, mix, noise, polygon, step
from styles.strokes import Brush, Hand, Paint, ground

PAPER, SEAL = hexes("ece2cb b3261e")


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    fibre = noise(sheet, (0.03, 0.0022), 2) + noise(sheet, (0.0022, 0.03), 2) + 0.8 * noise(sheet, 0.0032)
    ink = sheet.zeros()
    ink += _mist(sheet, fibre)
    for base, rise, cell, dark, depth in [
        (0.34, 0.075, 0.17, 0.42, 0.24),
        (0.50, 0.065, 0.15, 0.85, 0.20),
        (0.67, 0.05, 0.17, 1.7, 0.22),
    ]:
        ink = _mountain(sheet, ink, (base, rise, cell), dark, depth)
    ink *= 1 + 0.08 * fibre
    brushed = ground(sheet, np.ones(3))
    _pines(sheet, brushed)
    _boat(sheet, brushed)
    _bamboo(sheet, brushed)
    black = -np.log(np.clip(brushed.color[..., 0], 0.035, 1))
    bled = np.maximum(black, 0.55 * blur(black, 0.0035 * sheet.unit) * (1 + 0.3 * fibre).clip(0, 2))
    total = np.clip(ink, 0, None) + bled
    paper = PAPER * (1 + 0.018 * fibre + 0.02 * noise(sheet, 0.4, 2))[..., None]
    picture = paper * np.exp(-total[..., None] * np.array([1.0, 0.98, 0.93], np.float32))
    return np.clip(_sealed(sheet, picture), 0, 1)


def _mist(sheet: Sheet, fibre: Array) -> Array:
    """Sky washed grey around a moon left white, and bands of mist between the hills."""
    distance, _ = around(sheet, 0.36, 0.17)
    wash = 0.20 * step(0.55, 0.0, sheet.y) * (1 + 0.6 * noise(sheet, (0.5, 0.12), 4))
    halo = 0.22 * step(0.30, 0.10, distance) * (1 + 0.3 * noise(sheet, 0.1, 3))
    rim = 0.10 * np.exp(-(((distance - 0.095) / 0.004) ** 2))
    return np.clip(wash + halo, 0, 1) * step(0.090, 0.096, distance + 0.0008 * fibre) + rim


def _mountain(sheet: Sheet, ink: Array, skyline: tuple[float, float, float], dark: float, depth: float) -> Array:
    """A range: dark along its crest, dissolving downwards; its folds in dry, broken strokes."""
    below = ridge(sheet, *skyline) + 0.004 * noise(sheet, 0.02, 3)
    inside = np.clip(below * sheet.unit + 0.5, 0, 1)
    pool = 0.9 + 0.5 * np.exp(-np.clip(below, 0, 1) / 0.004)
    fade = step(depth, 0.0, below)
    wash = dark * fade**1.2 * pool * np.clip(1 + 0.28 * noise(sheet, 0.12, 4), 0.3, 2)
    right = np.gradient(blur(below, 0.01 * sheet.unit), axis=1)
    folds = np.sin((sheet.x * 34 + below * 42 * np.sign(right)) + 1.7 * noise(sheet, 0.08, 2))
    dry = step(0.55, 0.95, folds) * step(-0.2, 0.9, noise(sheet, 0.0036, 2)) * fade * (below > 0.006)
    return ink * (1 - inside * 0.85 * step(-0.01, 0.03, below)) + inside * (wash + 0.75 * dark * dry)


def _pines(sheet: Sheet, brushed: Paint) -> None:
    """Pines on the near hills, each a trunk and shelves of short strokes."""
    rng = sheet.rng
    for x, foot, tall in [
        (0.86, 0.70, 0.20),
        (0.94, 0.72, 0.28),
        (1.02, 0.71, 0.22),
        (1.13, 0.74, 0.16),
        (0.66, 0.73, 0.10),
        (0.71, 0.74, 0.13),
    ]:
        trunk = spline([(x, foot), (x + 0.012, foot - tall * 0.5), (x - 0.006, foot - tall)], 30)
        _stroke(sheet, brushed, trunk, 0.010 * tall / 0.2, 0.15)
        for shelf in np.linspace(0.25, 1.0, 8):
            y = foot - tall * shelf
            reach = tall * 0.42 * (1.15 - shelf)
            for _ in range(9):
                side = rng.choice([-1, 1])
                begin = (x + side * rng.uniform(0, 0.5) * reach, y + rng.normal(0, 0.004))
                end = (begin[0] + side * reach * rng.uniform(0.3, 0.8), begin[1] + rng.uniform(-0.002, 0.014))
                _stroke(
                    sheet,
                    brushed,
                    [begin, ((begin[0] + end[0]) / 2, begin[1] - 0.004), end],
                    rng.uniform(0.004, 0.009),
                    rng.uniform(0.08, 0.5),
                )


def _boat(sheet: Sheet, brushed: Paint) -> None:
    _stroke(sheet, brushed, spline([(0.52, 0.862), (0.57, 0.878), (0.66, 0.876), (0.70, 0.858)], 30), 0.014, 0.10)
    _stroke(sheet, brushed, spline([(0.60, 0.868), (0.605, 0.84), (0.62, 0.825)], 20), 0.012, 0.25)
    _stroke(sheet, brushed, [(0.625, 0.80), (0.665, 0.90)], 0.003, 0.2)
    for _ in range(34):
        x, y = sheet.rng.uniform(0.42, 1.25), sheet.rng.uniform(0.84, 0.985)
        long = sheet.rng.uniform(0.04, 0.16)
        line = spline([(x, y), (x + long * 0.3, y - 0.003), (x + long * 0.7, y + 0.003), (x + long, y)], 20)
        _stroke(sheet, brushed, line, sheet.rng.uniform(0.0025, 0.008), sheet.rng.uniform(0.45, 0.8))


def _bamboo(sheet: Sheet, brushed: Paint) -> None:
    rng = sheet.rng
    for x, lean, width, shade in [(0.30, 0.05, 0.022, 0.62), (0.06, 0.07, 0.040, 0.35), (0.175, -0.03, 0.052, 0.12)]:
        y, joint = 1.06, 0.20
        while y > -0.1:
            top = y - joint * rng.uniform(0.85, 1.1)
            line = [
                (x + lean * (1 - y), y - 0.006),
                (x + lean * (1 - (y + top) / 2) + 0.002, (y + top) / 2),
                (x + lean * (1 - top), top + 0.006),
            ]
            _stroke(sheet, brushed, spline(line, 24), width, shade, 0.95)
            _stroke(
                sheet,
                brushed,
                [
                    (x + lean * (1 - top) - width * 0.62, top + 0.002),
                    (x + lean * (1 - top), top - 0.003),
                    (x + lean * (1 - top) + width * 0.62, top + 0.003),
                ],
                0.007,
                max(0.05, shade - 0.25),
            )
            y = top
    for x, y, count, shade in [
        (0.22, 0.30, 9, 0.06),
        (0.10, 0.48, 7, 0.30),
        (0.33, 0.52, 7, 0.10),
        (0.16, 0.07, 8, 0.10),
        (0.38, 0.36, 6, 0.45),
        (0.24, 0.72, 7, 0.08),
        (0.05, 0.82, 5, 0.25),
        (0.48, 0.04, 6, 0.35),
    ]:
        _leaves(sheet, brushed, (x, y), count, shade)


def _leaves(sheet: Sheet, brushed: Paint, at: Point, count: int, shade: float) -> None:
    rng = sheet.rng
    twig = spline([(at[0] - 0.09, at[1] - 0.05), (at[0] - 0.03, at[1] - 0.035), at], 20)
    _stroke(sheet, brushed, twig, 0.005, shade + 0.1)
    for _ in range(count):
        root_x, root_y = twig[rng.integers(8, 20)]
        turn, long = rng.normal(0.95, 0.55), rng.uniform(0.09, 0.19)
        tip = (root_x + long * np.cos(turn), root_y + long * np.sin(turn))
        middle = ((root_x + tip[0]) / 2 + rng.normal(0, 0.006), (root_y + tip[1]) / 2 - 0.012)
        _stroke(
            sheet,
            brushed,
            spline([(root_x, root_y), middle, tip], 24),
            rng.uniform(0.018, 0.030),
            np.clip(shade + rng.normal(0.05, 0.10), 0.04, 0.8),
            -7.0,
        )


def _stroke(sheet: Sheet, brushed: Paint, line: list[Point], width: float, shade: float, square: float = 0.35) -> None:
    """One touch of the brush: loaded on one side, running dry towards its end. shade: 0 black, 1 water."""
    hand = Hand(sheet, brushed, Brush(0.1, width, 0.0, 0.62, 0.55, square, 0.94))
    dark = np.full(3, np.clip(shade, 0.03, 0.95))
    points = np.array(line, np.float32) * sheet.unit
    hand.stroke(points, np.clip(dark * 1.3 + 0.16, 0, 0.95), dark, width * sheet.unit)


def _sealed(sheet: Sheet, picture: Array) -> Array:
    """A carved seal in vermilion, printed unevenly."""
    left, top, size = 1.165, 0.77, 0.075
    square = polygon(
        sheet,
        [
            (left, top),
            (left + size, top + 0.002),
            (left + size - 0.001, top + size),
            (left - 0.001, top + size - 0.002),
        ],
    )
    marks = [
        [(0.2, 0.2), (0.8, 0.2)],
        [(0.5, 0.2), (0.5, 0.82)],
        [(0.22, 0.45), (0.78, 0.45)],
        [(0.2, 0.82), (0.8, 0.82)],
        [(0.25, 0.45), (0.2, 0.7)],
        [(0.76, 0.45), (0.82, 0.68)],
    ]
    lines = [[(left + u * size, top + v * size) for u, v in mark] for mark in marks]
    print_ = square * (1 - drawn(sheet, lines, 0.0062)) * step(-1.9, -0.6, noise(sheet, 0.0048, 2))
    return mix(picture, SEAL, np.clip(print_, 0, 1) * 0.92)
