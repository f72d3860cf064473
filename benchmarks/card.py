"""A graphics card of any make beside PyTorch and the processor: seconds per step, memory, and how far gradients differ.

pip install --editable '.[webgpu,torch]'
python benchmarks/card.py [--sizes 256 512 1024] [--rounds 5] [--method painterly] [--ways NAME ...]

The same square picture for all; a step is an evaluation and a move of the optimiser. Backends that are missing on this
machine are named. Linux needs Vulkan's loader (in Debian `apt-get install libvulkan1`) and the card's Vulkan driver.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from nst_core.backends import card, card_trial
from nst_core.backends.base import Backend
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.select import has_torch
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.lbfgs import descend
from nst_core.shared.errors import NeuralStyleError
from nst_core.system.memory import peak_memory
from nst_core.vgg.layers import METHODS, Method
from nst_core.vgg.losses import GRAM_WEIGHTS, Targets, Weights

SLOW = 20.0
"""Seconds of an evaluation above which three steps are enough."""


def pytorch() -> Backend:
    """PyTorch on CUDA in float16. Raises where there is none."""
    if not has_torch():
        raise ImportError("PyTorch is not installed")
    from nst_core.backends.torch import TorchBackend  # noqa: PLC0415 - optional

    return TorchBackend("cuda")


WAYS: dict[str, Callable[[], Backend]] = {
    "processor": OnnxBackend,
    "any card, fp32": lambda: OnnxBackend("gpu"),
    "any card, fp16": lambda: OnnxBackend("gpu", half=True),
    "CUDA, onnx": lambda: OnnxBackend("cuda"),
    "CUDA, torch": pytorch,
}


def targets(backend: Backend, side: int, method: Method) -> Targets:
    """A Gram term on every layer, features of another picture, tv."""
    rng = np.random.default_rng(1)
    style, content = (backend.array(planes(rng.random((side, side, 3), dtype=np.float32))) for _ in range(2))
    everywhere = backend.array(np.ones((1, 1, side, side), np.float32))
    return Targets(
        method=method,
        grams=backend.grams(style, method),
        guides=everywhere,
        guide_share=(1.0,),
        held=backend.held(content, method),
        held_share=everywhere,
        weights=Weights(gram=GRAM_WEIGHTS[method.name]),
    )


def measure(name: str, backend: Backend, side: int, options: argparse.Namespace, reference: Float | None) -> Float:
    """Print a row, and return the gradient."""
    objective = backend.objective(targets(backend, side, METHODS[options.method]))
    image = backend.array(planes(np.random.default_rng(0).random((side, side, 3), dtype=np.float32)))
    free = backend.free_memory()
    start = time.perf_counter()
    gradient = backend.numpy(objective(image)[1])
    first = time.perf_counter() - start
    rows, last = list[float](), time.perf_counter()
    # CUDA's second evaluation is recorded; the first step moves without curvature.
    for step in descend(objective, image, 3 if first > SLOW else options.rounds + 3):
        assert step.loss > 0
        now = time.perf_counter()
        rows, last = [*rows, now - last], now
    free_after = backend.free_memory()
    if backend.device == "cpu":
        memory = f"{peak_memory() / 1e9:.2f} GB of the program"
    elif free is None or free_after is None:
        memory = "memory unknown"
    else:
        memory = f"{(free - free_after) / 1e9:.2f} GB more on the card"
    error = ""
    if reference is not None:
        error = f", gradient off by {np.linalg.norm(gradient - reference) / np.linalg.norm(reference):.1e}"
    seconds = statistics.median(rows[2:])
    print(
        f"{side:5d}^2  {name:14s} {backend.precision}  {seconds:8.4f} s a step, first {first:6.2f} s, {memory}{error}"
    )
    return gradient


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--method", choices=tuple(METHODS), default="painterly")
    parser.add_argument("--ways", choices=tuple(WAYS), nargs="+", default=tuple(WAYS))
    options = parser.parse_args()
    made: dict[str, Backend] = {}
    for name in options.ways:
        try:
            made[name] = WAYS[name]()
        except (NeuralStyleError, ImportError, RuntimeError) as error:  # noqa: PERF203 - each has its own reason
            print(f"{name}: not measured ({error})")
    if any(backend.device == "gpu" for backend in made.values()):
        print(f"{card.name()}: {card_trial.trial_result(again=True)}")
    for side in options.sizes:
        reference: Float | None = None
        for name, backend in made.items():
            try:
                gradient = measure(name, backend, side, options, reference)
            except (NeuralStyleError, RuntimeError) as error:  # noqa: PERF203 - the others go on
                print(f"{side:5d}^2  {name:14s} {str(error).splitlines()[0]}")
            else:
                reference = gradient if reference is None else reference


if __name__ == "__main__":
    main()
