"""Reads and writes picture files. Depth, colour profile and metadata are kept as far as the format allows.

A picture is float32 (H, W, 3) or (H, W, 4), sRGB-encoded, in [0, 1], with straight alpha.
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nst_core.imaging.arrays import Float
from nst_core.imaging.files import color_profiles
from nst_core.imaging.files.decoding import DecodedImage, decode_image, too_large
from nst_core.imaging.files.metadata import PNG_IPTC, add_tags
from nst_core.imaging.files.shrink_on_load import reduced
from nst_core.imaging.resizing import strips
from nst_core.shared.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidImageError,
    NothingVisibleError,
    UnwritableOutputError,
)
from nst_core.shared.settings import MIN_SIDE
from nst_core.system.safe_files import write_result

DEEP_KINDS = ("PNG", "TIFF")

_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}

_NEAR = 0.05
"""Largest difference of a painting from its photograph, in any channel, for which the file's own colours count."""

MOST_BYTES = 2**31

MOST_SIDE = {"JPEG": 65_535, "WEBP": 16_383}
"""px: the longest side that a format can store."""

WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def decode(encoded: bytes, name: str = "picture") -> Float:
    """The picture in the bytes of a file: (H, W, 3), or (H, W, 4) if it has transparency.

    name: for messages. Raises as `decode_image`.
    """
    return decode_image(encoded, name).pixels


def read(path: str | os.PathLike[str]) -> Float:
    """The picture in a file, as `decode` gives it. Raises InvalidImageError or ImageTooLargeError."""
    return read_image(path).pixels


def read_image(path: str | os.PathLike[str], page: int | None = None, longest: int | None = None) -> DecodedImage:
    """The picture in a file with everything that `write` can keep. Raises InvalidImageError or ImageTooLargeError.

    page: which of several, from 1; None takes the first, and a note says so. longest: the longest edge, px, that the
    caller will resize it to: a picture that is too large for memory is reduced to it while it is decoded.
    """
    path = Path(path)
    encoded = read_bytes(path)
    try:
        return decode_image(encoded, str(path), page)
    except ImageTooLargeError:
        small = reduced(encoded, str(path), longest, page) if longest else None
        if small is None:
            raise
        return small


def read_bytes(path: Path) -> bytes:
    """The bytes of a picture file. Raises InvalidImageError if it cannot be read, ImageTooLargeError."""
    try:
        if path.is_dir():
            raise InvalidImageError(f"{path} is a folder", "choose a picture file in it")
        if not path.exists():
            raise InvalidImageError(f"{path} does not exist", "check the file's name")
        if not path.is_file():
            raise InvalidImageError(f"{path} is not a file", "choose a picture file")
        if path.stat().st_size > MOST_BYTES:
            raise too_large(str(path))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidImageError):
            raise
        raise InvalidImageError(f"{path} cannot be read", "check its name and your permission to read it") from error


def require_usable(pixels: Float, name: str = "picture") -> Float:
    """The picture itself, if it can be stylized.

    Raises ImageTooSmallError for a side under MIN_SIDE, NothingVisibleError where every pixel is transparent.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise ImageTooSmallError.of("file-too-small", name=name, width=width, height=height, least=MIN_SIDE)
    if pixels.shape[2] == 4 and not pixels[..., 3].any():
        raise NothingVisibleError.of("file-transparent", name=name)
    return pixels


def require_writable(path: str | os.PathLike[str], *, overwrite: bool = True) -> Path:
    """Check before the work starts that `write` can write there, and return the path. Raises UnwritableOutputError.

    overwrite: whether an existing file may be replaced; a write-protected one never is.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise UnwritableOutputError(
            f"{path} cannot be written: its name does not end in a known format", f"end it in {', '.join(WRITABLE)}"
        )
    try:
        folder = path.resolve().parent
        if path.is_dir():
            raise UnwritableOutputError(f"{path} is a folder", "give the name of a file in it")
        if not folder.is_dir():
            raise UnwritableOutputError(f"the folder {path.parent} does not exist", "create it first")
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, UnwritableOutputError):
            raise
        raise UnwritableOutputError(f"{path} cannot be written", "choose a shorter or simpler name") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnwritableOutputError(f"the folder {path.parent} cannot be written to", "choose another folder")
    _require_free(path, overwrite=overwrite)
    return path


def _require_free(path: Path, *, overwrite: bool) -> None:
    """Raise UnwritableOutputError if there is a file that may not be replaced."""
    if not path.exists():
        return
    if not overwrite:
        raise UnwritableOutputError(f"{path} exists", "choose another name, or use --overwrite")
    if not path.is_file():
        raise UnwritableOutputError(f"{path} is not a file", "give the name of one")
    if not os.access(path, os.W_OK):
        raise UnwritableOutputError(f"{path} is write-protected", "choose another name, or allow writing to it")


def require_size(path: Path, height: int, width: int) -> None:
    """Raise UnwritableOutputError for a picture that the format of the name's suffix cannot hold."""
    kind = WRITABLE[path.suffix.lower()]
    if max(height, width) > MOST_SIDE.get(kind, math.inf):
        side = MOST_SIDE[kind]
        raise UnwritableOutputError(
            f"{path} would be {width} x {height} px, and {kind} holds {side} px on a side", "write it as .png or .tif"
        )


