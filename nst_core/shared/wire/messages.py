"""The messages of the wire: frozen dataclasses, validated when they are created, on both sides.

Every constructor raises ProtocolError for a wrong type, a number out of range or not finite, or a buffer whose length
does not match its size. `protocol` explains each message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from nst_core.shared.errors import NeuralStyleError, ProtocolError, from_code
from nst_core.shared.planning import progress
from nst_core.shared.wire import validation
from nst_core.shared.wire.findings import MAX_TEXT, Finding
from nst_core.shared.wire.frames import Buffer

MAX_SIDE = 2**19  # pixels: GIMP's own limit
MAX_STYLES = 16
MAX_STYLE_FILE = 2**26  # bytes: 64 MiB
BYTES_PER_PIXEL = 16  # four float32


@dataclass(frozen=True)
class Pixels:
    """A picture: rows from the top, RGBA little-endian float32, sRGB encoded, straight alpha (babl "R'G'B'A float")."""

    width: int
    height: int
    rgba: Buffer = field(repr=False)

    bytes_per_pixel: ClassVar[int] = BYTES_PER_PIXEL

    def __post_init__(self) -> None:
        validation.whole("width", self.width, 1, MAX_SIDE)
        validation.whole("height", self.height, 1, MAX_SIDE)
        validation.sized("the pixels", self.rgba, self.width * self.height * self.bytes_per_pixel)


@dataclass(frozen=True)
class ScreenPixels(Pixels):
    """A picture that is only shown: the same with 8 bits per channel (babl "R'G'B'A u8")."""

    bytes_per_pixel: ClassVar[int] = 4


@dataclass(frozen=True)
class StyleFile:
    """A style as the bytes of a picture file. name: for messages; the engine does not open a file of that name.

    guide: float32 rows of the content's size, 1 = where the style counts; None: everywhere.
    """

    encoded: Buffer = field(repr=False)
    weight: float = 1.0
    name: str = "style"
    guide: Buffer | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        validation.number("weight", self.weight, 0)
        validation.text("name", self.name)
        if not 0 < validation.size("the style file", self.encoded) <= MAX_STYLE_FILE:
            raise ProtocolError(f"a style file must have 1 to {MAX_STYLE_FILE} bytes")


@dataclass(frozen=True)
class StylePixels:
    """A style as pixels: another layer of the host. guide: as for StyleFile."""

    pixels: Pixels
    weight: float = 1.0
    guide: Buffer | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        validation.of_type("pixels", self.pixels, Pixels)
        validation.number("weight", self.weight, 0)


@dataclass(frozen=True)
class Excerpt:
    """The larger picture of which a content is a part or a smaller copy, so that it is painted as it would be there.

    width, height: of the larger picture, px. place: (left, top, right, bottom) of the content in it, as shares of its
    sides. around: the larger picture, reduced. begun: an earlier result for the content, of any size.
    """

    width: int
    height: int
    place: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    around: Pixels | None = None
    begun: Pixels | None = None

    def __post_init__(self) -> None:
        validation.whole("the whole's width", self.width, 1, MAX_SIDE)
        validation.whole("the whole's height", self.height, 1, MAX_SIDE)
        validation.of_type("place", self.place, tuple, list)
        object.__setattr__(self, "place", tuple(self.place))
        for share in self.place:
            validation.number("place", share, 0, 1)
        if len(self.place) != 4 or self.place[0] >= self.place[2] or self.place[1] >= self.place[3]:
            raise ProtocolError("place must be left, top, right and bottom")
        for name in ("around", "begun"):
            if getattr(self, name) is not None:
                validation.of_type(name, getattr(self, name), Pixels)


@dataclass(frozen=True)
class Stylize:
    """Paint `content` in the manner of `styles`.

    settings: names and values of `settings`. init: pixels to start from, of the content's size. mask: float32 rows of
    the content's size, 1 = stylize, 0 = keep. strength_map: float32 rows of the content's size, factor on the strength
    at each position. part: the content's share of the area of a larger picture, from which the size of strokes is
    taken. previews: seconds between Preview events, 0 for none. job: the number in all its events; set by Engine.
    excerpt: the larger picture, if the content is to be painted as it would be in it. sketch: end with the first
    picture, without optimisation.
    """

    content: Pixels
    styles: tuple[StyleFile | StylePixels, ...]
    settings: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    init: Pixels | None = None
    mask: Buffer | None = field(default=None, repr=False)
    part: float = 1.0
    previews: float = 0.0
    job: int = 1
    strength_map: Buffer | None = field(default=None, repr=False)
    excerpt: Excerpt | None = None
    sketch: bool = False

    def __post_init__(self) -> None:
        validation.of_type("sketch", self.sketch, bool)
        validation.of_type("content", self.content, Pixels)
        if not isinstance(self.styles, tuple) or not 1 <= len(self.styles) <= MAX_STYLES:
            raise ProtocolError(f"styles must be a tuple of 1 to {MAX_STYLES}")
        for style in self.styles:
            validation.of_type("a style", style, StyleFile, StylePixels)
        validation.mapping("settings", self.settings)
        for name, value in self.settings.items():
            validation.of_type(name, value, bool, int, float, str)
            if isinstance(value, float):
                validation.number(name, value)
        width, height = self.content.width, self.content.height
        if self.init is not None:
            validation.of_type("init", self.init, Pixels)
            if (self.init.width, self.init.height) != (width, height):
                raise ProtocolError("init must have the content's size")
        guides = [("a guide", style.guide) for style in self.styles]
        for name, rows in [("the mask", self.mask), ("the strength map", self.strength_map), *guides]:
            if rows is not None:
                validation.sized(name, rows, width * height * 4)
        if self.excerpt is not None:
            validation.of_type("excerpt", self.excerpt, Excerpt)
        validation.number("part", self.part, 0, 1)
        validation.number("previews", self.previews, 0)
        validation.whole("job", self.job, 1)


@dataclass(frozen=True)
class _OfJob:
    """A message about one job."""

    job: int

    def __post_init__(self) -> None:
        validation.whole("job", self.job, 1)


@dataclass(frozen=True)
class Stop(_OfJob):
    """End the job and keep its result so far."""


@dataclass(frozen=True)
class Cancel(_OfJob):
    """End the job without a result."""


@dataclass(frozen=True)
class Examine(_OfJob):
    """Let the engine examine itself; Found events and one Examined with this number follow."""


@dataclass(frozen=True)
class FindFaces(_OfJob):
    """Detect faces in a picture; one Faces with this number follows."""

    content: Pixels

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.of_type("content", self.content, Pixels)


@dataclass(frozen=True)
class Ping:
    """Ask whether the worker is alive."""


@dataclass(frozen=True)
class Ready:
    """The worker is ready. version: of the engine. backends: installed ones. devices: present, but not yet tried."""

    protocol: int
    version: str
    backends: tuple[str, ...]
    devices: tuple[str, ...]

    def __post_init__(self) -> None:
        validation.whole("protocol", self.protocol, 1)
        validation.text("version", self.version)
        for name in ("backends", "devices"):
            names = getattr(self, name)
            validation.of_type(name, names, tuple, list)
            for entry in names:
                validation.text(name, entry)
            object.__setattr__(self, name, tuple(names))


@dataclass(frozen=True)
class Progress(progress.Progress, _OfJob):
    """The progress of a job."""

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.whole("octaves", self.octaves, 1)
        validation.whole("octave", self.octave, 1, self.octaves)
        validation.whole("steps", self.steps, 0)
        validation.whole("step", self.step, 0)
        if self.loss is not None:
            validation.number("loss", self.loss)
        validation.number("seconds_left", self.seconds_left, 0)
        validation.number("fraction", self.fraction, 0, 1)


@dataclass(frozen=True)
class Preview(_OfJob):
    """The picture so far, perhaps smaller than the content."""

    pixels: ScreenPixels

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.of_type("pixels", self.pixels, ScreenPixels)


@dataclass(frozen=True)
class Done(_OfJob):
    """The result, of the content's size, with recipe and metrics."""

    pixels: Pixels
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.of_type("pixels", self.pixels, Pixels)
        validation.mapping("recipe", self.recipe)
        validation.mapping("the recipe's settings", self.recipe.get("settings", {}))
        validation.mapping("metrics", self.metrics)
        validation.number("seconds", self.metrics.get("seconds", 0), 0)


