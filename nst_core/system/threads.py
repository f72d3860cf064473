"""The number of threads for the networks of this process; set once, before the first network is loaded.

A mask of processors (taskset, Slurm, Docker's cpuset) and a group's quota (Docker's --cpus, systemd's CPUQuota) are
kept. ONNX Runtime, left to itself, counts and pins its threads by all processors of the machine; told a number, it pins
none. PyTorch keeps masks by itself, and is told the number where it would take more.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_ROOT, _OURS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_OLD = "quota", "period"  # of groups before version 2
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
    """Processors that the groups of this program may use, the narrowest counts; None where there is no limit."""
    found: list[float] = []
    for folder in _groups():
        with suppress(OSError, ValueError):
            allowed, _, period = (folder / "cpu.max").read_text("ascii").partition(" ")
            found += [] if allowed == "max" else [int(allowed) / int(period)]
        with suppress(OSError, ValueError):
            allowed_us, period_us = (int((folder / f"cpu.cfs_{name}_us").read_text("ascii")) for name in _OLD)
            found += [allowed_us / period_us] if allowed_us > 0 else []
    return min(found, default=None)


def _groups() -> Iterator[Path]:
    """Folders of the groups that this program is in, and of those around them. In a container the root is its own."""
    yield from (_ROOT, _ROOT / "cpu")
    lines: list[str] = []
    with suppress(OSError, ValueError):
        lines = _OURS.read_text("utf-8").splitlines()
    for line in lines:
        _, kinds, place = line.split(":", 2)
        if kinds == "" or "cpu" in kinds.split(","):
            top = _ROOT / "cpu" if kinds else _ROOT
            inner = top / place.lstrip("/")
            yield from (folder for folder in (inner, *inner.parents) if top in folder.parents)
