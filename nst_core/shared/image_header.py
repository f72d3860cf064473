"""Reads the size of a picture from the header of its file, so that it can be refused before it is decoded."""

from __future__ import annotations

import struct

from nst_core.shared.errors import ImageTooLargeError

MAX_PIXELS = 200_000_000
"""Largest picture that the engine accepts."""

_NOT_A_FRAME = {0xC4, 0xC8, 0xCC}  # JPEG markers between those of frames
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}  # JPEG markers that no length follows


def size_in_header(picture: bytes) -> tuple[int, int] | None:
    """Width and height in the header of a PNG, JPEG or WebP file; None for other or truncated files."""
    try:
        if picture.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", picture, 16)
            return width, height
        if picture.startswith(b"\xff\xd8"):
            return _jpeg_size(picture)
        if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
            return _webp_size(picture)
    except struct.error:  # truncated
        pass
    return None


def require_max_pixels(name: str, picture: bytes, max_pixels: int = MAX_PIXELS) -> None:
    """Raise ImageTooLargeError for a picture file whose header has more than `max_pixels`."""
    width, height = size_in_header(picture) or (0, 0)
    if width * height > max_pixels:
        raise ImageTooLargeError.of("file-too-large", name=name, megapixels=f"{max_pixels / 1e6:g}")


def _jpeg_size(picture: bytes) -> tuple[int, int] | None:
    at = 2
    while (at := picture.find(b"\xff", at)) >= 0 and at + 1 < len(picture):
        marker = picture[at + 1]
        if marker in {0x00, 0xFF}:  # padding
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_A_FRAME:
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return width, height
        else:
            at += 2 + max(2, struct.unpack_from(">H", picture, at + 2)[0])
    return None


def _webp_size(picture: bytes) -> tuple[int, int] | None:
    kind = picture[12:16]
    if kind == b"VP8X":
        wide, high = struct.unpack_from("<3s3s", picture, 24)
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", picture, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", picture, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
