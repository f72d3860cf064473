"""TIFF files: which pictures one holds, what their numbers mean, and which are of no kind that can be read right.

Pillow's directories tell what a file holds, libvips decodes it. What neither can tell for certain is refused by name.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from nst_core.imaging import color_profiles
from nst_core.imaging.arrays import Float
from nst_core.imaging.png_colors import srgb_to_d50
from nst_core.shared.errors import InvalidImageError

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MOST = 4096
"""Directories that are looked at: a chain may bite its own tail."""
_KIND, _OLD_KIND, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES = 254, 255, 258, 259, 262, 277
_FOLDERS, _EXTRA, _FORMAT, _DNG, _INKS = 330, 338, 339, 50706, 332
_WHITE_IS_0, _GRAY, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB, _ICC_LAB = 0, 1, 2, 3, 5, 6, 8, 9
_RAW = {32803, 34892}  # a colour filter's pattern, and what was computed from one
_COLORS = {_WHITE_IS_0: 1, _GRAY: 1, _RGB: 3, _PALETTE: 3, _CMYK: 4, _YCBCR: 3, _LAB: 3, _ICC_LAB: 3}
_NAMES = {
    _WHITE_IS_0: "gray", _GRAY: "gray", _RGB: "RGB", _PALETTE: "palette", 4: "mask", _CMYK: "ink", _YCBCR: "YCbCr",
    _LAB: "Lab", _ICC_LAB: "Lab", 10: "Lab", 32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
_FORMATS = {1: "unsigned integers", 2: "signed integers", 3: "floating-point numbers", 4: "untyped values"}
_STRAIGHT, _PREMULTIPLIED = 2, 1
_REMEDY = "save it as RGB with 8 or 16 bits per channel"


@dataclass(frozen=True)
class Page:
    """One picture of a file. at: its directory's place; number: among the pages; folder: in that page's own, from 1."""

    at: int
    number: int
    folder: int
    tags: ImageFileDirectory_v2
    reduced: bool

    def get(self, tag: int, default: int) -> int:
        """A tag's first value."""
        found = self.tags.get(tag, default)
        found = found[0] if isinstance(found, tuple) and found else found
        return int(found) if isinstance(found, (int, float)) else default

    @property
    def area(self) -> int:
        """Pixels."""
        return self.get(256, 0) * self.get(257, 0)

    @property
    def what(self) -> str:
        """What its numbers are, for a person."""
        color = _NAMES.get(self.get(_PHOTOMETRIC, -1), "unknown")
        kind = _FORMATS.get(self.get(_FORMAT, 1), "complex numbers")
        return f"{self.get(_BITS, 1)}-bit {kind} ({color}, {self.get(_SAMPLES, 1)} channels)"


@dataclass(frozen=True)
class Values:
    """What a page holds. own: (H, W, 1, 3 or 4) integers of the file's colours, alpha (H, W, 0 or 1) in [0, 1].

    color: (H, W, 3) sRGB where the file itself says what they are. notes: what was left out.
    """

    own: color_profiles.Values
    alpha: Float
    profile: bytes | None
    color: Float | None
    notes: tuple[str, ...]


def pages(encoded: bytes) -> list[Page]:
    """The pictures in a file, in its order, without thumbnails and masks where there is anything else."""
    found = list(_all(encoded))
    whole = [page for page in found if not page.folder and not page.reduced]
    if whole:
        return whole
    inner = sorted((page for page in found if not page.reduced), key=lambda page: -page.area)
    return inner[:1] or sorted(found, key=lambda page: -page.area)[:1]


def is_raw(encoded: bytes) -> bool:
    """Whether it is a camera's raw file, whose other pictures are thumbnails."""
    if encoded[8:10] == b"CR":  # Canon's second format
        return True
    return any(page.get(_PHOTOMETRIC, 0) in _RAW or _DNG in page.tags for page in _all(encoded))


def _all(encoded: bytes) -> Iterator[Page]:
    file = io.BytesIO(encoded)
    head = encoded[: 16 if b"+" in encoded[2:4] else 8]
    seen: set[int] = set()
    at, number = ImageFileDirectory_v2(head).next, 0
    while at and at not in seen and len(seen) < _MOST:
        seen.add(at)
        tags = _directory(file, head, at)
        if tags is None:
            return
        yield _page(at, number, 0, tags)
        inner = tags.get(_FOLDERS, ())
        for folder, place in enumerate(inner if isinstance(inner, tuple) else (inner,), start=1):
            if isinstance(place, int) and place not in seen and len(seen) < _MOST:
                seen.add(place)
                if (held := _directory(file, head, place)) is not None:
                    yield _page(place, number, folder, held)
        at, number = tags.next, number + 1


def _directory(file: io.BytesIO, head: bytes, at: int) -> ImageFileDirectory_v2 | None:
    with suppress(Exception):
        file.seek(at)
        tags = ImageFileDirectory_v2(head)
        tags.load(file)
        return tags if 256 in tags else None
    return None


def _page(at: int, number: int, folder: int, tags: ImageFileDirectory_v2) -> Page:
    kind = tags.get(_KIND, 0)
    reduced = bool(isinstance(kind, int) and kind & 5) or tags.get(_OLD_KIND) == 2
    return Page(at, number, folder, tags, reduced)


