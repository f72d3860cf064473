"""Pictures between files and arrays: decoding, colour management, resizing, writing.

A picture is float32 (H, W, 3) or (H, W, 4), sRGB-encoded, in [0, 1], with straight alpha. Whatever a file
holds (palette, CMYK, 16-bit grey, a rotation in its EXIF block, another colour space), the rest of the engine
sees only that. Pillow does the work; this module owns the rules and the sentences for files that break them.
"""

from __future__ import annotations

import io
import os
import uuid
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from nst_core.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidImageError,
    NothingVisibleError,
    UnwritableOutputError,
)
from nst_core.settings import MIN_SIDE

Pixels = NDArray[np.float32]

MOST_PIXELS = 200_000_000
MOST_BYTES = 2**31

# Only formats that decode in this process: no PostScript, nothing that starts another program.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "TGA", "JPEG2000", "AVIF")
WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}

_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow itself refuses twice this much while it opens a file


def decode(encoded: bytes, name: str = "picture") -> Pixels:
    """The picture in the bytes of a file: (H, W, 3), or (H, W, 4) if it has transparency.

    `name` stands in the message of an error. Raises InvalidImageError for bytes that are no picture or a damaged
    one, ImageTooLargeError for more than MOST_PIXELS, judged before any pixel is decoded.
    """
    if not encoded:
        raise InvalidImageError(f"{name} is empty", "choose another picture")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata mean nothing to the person who asked
        try:
            with Image.open(io.BytesIO(encoded), formats=READABLE) as opened:
                return _pixels(_upright(_loaded(opened, name)), name)
        except (Image.DecompressionBombError, MemoryError) as error:
            raise _too_large(name) from error
        except UnidentifiedImageError as error:
            raise InvalidImageError(f"{name} is not a picture", "choose a PNG, JPEG, WebP or TIFF file") from error
        except InvalidImageError:
            raise
        except Exception as error:  # a damaged file makes Pillow's readers stumble in ways they do not list
            raise InvalidImageError(
                f"{name} is damaged or cut short", "open and save it again, or choose another"
            ) from error


def read(path: str | os.PathLike[str]) -> Pixels:
    """The picture in a file, as `decode` gives it. Raises InvalidImageError or ImageTooLargeError."""
    path = Path(path)
    try:
        if path.is_dir():
            raise InvalidImageError(f"{path} is a folder", "choose a picture file in it")
        if not path.exists():
            raise InvalidImageError(f"{path} does not exist", "check the file's name")
        if not path.is_file():
            raise InvalidImageError(f"{path} is not a file", "choose a picture file")
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(str(path))
        encoded = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidImageError):
            raise
        raise InvalidImageError(f"{path} cannot be read", "check its name and your permission to read it") from error
    return decode(encoded, str(path))


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


def require_writable(path: str | os.PathLike[str]) -> Path:
    """The path, if `write` has a chance there. Raises UnwritableOutputError, so that hours are not spent in vain."""
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
    return path


def write(path: str | os.PathLike[str], pixels: Pixels) -> None:
    """Write the picture with 8 bits per channel, in the format of the name's suffix, whole or not at all.

    JPEG knows no transparency: there the picture lies on white. Raises UnwritableOutputError.
    """
    path = require_writable(path)
    kind = WRITABLE[path.suffix.lower()]
    if kind == "JPEG":
        pixels = flatten(pixels)
    image = Image.fromarray(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    path = path.resolve()  # a link stays a link; what it points to is replaced
    unfinished = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        with unfinished.open("xb") as file:
            image.save(file, format=kind, **_SAVE_OPTIONS[kind])
        unfinished.replace(path)
    except (OSError, ValueError) as error:
        raise UnwritableOutputError(
            f"{path} cannot be written", "check the folder, the free space and the size"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _too_large(name: str) -> ImageTooLargeError:
    limit = MOST_PIXELS // 1_000_000
    return ImageTooLargeError(f"{name} is too large", f"use a picture of at most {limit} megapixels")


def _loaded(image: Image.Image, name: str) -> Image.Image:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(name)
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - the EXIF block is the camera's; a broken one is no reason to refuse the picture
        return image


def _pixels(image: Image.Image, name: str) -> Pixels:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        gray = _deep_gray(image, name)
        return np.repeat(gray[..., None], 3, axis=2)
    profile = image.info.get("icc_profile")
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    color = _srgb(image, profile)
    if alpha is not None:
        color.putalpha(alpha)
    return np.asarray(color, dtype=np.float32) / np.float32(255)


def _deep_gray(image: Image.Image, name: str) -> Pixels:
    values = np.asarray(image, dtype=np.float32)
    if image.mode != "F":
        if values.max() > 65535:
            raise InvalidImageError(f"{name} has more than 16 bits per channel", "save it with 8 or 16 bits")
        values = values / np.float32(65535)
    bounded: Pixels = np.clip(np.nan_to_num(values), 0, 1)
    return bounded


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours alone, without alpha, in mode RGB."""
    flat = image.convert("L") if image.mode in {"1", "LA", "La"} else image
    if flat.mode not in {"L", "RGB", "CMYK", "LAB"}:
        flat = flat.convert("RGB")
    if profile or flat.mode == "LAB":
        source = ImageCms.createProfile("LAB") if flat.mode == "LAB" else io.BytesIO(profile or b"")
        try:
            converted = ImageCms.profileToProfile(flat, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # a broken profile, or one for other channels: as if there were none
        if converted is not None:
            return converted
    return flat.convert("RGB")


def _resampled(pixels: Pixels, height: int, width: int) -> Pixels:
    """Pillow's Lanczos widens its kernel when it reduces; its overshoot at edges is cut off here."""
    channels = [
        np.asarray(Image.fromarray(pixels[..., c]).resize((width, height), Image.Resampling.LANCZOS))
        for c in range(pixels.shape[2])
    ]
    bounded: Pixels = np.clip(np.stack(channels, axis=2), 0, 1)
    return bounded
