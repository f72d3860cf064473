"""The backend on PyTorch: CPU (bfloat16 where the processor has it), CUDA (float16) and Apple's MPS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import torch

from nst_core.backends.base import AbortedError, Blocks, Evaluate, LossGradients, Objective, TileWork
from nst_core.backends.torch_matching import nearest
from nst_core.backends.torch_vgg import Summed, Vgg, averages, guides_at, sums, sums_backward
from nst_core.imaging.arrays import Float
from nst_core.shared.errors import BackendUnavailableError
from nst_core.shared.sentences import Note
from nst_core.system import threads
from nst_core.system.memory import available
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.vgg.layers import Method
from nst_core.vgg.losses import TINY, Array, Grams, Targets, gram_weights, held_weights, tv_weight

Tensor = torch.Tensor

CONTEXT = 9e8
"""Bytes of a card's memory that CUDA and its libraries use."""
_NAMES = {torch.float16: "fp16", torch.bfloat16: "bf16", torch.float32: "fp32", torch.float64: "fp64"}


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

    On Intel only processors with AMX do; AVX-512 BF16 is slower than float32 (benchmarks/README.md).
    """
    get_capabilities = getattr(torch.cpu, "get_capabilities", None)  # not in older ones
    capabilities = get_capabilities() if get_capabilities else {}
    by_vectors = capabilities.get("avx512_bf16") and "Intel" not in str(capabilities.get("cpu_name"))
    return bool(capabilities.get("amx_bf16") or by_vectors)


def automatic_precision(device: str) -> torch.dtype:
    """float16 on graphics cards (8 times as precise as bfloat16, and as fast); bfloat16 on processors that have it."""
    if device == "cuda":
        return torch.float16
    return torch.bfloat16 if device == "cpu" and has_fast_bfloat16() else torch.float32


@cache
def _network(device: str, dtype: torch.dtype) -> Vgg:
    return Vgg.load(device, dtype)


class TorchBackend:
    """Convolutions in `dtype`; statistics, losses and the image in float32 (float64 where dtype is that).

    Each run has a backend of its own; the network is loaded once for the process. notes: see `Backend.notes`.
    """

    name = "torch"

    def __init__(self, device: str = "cpu", dtype: torch.dtype | None = None, notes: tuple[Note, ...] = ()) -> None:
        if device not in devices():
            raise BackendUnavailableError.of("torch-lacks-device", device=device)
        if 0 < threads.most() < torch.get_num_threads():
            torch.set_num_threads(threads.most())
        self.device = device
        self.notes = notes
        self._dtype = dtype or automatic_precision(device)
        self._exact = torch.float64 if self._dtype == torch.float64 else torch.float32
        self.precision = _NAMES[self._dtype]
        self._vgg = _network(device, self._dtype)
        self._tiles: _Tiles | None = None

    @property
    def card(self) -> str:
        """See `Backend`."""
        return str(torch.cuda.get_device_name()) if self.device == "cuda" else ""

    def array(self, values: Float) -> Array:
        """A tensor on the device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device, self._exact)

    def numpy(self, array: Array) -> Float:
        """See `Backend.numpy`."""
        result: Float = array.detach().to("cpu", torch.float32).numpy()
        return result

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`."""
        with torch.no_grad(), as_out_of_memory():
            return averages(self._vgg(image, method.deepest), method, self._exact)

    def grams(self, image: Array, method: Method) -> Grams:
        """See `Backend.grams`."""
        with torch.no_grad(), as_out_of_memory():
            return self._grams_of(self._vgg(image, method.deepest), method)

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.grams_and_held`."""
        with torch.no_grad(), as_out_of_memory():
            maps = self._vgg(image, method.deepest)
            return self._grams_of(maps, method), averages(maps, method, self._exact)

    def _grams_of(self, maps: Mapping[str, Tensor], method: Method) -> Grams:
        return {layer: sums(maps[layer], None, self._exact) / _positions(maps[layer]) for layer in method.gram}

    def nearest(self, query: Blocks, reference: Blocks, *, exhaustive: bool) -> Array:
        """See `Backend.nearest`."""
        with as_out_of_memory():
            return nearest(query, reference, exhaustive=exhaustive)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        method, guides = targets.method, guides_at(targets.guides, targets.method)
        gram_losses = {layer: self._gram_loss(layer, guide, targets) for layer, guide in guides.items()}
        held_factors, tv_factor = held_weights(targets), tv_weight(targets)
        pixels = _positions(targets.guides)

        def evaluate(image: Tensor) -> tuple[Tensor, Tensor]:
            x = image.detach().requires_grad_()
            with as_out_of_memory():
                maps = self._vgg(x, method.deepest)
                style = torch.stack([loss(maps[layer]) for layer, loss in gram_losses.items()]).sum()
                means = averages(maps, method, self._exact)
                gaps = {layer: mean - targets.held[layer] for layer, mean in means.items()}
                held = torch.stack([(held_factors[layer] * gap**2).sum() for layer, gap in gaps.items()]).sum()
                tv = tv_factor * _squared_differences(x)
                losses = torch.stack([style, held, tv])
                # Multiplied by the number of pixels, so that derivatives do not underflow in float16.
                (gradient,) = torch.autograd.grad(losses.sum() * pixels, x)
            return losses.detach(), gradient / pixels

        return Objective(_CudaGraph(evaluate) if self.device == "cuda" else evaluate)

    def _gram_loss(self, layer: str, guide: Tensor, targets: Targets) -> Callable[[Tensor], Tensor]:
        """One layer's style loss, of its map (1, C, h, w). guide: (K, 1, h, w)."""
        target, exact = targets.grams[layer], self._exact
        factors = torch.tensor(gram_weights(targets, layer), device=self.device, dtype=exact).view(-1, 1, 1)
        mass = guide.sum((2, 3), keepdim=True)[:, 0]
        covers_all = guide.shape[0] == 1 and bool((guide == 1).all())
        weights = None if covers_all else guide
        # Estimate of the largest derivative with respect to a sum: squared reduction of the map / norm of the target.
        unit = _positions(targets.guides) / _positions(guide) / (float(target.norm(dim=(1, 2)).min()) + TINY)

        def loss(feature_map: Tensor) -> Tensor:
            gram = Summed.apply(feature_map, weights, exact, unit)  # type: ignore[no-untyped-call]
            style: Tensor = (factors * (gram / mass - target) ** 2).sum()
            return style

        return loss

    def tile_work(self, method: Method) -> TileWork:
        """See `Backend.tile_work`."""
        self._tiles = _Tiles(self._vgg, method, self._exact)
        return self._tiles

    def free_memory(self) -> int | None:
        """See `Backend.free_memory`."""
        if self.device == "cuda":
            cached = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
            return int(torch.cuda.mem_get_info()[0]) + cached
        return available() if self.device == "cpu" else None

    def limit_memory(self, memory: float) -> None:
        """See `Backend.limit_memory`."""
        if self.device == "cuda":
            total = torch.cuda.get_device_properties().total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, max(0.0, memory - CONTEXT) / total))

    def abort(self) -> None:
        """PyTorch cannot end an evaluation early, but no further tile is started."""
        if self._tiles is not None:
            self._tiles.aborted = True


