"""A job in the terms of the wire, for hosts that have the engine's own arrays; `painting` is the other side."""

from __future__ import annotations

import numpy as np

from nst_core.job import Float, Job
from nst_core.messages import Pixels, StylePixels, Stylize
from nst_core.painting import to_pixels
from nst_core.settings import to_mapping


def request_of(job: Job) -> Stylize:
    """What asks a worker for the same picture that a run of this job would give."""
    styles = tuple(StylePixels(_pixels(style.pixels), style.weight, _rows(style.guide)) for style in job.styles)
    return Stylize(
        content=_pixels(job.content),
        styles=styles,
        settings=to_mapping(job.settings),
        init=None if job.init is None else _pixels(job.init),
        mask=_rows(job.mask),
        part=job.part,
        strength_map=_rows(job.strength_map),
    )


def picture_of(pixels: Pixels, channels: int) -> Float:
    """(H, W, channels) of what came back: without the alpha that the wire adds where there was none."""
    rgba: Float = np.frombuffer(pixels.rgba, "<f4").reshape(pixels.height, pixels.width, 4)
    return rgba[..., :channels]


def _pixels(picture: Float) -> Pixels:
    if picture.shape[2] == 4:
        return to_pixels(picture)
    return to_pixels(np.dstack([picture, np.ones(picture.shape[:2], np.float32)]))


def _rows(mask: Float | None) -> memoryview | None:
    return None if mask is None else np.ascontiguousarray(mask, dtype="<f4").data.cast("B")
