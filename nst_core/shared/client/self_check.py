"""Checks that the plug-in finds its engine, that it starts, and that it works. Used in GIMP and by the command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nst_core import __version__
from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import engine_command
from nst_core.shared.client.remote import host_of
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.presets.lookup import list_presets
from nst_core.shared.sentences import AGAIN, DOCTOR, REINSTALL
from nst_core.shared.wire.findings import Finding, of_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PRESETS = "presets"


def examine_engine(
    folder: Path, environment: Mapping[str, str], on_finding: Callable[[Finding], None], *, thorough: bool
) -> None:
    """Examine the engine that the plug-in in `folder` starts. Never raises.

    thorough: also let the engine examine itself, which takes seconds.
    """
    try:
        command = engine_command(folder)
        on_finding(Finding("engine.json", "ok", f"names {' '.join(command)}", where=str(folder)))
        started = time.monotonic()
        with Engine.start(command, environment) as engine:
            on_finding(_engine_finding(engine, command, time.monotonic() - started))
            if thorough and host_of(command) is None:
                engine.examine(on_finding)
            elif thorough:  # a remote engine does not see the user's presets
                engine.examine(lambda finding: None if finding.subject == PRESETS else on_finding(finding))
                for finding in preset_findings():
                    on_finding(finding)
    except NeuralStyleError as error:
        remedy = REINSTALL if DOCTOR in error.remedy else error.remedy  # this is the doctor already
        on_finding(Finding("engine", "problem", error.message, remedy))


def preset_findings() -> list[Finding]:
    """Findings on the presets of this machine."""
    listing = list_presets()
    own = sum(not preset.builtin for preset in listing.presets)
    broken = [of_error(PRESETS, error, error.slug) for error in listing.broken]
    if len(listing.presets) == own:
        return [Finding(PRESETS, "problem", "the built-in presets are missing", AGAIN), *broken]
    return [Finding(PRESETS, "ok", f"{len(listing.presets) - own} built in, {own} of your own"), *broken]


def _engine_finding(engine: Engine, command: list[str], seconds: float) -> Finding:
    ready = engine.ready
    host = host_of(command)
    has = f"{', '.join(ready.backends) or 'no backend'} on {', '.join(ready.devices)}"
    text = f"{f'on {host}, ' if host else ''}ready in {seconds:.1f} s, version {ready.version}, {has}"
    if ready.version != __version__:
        return Finding("engine", "problem", f"{text}; the plug-in is of version {__version__}", REINSTALL)
    return Finding("engine", "ok", text)