def require_pieces(page: Page, length: int) -> None:
    """Raise OSError where strips or tiles do not cover the page, or lie beyond the file, which is `length` bytes long.

    libvips would make up what is not there.
    """
    width, height = max(1, page.get(256, 1)), max(1, page.get(257, 1))
    if 324 in page.tags:
        wanted = -(-width // max(1, page.get(322, width))) * -(-height // max(1, page.get(323, height)))
        told, sizes = page.tags[324], page.tags.get(325, ())
    else:
        wanted = -(-height // min(height, max(1, page.get(278, height))))
        told, sizes = page.tags.get(273, ()), page.tags.get(279, ())
    wanted *= page.get(_SAMPLES, 1) if page.get(284, 1) == 2 else 1
    told, sizes = (held if isinstance(held, tuple) else (held,) for held in (told, sizes))
    if len(told) < wanted:
        raise OSError("its pieces do not cover it")
    if any(start + size > length for start, size in zip(told, sizes, strict=False)):
        raise OSError("it is cut short")


def opened(encoded: bytes, page: Page) -> Any:
    """The page as libvips opens it: nothing is decoded yet. Raises what libvips raises."""
    where = {"subifd": page.folder - 1} if page.folder else {}
    return color_profiles.vips().Image.tiffload_buffer(encoded, page=page.number, fail_on="truncated", **where)


def is_plain(page: Page) -> bool:
    """Whether Pillow may have the last word: of whole bytes, or bits, it gets nothing wrong."""
    return page.get(_BITS, 1) in (1, 8) and page.get(_FORMAT, 1) in (1, 4) and page.get(_PHOTOMETRIC, 1) <= _LAB


def refusal(page: Page, name: str) -> InvalidImageError:
    """The error for a page of a kind that cannot be read."""
    return InvalidImageError(f"{name} is a TIFF of {page.what}, which cannot be read", _REMEDY)


def values(image: Any, page: Page, name: str) -> Values:
    """What an opened page holds. Raises InvalidImageError for a kind that cannot be read right."""
    photometric, kind = page.get(_PHOTOMETRIC, _GRAY), image.format
    colors = min(_COLORS.get(photometric, 0), image.bands)
    inks = photometric == _CMYK and page.get(_INKS, 1) != 1
    if not colors or (kind not in ("uchar", "ushort", "uint", "float") and photometric != _LAB) or inks:
        raise refusal(page, name)
    image = image.autorot()
    held = image.numpy().reshape(image.height, image.width, image.bands)
    alpha_at, notes = _transparency(page, colors, image.bands, name)
    alpha = _shares(held[..., alpha_at : alpha_at + 1]) if alpha_at else np.ones((*held.shape[:2], 0), np.float32)
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    held = held[..., :colors]
    if photometric in (_LAB, _ICC_LAB):
        color = lab_to_srgb(_lab(held, photometric, page, name))
        return Values(color_profiles.as_words(color), alpha, None, color, notes)
    if held.dtype.kind == "f":
        unseen = not np.isfinite(held).all() or held.max() > 1.0001 or held.min() < -0.0001
        notes += ("values that are darker than black or brighter than white were cut off",) if unseen else ()
        held = np.nan_to_num(held, nan=0, posinf=1, neginf=0)
        held = 1 - held if photometric == _WHITE_IS_0 else held
        if not profile:
            gray = _shares(held)
            if colors in (1, 3):
                color = gray if colors == 3 else np.repeat(gray, 3, axis=2)
                return Values(color_profiles.as_words(color), alpha, None, color, notes)
    if held.dtype not in (np.uint8, np.uint16):
        held = color_profiles.as_words(_shares(held))
    return Values(held, alpha, profile, None, notes)


def lab_to_srgb(lab: Float) -> Float:
    """(H, W, 3) CIE L*a*b* of D50's white in sRGB, cut off where that ends."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=2)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * (3 * (6 / 29) ** 2)) * np.array([0.9642, 1.0, 0.8251])
    linear = np.clip(xyz @ np.linalg.inv(srgb_to_d50()).T, 0, 1)
    srgb: Float = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)
    return srgb


def _lab(held: NDArray[Any], photometric: int, page: Page, name: str) -> Float:
    """L in [0, 100], a and b around 0, of what TIFF's two codes and libvips make of them."""
    if held.dtype == np.float32 and photometric == _LAB:
        return np.nan_to_num(held.astype(np.float32), nan=0, posinf=100, neginf=-100)
    units = {
        ("int16", _LAB): (327.67, 256, 0),  # libvips has halved L's words
        ("uint8", _ICC_LAB): (2.55, 1, 128),
        ("uint16", _ICC_LAB): (652.8, 256, 128),
    }.get((held.dtype.name, photometric))
    if units is None:
        raise refusal(page, name)
    light, color, middle = units
    lab: Float = (held / np.array([light, color, color]) - np.array([0, middle, middle])).astype(np.float32)
    return lab


def _transparency(page: Page, colors: int, bands: int, name: str) -> tuple[int, tuple[str, ...]]:
    """Which channel is alpha, 0 for none, and what to say of the others."""
    told = page.tags.get(_EXTRA, (_STRAIGHT,) if bands == colors + 1 else ())
    told = tuple(told) if isinstance(told, (tuple, list)) else (told,)
    told = (*told, *(0,) * (bands - colors))[: bands - colors]
    if _PREMULTIPLIED in told[:-1]:  # libvips has divided by the last one
        raise refusal(page, name)
    at = next((number for number, kind in enumerate(told) if kind in (_STRAIGHT, _PREMULTIPLIED)), None)
    others = len(told) - (at is not None)
    some = "a further channel was" if others == 1 else f"{others} further channels were"
    return (0 if at is None else colors + at), ((f"{some} left out",) if others else ())


def _shares(held: NDArray[Any]) -> Float:
    """In [0, 1]."""
    if held.dtype.kind == "f":
        floats: Float = np.clip(np.nan_to_num(held), 0, 1).astype(np.float32)
        return floats
    shares: Float = (held / np.float64(np.iinfo(held.dtype).max)).astype(np.float32)
    return shares
