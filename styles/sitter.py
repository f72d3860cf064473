"""A sitter: head and shoulders, modelled as a relief and lit, for the styles that show a face."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator

from styles.scene import Scene, contour_angle, cover, ellipse
from styles.sheet import Array, Point, Sheet, blur, hexes, mix, noise, ramp, step

ROWS = [-1.0, -0.93, -0.75, -0.45, -0.1, 0.25, 0.52, 0.74, 0.9, 0.97, 1.0]
HALVES = [0.0, 0.34, 0.66, 0.86, 0.92, 0.88, 0.77, 0.57, 0.33, 0.16, 0.0]
BREADTH = 0.76  # of a face, relative to its height


@dataclass(frozen=True)
class Pose:
    """centre: of the face; size: half its height, in sheet heights; turn: how far it looks aside, -0.4..0.4."""

    center: Point
    size: float
    turn: float = 0.2
    light: tuple[float, float, float] = (-0.62, -0.5, 0.6)
    ambient: float = 0.10
    smile: float = 0.5


@dataclass(frozen=True)
class Palette:
    """Ramps (N, 3) from shadow to light."""

    skin: Array = field(default_factory=lambda: hexes("2a120c 6b3420 b56b45 e2a578 f6d6b0 fff1da"))
    hair: Array = field(default_factory=lambda: hexes("120a08 2e1a12 5f3a22 9a6b3c d0a468"))
    cloth: Array = field(default_factory=lambda: hexes("120d10 3a1418 7a1f22 b04a34 dc8a5c"))
    linen: Array = field(default_factory=lambda: hexes("4a3d33 9a8a74 d8c9ad f5ecd6"))
    lips: Array = field(default_factory=lambda: hexes("4a1512 94382c c9685a eaa08c"))


@dataclass(frozen=True)
class Head:
    """The face's own coordinates (H, W): u across, v down, -1..1; f across the features, moved by the turn."""

    u: Array
    v: Array
    f: Array
    inside: Array

    @classmethod
    def of(cls, sheet: Sheet, pose: Pose) -> Head:
        """Where the head of that pose is on the sheet."""
        u = (sheet.x - pose.center[0]) / (pose.size * BREADTH)
        v = (sheet.y - pose.center[1]) / pose.size
        half = PchipInterpolator(ROWS, HALVES)(np.clip(v[:, 0], -1, 1))[:, None]
        half = np.maximum(blur(np.repeat(half, 2, 1), 0.02 * pose.size * sheet.unit)[:, :1], 1e-3)
        inside = half - np.abs(u) - 0.002 - 5 * np.clip(np.abs(v) - 1, 0, None)
        return cls(u, v, u - pose.turn * np.clip(1 - u * u, 0, 1), inside)


def seated(scene: Scene, tone: Array, pose: Pose, palette: Palette) -> Array:
    """Lay the sitter over a scene whose brightness is `tone` (H, W); the brightness with the sitter comes back."""
    sheet = scene.sheet
    head = Head.of(sheet, pose)
    tone = _back_hair(scene, tone, pose, palette)
    tone = _bust(scene, tone, pose, palette)
    tone = _face(scene, tone, head, pose, palette)
    tone = _features(scene, tone, head, pose, palette)
    tone = _front_hair(scene, tone, head, pose, palette)
    return np.clip(tone, 0, 1.05)


def _gauss(u: Array, width: float) -> Array:
    return np.asarray(np.exp(-((u / width) ** 2)))


