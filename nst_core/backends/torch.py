"""The backend on PyTorch: CPU (bfloat16 where the processor has it), CUDA and Apple's MPS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn

from nst_core import weights
from nst_core.backends import Float, Objective
from nst_core.errors import BackendUnavailableError, OutOfMemoryError
from nst_core.layers import CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS
from nst_core.statistics import Array, LayerStatistics, Targets, content_weight, relative_weights, tv_weight

Tensor = torch.Tensor


def devices() -> list[str]:
    """Devices this PyTorch can use now."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def has_fast_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively; without that it would be slower than float32."""
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def automatic_precision(device: str) -> torch.dtype:
    """bfloat16 on graphics cards and on processors that have it: its range is float32's, so nothing overflows."""
    half = device == "cuda" or (device == "cpu" and has_fast_bfloat16())
    return torch.bfloat16 if half else torch.float32


class TorchBackend:
    """Convolutions in `dtype`; statistics, losses and the image in float32 (float64 where dtype is that)."""

    name = "torch"

    def __init__(self, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        if device not in devices():
            raise BackendUnavailableError(f"PyTorch here cannot use {device}", "choose another device")
        self.device = device
        self.notes: tuple[str, ...] = ()
        self._dtype = dtype or automatic_precision(device)
        self._exact = torch.float64 if self._dtype == torch.float64 else torch.float32
        self.precision = {torch.bfloat16: "bf16", torch.float32: "fp32", torch.float64: "fp64"}[self._dtype]
        self._vgg = _Vgg.load(device, self._dtype)

    def array(self, values: Float) -> Array:
        """A tensor on the device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device, self._exact)

    def numpy(self, array: Array) -> Float:
        """Back on the host."""
        result: Float = array.detach().to("cpu", torch.float32).numpy()
        return result

    def features(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.features`."""
        with torch.no_grad():
            return {layer: values.to(self._exact) for layer, values in self._vgg(image).items()}

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        weigh = {layer: relative_weights(targets, layer) for layer in STYLE_LAYERS}
        factors = {
            layer: tuple(torch.tensor(f, device=self.device, dtype=self._exact).view(-1, 1, 1) for f in pair)
            for layer, pair in weigh.items()
        }
        on_content, on_tv = content_weight(targets), tv_weight(targets)

        def evaluate(image: Tensor) -> tuple[Tensor, Tensor]:
            x = image.detach().requires_grad_()
            try:
                maps, guide = self._vgg(x), targets.guides
                style = x.new_zeros(())
                for conv in CONVOLUTIONS:
                    guide = nn.avg_pool2d(guide, 2) if conv.pooled else guide
                    if conv.relu in STYLE_LAYERS:
                        found = _guided(maps[conv.relu].to(self._exact), guide)
                        style = style + _style_loss(found, targets.styles[conv.relu], *factors[conv.relu])
                content = on_content * ((maps[CONTENT_LAYER].to(self._exact) - targets.content) ** 2).sum()
                tv = on_tv * _squared_differences(x)
                losses = torch.stack([style, content, tv])
                (gradient,) = torch.autograd.grad(losses.sum(), x)
            except torch.OutOfMemoryError as error:
                raise OutOfMemoryError("the picture does not fit into memory", "choose a smaller size") from error
            return losses.detach(), gradient

        return evaluate

    def abort(self) -> None:
        """PyTorch cannot end an evaluation early."""


@dataclass(frozen=True)
class _Vgg:
    """VGG19 up to relu5_1 as plain functions."""

    parameters: Mapping[str, Tensor]
    dtype: torch.dtype

    @classmethod
    def load(cls, device: str, dtype: torch.dtype) -> _Vgg:
        arrays = weights.read(weights.verified(weights.WEIGHTS_FILE))
        moved = {name: torch.from_numpy(value).to(device, dtype) for name, value in arrays.items()}
        for name in [n for n in moved if n.endswith(".weight")]:
            moved[name] = moved[name].contiguous(memory_format=torch.channels_last)
        # The input's offset and factor are exact only before rounding.
        exact = torch.float64 if dtype == torch.float64 else torch.float32
        for name in ("input.matrix", "input.offset"):
            moved[name] = torch.from_numpy(arrays[name]).to(device, exact)
        return cls(moved, dtype)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        p = self.parameters
        # Replicate, not zero, padding: zeros draw a frame around the picture.
        x = nn.pad(image, (1, 1, 1, 1), mode="replicate")
        x = nn.conv2d(x, p["input.matrix"][:, :, None, None], p["input.offset"])
        x = x.to(self.dtype).contiguous(memory_format=torch.channels_last)
        maps = {}
        for conv in CONVOLUTIONS:
            x = nn.max_pool2d(x, 2) if conv.pooled else x
            padding = 0 if conv.name == "conv1_1" else 1
            x = nn.relu(nn.conv2d(x, p[f"{conv.name}.weight"], p[f"{conv.name}.bias"], padding=padding))
            if conv.relu in STYLE_LAYERS or conv.relu == CONTENT_LAYER:
                maps[conv.relu] = x
        return maps


def _guided(feature_map: Tensor, guide: Tensor) -> LayerStatistics:
    """Statistics of (1, C, h, w) under guides (K, 1, h, w)."""
    F = feature_map.reshape(1, feature_map.shape[1], -1)
    g = guide.reshape(guide.shape[0], 1, -1)
    weighted = F * (g / g.sum(2, keepdim=True))
    return LayerStatistics(gram=weighted @ F.mT, mean=weighted.sum(2, keepdim=True))


def _style_loss(found: LayerStatistics, target: LayerStatistics, on_gram: Tensor, on_mean: Tensor) -> Tensor:
    loss: Tensor = (on_gram * (found.gram - target.gram) ** 2).sum() + (on_mean * (found.mean - target.mean) ** 2).sum()
    return loss


def _squared_differences(image: Tensor) -> Tensor:
    """Sum of the squared differences between neighbours, down and across."""
    return (image.diff(dim=2) ** 2).sum() + (image.diff(dim=3) ** 2).sum()
