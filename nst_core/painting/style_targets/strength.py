"""Loss weights and blends as functions of strength and smoothness. Nothing else computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.shared.settings import Settings
from nst_core.vgg.losses import GRAM_WEIGHTS, Weights

CONTENT = 0.05
"""Content weight of the classic method at strength 50, for a style weight of 1; chosen by metrics and by eye."""
SPAN = 8.0
"""Factor on the content weight at strength 0; at strength 100 it is divided by this."""
TV_UNIT = 0.5
"""Weight of total variation for a smoothness of 1, for a style weight of 1."""
STRENGTHS = (0.0, 10.0, 25.0, 50.0, 75.0, 100.0)
BLENDS = (0.0, 0.4, 0.7, 1.0, 1.0, 1.0)
"""At each of STRENGTHS: share of the matched style features in the target; the rest are those of the content.

Chosen by eye. The first values are high, because a share below a third is hardly visible.
"""
GRAMS = (0.0, 0.25, 0.5, 1.15, 1.8, 3.0)
"""At each of STRENGTHS: weight of the Gram term, relative to 1 for the target features."""
PAINTED = (0.25, 0.25, 0.25, 0.25, 0.5, 1.0)
"""At each of STRENGTHS: share of the result so far in the query of the matching, see `query`."""
DETAIL = (1.0, 1.0, 1.0, 1.0, 0.6, 0.0)
"""At each of STRENGTHS: share of the photograph's own detail in the query.

At 0 the photograph determines only the coarse forms, and the styles all detail in them.
"""


@dataclass(frozen=True)
class Strength:
    """Parameters of the painterly method at each position.

    blend: (H, W) in [0, 1], see BLENDS. gram: (H, W) in [0, 1]; times `gram_weight` it is the weight of the Gram term.
    """

    blend: Float
    gram: Float
    gram_weight: float


def classic_weights(settings: Settings) -> Weights:
    """The weights of the classic method."""
    content = 0.0 if settings.texture else CONTENT * SPAN ** (1 - settings.boldness)
    return Weights(held=content, tv=TV_UNIT * settings.tv_weight)


def painterly_weights(settings: Settings, gram_weight: float) -> Weights:
    """The weights of the painterly method."""
    gram = {layer: share * gram_weight for layer, share in GRAM_WEIGHTS["painterly"].items()}
    return Weights(gram=gram, held=1.0, tv=TV_UNIT * settings.tv_weight)


def strength_at(settings: Settings, strength_map: Float) -> Strength:
    """strength_map: (H, W) in [0, 1], which multiplies the strength position by position."""
    strength = settings.strength * strength_map
    weight = float(np.interp(settings.strength, STRENGTHS, GRAMS))
    gram = np.interp(strength, STRENGTHS, GRAMS) / max(weight, 1e-6)
    return Strength(np.interp(strength, STRENGTHS, BLENDS).astype(np.float32), gram.astype(np.float32), weight)


def query(settings: Settings, strength_map: Float, content: Float, coarse: Float, painted: Float) -> Float:
    """The picture for whose cells pieces are searched: (H, W, 3), like content, coarse and painted.

    strength_map: (H, W) in [0, 1]. coarse: the content without the detail that `painted`, the result so far, upscaled,
    cannot have.
    """
    strength = settings.strength * strength_map[..., None]
    share, detail = (np.interp(strength, STRENGTHS, values).astype(np.float32) for values in (PAINTED, DETAIL))
    found: Float = coarse + share * (painted - coarse) + detail * (content - coarse)
    return found
