"""Cubist shards: a guitar, a bottle and a bowl seen from many sides at once."""

from __future__ import annotations

import numpy as np

from styles.scene import Scene, ellipse, near_edges
from styles.sheet import Array, Sheet, blur, drawn, edges, hexes, lit, mix, noise, polygon, ramp, step
from styles.strokes import Brush, cover_with, ground, paint_at, scattered

OCHRE = hexes("1d130d 4a2c17 8a5524 c08a3e e2bb75 f5e4bd")
SLATE = hexes("10161f 25384a 4a6b80 7f9ea8 b9c9c6 e9e8d8")
BRICK = hexes("2a0f0c 6d2418 a8432a d07a4c e9b98d f6e6cf")
PALETTE = np.concatenate([OCHRE, SLATE, BRICK[1:4]])
LEANS = (0.42, -0.55, 1.18, -1.05, 1.62)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    shard, sites = _shards(sheet, 34)
    seen = _broken(sheet, shard, sites)
    tone, family = _still_life(seen)
    _shade_shards(scene, shard, (tone, family))
    for size in np.linspace(1.0, 0.28, 120):
        _plane(scene, float(size))
    ink = _lines(scene, seen, edges(shard))
    detail = near_edges(scene, 0.005, 0.02, 0.0)
    paint_ = ground(sheet, OCHRE[2])
    cover_with(scene, paint_, Brush(0.04, 0.016, 0.45, 0.25, 0.35, 0.5, 0.95), PALETTE, 0.0124)
    paint_at(
        scene,
        paint_,
        Brush(0.0256, 0.0088, 0.5, 0.4, 0.35, 0.4, 0.9),
        PALETTE,
        scattered(sheet, 0.0084, 0.25 + 0.75 * detail),
    )
    crisp = mix(paint_.color, scene.color, 0.55 + 0.40 * detail)
    crisp = mix(crisp, OCHRE[0], ink)
    weave = 0.10 * (np.sin(sheet.x * 1150) + np.sin(sheet.y * 1150))
    return lit(np.clip(crisp, 0, 1), blur(paint_.thickness, 0.7) + weave, 0.38, 0.03)


def _shards(sheet: Sheet, count: int) -> tuple[Array, Array]:
    """Number (H, W) of the shard a pixel lies in, and the shards' centres; they are stretched along two leans."""
    sites = sheet.rng.uniform(-0.05, 1.05, (count, 2)) * [sheet.aspect, 1]
    best, number = np.full(sheet.shape, np.inf), np.zeros(sheet.shape, np.int32)
    for which, (x, y) in enumerate(sites):
        dx, dy = sheet.x - x, sheet.y - y
        far = np.maximum(np.abs(0.9 * dx + 0.42 * dy) * 1.25, np.abs(0.9 * dy - 0.42 * dx) * 0.8) + 0.25 * np.abs(
            dx + dy
        )
        number = np.where(far < best, which, number)
        best = np.minimum(far, best)
    return number, sites


def _broken(sheet: Sheet, shard: Array, sites: Array) -> Sheet:
    """The sheet with each shard turned, shifted and scaled a little: what the painter saw from there."""
    rng, count = sheet.rng, len(sites)
    turn, scale = rng.normal(0, 0.14, count)[shard], rng.normal(1.0, 0.10, count)[shard]
    shift = rng.normal(0, 0.022, (count, 2))[shard]
    dx, dy = sheet.x - sites[shard, 0], sheet.y - sites[shard, 1]
    x = sites[shard, 0] + (dx * np.cos(turn) - dy * np.sin(turn)) * scale + shift[..., 0]
    y = sites[shard, 1] + (dx * np.sin(turn) + dy * np.cos(turn)) * scale + shift[..., 1]
    return Sheet(x.astype(np.float32), y.astype(np.float32), rng)


