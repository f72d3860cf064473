"""Linocut: a cockerel at sunrise, in gouged lines, printed in black over three flat colours."""

from __future__ import annotations

import numpy as np

from styles.curves import depth, outline, spline, tapered
from styles.scene import Scene, around, cover, ellipse, ridge, slope
from styles.sheet import Array, Sheet, drawn, hexes, mix, noise, polygon, step, warped
from styles.strokes import Brush, Hand, at, ground, paths, scattered

PAPER, BLACK, RED, GOLD, TEAL = hexes("f2e8d2 17161a c8371f eba82f 2c7f83")


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(warped(sheet, 0.0018, 0.04))
    tone = _drawing(scene)
    key = _carved(Scene(sheet), scene, tone)
    flat = scene.color * (1 + 0.05 * noise(sheet, 0.15, 2) + 0.025 * noise(sheet, 0.0024, 2))[..., None]
    salt = step(1.3, 2.4, noise(sheet, 0.0028, 2)) * 0.75
    flat = mix(flat, PAPER, salt * 0.6)
    ink = key * (1 - 0.8 * step(1.25, 2.4, noise(sheet, 0.0024, 2) + 0.5 * noise(sheet, 0.1)))
    black = BLACK * (1 + 0.25 * noise(sheet, 0.0032, 2))[..., None]
    return np.clip(mix(flat, black, ink), 0, 1)


def _carved(plain: Scene, scene: Scene, tone: Array) -> Array:
    """Coverage of the key block: black where the gouge did not go. The lighter the tone, the wider its cuts."""
    sheet, rng = plain.sheet, plain.sheet.rng
    block = ground(sheet, np.ones(3))
    starts = scattered(sheet, 0.0132)
    light = at(tone, starts)
    chosen = rng.random(len(starts)) < np.clip(light * 1.1 + 0.1, 0, 1)
    starts, light = starts[chosen], light[chosen]
    hand = Hand(sheet, block, Brush(0.08, 0.01, 0.0, 0.0, 0.0, -5.0))
    lines = paths(sheet, scene.angle, starts, 0.068)
    labels = at(scene.label, starts)
    for line, bright, label in zip(lines, light, labels, strict=True):
        same = at(scene.label, line) == label
        if same.sum() < 6:
            continue
        width = (0.0034 + 0.0050 * bright) * sheet.unit * rng.uniform(0.75, 1.2)
        hand.stroke(line[same], np.zeros(3), np.zeros(3), width)
    key = block.color[..., 0]
    cleared = step(0.86, 0.97, tone)
    chatter = np.clip(key * (noise(sheet, 0.05) > 0.1), 0, 1)
    key = np.where(cleared > 0.5, chatter, key)
    return np.asarray(np.maximum(key, _key_lines(scene)))


def _key_lines(scene: Scene) -> Array:
    """Outlines left standing between the shapes."""
    sheet, total = scene.sheet, scene.sheet.zeros()
    for label in range(2, scene.label.max() + 1):
        mask = (scene.label == label).astype(np.float32)
        if mask.sum() > 40:
            total = np.maximum(total, outline(sheet, depth(mask), 0.0045))
    return total


def _drawing(scene: Scene) -> Array:
    """Lays the colour blocks and gives the tone (H, W) that the key block carves."""
    sheet = scene.sheet
    distance, circle = around(sheet, 0.66, 0.40)
    ray = 0.5 + 0.5 * np.cos(circle * 26)
    scene.lay(sheet.zeros() + 1, mix(GOLD, RED, step(0.62, 0.64, distance)), circle + np.pi / 2)
    tone = np.clip(1.0 - 0.75 * distance + 0.30 * (ray - 0.5) * step(0.3, 0.5, distance), 0.12, 0.84)
    scene.lay(cover(0.33 - distance), mix(PAPER, GOLD, 0.25), circle)
    tone = np.where(distance < 0.33, 0.99, tone)
    for number, (base, rise) in enumerate([(0.64, 0.022), (0.73, 0.02), (0.83, 0.02)]):
        below = ridge(sheet, base, rise, 0.4)
        scene.lay(cover(below), (TEAL, mix(TEAL, GOLD, 0.6), TEAL)[number], slope(below) + (0.0, 0.9, -1.2)[number])
        tone = np.where(below > 0, 0.62 - 2.4 * below + 0.12 * np.sin(sheet.x * 30), tone)
    tone = _tail(scene, tone)
    return np.clip(_bird(scene, tone), 0.05, 1)


