"""The targets of an octave: Gram matrices of the styles, target features, and where each of them counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_core.backends.base import Backend, to_image
from nst_core.imaging import color
from nst_core.imaging.arrays import Float, digest
from nst_core.imaging.resizing import resize, resize_plane
from nst_core.painting.job import Style
from nst_core.painting.style_targets.matching import (
    FinePieces,
    Index,
    Means,
    NearestCells,
    Pieces,
    assembled,
    fine_pieces,
    means_of,
    nearest,
    nearest_fine,
    pieces,
)
from nst_core.painting.style_targets.regions import Region, opaque
from nst_core.painting.style_targets.strength import Strength
from nst_core.shared.settings import MIN_SIDE
from nst_core.system.lru_cache import LruCache
from nst_core.vgg.layers import BLOCK_LAYER, CELL, CLASSIC, PAINTERLY, SHALLOW, Method
from nst_core.vgg.losses import Array, Grams, Targets, Weights, blend, cell_means

LEAST_GUIDE = 1e-5
"""Least value of a guide: the sum of a guide must not be 0 on any layer. So small a share is invisible."""

CACHED_STYLES = 36
"""Number of cached sets of Gram matrices, 2.5 MB each: three styles x six octaves x two picture sizes."""

ENLARGED = 1.5
"""Largest factor by which a style picture is enlarged."""

ROUNDED = 1 + 1e-9
"""Tolerance for rounding: a style with a copy beside it has just the largest area that is used whole."""

BORDER, LEAST_WITH_BORDER = 2 * CELL, 64
"""px: BORDER on each side of a style is not used for pieces, if its shorter side is at least LEAST_WITH_BORDER."""

CACHED_QUERIES = 2
"""Number of cached query features, 10 MB each: sketches of many styles are made of the same photograph."""

CACHED_PIECES = 6
"""Number of cached sets of a style's cells: 65 MB for 512 px, less for coarser octaves."""


Match = tuple[NearestCells, Means]
"""The nearest cells of a style of a region, and the mean features of the query in that region."""


@dataclass(frozen=True)
class Scene:
    """Content and regions at one resolution, with hidden pixels filled.

    content: (H, W, 3). visible, and the regions' guides: (H, W) in [0, 1], zero in the margin of a seamless picture.
    area: px of the picture without that margin. brush_size: size of the strokes relative to those of the styles.
    """

    content: Float
    visible: Float
    regions: Sequence[Region]
    area: int
    brush_size: float


@dataclass(frozen=True)
class MatchInput:
    """The photograph in two versions, (H, W, 3). query: its pieces are matched. ground: recoloured like the styles.

    Where the strength is low the ground is the target; the function is called only if there are such pixels.
    """

    query: Float
    ground: Callable[[], Float]


@dataclass(frozen=True)
class StylePieces:
    """A style at a size. picture: (H, W, 3); grams; held: its features by layer; pieces: its cells."""

    picture: Float
    grams: Grams
    held: Mapping[str, Array]
    pieces: Pieces


_cached_grams: LruCache[Grams] = LruCache(CACHED_STYLES)

_cached_pieces: LruCache[StylePieces] = LruCache(CACHED_PIECES)

_cached_queries: LruCache[Mapping[str, Array]] = LruCache(CACHED_QUERIES)


def classic_targets(backend: Backend, scene: Scene, weights: Weights) -> Targets:
    """The targets of the classic method.

    The weight of a guide is its share of the area, so that the loss per pixel is the same everywhere.
    """
    targets = _targets(
        backend,
        scene,
        CLASSIC,
        [_grams(backend, region, scene) for region in scene.regions],
        [region.guide * scene.visible for region in scene.regions],
        weights,
    )
    held = backend.held(to_image(backend, scene.content), CLASSIC)
    return replace(targets, held=held, held_share=_share(backend, np.ones_like(scene.visible)))


