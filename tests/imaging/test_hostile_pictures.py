"""Pictures that are odd or mean harm: a clear sentence or a right picture, in bounded time."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from problem_files import encoded, png_of_shape

from nst_core.imaging.files import color_profiles, decoding, image_files
from nst_core.painting.job import Job, Style
from nst_core.painting.run import stylize
from nst_core.shared.errors import ImageTooLargeError, ImageTooSmallError, InvalidImageError
from nst_core.shared.settings import Settings

RED, BLUE = (255, 0, 0), (0, 0, 255)
KINDS = ["GIF", "WEBP", "PNG", "TIFF"]


@pytest.mark.parametrize("kind", KINDS)
def test_of_an_animation_the_first_picture_is_read(kind: str) -> None:
    """Later frames, or pages, neither show nor count."""
    frames = [Image.new("RGB", (40, 40), color) for color in (RED, BLUE)]
    pixels = image_files.decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    np.testing.assert_allclose(pixels[20, 20, :3], [1, 0, 0], atol=0.05)
    assert pixels.shape[:2] == (40, 40)


def test_a_tiff_that_announces_more_than_its_pieces_cover_is_refused() -> None:
    """A few bytes could announce a hundred megapixels of nothing, and take seconds and gigabytes to read."""
    raw = encoded(Image.new("F", (40, 40)), "TIFF")
    height = struct.pack("<HHI", 257, 4, 1)
    assert height in raw
    announced = raw.replace(height + struct.pack("<I", 40), height + struct.pack("<I", 4000))
    with pytest.raises(InvalidImageError, match="damaged or cut short"):
        image_files.decode(announced)


@pytest.mark.parametrize("options", [{"tile": True, "tile_width": 16, "tile_height": 32}, {"tile_height": 7}])
def test_a_tiff_of_pieces_that_do_not_divide_it_is_read_whole(options: dict[str, Any]) -> None:
    """Its tiles, or strips, reach over the border or end before their own."""
    values = np.random.default_rng(0).integers(0, 256, (53, 71, 3), dtype=np.uint8)
    raw = color_profiles.vips().Image.new_from_memory(values.tobytes(), 71, 53, 3, "uchar").tiffsave_buffer(**options)
    np.testing.assert_array_equal(image_files.decode(raw) * 255, values)


@pytest.mark.parametrize("orientation", [0, 9, 65535, "six", (6, 6)])
def test_a_foolish_rotation_is_none(orientation: Any) -> None:
    """Only 1 to 8 mean something."""
    exif = Image.Exif()
    if isinstance(orientation, tuple | str):
        exif[0x010E] = str(orientation)
    else:
        exif[0x0112] = orientation
    assert image_files.decode(encoded(Image.new("RGB", (60, 40)), "JPEG", exif=exif)).shape == (40, 60, 3)


def _ifd(entries: bytes, following: int) -> bytes:
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries) // 12) + entries + struct.pack("<I", following)


EXIF = {
    "a circle": _ifd(struct.pack("<HHII", 0x8769, 4, 1, 8), 8),
    "four billion values": _ifd(struct.pack("<HHII", 0x0112, 3, 2**32 - 1, 8), 0),
    "far behind the end": _ifd(struct.pack("<HHII", 0x010E, 2, 2**31, 2**31), 2**32 - 1),
    "65535 entries": b"Exif\0\0II*\0" + struct.pack("<IH", 8, 65535),
    "noise": b"Exif\0\0" + bytes(range(256)) * 200,
    "nothing": b"Exif\0\0",
}


@pytest.mark.parametrize("case", EXIF)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_tricks_in_the_exif_block_change_no_pixel(case: str, kind: str) -> None:
    """The picture is the same as without; writing one like it works too."""
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8))
    plain = image_files.decode(encoded(image, kind))
    np.testing.assert_array_equal(image_files.decode(encoded(image, kind, exif=EXIF[case])), plain)


def _png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (40, 40), rows: int | None = None) -> bytes:
    return png_of_shape((*size, 1), bytes((size[1] + 1) * (rows or size[0])), *chunks)


BOMB = zlib.compress(bytes(2**28), 9)  # 256 MiB in 256 KiB
BOMBS = {
    "a profile": (b"iCCP", b"x\0\0" + BOMB),
    "a comment": (b"zTXt", b"x\0\0" + BOMB),
    "a foreign comment": (b"iTXt", b"x\0\1\0\0\0" + BOMB),
}


@pytest.mark.parametrize("case", BOMBS)
def test_what_unpacks_to_much_beside_the_picture_is_not_unpacked(case: str) -> None:
    """The picture, or a refusal; either way without the quarter of a gigabyte."""
    try:
        pixels = image_files.decode(_png(BOMBS[case]))
    except InvalidImageError as error:
        assert error.remedy  # noqa: PT017 - either is right
    else:
        assert pixels.shape == (40, 40, 3)


def test_rows_that_are_missing_or_too_many_change_nothing_else() -> None:
    """A picture with more rows than it announces is that picture; with fewer it is refused."""
    more = _png(size=(400, 40)).replace(struct.pack(">II", 40, 400), struct.pack(">II", 40, 40), 1)
    with pytest.raises(InvalidImageError):  # the checksum of its header is another picture's
        image_files.decode(more)
    with pytest.raises(InvalidImageError):
        image_files.decode(_png()[:-40])


def test_a_few_bytes_do_not_take_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that is allowed elsewhere, but not where a gigabyte is free, is refused before it is unpacked."""
    monkeypatch.setattr(decoding, "available", lambda: 2**30)
    with pytest.raises(ImageTooLargeError, match="12000 x 12000 px, does not fit into memory"):
        image_files.decode(_png(size=(12000, 12000), rows=1))
    assert image_files.decode(_png()).shape == (40, 40, 3)


