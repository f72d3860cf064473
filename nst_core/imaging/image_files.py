"""Picture files: read, judged and written, so that nothing is lost that a painting can keep.

A picture is float32 (H, W, 3) or (H, W, 4), sRGB-encoded, in [0, 1], with straight alpha. Whatever a file
holds (palette, CMYK, 16 bits, a rotation in its EXIF block, another colour space), the rest of the engine
sees only that.
"""

from __future__ import annotations

import io
import math
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from nst_core.imaging import color_profiles, extra_files, file_kinds, png_colors, tiff_files
from nst_core.imaging.arrays import Pixels
from nst_core.imaging.metadata import NONE, PNG_IPTC, Metadata, add_tags, read_metadata, tiff_metadata
from nst_core.imaging.resizing import strips
from nst_core.shared.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidImageError,
    NothingVisibleError,
    UnwritableOutputError,
)
from nst_core.shared.image_header import MOST_PIXELS
from nst_core.shared.settings import MIN_SIDE
from nst_core.system.memory import available
from nst_core.system.safe_files import write_kept

_READING = 24  # bytes that a pixel takes at least while it becomes floats

# Only formats that decode in this process: no PostScript, nothing that starts another program.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "TGA", "JPEG2000", "AVIF")

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"

_END_OF_JPEG = b"\xff\xd9"

_LINES = 20
"""Rows of blocks that a JPEG has at least whose last one may be missing in part."""

_DEPTH_AT = 24  # of PNG's first chunk

DEEP_KINDS = ("PNG", "TIFF")

_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}

_NEAR = 0.05
"""How far a painting may be from its photograph, in any channel, and still have a share of the file's own colours."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow itself refuses twice this much while it opens a file


@dataclass(frozen=True, eq=False)
class Source:
    """A picture as a file held it.

    pixels: (H, W, 3 or 4) sRGB in [0, 1], straight alpha. depth: bits per channel, 8 or 16. profile: that of the
    file's own RGB colours, and `own`, (H, W, 3), those colours; both None where they are sRGB or not RGB at all.
    notes: what a person should know of how it was read.
    """

    pixels: Pixels
    depth: int = 8
    profile: bytes | None = None
    own: color_profiles.Values | None = None
    metadata: Metadata = NONE
    notes: tuple[str, ...] = ()


def decode_source(encoded: bytes, name: str, page: int | None = None) -> Source:
    """The picture in the bytes of a file; `name` stands in the message of an error.

    page: which of several, from 1; None takes the first, and a note says so. Raises InvalidImageError for bytes that
    are no picture, a damaged one, or of a kind that cannot be read right, ImageTooLargeError for more than MOST_PIXELS,
    judged before any pixel is decoded.
    """
    if not encoded:
        raise InvalidImageError(f"{name} is empty", "choose another picture")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata mean nothing to the person who asked
        try:
            return _read(encoded, name, page)
        except (Image.DecompressionBombError, MemoryError) as error:
            raise too_large(name) from error
        except UnidentifiedImageError as error:
            if (kind := file_kinds.BY_SUFFIX.get(PurePath(name).suffix.lower())) is not None:
                raise file_kinds.refusal(kind, name) from error
            raise InvalidImageError(f"{name} is not a picture", "choose a PNG, JPEG, WebP or TIFF file") from error
        except InvalidImageError:
            raise
        except Exception as error:  # a damaged file makes readers stumble in ways they do not list
            raise InvalidImageError(
                f"{name} is damaged or cut short", "open and save it again, or choose another"
            ) from error


def count_pictures(path: Path) -> int:
    """How many pictures a file holds, as far as Pillow can tell; 1 for what is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(Exception), Image.open(path, formats=READABLE) as opened:
            return _count(opened)
    return 1


def save_unfinished(path: Path, pixels: Pixels, kind: str, like: Source) -> None:
    """Write the picture into the file, as deep as `like` where the format can, in its colours and with its metadata.

    kind: a key of _SAVE_OPTIONS. Raises OSError or ValueError.
    """
    deep = like.depth == 16 and kind in DEEP_KINDS
    (_save_deep if deep else _save_shallow)(path, _integers(pixels, kind, like, deep=deep), kind, like)
    if kind == "TIFF" and like.metadata.added:
        with path.open("r+b") as file:
            add_tags(file, like.metadata.added)


def too_large(name: str) -> ImageTooLargeError:
    """The error for a picture of more than MOST_PIXELS."""
    limit = MOST_PIXELS // 1_000_000
    return ImageTooLargeError(f"{name} is too large", f"use a picture of at most {limit} megapixels")


