"""The number of threads for the networks of this process; set once, before the first network is loaded.

The affinity mask (taskset, Slurm, Docker's cpuset) and the cgroup's quota (Docker's --cpus, systemd's CPUQuota) are
kept. ONNX Runtime by default starts and pins a thread for every processor of the machine; with a number it pins none.
PyTorch keeps the mask by itself, and gets the number only if it would use more.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_ROOT, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_most = 0


def limit(count: int) -> None:
    """Use at most `count` threads; 0: as many as this process may use. Networks loaded before keep theirs."""
    global _most  # noqa: PLW0603 - a process has one set of cores
    _most = count


def most() -> int:
    """The limit that was set, or the processors that this process may use; 0 if these are all of the machine."""
    return _most or _allowed()


def count() -> int:
    """The largest number of threads."""
    return most() or os.cpu_count() or 1


@cache
def _allowed() -> int:
    """The processors that this process may use; 0 if these are all of the machine."""
    installed = os.cpu_count() or 1
    allowed = installed
    with suppress(AttributeError, OSError):  # not Linux
        allowed = len(os.sched_getaffinity(0))
    quota = _quota()
    allowed = allowed if quota is None else min(allowed, max(1, math.ceil(quota)))
    return allowed if allowed < installed else 0


def _quota() -> float | None:
    """The smallest CPU quota of this process' cgroups, processors; None without one."""
    found: list[float] = []
    for folder in _groups():
        with suppress(OSError, ValueError):  # ValueError: the quota is "max"
            quota, period = (folder / "cpu.max").read_text("ascii").split()
            found.append(int(quota) / int(period))
        with suppress(OSError, ValueError):  # cgroups v1
            quota_us = int((folder / "cpu.cfs_quota_us").read_text("ascii"))
            period_us = int((folder / "cpu.cfs_period_us").read_text("ascii"))
            found += [quota_us / period_us] if quota_us > 0 else []
    return min(found, default=None)


def _groups() -> Iterator[Path]:
    """The folders of this process' cgroups and of their parents. In a container the root is the container's."""
    yield from (_ROOT, _ROOT / "cpu")
    lines: list[str] = []
    with suppress(OSError, ValueError):
        lines = _OWN_GROUPS.read_text("utf-8").splitlines()
    for line in lines:
        _, kinds, place = line.split(":", 2)
        if kinds == "" or "cpu" in kinds.split(","):
            top = _ROOT / "cpu" if kinds else _ROOT
            inner = top / place.lstrip("/")
            yield from (folder for folder in (inner, *inner.parents) if top in folder.parents)
