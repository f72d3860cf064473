"""Seconds per evaluation of each backend and device, how far their gradients agree, and how soon the engine is ready.

python benchmarks/steps.py [--sizes 256 512] [--rounds 5]

Backends take turns, round by round, so that a machine that slows down slows all of them; medians are printed. The share
is that of what a large product of matrices reaches on the same device in the same precision. A gradient that is not
finite ends the program.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import Any

import numpy as np
from common import PHOTOGRAPHS

from nst_core.backends import onnx
from nst_core.backends.base import Backend
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.select import has_torch
from nst_core.imaging.arrays import planes
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Job, Style
from nst_core.painting.painter import Painter
from nst_core.shared.client.engine import Engine
from nst_core.vgg import weights
from nst_core.vgg.layers import CONVOLUTIONS, PAINTERLY

MATRIX, PRODUCTS = 8192, 5
"""Side of the matrices on a graphics card, four times that of a processor's; and how many products."""


def backends() -> list[Backend]:
    """All that this machine can run."""
    other = OnnxBackend()
    other.prefix = "" if other.prefix else weights.WINOGRAD
    found: list[Backend] = [*(OnnxBackend(device) for device in onnx.devices()), other]
    if has_torch():
        import torch  # noqa: PLC0415 - optional

        from nst_core.backends.torch import TorchBackend, automatic_precision, devices  # noqa: PLC0415 - optional

        precisions = {device: {torch.float32, automatic_precision(device)} for device in devices()}
        precisions["cpu"].add(torch.bfloat16)
        if "cuda" in precisions:
            precisions["cuda"].add(torch.bfloat16)
        found += [TorchBackend(device, dtype) for device, choices in precisions.items() for dtype in choices]
    return found


def name(backend: Backend) -> str:
    """With the graphs that it computes."""
    direct = isinstance(backend, OnnxBackend) and not backend.prefix
    return f"{backend.name}, direct" if direct else backend.name


def operations(size: int) -> float:
    """Floating-point operations of the painterly convolutions: forward, and once more for the gradient."""
    found, side = 0, size
    last = next(number for number, conv in enumerate(CONVOLUTIONS) if conv.relu == PAINTERLY.deepest)
    for conv in CONVOLUTIONS[: last + 1]:
        side = side // 2 if conv.pooled else side
        found += 2 * 2 * 9 * conv.in_channels * conv.out_channels * side * side
    return found


def matrix_rate(backend: Backend) -> float:
    """Operations in a second of a product of square matrices, the best of a few."""
    count = MATRIX if backend.device != "cpu" else MATRIX // 4
    matrix: Any = np.random.default_rng(0).random((count, count), dtype=np.float32)
    if has_torch():
        import torch  # noqa: PLC0415 - optional

        precision = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(backend.precision, torch.float32)
        matrix = torch.from_numpy(matrix).to(backend.device, precision)
    best = 0.0
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        float((matrix @ matrix)[0, 0])
        best = max(best, 2 * count**3 / (time.perf_counter() - start))
    return best


def measure(size: int, rounds: int) -> None:
    """Print a row per backend for a square picture of this size."""
    content = resize(image_files.read(PHOTOGRAPHS / "cat.jpg"), size, size)
    style = Style(image_files.read(PHOTOGRAPHS / "coffee.jpg"))
    image = planes(np.random.default_rng(0).random((size, size, 3), dtype=np.float32))
    painter = Painter(Job(content, (style,)), content, (style,))
    ready = [
        (backend, painter.canvas(backend, None, size, size).objective, backend.array(image)) for backend in backends()
    ]
    seconds: list[list[float]] = [[] for _ in ready]
    # The first evaluation prepares, and the second one is recorded on a card.
    gradients = [b.numpy([objective(x)[1] for _ in range(2)][1]) for b, objective, x in ready]
    if not all(np.isfinite(gradient).all() for gradient in gradients):
        raise SystemExit("A gradient is not finite.")
    limits = [matrix_rate(backend) for backend, _, _ in ready]
    for _ in range(rounds):
        for (backend, objective, x), row in zip(ready, seconds, strict=True):
            start = time.perf_counter()
            backend.numpy(objective(x)[0])
            row.append(time.perf_counter() - start)
    for (backend, _, _), row, gradient, limit in zip(ready, seconds, gradients, limits, strict=True):
        gap = np.linalg.norm(gradient - gradients[0]) / np.linalg.norm(gradients[0])
        middle = statistics.median(row)
        print(
            f"{size:5d}^2  {name(backend):13s}{backend.device:5s}{backend.precision:5s} {middle:7.4f} s a step, "
            f"{middle / statistics.median(seconds[0]):5.2f} x onnx, {operations(size) / middle / limit:3.0%} of "
            f"{limit / 1e12:.2f} TFLOP/s; gradient differs from onnx by {gap:.1e}"
        )
    for _, objective, _ in ready:
        objective.close()


def measure_start(rounds: int) -> None:
    """Print how long a new engine takes until it says Ready."""
    rows = []
    for _ in range(rounds):
        start = time.perf_counter()
        with Engine.start([sys.executable, "-I", "-u", "-m", "nst_core.worker"], os.environ):
            rows.append(time.perf_counter() - start)
    print(f"engine start to Ready: median {statistics.median(rows):.2f} s, at most {max(rows):.2f} s")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    measure_start(options.rounds)
    for size in options.sizes:
        measure(size, options.rounds)


if __name__ == "__main__":
    main()