def painterly_targets(
    backend: Backend, scene: Scene, strength: Strength, weights: Weights, match_input: MatchInput
) -> tuple[Targets, Float, list[Match]]:
    """The targets of the painterly method, the picture (H, W, 3) assembled from the nearest pieces, and the matches.

    There is a match for each style of each region, in their order.
    """
    features = backend.held(to_image(backend, match_input.query), PAINTERLY)
    covered = np.sum([region.guide for region in scene.regions], axis=0, dtype=np.float32)
    style_share = strength.blend * covered
    # Where no style counts, and in proportion to a lower strength, the target are the features of the ground.
    ground = None if (style_share >= 1).all() else match_input.ground()
    base = features if ground is None else backend.held(to_image(backend, ground), PAINTERLY)
    shares = cell_means(backend.array(style_share[None, None]), base)
    target = {layer: values * (0 if ground is None else 1 - shares[layer]) for layer, values in base.items()}
    pixels, grams, matches = np.zeros_like(scene.content), list[Grams](), list[Match]()
    for region in scene.regions:
        guide = region.guide * strength.blend
        cell_guide = cell_means(backend.array(guide[None, None]), base)
        means = _region_means(backend, features, region, scene)
        styles = [
            (style_pieces(backend, picture, scene.area, scene.brush_size), share) for picture, share in region.styles
        ]
        grams.append(blend([style.grams for style, _ in styles], [share for _, share in styles]))
        for style, share in styles:
            index = nearest(backend, features, means, style.pieces)
            matches.append((NearestCells(index, style.pieces.grid), means))
            for layer, values in _gathered(style, index, base).items():
                target[layer] = target[layer] + cell_guide[layer] * share * values
            pixels += (guide * np.float32(share))[..., None] * assembled(style.picture, index, *guide.shape)
    if ground is not None:
        pixels = pixels + (1 - style_share)[..., None] * ground
    guides = [region.guide * scene.visible * strength.gram for region in scene.regions]
    targets = _targets(backend, scene, PAINTERLY, grams, guides, weights)
    return replace(targets, held=target, held_share=_share(backend, scene.visible)), pixels, matches


def pieced(backend: Backend, scene: Scene, strength: Strength, match_input: MatchInput) -> Float:
    """The picture (H, W, 3) that `painterly_targets` assembles, without targets: fast for small pictures.

    The query's features are cached.
    """
    key = _key(backend, match_input.query, scene.area, 1.0)
    features = _cached_queries.get(key, lambda: backend.held(to_image(backend, match_input.query), PAINTERLY))
    pixels = np.zeros_like(scene.content)
    style_share = np.zeros_like(scene.visible)
    for region in scene.regions:
        guide = region.guide * strength.blend
        style_share += guide
        means = _region_means(backend, features, region, scene)
        for picture, share in region.styles:
            style = style_pieces(backend, picture, scene.area, scene.brush_size)
            index = nearest(backend, features, means, style.pieces)
            pixels += (guide * np.float32(share))[..., None] * assembled(style.picture, index, *guide.shape)
    return pixels if (style_share >= 1).all() else pixels + (1 - style_share)[..., None] * match_input.ground()


def refined(
    backend: Backend,
    scene: Scene,
    query: Float,
    matches: Sequence[Match],
    places: Sequence[tuple[Index, tuple[Float, FinePieces]]],
) -> Float:
    """A part of a large picture (H, W, 3), assembled from the fine pieces that are nearest to `query` (H, W, 3).

    matches: of the last octave. places: for each style of each region, the style cell at which the search for each cell
    starts, and the style with its pieces.
    """
    features = backend.held(to_image(backend, query), SHALLOW)
    pixels = np.zeros_like(query)
    guided = [(region.guide, share) for region in scene.regions for _, share in region.styles]
    for (guide, share), (_, means), (start, (picture, style)) in zip(guided, matches, places, strict=True):
        index = nearest_fine(features, means, style, start)
        pixels += guide[..., None] * np.float32(share) * assembled(picture, index, *query.shape[:2])
    return pixels


def _region_means(backend: Backend, features: Mapping[str, Array], region: Region, scene: Scene) -> Means:
    """The mean features of the picture where the region's styles count."""
    shares = backend.array((region.guide * scene.visible)[None, None])
    return means_of(features, cell_means(shares, features))


