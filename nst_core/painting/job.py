"""Input and output of a run: frozen dataclasses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.files.decoding import decode_style
from nst_core.imaging.resizing import resize, resize_plane
from nst_core.shared.errors import ImageTooSmallError, InvalidImageError, InvalidSettingError, NothingVisibleError
from nst_core.shared.presets.lookup import Preset
from nst_core.shared.sentences import Note
from nst_core.shared.settings import MIN_SIDE, Settings

_ROUNDING = 1e-4
"""Largest excess over [0, 1] that counts as a rounding error."""


@dataclass(frozen=True)
class StyleSource:
    """The file that a style's pixels were decoded from: its bytes, and its name for messages."""

    name: str
    encoded: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the file, which stays what it is whatever decodes it."""
        return hashlib.sha256(self.encoded).hexdigest()


@dataclass(frozen=True, eq=False)
class Style:
    """A style picture. Compared by identity.

    pixels: (H, W, 3 or 4) sRGB in [0, 1]. weight: its share, relative to those of the other styles. guide: (H, W) of
    the content's size, in [0, 1], where the style counts; None: everywhere. source: the file with exactly these pixels,
    if there is one; it is sent to workers instead of the pixels.
    """

    pixels: Float
    weight: float = 1.0
    guide: Float | None = None
    source: StyleSource | None = None

    def __post_init__(self) -> None:
        require_picture(self.pixels, "the style")
        _require_number(self.weight, "a style's weight", lambda weight: weight >= 0, "0 or more")
        if self.guide is not None:
            _require_shares(self.guide, "a guide", (None, None), "make it black where the style shall not be")


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The larger picture of which a content is a part or a smaller copy. Compared by identity.

    whole: its (height, width), px. place: (top, left, bottom, right) of the content in it, as shares of its sides.
    around: (H, W, 3 or 4), the larger picture itself, reduced. begun: (H, W, 3), an earlier result for the content, of
    any size, from which to continue.
    """

    whole: tuple[int, int]
    place: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    around: Float | None = None
    begun: Float | None = None

    def __post_init__(self) -> None:
        if self.around is not None:
            require_picture(self.around, "the picture around")
        if self.begun is not None:
            _require_shares(self.begun, "the painting so far", (None, None, 3), "convert it first")


@dataclass(frozen=True, eq=False)
class Job:
    """The input of a run, validated when it is created. Compared by identity.

    content: (H, W, 3 or 4) sRGB in [0, 1] with straight alpha. init: (H, W, 3), the image to start from; None: as the
    settings say. mask: (H, W) in [0, 1], 1 where to stylize. strength_map: (H, W) in [0, 1], factor on the strength at
    each position. part: the content's share of the area of a larger picture, from which brush sizes are taken; 1 for a
    picture of its own. excerpt: that larger picture, if the content is to be painted as it would be in it.
    Raises InvalidImageError (and subclasses) or InvalidSettingError.
    """

    content: Float
    styles: tuple[Style, ...]
    settings: Settings = field(default_factory=Settings)
    init: Float | None = None
    mask: Float | None = None
    part: float = 1.0
    strength_map: Float | None = None
    excerpt: Excerpt | None = None

    def __post_init__(self) -> None:
        require_picture(self.content, "the picture")
        size = self.content.shape[:2]
        _require_number(self.part, "the part", lambda part: 0 < part <= 1, "above 0 and at most 1")
        if not all(isinstance(style, Style) for style in self.styles):
            raise InvalidSettingError("the styles are not all of class Style", "give Style(pixels) for each")
        if not isinstance(self.settings, Settings):
            raise InvalidSettingError(f"the settings are {_what(self.settings)}", "give Settings(…)")
        if not sum(style.weight for style in self.styles) > 0:
            raise InvalidSettingError("there is no style", "choose a preset or a style picture")
        if self.init is not None:
            _require_shares(self.init, "the picture to start from", (*size, 3), "convert it first")
        if self.mask is not None:
            _require_shares(self.mask, "the mask", size, "make it white where to paint")
        if self.strength_map is not None:
            _require_shares(self.strength_map, "the strength map", size, "make it white where to paint fully")
        if not (self.visible > 0).any():
            raise NothingVisibleError.of("nothing-visible")
        self._check_guides()

    def _check_guides(self) -> None:
        guides = [style.guide for style in self.styles if style.weight > 0]
        for guide in guides:
            if guide is not None and guide.shape != self.content.shape[:2]:
                raise InvalidImageError(f"a guide has another size, {_what(guide)}", "give it the size of the content")
        if not any(guide is None or (guide * self.visible > 0).any() for guide in guides):
            raise NothingVisibleError.of("guides-cover-nothing")

    @property
    def begins_a_larger_picture(self) -> bool:
        """Whether this is a reduced copy of a whole picture, from whose result larger copies will be painted."""
        excerpt = self.excerpt
        if excerpt is None or excerpt.begun is not None:
            return False
        return self.part == 1 and self.content.shape[0] < excerpt.whole[0]

    @property
    def visible(self) -> Float:
        """(H, W) in [0, 1]: alpha times mask."""
        alpha = self.content[..., 3] if self.content.shape[2] == 4 else None
        visible = np.broadcast_to(np.float32(1), self.content.shape[:2]) if alpha is None else alpha
        return visible if self.mask is None else visible * self.mask


