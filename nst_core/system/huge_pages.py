"""Huge pages for feature maps, which are allocated anew in every step; page faults took a fifth of a step.

Standard library only, so that it can be imported before everything that is slow.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

TUNABLES = "GLIBC_TUNABLES"
HUGE_PAGES = "glibc.malloc.hugetlb=1"
KERNEL_SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def take_huge_pages() -> None:
    """Re-execute this program, at most once, with glibc's setting for huge pages.

    glibc reads the setting only at process start. Returns if that was done already or has no effect: if Linux gives
    huge pages to all programs or to none, and on other systems. Call it first: open files are lost.
    """
    tunables = os.environ.get(TUNABLES, "")
    if HUGE_PAGES.partition("=")[0] in tunables or not _is_opt_in():
        return
    environment = os.environ | {TUNABLES: ":".join(filter(None, (tunables, HUGE_PAGES)))}
    with suppress(OSError):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - this very program


def _is_opt_in() -> bool:
    """Whether Linux gives huge pages to programs that ask for them."""
    try:
        return "[madvise]" in KERNEL_SETTING.read_text() and bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, OSError, ValueError):  # not Linux; not readable; another C library
        return False
