"""TIFF files: lists the pictures of a file, decodes them, and refuses kinds that cannot be decoded correctly.

tifffile parses the directories. libvips decodes the pixels; tifffile does for kinds that libvips cannot decode, or
decodes wrongly. Other kinds are refused, and the error names the kind.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float
from nst_core.imaging.color import encoded
from nst_core.imaging.files import color_profiles
from nst_core.imaging.files.extra_files import CLIPPED, Decoded
from nst_core.imaging.files.png_colors import srgb_to_d50
from nst_core.shared.errors import InvalidImageError

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MOST = 4096
"""Largest number of directories that are read: their chain may be a loop."""
# Numbers of tags:
_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_ROWS, _STRIP_BYTES, _PLANES = 273, 274, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_INKS, _EXTRA, _FORMAT, _PROFILE, _DNG = 332, 338, 339, 34675, 50706
# Values of _PHOTOMETRIC:
_WHITE_IS_0, _GRAY, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB, _ICC_LAB = 0, 1, 2, 3, 5, 6, 8, 9
_RAW = {32803, 34892}  # a colour filter's pattern, and what was computed from one
_COLORS = {_WHITE_IS_0: 1, _GRAY: 1, _RGB: 3, _PALETTE: 3, _CMYK: 4, _YCBCR: 3, _LAB: 3, _ICC_LAB: 3}
_NAMES = {
    _WHITE_IS_0: "gray", _GRAY: "gray", _RGB: "RGB", _PALETTE: "palette", 4: "mask", _CMYK: "ink", _YCBCR: "YCbCr",
    _LAB: "Lab", _ICC_LAB: "Lab", 10: "Lab", 32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
_FORMATS = {1: "unsigned integers", 2: "signed integers", 3: "floating-point numbers", 4: "untyped values"}
_PACKED = {code.value: code.name.replace("_", " ") for code in tifffile.COMPRESSION}
_STRAIGHT, _PREMULTIPLIED = 2, 1
_REMEDY = "save it as RGB with 8 or 16 bits per channel"
_READABLE = {"uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"}
"""Types of samples that are read. Signed integers are refused, except in Lab: programs differ in what is white."""

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # errors report what is wrong with a file


@dataclass(frozen=True)
class Page:
    """One picture of a file. offset: of its directory; number: of the page; subifd: number of its sub-directory, or 0.

    tags: values by number. value_offsets: the offset of a tag's values in the file, and the code of their type, for
    ExtraSamples. reduced: whether it is a thumbnail or a mask.
    """

    offset: int
    number: int
    subifd: int
    tags: Mapping[int, Any]
    value_offsets: Mapping[int, tuple[int, str]]
    reduced: bool

    def get(self, tag: int, default: int) -> int:
        """A tag's first value."""
        found = self.tags.get(tag, default)
        found = found[0] if isinstance(found, tuple) and found else found
        return int(found) if isinstance(found, (int, float)) else default

    @property
    def width(self) -> int:
        """px."""
        return self.get(_WIDTH, 1)

    @property
    def height(self) -> int:
        """px."""
        return self.get(_HEIGHT, 1)

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height

    @property
    def what(self) -> str:
        """The kind of its samples, for messages."""
        color = _NAMES.get(self.get(_PHOTOMETRIC, -1), "unknown")
        kind = _FORMATS.get(self.get(_FORMAT, 1), "complex numbers")
        count, packed = self.get(_SAMPLES, 1), self.get(_COMPRESSION, 1)
        parts = [color, "one channel" if count == 1 else f"{count} channels"]
        parts += ["in planes"] if self.get(_PLANES, 1) == 2 and count > 1 else []
        parts += [f"compressed by {_PACKED.get(packed, 'an unknown method')}"] if packed != 1 else []
        return f"{self.get(_BITS, 1)}-bit {kind} ({', '.join(parts)})"


def pages(encoded: bytes) -> list[Page]:
    """The pictures in a file, in its order. Thumbnails and masks count only if there is nothing else."""
    found = list(_all_pages(encoded))
    whole = [page for page in found if not page.subifd and not page.reduced]
    if whole:
        return whole
    inner = sorted((page for page in found if not page.reduced), key=lambda page: -page.area)
    return inner[:1] or sorted(found, key=lambda page: -page.area)[:1]


def is_raw(encoded: bytes) -> bool:
    """Whether it is a raw file of a camera, whose other pictures are thumbnails."""
    if encoded[8:10] == b"CR":  # Canon's second format
        return True
    return any(page.get(_PHOTOMETRIC, 0) in _RAW or _DNG in page.tags for page in _all_pages(encoded))


