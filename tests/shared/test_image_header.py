"""What a picture file announces, read without unpacking it, against what Pillow reads."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from PIL import Image
from problem_files import encoded

from nst_core.shared.errors import ImageTooLargeError
from nst_core.shared.image_header import require_max_pixels, size_in_header

SEED = random.SystemRandom().randrange(10**6)


def picture(kind: str, size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytes:
    return encoded(Image.new(mode, size), kind, **options)


FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "PNG": ("PNG", {}),
    "JPEG": ("JPEG", {}),
    "progressive": ("JPEG", {"progressive": True}),
    "JPEG with notes": ("JPEG", {"comment": b"\xff\xc0" * 9, "icc_profile": b"\xff\xd9" * 40_000}),
    "WebP": ("WEBP", {}),
    "WebP without loss": ("WEBP", {"lossless": True}),
    "WebP with notes": ("WEBP", {"xmp": b"<x/>"}),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (640, 3), (3, 5000)])
def test_the_size_is_what_pillow_reads(name: str, size: tuple[int, int]) -> None:
    """In each format that a preset may hold but TIFF, with much or little in front of it."""
    kind, options = FORMATS[name]
    assert size_in_header(picture(kind, size, **options)) == size


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_cut_or_changed_gives_a_size_or_none(name: str) -> None:
    """Whatever the bytes are, there is an answer."""
    dice = random.Random(SEED)  # noqa: S311 - test data
    print(f"seed {SEED}")  # noqa: T201 - to repeat a failure
    kind, options = FORMATS[name]
    whole = picture(kind, (40, 30), **options)
    assert all(size_in_header(whole[:length]) in {None, (40, 30)} for length in range(64))
    for _ in range(200):
        changed = bytearray(whole)
        changed[dice.randrange(min(100, len(changed)))] = dice.randrange(256)
        size_in_header(bytes(changed))
    assert size_in_header(b"") is size_in_header(b"II*\0") is size_in_header(b"RIFF\0\0\0\0WEBPVP9 ") is None


def test_a_picture_beyond_the_limit_is_refused_unseen() -> None:
    """Its header is enough."""
    bomb = bytearray(picture("PNG", (1, 1), "1"))
    struct.pack_into(">II", bomb, 16, 60_000, 60_000)
    with pytest.raises(ImageTooLargeError, match="at most 200 megapixels"):
        require_max_pixels("it", bytes(bomb))
    struct.pack_into(">II", bomb, 16, 10_000, 20_000)
    require_max_pixels("it", bytes(bomb))
