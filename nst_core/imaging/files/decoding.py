"""Decodes picture files of every kind. Sizes are checked first; a file that cannot be decoded correctly is refused.

Whatever a file holds (palette, CMYK, 16 bits, a rotation in its EXIF block, another colour space), the result is sRGB
in floats.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from nst_core.imaging.arrays import Float
from nst_core.imaging.files import color_profiles, extra_files, file_kinds, png_colors, tiff_files
from nst_core.imaging.files.extra_files import Decoded
from nst_core.imaging.files.metadata import NONE, Metadata, read_metadata, tiff_metadata
from nst_core.shared.errors import ImageTooLargeError, InvalidImageError
from nst_core.shared.image_header import MAX_PIXELS
from nst_core.system.lru_cache import LruCache
from nst_core.system.memory import available

_BYTES_PER_PIXEL = 24  # least memory for a pixel while it is converted to floats

# Only formats that decode in this process: no PostScript, nothing that starts another program.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "TGA", "JPEG2000", "AVIF")

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"

_END_OF_JPEG = b"\xff\xd9"

_LEAST_BLOCK_ROWS = 20
"""A JPEG whose last row of blocks is incomplete is accepted if it has at least so many rows of blocks."""

CACHED_BYTES = 256e6
"""Size of the cache of decoded style pictures. Few are larger than 4 megapixels, which take 50 MB."""

_DEPTH_AT = 24  # of PNG's first chunk


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A picture as a file held it.

    pixels: (H, W, 3 or 4) sRGB in [0, 1], straight alpha. depth: bits per channel, 8 or 16. profile: that of the
    file's own RGB colours, and `own`, (H, W, 3), those colours; both None where they are sRGB or not RGB at all.
    notes: for the user, on how it was read.
    """

    pixels: Float
    depth: int = 8
    profile: bytes | None = None
    own: color_profiles.Integers | None = None
    metadata: Metadata = NONE
    notes: tuple[str, ...] = ()


def decode_image(encoded: bytes, name: str, page: int | None = None) -> DecodedImage:
    """The picture in the bytes of a file. name: for messages.

    page: which of several, from 1; None takes the first, and a note says so. Raises InvalidImageError for bytes that
    are no picture, a damaged one, or of a kind that cannot be read right, ImageTooLargeError for more than MAX_PIXELS,
    checked before any pixel is decoded.
    """
    if not encoded:
        raise InvalidImageError.of("file-empty", name=name)
    try:
        return _read(encoded, name, page)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise too_large(name) from error
    except UnidentifiedImageError as error:
        if (kind := file_kinds.BY_SUFFIX.get(PurePath(name).suffix.lower())) is not None:
            raise file_kinds.refusal(kind, name) from error
        raise InvalidImageError.of("file-no-picture", name=name) from error
    except (InvalidImageError, Warning):  # a program may turn warnings into errors
        raise
    except Exception as error:  # for damaged files libraries raise undocumented errors
        raise InvalidImageError.of("file-damaged", name=name) from error


_decoded: LruCache[Float] = LruCache(CACHED_BYTES, lambda pixels: pixels.nbytes)


def decode_style(encoded: bytes, name: str) -> Float:
    """The picture in the bytes of a style's file, decoded once: the same pixels, read-only, for the same bytes.

    Raises what `decode_image` raises.
    """

    def decoded() -> Float:
        pixels = decode_image(encoded, name).pixels
        pixels.flags.writeable = False
        return pixels

    return _decoded.get(hashlib.sha256(encoded).digest(), decoded)


def count(path: Path) -> int:
    """The number of pictures in a file that Pillow reads; 1 for other files."""
    with suppress(Exception), Image.open(path, formats=READABLE) as opened:
        return _count(opened)
    return 1


def too_large(name: str) -> ImageTooLargeError:
    """The error for a picture of more than MAX_PIXELS, or more than the limit that a program has set for Pillow."""
    limit = min(MAX_PIXELS, 2 * (Image.MAX_IMAGE_PIXELS or MAX_PIXELS)) // 1_000_000
    return ImageTooLargeError.of("file-too-large", name=name, megapixels=limit)


