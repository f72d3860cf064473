"""Detects faces in a photograph, and makes a soft mask of them.

The network is the full-range model of BlazeFace (Bazarevsky et al., arXiv 1907.05047), from MediaPipe. It detects faces
of about 14 to 150 px, so it is run on the picture at several sizes. It detects frontal and half-profile faces, some
full profiles, and faces tilted by up to about 45 degrees; it misses lying ones.

For each cell of 4 x 4 px the network returns a score, the centre and size of a square from forehead to chin, and six
points: the eyes, the tip of the nose, the mouth and the ears. Positions are offsets from the centre of the cell, px.
This is the decoding of MediaPipe (modules/face_detection/face_detection_full_range_common.pbtxt): one layer of stride
4, anchors of fixed size in the centre of each cell, scales of 192 for an input of 192 px.
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
"""px: longer sides of the picture for which the network is run: for faces that fill it, for faces of a fortieth of it,
and, only in pictures larger than the last size, for smaller ones."""
LEAST_SIZE = 14
"""px of the square: smaller detections are often wrong (a church window in the sun)."""
MULTIPLE = 32
"""px: the sides of the network's input are multiples of this, because it halves them five times."""
CELL = 4
"""px: side of the square for which the network gives one result."""
LEAST_SCORE = 0.6
"""Least score of a face. In tests brush strokes and stones reached 0.56; most faces had 0.7 to 0.95."""
SAME_FACE = 0.5
"""If at least this share of the smaller of two squares lies in the other one, they are the same face."""
HALF_WIDTH, HALF_HEIGHT, RAISED = 0.54, 0.62, 0.05
"""Half axes of a face's ellipse, across and from hairline to chin, and the distance of its centre above that of the
square, all relative to the side of the square."""
BORDER = 0.25
"""Width of a mask's border, in radii."""


@dataclass(frozen=True)
class Face:
    """A face: an ellipse from hairline to chin and from ear to ear. Lengths are pixels of the picture.

    x, y: its centre; (0, 0) is the outer corner of the first pixel. roll: clockwise rotation, radians. score: of the
    network, from LEAST_SCORE to 1.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    roll: float
    score: float


def find_faces(picture: Float) -> tuple[Face, ...]:
    """The faces in a picture (H, W, 3), sRGB in [0, 1], of any size; the highest score first.

    Raises DamagedWeightsError if the network's file has another digest than the released one.
    """
    longer = max(picture.shape[:2])
    picture_8_bit = _bytes(picture)
    detections = [_detected(picture_8_bit, side) for side in SIDES if side < SIDES[-1] or longer > side]
    return tuple(_face(detection) for detection in _merged(np.concatenate(detections)))


def face_mask(shape: tuple[int, int], faces: Sequence[Face]) -> Float:
    """(H, W) in [0, 1] for a picture of this height and width: 1 on faces, 0 outside, a raised cosine in between."""
    mask = np.zeros(shape, np.float32)
    for face in faces:
        reach = (1 + BORDER) * max(face.half_width, face.half_height)
        top, left = (max(0, math.floor(at - reach)) for at in (face.y, face.x))
        bottom, right = (max(0, math.ceil(at + reach)) for at in (face.y, face.x))
        part = mask[top:bottom, left:right]
        y = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] + (0.5 - face.y)
        x = np.arange(left, left + part.shape[1], dtype=np.float32) + (0.5 - face.x)
        cos, sin = math.cos(face.roll), math.sin(face.roll)
        radius = np.hypot((x * cos + y * sin) / face.half_width, (y * cos - x * sin) / face.half_height)
        inward = np.clip((1 + BORDER - radius) / BORDER, 0, 1)
        np.maximum(part, (1 - np.cos(np.pi * inward)) / 2, out=part)
    return mask


def _bytes(picture: Float) -> Image.Image:
    """The picture in 8 bits, converted strip by strip to save memory."""
    height, width = picture.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    for rows in strips(height, width):
        out[rows] = picture[rows] * 255 + 0.5
    return Image.fromarray(out)


@cache
def _session() -> ort.InferenceSession:
    return load_graph(weights.verified(weights.FACES_FILE), threads.most())


def _detected(picture: Image.Image, side: int) -> Float:
    """(N, 17): score, square and points of the faces that the network detects at this longer side.

    Positions and sizes are in pixels of the given picture.
    """
    longer = max(picture.size)
    scale = min(side, max(longer, SIDES[0])) / longer
    width, height = (max(1, round(length * scale)) for length in picture.size)
    small = np.asarray(picture.resize((width, height), Image.Resampling.HAMMING, reducing_gap=3), np.float32) / 255
    padded = np.zeros((-(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE, 3), np.float32)
    padded[:height, :width] = small
    score, box = _session().run(None, {"image": padded.transpose(2, 0, 1)[None]}, run_options())
    rows, columns = np.nonzero((score[0, 0] >= LEAST_SCORE) & (box[0, 2:4].min(axis=0) >= LEAST_SIZE))
    values = box[0][:, rows, columns].reshape(8, 2, -1)
    centers = np.stack([columns, rows]) * CELL + CELL / 2
    values[np.arange(8) != 1] += centers  # all but the size are positions
    values *= np.array([picture.width / width, picture.height / height])[:, None]
    return np.concatenate([score[0, 0, rows, columns][None], values.reshape(16, -1)]).T


def _merged(detections: Float) -> list[Float]:
    """One row (17,) for each face, the highest score first: the mean, weighted by scores, of overlapping detections."""
    rest = detections[np.argsort(-detections[:, 0], kind="stable")]
    merged = []
    while len(rest):
        same = _overlap(rest[0], rest) >= SAME_FACE
        mean = np.average(rest[same], axis=0, weights=rest[same, 0])
        mean[0] = rest[0, 0]
        merged.append(mean)
        rest = rest[~same]
    return merged


def _overlap(one: Float, others: Float) -> Float:
    """(N,): the share of the smaller square that lies in the other one. one: (17,); others: (N, 17)."""
    low = np.maximum(one[1:3] - one[3:5] / 2, others[:, 1:3] - others[:, 3:5] / 2)
    high = np.minimum(one[1:3] + one[3:5] / 2, others[:, 1:3] + others[:, 3:5] / 2)
    common = np.prod(np.maximum(high - low, 0), axis=1)
    overlap: Float = common / np.minimum(np.prod(one[3:5]), np.prod(others[:, 3:5], axis=1))
    return overlap


def _face(detection: Float) -> Face:
    """The ellipse of a detection. Its roll is computed from eyes and mouth, because in profile the eyes coincide."""
    right_eye, left_eye, _, mouth = detection[5:13].reshape(4, 2)
    across, down = left_eye - right_eye, mouth - (left_eye + right_eye) / 2
    roll = math.atan2(across[1] - down[0], across[0] + down[1])
    side = float(detection[3:5].mean())
    x, y = detection[1] + RAISED * side * math.sin(roll), detection[2] - RAISED * side * math.cos(roll)
    return Face(float(x), float(y), HALF_WIDTH * side, HALF_HEIGHT * side, roll, float(detection[0]))
