"""Charcoal: a sitter in lamplight; rubbed powder, the flat stick over the tooth, pressed blacks, erased light."""

from __future__ import annotations

import numpy as np

from styles.curves import depth
from styles.scene import Scene, cover, ellipse
from styles.sheet import Array, Sheet, blur, hexes, mix, noise, step
from styles.sitter import Palette, Pose, seated
from styles.strokes import Brush, Hand, Paint, at, ground, paths, scattered

PAPER, COAL = hexes("ebe4d4 100f0d")
POSE = Pose((0.56, 0.40), 0.265, 0.24, (-0.6, -0.5, 0.72), 0.10, 0.4)


def paint(sheet: Sheet) -> Array:
    """The picture (H, W, 3)."""
    scene = Scene(sheet)
    tone = _arranged(scene)
    tooth = 0.75 * noise(sheet, 0.0026, 2) + 0.40 * noise(sheet, 0.006) + 0.30 * noise(sheet, (0.03, 0.0028))
    rubbed = _rubbed(sheet, tone)
    grain = _side_of_the_stick(scene, tone)
    grain = mix(grain, np.clip(1.08 * (1 - tone), 0, 1) ** 1.15, 0.68 * (scene.label > 1))
    lines = ground(sheet, np.ones(3))
    _hatched(scene, lines, tone)
    _contours(scene, lines)
    pressed = step(0.24, 0.02, tone) * 0.85 * (0.8 + 0.2 * noise(sheet, 0.02, 2))
    drawn_ = np.maximum(1 - lines.color.mean(-1), np.clip(pressed, 0, 1) * (scene.label > 1))
    load = np.clip(1 - (1 - grain) * (1 - drawn_), 0, 1)
    caught = np.clip(load * 1.05 + 0.30 * tooth * np.sqrt(load) * (1.22 - load), 0, 1)
    dark = 1 - (1 - rubbed * (1 + 0.06 * tooth)) * (1 - caught)
    dark = _erased(scene, dark, tone, tooth)
    paper = PAPER * (1 + 0.018 * tooth + 0.015 * noise(sheet, 0.3, 2))[..., None]
    return np.clip(mix(paper, COAL, np.clip(dark, 0, 1)), 0, 1)


def _arranged(scene: Scene) -> Array:
    sheet = scene.sheet
    glow = step(0.75, 0.05, np.hypot(sheet.x - 0.98, (sheet.y - 0.36) * 0.9))
    tone = (
        0.16 + 0.72 * glow + 0.50 * step(0.30, -0.05, sheet.x) * step(0.75, 0.3, sheet.y) + 0.06 * noise(sheet, 0.3, 2)
    )
    scene.lay(sheet.zeros() + 1, np.ones(3), -0.9 + 0.2 * noise(sheet, 0.5))
    for x, y, size, bright in [(1.13, 0.83, 0.135, 0.95), (0.95, 0.92, 0.10, 0.75)]:
        ball = ellipse(sheet, (x, y), (size, size))
        u, v = (sheet.x - x) / size, (sheet.y - y) / size
        z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        shade = 0.05 + bright * np.clip(-0.6 * u - 0.45 * v + 0.6 * z, 0, 1) ** 0.9 + 0.14 * np.clip(u, 0, 1) ** 2
        fall = ellipse(sheet, (x + size * 0.5, y + size * 0.9), (size * 1.6, size * 0.4))
        tone = np.where(fall > 0, tone * (1 - 0.8 * step(0, 0.5, fall)), tone)
        tone = np.where(ball > 0, shade, tone)
        scene.lay(cover(ball), np.ones(3), np.arctan2(u, -v))
    linen = hexes("000000 ffffff")
    return seated(scene, np.clip(tone, 0, 1), POSE, Palette(linen, linen, linen, linen, linen))


def _rubbed(sheet: Sheet, tone: Array) -> Array:
    """Powder spread with fingers and a rag: soft, in broad sweeps, never up to the edges of the sheet."""
    sweep = noise(sheet, (0.30, 0.04), 3)
    turned = np.asarray(np.clip(1 - blur(tone, 0.010 * sheet.unit), 0, 1))
    margin = np.minimum(np.minimum(sheet.x, sheet.aspect - sheet.x), np.minimum(sheet.y, 1 - sheet.y))
    inside = step(0.005, 0.05, margin + 0.02 * noise(sheet, 0.06, 3))
    prints = 0.5 + 0.5 * np.sin(sheet.x * 420 + sheet.y * 180 + 2 * noise(sheet, 0.05))
    smear = 0.42 * turned**1.1 + 0.05 * sweep + 0.03 * noise(sheet, 0.05, 3)
    return np.asarray(np.clip(smear * (0.35 + 0.65 * inside) - 0.02 * prints * (turned > 0.3), 0, 0.8))


