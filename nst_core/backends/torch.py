"""The backend on PyTorch: CPU (bfloat16 where the processor has it), CUDA and Apple's MPS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn

from nst_core import weights
from nst_core.backends import AbortedError, Float, Objective, Pull, TileWork
from nst_core.errors import BackendUnavailableError
from nst_core.layers import CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS
from nst_core.memory import available
from nst_core.shortage import fitting
from nst_core.statistics import (
    Array,
    LayerStatistics,
    Targets,
    content_weight,
    layer_statistics,
    relative_weights,
    tv_weight,
)

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
    """Whether the processor multiplies bfloat16 faster than float32.

    Intel's do so by their matrix unit alone: with AVX-512's instructions they take longer (benchmarks/README.md).
    """
    abilities = torch.cpu.get_capabilities()
    by_vectors = abilities.get("avx512_bf16") and "Intel" not in str(abilities.get("cpu_name"))
    return bool(abilities.get("amx_bf16") or by_vectors)


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
        self._tiles: _Tiles | None = None

    def array(self, values: Float) -> Array:
        """A tensor on the device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device, self._exact)

    def numpy(self, array: Array) -> Float:
        """Back on the host."""
        result: Float = array.detach().to("cpu", torch.float32).numpy()
        return result

    def features(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.features`."""
        with torch.no_grad(), fitting():
            return {layer: values.to(self._exact) for layer, values in self._vgg(image).items()}

    def content(self, image: Array) -> Array:
        """See `Backend.content`."""
        return self.features(image)[CONTENT_LAYER]

    def style(self, image: Array) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`."""
        maps = self.features(image)
        return {layer: layer_statistics(maps[layer]) for layer in STYLE_LAYERS}

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
            with fitting():
                maps = self._vgg(x)
                style = x.new_zeros(())
                for layer, guide in _guides(targets.guides).items():
                    found = _guided(maps[layer].to(self._exact), guide)
                    style = style + _style_loss(found, targets.styles[layer], *factors[layer])
                content = on_content * ((maps[CONTENT_LAYER].to(self._exact) - targets.content) ** 2).sum()
                tv = on_tv * _squared_differences(x)
                losses = torch.stack([style, content, tv])
                (gradient,) = torch.autograd.grad(losses.sum(), x)
            return losses.detach(), gradient

        return evaluate

    def tile_work(self) -> TileWork:
        """See `Backend.tile_work`."""
        self._tiles = _Tiles(self._vgg, self._exact)
        return self._tiles

    def free_memory(self) -> int | None:
        """See `Backend.free_memory`."""
        if self.device == "cuda":
            return int(torch.cuda.mem_get_info()[0])
        return available() if self.device == "cpu" else None

    def abort(self) -> None:
        """PyTorch cannot end an evaluation early, but no further tile is begun."""
        if self._tiles is not None:
            self._tiles.aborted = True


class _Tiles:
    """See `TileWork`."""

    def __init__(self, vgg: _Vgg, exact: torch.dtype) -> None:
        self._vgg, self._exact = vgg, exact
        self.aborted = False

    def content(self, image: Tensor) -> Tensor:
        """See `TileWork.content`."""
        self._go_on()
        with torch.no_grad(), fitting():
            return self._vgg(image)[CONTENT_LAYER].to(self._exact)

    def sums(self, image: Tensor, guides: Tensor) -> Mapping[str, LayerStatistics]:
        """See `TileWork.sums`."""
        self._go_on()
        found = {}
        with torch.no_grad(), fitting():
            maps = self._vgg(image)
            for layer, guide in _guides(guides).items():
                F, weighted = _weighted(maps[layer].to(self._exact), guide)
                found[layer] = LayerStatistics(gram=weighted @ F.mT, mean=weighted.sum(2, keepdim=True))
        return found

    def gradient(self, image: Tensor, guides: Tensor, pull: Pull) -> tuple[float, Tensor]:
        """See `TileWork.gradient`."""
        self._go_on()
        x = image.detach().requires_grad_()
        with fitting():
            maps = self._vgg(x)
            pulls = {}
            with torch.no_grad():
                for layer, guide in _guides(guides).items():
                    F = maps[layer].to(self._exact).reshape(1, maps[layer].shape[1], -1)
                    twice = 2 * pull.style[layer].gram @ F
                    per_guide = (twice + pull.style[layer].mean) * guide.reshape(guide.shape[0], 1, -1)
                    pulls[layer] = per_guide.sum(0).reshape(maps[layer].shape)
                gap = maps[CONTENT_LAYER].to(self._exact) - pull.content
                scaled = gap * pull.content_weight
                loss = float((gap * scaled).sum())
                pulls[CONTENT_LAYER] = 2 * scaled
            outputs = [maps[layer] for layer in pulls]
            (gradient,) = torch.autograd.grad(outputs, x, [pulls[layer].to(maps[layer].dtype) for layer in pulls])
        return loss, gradient

    def _go_on(self) -> None:
        if self.aborted:
            raise AbortedError


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


def _guides(guides: Tensor) -> dict[str, Tensor]:
    """Guides (K, 1, H, W) at each style layer's size."""
    found = {}
    for conv in CONVOLUTIONS:
        guides = nn.avg_pool2d(guides, 2) if conv.pooled else guides
        if conv.relu in STYLE_LAYERS:
            found[conv.relu] = guides
    return found


def _weighted(feature_map: Tensor, guide: Tensor) -> tuple[Tensor, Tensor]:
    """(1, C, h, w) and (K, 1, h, w) to F (1, C, N) and F diag(g) (K, C, N)."""
    F = feature_map.reshape(1, feature_map.shape[1], -1)
    return F, F * guide.reshape(guide.shape[0], 1, -1)


def _guided(feature_map: Tensor, guide: Tensor) -> LayerStatistics:
    """Statistics of (1, C, h, w) under guides (K, 1, h, w)."""
    F, weighted = _weighted(feature_map, guide / guide.sum((2, 3), keepdim=True))
    return LayerStatistics(gram=weighted @ F.mT, mean=weighted.sum(2, keepdim=True))


def _style_loss(found: LayerStatistics, target: LayerStatistics, on_gram: Tensor, on_mean: Tensor) -> Tensor:
    loss: Tensor = (on_gram * (found.gram - target.gram) ** 2).sum() + (on_mean * (found.mean - target.mean) ** 2).sum()
    return loss


def _squared_differences(image: Tensor) -> Tensor:
    """Sum of the squared differences between neighbours, down and across."""
    return (image.diff(dim=2) ** 2).sum() + (image.diff(dim=3) ** 2).sum()
