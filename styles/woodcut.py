"""Ukiyo-e woodcut: a breaking wave before a mountain, in flat planes, bokashi and a tapering key line."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, outline, spline, stripes
from styles.scene import around, cover
from styles.sheet import Array, Point, Sheet, drawn, hexes, mix, noise, polygon, ramp, step, warped

PAPER, INK = hexes("efe3c4")[0], hexes("16213f")[0]
BLUE = hexes("16305c 23508a 4f86b0 9cc0cb dbe3cf")
SUN, BLUSH, EARTH = hexes("c8412b e7ab84 b99a62")


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    hand = warped(sheet, 0.0022, 0.05)
    picture = _sky(sheet)
    picture = _mountain(hand, picture)
    for line, gap in _swells():
        picture = _wave(hand, picture, line, gap)
    picture = _breaker(hand, picture)
    picture = _foam(hand, picture)
    return _printed(sheet, picture)


def _printed(sheet: Sheet, picture: Array) -> Array:
    """What the block and the paper do to it: wood grain in the colours, worn ink, fibres."""
    rings = sheet.y * 90 + 2.2 * noise(sheet, (0.7, 0.12), 2) + 0.5 * noise(sheet, (0.25, 0.01))
    grain = 0.5 + 0.5 * np.sin(rings * 2.2) + 0.45 * noise(sheet, (0.16, 0.0022))
    worn = np.clip(0.06 * grain + 0.035 * noise(sheet, 0.0032, 2) + 0.03 * noise(sheet, 0.2, 2), -0.08, 0.26)
    ink = np.clip(1 - (PAPER - picture).clip(0, 1).max(-1), 0, 1)
    paper = PAPER * (1 + 0.02 * noise(sheet, (0.03, 0.003), 2))[..., None]
    return np.clip(mix(picture, paper, worn * (1.15 - 0.5 * ink)), 0, 1)


def _sky(sheet: Sheet) -> Array:
    t = sheet.y + 0.012 * noise(sheet, (0.5, 0.03))
    picture = mix(np.broadcast_to(PAPER, (*sheet.shape, 3)), BLUE[1], step(0.20, -0.02, t))
    picture = mix(picture, BLUSH, step(0.28, 0.58, t) * 0.9)
    distance, _ = around(sheet, 0.98, 0.25)
    distance = distance + 0.0015 * noise(sheet, 0.2)
    disc = cover(0.105 - distance)
    red = mix(SUN, BLUSH, step(0.20, 0.37, sheet.y) * 0.55)
    picture = mix(picture, red, disc)
    return mix(picture, INK, outline(sheet, (0.105 - distance) * sheet.unit, 0.003) * 0.9)


def _mountain(sheet: Sheet, picture: Array) -> Array:
    side = np.abs(sheet.x - 0.86)
    profile = 0.60 - 0.27 * np.exp(-side * 3.4) + 0.012 * np.sin(sheet.x * 40)
    distance = np.asarray((sheet.y - np.maximum(profile, 0.362)) * sheet.unit * 0.8)
    body = mix(BLUE[1], BLUE[3], step(0.36, 0.60, sheet.y))
    snow_line = 0.425 + 0.022 * np.abs(np.mod(sheet.x * 17, 1) - 0.5) * 2 + 0.012 * np.sin(sheet.x * 90)
    body = mix(body, PAPER, (sheet.y < snow_line).astype(np.float32))
    creases = stripes(
        (sheet.x - 0.86) / (sheet.y - 0.25) * sheet.unit, 0.095 * sheet.unit, 0.16 * step(0.62, 0.42, sheet.y)
    )
    body = mix(body, INK, creases * 0.75)
    picture = mix(picture, body, np.clip(distance + 0.5, 0, 1))
    picture = mix(picture, INK, outline(sheet, distance, 0.0042))
    for y, left, right in [(0.545, 0.50, 1.4), (0.580, 0.62, 1.10), (0.30, 0.62, 0.80), (0.325, 0.70, 0.95)]:
        far = np.hypot(np.maximum(np.maximum(left - sheet.x, sheet.x - right), 0), sheet.y - y)
        band = (0.0155 - far) * sheet.unit
        picture = mix(picture, mix(PAPER, BLUSH, 0.25), np.clip(band + 0.5, 0, 1))
        picture = mix(picture, INK, outline(sheet, band, 0.0026) * 0.85)
    return picture


def _swells() -> list[tuple[list[Point], float]]:
    far = [(-0.1, 0.62), (0.3, 0.60), (0.62, 0.655), (0.85, 0.615), (1.08, 0.66), (1.4, 0.60)]
    near = [(-0.1, 0.66), (0.5, 0.74), (0.78, 0.705), (0.98, 0.76), (1.18, 0.68), (1.4, 0.74)]
    front = [(-0.1, 0.98), (0.45, 0.90), (0.70, 0.86), (0.9, 0.88), (1.1, 0.83), (1.4, 0.92)]
    return [(spline(far), 0.021), (spline(near), 0.025), (spline(front), 0.03)]


def _wave(sheet: Sheet, picture: Array, line: list[Point], gap: float) -> Array:
    distance = depth(polygon(sheet, [*line, (1.5, 1.2), (-0.2, 1.2)]))
    return _striped(sheet, picture, distance, gap)


def _striped(sheet: Sheet, picture: Array, distance: Array, gap: float, along: Array | None = None) -> Array:
    """A body of water: a pale lip, then bands of blue parallel to its edge (or to `along`), under a key line."""
    deep = np.clip(distance / (0.20 * sheet.unit), 0, 1)
    water = ramp(deep, BLUE[[3, 2, 1, 0]])
    taper = np.clip(0.5 + 0.22 * noise(sheet, 0.16) - 0.12 * deep, 0.06, 0.8)
    bent = (distance if along is None else along) + 0.006 * sheet.unit * noise(sheet, 0.10)
    water = mix(water, BLUE[4], stripes(bent, gap * sheet.unit, taper * 0.8))
    water = mix(water, INK, stripes(bent + 0.36 * gap * sheet.unit, gap * sheet.unit, 0.10 + 0.12 * taper))
    water = mix(water, PAPER, np.clip(0.011 * sheet.unit - distance, 0, 1))
    picture = mix(picture, water, np.clip(distance + 0.5, 0, 1))
    return mix(picture, INK, outline(sheet, distance, 0.0055))


CREST = [
    (-0.1, 0.60),
    (0.10, 0.50),
    (0.22, 0.33),
    (0.36, 0.20),
    (0.52, 0.165),
    (0.64, 0.21),
    (0.705, 0.30),
    (0.70, 0.385),
]
HOLLOW = [
    (0.70, 0.385),
    (0.655, 0.325),
    (0.57, 0.30),
    (0.48, 0.345),
    (0.43, 0.46),
    (0.44, 0.60),
    (0.53, 0.74),
    (0.74, 0.86),
    (1.0, 0.935),
    (1.4, 0.95),
]


def _breaker(sheet: Sheet, picture: Array) -> Array:
    """The great wave: its bands run from the foot to the tip, closing up between crest and hollow."""
    crest, hollow = spline(CREST), spline(HOLLOW)
    distance = depth(polygon(sheet, [*crest, *hollow, (1.5, 1.2), (-0.2, 1.2)]))
    above, under = (np.abs(depth(1 - drawn(sheet, [line], 0.002))) for line in (crest, hollow))
    bands = above / (above + under + 1e-3)
    return _striped(sheet, picture, distance, 0.036, bands * 0.036 * 15 * sheet.unit)


def _foam(sheet: Sheet, picture: Array) -> Array:
    """Claws of foam along the crest, and spray: scallops with an inked rim, the farther first."""
    rng = sheet.rng
    lip = spline(CREST, 300)[70:] + spline(HOLLOW, 200)[:60]
    scallops = []
    for number in range(250):
        x, y = lip[rng.integers(len(lip))]
        out = abs(rng.normal(0, 0.022))
        scallops.append(
            (
                number,
                x + rng.normal(0.0, 0.016),
                y + out * 0.9 - 0.010,
                rng.uniform(0.006, 0.019) * (1 - 0.3 * (out > 0.03)),
            )
        )
    for swell, gap in _swells():
        crest = swell[:: max(2, round(3 * gap / 0.02))]
        scallops += [
            (0, x + rng.normal(0, 0.008), y + rng.normal(0.002, 0.004), rng.uniform(0.004, 0.010))
            for x, y in crest
            if rng.random() < 0.5
        ]
    spray = [(0, rng.uniform(0.45, 1.0), rng.uniform(0.12, 0.5), rng.uniform(0.0016, 0.0045)) for _ in range(130)]
    for _, x, y, size in [*scallops, *spray]:
        picture = _scallop(sheet, picture, (x, y), size)
    return picture


def _scallop(sheet: Sheet, picture: Array, center: Point, size: float) -> Array:
    unit, reach = sheet.unit, size * 1.35
    top, bottom = (int(np.clip((center[1] + s * reach) * unit, 0, sheet.shape[0])) for s in (-1, 1))
    left, right = (int(np.clip((center[0] + s * reach) * unit, 0, sheet.shape[1])) for s in (-1, 1))
    if bottom <= top or right <= left:
        return picture
    here = np.s_[top:bottom, left:right]
    dx, dy = sheet.x[here] - center[0], sheet.y[here] - center[1]
    wobble = 0.92 + 0.14 * np.abs(np.sin(3 * np.arctan2(dy, dx) + center[0] * 900)) if size > 0.005 else 1.0
    distance = (size * wobble - np.hypot(dx, dy)) * unit
    white = mix(PAPER * 1.04, BLUE[3], step(0.2, 0.9, (dx * 0.5 + dy) / size) * 0.75)
    picture[here] = mix(picture[here], white, np.clip(distance + 0.5, 0, 1))
    rim = np.clip(1.0 + 0.9 * (dx * 0.6 + dy) / size, 0.35, 1.7) * min(0.0016, size * 0.25) * unit
    picture[here] = mix(picture[here], INK, np.clip(rim - np.abs(distance) + 0.5, 0, 1))
    return picture