def _require_size(width: int, height: int, name: str) -> None:
    """Raise ImageTooLargeError for more than MAX_PIXELS, or more than fit into memory. Called before decoding."""
    if width * height > MAX_PIXELS:
        raise too_large(name)
    if width * height * _BYTES_PER_PIXEL > available():
        raise ImageTooLargeError.of("file-too-large-for-memory", name=name, width=width, height=height)


def _read(encoded: bytes, name: str, page: int | None) -> DecodedImage:
    """The picture, decoded by the library that is right for its kind."""
    if page is not None and page < 1:
        raise InvalidImageError(f"there is no picture {page} in {name}", "count from 1")
    if encoded.startswith(tiff_files.MAGIC):
        return _tiff(encoded, name, page)
    kind = file_kinds.kind_of(encoded)
    if kind is not None:
        return _by_extra_library(kind, encoded, name, page)
    if encoded.startswith(_PNG) and encoded[_DEPTH_AT : _DEPTH_AT + 1] == b"\x10":
        deep = _deep_png(encoded, name)
        if deep is not None:
            return deep
    return _by_pillow(encoded, name, page)


def _by_extra_library(kind: file_kinds.Kind, encoded: bytes, name: str, page: int | None) -> DecodedImage:
    """A picture that a library of the extra `files` reads."""
    if not kind.readable:
        raise file_kinds.refusal(kind, name)
    if kind == file_kinds.PSD and not extra_files.has_flattened(encoded):
        raise InvalidImageError.of("file-layers-only", name=name)
    try:
        if kind == file_kinds.HEIC:
            return _by_pillow(encoded, name, page, (extra_files.register_heic(),))
        if kind == file_kinds.JXL:
            return _by_pillow(encoded, name, page, (extra_files.register_jxl(),))

        def check_size(width: int, height: int) -> None:
            _require_size(width, height, name)

        if kind == file_kinds.RAW:
            return _in_srgb(extra_files.raw(encoded, check_size), tiff_metadata(encoded))
        suffix = kind.suffixes[0]
        return _in_srgb(extra_files.by_imageio(encoded, suffix, page or 1, check_size), NONE)
    except (InvalidImageError, MemoryError, Image.DecompressionBombError):
        raise
    except Exception as error:
        raise file_kinds.refusal(kind, name) from error


@color_profiles.uncached
def _tiff(encoded: bytes, name: str, page: int | None) -> DecodedImage:
    named_raw = PurePath(name).suffix.lower() in file_kinds.RAW.suffixes
    if named_raw or tiff_files.is_raw(encoded):
        try:
            return _by_extra_library(file_kinds.RAW, encoded, name, page)
        except InvalidImageError:
            if not named_raw or tiff_files.is_raw(encoded) or not file_kinds.RAW.readable:
                raise
    found = tiff_files.pages(encoded)
    if not found:
        return _by_pillow(encoded, name, page)
    chosen, notes = found[_chosen(len(found), name, page)], _pages_note(len(found), page)
    try:
        image = None if tiff_files.is_misread(chosen) else tiff_files.opened(encoded, chosen)
    except color_profiles.vips().Error:
        if tiff_files.is_plain(chosen) and not chosen.subifd:
            return _by_pillow(encoded, name, chosen.number + 1, ("TIFF",), notes)
        image = None
    if image is None:
        decoded = _by_tifffile(encoded, chosen, name)
    else:
        _require_size(image.width, image.height, name)
        tiff_files.require_pieces(chosen, len(encoded))
        decoded = tiff_files.by_vips(image, chosen, name)
    return _in_srgb(replace(decoded, notes=notes + decoded.notes), tiff_metadata(encoded, chosen.offset))


