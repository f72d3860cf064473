"""Reduces pictures that are too large for memory while they are decoded, strip by strip, with libvips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nst_core.imaging.files import color_profiles, png_colors, tiff_files
from nst_core.imaging.files.decoding import DecodedImage, decode_image
from nst_core.imaging.files.metadata import tiff_metadata
from nst_core.shared.errors import InvalidImageError
from nst_core.system.memory import available

_MOST = 2_000_000_000
"""Largest picture that is reduced, px; it takes about half a minute."""
_LEAST_FREE = 4
"""Bytes per pixel that must be free in any case: interlaced and progressive files are decoded whole."""
_MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
"""By the name of libvips' reader."""


def reduced(encoded: bytes, name: str, longest: int, page: int | None = None) -> DecodedImage | None:
    """The picture with at most this longest edge, upright, in its own colour space and with its EXIF data and XMP.

    page: which of several, from 1. Returns None for other files than PNG, JPEG, WebP and TIFF, and for pictures that
    are too large for this too. Raises InvalidImageError for a damaged one.
    """
    if encoded.startswith(tiff_files.MAGIC):
        chosen = _ordinary(encoded, page)
        small = chosen and _as_png(encoded, name, longest, "tiff", page=chosen.number)
        if not chosen or not small:
            return None
        source = replace(decode_image(small, name), metadata=tiff_metadata(encoded, chosen.offset))
    else:
        kind = next((kind for kind, start in _MAGIC.items() if encoded.startswith(start)), None)
        small = _as_png(encoded, name, longest, kind) if kind else None
        if not small:
            return None
        source = decode_image(small, name)
    note = f"it is too large to be held, and was reduced to {longest} px while it was read"
    return replace(source, notes=(*source.notes, note))


@color_profiles.uncached
def _as_png(encoded: bytes, name: str, longest: int, kind: str, **where: int) -> bytes | None:
    """The reduced picture as a PNG; None if it is too large. kind: of reader; where: the page."""
    vips = color_profiles.vips()
    try:
        load = getattr(vips.Image, f"{kind}load_buffer")
        image = load(encoded, access="sequential", fail_on="truncated", **where)
        if image.width * image.height > _MOST or image.width * image.height * _LEAST_FREE > available():
            return None
        small = _at_size(image, longest).copy_memory().autorot()
        if kind == "png" and not (colors := png_colors.of_png(encoded)).own:
            small = small.copy()
            if colors.profile:
                small.set_type(vips.GValue.blob_type, "icc-profile-data", colors.profile)
            else:
                small.remove("icc-profile-data")
        found: bytes = small.pngsave_buffer(compression=1)
    except vips.Error as error:
        raise InvalidImageError.of("file-damaged", name=name) from error
    return found


def _at_size(image: Any, longest: int) -> Any:
    """The picture with at most this longest edge, same depth and colour space; colours are weighted by alpha."""
    scale = min(1.0, longest / max(image.width, image.height))
    if not image.hasalpha():
        return image.resize(scale)
    most = 65535 if image.format == "ushort" else 255
    weighed = image.premultiply(max_alpha=most).resize(scale).unpremultiply(max_alpha=most)
    return weighed.cast(image.format).copy(interpretation=image.interpretation)


def _ordinary(encoded: bytes, page: int | None) -> tiff_files.Page | None:
    """The page of a TIFF, if libvips reads it correctly without further help."""
    found = [] if tiff_files.is_raw(encoded) else tiff_files.pages(encoded)
    number = (page or 1) - 1
    return found[number] if number in range(len(found)) and tiff_files.is_ordinary(found[number]) else None
