"""Start image and objective of each octave, and upscaling from one octave to the next and to full size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_core.backends.base import Backend, Objective
from nst_core.backends.tiling import tiles
from nst_core.imaging import color
from nst_core.imaging.arrays import Float
from nst_core.imaging.edge_smoothing import smoothed_along_edges
from nst_core.imaging.fill_hidden import fill_hidden
from nst_core.imaging.resizing import resize, resize_plane, resized_strip, strips
from nst_core.painting.faces import face_mask, find_faces
from nst_core.painting.job import Excerpt, Job, Style
from nst_core.painting.seamless import bordered, resized, seamless, unwrapped, wrapped
from nst_core.painting.style_targets.regions import Region, guided_in, regions_of
from nst_core.painting.style_targets.strength import Strength, classic_weights, painterly_weights, query, strength_at
from nst_core.painting.style_targets.style_copies import COPIES, with_copies
from nst_core.painting.style_targets.targets import (
    Match,
    MatchInput,
    Scene,
    classic_targets,
    fine_style,
    painterly_targets,
    pieced,
    refined,
)
from nst_core.painting.style_targets.textures import patchwork
from nst_core.shared.planning.schedule import DRAFT_SIDE
from nst_core.shared.settings import BALANCED, MIN_SIDE
from nst_core.vgg.layers import CELL
from nst_core.vgg.losses import Targets

NOISE = 0.2
"""Standard deviation of a noise init, before it is matched to the styles' colours."""
VARIATION, CLOUD = 0.1, 16
"""Standard deviation and size (px) of the smooth noise that makes results of different seeds differ."""
PIECES = 0.35
"""Share of the matched pieces in an octave's start image; the rest is the upscaled result of the octave before."""
FIRST_PIECES = 0.7
"""The same for the first small copy of a picture, whose few steps add little detail."""
FACES_KEPT = 0.66
"""Relative reduction of the strength by *keep faces* in the middle of a face."""
FIRST_PICTURE_SIDE = 160
"""Longest edge of the first picture, px."""
FINER = 0.7
"""Share of the styles' fine detail that is added to the upscaled picture at full size."""
SMOOTHED, MOST_SMOOTHED = 0.7, 2.0
"""Sigma of the smoothing along strokes before a picture is upscaled, px: SMOOTHED x (factor - 1), and its upper limit.

The pixel grid of the small picture, upscaled, looks like canvas across the strokes; chosen by eye with eight styles.
"""
TILE, TILE_MARGIN = 768, 64
"""px: tiles in which fine detail is computed at full size."""


@dataclass(frozen=True)
class Canvas:
    """Start image (H, W, 3) and objective of an octave."""

    start: Float
    objective: Objective


