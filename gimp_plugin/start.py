"""Starts, examines and installs the engine of this plug-in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gimp_plugin.checkup import own_engine
from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import engine_command
from nst_core.shared.client.self_check import examine_engine
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.wire.findings import Finding

FOLDER = Path(__file__).resolve().parent.parent


def start() -> Engine:
    """A running engine. Raises as `Engine.start`."""
    return Engine.start(engine_command(FOLDER), os.environ)


def examine(on_finding: Callable[[Finding], None], *, thorough: bool) -> None:
    """Examine it, as `examine_engine` does. Never raises."""
    examine_engine(FOLDER, os.environ, on_finding, thorough=thorough)


def install_option() -> own_engine.InstallOption:
    """How an engine can be installed. Never raises."""
    return own_engine.install_option(FOLDER, os.environ)


def installation(
    on_progress: Callable[[str], None], on_end: Callable[[NeuralStyleError | None], None]
) -> own_engine.Installation:
    """An Installation of an engine for this plug-in, not started yet."""
    return own_engine.Installation(FOLDER, os.environ, on_progress, on_end)
