"""How much memory the engine has taken."""

from __future__ import annotations

import psutil


def peak_memory() -> int:
    """Bytes of physical memory this program has held at most."""
    try:
        import resource  # noqa: PLC0415 - Unix only
    except ImportError:
        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if psutil.MACOS else peak * 1024)
