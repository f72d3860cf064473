"""Starting, and examining, the engine that was installed with this plug-in."""

from __future__ import annotations

import os
from pathlib import Path

from nst_core.shared.client.engine import Engine
from nst_core.shared.client.launch import engine_command
from nst_core.shared.client.self_check import Tell, examine_engine

FOLDER = Path(__file__).resolve().parent.parent


def start() -> Engine:
    """A running engine. Raises EngineMissingError, EngineMismatchError and their like."""
    return Engine.start(engine_command(FOLDER), os.environ)


def examine(tell: Tell, *, thorough: bool) -> None:
    """Examine it, as `examine_engine` does. Never raises."""
    examine_engine(FOLDER, os.environ, tell, thorough=thorough)
