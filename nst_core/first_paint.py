"""The first, rough picture, in a fraction of a second: a feed-forward network that takes any style.

It is where the optimisation starts. Style picture to vector to painting: Ghiasi et al., "Exploring the structure of a
real-time, arbitrary neural artistic stylization network" (arXiv 1705.06830).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import onnxruntime as ort

from nst_core import images, weights
from nst_core.backends import Float
from nst_core.kept import Kept, digest

VIEW = 256
"""Side of the square view of a style that the predictor takes, px."""
MULTIPLE = 4
"""The network halves its picture twice."""
_FATAL = 4
_vectors: Kept[Float] = Kept(16)


@cache
def _session(name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL
    return ort.InferenceSession(weights.verified(name), options, providers=["CPUExecutionProvider"])


def style_vector(style: Float) -> Float:
    """style: (H, W, 3). Returns (1, 1, 1, 100): the mean over square views of the whole picture."""
    return _vectors.get(digest(style), lambda: _predicted(style))


def _predicted(style: Float) -> Float:
    session = _session(weights.STYLE_VECTOR_FILE)
    vectors = [session.run(None, {"style": images.resize(view, VIEW, VIEW)[None]})[0] for view in _views(style)]
    return np.asarray(np.mean(vectors, axis=0), np.float32)


def _views(style: Float) -> Iterator[Float]:
    """The largest square at both ends and in the middle of the longer side; the picture itself if it is square."""
    height, width = style.shape[:2]
    side = min(height, width)
    for y, x in dict.fromkeys((round(k * (height - side)), round(k * (width - side))) for k in (0, 0.5, 1)):
        yield np.ascontiguousarray(style[y : y + side, x : x + side])


def prepare(styles: Sequence[Float]) -> None:
    """Load the network and look at the styles: what is left of a first picture then grows with its area alone."""
    _session(weights.FIRST_PAINT_FILE)
    for style in styles:
        style_vector(style)


def first_paint(content: Float, styles: Sequence[tuple[Float, float]]) -> Float:
    """content: (H, W, 3); styles: (picture, share), shares sum to 1. Returns (H, W, 3) in [0, 1]."""
    height, width = content.shape[:2]
    vector = np.sum([style_vector(picture) * share for picture, share in styles], axis=0, dtype=np.float32)
    padding = ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0))
    padded = np.pad(content, padding, mode="edge")
    (picture,) = _session(weights.FIRST_PAINT_FILE).run(None, {"content": padded[None], "vector": vector})
    return np.ascontiguousarray(picture[0, :height, :width].clip(0, 1))