class _Tiles:
    """See `TileWork`."""

    def __init__(self, vgg: Vgg, method: Method, exact: torch.dtype) -> None:
        self._vgg, self._method, self._exact = vgg, method, exact
        self.aborted = False

    def held(self, image: Tensor) -> Mapping[str, Tensor]:
        """See `TileWork.held`."""
        self._require_running()
        with torch.no_grad(), as_out_of_memory():
            return averages(self._vgg(image, self._method.deepest), self._method, self._exact)

    def sums(self, image: Tensor, guides: Tensor) -> Grams:
        """See `TileWork.sums`."""
        self._require_running()
        with torch.no_grad(), as_out_of_memory():
            maps = self._vgg(image, self._method.deepest)
            at = guides_at(guides, self._method)
            return {layer: sums(maps[layer], guide, self._exact) for layer, guide in at.items()}

    def gradient(self, image: Tensor, guides: Tensor, loss_gradients: LossGradients) -> tuple[float, Tensor]:
        """See `TileWork.gradient`."""
        self._require_running()
        x = image.detach().requires_grad_()
        with as_out_of_memory():
            maps = self._vgg(x, self._method.deepest)
            pixels = _positions(x)
            means = averages(maps, self._method, self._exact)
            with torch.no_grad():
                # Multiplied by the tile's number of pixels, as in `objective`.
                map_gradients = {
                    layer: _map_gradient(maps[layer], guide, loss_gradients.grams[layer] * pixels)
                    for layer, guide in guides_at(guides, self._method).items()
                }
                gaps = {layer: mean - loss_gradients.held[layer][0] for layer, mean in means.items()}
                scaled = {layer: gap * loss_gradients.held[layer][1] for layer, gap in gaps.items()}
                loss = sum(float((gaps[layer] * scaled[layer]).sum()) for layer in gaps)
            outputs = [maps[layer] for layer in map_gradients] + list(means.values())
            gradients = [*map_gradients.values(), *(2 * pixels * gap for gap in scaled.values())]
            (gradient,) = torch.autograd.grad(outputs, x, gradients)
        return loss, gradient / pixels

    def _require_running(self) -> None:
        if self.aborted:
            raise AbortedError


class _CudaGraph:
    """An evaluation, recorded as a CUDA graph in its second call and then replayed: one launch for all kernels."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._warmed_up = False
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        if not self._warmed_up:
            self._warmed_up = True
            return self._evaluate(image)  # libraries choose algorithms in the first call, which cannot be recorded
        if self._graph is None:
            self._graph, self._image = torch.cuda.CUDAGraph(), image.clone()
            # Other threads may copy pictures meanwhile.
            with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
                self._outputs = self._evaluate(self._image)
        self._image.copy_(image)
        self._graph.replay()
        losses, gradient = self._outputs
        return losses.clone(), gradient.clone()


def _positions(values: Tensor) -> int:
    """Height times width of (…, H, W)."""
    return values.shape[-2] * values.shape[-1]


def _squared_differences(image: Tensor) -> Tensor:
    """Sum of the squared differences between neighbours, down and across."""
    return (image.diff(dim=2) ** 2).sum() + (image.diff(dim=3) ** 2).sum()


def _map_gradient(feature_map: Tensor, guide: Tensor, sums_gradient: Tensor) -> Tensor:
    """The gradient with respect to a map, from the one with respect to its sums."""
    return sums_backward(feature_map, guide, sums_gradient, float(sums_gradient.abs().max()) + TINY)
