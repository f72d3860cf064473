"""The first, rough picture, in a fraction of a second: a feed-forward network that takes any style.

Its colours are where the optimisation starts, and a draft starts from all of it. Style picture to vector to painting:
Ghiasi et al., "Exploring the structure of a real-time, arbitrary neural artistic stylization network" (arXiv
1705.06830).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from nst_core import images, threads, weights
from nst_core.backends import Float
from nst_core.kept import Kept, digest
from nst_core.onnx_runtime import load_graph, ort, run_options
from nst_core.tile_grid import tiles

VIEW = 256
"""Side of the square view of a style that the predictor takes, px."""
MULTIPLE = 4
"""The network halves its picture twice."""
LARGEST_WHOLE = 4e6
"""Pixels: the network takes about 150 MB for each million."""
TILE, TILE_MARGIN = 1024, 64
"""px: the margin is more than the network sees beyond a pixel, 57."""
SPOT, SPOTS = 256, 64
"""Side (px) and number of the spots by which a picture too large to be seen whole is judged."""
_vectors: Kept[Float] = Kept(16)


@cache
def _session(name: str) -> ort.InferenceSession:
    # A vector's last bits depend on the number of threads, and a picture shall not; it takes a moment with one.
    return load_graph(weights.verified(name), 1 if name == weights.STYLE_VECTOR_FILE else threads.most())


def style_vector(style: Float) -> Float:
    """style: (H, W, 3). Returns (1, 1, 1, 100): the mean over square views of the whole picture."""
    return _vectors.get(digest(style), lambda: _predicted(style))


def _predicted(style: Float) -> Float:
    session = _session(weights.STYLE_VECTOR_FILE)
    seen = ({"style": images.resize(view, VIEW, VIEW)[None]} for view in _views(style))
    vectors = [session.run(None, view, run_options())[0] for view in seen]
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


def go_on() -> None:
    """What is called before each tile, where nobody may want to end the work."""


def first_paint(
    content: Float, styles: Sequence[tuple[Float, float]], before_tile: Callable[[], None] = go_on
) -> Float:
    """content: (H, W, 3); styles: (picture, share), shares sum to 1. Returns (H, W, 3) in [0, 1].

    A large picture is painted in tiles, which share what the network makes of spots all over the picture.
    `before_tile` may raise to end the work there.
    """
    vector: Float = np.sum([style_vector(picture) * share for picture, share in styles], axis=0, dtype=np.float32)
    height, width = content.shape[:2]
    if height * width > LARGEST_WHOLE:
        return _by_tiles(content, vector, before_tile)
    session = _session(weights.FIRST_PAINT_FILE)
    (painted,) = session.run(["picture"], {"content": _padded(content)[None], "vector": vector}, run_options())
    return np.ascontiguousarray(painted[0, :height, :width].clip(0, 1))


def _by_tiles(content: Float, vector: Float, before_tile: Callable[[], None]) -> Float:
    height, width = content.shape[:2]
    names = [value.name for value in _session(weights.FIRST_PAINT_FILE).get_outputs()][1:]
    found = _session(weights.FIRST_PAINT_FILE).run(names, {"content": _spots(content), "vector": vector}, run_options())
    normalising = dict(zip(names, found, strict=True))
    session = _session(weights.FIRST_PAINT_TILE_FILE)
    painted = np.empty((height, width, 3), np.float32)
    for tile in tiles(height, width, TILE, TILE_MARGIN):
        before_tile()
        outer, inner = tile.outer, tile.inner.within(tile.outer)
        seen = _padded(content[outer.top : outer.bottom, outer.left : outer.right])
        (part,) = session.run(["picture"], {"content": seen[None], **normalising}, run_options())
        inside = part[0, inner.top : inner.bottom, inner.left : inner.right]
        np.clip(inside, 0, 1, out=painted[tile.inner.top : tile.inner.bottom, tile.inner.left : tile.inner.right])
    return painted


def _spots(content: Float) -> Float:
    """(N, SPOT, SPOT, 3): squares evenly spread over the picture, about as many on each side as fit its proportions.

    Where a side is shorter than SPOT, so are theirs: as long as the network's halvings allow.
    """
    height, width = content.shape[:2]
    tall, wide = (min(SPOT, side // MULTIPLE * MULTIPLE) for side in (height, width))
    rows = min(height // tall, max(1, round((SPOTS * height / width) ** 0.5)))
    columns = min(width // wide, math.ceil(SPOTS / rows))
    tops, lefts = (
        [round((i + 0.5) * side / count - spot / 2) for i in range(count)]
        for side, count, spot in ((height, rows, tall), (width, columns, wide))
    )
    return np.stack([content[top : top + tall, left : left + wide] for top in tops for left in lefts])


def _padded(content: Float) -> Float:
    padding = ((0, -content.shape[0] % MULTIPLE), (0, -content.shape[1] % MULTIPLE), (0, 0))
    return np.pad(content, padding, mode="edge")
