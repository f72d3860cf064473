"""VGG19 up to relu5_1: the layer names, and which of them speak of style and of content. The only layer table.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (arXiv 1409.1556);
the choice of layers is that of Gatys, Ecker & Bethge, "Image Style Transfer Using Convolutional Neural Networks".
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 1))
"""(channels, convolutions) of each block; 2x2 max pooling stands between blocks."""

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"


@dataclass(frozen=True)
class Convolution:
    """One 3x3 convolution with its ReLU. `pooled`: a 2x2 max pooling stands before it."""

    name: str
    in_channels: int
    out_channels: int
    pooled: bool

    @property
    def relu(self) -> str:
        """Name of the feature map this convolution makes."""
        return self.name.replace("conv", "relu")


def _convolutions() -> tuple[Convolution, ...]:
    rows: list[Convolution] = []
    channels = 3
    for block, (width, count) in enumerate(BLOCKS, 1):
        for index in range(1, count + 1):
            rows.append(Convolution(f"conv{block}_{index}", channels, width, pooled=block > 1 and index == 1))
            channels = width
    return tuple(rows)


CONVOLUTIONS = _convolutions()
CHANNELS = {row.relu: row.out_channels for row in CONVOLUTIONS}
REDUCTION = {
    row.relu: 2 ** sum(one.pooled for one in CONVOLUTIONS[: index + 1]) for index, row in enumerate(CONVOLUTIONS)
}
"""What the sides of an image are divided by in a feature map, rounded down."""
