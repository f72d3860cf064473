"""The number of threads for the networks of this process; set once, before the first network is loaded.

CPU affinity (taskset, Slurm, Docker's cpuset) and cgroup quotas (Docker's --cpus) are respected. By default ONNX
Runtime starts and pins one thread for each core of the machine; with an explicit number it pins none.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_OLD_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
_most = 0


def limit(count: int) -> None:
    """Use that many threads at most; 0: as many as this program was given. Networks loaded before keep theirs."""
    global _most  # noqa: PLW0603 - a process has one set of cores
    _most = count


def most() -> int:
    """What was set, or how many processors this program was given if that is fewer than there are; else 0."""
    return _most or _given()


def count() -> int:
    """How many there will be at most."""
    return most() or os.cpu_count() or 1


@cache
def _given() -> int:
    there = os.cpu_count() or 1
    given = there
    with suppress(AttributeError, OSError):  # not Linux
        given = len(os.sched_getaffinity(0))
    quota = _quota()
    given = given if quota is None else min(given, max(1, math.ceil(quota)))
    return given if given < there else 0


def _quota() -> float | None:
    """Processors that the group of this program may use; None where there is no limit."""
    with suppress(OSError, ValueError):
        allowed, _, period = _QUOTA.read_text("ascii").partition(" ")
        return None if allowed == "max" else int(allowed) / int(period)
    with suppress(OSError, ValueError):
        allowed_us, period_us = (int(path.read_text("ascii")) for path in _OLD_QUOTA)
        return allowed_us / period_us if allowed_us > 0 else None
    return None
