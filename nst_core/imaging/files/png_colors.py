"""Colour spaces that files declare without an ICC profile: by PNG chunks, or by the Exif tag for Adobe RGB.

They are converted to an ICC profile, so that the painting can be written in the same colour space.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Points = tuple[float, ...]
"""x and y of red, green, blue and white."""
Curve = tuple[float, float, float, float, float]
"""g, a, b, c, d of ICC's parametric curve 3: (a x + b)^g from d on, and c x below."""

_D65 = (0.3127, 0.3290)
SRGB: Points = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
ADOBE: Points = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65)
ADOBE_NAME, ADOBE_GAMMA = "Compatible with Adobe RGB (1998)", 563 / 256
PRIMARIES: dict[int, Points] = {
    1: SRGB,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
}
"""By their numbers in ITU-T H.273."""
SRGB_CURVE: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_VIDEO: Curve = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
CURVES: dict[int, Curve] = {1: _VIDEO, 6: _VIDEO, 14: _VIDEO, 15: _VIDEO, 13: SRGB_CURVE}
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
HDR = {16: "PQ", 18: "HLG"}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])
_NEAR_GAMMA, _NEAR_POINT = 0.02, 0.002
"""Largest differences from sRGB's gamma and primaries that count as sRGB; programs round these numbers."""


@dataclass(frozen=True)
class StatedColors:
    """The colour space that a file declares. profile: None for sRGB. own: the file's own ICC profile is valid."""

    profile: bytes | None = None
    own: bool = False
    notes: tuple[str, ...] = ()


def of_png(encoded: bytes) -> StatedColors:
    """The colour space by the chunks of a PNG file, in this order of priority: cICP, iCCP, sRGB, gAMA with cHRM."""
    chunks = _chunks(encoded)
    gray = encoded[25:26] in (b"\0", b"\4")
    if len(code := chunks.get(b"cICP", b"")) == 4:
        return _of_code(code, gray=gray)
    if b"iCCP" in chunks:
        return StatedColors(own=True)
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return StatedColors()
    (stored,) = struct.unpack(">I", chunks[b"gAMA"])
    points = SRGB
    if len(primaries := chunks.get(b"cHRM", b"")) == 32:
        white_x, white_y, *rest = (number / 1e5 for number in struct.unpack(">8I", primaries))
        points = (*rest, white_x, white_y)
    if not 1000 <= stored <= 1_000_000 or not _is_possible(points):
        return StatedColors()
    gamma = 1e5 / stored
    alike = np.abs(np.subtract(points, SRGB)).max() < _NEAR_POINT
    if alike and abs(gamma / 2.2 - 1) < _NEAR_GAMMA:
        return StatedColors()
    return StatedColors(profile(f"PNG gamma {gamma:.4g}", points, (gamma, 1, 0, 0, 0), gray=gray))


def adobe_rgb() -> bytes:
    """A profile for Adobe RGB (1998)."""
    return profile(ADOBE_NAME, ADOBE, (ADOBE_GAMMA, 1, 0, 0, 0))


def profile(name: str, points: Points, curve: Curve, *, gray: bool = False) -> bytes:
    """An ICC profile, version 4, of three primaries (gray: only the white point) and one curve."""
    to_d50, white = _to_d50(points)
    entries = {b"desc": _text(name), b"cprt": _text("CC0"), b"wtpt": _xyz(_D50)}
    entries[b"chad"] = b"sf32\0\0\0\0" + _fixed(_adaptation(white).ravel())
    tone = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(curve)
    if gray:
        entries[b"kTRC"] = tone
    else:
        entries |= {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_d50.T, strict=True)}
        entries |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone)
    table, block = struct.pack(">I", len(entries)), b""
    start = 128 + 4 + 12 * len(entries)
    for tag, content in entries.items():
        table += tag + struct.pack(">II", start + len(block), len(content))
        block += content + b"\0" * (-len(content) % 4)
    space = b"GRAY" if gray else b"RGB "
    head = struct.pack(">I4xI4s4s4s", start + len(block), 0x04300000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(_D50)
    return head.ljust(128, b"\0") + table + block


def srgb_to_d50() -> Matrix:
    """(3, 3): linear sRGB in XYZ under D50's white."""
    return _to_d50(SRGB)[0]


def _of_code(code: bytes, *, gray: bool) -> StatedColors:
    primaries, transfer, _, full = code
    notes: tuple[str, ...] = () if full else ("its levels are those of video, which were read as they are",)
    if primaries not in PRIMARIES or transfer not in {*CURVES, *GAMMAS, *HDR}:
        return StatedColors(notes=("its colours have a code (cICP) that is not known, and were read as sRGB",))
    if transfer in HDR:
        notes += (f"its brightness is coded for HDR ({HDR[transfer]}) and was read as that of an ordinary picture",)
    gamma = GAMMAS.get(transfer)
    curve = CURVES.get(transfer, SRGB_CURVE) if gamma is None else (gamma, 1.0, 0.0, 0.0, 0.0)
    if primaries == 1 and curve == SRGB_CURVE:
        return StatedColors(notes=notes)
    return StatedColors(profile(f"cICP {primaries}/{transfer}", PRIMARIES[primaries], curve, gray=gray), notes=notes)


def _chunks(encoded: bytes) -> dict[bytes, bytes]:
    """The chunks before the first IDAT."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(encoded):
        length, kind = struct.unpack_from(">I4s", encoded, at)
        if kind == b"IDAT":
            break
        found.setdefault(kind, encoded[at + 8 : at + 8 + min(length, 64)])
        at += 12 + length
    return found


def _is_possible(points: Points) -> bool:
    return min(points[1::2]) > 0 and abs(float(np.linalg.det(_columns(points)))) > 1e-3


def _columns(points: Points) -> Matrix:
    x, y = np.array(points[0:6:2]), np.array(points[1:6:2])
    return np.stack([x / y, np.ones(3), (1 - x - y) / y])


def _to_d50(points: Points) -> tuple[Matrix, Matrix]:
    """Linear RGB in XYZ under D50's white, and XYZ of the points' own white."""
    x, y = points[6:]
    white = np.array([x / y, 1, (1 - x - y) / y])
    columns = _columns(points)
    return _adaptation(white) @ (columns * np.linalg.solve(columns, white)), white


def _adaptation(white: Matrix) -> Matrix:
    """(3, 3): Bradford adaptation from a white point to D50."""
    found: Matrix = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white)) @ _BRADFORD
    return found


def _fixed(numbers: Points | Matrix) -> bytes:
    """Numbers as ICC's s15Fixed16."""
    return struct.pack(f">{len(numbers)}i", *(round(float(number) * 65536) for number in numbers))


def _xyz(numbers: Matrix) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(numbers)


def _text(text: str) -> bytes:
    words = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(words), 28) + words
