"""VGG19 up to relu5_1: the table of layers, and which of them are used for style and content.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (arXiv 1409.1556);
the choice of layers is that of Gatys, Ecker & Bethge, "Image Style Transfer Using Convolutional Neural Networks".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 1))
"""(channels, convolutions) of each block; there is a 2 x 2 max pooling between blocks."""

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
CELL = 4
"""Side of a cell, px: the grid on which a picture is compared with a style."""
CELL_LAYERS = {"relu1_1": 4, "relu2_1": 2, "relu3_1": 1, "relu4_1": 1}
"""The layers that describe cells, and the side of the squares whose means are taken to get one position per cell."""
BLOCK_LAYER = "relu4_1"
"""The layer of these with one position for a block of 2 x 2 cells."""
CELLS = ".cells"
"""Suffix of a layer's name for its map averaged over cells."""


@dataclass(frozen=True)
class Method:
    """The layers of an objective. gram: of the Gram term. held: of the target features.

    `held` maps each layer to the side of the squares over which its map is averaged before the comparison.
    """

    name: str
    gram: tuple[str, ...]
    held: Mapping[str, int]

    @property
    def deepest(self) -> str:
        """The last layer that it needs."""
        return max(*self.gram, *self.held)


CLASSIC = Method("classic", STYLE_LAYERS, {CONTENT_LAYER: 1})
"""Gatys et al. (2016): Gram matrices of the style, features of the photograph."""
PAINTERLY = Method("painterly", tuple(CELL_LAYERS), CELL_LAYERS)
"""The target of each cell are the features of the nearest style cell (after Kolkin et al., 2022); a Gram term makes the
result bolder. Without relu5_1 faces and houses stay clearer, and a third of the products is saved."""
SHALLOW = replace(PAINTERLY, gram=(), held={layer: side for layer, side in CELL_LAYERS.items() if layer != BLOCK_LAYER})
"""Only the layers with one position per cell."""
METHODS = {method.name: method for method in (CLASSIC, PAINTERLY)}


@dataclass(frozen=True)
class Convolution:
    """A 3 x 3 convolution with its ReLU. pooled: whether a 2 x 2 max pooling precedes it."""

    name: str
    in_channels: int
    out_channels: int
    pooled: bool

    @property
    def relu(self) -> str:
        """Name of its feature map."""
        return self.name.replace("conv", "relu")


def _convolutions() -> tuple[Convolution, ...]:
    found: list[Convolution] = []
    channels = 3
    for block, (width, count) in enumerate(BLOCKS, 1):
        for index in range(1, count + 1):
            found.append(Convolution(f"conv{block}_{index}", channels, width, pooled=block > 1 and index == 1))
            channels = width
    return tuple(found)


CONVOLUTIONS = _convolutions()
CHANNELS = {conv.relu: conv.out_channels for conv in CONVOLUTIONS}
REDUCTION: dict[str, int] = {
    conv.relu: 2 ** sum(before.pooled for before in CONVOLUTIONS[:number])
    for number, conv in enumerate(CONVOLUTIONS, 1)
}
"""Factor by which a layer's feature map is smaller than the image along each axis, rounded down."""
HALF_UNITS = dict(zip(CHANNELS, (64, 256, 256, 256, 256, 256, 512, 1024, 1024, 1024, 512, 256, 128), strict=True))
"""Root mean square of a photograph's feature maps, rounded to powers of two. Maps are divided by them, so that float16
does not overflow."""
CELL_SIZE, BLOCK_SIZE = sum(CHANNELS[layer] for layer in SHALLOW.held), CHANNELS[BLOCK_LAYER]
"""Number of features of a cell, and of a block."""