def _by_tifffile(encoded: bytes, page: tiff_files.Page, name: str) -> Decoded:
    """A page that libvips cannot read correctly. Raises InvalidImageError if tifffile cannot either."""
    _require_size(page.width, page.height, name)
    tiff_files.require_pieces(page, len(encoded))
    try:
        samples = tiff_files.decoded(encoded, page)
    except MemoryError:
        raise
    except Exception as error:
        raise tiff_files.refusal(page, name) from error
    return tiff_files.by_tifffile(samples, page, name)


def _chosen(count: int, name: str, page: int | None) -> int:
    """The index of a page. Raises InvalidImageError if there is none of that number."""
    if page is not None and page > count:
        many = "one picture" if count == 1 else f"{count} pictures"
        raise InvalidImageError(f"{name} holds {many}, and no picture {page}", "choose another --page")
    return (page or 1) - 1


def _pages_note(count: int, page: int | None) -> tuple[str, ...]:
    if count < 2 or page is not None:
        return ()
    return (f"the file holds {count} pictures, and only the first was taken; --page takes another",)


def _in_srgb(decoded: Decoded, metadata: Metadata) -> DecodedImage:
    own: Any = decoded.colors
    color = color_profiles.to_srgb(own, decoded.profile) if decoded.profile else None
    is_converted_rgb = color is not None and own.shape[2] == 3
    if color is None:
        color = own if own.dtype == np.float32 else color_profiles.as_floats(own)
        color = (1 - color[..., :3]) * (1 - color[..., 3:]) if own.shape[2] == 4 else color
    if color.shape[2] == 1:
        color = np.repeat(color, 3, axis=2)
    pixels = np.concatenate([color, decoded.alpha], axis=2, dtype=np.float32)
    if is_converted_rgb:
        return DecodedImage(pixels, decoded.depth, decoded.profile, own, metadata, decoded.notes)
    return DecodedImage(pixels, decoded.depth, metadata=metadata, notes=decoded.notes)


@color_profiles.uncached
def _deep_png(encoded: bytes, name: str) -> DecodedImage | None:
    """A PNG of 16 bits per channel; None for other files, which Pillow reads."""
    vips = color_profiles.vips()
    try:
        image = vips.Image.pngload_buffer(encoded, fail_on="truncated")
    except vips.Error:
        return None
    if image.format != "ushort":
        return None
    _require_size(image.width, image.height, name)
    metadata = NONE
    with suppress(Exception), Image.open(io.BytesIO(encoded), formats=("PNG",)) as opened:
        metadata = read_metadata(opened)
    image, stated = image.autorot(), png_colors.of_png(encoded)
    profile = image.get("icc-profile-data") if stated.own and image.get_typeof("icc-profile-data") else stated.profile
    values: NDArray[np.uint16] = image.numpy().reshape(image.height, image.width, image.bands)
    colors = image.bands - image.hasalpha()
    alpha = color_profiles.as_floats(values[..., colors : colors + 1])
    return _in_srgb(Decoded(values[..., :colors], alpha, profile, stated.notes), metadata)


def _by_pillow(
    encoded: bytes,
    name: str,
    page: int | None,
    formats: tuple[str, ...] = READABLE,
    notes: tuple[str, ...] = (),
) -> DecodedImage:
    """The picture as Pillow reads it."""
    with Image.open(io.BytesIO(encoded), formats=formats) as opened:
        _require_size(*opened.size, name)
        _require_pieces(opened)
        count = _count(opened)
        index = _chosen(count, name, page)
        if index or count > 1:
            opened.seek(index)
            _require_size(*opened.size, name)
        image: Image.Image = opened
        try:
            opened.load()
        except OSError:
            if not encoded.startswith(_JPEG):
                raise
            image = _truncated_jpeg(encoded)
        metadata = read_metadata(image)
        stated = png_colors.of_png(encoded) if encoded.startswith(_PNG) else png_colors.StatedColors(own=True)
        if not stated.own:
            image.info["icc_profile"] = stated.profile
        elif metadata.adobe_rgb and not image.info.get("icc_profile") and image.mode == "RGB":
            image.info["icc_profile"] = png_colors.adobe_rgb()
        source = _from_pillow(_upright(image), name, metadata)
        return replace(source, notes=(*source.notes, *(notes or _pages_note(count, page)), *stated.notes))


