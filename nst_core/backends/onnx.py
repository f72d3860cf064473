"""The backend on ONNX Runtime: CPU, graphics cards of any make (WebGPU), and CUDA."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import cache, partial
from importlib.util import find_spec

import numpy as np

from nst_core.backends import card
from nst_core.backends.base import BEST, AbortedError, Blocks, LossGradients, Objective, TileWork, random_groups
from nst_core.backends.card_descent import CARD, CardDescent, CardImage, Feed
from nst_core.backends.card_outputs import OutputCheck, require_finite
from nst_core.backends.onnx_session import PROVIDERS, WEBGPU, card_lock, graph, graphics_card, ort, run_options
from nst_core.imaging.arrays import Float
from nst_core.shared.errors import BackendUnavailableError, CardLostError, NeuralStyleError, OutOfMemoryError
from nst_core.shared.sentences import Note, note
from nst_core.shared.settings import MIN_SIDE
from nst_core.system import threads
from nst_core.system.memory import available
from nst_core.system.out_of_memory import as_out_of_memory, is_shortage
from nst_core.vgg import weights, winograd
from nst_core.vgg.layers import CELLS, PAINTERLY, REDUCTION, Method
from nst_core.vgg.losses import Array, Grams, Targets, gram_weights, held_weights, tv_weight

KERNEL = ".kernel"
"""Suffix of a convolution's name in the name of the graph input for its kernel."""
SCORES = 6.4e7
"""Bytes of the scores that a search for nearest cells holds at once."""
DIRECT_THREADS = 12
"""From this many threads on Winograd convolutions are limited by memory bandwidth (benchmarks/README.md)."""


def devices() -> list[str]:
    """Devices for which the installed ONNX Runtime was built; whether one works shows when a session is made."""
    built_in = ort.get_available_providers()
    any_make = find_spec(WEBGPU) is not None  # a package of its own
    return [device for device, name in PROVIDERS.items() if (any_make if device == "gpu" else name in built_in)]


