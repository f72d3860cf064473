"""Night neon: a narrow street after rain, signs in magenta, cyan and amber and their light on the wet ground."""

from __future__ import annotations

import numpy as np

from styles.curves import spline
from styles.scene import ellipse
from styles.sheet import Array, Point, Sheet, blur, drawn, hexes, mix, noise, polygon, ramp, step

NIGHT = hexes("05060f 0b1024 16204a 2b3a78")
GLOWS = hexes("ff2fa8 22e6ff ffae3b 8a4dff ff4a55 4dffb0")
HORIZON, VANISH = 0.60, (0.62, 0.52)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    base = _street(sheet)
    light = _signs(sheet)
    lamps = _windows(sheet)
    above = base + lamps
    tubes = light[0] + light[1]
    glow = sum(
        blur(tubes + 0.5 * lamps, size * sheet.unit) * gain for size, gain in ((0.006, 0.9), (0.022, 1.0), (0.075, 1.3))
    )
    base = above * (1 + 1.6 * glow) + 0.55 * glow
    base = base + light[0] + 0.55 * light[1]
    base = _wet(sheet, base)
    base = _people(sheet, base)
    base = base + 0.25 * blur(np.clip(base - 0.75, 0, 1), 0.02 * sheet.unit)
    rain = step(1.9, 3.0, noise(sheet, (0.0022, 0.05))) * 0.16
    base = base + rain[..., None] * mix(NIGHT[3], np.ones(3), 0.5)
    grain = 0.022 * noise(sheet, 0.0022)[..., None]
    return np.clip(1 - np.exp(-2.1 * np.clip(base, 0, None)) + grain * (0.4 + base.clip(0, 1)), 0, 1)


def _wall(sheet: Sheet) -> tuple[Array, Array, Array]:
    """Side walls in perspective: which side (-1, 0, 1), how near (0 far, 1 near), and height on the wall (0..1)."""
    dx, dy = sheet.x - VANISH[0], sheet.y - VANISH[1]
    near = np.abs(dx) / 0.66
    top = VANISH[1] - near * 0.95
    height = np.clip((sheet.y - top) / np.maximum(HORIZON + near * 0.22 - top, 1e-3), -1, 2)
    side = np.where((near > 0.10) & (height > 0) & (height < 1), np.sign(dx), 0)
    return side, near, np.where(dy > 2, 0, height)


def _street(sheet: Sheet) -> Array:
    side, near, height = _wall(sheet)
    haze = np.exp(-np.hypot(sheet.x - VANISH[0], (sheet.y - VANISH[1]) * 1.3) / 0.22)
    sky = ramp(np.clip(0.15 + 0.5 * step(0.0, 0.6, sheet.y) + 0.10 * noise(sheet, (0.3, 0.1), 3), 0, 1), NIGHT)
    picture = sky * 0.55 + 0.75 * haze[..., None] * mix(GLOWS[3], GLOWS[0], 0.55)
    depth = 1 / np.maximum(near, 0.05)
    bricks = 0.5 + 0.28 * np.sin(height * 160) * np.sin(depth * 60) + 0.25 * noise(sheet, 0.05, 4)
    pillar = step(0.75, 0.95, np.sin(depth * 9))
    wall = ramp(np.clip(0.18 + 0.16 * bricks + 0.15 * pillar, 0, 1), NIGHT)
    picture = mix(picture, wall * 0.8, (side != 0).astype(np.float32))
    floor_line = step(0.0, 0.004, np.abs(np.sin(height * 15)) - 0.06)
    return np.asarray(picture * np.where(side != 0, 0.55 + 0.45 * floor_line, 1)[..., None])


def _windows(sheet: Sheet) -> Array:
    """Lit windows on the side walls, some behind blinds."""
    side, near, height = _wall(sheet)
    depth = 1 / np.maximum(near, 0.08)
    column, row = np.floor(depth * 4.2), np.floor(height * 11)
    u, v = np.mod(depth * 4.2, 1), np.mod(height * 11, 1)
    chance = np.mod(np.sin(column * 127.1 + row * 311.7 + side * 74.7) * 43758.5, 1)
    inside = (
        step(0.18, 0.22, u)
        * step(0.82, 0.78, u)
        * step(0.25, 0.29, v)
        * step(0.85, 0.81, v)
        * (side != 0)
        * (height < 0.80)
    )
    lit = inside * (chance > 0.66) * (0.65 + 0.35 * np.sin(v * 60) * (chance > 0.85))
    which = (np.mod(chance * 97, 1) * 4).astype(int)
    colors = hexes("ffcf86 ffe3b0 7fd6ff ff9f70")[which]
    return np.asarray(colors * (lit * np.clip(0.35 + 0.5 * np.mod(chance * 31, 1), 0, 1))[..., None] * 0.8)