@pytest.mark.parametrize("size", [(1, 60000), (60000, 1), (1, 1)])
def test_a_thread_is_read_and_cannot_be_painted(size: tuple[int, int]) -> None:
    """It is a picture, but one side is too short."""
    pixels = image_files.decode(encoded(Image.new("RGB", size, RED), "PNG"))
    assert pixels.shape == (size[1], size[0], 3)
    with pytest.raises(ImageTooSmallError):
        image_files.require_usable(pixels)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(32, 700), (700, 32)])
def test_a_ribbon_is_painted(size: tuple[int, int]) -> None:
    """As narrow as can be, and 21 times as long: the content and the style too."""
    ribbon = np.random.default_rng(6).random((*size, 3), np.float32)
    out = stylize(Job(ribbon, (Style(ribbon[::-1].copy()),), Settings(quality="draft", backend="onnx"))).pixels
    assert out.shape == ribbon.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PPM", "TGA", "JPEG2000", "AVIF"])
def test_truncated_pictures_of_rarer_kinds_are_refused(kind: str) -> None:
    """Half a file is no picture."""
    try:
        whole = encoded(Image.fromarray(np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)), kind)
    except (OSError, KeyError):
        pytest.skip(f"this Pillow writes no {kind}")
    with pytest.raises(InvalidImageError):
        image_files.decode(whole[: len(whole) // 2])


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "HSV", "1", "LA", "PA", "P", "I;16", "F"])
def test_every_kind_of_colours_is_read_in_range(mode: str) -> None:
    """TIFF knows most of them."""
    gray = Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 40), np.uint8))
    try:
        file = encoded(gray.convert("RGB").convert(mode) if mode not in {"I;16", "F"} else gray.convert(mode), "TIFF")
    except (OSError, KeyError, ValueError):
        pytest.skip(f"this Pillow writes no {mode}")
    pixels = image_files.decode(file)
    assert pixels.shape[:2] == (40, 40)
    assert 0 <= pixels.min() <= pixels.max() <= 1
