"""The examination: everything the engine and the plug-in need, each tried for real, each with its remedy."""

from __future__ import annotations

import importlib
import platform
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import nst_core
from nst_core.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

State = Literal["ok", "note", "problem"]

TRIAL_SIDE = 96  # px: small enough for a second, large enough for every layer
ENOUGH_MEMORY = 2 * 2**30  # bytes: a normal run of a one-megapixel picture


@dataclass(frozen=True)
class Finding:
    """One line of the examination. A note is worth knowing; a problem keeps something from working."""

    subject: str
    state: State
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.state:8}{self.subject}: {self.text}{f'; {self.remedy}' if self.remedy else ''}"


def examine() -> list[Finding]:
    """All findings, in the order in which things build on each other. Never raises."""
    checks: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
        ("python", _python),
        ("weights", _weights),
        ("onnx", lambda: _backend("onnx", "onnxruntime")),
        ("torch", lambda: _backend("torch", "torch")),
        ("memory", _memory),
        ("presets", _presets),
        ("gimp", _gimp),
    )
    return [finding for subject, check in checks for finding in _guarded(subject, check)]


def to_mapping(findings: list[Finding]) -> dict[str, Any]:
    """The findings as --json prints them."""
    return {
        "version": nst_core.__version__,
        "ok": all(finding.state != "problem" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _guarded(subject: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except NeuralStyleError as error:
        return [Finding(subject, "problem", error.message, error.remedy)]
    except Exception as error:  # noqa: BLE001 - an examination reports what breaks, whatever it is
        return [Finding(subject, "problem", f"{type(error).__name__}: {error}", "install Neural Style again")]


def _python() -> list[Finding]:
    text = f"{platform.python_version()} in {sys.prefix}, Neural Style {nst_core.__version__}, {platform.platform()}"
    if sys.version_info < (3, 11):
        return [Finding("python", "problem", text, "install Python 3.11 or later")]
    return [Finding("python", "ok", text)]


def _weights() -> list[Finding]:
    from nst_core import weights  # noqa: PLC0415 - a missing numpy is a finding too

    path = weights.verified(weights.WEIGHTS_FILE)
    return [Finding("weights", "ok", f"{path.name}, {path.stat().st_size / 1e6:.1f} MB, digest as released")]


def _backend(name: str, module: str) -> list[Finding]:
    """Import it, then run a tiny job on every device that it offers."""
    try:
        runtime = importlib.import_module(module)
    except ImportError as error:
        if name == "torch" and error.name == module:
            return [Finding(name, "note", "PyTorch is not installed", "it is optional, and fast on graphics cards")]
        return [Finding(name, "problem", f"{module} cannot be imported ({error})", "install Neural Style again")]
    backend = importlib.import_module(f"nst_core.backends.{name}")
    version = getattr(runtime, "__version__", "of unknown version")
    found: list[Finding] = []
    for device in backend.devices():
        found += _guarded(f"{name} on {device}", partial(_trial, name, device, version))
    return found


def _trial(name: str, device: str, version: str) -> list[Finding]:
    import numpy as np  # noqa: PLC0415 - a missing numpy is a finding too

    from nst_core.run import Job, Run, Style  # noqa: PLC0415 - as above
    from nst_core.settings import from_mapping  # noqa: PLC0415 - as above

    noise = np.random.default_rng(0).random((2, TRIAL_SIDE, TRIAL_SIDE, 3), dtype=np.float32)
    settings = from_mapping({"quality": "draft", "backend": name, "device": device})
    run = Run(Job(noise[0], (Style(noise[1]),), settings))
    times = []
    for _ in run:
        times.append(time.perf_counter())
        if len(times) == 4:
            run.stop()
    metrics = run.outcome().metrics
    step = (times[-1] - times[0]) / max(1, len(times) - 1)
    text = f"{version}, {metrics.precision}, {step:.3f} s a step at {TRIAL_SIDE} x {TRIAL_SIDE} px"
    fell_back = metrics.device != device
    state: State = "problem" if fell_back else "note" if metrics.notes else "ok"
    return [Finding(f"{name} on {device}", state, ", ".join([text, *metrics.notes]))]


def _memory() -> list[Finding]:
    import psutil  # noqa: PLC0415 - a missing one is a finding too

    memory = psutil.virtual_memory()
    text = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    if memory.available < ENOUGH_MEMORY:
        return [Finding("memory", "note", text, "close other programs, or work on smaller pictures")]
    return [Finding("memory", "ok", text)]


def _presets() -> list[Finding]:
    from nst_core.presets import list_presets  # noqa: PLC0415 - like the others

    listing = list_presets()
    own = sum(not preset.builtin for preset in listing.presets)
    broken = [Finding("presets", "problem", error.message, error.remedy) for error in listing.broken]
    if len(listing.presets) == own:
        return [
            Finding("presets", "problem", "the built-in presets are missing", "install Neural Style again"),
            *broken,
        ]
    return [Finding("presets", "ok", f"{len(listing.presets) - own} built in, {own} of your own"), *broken]


def _gimp() -> list[Finding]:
    from nst_core.install import gimp_profiles  # noqa: PLC0415 - like the others

    profiles = gimp_profiles()
    if not profiles:
        return [
            Finding(
                "gimp", "note", "no GIMP 3 profile was found", "to use the filter, install GIMP 3 and start it once"
            )
        ]
    return [_plugin(profile) for profile in profiles]


def _plugin(profile: Path) -> Finding:
    from nst_core.install import installed_engine  # noqa: PLC0415 - like the others
    from nst_core.protocol import PROTOCOL  # noqa: PLC0415 - like the others

    again = "run `neural-style install`"
    engine = installed_engine(profile / "plug-ins")
    if engine is None:
        return Finding("gimp", "note", f"the plug-in is not in {profile}", again)
    if engine.get("protocol") != PROTOCOL or engine.get("version") != nst_core.__version__:
        found = engine.get("version", "unknown")
        return Finding("gimp", "problem", f"the plug-in in {profile} is of version {found}", f"{again} again")
    return Finding("gimp", "ok", f"the plug-in is in {profile}, of this version")
