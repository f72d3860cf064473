"""Colour profiles: from a file's own colours to sRGB and back with 16 bits, by libvips and Little CMS."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from nst_core.imaging.arrays import Float

Integers = NDArray[np.uint8] | NDArray[np.uint16]
P = ParamSpec("P")
T = TypeVar("T")

_INTENT = "perceptual"
_BLOCK = "icc-profile-data"
_HEADERS = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}
_FORMATS = {"uint8": "uchar", "uint16": "ushort"}
_SPACES = {"uint8": ("b-w", "srgb"), "uint16": ("grey16", "rgb16")}


def vips() -> Any:
    """libvips, imported when first needed. Its readers are called by name; it does not guess formats here."""
    import pyvips  # noqa: PLC0415 - it takes a third of a second, and most pictures do not need it

    return pyvips


def uncached(work: Callable[P, T]) -> Callable[P, T]:
    """Call the function with libvips' cache of operations switched off, since it would hold whole pictures."""

    @wraps(work)
    def without_cache(*args: P.args, **kwargs: P.kwargs) -> T:
        before = vips().cache_get_max()
        vips().cache_set_max(0)
        try:
            return work(*args, **kwargs)
        finally:
            vips().cache_set_max(before)  # the setting of the program that uses this library

    return without_cache


def to_srgb(values: Integers, profile: bytes) -> Float | None:
    """values: (H, W, 1, 3 or 4 inks) in the profile's colours. Returns (H, W, 3); None if the profile is unusable."""
    if not _fits(profile, values.shape[2]):
        return None
    try:
        return _converted(values, profile, _srgb())
    except vips().Error:
        return None


def from_srgb(pixels: Float, profile: bytes) -> Float:
    """(H, W, 3) sRGB in the colours of an RGB profile that `to_srgb` could use."""
    return _converted(as_words(pixels), _srgb(), profile)


def _fits(profile: bytes, channels: int) -> bool:
    """Whether it is a profile for this number of channels; libvips would silently use another one."""
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return False
    return profile[16:20] == _HEADERS[channels]


@cache
def _srgb() -> bytes:
    """The sRGB profile of Little CMS: that of libvips is wrong by 0.01 at the borders of the gamut."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


@uncached
def _converted(values: Integers, profile: bytes, wanted: bytes) -> Float:
    """From one profile to another. Both are passed as metadata of the image; the other way needs files."""
    image = as_image(values)
    if values.shape[2] == 4:
        image = image.copy(interpretation="cmyk")
    block = vips().GValue.blob_type
    image.set_type(block, _BLOCK, profile)
    neutral = image.icc_import(embedded=True, intent=_INTENT).copy()  # metadata may be changed only in a copy
    neutral.set_type(block, _BLOCK, wanted)
    return as_floats(neutral.icc_export(depth=16, intent=_INTENT).numpy())


def as_image(values: Integers) -> Any:
    """Integers (H, W, C) for libvips: grey or RGB, perhaps with alpha."""
    height, width, channels = values.shape
    kind = values.dtype.name
    image = vips().Image.new_from_memory(np.ascontiguousarray(values), width, height, channels, _FORMATS[kind])
    return image.copy(interpretation=_SPACES[kind][channels > 2])


def as_floats(values: Integers) -> Float:
    """Integers in [0, 1]."""
    floats: Float = values.astype(np.float32)
    floats /= np.float32(np.iinfo(values.dtype).max)
    return floats


def as_words(pixels: Float) -> NDArray[np.uint16]:
    """[0, 1] in 16 bits."""
    words: NDArray[np.uint16] = np.rint(np.clip(pixels, 0, 1) * np.float32(65535)).astype(np.uint16)
    return words


def as_bytes(pixels: Float) -> NDArray[np.uint8]:
    """[0, 1] in 8 bits."""
    values: NDArray[np.uint8] = np.rint(np.clip(pixels, 0, 1) * np.float32(255)).astype(np.uint8)
    return values
