"""From the optimised image to the picture delivered: size, colours, strength, mask and alpha."""

from __future__ import annotations

import numpy as np

from nst_core import color, images
from nst_core.backends import Float
from nst_core.job import Job
from nst_core.regions import reach_of

FADE_BELOW = 20.0
"""Below this strength the photograph itself shines through, so that 0 is the photograph exactly."""


def finished(job: Job, styled: Float) -> Float:
    """styled: (h, w, 3) at any size. Returns a picture of the content's size and channels."""
    content = job.content
    photograph = content[..., :3]
    height, width = photograph.shape[:2]
    result = images.resize(styled, height, width)
    if job.settings.color == "luminance":
        result = color.with_chroma_of(photograph, result)
    share = np.full((height, width, 1), min(1.0, job.settings.strength / FADE_BELOW), np.float32)
    share = share * reach_of(job.styles, height, width)[..., None]
    if job.mask is not None:
        share = share * job.mask[..., None]
    # Written so that shares of 0 and 1 return the photograph's and the result's own bits.
    mixed = np.where(share == 0, photograph, np.where(share == 1, result, photograph + share * (result - photograph)))
    return np.dstack([mixed, content[..., 3:]]).astype(np.float32)
