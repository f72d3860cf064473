"""VGG19 and sums of its feature maps for the PyTorch backend: in half precision, with gradients written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from nst_core.imaging.arrays import Float
from nst_core.vgg import weights
from nst_core.vgg.layers import CONTENT_LAYER, CONVOLUTIONS, HALF_UNITS, STYLE_LAYERS, Method

Tensor = torch.Tensor


@dataclass(frozen=True)
class Vgg:
    """VGG19 up to relu5_1 as plain functions."""

    parameters: Mapping[str, Tensor]
    dtype: torch.dtype

    @classmethod
    def load(cls, device: str, dtype: torch.dtype) -> Vgg:
        """The shipped weights, on the device."""
        arrays = weights.read(weights.verified(weights.WEIGHTS_FILE))
        if dtype == torch.float16:
            arrays = _in_units(arrays)
        moved = {name: torch.from_numpy(value).to(device, dtype) for name, value in arrays.items()}
        for name in [n for n in moved if n.endswith(".weight")]:
            moved[name] = moved[name].contiguous(memory_format=torch.channels_last)
        # The input's offset and factor are folded in before rounding to half precision.
        exact = torch.float64 if dtype == torch.float64 else torch.float32
        for name in ("input.matrix", "input.offset"):
            moved[name] = torch.from_numpy(arrays[name]).to(device, exact)
        return cls(moved, dtype)

    def __call__(self, image: Tensor, deepest: str) -> dict[str, Tensor]:
        """An image (1, 3, H, W) in [0, 1] to the feature maps (1, C, h, w), up to the layer `deepest`."""
        p = self.parameters
        # Replicate, not zero, padding: zeros draw a frame around the picture.
        x = nn.pad(image, (1, 1, 1, 1), mode="replicate")
        x = nn.conv2d(x, p["input.matrix"][:, :, None, None], p["input.offset"])
        x = x.to(self.dtype).contiguous(memory_format=torch.channels_last)
        maps = {}
        for conv in CONVOLUTIONS:
            x = nn.max_pool2d(x, 2) if conv.pooled else x
            padding = 0 if conv.name == "conv1_1" else 1
            x = _convolved(x, p[f"{conv.name}.weight"], p[f"{conv.name}.bias"], padding)
            if conv.relu in STYLE_LAYERS or conv.relu == CONTENT_LAYER:
                maps[conv.relu] = x
            if conv.relu == deepest:
                break
        return maps


def _in_units(arrays: Mapping[str, Float]) -> dict[str, Float]:
    """The parameters for feature maps in `HALF_UNITS`."""
    scaled, before = dict(arrays), 1
    for name, unit in zip((conv.name for conv in CONVOLUTIONS), HALF_UNITS.values(), strict=True):
        scaled[f"{name}.weight"] = arrays[f"{name}.weight"] * np.float32(before / unit)
        scaled[f"{name}.bias"] = arrays[f"{name}.bias"] * np.float32(1 / unit)
        before = unit
    return scaled


def _convolved(x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
    """Convolution and ReLU. cuDNN adds the bias in the same pass; PyTorch takes another pass for it."""
    if x.is_cuda:
        found: Tensor = _CudnnConvolution.apply(x, weight, bias, padding)  # type: ignore[no-untyped-call]
        return found
    return nn.relu(nn.conv2d(x, weight, bias, padding=padding))


class _CudnnConvolution(torch.autograd.Function):
    """relu(conv(x)), differentiable with respect to x only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        found = torch.cudnn_convolution_relu(x, weight, bias, (1, 1), (padding, padding), (1, 1), 1)
        ctx.save_for_backward(x, weight, found)
        ctx.padding = padding
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        x, weight, found = ctx.saved_tensors
        (gradient,) = gradients
        gradient = torch.ops.aten.threshold_backward(gradient, found, 0)
        around = [ctx.padding, ctx.padding]
        transposed, wanted = False, [True, False, False]
        gradient, _, _ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, [1, 1], around, [1, 1], transposed, [0, 0], 1, wanted
        )
        return gradient, None, None, None


def guides_at(guides: Tensor, method: Method) -> dict[str, Tensor]:
    """Guides (K, 1, H, W) at the size of each layer of the method's Gram term."""
    found = {}
    for conv in CONVOLUTIONS:
        guides = nn.avg_pool2d(guides, 2) if conv.pooled else guides
        if conv.relu in method.gram:
            found[conv.relu] = guides
        if conv.relu == method.gram[-1]:
            break
    return found


def averages(maps: Mapping[str, Tensor], method: Method, exact: torch.dtype) -> dict[str, Tensor]:
    """The method's `held` features, from the feature maps; as dtype `exact`."""
    return {
        layer: (nn.avg_pool2d(maps[layer], side) if side > 1 else maps[layer]).to(exact)
        for layer, side in method.held.items()
    }


def sums(feature_map: Tensor, guide: Tensor | None, exact: torch.dtype) -> Tensor:
    """F diag(g) F^T of (1, C, h, w) under guides (K, 1, h, w), or without one; summed as dtype `exact`."""
    F, by_tensor_cores = _flat(feature_map), feature_map.is_cuda and feature_map.dtype != exact
    F = F if by_tensor_cores else F.to(exact)
    weighted = F if guide is None else F * guide.reshape(guide.shape[0], 1, -1).to(F.dtype)
    across = F.mT.expand(weighted.shape[0], -1, -1)
    return torch.bmm(weighted, across, out_dtype=exact) if by_tensor_cores else torch.bmm(weighted, across)


def sums_backward(feature_map: Tensor, guide: Tensor | None, sums_gradient: Tensor, unit: float) -> Tensor:
    """The derivative of a loss with respect to the map. sums_gradient: its derivatives with respect to `sums`.

    unit: estimate of the largest of them; they are divided by it before the product, so that float16 does not overflow.
    """
    F = _flat(feature_map)
    found: Tensor = ((sums_gradient / unit).to(F.dtype) @ F) * (2 * unit)
    if guide is not None:
        found = (found * guide.reshape(guide.shape[0], 1, -1).to(F.dtype)).sum(0)
    return found.reshape(feature_map.shape)


class Summed(torch.autograd.Function):
    """`sums` with `sums_backward` as its derivative: autograd keeps no copy of the map."""

    @staticmethod
    def forward(ctx: Any, feature_map: Tensor, guide: Tensor | None, exact: torch.dtype, unit: float) -> Tensor:
        """See `sums`; unit: as for `sums_backward`."""
        ctx.save_for_backward(feature_map, guide)
        ctx.unit = unit
        return sums(feature_map, guide, exact)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """With respect to the map."""
        feature_map, guide = ctx.saved_tensors
        return sums_backward(feature_map, guide, gradients[0], ctx.unit), None, None, None


def _flat(feature_map: Tensor) -> Tensor:
    """(1, C, h, w) to (1, C, N)."""
    return feature_map.reshape(1, feature_map.shape[1], -1)
