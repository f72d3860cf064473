"""The backend without torch: both graphs in ONNX Runtime, on the CPU or through CUDA."""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property

import numpy as np

from nst_core import threads, weights, winograd
from nst_core.backends import AbortedError, Float, Objective, Pull, TileWork
from nst_core.errors import BackendUnavailableError
from nst_core.layers import CONTENT_LAYER, REDUCTION, STYLE_LAYERS
from nst_core.memory import available
from nst_core.onnx_runtime import PROVIDERS, load_graph, ort, run_options
from nst_core.settings import MIN_SIDE
from nst_core.shortage import fitting
from nst_core.statistics import (
    Array,
    LayerStatistics,
    Targets,
    content_weight,
    relative_weights,
    tv_weight,
)

KERNEL = ".kernel"
"""What follows a convolution's name in the name of a graph's input."""
MANY = 12
"""Threads from which on memory holds Winograd's way up more than its fewer products save (benchmarks/README.md)."""


def devices() -> list[str]:
    """Devices the installed ONNX Runtime was built for; whether one really works shows when a session is made."""
    available = ort.get_available_providers()
    return [device for device, provider in PROVIDERS.items() if provider in available]


class OnnxBackend:
    """Numpy arrays outside, ONNX Runtime inside. Images and targets stay bound, so a step copies only the image."""

    name = "onnx"
    precision = "fp32"

    def __init__(self, device: str = "cpu") -> None:
        if device not in devices():
            raise BackendUnavailableError(
                f"ONNX Runtime here cannot use {device}", "choose another device, or install onnxruntime-gpu"
            )
        self._asked = device
        few = (threads.most() or os.cpu_count() or 1) < MANY
        self.prefix = weights.WINOGRAD if device == "cpu" and few else ""
        """Before the names of the graphs: which convolutions they have."""
        self._running = [run_options(self._asked)]
        self.device = device
        self.notes: tuple[str, ...] = ()
        if device != "cpu":
            self._features  # noqa: B018 - whether the card works decides how the work is planned

    @cached_property
    def _features(self) -> ort.InferenceSession:
        return self._session(weights.FEATURES_FILE)

    @cached_property
    def _objective(self) -> ort.InferenceSession:
        return self._session(weights.OBJECTIVE_FILE)

    def _session(self, name: str) -> ort.InferenceSession:
        weights.verified(weights.WEIGHTS_FILE)
        made = load_graph(weights.verified(self.prefix + name), threads.most(), self._asked)
        if made.get_providers()[0] != PROVIDERS[self._asked]:
            # ONNX Runtime falls back without a word; the artist should know why it is slow.
            self.device = "cpu"
            self.notes = (f"{self._asked} was asked for but ONNX Runtime fell back to the processor",)
        return made

    def array(self, values: Float) -> Array:
        """The same array: numpy's are this backend's own."""
        return np.ascontiguousarray(values, np.float32)

    def numpy(self, array: Array) -> Float:
        """The same array."""
        result: Float = array
        return result

    def features(self, image: Array) -> Mapping[str, Array]:
        """See `Backend.features`."""
        names = [output.name for output in self._features.get_outputs()]
        found = _run(self._features, {"image": image}, names, run_options(self._asked))
        return dict(zip(names, found, strict=True))

    def content(self, image: Array) -> Array:
        """See `Backend.content`."""
        return _run(self._features, {"image": image}, [CONTENT_LAYER], run_options(self._asked))[0]

    def style(self, image: Array) -> Mapping[str, LayerStatistics]:
        """See `Backend.style`. The last bits of numpy's products would depend on its threads."""
        height, width = image.shape[2:]
        sums = _summed(self._sums, image, np.ones((1, 1, height, width), np.float32), run_options(self._asked))
        positions = {layer: (height // REDUCTION[layer]) * (width // REDUCTION[layer]) for layer in sums}
        return {
            layer: LayerStatistics(part.gram / positions[layer], part.mean / positions[layer])
            for layer, part in sums.items()
        }

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        session = self._objective
        binding = session.io_binding()
        # New for each objective: an abort must not outlive the work it was meant for.
        first, later = self._running = [run_options(self._asked), run_options(self._asked, keep=True)]
        ways = itertools.chain([first], itertools.repeat(later))
        device = self.device
        bound = {name: ort.OrtValue.ortvalue_from_numpy(value, device, 0) for name, value in _feeds(targets).items()}
        for name, value in (bound | _kernels(session)).items():
            binding.bind_ortvalue_input(name, value)

        def evaluate(image: Array) -> tuple[Array, Array]:
            binding.bind_cpu_input("image", image)
            for output in ("losses", "gradient"):
                binding.bind_output(output, "cpu")
            with _speaking():
                session.run_with_iobinding(binding, next(ways))
            losses, gradient = binding.copy_outputs_to_cpu()
            return losses, gradient

        # Memory kept for the next evaluation goes back when nobody can ask for one any more.
        weakref.finalize(evaluate, self._give_back).atexit = False
        return evaluate

    def _give_back(self) -> None:
        self.content(np.zeros((1, 3, MIN_SIDE, MIN_SIDE), np.float32))

    @cached_property
    def _sums(self) -> ort.InferenceSession:
        return self._session(weights.TILE_SUMS_FILE)

    @cached_property
    def _tile_gradient(self) -> ort.InferenceSession:
        return self._session(weights.TILE_GRADIENT_FILE)

    def tile_work(self) -> TileWork:
        """See `Backend.tile_work`."""
        sessions = self._features, self._sums, self._tile_gradient
        self._running = [run_options(self._asked)]
        return _Tiles(*sessions, *self._running)

    def free_memory(self) -> int | None:
        """See `Backend.free_memory`. ONNX Runtime does not tell of a graphics card's."""
        return available() if self.device == "cpu" else None

    def keep_within(self, memory: float) -> None:
        """ONNX Runtime cannot, once it has loaded a graph."""

    def abort(self) -> None:
        """End a running evaluation between two nodes of its graph."""
        for options in self._running:
            options.terminate = True


class _Tiles:
    """See `TileWork`. The run options are this work's own, so that an abort ends it and nothing later."""

    def __init__(
        self,
        features: ort.InferenceSession,
        sums: ort.InferenceSession,
        gradient: ort.InferenceSession,
        options: ort.RunOptions,
    ) -> None:
        self._features, self._sums, self._gradient, self._options = features, sums, gradient, options

    def content(self, image: Array) -> Array:
        """See `TileWork.content`."""
        return _run(self._features, {"image": image}, [CONTENT_LAYER], self._options)[0]

    def sums(self, image: Array, guides: Array) -> Mapping[str, LayerStatistics]:
        """See `TileWork.sums`."""
        return _summed(self._sums, image, guides, self._options)

    def gradient(self, image: Array, guides: Array, pull: Pull) -> tuple[float, Array]:
        """See `TileWork.gradient`."""
        feeds = {"image": image, "guide": guides, "content": pull.content, "content_weight": pull.content_weight}
        for layer, part in pull.style.items():
            feeds[f"{layer}.gram"], feeds[f"{layer}.mean"] = part.gram, part.mean
        loss, gradient = _run(self._gradient, feeds, ["content_loss", "gradient"], self._options)
        return float(loss), gradient


def _run(
    session: ort.InferenceSession, feeds: Mapping[str, Array], names: list[str], options: ort.RunOptions
) -> list[Array]:
    """The outputs with these names; what is needed for no other one is not computed."""
    options.only_execute_path_to_fetches = True
    rows = {name: ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(v, np.float32)) for name, v in feeds.items()}
    with _speaking():
        found = session.run_with_ort_values(names, rows | _kernels(session), options)
    return [value.numpy() for value in found]


def _summed(
    session: ort.InferenceSession, image: Array, guides: Array, options: ort.RunOptions
) -> dict[str, LayerStatistics]:
    """An image's statistics under guides, before the division by the guides' mass."""
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, _run(session, {"image": image, "guide": guides}, names, options), strict=True))
    return {layer: LayerStatistics(found[f"{layer}.gram"], found[f"{layer}.mean"]) for layer in STYLE_LAYERS}


