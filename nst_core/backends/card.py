"""The graphics card of `device: gpu`: its name, its driver, its free memory, and why it cannot be used."""

from __future__ import annotations

import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache

from nst_core.backends.onnx_session import graphics_card
from nst_core.shared.errors import BackendUnavailableError
from nst_core.system import vulkan
from nst_core.system.memory import available

LONGEST_TEXT = 100
"""Characters of a driver's error that are shown."""


@cache
def name() -> str:
    """The card's name; empty if it is not known."""
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()  # noqa: S603
    found = vulkan.best()
    if found:
        return found.name
    with suppress(BackendUnavailableError):
        return str(graphics_card().device.metadata.get("Description", ""))
    return ""


def driver() -> str:
    """A text that changes when the card or its driver changes."""
    found = vulkan.best()
    return f"{found.name} {found.driver}" if found else f"{name()} {platform.platform()}"


def free_memory() -> int | None:
    """Free bytes of the card's memory; None if not known."""
    if sys.platform == "darwin":
        return available()
    found = vulkan.best()
    if found is None or found.free is None:
        return None
    return found.free if found.kind == vulkan.SEPARATE else min(found.free, available())


def unusable(error: Exception) -> BackendUnavailableError:
    """The error to show for an error that a library raised on the card."""
    if sys.platform == "linux":
        return vulkan.explain()
    return BackendUnavailableError(f"the graphics card cannot be used ({line(error)})", "update its driver")


def line(error: Exception) -> str:
    """The first line of an error's text, at most LONGEST_TEXT characters, to be put into a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0][:LONGEST_TEXT].rstrip(". ")
