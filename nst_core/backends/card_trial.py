"""Whether `device: gpu` is faster than the processor: one small step on each is timed.

The trial runs in a process of its own, because a bad driver may crash it. The result is stored in the cache folder, and
is valid until the card, its driver, the processor or a package changes.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nst_core import __version__
from nst_core.backends import card
from nst_core.backends.base import Curvature
from nst_core.shared.errors import CardLostError, NeuralStyleError
from nst_core.system import processor, threads
from nst_core.system.cache_folder import cache_folder
from nst_core.vgg.layers import PAINTERLY
from nst_core.vgg.losses import GRAM_WEIGHTS, Targets, Weights

if TYPE_CHECKING:
    from nst_core.backends.base import Backend, Objective
    from nst_core.imaging.arrays import Float

FILE = "graphics-card.json"
SIDE = 128
"""px of the picture of the trial: small enough for a slow processor."""
STEPS = 3
SMALL_MOVE = 0.001
"""Root mean square change of a pixel in one of them."""
TIMEOUT_SECONDS = 90.0
"""Seconds after which the trial ends and the card counts as too slow."""
GAIN = 1.2
"""How many times as fast as the processor a card must be to be chosen; less is not worth its longer start."""
SAME = 0.02
"""Largest relative difference of the two gradients' norms. Ties in poolings explain 3e-3; a wrong driver gives more."""
HALF_GAIN = 1.1
"""How many times as fast as float32 float16 must be to be chosen."""
HALF_SAME = 0.05
"""The same as SAME for float16 (measured errors: benchmarks/README.md)."""
HALF_LARGEST_GAIN = 3.0
"""Largest gain expected of float16: it is not tried on a card that would be slower than the processor even then."""


@dataclass(frozen=True)
class TrialResult:
    """Seconds of a step on the card and on the processor, or what went wrong with the card.

    half: seconds on the card in float16; infinite where it has none, or none that computes the same.
    """

    card: float = math.inf
    processor: float = 0.0
    fault: str = ""
    half: float = math.inf

    @property
    def in_half(self) -> bool:
        """Whether the card is to compute in float16."""
        return not self.fault and HALF_GAIN * self.half <= self.card

    @property
    def faster(self) -> bool:
        """Whether device `auto` chooses the card."""
        return not self.fault and GAIN * (self.half if self.in_half else self.card) <= self.processor

    def __str__(self) -> str:
        """A clause for messages."""
        if self.fault:
            return f"not chosen by itself: {self.fault}"
        chosen = "chosen" if self.faster else "not chosen"
        half = f"{self.half:.2g} s in float16, {self.card:.2g} s in float32"
        times = half if math.isfinite(self.half) else f"{self.card:.2g} s"
        return f"{chosen} by itself: a small step takes {times}, and {self.processor:.2g} s on the processor"


def trial_result(*, again: bool = False) -> TrialResult:
    """The stored result of the trial; the trial is run now if there is none, or if `again`. Never raises."""
    key = _validity_key()
    file = cache_folder() / FILE
    if not again:
        try:
            stored = json.loads(file.read_text("utf-8"))
            if stored.pop("situation") == key:
                return TrialResult(**stored)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # no stored result, or one in another form
    found = _run_trial()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"situation": key, **asdict(found)}), "utf-8")
    except OSError:
        pass  # the trial will be run again
    return found


def _validity_key() -> list[str]:
    return [__version__, processor.libraries(), processor.processor(), str(threads.count()), card.driver()]


def _run_trial() -> TrialResult:
    command = [sys.executable, "-P", "-m", "nst_core.backends.card_trial"]
    output: bytes | None
    try:
        output = subprocess.run(  # noqa: S603 - this very program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout
        fault = "its driver ended the program that tried it"
    except subprocess.TimeoutExpired as late:
        output, fault = late.stdout, f"a small step took more than {TIMEOUT_SECONDS:.0f} seconds"
    except OSError:
        output, fault = None, "the program that tries it cannot be started"
    for line in reversed((output or b"").decode("utf-8", "replace").splitlines()):
        with suppress(ValueError, TypeError):
            return TrialResult(**json.loads(line))
    return TrialResult(fault=fault)


def measure() -> Iterator[TrialResult]:
    """Run the trial in this process: the result in float32, then with float16. Raises what the backends raise."""
    from nst_core.backends.onnx import OnnxBackend  # noqa: PLC0415 - loading a runtime takes a while

    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    on_processor, expected = _step(OnnxBackend(), image)

    def timed(*, half: bool) -> tuple[float, float]:
        """Seconds of a step, and the relative difference of the gradient."""
        seconds, found = _step(OnnxBackend("gpu", half=half), image)
        return seconds, float(np.linalg.norm(found - expected) / np.linalg.norm(expected))

    seconds, difference = timed(half=False)
    if not difference < SAME:
        yield TrialResult(seconds, on_processor, f"what it computes differs from the processor's by {difference:.1g}")
        return
    yield TrialResult(seconds, on_processor)
    if seconds < HALF_LARGEST_GAIN * on_processor:
        with suppress(Exception):  # a driver without float16 may raise anything
            half, difference = timed(half=True)
            if difference < HALF_SAME:
                yield TrialResult(seconds, on_processor, half=half)


def _step(backend: Backend, image: Float) -> tuple[float, Float]:
    """Seconds of an evaluation after the first, and its gradient. Raises CardLostError if the loss does not fall."""
    everywhere = np.ones((1, 1, SIDE, SIDE), np.float32)
    targets = Targets(
        method=PAINTERLY,
        grams=backend.grams(image[..., ::-1].copy(), PAINTERLY),
        guides=everywhere,
        guide_share=(1.0,),
        held=backend.held(image.transpose(0, 1, 3, 2).copy(), PAINTERLY),
        held_share=everywhere,
        weights=Weights(gram=GRAM_WEIGHTS[PAINTERLY.name]),
    )
    objective, times = backend.objective(targets), []
    _, gradient = objective(image)
    losses = []
    for loss in _descended(objective, image):
        times.append(time.perf_counter())
        losses.append(loss)
    if not losses[-1] < losses[0]:
        raise CardLostError("its descent goes up", "update its driver")
    return min(end - start for start, end in pairwise(times)), gradient


def _descended(objective: Objective, image: Float) -> Iterator[float]:
    """The losses of a few small steps, by the objective's own descent where it has one."""
    descent = objective.descent
    if descent is None:
        for _ in range(STEPS + 1):
            losses, gradient = objective(image)
            yield float(losses.sum())
            image = image - SMALL_MOVE * gradient / np.sqrt((gradient**2).mean())
        return
    at, point = descent.start(image), None
    for _ in range(STEPS + 1):
        point = descent.evaluated(at, point)
        yield sum(point.losses)
        at = descent.moved(point, Curvature((), 1.0, SMALL_MOVE))


def main() -> None:
    """The trial's process: print results as lines of JSON, of which the last one counts."""
    try:
        for found in measure():
            _print(found)
    except NeuralStyleError as error:
        _print(TrialResult(fault=str(error).rstrip(".")))
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        _print(TrialResult(fault=card.line(error)))


def _print(found: TrialResult) -> None:
    sys.stdout.write("\n" + json.dumps(asdict(found)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
