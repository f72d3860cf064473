"""Where a run starts from: a given picture, the photograph, a sketch in its strokes, or noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nst_core import color, images
from nst_core.backends import Float
from nst_core.first_paint import first_paint, go_on, prepare
from nst_core.job import Job, Style
from nst_core.octaves import BALANCED
from nst_core.periodic import resized
from nst_core.regions import Region, guided_at, guided_in, regions_of
from nst_core.settings import MIN_SIDE, Settings
from nst_core.strips import resized_strip, strips
from nst_core.visible import filled

NOISE = 0.2
"""Standard deviation of a noise init, before it takes the styles' colours."""
VARIATION, CLOUD = 0.1, 16
"""Standard deviation and width (px) of the clouds that make one seed's painting differ from another's."""
PALE = 0.6
"""Share of the sketch in the picture shown first at strength 50; the rest is the photograph. A draft, which has too few
steps to find strokes by itself, takes all of it and starts from there."""
GLIMPSE = 256
"""Longest edge of a sketch that only tells colours, px."""
SKETCH_SCALES = (1 / 3, 2.0)
"""How small and how large the photograph may get for the sketch's strokes to have their size."""
LARGEST_SKETCH = 4e6
"""Pixels that a photograph may be enlarged to for a small brush: the network takes about a second for each million."""
CALM, FAINT = 8, 1e-8
"""Over how many px strokes count together as calm or not; mean squares below which there are none."""
_GLANCE = (MIN_SIDE, MIN_SIDE)
"""A size for regions whose guides do not matter."""


class Ladder:
    """An image on its way from size to size, with the sketch that it grew from."""

    def __init__(
        self, job: Job, content: Float, styles: Sequence[Style], before_tile: Callable[[], None] = go_on
    ) -> None:
        """content: (H, W, 3) at full size, nothing hidden in it; styles: in the colours that are wanted.

        before_tile: called again and again while a large sketch is painted; what it raises ends that.
        """
        if job.init is not None:
            # Its hidden pixels shall influence nothing either.
            job = replace(job, init=filled(job.init, job.visible))
        self._job, self._content, self._styles, self._before_tile = job, content, styles, before_tile
        self._small = content
        self._sketched = job.init is None and job.settings.init == "sketch" and not job.settings.texture
        self._steady = job.init is not None or not (job.settings.texture or job.settings.init == "noise")
        self._ground: Float | None = None
        if self._sketched:
            prepare([pixels for region in regions_of(styles, *_GLANCE) for pixels, _ in region.styles])

    @property
    def sketched(self) -> bool:
        """Whether it grows from a sketch."""
        return self._sketched

    def content(self, height: int, width: int) -> Float:
        """The content at a size: (height, width, 3)."""
        if self._small.shape[:2] != (height, width):
            self._small = images.resize(self._content, height, width)
        return self._small

    def glance(self, height: int, width: int) -> Float:
        """(height, width, 3): what to show before anything is evaluated; with a sketch's strokes if there is one."""
        return first_image(self._job, self.content(height, width), self._styles, self._before_tile)

    def first(self, height: int, width: int) -> Float:
        """(height, width, 3): where the run starts from. Strokes of a sketch would stay as a weave in flat areas."""
        if self._sketched and self._job.settings.quality != "draft":
            self._ground = underpainting(self.content(height, width), self._styles, self._job.settings.strength)
        else:
            self._ground = self.glance(height, width)
        return self._ground

    def climb(self, image: Float, height: int, width: int) -> Float:
        """The image at its next size."""
        if image.shape[:2] == (height, width):
            return image
        if self._job.settings.seamless:
            return resized(image, height, width)
        if self._ground is None or not self._steady:
            return images.resize(image, height, width)
        below = self._ground
        return enlarged(image, below, self.first(height, width).copy())

    def carried(self, image: Float) -> Float:
        """The image at full size, where nothing more is done to it: with the finest strokes of a sketch of that size.

        All that the image shows stays as it is; only what is too fine for its size comes from that sketch, and that
        only as far as optimisation left the sketch its strokes: where it smoothed a sky, no weave comes back.
        """
        height, width = self._content.shape[:2]
        if image.shape[:2] == (height, width) or self._job.settings.seamless or not self._steady:
            return self.climb(image, height, width)
        fine = self.glance(height, width)
        fine = fine if self._sketched else fine.copy()
        return refined(image, images.resize(fine, *image.shape[:2]), fine)


def first_image(job: Job, content: Float, styles: Sequence[Style], before_tile: Callable[[], None] = go_on) -> Float:
    """(H, W, 3) for the size of `content`, in which nothing is hidden. styles: in the colours that are wanted."""
    height, width = content.shape[:2]
    if job.init is not None:
        return images.resize(job.init, height, width)
    if job.settings.texture or job.settings.init == "noise":
        return _noise(content, styles, job.settings.seed)
    if job.settings.init == "sketch":
        painted = sketch(content, styles, job.settings.brush_size, before_tile)
        return _with_photograph(painted, content, job.settings)
    return content


def varied(image: Float, seed: int) -> Float:
    """image: (H, W, 3), with soft clouds of light and colour in it that are the seed's own; none for seed 0."""
    if seed == 0:
        return image
    height, width = image.shape[:2]
    grid = (math.ceil(height / CLOUD), math.ceil(width / CLOUD), 3)
    # Resizing keeps to [0, 1], so the clouds hang around one half.
    clouds = np.random.default_rng(seed).normal(0.5, VARIATION, grid).clip(0, 1).astype(np.float32)
    changed: Float = (image + images.resize(clouds, height, width) - np.float32(0.5)).clip(0, 1)
    return changed