def preset_styles(preset: Preset) -> tuple[Style, ...]:
    """The pictures of a preset. Raises BrokenPresetError or InvalidImageError."""
    return tuple(decoded_style(style.read(), str(style.path), style.weight) for style in preset.styles)


def decoded_style(encoded: bytes, name: str, weight: float = 1.0) -> Style:
    """The style in the bytes of a picture file. Raises InvalidImageError."""
    return Style(decode_style(encoded, name), weight, source=StyleSource(name, encoded))


def reduced(job: Job, side: int) -> Job:
    """The job with a picture of at most `side` px on its longer side, and at least MIN_SIDE on its shorter one."""
    height, width = job.content.shape[:2]
    scale = min(1.0, max(side / max(height, width), MIN_SIDE / min(height, width)))
    if scale == 1:
        return job
    size = round(height * scale), round(width * scale)

    def resized(mask: Float | None) -> Float | None:
        return None if mask is None else resize_plane(mask, *size)

    styles = tuple(replace(style, guide=resized(style.guide)) for style in job.styles)
    return Job(
        resize(job.content, *size),
        styles,
        job.settings,
        mask=resized(job.mask),
        strength_map=resized(job.strength_map),
    )


def require_picture(pixels: Float, what: str) -> None:
    """Raise unless this is a float32 (H, W, 3 or 4) picture in [0, 1], 32 px or more on each side."""
    if _is_no_float_array(pixels) or pixels.dtype != np.float32 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise InvalidImageError(f"{what} is not a float32 RGB or RGBA picture but {_what(pixels)}", "convert it first")
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise ImageTooSmallError.of("picture-too-small", name=what, width=width, height=height, least=MIN_SIDE)
    _require_range(pixels, what, "bring it into that range")


def _require_shares(values: Float, what: str, shape: tuple[int | None, ...], remedy: str) -> None:
    """Raise unless these are floats in [0, 1] of this shape; None leaves a side open."""
    if _is_no_float_array(values):
        raise InvalidImageError(f"{what} is not of float32 but {_what(values)}", "convert it first")
    if len(values.shape) != len(shape) or any(
        want not in (None, has) for want, has in zip(shape, values.shape, strict=True)
    ):
        raise InvalidImageError(f"{what} has another size, {_what(values)}", "give it the size of the content")
    _require_range(values, what, remedy)


def _require_range(values: Float, what: str, remedy: str) -> None:
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InvalidImageError(f"{what} holds values that are not numbers", "repair it first")
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise InvalidImageError(f"{what} holds values outside 0 to 1, from {low:g} to {high:g}", remedy)


def _require_number(value: object, what: str, allowed: Callable[[float], bool], rule: str) -> None:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not np.isfinite(float(value)) or not allowed(float(value)):  # type: ignore[arg-type]
        raise InvalidSettingError(f"{what} is {value!r}", f"it must be {rule}")


def _is_no_float_array(values: object) -> bool:
    return not isinstance(values, np.ndarray) or values.dtype not in (np.float32, np.float64)


def _what(values: object) -> str:
    """Type and shape of a value, for messages."""
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} of shape {values.shape}"
    return f"of type {type(values).__name__}"


@dataclass(frozen=True)
class Metrics:
    """Measurements of a run. evaluations: of the objective, per octave. peak_memory: of the engine so far, bytes.

    card: the name of the graphics card; empty on a processor, or if the name is unknown.
    """

    seconds: float
    backend: str
    device: str
    precision: str
    evaluations: tuple[int, ...]
    losses: Mapping[str, float]
    peak_memory: int
    notes: tuple[Note, ...]
    card: str = ""

    def to_mapping(self) -> dict[str, Any]:
        """For JSON; see `Note.to_mapping`."""
        return asdict(self) | {"notes": [note.to_mapping() for note in self.notes]}


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a run. pixels: (H, W, 3 or 4), as the content. Compared by identity."""

    pixels: Float
    metrics: Metrics
    recipe: dict[str, Any]