def _require_room(width: int, height: int, name: str) -> None:
    """Raise ImageTooLargeError for a picture that a few bytes may announce, and memory cannot hold."""
    if width * height > MOST_PIXELS:
        raise too_large(name)
    if width * height * _READING > available():
        raise ImageTooLargeError(f"{name}, {width} x {height} px, does not fit into memory", "use a smaller picture")


def _read(encoded: bytes, name: str, page: int | None) -> Source:
    """The picture, by whatever reads its kind right."""
    if page is not None and page < 1:
        raise InvalidImageError(f"there is no picture {page} in {name}", "count from 1")
    if encoded.startswith(tiff_files.MAGIC):
        return _tiff(encoded, name, page)
    kind = file_kinds.kind_of(encoded)
    if kind is not None:
        return _extra(kind, encoded, name, page)
    if encoded.startswith(_PNG) and encoded[_DEPTH_AT : _DEPTH_AT + 1] == b"\x10":
        deep = _deep_png(encoded, name)
        if deep is not None:
            return deep
    return _shallow(encoded, name, page)


def _extra(kind: file_kinds.Kind, encoded: bytes, name: str, page: int | None) -> Source:
    """A picture that a library of the extra `files` reads."""
    if not kind.readable:
        raise file_kinds.refusal(kind, name)
    if kind == file_kinds.PSD and not extra_files.has_flattened(encoded):
        raise InvalidImageError(
            f"{name} holds layers alone and no flattened picture", "save it with maximum compatibility, or as PNG"
        )
    try:
        if kind == file_kinds.HEIC:
            return _shallow(encoded, name, page, (extra_files.register_heic(),))
        if kind == file_kinds.JXL:
            return _shallow(encoded, name, page, (extra_files.register_jxl(),))

        def judge(width: int, height: int) -> None:
            _require_room(width, height, name)

        if kind == file_kinds.RAW:
            return _from_extra(extra_files.raw(encoded, judge), tiff_metadata(encoded))
        suffix = kind.suffixes[0]
        return _from_extra(extra_files.by_imageio(encoded, suffix, page or 1, judge), NONE)
    except (InvalidImageError, MemoryError, Image.DecompressionBombError):
        raise
    except Exception as error:
        raise file_kinds.refusal(kind, name) from error


def _from_extra(decoded: extra_files.Decoded, metadata: Metadata) -> Source:
    colors: Any = decoded.colors
    if colors.shape[2] == 1:
        colors = np.repeat(colors, 3, axis=2)
    return _managed(colors, decoded.alpha, decoded.profile, metadata, decoded.notes)


def _tiff(encoded: bytes, name: str, page: int | None) -> Source:
    named_raw = PurePath(name).suffix.lower() in file_kinds.RAW.suffixes
    if named_raw or tiff_files.is_raw(encoded):
        try:
            return _extra(file_kinds.RAW, encoded, name, page)
        except InvalidImageError:
            if not named_raw or tiff_files.is_raw(encoded) or not file_kinds.RAW.readable:
                raise
    found = tiff_files.pages(encoded)
    if not found:
        return _shallow(encoded, name, page)
    chosen, notes = found[_chosen(len(found), name, page)], _several(len(found), page)
    try:
        image = tiff_files.opened(encoded, chosen)
    except color_profiles.vips().Error as error:
        if tiff_files.is_plain(chosen) and not chosen.folder:
            return _shallow(encoded, name, chosen.number + 1, ("TIFF",), notes)
        raise tiff_files.refusal(chosen, name) from error
    _require_room(image.width, image.height, name)
    tiff_files.require_pieces(chosen, len(encoded))
    held, metadata = tiff_files.values(image, chosen, name), tiff_metadata(encoded, chosen.at)
    if held.color is not None:
        depth = 8 if image.format == "uchar" else 16
        return Source(
            np.concatenate([held.color, held.alpha], axis=2), depth, metadata=metadata, notes=notes + held.notes
        )
    return _managed(held.own, held.alpha, held.profile, metadata, notes + held.notes)


def _chosen(count: int, name: str, page: int | None) -> int:
    """The index of a page. Raises InvalidImageError if there is none of that number."""
    if page is not None and page > count:
        many = "one picture" if count == 1 else f"{count} pictures"
        raise InvalidImageError(f"{name} holds {many}, and no picture {page}", "choose another --page")
    return (page or 1) - 1


def _several(count: int, page: int | None) -> tuple[str, ...]:
    if count < 2 or page is not None:
        return ()
    return (f"the file holds {count} pictures, and only the first was taken; --page takes another",)