def _gathered(style: StylePieces, index: Index, like: Mapping[str, Array]) -> dict[str, Array]:
    """The features (1, C, h, w) of the style cells in `index`; the mean of four cells on maps of half the size."""
    found = {}
    for layer, values in style.held.items():
        height, width = (int(side) for side in like[layer].shape[2:])
        last = np.array(values.shape[2:]) - 1
        if index.shape[0] == height:
            at = np.minimum(index, last)
            found[layer] = values[:, :, at[..., 0], at[..., 1]]
            continue
        four = [np.minimum(index[y : 2 * height : 2, x : 2 * width : 2] // 2, last) for y in (0, 1) for x in (0, 1)]
        found[layer] = sum(values[:, :, at[..., 0], at[..., 1]] for at in four) / 4
    return found


def _targets(
    backend: Backend, scene: Scene, method: Method, grams: Sequence[Grams], guides: Sequence[Float], weights: Weights
) -> Targets:
    """The targets without target features."""
    stacked = np.maximum(np.stack(guides), LEAST_GUIDE)[:, None]
    return Targets(
        method=method,
        grams=_stacked(backend, grams),
        guides=backend.array(stacked),
        guide_share=tuple(float(guide.sum()) / scene.area for guide in stacked),
        held={},
        held_share=None,
        weights=weights,
    )


def _share(backend: Backend, plane: Float) -> Array:
    return backend.array(np.maximum(plane, LEAST_GUIDE)[None, None])


def _grams(backend: Backend, region: Region, scene: Scene) -> Grams:
    parts = [style_grams(backend, pixels, scene.area, scene.brush_size, CLASSIC) for pixels, _ in region.styles]
    return blend(parts, [share for _, share in region.styles])


def _stacked(backend: Backend, regions: Sequence[Grams]) -> Grams:
    """The matrices of K regions, each (1, C, C), as one of (K, C, C)."""
    if len(regions) == 1:
        return regions[0]
    return {
        layer: backend.array(np.concatenate([backend.numpy(region[layer]) for region in regions]))
        for layer in regions[0]
    }


def in_colors(style: Style, content: Float, choice: str) -> Style:
    """The style, hidden pixels filled; for `content` and `luminance` with the palette of its part of the content."""
    if choice == "style":
        return replace(style, pixels=opaque(style.pixels)) if style.pixels.shape[2] == 4 else style
    guide = None if style.guide is None else resize_plane(style.guide, *content.shape[:2])
    wanted = color.palette(content, guide if guide is not None and guide.any() else None)
    return Style(color.matched(opaque(style.pixels), wanted), style.weight, style.guide)


def style_grams(backend: Backend, style: Float, area: int, brush_size: float, method: Method) -> Grams:
    """Gram matrices of one style (H, W, 3) for a picture of `area` px."""
    key = (*_key(backend, style, area, brush_size), method.name)
    return _cached_grams.get(key, lambda: backend.grams(to_image(backend, sized(style, area, brush_size)), method))


def style_pieces(backend: Backend, style: Float, area: int, brush_size: float) -> StylePieces:
    """Picture, features and cells of one style (H, W, 3) for a picture of `area` px."""
    key = _key(backend, style, area, brush_size)
    return _cached_pieces.get(key, lambda: _pieces_of(backend, sized(style, area, brush_size)))


def fine_style(backend: Backend, style: Float, area: int, brush_size: float) -> tuple[Float, FinePieces]:
    """A style (H, W, 3) and its shallow features, for the fine detail of a picture of `area` px.

    It is not enlarged, because that would add no detail.
    """
    scale = min(_scale(style, area, brush_size), max(1.0, brush_size))
    picture = _resized(style, scale)
    held = backend.held(to_image(backend, picture), SHALLOW)
    picture, held = _without_border(picture, held)
    return picture, fine_pieces(held)


def sized(style: Float, area: int, brush_size: float) -> Float:
    """The style at the size at which its strokes have the right width: its area is `area` x brush_size^2.

    It is enlarged at most by ENLARGED, or by the brush size, because strokes would become blurred. Of a style larger
    than the picture four windows are used, one in each quadrant, with together the picture's area. This keeps the time
    independent of the brush size.
    """
    height, width = style.shape[:2]
    scale = min(_scale(style, area, brush_size), max(ENLARGED, brush_size))
    if scale * math.sqrt(height * width) <= ROUNDED * math.sqrt(2 * area):
        return _resized(style, scale)
    shrink = math.sqrt(area / (height * width)) / 2
    size = tuple(max(MIN_SIDE, round(side * shrink)) for side in (height, width))
    rows = [
        [resize(_window(style, (y, x), [math.ceil(side / scale) for side in size]), *size) for x in (0.25, 0.75)]
        for y in (0.25, 0.75)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def _scale(style: Float, area: int, brush_size: float) -> float:
    return math.sqrt(area / (style.shape[0] * style.shape[1])) * brush_size


def _resized(style: Float, scale: float) -> Float:
    return resize(style, *(max(MIN_SIDE, round(side * scale)) for side in style.shape[:2]))


def _window(style: Float, center: tuple[float, float], size: Sequence[int]) -> Float:
    """The part of this (height, width) around a center given in shares of the style's sides, moved to lie inside."""
    slices = []
    for side, share, length in zip(style.shape[:2], center, size, strict=True):
        first = round(min(max(share * side - length / 2, 0), max(side - length, 0)))
        slices.append(slice(first, first + length))
    return style[tuple(slices)]


def _key(backend: Backend, style: Float, area: int, brush_size: float) -> tuple[Hashable, ...]:
    return backend.name, backend.device, backend.precision, digest(style), area, brush_size


def _pieces_of(backend: Backend, picture: Float) -> StylePieces:
    grams, held = backend.grams_and_held(to_image(backend, picture), PAINTERLY)
    picture, held = _without_border(picture, held)
    return StylePieces(picture, grams, held, pieces(held))


def _without_border(picture: Float, held: Mapping[str, Array]) -> tuple[Float, Mapping[str, Array]]:
    """Picture and features without their borders: these match the borders of any picture, and would draw a frame."""
    if min(picture.shape[:2]) < LEAST_WITH_BORDER:
        return picture, held
    inside = {}
    for layer, values in held.items():
        margin = BORDER // CELL // (2 if layer == BLOCK_LAYER else 1)
        inside[layer] = values[:, :, margin:-margin, margin:-margin]
    return picture[BORDER:-BORDER, BORDER:-BORDER], inside