def _relief(head: Head) -> Array:
    """Height of the face above its rim, in face widths."""
    half = np.maximum(head.inside + np.abs(head.u), 0.05)
    z = 0.85 * np.sqrt(np.clip(1 - (head.u / half) ** 2 * 0.94, 0, 1)) * np.sqrt(np.clip(1 - 0.62 * head.v**2, 0, 1))
    f, v = head.f, head.v
    bridge = np.clip((v + 0.20) / 0.6, 0, 1)
    z = z + (0.07 + 0.24 * bridge) * _gauss(f, 0.075) * step(-0.30, -0.10, v) * step(0.46, 0.38, v) * 0.9
    z = z + 0.13 * (_gauss(f - 0.11, 0.06) + _gauss(f + 0.11, 0.06)) * _gauss(v - 0.37, 0.07)
    for side in (-1, 1):
        z = z - 0.15 * _gauss(f - side * 0.36, 0.20) * _gauss(v - 0.00, 0.11)
        z = z + 0.07 * _gauss(f - side * 0.36, 0.13) * _gauss(v - 0.015, 0.06)
        z = z + 0.06 * _gauss(f - side * 0.34, 0.26) * _gauss(v + 0.16, 0.06)
        z = z + 0.08 * _gauss(f - side * 0.48, 0.20) * _gauss(v - 0.26, 0.16)
    z = z + 0.055 * _gauss(f, 0.22) * (_gauss(v - 0.575, 0.035) + 1.2 * _gauss(v - 0.675, 0.045))
    z = z - 0.05 * _gauss(f, 0.24) * _gauss(v - 0.62, 0.016) - 0.05 * _gauss(f, 0.20) * _gauss(v - 0.755, 0.05)
    return np.asarray(z + 0.09 * _gauss(f, 0.20) * _gauss(v - 0.88, 0.09))


def _light_on(sheet: Sheet, relief: Array, size: float, pose: Pose) -> Array:
    """Brightness of a relief given in units of `size` (sheet heights)."""
    down, right = np.gradient(blur(relief, 0.006 * sheet.unit) * size * sheet.unit)
    length = np.sqrt(1 + down**2 + right**2)
    light = np.array(pose.light) / np.linalg.norm(pose.light)
    facing = (-right * light[0] - down * light[1] + light[2]) / length
    back = 0.10 * np.clip((right * 0.8 + down * 0.2) / length, 0, 1) ** 2
    return np.asarray(pose.ambient + (1.0 - pose.ambient) * np.clip(facing, 0, 1) ** 1.15 + back)