def _managed(
    own: color_profiles.Values, alpha: Pixels, profile: bytes | None, metadata: Metadata, notes: tuple[str, ...] = ()
) -> Source:
    """The picture of a file's integers, (H, W, 1, 3 or 4 inks), in its profile's colours."""
    depth = 16 if own.dtype == np.uint16 else 8
    color = color_profiles.to_srgb(own, profile) if profile else None
    managed = color is not None and own.shape[2] == 3
    if color is None:
        color = color_profiles.as_floats(own)
        color = (1 - color[..., :3]) * (1 - color[..., 3:]) if own.shape[2] == 4 else color
    if color.shape[2] == 1:
        color = np.repeat(color, 3, axis=2)
    pixels = np.concatenate([color, alpha], axis=2, dtype=np.float32)
    if managed:
        return Source(pixels, depth, profile, own, metadata, notes)
    return Source(pixels, depth, metadata=metadata, notes=notes)


def _deep_png(encoded: bytes, name: str) -> Source | None:
    """A PNG of 16 bits per channel; None leaves the last word to Pillow."""
    vips = color_profiles.vips()
    try:
        image = vips.Image.new_from_buffer(encoded, "", fail_on="truncated")
    except vips.Error:
        return None
    if image.format != "ushort":
        return None
    _require_room(image.width, image.height, name)
    metadata = NONE
    with suppress(Exception), Image.open(io.BytesIO(encoded), formats=DEEP_KINDS) as opened:
        metadata = read_metadata(opened)
    image, told = image.autorot(), png_colors.of_png(encoded)
    profile = image.get("icc-profile-data") if told.own and image.get_typeof("icc-profile-data") else told.profile
    values: NDArray[np.uint16] = image.numpy().reshape(image.height, image.width, image.bands)
    colors = image.bands - image.hasalpha()
    alpha = color_profiles.as_floats(values[..., colors : colors + 1])
    return _managed(values[..., :colors], alpha, profile, metadata, told.notes)


def _integers(pixels: Pixels, kind: str, like: Source, *, deep: bool) -> color_profiles.Values:
    """(H, W, C) as the file shall hold them, a strip at a time: as floats they would fill memory once more."""
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


def _save_shallow(path: Path, values: color_profiles.Values, kind: str, like: Source) -> None:
    options: dict[str, Any] = _SAVE_OPTIONS[kind] | like.metadata.options(kind)
    if like.profile:
        options["icc_profile"] = like.profile
    image = Image.fromarray(values)
    with path.open("wb") as file:
        image.save(file, format=kind, **options)


def _save_deep(path: Path, values: color_profiles.Values, kind: str, like: Source) -> None:
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


def _own_colors(color: Pixels, like: Source) -> Pixels:
    """(H, W, 3) sRGB in the colours of the source's file.

    Where a picture is still its photograph, it has the file's own values, those outside sRGB included; this fades with
    the distance between the two, so that no border shows.
    """
    if like.profile is None:
        return color
    made = color_profiles.from_srgb(color, like.profile)
    if like.own is None:
        return made
    photograph = like.pixels[..., :3]
    share = np.clip(1 - np.abs(color - photograph).max(axis=2, keepdims=True) / np.float32(_NEAR), 0, 1)
    lost = color_profiles.as_floats(like.own) - color_profiles.from_srgb(photograph, like.profile)
    own: Pixels = np.clip(made + share * lost, 0, 1)
    return own


def _shallow(
    encoded: bytes,
    name: str,
    page: int | None,
    formats: tuple[str, ...] = READABLE,
    notes: tuple[str, ...] = (),
) -> Source:
    """The picture as Pillow reads it."""
    with Image.open(io.BytesIO(encoded), formats=formats) as opened:
        _require_room(*opened.size, name)
        _require_pieces(opened)
        count = _count(opened)
        index = page - 1 if notes and page else _chosen(count, name, page)
        if index or count > 1:
            opened.seek(index)
            _require_room(*opened.size, name)
        image: Image.Image = opened
        try:
            opened.load()
        except OSError:
            if not encoded.startswith(_JPEG):
                raise
            image = _mended(encoded)
        metadata = read_metadata(image)
        told = png_colors.of_png(encoded) if encoded.startswith(_PNG) else png_colors.Told(own=True)
        if not told.own:
            image.info["icc_profile"] = told.profile
        elif metadata.adobe_rgb and not image.info.get("icc_profile") and image.mode == "RGB":
            image.info["icc_profile"] = png_colors.adobe_rgb()
        source = _from_pillow(_upright(image), name, metadata)
        return replace(source, notes=(*source.notes, *(notes or _several(count, page)), *told.notes))