def write(
    path: str | os.PathLike[str], pixels: Float, like: DecodedImage | None = None, *, overwrite: bool = True
) -> None:
    """Write the picture atomically, in the format of the name's suffix.

    like: the file that it was made from: its depth, colours and metadata are kept as far as the format can; None: 8
    bits per channel. JPEG has no transparency: transparent pixels become white. A file that is replaced keeps its mode.
    overwrite: whether a file may be replaced. Raises UnwritableOutputError; its `kept` is the path of another file that
    holds the picture, if one could be written.
    """
    path = Path(path)
    kind = WRITABLE.get(path.suffix.lower())
    if kind is None or os.path.isdir(path):  # noqa: PTH112 - in a closed folder it raises nothing
        require_writable(path)
    try:
        path = path.resolve()  # a link stays a link; its target is replaced
    except (OSError, ValueError, RuntimeError):
        require_writable(path)
        raise
    write_result(
        path,
        lambda unfinished: save_unfinished(unfinished, pixels, str(kind), like or DecodedImage(pixels)),
        overwrite=overwrite,
    )


def save_unfinished(path: Path, pixels: Float, kind: str, like: DecodedImage) -> None:
    """Write the picture into the file with the depth (if the format has it), colours and metadata of `like`.

    kind: a key of _SAVE_OPTIONS. Raises OSError or ValueError.
    """
    deep = like.depth == 16 and kind in DEEP_KINDS
    (_save_deep if deep else _save_shallow)(path, _integers(pixels, kind, like, deep=deep), kind, like)
    if kind == "TIFF" and like.metadata.added:
        with path.open("r+b") as file:
            add_tags(file, like.metadata.added)


def _integers(pixels: Float, kind: str, like: DecodedImage, *, deep: bool) -> color_profiles.Integers:
    """(H, W, C) as stored in the file; converted strip by strip, to save memory."""
    height, width, channels = pixels.shape
    on_white = kind == "JPEG" and channels == 4
    wanted = color_profiles.as_words if deep else color_profiles.as_bytes
    values = np.empty((height, width, 3 if on_white else channels), np.uint16 if deep else np.uint8)
    own = None if like.own is None or like.own.shape != (height, width, 3) else like.own
    for rows in strips(height, width):
        part = replace(like, pixels=like.pixels[rows], own=None if own is None else own[rows])
        color, alpha = _own_colors(pixels[rows, :, :3], part), pixels[rows, :, 3:]
        if on_white:
            color, alpha = color * alpha + (1 - alpha), alpha[..., :0]
        values[rows] = wanted(np.concatenate([color, alpha], axis=2))
    return values


def _save_shallow(path: Path, values: color_profiles.Integers, kind: str, like: DecodedImage) -> None:
    options: dict[str, Any] = _SAVE_OPTIONS[kind] | like.metadata.options(kind)
    if like.profile:
        options["icc_profile"] = like.profile
    image = Image.fromarray(values)
    with path.open("wb") as file:
        image.save(file, format=kind, **options)


@color_profiles.uncached
def _save_deep(path: Path, values: color_profiles.Integers, kind: str, like: DecodedImage) -> None:
    vips, about = color_profiles.vips(), like.metadata
    image = color_profiles.as_image(values)
    blocks = {"icc-profile-data": like.profile, "xmp-data": about.xmp}
    if kind == "PNG":
        blocks["exif-data"] = about.block()
        if about.iptc:
            image.set_type(vips.GValue.gstr_type, f"png-comment-0-{PNG_IPTC}", about.iptc_text)
    for name, block in blocks.items():
        if block:
            image.set_type(vips.GValue.blob_type, name, block)
    if about.resolution:
        across, down = about.resolution
        image = image.copy(xres=across / 25.4, yres=down / 25.4)
        image.set_type(vips.GValue.gstr_type, "resolution-unit", "in")
    try:
        if kind == "PNG":
            image.pngsave(str(path), compression=6)
        else:
            image.tiffsave(str(path), compression="deflate", predictor="horizontal")
    except vips.Error as error:
        raise OSError(str(error)) from error


def _own_colors(color: Float, like: DecodedImage) -> Float:
    """(H, W, 3) sRGB in the colours of the source's file.

    Pixels that are equal to the photograph's get the file's own values, which may lie outside sRGB. With growing
    difference (up to _NEAR) these are blended with the converted ones, so that no border shows.
    """
    if like.profile is None:
        return color
    converted = color_profiles.from_srgb(color, like.profile)
    if like.own is None:
        return converted
    photograph = like.pixels[..., :3]
    share = np.clip(1 - np.abs(color - photograph).max(axis=2, keepdims=True) / np.float32(_NEAR), 0, 1)
    lost = color_profiles.as_floats(like.own) - color_profiles.from_srgb(photograph, like.profile)
    own: Float = np.clip(converted + share * lost, 0, 1)
    return own
