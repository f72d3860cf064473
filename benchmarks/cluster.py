"""One picture over a cluster: seconds and bytes of a step with one worker and with two, each with one thread.

python benchmarks/cluster.py [--side 768] [--tile 384] [--rounds 3] [--bandwidth 1.25e9]

A square picture on a local Ray cluster. Tiles in this process, one worker and two workers take turns, so that a machine
that slows down slows all of them. Medians are printed, and the CPU time of the busiest worker, on which other programs
have little influence. Bytes are those of the arrays that are sent and received. The optimiser's time in this process is
measured separately. From these the step of a gigapixel is calculated, in tiles of the usual size, for workers with a
processor each and a network of the given bandwidth, bytes per second.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import psutil
from common import square_pair

from nst_core.backends.base import Objective
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.tiling import MARGIN, TiledBackend, tiles
from nst_core.cluster.ray_cluster import LOCAL, PendingResult, Worker, cluster
from nst_core.cluster.split_picture import TILE, BandWorker, SplitBackend, Team
from nst_core.imaging.arrays import Float, planes
from nst_core.painting.job import Style
from nst_core.painting.lbfgs import descend
from nst_core.painting.style_targets.regions import regions_of
from nst_core.painting.style_targets.targets import Scene, classic_targets
from nst_core.system import threads
from nst_core.vgg.layers import CHANNELS, STYLE_LAYERS
from nst_core.vgg.losses import Weights

MOVES = 4
"""Length of the optimiser's history where memory is short."""
GIGAPIXEL = 32_768
"""px: the side."""
MATRICES = sum(CHANNELS[layer] ** 2 for layer in STYLE_LAYERS)
"""Numbers in a set of Gram matrices."""


@dataclass(eq=False)
class Shared:
    """A value in the cluster's object store; it is sent to each worker once."""

    reference: Any
    size: int


@dataclass
class Traffic:
    """Bytes."""

    sent: int = 0
    received: int = 0


class CountedWorker:
    """A worker whose traffic is counted."""

    def __init__(self, worker: Worker, traffic: Traffic) -> None:
        self._worker, self._traffic = worker, traffic
        self._known: set[Shared] = set()

    def call(self, method: str, *arguments: Any) -> CountedResult:
        """See nst_core.cluster.split_picture.TeamWorker."""
        for one in arguments:
            if isinstance(one, Shared):
                self._traffic.sent += 0 if one in self._known else one.size
                self._known.add(one)
            else:
                self._traffic.sent += size_of(one)
        plain = [one.reference if isinstance(one, Shared) else one for one in arguments]
        return CountedResult(self._worker.call(method, *plain), self._traffic)

    def close(self) -> None:
        """Nothing: the worker is used again."""


class CountedResult:
    """A pending result whose bytes are counted when it arrives."""

    def __init__(self, result: PendingResult, traffic: Traffic) -> None:
        self._result, self._traffic = result, traffic

    def get(self, cancelled: Callable[[], bool]) -> Any:
        """See nst_core.cluster.split_picture.PendingResult."""
        found = self._result.get(cancelled)
        self._traffic.received += size_of(found)
        return found


@dataclass
class Cost:
    """Of each step: seconds, CPU seconds of the busiest worker; and bytes sent and received in the last step."""

    seconds: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)


def size_of(value: Any) -> int:
    """Bytes of the arrays in a value."""
    match value:
        case np.ndarray():
            return value.nbytes
        case dict():
            return sum(map(size_of, value.values()))
        case tuple() | list():
            return sum(map(size_of, value))
    return 0


def optimizer_seconds(side: int) -> float:
    """Seconds per megapixel that the optimiser takes in this process between evaluations."""
    image = np.random.default_rng(0).random((1, 3, side, side), dtype=np.float32)
    target = image[:, :, ::-1, ::-1].copy()

    def objective(x: Float) -> tuple[Float, Float]:  # as cheap as can be
        return np.array([float(((x - target) ** 2).sum()), 0, 0], np.float32), (x - target) * (0.5 + target)

    times, last = [], time.perf_counter()
    for _ in descend(objective, image, 12, MOVES):
        times.append(time.perf_counter() - last)
        last = time.perf_counter()
    return statistics.median(times[6:]) / (side * side / 1e6)


