"""The memory that this process uses, and how much more it may use."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import psutil

_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "total_inactive_file",
    ),
)
"""Files with a container's limit and use, and the name of the cached part of that use: cgroups v2 and v1 of Linux."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""
_MMAP_BYTES = 16 << 20
"""Blocks of this many bytes or more are returned to the system as soon as they are freed."""
_TRIM_BYTES = 256 << 20
"""Bytes of smaller free blocks that the process keeps."""


def return_freed() -> None:
    """Make glibc return freed feature maps to the system; by default it keeps a third more than is used.

    Its limits grow with the largest block that was freed. Other C libraries return memory, or have no such setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows, which has no handle of the program itself
        return
    mallopt(_MMAP_THRESHOLD, _MMAP_BYTES)
    mallopt(_TRIM_THRESHOLD, _TRIM_BYTES)


def peak_memory() -> int:
    """Peak of this process' physical memory, bytes.

    On Linux getrusage(2) is not used, because it also counts the process that started this one.
    """
    with suppress(OSError, StopIteration):
        rows = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
        return 1024 * int(next(row for row in rows if row.startswith("VmHWM:")).split()[1])
    try:
        import resource  # noqa: PLC0415 - Unix only
    except ImportError:
        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if psutil.MACOS else peak * 1024)


def held_memory() -> int:
    """Physical memory of this process now, bytes."""
    try:
        return int(psutil.Process().memory_info().rss)
    except psutil.Error:  # in a container that shows the processes of its host
        return peak_memory()


def available() -> int:
    """Bytes that this process can still allocate without swapping, and within a container's limit."""
    free = psutil.virtual_memory().available
    for limit, used, cached in _GROUPS:
        remaining = _remaining(Path(limit), Path(used), cached)
        free = free if remaining is None else min(free, remaining)
    return int(free)


def _remaining(limit: Path, used: Path, cached: str) -> int | None:
    """Bytes that a cgroup's limit leaves; None without such a group or limit."""
    try:
        words = limit.with_name("memory.stat").read_text("ascii").split()
        cached_bytes = int(words[words.index(cached) + 1])
        return max(0, int(limit.read_text("ascii")) - int(used.read_text("ascii")) + cached_bytes)
    except (OSError, ValueError):
        return None
