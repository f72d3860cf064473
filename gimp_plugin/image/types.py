"""Where a painting lies, and what hides parts of it: plain data of several modules."""

from __future__ import annotations

from dataclasses import dataclass, field

from gimp_plugin.image import scratch
from gimp_plugin.libgimp import Gegl, Gimp
from nst_core.shared.wire.messages import Pixels


@dataclass(frozen=True)
class Hiding:
    """What hides parts of a layer: what is not selected, what its mask covers. Either may have another meaning."""

    selection: bool = True
    mask: bool = True


ALL = Hiding()


@dataclass(frozen=True)
class Area:
    """A part of an image that is scaled by `scale`: its corner and its size, px."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0


@dataclass(frozen=True)
class Before:
    """A layer as it was when its painting was begun. size: px, corner: in its image. small: RGBA bytes of it."""

    name: str
    tattoo: int
    size: tuple[int, int]
    corner: tuple[int, int]
    paper: scratch.Paper
    small: tuple[int, bytes] = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Where a painting belongs: above `layer`, its corner at (left, top) of the image.

    as_seen: whether the layer's effects were painted too. before: the layer as it was then. mask: what selection and
    mask left of it then, None: everything.
    """

    layer: Gimp.Layer
    left: int
    top: int
    as_seen: bool
    before: Before
    mask: Gegl.Buffer | None = field(repr=False, compare=False, default=None)

    def area(self, pixels: Pixels) -> Area:
        """Where in the image the painting lies."""
        return Area(self.left, self.top, pixels.width, pixels.height)