def measured(side: int, tile: int, rounds: int) -> dict[str, Cost]:
    """The cost of a step in each way."""
    content, style = square_pair(side)
    backend = OnnxBackend()
    visible = np.ones((side, side), np.float32)
    scene = Scene(content, visible, regions_of([Style(style)], *visible.shape), visible.size, 1.0)
    whole = classic_targets(TiledBackend(backend, tile), scene, Weights())
    image, traffic, costs = planes(style), Traffic(), dict[str, Cost]()
    with cluster(LOCAL) as machines:
        workers = [machines.worker(partial(BandWorker, "onnx", "cpu"), 2, graphics=False) for _ in range(2)]
        processes = [psutil.Process(worker.pid()) for worker in workers]

        def team_objective(count: int) -> Objective:
            counted = iter([CountedWorker(worker, traffic) for worker in workers])
            team = Team(count, lambda: next(counted), lambda value: Shared(machines.share(value), size_of(value)))
            return SplitBackend(backend, team, tile).objective(whole)

        ways: dict[str, Callable[[], Objective]] = {
            "tiles here": lambda: TiledBackend(backend, tile).objective(whole),
            "one worker": lambda: team_objective(1),
            "two workers": lambda: team_objective(2),
        }
        for _ in range(rounds):
            for name, make in ways.items():
                objective = make()  # targets and networks are loaded here: not timed
                traffic.sent = traffic.received = 0
                before, start = [busy(process) for process in processes], time.perf_counter()
                objective(image)
                cost = costs.setdefault(name, Cost())
                cost.seconds.append(time.perf_counter() - start)
                cost.busy.append(max(busy(p) - then for p, then in zip(processes, before, strict=True)))
                cost.traffic = replace(traffic)
                objective.close()
    return costs


def busy(process: psutil.Process) -> float:
    """CPU seconds of the process so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=768)
    parser.add_argument("--tile", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bandwidth", type=float, default=1.25e9)
    options = parser.parse_args()
    threads.limit(1)
    costs = measured(options.side, options.tile, options.rounds)
    alone = costs["one worker"]
    rate = statistics.median(alone.busy) / tile_megapixels(options.side, options.tile)
    for name, cost in costs.items():
        each, cpu = statistics.median(cost.seconds), statistics.median(cost.busy)
        print(
            f"{name:12} {each:7.2f} s ({statistics.median(alone.seconds) / each:4.2f} x), "
            f"busiest worker {cpu:6.2f} s of a processor, "
            f"sent {cost.traffic.sent / 1e6:6.1f} MB, received {cost.traffic.received / 1e6:6.1f} MB"
        )
    optimizer_rate = optimizer_seconds(2048)
    print(f"here, between evaluations: {optimizer_rate:.3f} s for each megapixel")
    for count in (1, 4, 16, 64, 256):
        print(projected(count, rate, optimizer_rate, options.bandwidth))


def tile_megapixels(side: int, tile: int) -> float:
    """Megapixels of all tiles of a square picture, with their margins."""
    outer = [one.outer for one in tiles(side, side, tile)]
    return sum((box.bottom - box.top) * (box.right - box.left) for box in outer) / 1e6


def projected(count: int, rate: float, optimizer_rate: float, bandwidth: float) -> str:
    """A step of a gigapixel. rate: CPU seconds of a worker per megapixel of tiles; optimizer_rate: of the optimiser."""
    gigapixel = GIGAPIXEL**2 / 1e6
    crossing = 12 * (GIGAPIXEL + 2 * MARGIN * (count - 1)) * GIGAPIXEL
    # There and back: pixels and gradient; derivatives in float32 and sums in float64.
    network = (2 * crossing + count * MATRICES * (4 + 8)) / bandwidth
    work, here = rate * tile_megapixels(GIGAPIXEL, TILE) / count, optimizer_rate * gigapixel
    return (
        f"{count:3d} workers, {gigapixel:.0f} megapixels: {work + network + here:7.0f} s a step "
        f"(work {work:.0f}, network {network:.0f}, here {here:.0f})"
    )


if __name__ == "__main__":
    main()