def _count(opened: Image.Image) -> int:
    """How many pictures there are to choose from: the further ones of a phone's photograph are its thumbnails."""
    if opened.format == "MPO":
        with suppress(Exception):
            entries = opened.mpinfo[0xB002]  # type: ignore[attr-defined]  # of MPO files alone
            views = sum("Multi-Frame" in entry["Attribute"]["MPType"] for entry in entries)
            return max(1, views)
        return 1
    return int(getattr(opened, "n_frames", 1))


def _mended(encoded: bytes) -> Image.Image:
    """A JPEG whose last bytes are missing, as every viewer shows it. Raises OSError where more is gone than a line."""
    image = Image.open(io.BytesIO(encoded + _END_OF_JPEG), formats=("JPEG",))
    image.load()
    layers = getattr(image, "layer", None) or [(0, 2, 2, 0)]
    block, light = 8 * max(layer[2] for layer in layers), np.asarray(image.convert("L")).astype(int)
    last = (image.height - 1) // block * block  # the first line of the last row of blocks

    def is_gone(first: int) -> bool:
        return bool((np.abs(light[first : first + block, (image.width - 1) // 16 * 16 :] - 128) <= 2).all())

    scan = encoded[(at := encoded.rfind(b"\xff\xda")) : at + 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")]
    finest = len(scan) > 2 and scan[-1] >> 4 > 0 and scan[-1] & 15 == 0
    if image.info.get("progressive") and not finest:
        raise OSError("it is cut short")
    if is_gone(last) and (last < _LINES * block or is_gone(last - block)):
        raise OSError("it is cut short")
    return image


def _require_pieces(opened: Image.Image) -> None:
    """Raise OSError where the pieces of a TIFF do not cover it: Pillow would take its time for what is not there."""
    pieces = opened.tile if isinstance(opened, TiffImageFile) else []
    boxes = [piece.extents for piece in pieces if piece.extents]
    if pieces and sum((right - x) * (bottom - y) for x, y, right, bottom in boxes) < opened.width * opened.height:
        raise OSError("its pieces do not cover it")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - the EXIF block is the camera's; a broken one is no reason to refuse the picture
        return image


def _from_pillow(image: Image.Image, name: str, metadata: Metadata) -> Source:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        gray = _deep_gray(image, name)
        return Source(np.repeat(gray[..., None], 3, axis=2), 16, metadata=metadata)
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
    color = color_profiles.to_srgb(own, profile) if profile else None
    managed = color is not None
    if color is None:
        color = color_profiles.as_floats(np.asarray(flat.convert("RGB")))
    parts = [color] if alpha is None else [color, color_profiles.as_floats(np.atleast_3d(np.asarray(alpha)))]
    pixels = np.concatenate(parts, axis=2)
    if managed and flat.mode == "RGB":
        return Source(pixels, 8, profile, own, metadata)
    return Source(pixels, 8, metadata=metadata)


def _deep_gray(image: Image.Image, name: str) -> Pixels:
    values = np.asarray(image, dtype=np.float32)
    if image.mode != "F":
        if values.max() > 65535:
            raise InvalidImageError(f"{name} has more than 16 bits per channel", "save it with 8 or 16 bits")
        values = values / np.float32(65535)
    bounded: Pixels = np.clip(np.nan_to_num(values), 0, 1)
    return bounded


MOST_BYTES = 2**31

MOST_SIDE = {"JPEG": 65_535, "WEBP": 16_383}
"""px: the longest side that a format can tell of."""

WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def decode(encoded: bytes, name: str = "picture") -> Pixels:
    """The picture in the bytes of a file: (H, W, 3), or (H, W, 4) if it has transparency.

    `name` stands in the message of an error. Raises InvalidImageError for bytes that are no picture or a damaged
    one, ImageTooLargeError for more than MOST_PIXELS, judged before any pixel is decoded.
    """
    return decode_source(encoded, name).pixels


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
            raise too_large(str(path))
        encoded = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidImageError):
            raise
        raise InvalidImageError(f"{path} cannot be read", "check its name and your permission to read it") from error
    return decode_source(encoded, str(path), page)


def count(path: str | os.PathLike[str]) -> int:
    """How many pictures a file holds, as far as Pillow can tell; 1 for what is none."""
    return count_pictures(Path(path))


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
    if kind is None or os.path.isdir(path):  # noqa: PTH112 - in a closed folder it raises nothing
        require_writable(path)
    try:
        path = path.resolve()  # a link stays a link; what it points to is replaced
    except (OSError, ValueError, RuntimeError):
        require_writable(path)
        raise
    write_kept(
        path,
        lambda unfinished: save_unfinished(unfinished, pixels, str(kind), like or Source(pixels)),
        overwrite=overwrite,
    )
