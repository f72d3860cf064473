"""Checks of message fields. Each raises ProtocolError with the name of the field."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping

from nst_core.shared.errors import ProtocolError
from nst_core.shared.wire.frames import MAX_PAYLOAD


def of_type(name: str, value: object, *kinds: type) -> None:
    """Require one of these types."""
    if not isinstance(value, kinds):
        raise ProtocolError(f"{name} is a {type(value).__name__}, not a {' or '.join(k.__name__ for k in kinds)}")


def whole(name: str, value: object, low: int, high: int = 2**63 - 1) -> None:
    """Require an int from `low` to `high`, not a bool."""
    if type(value) is not int or not low <= value <= high:
        raise ProtocolError(f"{name} is {value!r}, not a whole number from {low} to {high}")


def number(name: str, value: object, low: float = -math.inf, high: float = math.inf) -> None:
    """Require a finite int or float from `low` to `high`, not a bool."""
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or not low <= value <= high
        or not abs(value) <= sys.float_info.max  # a whole number may be larger than any float
    ):
        raise ProtocolError(f"{name} is {value!r}, not a finite number from {low} to {high}")


def text(name: str, value: object) -> None:
    """Require a str."""
    of_type(name, value, str)


def mapping(name: str, value: object) -> None:
    """Require a mapping whose keys are str."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ProtocolError(f"{name} must map names to values")


def size(name: str, value: object) -> int:
    """Require a buffer. Returns its length in bytes."""
    of_type(name, value, bytes, bytearray, memoryview)
    return memoryview(value).nbytes  # type: ignore[arg-type]


def sized(name: str, value: object, length: int) -> None:
    """Require a buffer of `length` bytes, at most MAX_PAYLOAD."""
    if length > MAX_PAYLOAD or size(name, value) != length:
        raise ProtocolError(f"{name} must have {length} bytes, of at most {MAX_PAYLOAD}")