@cache
def _kernel(name: str) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(winograd.kernels()[name])


def _kernels(session: ort.InferenceSession) -> dict[str, ort.OrtValue]:
    """What the graph's fast convolutions take: in memory once, whichever graphs use it."""
    names = (value.name for value in session.get_inputs())
    return {name: _kernel(name.removesuffix(KERNEL)) for name in names if name.endswith(KERNEL)}


@contextmanager
def _speaking() -> Iterator[None]:
    """Turns ONNX Runtime's failures into the engine's own."""
    try:
        with fitting():
            yield
    except Exception as error:
        if "terminate" in str(error).lower():
            raise AbortedError from error
        raise


def _feeds(targets: Targets) -> dict[str, Float]:
    """Everything but the image, under the graph's input names."""
    feeds = {
        "guide": targets.guides,
        "content": targets.content,
        "content_weight": np.array(content_weight(targets), np.float32),
        "tv_weight": np.array(tv_weight(targets), np.float32),
    }
    for layer in STYLE_LAYERS:
        gram, mean = relative_weights(targets, layer)
        feeds[f"{layer}.gram"] = np.ascontiguousarray(targets.styles[layer].gram, np.float32)
        feeds[f"{layer}.mean"] = np.ascontiguousarray(targets.styles[layer].mean, np.float32)
        feeds[f"{layer}.gram_weight"] = np.array(gram, np.float32).reshape(-1, 1, 1)
        feeds[f"{layer}.mean_weight"] = np.array(mean, np.float32).reshape(-1, 1, 1)
    return feeds
