"""Makes the job for a picture of a batch, and for a frame of a sequence, which starts from the frame before."""

from __future__ import annotations

from dataclasses import replace

from nst_core.batch.batch_files import Item
from nst_core.cli.job_inputs import ResolvedJob, read_content
from nst_core.imaging.arrays import Float, flatten
from nst_core.imaging.files import image_files
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.imaging.optical_flow import warped_paint
from nst_core.painting.job import Job
from nst_core.painting.run import Run
from nst_core.shared.planning.schedule import plan
from nst_core.shared.settings import Settings, from_mapping

QUICKER = {"draft": "draft", "normal": "draft", "high": "normal", "max": "high"}
"""The quality for frames that start from the result before them."""
SCENE_CUT = 0.5
"""If more than this share of a frame is new, it counts as a cut, and is painted without the frame before it."""


def make_job(resolved: ResolvedJob, item: Item, before: Item | None) -> tuple[DecodedImage, Job]:
    """The decoded file of the picture, and the job for it. Raises NeuralStyleError."""
    source = read_content(str(item.source), resolved.size, item.page)
    start = _start(resolved, source.pixels, before) if before else None
    if start is None:
        return source, resolved.job(source.pixels)
    settings = from_mapping({"quality": _quality(resolved.settings, *start.shape[:2])}, resolved.settings)
    return source, replace(resolved, settings=settings).job(source.pixels, start)


def _start(resolved: ResolvedJob, content: Float, before: Item) -> Float | None:
    """(H, W, 3): the result of the frame before, warped to this one; None at a cut or a change of size."""
    frame = read_content(str(before.source), resolved.size, before.page).pixels
    paint = flatten(image_files.read(before.output))
    if not frame.shape[:2] == paint.shape[:2] == content.shape[:2]:
        return None
    start, new = warped_paint(paint, flatten(frame), flatten(content))
    if new.mean() > SCENE_CUT:
        return None
    if new.any():
        start = start + new[..., None] * (_first_picture(resolved.job(content)) - start)
    return start


def _first_picture(job: Job) -> Float:
    """(H, W, 3): where a run of the job would start from."""
    run = Run(job)
    next(iter(run), None)
    return flatten(run.outcome().pixels)


def _quality(settings: Settings, height: int, width: int) -> str:
    """The quicker quality, unless it paints at a smaller size: fine strokes, blurred by warping, must be renewed."""
    quicker = from_mapping({"quality": QUICKER[settings.quality]}, settings)
    last = plan(height, width, quicker, resumed=True)[-1]
    return quicker.quality if (last.height, last.width) == (height, width) else settings.quality