class Painter:
    """Computes start images and objectives for the octaves of a job. Keeps what one octave passes to the next."""

    def __init__(
        self, job: Job, content: Float, styles: Sequence[Style], before_tile: Callable[[], None] = lambda: None
    ) -> None:
        """content: (H, W, 3) at full size with hidden pixels filled. styles: with their colours adjusted.

        before_tile: called before each tile of a long computation; may raise to end it.
        """
        if job.init is not None:
            # Hidden pixels must not influence the result.
            job = replace(job, init=fill_hidden(job.init, job.visible))
        if job.settings.texture and job.settings.by_pieces:
            job, content = _without_photograph(job), _patchworks(job, content, styles)
        self.job, self._before_tile = job, before_tile
        self.styles = with_copies(styles, job.settings.style_copies)
        self._content = self._content_at_size = content
        self._around = around_of(job)
        self.strength_map = strength_map(job, content, self._around)
        self.matches: Sequence[Match] = ()
        self._start: Float | None = None

    @property
    def brush_size(self) -> float:
        """Size of the strokes relative to those of the style pictures; for a part, that in the larger picture."""
        # A style with a copy beside it has COPIES times the area, and strokes of the same size.
        factor = 1 if self.job.settings.style_copies == "none" else math.sqrt(COPIES)
        return self.job.settings.brush_size * factor / math.sqrt(self.job.part)

    def content(self, height: int, width: int) -> Float:
        """The content at a size: (height, width, 3)."""
        if self._content_at_size.shape[:2] != (height, width):
            self._content_at_size = resize(self._content, height, width)
        return self._content_at_size

    def first_picture(self, backend: Backend, height: int, width: int) -> Float:
        """(h, w, 3): a picture to show before the first evaluation, at this size or smaller."""
        if self.job.init is not None or not self.job.settings.by_pieces or self.job.settings.init != "sketch":
            return self._start_image(height, width)
        scale = min(1.0, max(FIRST_PICTURE_SIDE / max(height, width), MIN_SIDE / min(height, width)))
        size = round(height * scale), round(width * scale)
        picture = pieced(backend, *self._match_input(None, *size))
        return unwrapped(picture) if self.job.settings.seamless else picture

    def canvas(self, backend: Backend, image: Float | None, height: int, width: int) -> Canvas:
        """Start image and objective at this size. image: (h, w, 3), result of the octave before, if there was one."""
        same_size = image is not None and image.shape[:2] == (height, width)
        if self.job.settings.by_pieces:
            so_far = None if image is None else self._resized(image, height, width)
            targets, start = self._matched(backend, so_far, height, width)
            if same_size or self.job.init is not None:
                start = so_far if so_far is not None else self._start_image(height, width)
            return Canvas(start, self._objective(backend, targets))
        start = self._start_image(height, width) if image is None else self._upscaled(image, height, width)
        targets = classic_targets(backend, self._scene(height, width), classic_weights(self.job.settings))
        return Canvas(start, self._objective(backend, targets))

    def to_full_size(self, backend: Backend, image: Float) -> Float:
        """(H, W, 3): the image (h, w, 3) upscaled to full size without optimisation, with fine detail of the styles."""
        height, width = self._content.shape[:2]
        if image.shape[:2] == (height, width) or not self.job.settings.by_pieces or self.job.settings.seamless:
            return self._upscaled(image, height, width)
        # The picture that an excerpt belongs to has larger octaves.
        small = max(image.shape[:2]) <= DRAFT_SIDE and self.job.excerpt is None
        image = self._smoothed(image)
        if small or self.job.settings.quality == "draft" or not self.matches:
            return self._upscaled(image, height, width)
        fine = np.empty((height, width, 3), np.float32)
        refine = _Refining(self, backend, image.shape[0] / height)
        upscaled, above = image, slice(0)
        for tile in tiles(height, width, TILE, TILE_MARGIN):
            self._before_tile()
            rows, columns = tile.outer.rows_columns
            if rows != above:  # tiles come row by row
                upscaled, above = resized_strip(image, height, width, rows), rows
            refined_tile = refine(upscaled[:, columns], rows, columns)
            fine[tile.inner.rows_columns] = refined_tile[tile.inner.within(tile.outer).rows_columns]
        return fine

    def _smoothed(self, image: Float) -> Float:
        """The image (h, w, 3), smoothed along its strokes for upscaling; less where the strength is low."""
        blend = strength_at(self.job.settings, resize_plane(self.strength_map, *image.shape[:2])).blend
        sigma = min(MOST_SMOOTHED, SMOOTHED * (self._content.shape[0] / image.shape[0] - 1))
        return smoothed_along_edges(image, np.float32(sigma) * blend)

    def _scene(self, height: int, width: int) -> Scene:
        visible = resize_plane(self.job.visible, height, width)
        content, regions = self.content(height, width), regions_of(self.styles, height, width)
        if self.job.settings.seamless:
            content, visible = wrapped(content), bordered(visible)
            regions = [replace(region, guide=bordered(region.guide)) for region in regions]
        return Scene(content, visible, regions, height * width, self.brush_size)

    def full_size_scene(self, rows: slice, columns: slice) -> Scene:
        """The scene of a part of the picture at full size."""
        height, width = self._content.shape[:2]
        guided = guided_in(self.styles, rows, columns)
        content = self._content[rows, columns]
        visible = self.job.visible[rows, columns]
        return Scene(content, visible, regions_of(guided, *visible.shape), height * width, self.brush_size)

    def _objective(self, backend: Backend, targets: Targets) -> Objective:
        return seamless(backend, targets) if self.job.settings.seamless else backend.objective(targets)

    def _matched(self, backend: Backend, so_far: Float | None, height: int, width: int) -> tuple[Targets, Float]:
        """The targets of the painterly method, and the start image (height, width, 3).

        so_far: (height, width, 3), the result so far, upscaled to this size.
        """
        settings = self.job.settings
        scene, strength, match_input = self._match_input(so_far, height, width)
        weights = painterly_weights(settings, strength.gram_weight)
        targets, pieced_picture, self.matches = painterly_targets(backend, scene, strength, weights, match_input)
        if settings.seamless:
            pieced_picture = unwrapped(pieced_picture)
        if settings.init != "sketch":
            return targets, self._start_image(height, width) if so_far is None else so_far
        if so_far is None:
            return targets, pieced_picture
        share = FIRST_PIECES if self.job.begins_a_larger_picture else PIECES
        return targets, so_far + np.float32(share) * (pieced_picture - so_far)

    def _match_input(self, so_far: Float | None, height: int, width: int) -> tuple[Scene, Strength, MatchInput]:
        """Scene, strength and query of the matching at this size. so_far: as for `_matched`."""
        settings, periodic = self.job.settings, self.job.settings.seamless
        scene = self._scene(height, width)
        strengths = resize_plane(self.strength_map, height, width)
        painted = so_far if so_far is not None else self.job.init
        picture = self.content(height, width)
        if painted is not None:
            picture = self._query(resize(painted, height, width), strengths)
        picture = varied(picture, settings.seed)

        def ground() -> Float:
            recolored = self._in_palette(self.content(height, width))
            return wrapped(recolored) if periodic else recolored

        match_input = MatchInput(wrapped(picture) if periodic else picture, ground)
        return scene, strength_at(settings, wrapped(strengths) if periodic else strengths), match_input

    def _query(self, painted: Float, strengths: Float) -> Float:
        """The query of the matching, see `query`. strengths: (h, w), the strength map at the size of `painted`.

        A texture has no photograph; its query is `painted`.
        """
        if self.job.settings.texture:
            return painted
        height, width = painted.shape[:2]
        content = self.content(height, width)
        coarse = resize(resize(content, -(-height // 2), -(-width // 2)), height, width)
        return query(self.job.settings, strengths, content, coarse, painted)

    def _start_image(self, height: int, width: int) -> Float:
        """(height, width, 3): the start image of an octave if it is not assembled from pieces."""
        settings = self.job.settings
        content = self.content(height, width)
        if self.job.init is not None:
            self._start = resize(self.job.init, height, width)
        elif settings.from_noise:
            self._start = _noise(content, self.styles, settings.seed)
        else:
            picture = content if settings.init == "content" else self._in_palette(content)
            self._start = varied(picture, settings.seed)
        return self._start

    def _in_palette(self, content: Float) -> Float:
        own = color.palette(content if self._around is None else self._around)
        return in_palette(content, self.styles, self.job.settings.boldness, own)

    def _resized(self, image: Float, height: int, width: int) -> Float:
        if image.shape[:2] == (height, width):
            return image
        return (resized if self.job.settings.seamless else resize)(image, height, width)

    def _upscaled(self, image: Float, height: int, width: int) -> Float:
        """The next octave's start: the image minus its own start is upscaled and added to a new start."""
        settings = self.job.settings
        steady = self.job.init is not None or not settings.from_noise
        below = self._start
        if image.shape[:2] == (height, width) or settings.seamless or below is None or not steady:
            return self._resized(image, height, width)
        # An attempt at this size that failed may have left a start image of this size.
        below = resize(below, *image.shape[:2])
        return with_upscaled_change(image, below, self._start_image(height, width).copy())


class _Refining:
    """Adds fine detail of the styles to parts of an upscaled picture."""

    def __init__(self, painter: Painter, backend: Backend, scale: float) -> None:
        """scale: size of the optimised picture relative to full size."""
        self._painter, self._backend, self._scale = painter, backend, scale
        height, width = painter.strength_map.shape
        self._styles = [
            fine_style(backend, picture, height * width, painter.brush_size)
            for region in regions_of(painter.styles, MIN_SIDE, MIN_SIDE)  # of any size: guides are not used here
            for picture, _ in region.styles
        ]
        size = height // CELL, width // CELL
        self._starts = [
            cells.upscaled(size, style.grid)
            for (cells, _), (_, style) in zip(painter.matches, self._styles, strict=True)
        ]

    def __call__(self, image: Float, rows: slice, columns: slice) -> Float:
        """(h, w, 3): the image, which is these rows and columns of the upscaled picture, with the detail added."""
        painter = self._painter
        scene = painter.full_size_scene(rows, columns)
        picture, settings, strengths = image, painter.job.settings, painter.strength_map[rows, columns]
        if not settings.texture:
            picture = query(settings, strengths, scene.content, self._blurred(scene.content), image)
        cells = slice(rows.start // CELL, rows.stop // CELL), slice(columns.start // CELL, columns.stop // CELL)
        places = [(start[cells], style) for start, style in zip(self._starts, self._styles, strict=True)]
        pixels = refined(self._backend, scene, picture, painter.matches, places)
        blend = strength_at(settings, strengths).blend
        finer = pixels - self._blurred(pixels)
        return np.clip(image + np.float32(FINER) * blend[..., None] * finer, 0, 1)

    def _blurred(self, pixels: Float) -> Float:
        height, width = pixels.shape[:2]
        small = resize(pixels, *(max(1, round(side * self._scale)) for side in (height, width)))
        return resize(small, height, width)


def _without_photograph(job: Job) -> Job:
    """The job of a texture, for which the content does not count."""
    settings = replace(job.settings, strength=max(BALANCED, job.settings.strength), keep_faces=False)
    return replace(job, settings=settings, strength_map=None, excerpt=None)


def _patchworks(job: Job, content: Float, styles: Sequence[Style]) -> Float:
    """(H, W, 3): the start image of a texture, made of each region's styles."""
    height, width = content.shape[:2]
    brush_size, seed = job.settings.brush_size / math.sqrt(job.part), job.settings.seed
    return _mixed(content, styles, lambda region: patchwork(region, height, width, brush_size, seed))


def around_of(job: Job) -> Float | None:
    """(H, W, 3): the picture that the content is a part of, reduced, hidden pixels filled; None if there is none."""
    around = job.excerpt.around if job.excerpt else None
    if around is None or around.shape[2] == 3:
        return around
    return fill_hidden(around[..., :3], around[..., 3]) if around[..., 3].any() else None


def strength_map(job: Job, content: Float, around: Float | None = None) -> Float:
    """(H, W) in [0, 1]: the factor on the strength at each position: the user's map, reduced on faces.

    around: the picture that the content is a part of, reduced; faces are detected there, because parts may cut them.
    """
    plain: Float = np.broadcast_to(np.float32(1), content.shape[:2])
    if job.strength_map is not None:  # hidden pixels must not influence the result
        plain = fill_hidden(job.strength_map[..., None], job.visible)[..., 0]
    if not job.settings.keep_faces:
        return plain
    faces = find_faces(content if around is None else around)
    if not faces:
        return plain
    if around is None or job.excerpt is None:
        mask = face_mask(content.shape[:2], faces)
    else:
        rows, columns = excerpt_slices(job.excerpt, around)
        mask = resize_plane(face_mask(around.shape[:2], faces)[rows, columns], *content.shape[:2])
    return plain * (1 - np.float32(FACES_KEPT) * mask)


def excerpt_slices(excerpt: Excerpt, around: Float) -> tuple[slice, slice]:
    """The rows and columns of an excerpt in the reduced larger picture `around`."""
    top, left, bottom, right = excerpt.place
    height, width = around.shape[:2]
    first_row, first_column = min(round(top * height), height - 1), min(round(left * width), width - 1)
    rows = slice(first_row, max(first_row + 1, round(bottom * height)))
    return rows, slice(first_column, max(first_column + 1, round(right * width)))


def varied(image: Float, seed: int) -> Float:
    """(H, W, 3): the image with smooth noise of this seed added; for seed 0 the image itself."""
    if seed == 0:
        return image
    height, width = image.shape[:2]
    grid = (math.ceil(height / CLOUD), math.ceil(width / CLOUD), 3)
    # `resize` clips to [0, 1], so the noise has the mean 0.5 until it is added.
    clouds = np.random.default_rng(seed).normal(0.5, VARIATION, grid).clip(0, 1).astype(np.float32)
    changed: Float = (image + resize(clouds, height, width) - np.float32(0.5)).clip(0, 1)
    return changed


def in_palette(content: Float, styles: Sequence[Style], boldness: float, own: color.Palette | None = None) -> Float:
    """(H, W, 3): the photograph recoloured with the palette of each region's styles.

    boldness: 0 keeps its colours; from 1 on they are those of the styles. own: the palette to start from, if it is that
    of a larger picture.
    """
    own = color.palette(content) if own is None else own
    share = np.float32(min(1.0, boldness))

    def painted(region: Region) -> Float:
        wanted, recolored = _palette(region), np.empty_like(content)
        for rows in strips(*content.shape[:2]):
            recolored[rows] = content[rows] + share * (color.recolored(content[rows], own, wanted) - content[rows])
        return recolored

    return _mixed(content, styles, painted)


def with_upscaled_change(image: Float, coarse: Float, fine: Float) -> Float:
    """The start image `fine` (H, W, 3) with the change of the octave before, `image` - `coarse`, added in place."""
    # `resize` clips to [0, 1]; half the difference plus 0.5 lies in that range.
    change = np.asarray((image - coarse) / 2 + 0.5, np.float32)
    height, width = fine.shape[:2]
    for rows in strips(height, width):
        np.clip(fine[rows] + 2 * resized_strip(change, height, width, rows) - 1, 0, 1, out=fine[rows])
    return fine


def _noise(content: Float, styles: Sequence[Style], seed: int) -> Float:
    """(H, W, 3): noise with the palette of each region's styles, since the optimiser matches colours slowly."""
    noise = np.random.default_rng(seed).normal(0.5, NOISE, content.shape).astype(np.float32)
    return _mixed(content, styles, lambda region: color.matched(noise, _palette(region)))


def _palette(region: Region) -> color.Palette:
    """The palette of all the region's styles together."""
    return color.palette(np.concatenate([pixels.reshape(-1, 1, 3) for pixels, _ in region.styles]))


def _mixed(content: Float, styles: Sequence[Style], painted: Callable[[Region], Float]) -> Float:
    """(H, W, 3): the pictures of `painted` mixed by the regions' guides; the content where no guide reaches."""
    height, width = content.shape[:2]
    mixed = np.zeros((height, width, 3), np.float32)
    bare = np.ones((height, width), np.float32)
    for region in regions_of(styles, height, width):
        mixed += painted(region) * region.guide[..., None]
        bare -= region.guide
    mixed += content * bare[..., None]
    return mixed.clip(0, 1, out=mixed)