def sketch(
    content: Float, styles: Sequence[Style], brush_size: float, before_tile: Callable[[], None] = go_on
) -> Float:
    """The first picture, each style in its own region.

    The network's strokes have one width in pixels: a larger brush paints a smaller photograph, which is then enlarged.
    """
    height, width = content.shape[:2]
    largest = max(1.0, (LARGEST_SKETCH / (height * width)) ** 0.5)
    scale = min(max(1 / brush_size, SKETCH_SCALES[0]), SKETCH_SCALES[1], largest)
    small = images.resize(content, *(max(MIN_SIDE, round(side * scale)) for side in (height, width)))
    return _mixed(content, styles, lambda region: first_paint(small, region.styles, before_tile))


def underpainting(content: Float, styles: Sequence[Style], strength: float) -> Float:
    """The photograph in the colours that a sketch has: optimisation draws its own strokes on it."""
    scale = min(1.0, max(GLIMPSE / max(content.shape), MIN_SIDE / min(content.shape[:2])))
    small = images.resize(content, *(round(side * scale) for side in content.shape[:2]))
    own, share = color.palette(content), np.float32(min(1.0, strength / BALANCED))

    def painted(region: Region) -> Float:
        wanted, ground = color.palette(first_paint(small, region.styles)), np.empty_like(content)
        for rows in strips(*content.shape[:2]):
            ground[rows] = content[rows] + share * (color.recoloured(content[rows], own, wanted) - content[rows])
        return ground

    return _mixed(content, styles, painted)


def enlarged(image: Float, coarse: Float, fine: Float) -> Float:
    """image: (h, w, 3), what optimisation made of the sketch `coarse`. Does the same to the sketch `fine`: in place.

    What was changed is enlarged, not the picture: strokes as fine as the larger size allows come from its own sketch.
    """
    # Resizing keeps to [0, 1], where half a difference fits around one half.
    change = np.asarray((image - coarse) / 2 + 0.5, np.float32)
    height, width = fine.shape[:2]
    for rows in strips(height, width):
        np.clip(fine[rows] + 2 * resized_strip(change, height, width, rows) - 1, 0, 1, out=fine[rows])
    return fine


def refined(image: Float, coarse: Float, fine: Float) -> Float:
    """image: (h, w, 3), what optimisation made of `coarse`. Enlarged, with what `fine` has beyond `coarse`: in place.

    Of the finest strokes of `coarse`, optimisation left some here and none there: as much is left of finer ones.
    """
    left = _left(image, coarse)
    height, width = fine.shape[:2]
    for rows in strips(height, width):
        finest = fine[rows] - resized_strip(coarse, height, width, rows)
        known, share = (resized_strip(small, height, width, rows) for small in (image, left))
        np.clip(known + share * finest, 0, 1, out=fine[rows])
    return fine


def _left(image: Float, coarse: Float) -> Float:
    """(h / CALM, w / CALM, 1) in [0, 1]: how strong the finest strokes of `image` are beside those of `coarse`."""
    now, before = (_finest(picture) for picture in (image, coarse))
    share: Float = np.sqrt(np.minimum(now, before) / np.maximum(before, FAINT))
    return share


def _finest(picture: Float) -> Float:
    """(h / CALM, w / CALM, 1): the mean square of what is lost at a quarter of the size."""
    height, width = picture.shape[:2]
    coarser = images.resize(picture, -(-height // 4), -(-width // 4))
    lost = picture - images.resize(coarser, height, width)
    return images.resize((lost**2).mean(2, keepdims=True), -(-height // CALM), -(-width // CALM))


def _with_photograph(painted: Float, content: Float, settings: Settings) -> Float:
    """The sketch, in place, with the photograph shining through: few steps would not find the way back to its forms."""
    strength = settings.strength / BALANCED
    on_painted = np.float32(min(1.0, strength * (1.0 if settings.quality == "draft" else PALE)))
    on_palette = np.float32(min(1.0, strength))
    if on_painted == 1:
        return painted
    # In the sketch's palette: of the photograph's colours few steps would leave stains.
    own, wanted = color.palette(content), color.palette(painted)
    for rows in strips(*painted.shape[:2]):
        shining = content[rows] + on_palette * (color.recoloured(content[rows], own, wanted) - content[rows])
        painted[rows] = shining + on_painted * (painted[rows] - shining)
    return painted


def _noise(content: Float, styles: Sequence[Style], seed: int) -> Float:
    """Noise with the palette of each region's styles: colours are the slowest to arrive otherwise."""
    noise = np.random.default_rng(seed).normal(0.5, NOISE, content.shape).astype(np.float32)

    def painted(region: Region) -> Float:
        colors = np.concatenate([pixels.reshape(-1, 1, 3) for pixels, _ in region.styles])
        return color.matched(noise, color.palette(colors))

    return _mixed(content, styles, painted)


def _mixed(content: Float, styles: Sequence[Style], painted: Callable[[Region], Float]) -> Float:
    """Each region as `painted`, at whatever size, under its guide; the photograph where no guide reaches."""
    height, width = content.shape[:2]
    mixed = np.empty((height, width, 3), np.float32)
    guided = any(style.guide is not None for style in styles)
    styles = guided_at(styles, height, width)
    for index, region in enumerate(regions_of(styles, *_GLANCE)):
        part = painted(region)
        if not guided and part.shape == mixed.shape:
            return part
        for rows in strips(height, width):
            here = regions_of(guided_in(styles, rows), rows.stop - rows.start, width)
            if index == 0:
                bare = 1 - np.sum([one.guide for one in here], axis=0)
                mixed[rows] = content[rows] * bare[..., None]
            mixed[rows] += resized_strip(part, height, width, rows) * here[index].guide[..., None]
    return mixed.clip(0, 1, out=mixed)
