"""Dataclasses that several modules use: the place of a painting, and what hides parts of a layer."""

from __future__ import annotations

from dataclasses import dataclass, field

from gimp_plugin.image import scratch
from gimp_plugin.libgimp import Gegl, Gimp
from nst_core.shared.wire.messages import Pixels


@dataclass(frozen=True)
class Hiding:
    """Whether the selection and the layer's mask hide parts of a layer; they do not if they are used as regions."""

    selection: bool = True
    mask: bool = True


@dataclass(frozen=True)
class Area:
    """A part of an image that is scaled by `scale`: its corner and its size, px."""

    left: int
    top: int
    width: int
    height: int
    scale: float = 1.0


@dataclass(frozen=True)
class LayerState:
    """A layer when it was read, or now. size: px; corner: in its image; small: width and reduced RGBA bytes."""

    name: str
    tattoo: int
    size: tuple[int, int]
    corner: tuple[int, int]
    template: scratch.ImageTemplate
    small: tuple[int, bytes] = field(repr=False)


@dataclass(frozen=True)
class Place:
    """The place of a painting: above `layer`, its corner at (left, top) of the image.

    as_seen: whether the layer's effects were painted too. before: state of the layer when it was read. mask: selection
    and layer mask at that time; None: nothing was hidden.
    """

    layer: Gimp.Layer
    left: int
    top: int
    as_seen: bool
    before: LayerState
    mask: Gegl.Buffer | None = field(repr=False, compare=False, default=None)

    def area(self, pixels: Pixels) -> Area:
        """The area of the painting in the image."""
        return Area(self.left, self.top, pixels.width, pixels.height)