def _face(scene: Scene, tone: Array, head: Head, pose: Pose, palette: Palette) -> Array:
    sheet = scene.sheet
    shade = _light_on(sheet, _relief(head), pose.size * BREADTH, pose)
    shade = 0.93 * shade * (1 - 0.30 * step(-0.45, -0.85, head.v)) + 0.02 * noise(sheet, 0.03, 3)
    color = ramp(np.clip(shade, 0, 1), palette.skin)
    blush = _gauss(np.abs(head.f) - 0.48, 0.2) * _gauss(head.v - 0.28, 0.16) * 0.22
    color = mix(color, palette.lips[len(palette.lips) // 2], blush)
    for side in (-1, 1):
        ear = ellipse(
            sheet,
            (pose.center[0] + side * 0.90 * pose.size * BREADTH, pose.center[1] + 0.1 * pose.size),
            (0.10 * pose.size, 0.20 * pose.size),
            side * 0.12,
        )
        dim = 0.62 * shade.mean() + (0.25 if side * pose.light[0] > 0 else -0.05) + 0.25 * np.abs(ear - 0.4)
        scene.lay(cover(ear), ramp(np.clip(dim, 0, 1), palette.skin), np.pi / 2)
        tone = np.where(ear > 0, dim, tone)
    scene.lay(cover(head.inside), color, contour_angle(blur(_relief(head), 0.02 * sheet.unit)))
    return np.where(head.inside > 0, shade, tone)


def _over(scene: Scene, tone: Array, mask: Array, colors: Array, bright: Array | float, share: float = 1.0) -> Array:
    """Paint a detail without a region of its own: a ramp of colours at a brightness. Returns the new tone."""
    bright = np.broadcast_to(np.asarray(bright, np.float32), tone.shape)
    part = np.clip(mask * share, 0, 1)
    scene.color = mix(scene.color, ramp(np.clip(bright, 0, 1), colors), part).astype(np.float32)
    return mix(tone, bright, part)


def _features(scene: Scene, tone: Array, head: Head, pose: Pose, palette: Palette) -> Array:
    f, v = head.f, head.v
    ink = np.stack([palette.hair[0], palette.hair[1], palette.linen[-1]])
    for side in (-1, 1):
        du = (f - side * 0.36) / 0.185
        arch = np.clip(1 - du * du, 0, 1)
        upper, lower = -0.075 * arch**0.8 + 0.01 * du * side, 0.050 * arch**0.9 + 0.01 * du * side
        eye = np.minimum(v - upper, lower - v) / 0.02 * (np.abs(du) < 1)
        white = np.clip(eye, 0, 1)
        lit = tone * 0.55 + 0.30
        tone = _over(scene, tone, white, palette.linen, lit)
        iris = np.clip((0.34 - np.hypot(du - 0.08 * np.sign(pose.turn), (v + 0.012) / 0.185)) * 22, 0, 1) * white
        tone = _over(scene, tone, iris, palette.hair, 0.28 + 0.5 * np.clip(v * 8, 0, 0.6))
        pupil = np.clip((0.16 - np.hypot(du - 0.08 * np.sign(pose.turn), (v + 0.012) / 0.185)) * 22, 0, 1) * white
        tone = _over(scene, tone, pupil, palette.hair, 0.0)
        spark = np.clip((0.07 - np.hypot(du - 0.02, (v + 0.040) / 0.185)) * 30, 0, 1)
        tone = _over(scene, tone, spark, palette.linen, 1.0)
        lid = _gauss(v - upper + 0.004, 0.016) * step(1.15, 0.95, np.abs(du))
        tone = _over(scene, tone, lid, ink, 0.05, 0.95)
        fold = _gauss(v - upper + 0.052, 0.012) * step(1.0, 0.8, np.abs(du))
        tone = _over(scene, tone, fold, palette.skin, tone * 0.45, 0.7)
        under = _gauss(v - lower - 0.006, 0.010) * step(1.05, 0.85, np.abs(du))
        tone = _over(scene, tone, under, palette.skin, tone * 0.5, 0.65)
        brow = -0.175 - 0.045 * np.clip(1 - ((du * side - 0.25) / 1.35) ** 2, -1, 1) + 0.012 * du * side
        hairs = _gauss((v - brow) / np.clip(1.1 - 0.45 * du * side, 0.4, 1.5), 0.026) * step(1.35, 1.15, np.abs(du))
        tone = _over(scene, tone, hairs, palette.hair, 0.16, 0.85)
        nostril = _gauss(f - side * 0.085, 0.045) * _gauss(v - 0.432, 0.018)
        tone = _over(scene, tone, nostril, palette.skin, 0.03, 0.9)
    return _mouth(scene, tone, head, pose, palette)


def _mouth(scene: Scene, tone: Array, head: Head, pose: Pose, palette: Palette) -> Array:
    f = head.f
    v = head.v + pose.smile * 0.30 * (f**2) - 0.004
    du = f / 0.27
    arch = np.clip(1 - du * du, 0, 1)
    bow = 0.058 * arch**0.8 * (1 - 0.28 * _gauss(du, 0.18))
    upper = np.clip(np.minimum(v - 0.622 + bow, 0.622 - v) / 0.012 + 0.3, 0, 1) * (np.abs(du) < 1)
    lower = np.clip(np.minimum(v - 0.622, 0.622 + 0.085 * arch**0.7 - v) / 0.012 + 0.3, 0, 1) * (np.abs(du) < 1)
    tone = _over(scene, tone, upper, palette.lips, tone * 0.55, 0.85)
    shine = _gauss(f + 0.06, 0.09) * _gauss(v - 0.665, 0.018) * 0.35
    tone = _over(scene, tone, lower, palette.lips, tone * 0.82 + shine, 0.85)
    parting = _gauss(v - 0.622, 0.010) * step(1.12, 0.9, np.abs(du))
    return _over(scene, tone, parting, palette.lips, 0.02, 0.9)


def _strands(scene: Scene, flow: Array) -> Array:
    """Brightness of locks of hair along a flow (H, W): broad locks and fine strands."""
    sheet = scene.sheet
    shaken = flow + 0.006 * noise(sheet, 0.10, 2)
    return np.asarray(
        0.5 + 0.28 * np.sin(shaken * 75) + 0.18 * np.sin(shaken * 210 + 1.0) + 0.14 * np.sin(shaken * 520)
    )


def _back_hair(scene: Scene, tone: Array, pose: Pose, palette: Palette) -> Array:
    sheet, (x, y), size = scene.sheet, pose.center, pose.size
    dome = ellipse(sheet, (x - 0.05 * pose.turn * size, y - 0.26 * size), (0.98 * size, 0.98 * size))
    fall = np.minimum(
        1 - np.abs(sheet.x - x) / (0.96 * size + 0.05 * size * np.sin(sheet.y * 17)), (y + 1.05 * size - sheet.y) / size
    )
    fall = np.minimum(fall, (sheet.y - y + 0.3 * size) / size)
    inside = np.maximum(dome, fall) + 0.015 * noise(sheet, 0.03, 2)
    flow = np.hypot(sheet.x - x, 0.55 * (sheet.y - y + 1.6 * size))
    facing = (sheet.x - x) * np.sign(pose.light[0]) / size
    bright = np.clip(0.10 + 0.50 * _strands(scene, flow) * (0.55 + 0.5 * facing), 0, 1)
    scene.lay(cover(inside), ramp(bright, palette.hair), contour_angle(flow))
    return np.where(inside > 0, bright * 0.9 + 0.04, tone)


def _bust(scene: Scene, tone: Array, pose: Pose, palette: Palette) -> Array:
    sheet, (x, y), size = scene.sheet, pose.center, pose.size
    u = (sheet.x - x) / size
    v = (sheet.y - y) / size
    slope_ = 1.20 + 0.30 * np.abs(u) ** 1.6 - 0.10 * _gauss(u, 0.5)
    body = v - slope_
    folds = np.sin(u * 7 + 1.4 * v + 1.5 * noise(sheet, 0.2)) + 0.5 * np.sin(u * 16 - 3 * v)
    facing = -u * np.sign(-pose.light[0]) * 0.30
    bright = np.clip(0.40 + facing + 0.17 * folds + 0.03 * noise(sheet, 0.02, 2), 0, 1)
    neck_half = 0.40 + 0.25 * np.clip(v - 1.05, 0, 1) ** 1.5
    neck = np.minimum(neck_half - np.abs(u - 0.04), np.minimum(v - 0.4, 1.52 - 0.5 * np.abs(u) - v))
    z = np.clip((u - 0.04) / neck_half, -1, 1)
    lit = pose.ambient + 0.72 * np.clip(pose.light[0] * z + 0.8 * np.sqrt(1 - z * z), 0, 1)
    lit = lit * (1 - 0.62 * step(1.28, 0.95, v + 0.25 * z * np.sign(pose.light[0])))
    scene.lay(cover(body), ramp(bright, palette.cloth), 1.2 + 0.5 * folds)
    tone = np.where(body > 0, bright * 0.75, tone)
    scene.lay(cover(neck), ramp(np.clip(lit, 0, 1), palette.skin), np.pi / 2 + 0.3 * z)
    tone = np.where(neck > 0, lit, tone)
    collar = 0.11 + 0.02 * np.sin(u * 40) - np.abs(v - 1.20 - 0.36 * np.sqrt(np.clip(1 - (u / 0.76) ** 2, 0, 1)))
    collar = np.minimum(collar, 0.74 - np.abs(u))
    frill = np.clip(0.62 + 0.8 * facing + 0.30 * np.sin(u * 40 + 3 * v), 0, 1)
    scene.lay(cover(collar), ramp(frill, palette.linen), 1.4)
    return np.where(collar > 0, frill, tone)


def _front_hair(scene: Scene, tone: Array, head: Head, pose: Pose, palette: Palette) -> Array:
    """Hair over the forehead, parted on one side, and down past the cheeks."""
    sheet = scene.sheet
    u, v = head.u, head.v
    part = -0.25 * np.sign(pose.turn)
    line = -0.70 + 0.62 * np.clip(np.abs(u - part) - 0.05, 0, 1.5) ** 1.7
    cap = np.minimum(line - v, 1.18 - np.hypot(u / 1.02, (v + 0.18) / 0.95))
    locks = np.minimum(np.abs(u) - 0.80 + 0.10 * np.clip(v - 0.2, -1, 1), np.minimum(1.10 - np.abs(u), 0.85 - v))
    locks = np.where(v > -0.35, locks, -1)
    inside = np.maximum(cap, locks) + 0.03 * noise(sheet, 0.02, 2)
    flow = np.hypot(u - part, (v + 1.6) * 0.7) * 0.35 + 0.1 * v * np.abs(u)
    shine = _gauss(np.hypot(u - 0.35 * np.sign(pose.light[0]), v + 0.85), 0.45)
    facing = 0.5 + 0.5 * u * np.sign(pose.light[0])
    bright = np.clip(_strands(scene, flow) * (0.30 + 0.40 * facing + 0.45 * shine) + 0.02, 0, 1)
    scene.lay(cover(inside), ramp(bright, palette.hair), contour_angle(flow))
    return np.where(inside > 0, bright * 0.85, tone)
