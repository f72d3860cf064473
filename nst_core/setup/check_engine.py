"""Examines the engine: tries everything that it needs, and names a remedy for what fails.

Other packages than the standard library are imported inside the checks: a missing one is a finding too.
"""

from __future__ import annotations

import importlib
import locale
import platform
import sys
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import nst_core
from nst_core.shared.client.self_check import PRESETS, preset_findings
from nst_core.shared.errors import BackendUnavailableError, NeuralStyleError
from nst_core.shared.sentences import AGAIN
from nst_core.shared.wire.findings import Finding, State, of_error
from nst_core.system.optional_packages import remedy_for, torch_is_too_old

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

TRIAL_SIDE = 96  # px: small enough for a second, large enough for every layer
TRIAL_STEPS = 4
ENOUGH_MEMORY = 2 * 2**30  # bytes: a normal run of a one-megapixel picture


def examine() -> Iterator[Finding]:
    """Yields all findings; what others depend on comes first. Never raises."""
    checks: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
        ("python", _python),
        ("weights", _weights),
        ("onnx", lambda: _backend("onnx", "onnxruntime")),
        ("torch", lambda: _backend("torch", "torch")),
        ("memory", _memory),
        (PRESETS, preset_findings),
        ("locale", _locale),
    )
    for subject, check in checks:
        yield from guarded(subject, check)


def guarded(subject: str, check: Callable[[], list[Finding]], where: str = "") -> list[Finding]:
    """The findings of a check; an error of the check becomes a finding."""
    try:
        return check()
    except NeuralStyleError as error:
        return [of_error(subject, error, where)]
    except Exception as error:  # noqa: BLE001 - every error is reported as a finding
        return [Finding(subject, "problem", f"{type(error).__name__}: {error}", AGAIN, where)]


def _python() -> list[Finding]:
    text = f"{platform.python_version()} in {sys.prefix}, Neural Style {nst_core.__version__}, {platform.platform()}"
    if sys.version_info < (3, 11):
        return [Finding("python", "problem", text, "install Python 3.11 or later")]
    return [Finding("python", "ok", text)]


def _weights() -> list[Finding]:
    from nst_core.vgg import weights  # noqa: PLC0415 - see above

    path = weights.verified(weights.WEIGHTS_FILE)
    return [Finding("weights", "ok", f"{path.name}, {path.stat().st_size / 1e6:.1f} MB, digest as released")]


def _backend(name: str, module: str) -> list[Finding]:
    """Import the module, then run a tiny job on each of its devices."""
    remedy = remedy_for(module)
    try:
        runtime = _runtime(module)
    except ImportError as error:
        if error.name != module:
            return [Finding(name, "problem", f"{module} cannot be imported ({error})", AGAIN)]
        if name == "torch":
            return [
                Finding(name, "note", "PyTorch is not installed; it is optional, and fast on graphics cards", remedy)
            ]
        return [Finding(name, "problem", "ONNX Runtime is not installed", remedy)]
    version = getattr(runtime, "__version__", "of unknown version")
    if name == "torch" and torch_is_too_old(version):
        return [Finding(name, "note", f"PyTorch {version} is too old, and is not used", remedy)]
    backend = importlib.import_module(f"nst_core.backends.{name}")
    found: list[Finding] = []
    for device in backend.devices():
        check = _any_card if device == "gpu" else partial(_trial, name, device)
        found += guarded(name, partial(check, version), device)
    return found


def _any_card(version: str) -> list[Finding]:
    """The device `gpu`: first tried in a process of its own, because a bad driver may crash it."""
    from nst_core.backends import card, card_trial, onnx_session  # noqa: PLC0415 - see above

    try:
        onnx_session.graphics_card()
    except BackendUnavailableError as error:  # a graphics card is optional
        return [Finding("onnx", "note", error.message, error.remedy, "gpu")]
    result = card_trial.trial_result(again=True)
    text = f"{version}, {card.name() or 'a graphics card'}, {result}"
    return [Finding("onnx", "ok" if result.faster else "note", text, where="gpu")]


def _runtime(module: str) -> ModuleType:
    if module == "onnxruntime":
        from nst_core.backends.onnx_session import ort  # noqa: PLC0415 - see above

        return ort  # type: ignore[no-any-return] # it ships no types
    return importlib.import_module(module)


def _trial(name: str, device: str, version: str) -> list[Finding]:
    import numpy as np  # noqa: PLC0415 - see above

    from nst_core.painting.job import Job, Style  # noqa: PLC0415
    from nst_core.painting.run import Run  # noqa: PLC0415 - see above
    from nst_core.shared.settings import from_mapping  # noqa: PLC0415 - see above

    noise = np.random.default_rng(0).random((2, TRIAL_SIDE, TRIAL_SIDE, 3), dtype=np.float32)
    settings = from_mapping({"quality": "draft", "backend": name, "device": device})
    run = Run(Job(noise[0], (Style(noise[1]),), settings))
    times = []
    for _ in run:  # to the end, which frees the memory
        times.append(time.perf_counter())
        if len(times) == TRIAL_STEPS:
            run.stop()
    metrics = run.outcome().metrics
    step = min((later - earlier for earlier, later in pairwise(times)), default=0.0)  # the first load the network
    speed = f"{step:.3f} s a step at {TRIAL_SIDE} x {TRIAL_SIDE} px"
    text = ", ".join([version, metrics.precision, speed, *map(str, metrics.notes)])
    if metrics.device != device:
        return [
            Finding(name, "problem", text, f"see to the driver of {device}; the processor is used meanwhile", device)
        ]
    state: State = "note" if metrics.notes else "ok"
    return [Finding(name, state, text, where=device)]


def _memory() -> list[Finding]:
    import psutil  # noqa: PLC0415 - see above

    from nst_core.system.memory import available  # noqa: PLC0415 - see above

    free = available()  # a container may allow less than the machine has
    text = f"{free / 2**30:.1f} of {psutil.virtual_memory().total / 2**30:.1f} GiB free"
    if free < ENOUGH_MEMORY:
        return [Finding("memory", "note", text, "close other programs, or work on smaller pictures")]
    return [Finding("memory", "ok", text)]


def _locale() -> list[Finding]:
    name = locale.setlocale(locale.LC_CTYPE)
    text = f"{name}, file names in {sys.getfilesystemencoding()}"
    if sys.getfilesystemencoding().lower() not in {"utf-8", "utf8"}:
        remedy = "set one with UTF-8, such as LANG=C.UTF-8: file names with other letters may not be found"
        return [Finding("locale", "note", text, remedy)]
    return [Finding("locale", "ok", text)]
