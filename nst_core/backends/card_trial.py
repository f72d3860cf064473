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
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from nst_core import __version__
from nst_core.backends import card
from nst_core.shared.errors import NeuralStyleError
from nst_core.system import processor, threads
from nst_core.system.cache_folder import cache_folder
from nst_core.vgg.layers import PAINTERLY
from nst_core.vgg.losses import GRAM_WEIGHTS, Targets, Weights

if TYPE_CHECKING:
    from nst_core.backends.base import Backend
    from nst_core.imaging.arrays import Float

FILE = "graphics-card.json"
SIDE = 128
"""px of the picture of the trial: small enough for a slow processor."""
STEPS = 3
TIMEOUT_SECONDS = 90.0
"""Seconds after which the trial ends and the card counts as too slow."""
GAIN = 1.2
"""How many times as fast as the processor a card must be to be chosen; less is not worth its longer start."""
SAME = 0.02
"""Largest relative difference of the two gradients' norms. Ties in poolings explain 3e-3; a wrong driver gives more."""


@dataclass(frozen=True)
class Verdict:
    """Seconds of a step on the card and on the processor, or what went wrong with the card."""

    card: float = math.inf
    processor: float = 0.0
    fault: str = ""

    @property
    def faster(self) -> bool:
        """Whether device `auto` chooses the card."""
        return not self.fault and GAIN * self.card <= self.processor

    def __str__(self) -> str:
        """A clause for messages."""
        if self.fault:
            return f"not chosen by itself: {self.fault}"
        chosen = "chosen" if self.faster else "not chosen"
        return f"{chosen} by itself: a small step takes {self.card:.2g} s, and {self.processor:.2g} s on the processor"


def verdict(*, again: bool = False) -> Verdict:
    """The stored result of the trial; the trial is run now if there is none, or if `again`. Never raises."""
    where = _situation()
    file = cache_folder() / FILE
    if not again:
        try:
            kept = json.loads(file.read_text("utf-8"))
            if kept.pop("situation") == where:
                return Verdict(**kept)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # no stored result, or one in another form
    found = _tried()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"situation": where, **asdict(found)}), "utf-8")
    except OSError:
        pass  # the trial will be run again
    return found


def _situation() -> list[str]:
    return [__version__, processor.libraries(), processor.processor(), str(threads.count()), card.driver()]


def _tried() -> Verdict:
    command = [sys.executable, "-P", "-m", "nst_core.backends.card_trial"]
    try:
        done = subprocess.run(  # noqa: S603 - this very program
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        said = json.loads(done.stdout.decode("utf-8", "replace").splitlines()[-1])
        return Verdict(**said)
    except subprocess.TimeoutExpired:
        return Verdict(fault=f"a small step took more than {TIMEOUT_SECONDS:.0f} seconds")
    except (OSError, ValueError, IndexError, TypeError):
        return Verdict(fault="its driver ended the program that tried it")


def measure() -> Verdict:
    """Run the trial in this process. Raises what the backends raise."""
    from nst_core.backends.onnx import OnnxBackend  # noqa: PLC0415 - loading a runtime takes a while

    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    (own, expected), (seconds, found) = (_step(OnnxBackend(device), image) for device in ("cpu", "gpu"))
    off = float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
    if not off < SAME:
        return Verdict(seconds, own, f"what it computes differs from the processor's by {off:.1g}")
    return Verdict(seconds, own)


def _step(backend: Backend, image: Float) -> tuple[float, Float]:
    """Seconds of an evaluation that is not the first, and its gradient."""
    everywhere = np.ones((1, 1, SIDE, SIDE), np.float32)
    targets = Targets(
        method=PAINTERLY,
        grams=backend.style(image[..., ::-1].copy(), PAINTERLY),
        guides=everywhere,
        guide_share=(1.0,),
        held=backend.held(image.transpose(0, 1, 3, 2).copy(), PAINTERLY),
        held_share=everywhere,
        weights=Weights(gram=GRAM_WEIGHTS[PAINTERLY.name]),
    )
    objective, times = backend.objective(targets), []
    _, gradient = objective(image)
    for _ in range(STEPS):
        start = time.perf_counter()
        objective(image)
        times.append(time.perf_counter() - start)
    return min(times), gradient


def main() -> None:
    """The trial's own process: print the result as one line of JSON."""
    try:
        found = measure()
    except NeuralStyleError as error:
        found = Verdict(fault=str(error).rstrip("."))
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is the answer
        found = Verdict(fault=card.line(error))
    sys.stdout.write("\n" + json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
