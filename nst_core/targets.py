"""What the image shall become at one resolution: Gram matrices of the styles, features, and where these count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nst_core import color, images
from nst_core.aim import Strength, painterly_weights
from nst_core.backends import Backend, Float
from nst_core.job import Style
from nst_core.layers import CLASSIC, PAINTERLY, Method
from nst_core.matching import Index, nearest
from nst_core.patches import assembled
from nst_core.planes import planes
from nst_core.regions import Region, opaque
from nst_core.settings import Settings
from nst_core.statistics import Array, Grams, Targets, Weights, blend, cell_means
from nst_core.style_targets import StylePieces, style_grams, style_pieces

LEAST_GUIDE = 1e-5
"""A guide of zeros would have no mass, on a deep layer if not on the image; this much is invisible."""


@dataclass
class Scene:
    """What there is at one resolution, nothing hidden in it.

    content: (H, W, 3). visible, and the regions' guides: (H, W), zero in a margin that only repeats other pixels.
    area: px of the picture without that margin. brush_size: of the strokes, against those of the style picture.
    """

    content: Float
    visible: Float
    regions: Sequence[Region]
    area: int
    brush_size: float


@dataclass
class Matches:
    """What was found for each style of each region, in their order: at this octave, and at the one before."""

    indices: list[Index] = field(default_factory=list)

    def coarser(self, number: int) -> Index | None:
        """The one of that number, if there is any."""
        return self.indices[number] if number < len(self.indices) else None


def classic_targets(backend: Backend, scene: Scene, weights: Weights) -> Targets:
    """The targets of the classic method.

    A guide counts as much as it covers of the picture, so that the loss is equally dense everywhere.
    """
    return _targets(
        backend,
        scene,
        CLASSIC,
        guides=[region.guide * scene.visible for region in scene.regions],
        held=backend.held(backend.array(planes(scene.content)), CLASSIC),
        held_share=np.ones_like(scene.visible),
        weights=weights,
    )


def painterly_targets(
    backend: Backend, scene: Scene, strength: Strength, settings: Settings, sought: Float, matches: Matches
) -> tuple[Targets, Float]:
    """The targets of the painterly method, and the picture (H, W, 3) put together from the nearest pieces.

    sought: (H, W, 3), what looks for its nearest. matches: of the coarser octave; changed to those of this one.
    """
    own = backend.held(backend.array(planes(scene.content)), PAINTERLY)
    asked = own if sought is scene.content else backend.held(backend.array(planes(sought)), PAINTERLY)
    found = {layer: values * 0 for layer, values in own.items()}
    pixels, indices = np.zeros_like(scene.content), list[Index]()
    covered = np.zeros_like(scene.visible)
    for region in scene.regions:
        guides = cell_means(backend.array(region.guide[None, None]), own)
        counts = cell_means(backend.array((region.guide * scene.visible)[None, None]), own)["relu3_1"]
        covered += region.guide
        for picture, share in region.styles:
            style = style_pieces(backend, picture, scene.area, scene.brush_size, PAINTERLY)
            index = nearest(backend, asked, counts, style.pieces, matches.coarser(len(indices)))
            indices.append(index)
            for layer, values in _gathered(style, index, own).items():
                found[layer] = found[layer] + guides[layer] * share * values
            part = assembled(style.picture, index, *scene.visible.shape)
            pixels += region.guide[..., None] * np.float32(share) * part
    matches.indices = indices
    # Where no style counts, and as far as the strength is below, the content's own features are the target.
    toward = cell_means(backend.array(strength.blend[None, None]), own)
    bare = cell_means(backend.array(1 - covered[None, None]), own)
    target = {
        layer: values + toward[layer] * (found[layer] + bare[layer] * values - values) for layer, values in own.items()
    }
    pixels += (1 - covered)[..., None] * scene.content
    start = scene.content + strength.blend[..., None] * (pixels - scene.content)
    targets = _targets(
        backend,
        scene,
        PAINTERLY,
        guides=[region.guide * scene.visible * strength.gram for region in scene.regions],
        held=target,
        held_share=scene.visible,
        weights=painterly_weights(settings, strength.gram_weight),
    )
    return targets, start


def _gathered(style: StylePieces, index: Index, like: Mapping[str, Array]) -> dict[str, Array]:
    """The features (1, C, h, w) of the style cells in `index`; where a map has one position for four cells, means."""
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
    backend: Backend,
    scene: Scene,
    method: Method,
    *,
    guides: Sequence[Float],
    held: Mapping[str, Array],
    held_share: Float,
    weights: Weights,
) -> Targets:
    stacked = np.maximum(np.stack(guides), LEAST_GUIDE)[:, None]
    return Targets(
        method=method,
        grams=_stacked(backend, [_grams(backend, region, scene, method) for region in scene.regions]),
        guides=backend.array(stacked),
        guide_share=tuple(float(guide.sum()) / scene.area for guide in stacked),
        held=held,
        held_share=backend.array(np.maximum(held_share, LEAST_GUIDE)[None, None]),
        weights=weights,
    )


def _grams(backend: Backend, region: Region, scene: Scene, method: Method) -> Grams:
    parts = [style_grams(backend, pixels, scene.area, scene.brush_size, method) for pixels, _ in region.styles]
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
    """The style as it is, or with the palette of the content in its region (for `content` and `luminance`)."""
    if choice == "style":
        return style
    guide = None if style.guide is None else images.resize(style.guide[..., None], *content.shape[:2])[..., 0]
    wanted = color.palette(content, guide if guide is not None and guide.any() else None)
    return Style(color.matched(opaque(style.pixels), wanted), style.weight, style.guide)