def _signs(sheet: Sheet) -> tuple[Array, Array]:
    """Neon tubes (white-hot inside) and lit panels: two pictures of light."""
    rng = sheet.rng
    tubes, panels = np.zeros((*sheet.shape, 3), np.float32), np.zeros((*sheet.shape, 3), np.float32)
    boards = [
        (0.06, 0.10, 0.17, 0.52),
        (0.22, 0.22, 0.30, 0.50),
        (0.345, 0.33, 0.395, 0.50),
        (0.44, 0.40, 0.475, 0.52),
        (0.76, 0.36, 0.81, 0.52),
        (0.85, 0.24, 0.92, 0.46),
        (0.97, 0.28, 1.06, 0.55),
        (1.10, 0.06, 1.23, 0.44),
        (0.20, 0.06, 0.33, 0.15),
        (0.90, 0.10, 1.04, 0.19),
    ]
    for number, (left, top, right, bottom) in enumerate(boards):
        color, other = GLOWS[number % len(GLOWS)], GLOWS[(number * 2 + 1) % len(GLOWS)]
        width = 0.0035 + 0.045 * (right - left) * 0.6
        frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        if number % 3 == 2:
            panel = polygon(sheet, frame[:4])
            panels += panel[..., None] * color * (0.75 + 0.15 * noise(sheet, 0.03))[..., None]
            panels *= 1 - 0.85 * drawn(sheet, _letters(rng, (left, top, right, bottom)), width * 1.2)[..., None]
            continue
        for lines, tint in ((_letters(rng, (left, top, right, bottom)), color), ([frame], other)):
            tube = drawn(sheet, lines, width)
            core = blur(drawn(sheet, lines, width * 0.45), 0.6)
            tubes += tube[..., None] * tint * 0.85 + core[..., None] * 0.75
    arcs = []
    for x, y, size in [(0.62, 0.30, 0.055), (1.165, 0.55, 0.05), (0.115, 0.60, 0.045)]:
        turn = np.linspace(0, 2 * np.pi, 60)
        arcs.append([(x + size * np.cos(t), y + size * np.sin(t)) for t in turn])
        arcs.append(spline([(x - size * 0.5, y), (x, y + size * 0.4), (x + size * 0.5, y - size * 0.3)], 20))
    tubes += drawn(sheet, arcs, 0.007)[..., None] * GLOWS[1] + drawn(sheet, arcs, 0.003)[..., None]
    wires = [spline([(0.0, 0.05 + 0.05 * n), (0.6, 0.20 + 0.03 * n), (1.3, 0.02 + 0.06 * n)], 40) for n in range(4)]
    dark = drawn(sheet, wires, 0.0022)[..., None]
    return tubes * (1 - 0.5 * dark), panels * (1 - 0.7 * dark)


def _letters(rng: np.random.Generator, box: tuple[float, float, float, float]) -> list[list[Point]]:
    """Signs of no alphabet, one below (or beside) the other."""
    left, top, right, bottom = box
    tall = bottom - top > right - left
    side = min(right - left, bottom - top) * 0.62
    count = max(1, int(max(right - left, bottom - top) / (side * 1.35)))
    lines: list[list[Point]] = []
    for number in range(count):
        x = (left + right) / 2 if tall else left + (right - left) * (number + 0.5) / count
        y = top + (bottom - top) * (number + 0.5) / count if tall else (top + bottom) / 2
        dots = [(x + side * u, y + side * v) for u, v in rng.choice([-0.42, 0.0, 0.42], (7, 2))]
        lines += [[dots[0], dots[1], dots[2]], [dots[3], (x, y), dots[4]], [dots[5], dots[6]]]
        lines.append([(x - 0.42 * side, y + 0.42 * side), (x + 0.42 * side, y + 0.42 * side)])
    return [line for line in lines if np.ptp(np.array(line), axis=0).max() > 1e-6]


