"""Pictures: read, judged, resized, written.

A picture is float32 (H, W, 3) or (H, W, 4), sRGB-encoded, in [0, 1], with straight alpha. Whatever a file
holds (palette, CMYK, 16 bits, a rotation in its EXIF block, another colour space), the rest of the engine
sees only that; `image_files` knows the files. This module owns the rules and the sentences for what breaks them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from PIL import Image

from nst_core import image_files
from nst_core.errors import (
    ImageTooSmallError,
    InvalidImageError,
    NothingVisibleError,
    UnwritableOutputError,
)
from nst_core.image_files import Pixels, Source
from nst_core.safe_files import write_kept
from nst_core.settings import MIN_SIDE

__all__ = [
    "WRITABLE",
    "Pixels",
    "Source",
    "decode",
    "flatten",
    "read",
    "read_source",
    "require_size",
    "require_usable",
    "require_writable",
    "resize",
    "write",
]

MOST_BYTES = 2**31

MOST_SIDE = {"JPEG": 65_535, "WEBP": 16_383}
"""px: the longest side that a format can tell of."""
WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def decode(encoded: bytes, name: str = "picture") -> Pixels:
    """The picture in the bytes of a file: (H, W, 3), or (H, W, 4) if it has transparency.

    `name` stands in the message of an error. Raises InvalidImageError for bytes that are no picture or a damaged
    one, ImageTooLargeError for more than MOST_PIXELS, judged before any pixel is decoded.
    """
    return image_files.decode(encoded, name).pixels


def read(path: str | os.PathLike[str]) -> Pixels:
    """The picture in a file, as `decode` gives it. Raises InvalidImageError or ImageTooLargeError."""
    return read_source(path).pixels


def read_source(path: str | os.PathLike[str], page: int | None = None) -> Source:
    """The picture in a file with all that `write` can keep of it. Raises InvalidImageError or ImageTooLargeError.

    page: which of several, from 1; None takes the first, and a note says so.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InvalidImageError(f"{path} is a folder", "choose a picture file in it")
        if not path.exists():
            raise InvalidImageError(f"{path} does not exist", "check the file's name")
        if not path.is_file():
            raise InvalidImageError(f"{path} is not a file", "choose a picture file")
        if path.stat().st_size > MOST_BYTES:
            raise image_files.too_large(str(path))
        encoded = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidImageError):
            raise
        raise InvalidImageError(f"{path} cannot be read", "check its name and your permission to read it") from error
    return image_files.decode(encoded, str(path), page)


def count(path: str | os.PathLike[str]) -> int:
    """How many pictures a file holds, as far as Pillow can tell; 1 for what is none."""
    return image_files.count(Path(path))


def require_usable(pixels: Pixels, name: str = "picture") -> Pixels:
    """The picture itself, if it can be stylised.

    Raises ImageTooSmallError for a side under MIN_SIDE, NothingVisibleError where every pixel is transparent.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise ImageTooSmallError(
            f"{name} is {width} x {height} px", f"use a picture of at least {MIN_SIDE} px on each side"
        )
    if pixels.shape[2] == 4 and not pixels[..., 3].any():
        raise NothingVisibleError(f"{name} is fully transparent", "use a picture with something to see")
    return pixels


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """The picture at another size, in [0, 1], any number of channels; a fourth is alpha and weighs the colours."""
    if pixels.shape[:2] == (height, width):
        return pixels
    if pixels.shape[2] != 4:
        return _resampled(pixels, height, width)
    alpha = pixels[..., 3:]
    new_alpha = _resampled(alpha, height, width)
    weighed = _resampled(pixels[..., :3] * alpha, height, width)
    # Where nothing is visible there is no weighed colour to divide; the straight one is at least a plausible one.
    hidden = new_alpha < 1 / 512
    color = np.where(hidden, _resampled(pixels[..., :3], height, width), weighed / np.where(hidden, 1, new_alpha))
    return np.concatenate([np.clip(color, 0, 1), new_alpha], axis=2, dtype=np.float32)


def flatten(pixels: Pixels) -> Pixels:
    """The picture without alpha, (H, W, 3): what is transparent lies on white."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:]
    return pixels[..., :3] * alpha + (1 - alpha)


def require_writable(path: str | os.PathLike[str], *, overwrite: bool = True) -> Path:
    """The path, if `write` has a chance there. Raises UnwritableOutputError, so that hours are not spent in vain.

    overwrite: whether a file that is there may be replaced; a write-protected one may not in any case.
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
    """Raise UnwritableOutputError for what is there and may not be replaced."""
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


def write(path: str | os.PathLike[str], pixels: Pixels, like: Source | None = None, *, overwrite: bool = True) -> None:
    """Write the picture in the format of the name's suffix, whole or not at all.

    like: the file it was made from, whose depth, colours and metadata it keeps as far as the format can; without one
    there are 8 bits per channel. JPEG knows no transparency: there the picture lies on white. A file that is replaced
    keeps its mode. overwrite: whether one may be replaced at all. Raises UnwritableOutputError; its `kept` names the
    file that holds the picture where this one could not.
    """
    path = Path(path)
    kind = WRITABLE.get(path.suffix.lower())
    if kind is None or path.is_dir():
        require_writable(path)
    try:
        path = path.resolve()  # a link stays a link; what it points to is replaced
    except (OSError, ValueError, RuntimeError):
        require_writable(path)
        raise
    write_kept(
        path,
        lambda unfinished: image_files.save(unfinished, pixels, str(kind), like or Source(pixels)),
        overwrite=overwrite,
    )


def _resampled(pixels: Pixels, height: int, width: int) -> Pixels:
    """Pillow's Lanczos widens its kernel when it reduces; its overshoot at edges is cut off here."""
    channels = [
        np.asarray(Image.fromarray(pixels[..., c]).resize((width, height), Image.Resampling.LANCZOS))
        for c in range(pixels.shape[2])
    ]
    bounded: Pixels = np.clip(np.stack(channels, axis=2), 0, 1)
    return bounded
