"""Huge pages for feature maps: they are megabytes each, come and go at every step, and a fifth of a step went on pages.

Standard library only, so that it comes before everything slow.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

TUNABLES = "GLIBC_TUNABLES"
ASKED = "glibc.malloc.hugetlb=1"
OFFERED = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def take_huge_pages() -> None:
    """Start this program anew, as the same process, with a C library that asks for huge pages; at most once.

    glibc can be told only before a program starts. Comes back where that was done already, or has no effect: where
    Linux gives huge pages to all, or to none, and on other systems. What was read or opened is lost: call it first.
    """
    given = os.environ.get(TUNABLES, "")
    if ASKED.partition("=")[0] in given or not _on_request():
        return
    told = os.environ | {TUNABLES: ":".join(filter(None, (given, ASKED)))}
    with suppress(OSError):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], told)  # noqa: S606 - this very program


def _on_request() -> bool:
    """Whether there are huge pages for those who ask."""
    try:
        return "[madvise]" in OFFERED.read_text() and bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, OSError, ValueError):  # not Linux; kept from looking; another C library
        return False