@dataclass(frozen=True)
class Cancelled(_OfJob):
    """The job ended without a result, as requested by Cancel."""


@dataclass(frozen=True)
class Failed:
    """The job ended in an error of nst_core.shared.errors; job 0: no job in particular.

    sentence: its key in nst_core.shared.sentences, empty for none; values: for what is named there.
    """

    job: int
    code: str
    message: str
    remedy: str = ""
    sentence: str = ""
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    @classmethod
    def of(cls, job: int, error: NeuralStyleError) -> Failed:
        """The ending of a job in this error."""
        return cls(job, error.code, error.message, error.remedy, error.sentence, error.values)

    @property
    def error(self) -> NeuralStyleError:
        """The error that the worker met."""
        return from_code(self.code, self.message, self.remedy, self.sentence, self.values)

    def __post_init__(self) -> None:
        validation.whole("job", self.job, 0)
        for name in ("code", "message", "remedy", "sentence"):
            text = getattr(self, name)
            validation.text(name, text)
            object.__setattr__(self, name, text[:MAX_TEXT])
        validation.mapping("values", self.values)
        for name, value in self.values.items():
            validation.of_type(name, value, str, int, float)
        kept = {name: value[:MAX_TEXT] if isinstance(value, str) else value for name, value in self.values.items()}
        object.__setattr__(self, "values", kept)


@dataclass(frozen=True)
class Found(_OfJob):
    """One line of an examination."""

    finding: Finding

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.of_type("finding", self.finding, Finding)


@dataclass(frozen=True)
class Examined(_OfJob):
    """The examination is complete."""


@dataclass(frozen=True)
class Face:
    """An ellipse from hairline to chin and from ear to ear. Lengths are pixels of the picture that was asked about.

    x, y: its centre, from the picture's upper left corner. roll: clockwise turn, radians.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    roll: float

    def __post_init__(self) -> None:
        for name in ("x", "y", "roll"):
            validation.number(name, getattr(self, name), -MAX_SIDE, MAX_SIDE)
        for name in ("half_width", "half_height"):
            validation.number(name, getattr(self, name), 0, MAX_SIDE)


@dataclass(frozen=True)
class Faces(_OfJob):
    """The faces that were found, the most certain first."""

    faces: tuple[Face, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.of_type("faces", self.faces, tuple)
        for face in self.faces:
            validation.of_type("a face", face, Face)


@dataclass(frozen=True)
class Pong:
    """The answer to Ping."""


Request: TypeAlias = Stylize | Stop | Cancel | Examine | FindFaces | Ping
Event: TypeAlias = Ready | Progress | Preview | Done | Cancelled | Failed | Found | Examined | Faces | Pong