def _guitar(sheet: Sheet) -> tuple[Array, Array, Array]:
    """Signed fields, positive inside: body, sound hole, neck."""
    body = np.maximum(
        ellipse(sheet, (0.47, 0.70), (0.235, 0.20), 0.45), ellipse(sheet, (0.60, 0.50), (0.17, 0.155), 0.45)
    )
    hole = ellipse(sheet, (0.545, 0.575), (0.062, 0.06))
    along = (sheet.x - 0.545) * 0.50 - (sheet.y - 0.575) * 0.866
    across = (sheet.x - 0.545) * 0.866 + (sheet.y - 0.575) * 0.50
    neck = np.minimum(0.024 - np.abs(across), np.minimum(along, 0.62 - along))
    return body, hole, neck


def _still_life(sheet: Sheet) -> tuple[Array, Array]:
    """Tone (H, W) in 0..1 and paint family (H, W: 0 ochre, 1 slate, 2 brick) of the things seen."""
    tone = 0.52 - 0.42 * np.hypot(sheet.x - 0.62, (sheet.y - 0.5) * 0.85) + 0.22 * np.sin(sheet.x * 5.0 - sheet.y * 4.0)
    seen = tone, np.ones(sheet.shape, np.int32)
    table = sheet.y - 0.70 + 0.18 * sheet.x
    seen = _laid(seen, table, 0.46 + 0.3 * np.sin(sheet.x * 9), 2)
    bottle = np.minimum(
        0.085 * step(0.20, 0.36, sheet.y) + 0.032 - np.abs(sheet.x - 0.93), np.minimum(sheet.y - 0.08, 0.78 - sheet.y)
    )
    seen = _laid(seen, bottle, 0.22 + 5.5 * np.clip(0.93 - sheet.x, -0.03, 0.09), 1)
    label = np.minimum(bottle, np.minimum(sheet.y - 0.50, 0.64 - sheet.y))
    seen = _laid(seen, label, 0.86, 0)
    bowl = np.minimum(ellipse(sheet, (0.22, 0.50), (0.17, 0.15)), sheet.y - 0.50)
    seen = _laid(seen, bowl, 0.88 - 2.2 * np.clip(sheet.x - 0.16, -0.05, 0.3), 1)
    for x, y in [(0.15, 0.455), (0.25, 0.445), (0.33, 0.475), (0.21, 0.385)]:
        fruit = ellipse(sheet, (x, y), (0.062, 0.06))
        seen = _laid(seen, fruit, 0.42 + 5 * (x - sheet.x) + 3 * (y - sheet.y), 2)
    body, hole, neck = _guitar(sheet)
    tone, family = _laid(seen, body, 0.70 + 0.8 * (0.55 - sheet.x), 0)
    tone = np.where((body > 0) & (body < 0.07), 0.18, tone)
    tone = np.where(hole > 0, 0.05, tone)
    return _laid((tone, family), neck, 0.16, 0)


def _laid(seen: tuple[Array, Array], inside: Array, tone: Array | float, family: int) -> tuple[Array, Array]:
    """Tone and family with a thing in front, where `inside` is positive."""
    return np.where(inside > 0, tone, seen[0]), np.where(inside > 0, family, seen[1])


def _shade_shards(scene: Scene, shard: Array, seen: tuple[Array, Array]) -> None:
    """Each shard: its piece of the things, under its own light that fades across it."""
    sheet, rng = scene.sheet, scene.sheet.rng
    tone, family = seen
    for which in range(shard.max() + 1):
        lean = LEANS[rng.integers(len(LEANS))] + rng.normal(0, 0.08)
        inside = shard == which
        if not inside.any():
            continue
        u = -sheet.x * np.sin(lean) + sheet.y * np.cos(lean)
        low, high = u[inside].min(), u[inside].max()
        fall = (u - low) / (high - low + 1e-6) - 0.5
        here = np.clip(tone + fall * rng.choice([-1, 1]) * rng.uniform(0.25, 0.6) + rng.normal(0, 0.07), 0, 1)
        shift = rng.choice(3, p=[0.5, 0.36, 0.14])
        kind = np.where(rng.random() < 0.35, shift, family)
        colors = np.where(
            (kind == 0)[..., None],
            ramp(here, OCHRE),
            np.where((kind == 1)[..., None], ramp(here, SLATE), ramp(here, BRICK)),
        )
        for part in range(3):
            scene.lay((inside & (kind == part)).astype(np.float32), colors, lean)