def _all_pages(encoded: bytes) -> Iterator[Page]:
    with suppress(Exception), tifffile.TiffFile(io.BytesIO(encoded)) as file:
        seen: set[int] = set()
        for number in range(_MOST):
            try:
                page: Any = file.pages[number]
            except IndexError:
                return
            if page.offset in seen or len(seen) >= _MOST:
                return
            seen.add(page.offset)
            found = _page(page, number, 0)
            if found is None:
                return
            yield found
            for subifd, offset in enumerate(page.subifds or (), start=1):
                if offset not in seen and len(seen) < _MOST:
                    seen.add(offset)
                    with suppress(Exception):
                        inner = _page(_page_at(file, offset), number, subifd)
                        if inner is not None:
                            yield inner


def _page_at(file: tifffile.TiffFile, offset: int) -> tifffile.TiffPage:
    """The page whose directory is at this offset."""
    file.filehandle.seek(offset)
    return tifffile.TiffPage(file, 0)


def _page(page: tifffile.TiffPage, number: int, subifd: int) -> Page | None:
    tags = {tag.code: tag.value for tag in page.tags}
    if _WIDTH not in tags:
        return None
    kind = tags.get(_KIND, 0)
    reduced = bool(isinstance(kind, int) and kind & 5) or tags.get(_OLD_KIND) == 2
    value_offsets = {tag.code: (tag.valueoffset, tag.dataformat[-1]) for tag in page.tags if tag.code == _EXTRA}
    return Page(page.offset, number, subifd, tags, value_offsets, reduced)


