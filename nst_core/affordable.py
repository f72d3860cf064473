"""How much memory a run may take."""

from __future__ import annotations

import math

from nst_core.backends import Backend
from nst_core.memory import held_memory
from nst_core.settings import Settings

SHARE = 0.9
"""Of what is free: other programs want some too."""


def budget(settings: Settings, backend: Backend) -> float:
    """Bytes that the engine may hold where the backend computes: what was set, or what it holds and what is free."""
    if settings.memory:
        return settings.memory * 1e9
    free = backend.free_memory()
    if free is None:
        return math.inf
    held = held_memory() if backend.device == "cpu" else 0
    return held + SHARE * free
