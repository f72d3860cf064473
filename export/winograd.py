"""The network with the convolutions of `nst_core.vgg.winograd`, for processors: graphics libraries have their own.

Kernels are inputs of the graph, `NAME.kernel` (36, O, I): they are four times as large as the taps, and all graphs and
both directions share one copy in memory.
"""

from __future__ import annotations

import numpy as np

from export.graphs import Vgg
from nst_core.vgg.layers import Convolution
from nst_core.vgg.winograd import FAST, INPUT_TILE, PRODUCTS, TILE, transforms

_HW = (2, 3)


class WinogradVgg(Vgg):
    """See `Vgg`."""

    def _convolved(self, conv: Convolution, x: str) -> str:
        if conv.name not in FAST:
            return super()._convolved(conv, x)
        convolved = self._by_tiles(x, self._kernel(conv), (conv.in_channels, conv.out_channels), turned=False)
        bias = self._b.op("Reshape", self._bias(conv), self._b.constant([1, -1, 1, 1], np.int64))
        return self._b.op("Add", convolved, bias)

    def _convolved_back(self, conv: Convolution, g: str) -> str:
        if conv.name not in FAST:
            return super()._convolved_back(conv, g)
        kernel = self._b.op("Transpose", self._kernel(conv), perm=[0, 2, 1])
        return self._by_tiles(g, kernel, (conv.out_channels, conv.in_channels), turned=True)

    def _kernel(self, conv: Convolution) -> str:
        name = f"{conv.name}.kernel"
        known = any(value.name == name for value in self._b.inputs)
        return name if known else self._b.input(name, [PRODUCTS, conv.out_channels, conv.in_channels])

    def _by_tiles(self, x: str, kernel: str, channels: tuple[int, int], *, turned: bool) -> str:
        """x (1, I, H, W) to (1, O, H, W), padded by one zero on each side. channels: (I, O)."""
        b, matrices = self._b, transforms(turned=turned)
        size = b.op("Shape", x, start=2)
        tiles = b.op("Div", b.op("Add", size, self._integers(TILE - 1, TILE - 1)), self._integers(TILE, TILE))
        covered = b.op("Mul", tiles, self._integers(TILE, TILE))
        after = b.op("Sub", b.op("Add", covered, self._integers(1, 1)), size)
        padded = b.op("Pad", x, b.op("Concat", self._integers(0, 0, 1, 1, 0, 0), after, axis=0))
        # A transform is a convolution that strides from tile to tile; channels take part one by one, as a batch.
        each = b.op("Reshape", padded, b.op("Concat", self._integers(-1, 1), self._seen(covered), axis=0))
        pixels = b.constant(matrices.pixels.reshape(PRODUCTS, 1, INPUT_TILE, INPUT_TILE))
        values = b.op("Transpose", b.op("Conv", each, pixels, strides=[TILE, TILE]), perm=[1, 0, 2, 3])
        values = b.op("Reshape", values, self._integers(PRODUCTS, channels[0], -1))
        products = b.op("MatMul", kernel, values)
        columns = b.op("Slice", tiles, self._integers(1), self._integers(2))
        # All channels below one another, as one picture.
        below = b.op("Reshape", products, b.op("Concat", self._integers(1, PRODUCTS, -1), columns, axis=0))
        tile = b.constant(matrices.tile.T.reshape(PRODUCTS, 1, TILE, TILE))
        placed = b.op("ConvTranspose", below, tile, strides=[TILE, TILE])
        whole = b.op("Reshape", placed, b.op("Concat", self._integers(1, channels[1]), covered, axis=0))
        return b.op("Slice", whole, self._integers(0, 0), size, self._integers(*_HW))

    def _seen(self, covered: str) -> str:
        return self._b.op("Add", covered, self._integers(INPUT_TILE - TILE, INPUT_TILE - TILE))

    def _integers(self, *values: int) -> str:
        return self._b.constant(values, np.int64)