def require_pieces(page: Page, length: int) -> None:
    """Raise OSError if strips or tiles do not cover the page, or lie beyond the file's `length`, bytes.

    libvips would return arbitrary pixels for them.
    """
    width, height = max(1, page.width), max(1, page.height)
    if _TILES in page.tags:
        wanted = -(-width // max(1, page.get(_TILE_WIDTH, width))) * -(
            -height // max(1, page.get(_TILE_HEIGHT, height))
        )
        offsets, sizes = page.tags[_TILES], page.tags.get(_TILE_BYTES, ())
    else:
        wanted = -(-height // min(height, max(1, page.get(_STRIP_ROWS, height))))
        offsets, sizes = page.tags.get(_STRIPS, ()), page.tags.get(_STRIP_BYTES, ())
    wanted *= page.get(_SAMPLES, 1) if page.get(_PLANES, 1) == 2 else 1
    offsets, sizes = (values if isinstance(values, tuple) else (values,) for values in (offsets, sizes))
    if len(offsets) < wanted:
        raise OSError("its pieces do not cover it")
    if any(start + size > length for start, size in zip(offsets, sizes, strict=False)):
        raise OSError("it is cut short")


def opened(encoded: bytes, page: Page) -> Any:
    """The page as libvips opens it: nothing is decoded yet. Raises what libvips raises."""
    where = {"subifd": page.subifd - 1} if page.subifd else {}
    if _is_premultiplied(page):
        encoded = _with_plain_channels(encoded, page)
    return color_profiles.vips().Image.tiffload_buffer(encoded, page=page.number, fail_on="truncated", **where)


def _is_premultiplied(page: Page) -> bool:
    return _PREMULTIPLIED in _extra(page)


def _extra(page: Page) -> tuple[int, ...]:
    """The values of the tag ExtraSamples."""
    extra = page.tags.get(_EXTRA, ())
    return tuple(extra) if isinstance(extra, (tuple, list)) else (extra,)


def _with_plain_channels(encoded: bytes, page: Page) -> bytes:
    """The file with ExtraSamples set to 0: libvips divides by an alpha channel, and for some kinds does so wrongly."""
    changed = bytearray(encoded)
    offset, code = page.value_offsets[_EXTRA]
    count = len(_extra(page))
    struct.pack_into(f"{'<' if encoded[:2] == b'II' else '>'}{count}{code}", changed, offset, *(0,) * count)
    return bytes(changed)


def is_misread(page: Page) -> bool:
    """Whether libvips decodes it wrongly or not at all.

    These are half floats in planes or of Lab, tiled planes, and planes of gray with further channels.
    """
    photometric = page.get(_PHOTOMETRIC, _GRAY)
    half = page.get(_FORMAT, 1) == 3 and page.get(_BITS, 1) == 16
    planes = page.get(_PLANES, 1) == 2 and page.get(_SAMPLES, 1) > 1
    gray = photometric in (_WHITE_IS_0, _GRAY)
    return (planes and (gray or half or _TILES in page.tags)) or (half and photometric == _LAB)


def decoded(encoded: bytes, page: Page) -> NDArray[Any]:
    """(H, W, channels) of a page, decoded by tifffile, as stored. Raises what tifffile raises."""
    with tifffile.TiffFile(io.BytesIO(encoded)) as file:
        found: Any = _page_at(file, page.offset)
        samples = np.asarray(found.asarray())
        channels = page.get(_SAMPLES, 1)
        if page.get(_PLANES, 1) == 2 and channels > 1:
            return np.moveaxis(samples.reshape(channels, page.height, page.width), 0, 2)
        return samples.reshape(page.height, page.width, channels)


def is_plain(page: Page) -> bool:
    """Whether Pillow may decode it if nothing else does: pages of 1 or 8 bits, which it decodes correctly."""
    return page.get(_BITS, 1) in (1, 8) and page.get(_FORMAT, 1) in (1, 4) and page.get(_PHOTOMETRIC, 1) <= _LAB


def is_ordinary(page: Page) -> bool:
    """Whether every TIFF reader decodes it correctly: unsigned integers of gray or RGB, also with straight alpha."""
    return bool(
        not page.subifd
        and page.get(_PHOTOMETRIC, -1) in (_WHITE_IS_0, _GRAY, _RGB)
        and page.get(_FORMAT, 1) == 1
        and page.get(_BITS, 1) in (1, 2, 4, 8, 16)
        and not is_misread(page)
        and _extra(page) in ((), (_STRAIGHT,))
        and (_extra(page) or page.get(_SAMPLES, 1) in (1, 3))
    )


def refusal(page: Page, name: str) -> InvalidImageError:
    """The error for a page of a kind that cannot be read."""
    return InvalidImageError(f"{name} is a TIFF of {page.what}, which cannot be read", _REMEDY)


def by_vips(image: Any, page: Page, name: str) -> Decoded:
    """The pixels of a page opened by libvips. Raises InvalidImageError for a kind that cannot be decoded correctly."""
    lab = image.format == "short" and page.get(_PHOTOMETRIC, _GRAY) == _LAB
    _require_known(page, image.bands, name)
    if image.format not in ("uchar", "ushort", "uint", "float", "double") and not lab:
        raise refusal(page, name)
    image = image.autorot()
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    return _interpreted(image.numpy().reshape(image.height, image.width, image.bands), page, profile, name)


def by_tifffile(samples: NDArray[Any], page: Page, name: str) -> Decoded:
    """The same for a page that tifffile decoded, (H, W, channels)."""
    _require_known(page, samples.shape[2], name)
    photometric = page.get(_PHOTOMETRIC, _GRAY)
    lab = photometric in (_LAB, _ICC_LAB) and samples.dtype.kind != "f"
    if samples.dtype.name not in _READABLE or photometric in (_PALETTE, _YCBCR) or lab:
        raise refusal(page, name)
    if photometric == _WHITE_IS_0 and samples.dtype.kind == "u":
        samples = np.concatenate([np.iinfo(samples.dtype).max - samples[..., :1], samples[..., 1:]], axis=2)
    samples = samples.astype(np.float32) if samples.dtype == np.float16 else samples
    profile = page.tags.get(_PROFILE)
    return _interpreted(_turned(samples, page.get(_ORIENTATION, 1)), page, bytes(profile) if profile else None, name)


def _turned(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """(H, W, C) turned upright. orientation: value of the tag Orientation, 1 to 8."""
    samples = samples.swapaxes(0, 1) if orientation in range(5, 9) else samples
    samples = samples[::-1] if orientation in (3, 4, 7, 8) else samples
    return np.ascontiguousarray(samples[:, ::-1] if orientation in (2, 3, 6, 7) else samples)


def _require_known(page: Page, bands: int, name: str) -> None:
    photometric = page.get(_PHOTOMETRIC, _GRAY)
    inks = photometric == _CMYK and page.get(_INKS, 1) != 1
    if not min(_COLORS.get(photometric, 0), bands) or inks:
        raise refusal(page, name)


def _interpreted(samples: NDArray[Any], page: Page, profile: bytes | None, name: str) -> Decoded:
    """Interpret the samples of a page, (H, W, channels), upright, 0 black for gray integers."""
    photometric, bands = page.get(_PHOTOMETRIC, _GRAY), samples.shape[2]
    depth = 8 if samples.dtype == np.uint8 else 16
    colors = min(_COLORS.get(photometric, 0), bands)
    alpha_at, notes = _transparency(page, colors, bands)
    alpha = _shares(samples[..., alpha_at : alpha_at + 1]) if alpha_at else np.ones((*samples.shape[:2], 0), np.float32)
    if _is_premultiplied(page) and _extra(page)[alpha_at - colors] == _PREMULTIPLIED:
        samples = _divided(samples[..., :colors], alpha, photometric, page, name)
    samples = samples[..., :colors]
    if photometric in (_LAB, _ICC_LAB):
        color = lab_to_srgb(_lab(samples, photometric, page, name))
        return Decoded(color, alpha, None, notes, depth)
    if samples.dtype.kind == "f":
        clipped = not np.isfinite(samples).all() or samples.max() > 1.0001 or samples.min() < -0.0001
        notes += (CLIPPED,) if clipped else ()
        samples = np.nan_to_num(samples, nan=0, posinf=1, neginf=0)
        samples = 1 - samples if photometric == _WHITE_IS_0 else samples
        if not profile and colors in (1, 3):
            return Decoded(np.repeat(_shares(samples), 3 // colors, axis=2), alpha, None, notes)
    if samples.dtype not in (np.uint8, np.uint16):
        samples = color_profiles.as_words(_shares(samples))
    return Decoded(samples, alpha, profile, notes, depth)


def lab_to_srgb(lab: Float) -> Float:
    """(H, W, 3) CIE L*a*b* with white D50 to sRGB, clipped to [0, 1]."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=2)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * (3 * (6 / 29) ** 2)) * np.array([0.9642, 1.0, 0.8251])
    return encoded(np.clip(xyz @ np.linalg.inv(srgb_to_d50()).T, 0, 1)).astype(np.float32)


def _lab(samples: NDArray[Any], photometric: int, page: Page, name: str) -> Float:
    """L in [0, 100], a and b around 0, from the two encodings of TIFF and that of libvips."""
    if samples.dtype.kind == "f" and photometric == _LAB:
        return np.nan_to_num(samples.astype(np.float32), nan=0, posinf=100, neginf=-100)
    units = {
        ("int16", _LAB): (327.67, 256, 0),  # libvips has halved L's words
        ("uint8", _ICC_LAB): (2.55, 1, 128),
        ("uint16", _ICC_LAB): (652.8, 256, 128),
    }.get((samples.dtype.name, photometric))
    if units is None:
        raise refusal(page, name)
    light, color, middle = units
    lab: Float = (samples / np.array([light, color, color]) - np.array([0, middle, middle])).astype(np.float32)
    return lab


def _transparency(page: Page, colors: int, bands: int) -> tuple[int, tuple[str, ...]]:
    """The index of the alpha channel, 0 for none, and notes on the others."""
    extra = _extra(page) or ((_STRAIGHT,) if bands == colors + 1 else ())
    extra = (*extra, *(0,) * (bands - colors))[: bands - colors]
    at = next((number for number, kind in enumerate(extra) if kind in (_STRAIGHT, _PREMULTIPLIED)), None)
    others = len(extra) - (at is not None)
    some = "a further channel was" if others == 1 else f"{others} further channels were"
    return (0 if at is None else colors + at), ((f"{some} left out",) if others else ())


def _divided(samples: NDArray[Any], alpha: Float, photometric: int, page: Page, name: str) -> NDArray[Any]:
    """Premultiplied colours (H, W, C) divided by their alpha, in the same type."""
    if photometric not in (_GRAY, _RGB):
        raise refusal(page, name)
    visible = np.where(alpha > 0, alpha, 1)
    if samples.dtype.kind == "f":
        floats: NDArray[Any] = (samples / visible).astype(np.float32)
        return floats
    shares: Float = np.clip(_shares(samples) / visible, 0, 1).astype(np.float32)
    return color_profiles.as_bytes(shares) if samples.dtype == np.uint8 else color_profiles.as_words(shares)


def _shares(samples: NDArray[Any]) -> Float:
    """In [0, 1]."""
    if samples.dtype.kind == "f":
        floats: Float = np.clip(np.nan_to_num(samples), 0, 1).astype(np.float32)
        return floats
    shares: Float = (samples / np.float64(np.iinfo(samples.dtype).max)).astype(np.float32)
    return shares