def _wet(sheet: Sheet, picture: Array) -> Array:
    """The ground: a mirror of what is above, broken by ripples and stretched downwards, with dry stones between."""
    height, width = sheet.shape
    _, near, _ = _wall(sheet)
    line = np.where(near > 0.10, HORIZON + near * 0.22, HORIZON)
    below = sheet.y - np.minimum(line, HORIZON + 0.13)
    shake = noise(sheet, (0.06, 0.008), 2)
    rows = np.clip(
        ((line - 0.9 * below) + 0.010 * shake * np.sqrt(np.clip(below, 0, 1) * 4)) * sheet.unit, 0, height - 1
    ).astype(int)
    columns = np.clip((sheet.x + 0.006 * shake) * sheet.unit, 0, width - 1).astype(int)
    mirror = blur(picture, 0.002 * sheet.unit)[rows, columns]
    streak = blur(picture, 0.03 * sheet.unit)[rows, columns]
    wet = step(-0.9, 0.6, noise(sheet, (0.20, 0.05), 3))
    stones = 0.65 + 0.35 * step(
        0.1,
        0.5,
        np.abs(np.sin(60 * below / (0.2 + below))) * np.abs(np.sin((sheet.x - 0.62) * 30 / (0.15 + below.clip(0, 1)))),
    )
    ground = NIGHT[1] * 0.5 + mix(streak * 0.65 * stones[..., None], mirror * 0.95, 0.25 + 0.65 * wet)
    return mix(picture, ground, np.clip(below * sheet.unit, 0, 1))


def _people(sheet: Sheet, picture: Array) -> Array:
    """Dark figures with umbrellas against the light, each with a coloured rim, and round lights out of focus."""
    rng = sheet.rng
    for x, y, size, which in [
        (0.52, 0.74, 0.15, 0),
        (0.70, 0.70, 0.11, 1),
        (0.40, 0.88, 0.24, 2),
        (0.93, 0.90, 0.26, 1),
        (0.60, 0.66, 0.07, 0),
    ]:
        body = spline(
            [
                (x, y - 0.80 * size),
                (x + 0.15 * size, y - 0.66 * size),
                (x + 0.17 * size, y - 0.2 * size),
                (x + 0.10 * size, y),
                (x - 0.10 * size, y),
                (x - 0.17 * size, y - 0.2 * size),
                (x - 0.15 * size, y - 0.66 * size),
                (x, y - 0.80 * size),
            ],
            60,
        )
        mask = np.maximum(
            polygon(sheet, body), np.clip(ellipse(sheet, (x, y - 0.87 * size), (0.085 * size, 0.10 * size)) * 40, 0, 1)
        )
        dome = np.minimum(
            ellipse(sheet, (x + 0.05 * size, y - 0.85 * size), (0.46 * size, 0.36 * size)),
            (y - 0.90 * size - sheet.y) / size,
        )
        mask = np.maximum(mask, np.clip(dome * 40, 0, 1))
        rim = np.clip(blur(mask, 0.004 * sheet.unit) * (1 - mask) * 2.2, 0, 1) + 0.55 * mask * (
            1 - blur(mask, 0.005 * sheet.unit)
        )
        picture = mix(picture, NIGHT[0] + 0.10 * GLOWS[which] * step(0.3, 0.0, np.abs(dome))[..., None], mask * 0.95)
        picture = picture + rim[..., None] * GLOWS[which] * 0.8
        mirror = np.exp(-(((sheet.x - x) / (0.13 * size)) ** 2)) * step(0.7 * size, 0.0, sheet.y - y) * (sheet.y > y)
        picture = picture * (1 - 0.7 * mirror[..., None])
    for _ in range(26):
        x, y, size = rng.uniform(0, 1.28), rng.uniform(0.25, 0.95), rng.uniform(0.008, 0.035)
        disc = np.clip(ellipse(sheet, (x, y), (size, size)) * size * sheet.unit + 0.5, 0, 1)
        edge = 0.6 + 0.4 * step(0.25, 0.0, ellipse(sheet, (x, y), (size, size)))
        picture = picture + (disc * edge * 0.22)[..., None] * GLOWS[rng.integers(len(GLOWS))]
    return picture
