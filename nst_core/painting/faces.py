"""Where a photograph shows faces, and a soft mask over them.

The network is the full-range model of BlazeFace (Bazarevsky et al., arXiv 1907.05047), from MediaPipe. It knows faces
of some 14 to 150 px, and is therefore shown the picture at several sizes. It finds faces from the front and half from
the side, some wholly from the side, and tilted by up to about 45 degrees; lying ones are missed.

It answers for each cell of 4 x 4 px with a score, the middle and size of a square from forehead to chin, and six
points: the eyes, the tip of the nose, the mouth and the ears. Places are offsets from the middle of the cell; all is in
px. So MediaPipe decodes it (modules/face_detection/face_detection_full_range_common.pbtxt): one layer of stride 4,
anchors of fixed size in the middle of each cell, scales of 192 for an input of 192 px.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from nst_core.backends.onnx_session import load_graph, ort, run_options
from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import strips
from nst_core.system import threads
from nst_core.vgg import weights

SIDES = (128, 640, 1024)
"""px: longer sides at which the picture is looked at: for faces that fill it, for those that measure a fortieth of it,
and, in pictures that are larger than the last, for smaller ones yet."""
LEAST_SIZE = 14
"""px of the square: what the network takes for smaller faces is often none (a church's window in the sun)."""
MULTIPLE = 32
"""The network halves its picture five times."""
CELL = 4
"""px."""
LEAST_SCORE = 0.6
"""Brush strokes and stones reached 0.56 in what was tried, faces mostly 0.7 to 0.95."""
SAME_FACE = 0.5
"""Share of the smaller of two squares that lies in the other one, from which they are one face."""
WIDE, HIGH, UP = 0.54, 0.62, 0.05
"""Half axes of the ellipse from hairline to chin and from ear to ear, and how far its centre lies above that of the
square, in sides of the square."""
SOFT = 0.25
"""Width of a mask's border, in radii."""


@dataclass(frozen=True)
class Face:
    """A face: an ellipse from hairline to chin and from ear to ear. Lengths are pixels of the picture.

    x, y: its centre, of which (0, 0) is the outer corner of the first pixel. roll: radians that the face is turned
    clockwise, as seen. score: how sure the network is, from LEAST_SCORE to 1.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    roll: float
    score: float


def find_faces(picture: Float) -> tuple[Face, ...]:
    """picture: (H, W, 3) sRGB in [0, 1], of any size. Returns what faces are found, the surest first.

    Raises DamagedWeightsError where the network's file is not the one that was installed.
    """
    longer = max(picture.shape[:2])
    seen = _bytes(picture)
    found = [_found(seen, side) for side in SIDES if side < SIDES[-1] or longer > side]
    return tuple(_face(one) for one in _merged(np.concatenate(found)))


def face_mask(shape: tuple[int, int], faces: Sequence[Face]) -> Float:
    """(H, W) in [0, 1] for a picture of this height and width: 1 on faces, 0 beyond, a raised cosine in between."""
    mask = np.zeros(shape, np.float32)
    for face in faces:
        reach = (1 + SOFT) * max(face.half_width, face.half_height)
        top, left = (max(0, math.floor(at - reach)) for at in (face.y, face.x))
        bottom, right = (max(0, math.ceil(at + reach)) for at in (face.y, face.x))
        part = mask[top:bottom, left:right]
        y = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] + (0.5 - face.y)
        x = np.arange(left, left + part.shape[1], dtype=np.float32) + (0.5 - face.x)
        cos, sin = math.cos(face.roll), math.sin(face.roll)
        radius = np.hypot((x * cos + y * sin) / face.half_width, (y * cos - x * sin) / face.half_height)
        inward = np.clip((1 + SOFT - radius) / SOFT, 0, 1)
        np.maximum(part, (1 - np.cos(np.pi * inward)) / 2, out=part)
    return mask


def _bytes(picture: Float) -> Image.Image:
    """The picture in 8 bits, in strips: a large one takes much memory as it is."""
    height, width = picture.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    for rows in strips(height, width):
        out[rows] = picture[rows] * 255 + 0.5
    return Image.fromarray(out)


@cache
def _session() -> ort.InferenceSession:
    return load_graph(weights.verified(weights.FACES_FILE), threads.most())


def _found(picture: Image.Image, side: int) -> Float:
    """What the network finds in the picture with this longer side: (N, 17), score and box as it gives them, but placed.

    All but the score are pixels of the given picture.
    """
    longer = max(picture.size)
    scale = min(side, max(longer, SIDES[0])) / longer
    width, height = (max(1, round(length * scale)) for length in picture.size)
    small = np.asarray(picture.resize((width, height), Image.Resampling.HAMMING, reducing_gap=3), np.float32) / 255
    room = np.zeros((-(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE, 3), np.float32)
    room[:height, :width] = small
    score, box = _session().run(None, {"image": room.transpose(2, 0, 1)[None]}, run_options())
    rows, columns = np.nonzero((score[0, 0] >= LEAST_SCORE) & (box[0, 2:4].min(axis=0) >= LEAST_SIZE))
    values = box[0][:, rows, columns].reshape(8, 2, -1)
    at = np.stack([columns, rows]) * CELL + CELL / 2
    values[np.arange(8) != 1] += at  # all but the size are places
    values *= np.array([picture.width / width, picture.height / height])[:, None]
    return np.concatenate([score[0, 0, rows, columns][None], values.reshape(16, -1)]).T


def _merged(found: Float) -> list[Float]:
    """One entry for each face, the surest first: the mean, weighted by scores, of all that lie on its surest."""
    rest = found[np.argsort(-found[:, 0], kind="stable")]
    merged = []
    while len(rest):
        same = _shared(rest[0], rest) >= SAME_FACE
        one = np.average(rest[same], axis=0, weights=rest[same, 0])
        one[0] = rest[0, 0]
        merged.append(one)
        rest = rest[~same]
    return merged


def _shared(one: Float, others: Float) -> Float:
    """Share of the smaller square that lies in the other one: (N,) for (17,) and (N, 17)."""
    low = np.maximum(one[1:3] - one[3:5] / 2, others[:, 1:3] - others[:, 3:5] / 2)
    high = np.minimum(one[1:3] + one[3:5] / 2, others[:, 1:3] + others[:, 3:5] / 2)
    common = np.prod(np.maximum(high - low, 0), axis=1)
    shared: Float = common / np.minimum(np.prod(one[3:5]), np.prod(others[:, 3:5], axis=1))
    return shared


def _face(found: Float) -> Face:
    """The ellipse of a finding. Eyes and mouth together tell which way is up: from the side, eyes tell little."""
    right_eye, left_eye, _, mouth = found[5:13].reshape(4, 2)
    across, down = left_eye - right_eye, mouth - (left_eye + right_eye) / 2
    roll = math.atan2(across[1] - down[0], across[0] + down[1])
    side = float(found[3:5].mean())
    x, y = found[1] + UP * side * math.sin(roll), found[2] - UP * side * math.cos(roll)
    return Face(float(x), float(y), WIDE * side, HIGH * side, roll, float(found[0]))
