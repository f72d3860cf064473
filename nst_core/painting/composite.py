"""From the optimised image to the result: full size, colours, strength, mask and alpha."""

from __future__ import annotations

import numpy as np

from nst_core.imaging import color
from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import resized_strip, strips
from nst_core.painting.job import Job
from nst_core.painting.style_targets.regions import guided_in, reach_of

FADE_BELOW = 20.0
"""Below this strength the result is blended with the photograph, so that 0 gives exactly the photograph."""


def composite(job: Job, styled: Float) -> Float:
    """styled: (h, w, 3) at any size. Returns a picture of the content's size and channels."""
    height, width = job.content.shape[:2]
    out = np.empty(job.content.shape, np.float32)
    for rows in strips(height, width):
        result = resized_strip(styled, height, width, rows)
        photograph = job.content[rows, :, :3]
        fade = np.minimum(np.float32(1), _strength(job, rows) / np.float32(FADE_BELOW))
        share = fade * reach_of(guided_in(job.styles, rows), rows.stop - rows.start, width)
        share = share if job.mask is None else share * job.mask[rows]
        if job.settings.color == "luminance":
            # Mixing encoded values would change the chroma.
            mixed = result = color.with_chroma_of(photograph, result, share)
        else:
            mixed = photograph + share[..., None] * (result - photograph)
        # At shares of 0 and 1 the values are copied, without rounding.
        out[rows, :, :3] = np.where(share[..., None] == 0, photograph, np.where(share[..., None] == 1, result, mixed))
    out[..., 3:] = job.content[..., 3:]
    return out


def _strength(job: Job, rows: slice) -> Float:
    """(rows, W), or (1, 1) where it is the same everywhere."""
    strength = np.full((1, 1), job.settings.strength, np.float32)
    return strength if job.strength_map is None else strength * job.strength_map[rows]