class OnnxBackend:
    """ONNX Runtime, with numpy arrays. Targets stay bound to the graph's inputs, so a step copies only the image.

    Each run has a backend of its own; the graphs are loaded once for the process. notes: see `Backend.notes`.
    """

    name = "onnx"

    def __init__(self, device: str = "cpu", notes: tuple[Note, ...] = (), *, half: bool = False) -> None:
        """half: compute the network in float16, on a card that has it; all else stays float32."""
        if device == "gpu":
            graphics_card()
        elif device not in devices():
            raise BackendUnavailableError.of("onnx-lacks-device", device=device)
        self._requested = self.device = device
        self.notes = notes
        winograd_is_faster = device == "cpu" and threads.count() < DIRECT_THREADS
        self.prefix = weights.HALF if half else weights.WINOGRAD if winograd_is_faster else ""
        """Prefix of the graph files: which kind of convolutions they contain."""
        self.precision = "fp16" if half else "fp32"
        self._running = [run_options(device)]
        # ONNX Runtime falls back silently. The plan must be made for the device that computes, and the user be told.
        if device != "cpu" and self._features.get_providers()[0] != PROVIDERS[device]:
            self.device = "cpu"
            self.notes += (note("device-fell-back", device=device),)

    @property
    def card(self) -> str:
        """See `Backend`."""
        return card.name() if self.device == "gpu" else ""

    @property
    def _features(self) -> ort.InferenceSession:
        return self._network(weights.FEATURES_FILE)

    @property
    def _sums(self) -> ort.InferenceSession:
        return self._network(weights.TILE_SUMS_FILE)

    def _network(self, file: str) -> ort.InferenceSession:
        """A graph of the network, with this backend's kind of convolutions."""
        return self._graph(self.prefix + file)

    def _graph(self, file: str) -> ort.InferenceSession:
        try:
            return graph(file, threads.most(), self._requested)
        except Exception as error:
            if self._requested != "gpu" or isinstance(error, NeuralStyleError) or is_shortage(error):
                raise
            raise card.unusable(error) from error

    def array(self, values: Float) -> Array:
        """The same array: this backend computes with numpy arrays."""
        return np.ascontiguousarray(values, np.float32)

    def numpy(self, array: Array) -> Float:
        """The same array, or a copy of an image in a card's memory. Raises CardLostError."""
        if isinstance(array, CardImage):
            with _engine_errors(self._features):
                return array.fetched()
        result: Float = array
        return result

    def held(self, image: Array, method: Method) -> Mapping[str, Array]:
        """See `Backend.held`."""
        return _held(self._features, image, method, run_options(self._requested))

    def grams(self, image: Array, method: Method) -> Grams:
        """See `Backend.grams`. Computed in the graph: the last bits of numpy's products depend on its threads."""
        height, width = image.shape[2:]
        everywhere = np.ones((1, 1, height, width), np.float32)
        sums = _summed(self._sums, image, everywhere, method, run_options(self._requested))
        return {
            layer: part / ((height // REDUCTION[layer]) * (width // REDUCTION[layer])) for layer, part in sums.items()
        }

    def grams_and_held(self, image: Array, method: Method) -> tuple[Grams, Mapping[str, Array]]:
        """See `Backend.grams_and_held`."""
        grams, held = [f"{layer}.gram" for layer in method.gram], _held_names(method)
        found = _run(self._features, {"image": image}, grams + held, run_options(self._requested))
        return (
            dict(zip(method.gram, found[: len(grams)], strict=True)),
            dict(zip(method.held, found[len(grams) :], strict=True)),
        )

    def nearest(self, query: Blocks, reference: Blocks, *, exhaustive: bool) -> Array:
        """See `Backend.nearest`."""
        count, options = len(reference.coarse), run_options(self._requested, keep=True)
        feeds = {
            "reference_fine": reference.fine,
            "reference_coarse": reference.coarse,
            "reference_inverse": reference.inverse,
        }
        if not exhaustive:
            order = random_groups(count)
            feeds |= {"order": order, "means": _block_means(reference)[order]}
        session, found = self._graph(weights.NEAREST_FILE if exhaustive else weights.NEAREST_OF_BEST_FILE), []
        for part in query.parts(reference, SCORES, exhaustive=exhaustive):
            query_feeds = {"fine": np.ascontiguousarray(part.fine), "coarse": part.coarse}
            with _engine_errors(session):
                index, *blocks = session.run(None, query_feeds | feeds, options)
            if not exhaustive:
                place, best = np.divmod(index, BEST)
                index = place * count + np.take_along_axis(blocks[0], best.T, 1).T
            found.append(index)
        return np.concatenate(found, axis=1)

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        session = self._network(weights.OBJECTIVE_FILE.format(method=targets.method.name))
        on_card = self.device == "gpu"
        # New for each objective: an abort must not end later work.
        first, later = self._running = [run_options(self._requested), run_options(self._requested, keep=True)]
        options = itertools.chain([first], itertools.repeat(later))
        place = CARD if on_card else self.device
        feeds = {name: _placed(session, value, place) for name, value in _feeds(targets).items()} | _kernels(session)

        def evaluate(image: Array, losses: str = "cpu", gradient: str = "cpu") -> list[ort.OrtValue]:
            return _bound_run(
                session, feeds | {"image": image}, {"losses": losses, "gradient": gradient}, next(options)
            )

        outputs = OutputCheck(self.works)

        def evaluate_array(image: Array) -> tuple[Array, Array]:
            losses, gradient = (value.numpy() for value in evaluate(image))
            if on_card:
                outputs.check(image, losses, gradient)
            return losses, gradient

        if not on_card:
            return Objective(evaluate_array, self._shrink_arena)
        graphs = self._graph(weights.CHANGE_FILE), self._graph(weights.MOVE_FILE)
        run, placed = partial(_bound_run, options=later), partial(_placed, session)
        return Objective(evaluate_array, descent=CardDescent(evaluate, graphs, run, placed, outputs))

    def works(self) -> bool:
        """Whether it computes features of a small picture, which a lost card does not."""
        try:
            found = self.held(np.full((1, 3, MIN_SIDE, MIN_SIDE), 0.5, np.float32), PAINTERLY)
        except (CardLostError, OutOfMemoryError):
            return False
        return all(values.any() for values in found.values())

    def _shrink_arena(self) -> None:
        """Return the arena's memory to the system: the end of any run without `keep` does."""
        with suppress(OutOfMemoryError, CardLostError):
            self.held(np.zeros((1, 3, MIN_SIDE, MIN_SIDE), np.float32), PAINTERLY)

    def tile_graphs(self, method: Method) -> tuple[ort.InferenceSession, ort.InferenceSession, ort.InferenceSession]:
        """Features, sums and gradient of a tile."""
        return self._features, self._sums, self._network(weights.TILE_GRADIENT_FILE.format(method=method.name))

    def tile_work(self, method: Method) -> TileWork:
        """See `Backend.tile_work`."""
        self._running = [run_options(self._requested)]
        return _Tiles(self, method, *self._running)

    def free_memory(self) -> int | None:
        """See `Backend.free_memory`. ONNX Runtime does not report a graphics card's; Vulkan does."""
        if self.device == "gpu":
            return card.free_memory()
        return available() if self.device == "cpu" else None

    def limit_memory(self, memory: float) -> None:
        """Does nothing: ONNX Runtime takes a limit only when it loads a graph."""

    def abort(self) -> None:
        """End a running evaluation between two nodes of its graph."""
        for options in self._running:
            options.terminate = True


class _Tiles:
    """See `TileWork`. It has its own run options, so that an abort ends this work and nothing later."""

    def __init__(self, backend: OnnxBackend, method: Method, options: ort.RunOptions) -> None:
        self._method, self._options = method, options
        self._features, self._sums, self._gradient = backend.tile_graphs(method)
        self._outputs = OutputCheck(backend.works) if backend.device == "gpu" else None

    def held(self, image: Array) -> Mapping[str, Array]:
        """See `TileWork.held`."""
        return _held(self._features, image, self._method, self._options)

    def sums(self, image: Array, guides: Array) -> Grams:
        """See `TileWork.sums`."""
        return _summed(self._sums, image, guides, self._method, self._options)

    def gradient(self, image: Array, guides: Array, loss_gradients: LossGradients) -> tuple[float, Array]:
        """See `TileWork.gradient`."""
        feeds = {"image": image, "guide": guides}
        feeds |= {f"{layer}.gram": part for layer, part in loss_gradients.grams.items()}
        for layer, (target, weight) in loss_gradients.held.items():
            feeds[f"{layer}.held"], feeds[f"{layer}.held_weight"] = target, weight
        loss, gradient = _run(self._gradient, feeds, ["held_loss", "gradient"], self._options)
        if self._outputs and all(np.any(weight) for _, weight in loss_gradients.held.values()):
            self._outputs.check(image, loss, gradient)
        return float(loss), gradient


def _run(
    session: ort.InferenceSession, feeds: Mapping[str, Array], names: list[str], options: ort.RunOptions
) -> list[Array]:
    """The outputs with these names; nothing else of the graph is computed."""
    options.only_execute_path_to_fetches = True
    values = {name: ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(v, np.float32)) for name, v in feeds.items()}
    with _engine_errors(session):
        found = [value.numpy() for value in session.run_with_ort_values(names, values | _kernels(session), options)]
    if _on_card(session):
        require_finite(*found)
    return found


def _placed(session: ort.InferenceSession, array: Float, place: str) -> ort.OrtValue:
    """An array in a memory that the session sees."""
    with _engine_errors(session):
        return ort.OrtValue.ortvalue_from_numpy(array, place)


def _bound_run(
    session: ort.InferenceSession, feeds: Mapping[str, Feed], places: Mapping[str, str], options: ort.RunOptions
) -> list[ort.OrtValue]:
    """The outputs of these names, each in the memory of its place."""
    binding = session.io_binding()
    for name, value in feeds.items():
        bind = binding.bind_ortvalue_input if isinstance(value, ort.OrtValue) else binding.bind_cpu_input
        bind(name, value)
    for name, place in places.items():
        binding.bind_output(name, place)
    with _engine_errors(session):
        session.run_with_iobinding(binding, options)
        found: list[ort.OrtValue] = binding.get_outputs()
    return found


def _on_card(session: ort.InferenceSession) -> bool:
    return bool(session.get_providers()[0] == PROVIDERS["gpu"])


def _held(session: ort.InferenceSession, image: Array, method: Method, options: ort.RunOptions) -> dict[str, Array]:
    """See `Backend.held`."""
    return dict(zip(method.held, _run(session, {"image": image}, _held_names(method), options), strict=True))


def _block_means(blocks: Blocks) -> Array:
    """(B, F + D): the mean of each block's cells, each of length 1."""
    fine = (blocks.fine * blocks.inverse[..., None]).mean(0)
    return np.concatenate([fine, blocks.coarse * blocks.inverse.mean(0)[:, None]], axis=1)


def _held_names(method: Method) -> list[str]:
    return [layer + CELLS if method.name == PAINTERLY.name else layer for layer in method.held]


def _summed(
    session: ort.InferenceSession, image: Array, guides: Array, method: Method, options: ort.RunOptions
) -> dict[str, Array]:
    """An image's Gram matrices under guides, before the division by the guides' mass."""
    names = [f"{layer}.gram" for layer in method.gram]
    return dict(zip(method.gram, _run(session, {"image": image, "guide": guides}, names, options), strict=True))


@cache
def _kernel(name: str) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(winograd.kernels()[name])


def _kernels(session: ort.InferenceSession) -> dict[str, ort.OrtValue]:
    """The transformed kernels of the graph's Winograd convolutions; all graphs share one copy."""
    names = (value.name for value in session.get_inputs())
    return {name: _kernel(name.removesuffix(KERNEL)) for name in names if name.endswith(KERNEL)}


@contextmanager
def _engine_errors(session: ort.InferenceSession) -> Iterator[None]:
    """Convert errors of ONNX Runtime to the engine's own. Raises CardLostError where a graphics card fails."""
    try:
        with card_lock if _on_card(session) else nullcontext(), as_out_of_memory():
            yield
    except Exception as error:
        if "terminate" in str(error).lower():
            raise AbortedError from error
        if isinstance(error, OutOfMemoryError) or not _on_card(session):
            raise
        raise CardLostError(f"the graphics card failed ({card.line(error)})", "update its driver") from error


def _feeds(targets: Targets) -> dict[str, Float]:
    """Everything but the image, under the graph's input names."""
    feeds = {"guide": targets.guides, "tv_weight": np.array(tv_weight(targets), np.float32)}
    for layer, gram in targets.grams.items():
        feeds[f"{layer}.gram"] = np.ascontiguousarray(gram, np.float32)
        feeds[f"{layer}.gram_weight"] = np.array(gram_weights(targets, layer), np.float32).reshape(-1, 1, 1)
    for layer, weight in held_weights(targets).items():
        feeds[f"{layer}.held"] = np.ascontiguousarray(targets.held[layer], np.float32)
        feeds[f"{layer}.held_weight"] = np.ascontiguousarray(weight, np.float32)
    return feeds
