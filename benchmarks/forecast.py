"""Forecast and measured cost of jobs: seconds, and the memory of the process.

python benchmarks/forecast.py --pair CONTENT STYLE [--megapixels 0.25 1 4 16] [--qualities draft normal]
    [--backend onnx] [--device cpu] [--memory 0]

CONTENT is resized to each area, with alpha, and painted by a new worker, as the filter does it. The speed of this
machine is measured with jobs of SPEED_MEGAPIXELS, as the dialog measures it with its previews: one before and one after
each forecast job, since the speed of a shared machine changes; the forecast is for their mean. Seconds are printed
twice: those that passed, and the CPU seconds of the worker divided by the number of processors, on which other programs
have little influence. With `--device cuda --backend torch` memory is that of the card, which nothing else should use.
"""

from __future__ import annotations

import argparse
import itertools
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from common import opaque

from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.planning.cost_model import estimate
from nst_core.shared.planning.schedule import Octave
from nst_core.shared.wire.messages import Progress, StyleFile, Stylize
from nst_core.worker.convert import to_pixels

SPEED_MEGAPIXELS = 0.5
WARM = 64
"""px: side of the picture that warms a worker."""
PROCESSORS = psutil.cpu_count() or 1
INTERVAL = 0.01
"""Seconds between two measurements of the worker's memory."""


@dataclass
class Cost:
    """passed and computed: seconds; memory: bytes of physical memory at most."""

    passed: float = 0.0
    computed: float = 0.0
    memory: int = 0


class Watch(threading.Thread):
    """Measures a process until `stop`: its memory, or that of the card that was taken since `before`."""

    def __init__(self, pid: int, before: int | None) -> None:
        super().__init__(daemon=True)
        self._process, self._over = psutil.Process(pid), threading.Event()
        self._before, self.memory = before, 0

    def run(self) -> None:
        """The thread."""
        while not self._over.wait(INTERVAL):
            memory = self._process.memory_info().rss if self._before is None else card_bytes() - self._before
            self.memory = max(self.memory, memory)

    def computed(self) -> float:
        """Seconds of its threads so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        """End the measurement."""
        self._over.set()
        self.join()


def card_bytes() -> int:
    """Bytes of the graphics card that programs hold."""
    import torch  # noqa: PLC0415 - for cards alone

    free, total = torch.cuda.mem_get_info()
    return int(total - free)


def paint(request: Stylize) -> tuple[Cost, list[tuple[Progress, float, float]]]:
    """By a new worker, warm. Returns the cost, and each step with the seconds passed and computed until then."""
    steps = []
    device = request.settings["device"]
    before = card_bytes() if device == "cuda" else None
    with Engine.start(default_command(), os.environ) as engine:
        small = to_pixels(np.zeros((WARM, WARM, 4), np.float32) + 0.5)
        engine.stylize(Stylize(small, request.styles, {**request.settings, "quality": "draft"}))
        watch = Watch(engine.pid or 0, before)
        watch.start()
        start, busy = time.perf_counter(), watch.computed()

        def note(progress: Progress) -> None:
            steps.append((progress, time.perf_counter() - start, watch.computed() - busy))

        engine.stylize(request, note)
        cost = Cost(time.perf_counter() - start, watch.computed() - busy, watch.memory)
        watch.stop()
    return cost, steps


def job(pair: list[Path], megapixels: float, settings: Mapping[str, str | float]) -> Stylize:
    """The pair's job at a size."""
    content, style = pair
    picture = image_files.read(content)[..., :3]
    scale = (megapixels * 1e6 / (picture.shape[0] * picture.shape[1])) ** 0.5
    sized = resize(picture, *(round(side * scale) for side in picture.shape[:2]))
    return Stylize(to_pixels(opaque(sized)), (StyleFile(style.read_bytes()),), settings)


def measured_speed(pair: list[Path], place: dict[str, str]) -> tuple[float, float]:
    """Seconds, passed and computed by all processors, that an evaluation of one megapixel takes: medians."""
    request = job(pair, SPEED_MEGAPIXELS, place)
    _, steps = paint(request)
    laps = [
        (passed - before[1], computed - before[2])
        for before, (progress, passed, computed) in itertools.pairwise(steps)
        if progress.step >= 2 and progress.octave == progress.octaves
    ]
    passed, computed = np.median(laps, axis=0) / Octave(request.content.height, request.content.width, 1).work
    return float(passed), float(computed) / PROCESSORS


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, nargs=2, required=True, metavar=("CONTENT", "STYLE"))
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.25, 1, 4, 16])
    parser.add_argument("--qualities", nargs="+", default=["draft", "normal"])
    parser.add_argument("--backend", default="onnx")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--memory", type=float, default=0.0)
    options = parser.parse_args()
    place = {"backend": options.backend, "device": options.device}
    after = measured_speed(options.pair, place)
    for quality in options.qualities:
        for megapixels in options.megapixels:
            request = job(options.pair, megapixels, {"quality": quality, "memory": options.memory, **place})
            size = request.content.height, request.content.width
            before = after
            cost, _ = paint(request)
            after = measured_speed(options.pair, place)
            print(f"a unit of work: {before[0]:.2f} s before, {after[0]:.2f} s after", flush=True)
            speed = np.mean([before, after], axis=0)
            forecasts = [estimate(*size, request.settings, float(seconds)) for seconds in speed]
            pairs = ((forecasts[0].seconds, cost.passed), (forecasts[1].seconds, cost.computed / PROCESSORS))
            text = "  ".join(
                f"{forecast:6.1f} / {found:6.1f} s ({found / forecast:4.2f} x)" for forecast, found in pairs
            )
            planned, used = forecasts[0].memory / 1e9, cost.memory / 1e9
            print(
                f"{quality:6s} {megapixels:6.2f} MP  passed {text} computed  "
                f"{planned:5.2f} / {used:5.2f} GB ({used / planned:4.2f} x)",
                flush=True,
            )


if __name__ == "__main__":
    main()