def _side_of_the_stick(scene: Scene, tone: Array) -> Array:
    """Broad strokes with the flat of the stick: how much coal (H, W) lies on the hills of the paper."""
    sheet, rng = scene.sheet, scene.sheet.rng
    laid = ground(sheet, np.ones(3))
    for width, long, gap, low in [(0.045, 0.20, 0.034, 0.85), (0.020, 0.09, 0.018, 0.70), (0.010, 0.045, 0.0105, 0.60)]:
        wanted = step(low + 0.12, low - 0.22, tone + 0.04 * noise(sheet, 0.06, 2))
        starts = scattered(sheet, gap, wanted)
        hand = Hand(sheet, laid, Brush(long, width, 0.0, 0.25, 0.5, 0.9, 0.6))
        lines = paths(sheet, scene.angle + rng.normal(0, 0.12), starts, long)
        for line, dark in zip(lines, at(1 - tone, starts), strict=True):
            shade = np.full(3, np.clip(1.16 - 1.14 * dark + rng.normal(0, 0.06), 0.02, 1))
            hand.stroke(line, shade, np.clip(shade + 0.12, 0, 1), width * sheet.unit * rng.uniform(0.6, 1.2))
    return np.asarray(np.clip(1 - blur(laid.color.mean(-1), 0.0012 * sheet.unit), 0, 1))


def _hatched(scene: Scene, lines: Paint, tone: Array) -> None:
    """Few open strokes of the corner of the stick in the half-tones and the dark."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for threshold, turn, width, gap in [(0.62, 0.5, 0.0036, 0.021), (0.30, -0.35, 0.0065, 0.017)]:
        wanted = step(threshold + 0.06, threshold - 0.14, tone + 0.06 * noise(sheet, 0.12, 2))
        wanted = wanted * step(-0.6, 0.8, noise(sheet, 0.16))
        starts = scattered(sheet, gap, wanted)
        hand = Hand(sheet, lines, Brush(0.1, width, 0.0, 0.6, 0.4, 0.0, 0.8))
        for line in paths(sheet, scene.angle + turn, starts, 0.075):
            shade = np.full(3, rng.uniform(0.1, 0.5))
            hand.stroke(
                line[: len(line) - rng.integers(0, len(line) // 3)],
                shade,
                shade,
                width * sheet.unit * rng.uniform(0.5, 1.4),
            )


def _contours(scene: Scene, lines: Paint) -> None:
    """Edges found with heavy, broken, pressed lines, darker on the side away from the light."""
    sheet, rng = scene.sheet, scene.sheet.rng
    for label in range(2, scene.label.max() + 1):
        mask = (scene.label == label).astype(np.float32)
        if mask.sum() < 0.0004 * mask.size:
            continue
        distance = depth(mask)
        down, right = np.gradient(blur(distance, 3))
        along = np.arctan2(-right, down)
        for shift, width, share in ((0.0, 0.0052, 420), (0.004, 0.0026, 300)):
            rows, columns = np.nonzero(np.abs(distance - shift * sheet.unit) < 1.2)
            chosen = rng.permutation(len(rows))[: max(3, len(rows) // share)]
            hand = Hand(sheet, lines, Brush(0.1, width, 0.0, 0.5, 0.4, -0.5, 0.92))
            starts = np.stack([columns[chosen], rows[chosen]], 1).astype(np.float32)
            shaded = at(down + right, starts) < 0.2
            for line, dark in zip(paths(sheet, along, starts, rng.uniform(0.08, 0.18)), shaded, strict=True):
                hand.stroke(
                    line,
                    np.full(3, 0.05),
                    np.full(3, 0.35),
                    width * sheet.unit * (rng.uniform(0.6, 1.6) if dark else 0.4),
                )


def _erased(scene: Scene, dark: Array, tone: Array, tooth: Array) -> Array:
    """Light taken out with a kneaded eraser: dabs in the highlights and a few strokes through the background."""
    sheet, rng = scene.sheet, scene.sheet.rng
    lifted = 0.88 * step(0.80, 0.98, blur(tone, 0.002 * sheet.unit)) * np.clip(0.85 + 0.15 * tooth, 0, 1)
    rubber = ground(sheet, np.zeros(3))
    hand = Hand(sheet, rubber, Brush(0.1, 0.02, 0.0, 0.5, 0.6, 0.2, 0.85))
    starts = scattered(sheet, 0.13, (scene.label == 1).astype(np.float32))
    for line in paths(sheet, scene.angle + 0.15, starts, 0.16):
        hand.stroke(line, np.full(3, 0.85), np.full(3, 0.3), rng.uniform(0.006, 0.024) * sheet.unit)
    lifted = np.maximum(lifted, 0.75 * blur(rubber.color.mean(-1), 0.002 * sheet.unit) * (scene.label == 1))
    return np.asarray(dark * (1 - np.clip(lifted, 0, 0.95)))