def _tail(scene: Scene, tone: Array) -> Array:
    sheet = scene.sheet
    for number in range(8):
        turn = np.pi + 1.42 - 0.27 * number
        reach = (0.36, 0.42, 0.46, 0.47, 0.45, 0.42, 0.36, 0.28)[number]
        arc = [(0.35, 0.42), (0.70, 0.22), (0.95, -0.10), (1.0, -0.32)]
        bends = [
            (0.48 + reach * far * np.cos(turn + bend), 0.56 + reach * far * np.sin(turn + bend)) for far, bend in arc
        ]
        line = spline([(0.48, 0.56), *bends], 60)
        mask = tapered(sheet, line, [0.02, 0.055, 0.065, 0.045, 0.004])
        points = np.array(line)
        nearest = np.argmin(
            (sheet.x[::4, ::4, None] - points[:, 0]) ** 2 + (sheet.y[::4, ::4, None] - points[:, 1]) ** 2, axis=-1
        )
        forward = np.gradient(points, axis=0)
        angle = np.kron(np.arctan2(forward[:, 1], forward[:, 0])[nearest], np.ones((4, 4)))[
            : sheet.shape[0], : sheet.shape[1]
        ]
        scene.lay(mask, (TEAL, RED, GOLD)[number % 3], angle + 0.35)
        tone = np.where(mask > 0.5, (0.42, 0.62, 0.55)[number % 3], tone)
    return tone


def _bird(scene: Scene, tone: Array) -> Array:
    sheet = scene.sheet
    for x in (0.53, 0.62):
        leg = [(x, 0.72), (x + 0.01, 0.86)]
        scene.lay(
            drawn(sheet, [leg, [(x - 0.03, 0.885), leg[1], (x + 0.055, 0.88)], [leg[1], (x + 0.03, 0.895)]], 0.014),
            GOLD,
            np.pi / 2,
        )
    chest = spline(
        [
            (0.40, 0.52),
            (0.44, 0.66),
            (0.56, 0.75),
            (0.68, 0.70),
            (0.745, 0.56),
            (0.735, 0.42),
            (0.75, 0.30),
            (0.73, 0.225),
            (0.68, 0.22),
            (0.645, 0.29),
            (0.61, 0.42),
            (0.52, 0.49),
            (0.40, 0.52),
        ],
        200,
    )
    body = polygon(sheet, chest)
    _, turn = around(sheet, 0.50, 0.38)
    scene.lay(body, mix(RED, GOLD, step(0.42, 0.30, sheet.y)), turn + 0.25 * np.sin(sheet.y * 60))
    tone = np.where(body > 0.5, 0.66 - 0.9 * (sheet.x - 0.58) - 0.5 * (sheet.y - 0.45), tone)
    wing = polygon(
        sheet,
        spline([(0.45, 0.55), (0.47, 0.66), (0.58, 0.68), (0.67, 0.58), (0.62, 0.50), (0.52, 0.51), (0.45, 0.55)], 90),
    )
    scene.lay(wing, TEAL, 0.35 + 1.2 * (sheet.x - 0.55))
    tone = np.where(wing > 0.5, 0.25 + 0.5 * np.abs(np.sin(sheet.x * 55 + sheet.y * 20)), tone)
    return _head(scene, tone)


def _head(scene: Scene, tone: Array) -> Array:
    sheet = scene.sheet
    for x, y, size in [
        (0.655, 0.195, 0.026),
        (0.685, 0.165, 0.032),
        (0.72, 0.165, 0.030),
        (0.748, 0.19, 0.024),
        (0.75, 0.32, 0.022),
        (0.748, 0.345, 0.026),
    ]:
        comb = ellipse(sheet, (x, y), (size, size * 1.3), 0.2)
        scene.lay(cover(comb), RED, np.pi / 2)
        tone = np.where(comb > 0, 0.93, tone)
    beak = polygon(sheet, [(0.752, 0.235), (0.825, 0.262), (0.752, 0.29)])
    scene.lay(beak, GOLD, 0.2)
    tone = np.where(beak > 0.5, 0.95, tone)
    eye = ellipse(sheet, (0.713, 0.255), (0.016, 0.016))
    scene.lay(cover(eye), PAPER, 0.0)
    tone = np.where(eye > 0, 1.0, tone)
    return np.where(eye > 0.6, 0.0, tone)
