"""This machine's graphics cards by Vulkan: names, drivers, free memory, and the reason if there are none.

The system's Vulkan loader is called through its C interface, so that no package is needed.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from nst_core.shared.errors import BackendUnavailableError

_LIBRARIES = {"win32": ("vulkan-1.dll",), "linux": ("libvulkan.so.1", "libvulkan.so")}
_VERSION_1_1 = (1 << 22) | (1 << 12)
_INSTANCE_INFO, _APPLICATION_INFO, _MEMORY, _BUDGET = 1, 0, 1000059006, 1000237000
"""Types of structures, as numbered in Vulkan's headers."""
_PROPERTIES, _HEADER, _NAME = 2048, 20, 256
"""Bytes: of a card's properties (only the beginning is read), of what precedes its name, and of the name."""
_ON_CARD = 1
"""The flag of a heap that is the card's own memory."""
SEPARATE, SOFTWARE = 2, 4
"""Kinds of cards: with memory of their own; emulated on the processor."""
_ORDER = {SEPARATE: 0, 1: 1, 3: 2}
"""Order of preference by kind: with memory of their own, integrated, virtual."""


@dataclass(frozen=True)
class Card:
    """A graphics card. kind: as Vulkan numbers it; driver: its version as one number; free: bytes, None if unknown."""

    name: str
    kind: int
    driver: int
    free: int | None


class _Application(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api", ctypes.c_uint32),
    ]


class _Instance(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_Application)),
        ("layers", ctypes.c_uint32),
        ("layer_names", ctypes.c_void_p),
        ("extensions", ctypes.c_uint32),
        ("extension_names", ctypes.c_void_p),
    ]


class _Budget(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("budget", ctypes.c_uint64 * 16),
        ("usage", ctypes.c_uint64 * 16),
    ]


class _Heap(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64), ("flags", ctypes.c_uint32)]


class _Memory(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("next", ctypes.POINTER(_Budget)),
        ("types", ctypes.c_uint32),
        ("type", ctypes.c_uint32 * 64),
        ("heaps", ctypes.c_uint32),
        ("heap", _Heap * 16),
    ]


def cards() -> list[Card]:
    """The cards for which there is a driver, best first, emulated ones last.

    Raises BackendUnavailableError if there is no Vulkan; macOS has none.
    """
    found = []
    with _instance(_loader()) as (vulkan, instance):
        count = ctypes.c_uint32()
        vulkan.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None)
        devices = (ctypes.c_void_p * count.value)()
        vulkan.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), devices)
        for device in devices[: count.value]:
            properties = ctypes.create_string_buffer(_PROPERTIES)
            vulkan.vkGetPhysicalDeviceProperties(ctypes.c_void_p(device), properties)
            _, driver, _, _, kind = (ctypes.c_uint32 * 5).from_buffer(properties)
            name = properties.raw[_HEADER : _HEADER + _NAME].partition(b"\0")[0].decode("utf-8", "replace")
            found.append(Card(name, kind, driver, _free(vulkan, ctypes.c_void_p(device))))
    return sorted(found, key=lambda card: _ORDER.get(card.kind, SOFTWARE))


def best() -> Card | None:
    """The first of `cards`; None without cards or Vulkan."""
    with suppress(BackendUnavailableError):
        return next(iter(cards()), None)
    return None


def explain() -> BackendUnavailableError:
    """The error that says why no card can be used through Vulkan."""
    try:
        found = cards()
    except BackendUnavailableError as error:
        return error
    if not found:
        return BackendUnavailableError.of("card-without-driver")
    return BackendUnavailableError(
        f"{found[0].name} cannot be used: its driver lacks what is needed", "update the card's driver"
    )


def _loader() -> ctypes.CDLL:
    for name in _LIBRARIES.get(sys.platform, ()):
        with suppress(OSError):
            return ctypes.CDLL(name)
    raise BackendUnavailableError.of("vulkan-missing")


@contextmanager
def _instance(vulkan: ctypes.CDLL) -> Iterator[tuple[ctypes.CDLL, ctypes.c_void_p]]:
    application = _Application(kind=_APPLICATION_INFO, name=b"Neural Style", api=_VERSION_1_1)
    wanted = _Instance(kind=_INSTANCE_INFO, application=ctypes.pointer(application))
    instance = ctypes.c_void_p()
    if vulkan.vkCreateInstance(ctypes.byref(wanted), None, ctypes.byref(instance)) != 0:
        raise BackendUnavailableError.of("card-without-driver")
    try:
        yield vulkan, instance
    finally:
        vulkan.vkDestroyInstance(instance, None)


def _free(vulkan: ctypes.CDLL, device: ctypes.c_void_p) -> int | None:
    """Free bytes of the largest heap of the card's own memory; None if the driver does not report them."""
    budget = _Budget(kind=_BUDGET)
    memory = _Memory(kind=_MEMORY, next=ctypes.pointer(budget))
    vulkan.vkGetPhysicalDeviceMemoryProperties2(device, ctypes.byref(memory))
    on_card = [index for index in range(min(memory.heaps, 16)) if memory.heap[index].flags & _ON_CARD]
    if not on_card:
        return None
    largest = max(on_card, key=lambda index: int(memory.heap[index].size))
    # Drivers without this extension leave zeros.
    return int(budget.budget[largest] or memory.heap[largest].size) - int(budget.usage[largest])