def _count(opened: Image.Image) -> int:
    """The number of pictures to choose from; thumbnails in a phone's photograph do not count."""
    if opened.format == "MPO":
        with suppress(Exception):
            entries = opened.mpinfo[0xB002]  # type: ignore[attr-defined]  # of MPO files alone
            views = sum("Multi-Frame" in entry["Attribute"]["MPType"] for entry in entries)
            return max(1, views)
        return 1
    return int(getattr(opened, "n_frames", 1))


def _truncated_jpeg(encoded: bytes) -> Image.Image:
    """A JPEG whose last bytes are missing. Raises OSError if more than one row of blocks is missing."""
    image = Image.open(io.BytesIO(encoded + _END_OF_JPEG), formats=("JPEG",))
    image.load()
    layers = getattr(image, "layer", None) or [(0, 2, 2, 0)]
    block, light = 8 * max(layer[2] for layer in layers), np.asarray(image.convert("L")).astype(int)
    last = (image.height - 1) // block * block  # the first line of the last row of blocks

    def is_blank(first: int) -> bool:
        return bool((np.abs(light[first : first + block, (image.width - 1) // 16 * 16 :] - 128) <= 2).all())

    scan = encoded[(at := encoded.rfind(b"\xff\xda")) : at + 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")]
    finest = len(scan) > 2 and scan[-1] >> 4 > 0 and scan[-1] & 15 == 0
    if image.info.get("progressive") and not finest:
        raise OSError("it is cut short")
    if is_blank(last) and (last < _LEAST_BLOCK_ROWS * block or is_blank(last - block)):
        raise OSError("it is cut short")
    return image


def _require_pieces(opened: Image.Image) -> None:
    """Raise OSError if the strips or tiles of a TIFF do not cover it; Pillow would take very long for such a file."""
    pieces = opened.tile if isinstance(opened, TiffImageFile) else []
    boxes = [piece.extents for piece in pieces if piece.extents]
    if pieces and sum((right - x) * (bottom - y) for x, y, right, bottom in boxes) < opened.width * opened.height:
        raise OSError("its pieces do not cover it")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - the EXIF block is the camera's; a broken one is no reason to refuse the picture
        return image


def _from_pillow(image: Image.Image, name: str, metadata: Metadata) -> DecodedImage:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        gray = _deep_gray(image, name)
        return DecodedImage(np.repeat(gray[..., None], 3, axis=2), 16, metadata=metadata)
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    flat = image.convert("L") if image.mode in {"1", "LA", "La"} else image
    if flat.mode == "LAB":
        flat = (
            ImageCms.profileToProfile(
                flat, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            or flat
        )
    if flat.mode not in {"L", "RGB", "CMYK"}:
        flat = flat.convert("RGB")
    profile = None if image.mode == "LAB" else image.info.get("icc_profile")
    own = np.atleast_3d(np.asarray(flat))
    converted = color_profiles.to_srgb(own, profile) if profile else None
    color = color_profiles.as_floats(np.asarray(flat.convert("RGB"))) if converted is None else converted
    parts = [color] if alpha is None else [color, color_profiles.as_floats(np.atleast_3d(np.asarray(alpha)))]
    pixels = np.concatenate(parts, axis=2)
    if converted is not None and flat.mode == "RGB":
        return DecodedImage(pixels, 8, profile, own, metadata)
    return DecodedImage(pixels, 8, metadata=metadata)


def _deep_gray(image: Image.Image, name: str) -> Float:
    values = np.asarray(image, dtype=np.float32)
    if image.mode != "F":
        if values.max() > 65535:
            raise InvalidImageError.of("file-too-deep", name=name)
        values = values / np.float32(65535)
    bounded: Float = np.clip(np.nan_to_num(values), 0, 1)
    return bounded
