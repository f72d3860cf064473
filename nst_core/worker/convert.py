"""Converts messages of the wire to jobs and back; a run that yields messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.files.color_profiles import as_bytes
from nst_core.imaging.files.decoding import decode_style
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.painting.faces import find_faces
from nst_core.painting.job import Excerpt, Job, Style, StyleSource
from nst_core.painting.run import Run
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.settings import from_mapping, to_mapping
from nst_core.shared.wire import messages
from nst_core.shared.wire.frames import Buffer
from nst_core.shared.wire.messages import MAX_STYLE_FILE, Pixels, StyleFile, StylePixels, Stylize

PREVIEW_SIDE = 1024  # px: larger than the preview of a dialog


@dataclass(frozen=True, eq=False)
class Painted:
    """A finished picture, with as many channels as its content; recipe and metrics for JSON."""

    pixels: Float
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]


class WireRun:
    """The run of a request, which yields messages. Raises what `job_of` raises."""

    def __init__(self, request: Stylize) -> None:
        self._job = request.job
        self._run = Run(job_of(request), sketch=request.sketch)

    def __iter__(self) -> Generator[messages.Progress, None, None]:
        """Paint, as `Run`."""
        with closing(iter(self._run)) as steps:
            for progress in steps:
                yield messages.Progress(self._job, **dataclasses.asdict(progress))

    def done(self) -> messages.Done:
        """The best picture so far, as the job's last message."""
        outcome = self._run.outcome()
        return messages.Done(self._job, to_pixels(outcome.pixels), outcome.recipe, outcome.metrics.to_mapping())

    def preview(self) -> messages.ScreenPixels:
        """The best picture so far, at most PREVIEW_SIDE wide and high."""
        rows = as_bytes(self._run.preview(PREVIEW_SIDE))
        return messages.ScreenPixels(rows.shape[1], rows.shape[0], rows.data.cast("B"))

    def stop(self) -> None:
        """End the run as soon as the backend can."""
        self._run.stop()


def job_of(request: Stylize) -> Job:
    """The job of a request. Pixels are copied only if some lie outside [0, 1]; those are clipped.

    NaN pixels, as in damaged renderings, take the colours of pixels near them. Raises what `Job` and `decode_style`
    raise.
    """
    size = request.content.height, request.content.width
    return Job(
        content=_picture(request.content, "the picture"),
        styles=tuple(_style(style, size) for style in request.styles),
        settings=from_mapping(request.settings),
        init=None if request.init is None else _picture(request.init, "the picture to start from")[..., :3],
        mask=_mask(request.mask, size),
        part=request.part,
        strength_map=_mask(request.strength_map, size),
        excerpt=None if request.excerpt is None else _excerpt(request.excerpt),
    )


def _excerpt(excerpt: messages.Excerpt) -> Excerpt:
    left, top, right, bottom = excerpt.place
    around = None if excerpt.around is None else _picture(excerpt.around, "the picture around")
    begun = None if excerpt.begun is None else _picture(excerpt.begun, "the painting so far")[..., :3]
    return Excerpt((excerpt.height, excerpt.width), (top, left, bottom, right), around, begun)


def to_pixels(rgba: Float) -> Pixels:
    """rgba: (H, W, 4). Not copied if it is contiguous."""
    rows = np.ascontiguousarray(rgba, dtype="<f4")
    return Pixels(rgba.shape[1], rgba.shape[0], rows.data.cast("B"))


def _style(style: StyleFile | StylePixels, size: tuple[int, int]) -> Style:
    """The style of a message. size: (height, width) of the content and of the guide."""
    guide = _mask(style.guide, size)
    if isinstance(style, StyleFile):
        encoded = bytes(style.encoded)
        return Style(decode_style(encoded, style.name), style.weight, guide, StyleSource(style.name, encoded))
    return Style(_picture(style.pixels, "the style"), style.weight, guide)


def _picture(pixels: Pixels, what: str) -> Float:
    """(H, W, 4) in [0, 1]. Raises InvalidImageError if no pixel is finite."""
    shape = (pixels.height, pixels.width, 4)
    values = _bounded(pixels.rgba, shape)
    sent = np.frombuffer(pixels.rgba, dtype="<f4").reshape(shape)
    if not np.isnan(sent.min()):
        return values
    known = ~np.isnan(sent[..., :3]).any(2)
    if not known.any():
        raise InvalidImageError(f"{what} holds values that are not numbers", "repair the picture first")
    color, alpha = values[..., :3], values[..., 3]
    visible = known * alpha
    filled = fill_hidden(color, visible if visible.any() else known.astype(np.float32))
    filled = np.minimum(filled, 1)  # rounding may give more
    return np.concatenate([np.where(known[..., None], color, filled), alpha[..., None]], axis=2)


def _mask(raw: Buffer | None, size: tuple[int, int]) -> Float | None:
    """A mask, a guide or a strength map, (H, W) in [0, 1]."""
    return None if raw is None else _bounded(raw, size)


def _bounded(raw: Buffer, shape: tuple[int, ...]) -> Float:
    """float32 of this shape, clipped to [0, 1]; NaN becomes 0."""
    values = np.frombuffer(raw, dtype="<f4").reshape(shape)
    if values.min() >= 0 and values.max() <= 1:  # both are false if there is a NaN
        return values
    bounded: Float = np.nan_to_num(values, nan=0, posinf=1, neginf=0).clip(0, 1)
    return bounded


def faces_in(pixels: Pixels) -> tuple[messages.Face, ...]:
    """The faces in a picture, the highest score first. Raises what find_faces and _picture raise."""
    faces = find_faces(_picture(pixels, "the picture")[..., :3])
    return tuple(messages.Face(face.x, face.y, face.half_width, face.half_height, face.roll) for face in faces)


def request_of(job: Job) -> Stylize:
    """The request whose result is that of a run of this job."""
    return Stylize(
        content=_pixels(job.content),
        styles=tuple(_style_message(style) for style in job.styles),
        settings=to_mapping(job.settings),
        init=None if job.init is None else _pixels(job.init),
        mask=_buffer(job.mask),
        part=job.part,
        strength_map=_buffer(job.strength_map),
    )


def _style_message(style: Style) -> StyleFile | StylePixels:
    """A style as its file, which is smaller and decoded once; as pixels if it has no file, or a too large one."""
    guide, source = _buffer(style.guide), style.source
    if source is not None and len(source.encoded) <= MAX_STYLE_FILE:
        return StyleFile(source.encoded, style.weight, source.name, guide)
    return StylePixels(_pixels(style.pixels), style.weight, guide)


def picture_of(pixels: Pixels, channels: int) -> Float:
    """(H, W, channels) of pixels of the wire, without the alpha that was added for the wire."""
    rgba: Float = np.frombuffer(pixels.rgba, "<f4").reshape(pixels.height, pixels.width, 4)
    return rgba[..., :channels]


def _pixels(picture: Float) -> Pixels:
    if picture.shape[2] == 4:
        return to_pixels(picture)
    return to_pixels(np.dstack([picture, np.ones(picture.shape[:2], np.float32)]))


def _buffer(mask: Float | None) -> memoryview | None:
    return None if mask is None else np.ascontiguousarray(mask, dtype="<f4").data.cast("B")