def _plane(scene: Scene, size: float) -> None:
    """A transparent plane: crisp and strong along one edge, melting into the rest along the other."""
    sheet, rng = scene.sheet, scene.sheet.rng
    x, y = rng.uniform(-0.1, sheet.aspect), rng.uniform(-0.05, 0.95)
    lean = LEANS[rng.integers(len(LEANS))] + rng.normal(0, 0.06)
    long, wide = size * rng.uniform(0.14, 0.36), size * rng.uniform(0.08, 0.20)
    ax, ay = np.cos(lean) * long, np.sin(lean) * long
    bx, by = -np.sin(lean) * wide, np.cos(lean) * wide
    skew = rng.uniform(-0.6, 0.6)
    points = [
        (x, y),
        (x + ax, y + ay),
        (x + ax * (1 - abs(skew)) + bx, y + ay * (1 - abs(skew)) + by),
        (x + bx + ax * skew * 0.3, y + by + ay * skew * 0.3),
    ]
    across = ((sheet.x - x) * -np.sin(lean) + (sheet.y - y) * np.cos(lean)) / wide
    strength = np.clip(1 - across, 0, 1) ** 1.1 * rng.uniform(0.75, 1.0)
    light = rng.choice([0.06, 0.2, 0.5, 0.8, 0.97], p=[0.2, 0.2, 0.14, 0.2, 0.26])
    color = ramp(np.array(light), (OCHRE, SLATE, BRICK)[rng.choice(3, p=[0.45, 0.42, 0.13])])
    mask = polygon(sheet, points)
    along = ((sheet.x - x) * np.cos(lean) + (sheet.y - y) * np.sin(lean)) / long
    shadow = step(-0.30, 0.0, across) * (across < 0) * (along > 0) * (along < 1)
    scene.color = mix(scene.color, OCHRE[0], shadow * 0.55)
    under = scene.color
    scene.lay(mask, mix(under, np.broadcast_to(color, under.shape), strength), lean)
    scene.color = mix(scene.color, OCHRE[0], drawn(sheet, [points[:2]], 0.0036) * rng.uniform(0.35, 0.95))


def _lines(scene: Scene, seen: Sheet, borders: Array) -> Array:
    """Coverage (H, W) of outlines in fragments, strings, and construction lines that fade."""
    sheet, rng = scene.sheet, scene.sheet.rng
    body, hole, neck = _guitar(seen)
    near = [np.abs(field) / (np.hypot(*np.gradient(field)) + 1e-6) for field in (body, hole, neck)]
    width = 0.0028 * sheet.unit
    ink = np.max([np.clip(width - line + 0.5, 0, 1) for line in near], axis=0)
    across = (seen.x - 0.545) * 0.866 + (seen.y - 0.575) * 0.50
    strings = (
        (np.abs(np.mod(across, 0.0095) - 0.00475) < 0.0013) & (np.abs(across) < 0.021) & (body > 0.02) & (hole < 0.9)
    )
    ink = np.maximum(ink, strings * 0.85)
    for _ in range(26):
        x, y, lean = rng.uniform(0, sheet.aspect), rng.uniform(0, 1), LEANS[rng.integers(len(LEANS))]
        long = rng.uniform(0.2, 0.6)
        line = drawn(sheet, [[(x, y), (x + long * np.cos(lean), y + long * np.sin(lean))]], 0.0035)
        ink = np.maximum(ink, line * np.clip(1 - np.hypot(sheet.x - x, sheet.y - y) / long, 0, 1))
    ink = np.maximum(ink, blur(borders, 0.8) * 1.5 * step(-0.2, 0.8, noise(sheet, 0.16)))
    return np.asarray(np.clip(ink * (0.75 + 0.3 * noise(sheet, 0.08) + 0.10 * noise(sheet, 0.0024)), 0, 0.95))
