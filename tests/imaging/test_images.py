"""Pictures between files and arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageCms
from problem_files import encoded, png_of_shape

from nst_core.batch.records import Records
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.shared.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidImageError,
    NothingVisibleError,
    UnwritableOutputError,
)

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(1)


def noise(height: int, width: int, channels: int = 3) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (height, width, channels), dtype=np.uint8))


def test_eight_bits_become_floats_between_zero_and_one() -> None:
    """Every 8-bit value v is read as v / 255."""
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = image_files.decode(encoded(Image.fromarray(np.stack([ramp, ramp.T, ramp[::-1]], axis=2))))
    assert pixels.dtype == np.float32
    assert pixels.shape == (16, 16, 3)
    np.testing.assert_allclose(pixels[..., 0], ramp / 255, atol=1e-7)
    np.testing.assert_allclose(pixels[..., 1], ramp.T / 255, atol=1e-7)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L-key"])
def test_transparency_is_read_from_every_kind_of_file(mode: str) -> None:
    """Alpha channels, palettes with transparency and colour keys all give a fourth channel."""
    image = Image.new("RGBA", (40, 40), (0, 255, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 40))
    keyed = mode == "L-key"
    file = encoded(image.convert("L"), transparency=0) if keyed else encoded(image.convert(mode))
    pixels = image_files.decode(file)
    assert pixels.shape == (40, 40, 4)
    assert pixels[..., 3][:, :20].max() == 0
    assert pixels[..., 3][:, 20:].min() == 1


def test_a_palette_without_transparency_has_three_channels() -> None:
    """A plain palette file is an ordinary colour picture."""
    pixels = image_files.decode(
        encoded(Image.new("RGB", (33, 44), (250, 10, 30)).convert("P", palette=Image.Palette.ADAPTIVE))
    )
    assert pixels.shape == (44, 33, 3)
    np.testing.assert_allclose(pixels[0, 0] * 255, [250, 10, 30], atol=1)


def test_cmyk_becomes_rgb() -> None:
    """Full cyan ink is no red light."""
    pixels = image_files.decode(encoded(Image.new("CMYK", (40, 40), (255, 0, 0, 0)), "JPEG"))
    np.testing.assert_allclose(pixels[20, 20], [0, 1, 1], atol=0.02)


def test_float_grey_is_bounded() -> None:
    """Floats above one and undefined ones come back inside [0, 1]."""
    values = np.full((40, 40), 0.25, dtype=np.float32)
    values[0, 0], values[0, 1] = 7, np.nan
    pixels = image_files.decode(encoded(Image.fromarray(values), "TIFF"))
    assert pixels[0, 0, 0] == 1
    assert pixels[0, 1, 0] == 0
    assert pixels[9, 9, 0] == 0.25


def test_the_cameras_rotation_is_honoured() -> None:
    """Orientation 6 means: turn a quarter clockwise."""
    image = Image.new("RGB", (60, 40))
    image.paste((255, 0, 0), (0, 0, 60, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = image_files.decode(encoded(image, "PNG", exif=exif))
    assert pixels.shape == (60, 40, 3)
    np.testing.assert_array_equal(pixels[30, 39], [1, 0, 0])
    np.testing.assert_array_equal(pixels[30, 0], [0, 0, 0])


def test_a_colour_profile_is_converted_to_srgb() -> None:
    """Where the profile says that red is blue, red is read as blue; alpha is left alone."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"____", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"____", b"bXYZ", 1)
    pixels = image_files.decode(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 51)), icc_profile=swapped))
    np.testing.assert_allclose(pixels[7, 7], [0, 0, 1, 0.2], atol=0.02)


def test_the_srgb_profile_changes_nothing() -> None:
    """A file that says it is sRGB reads as one that says nothing."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = noise(40, 40)
    np.testing.assert_allclose(
        image_files.decode(encoded(image, icc_profile=profile)), image_files.decode(encoded(image)), atol=1.5 / 255
    )


def test_a_broken_colour_profile_is_ignored() -> None:
    """Nonsense in the profile is no reason to refuse the picture."""
    image = noise(40, 40)
    np.testing.assert_array_equal(
        image_files.decode(encoded(image, icc_profile=b"nonsense")), image_files.decode(encoded(image))
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, kept: float) -> None:
    """A file cut anywhere gives one sentence, never half a picture."""
    whole = encoded(noise(64, 64), kind)
    with pytest.raises(InvalidImageError) as caught:
        image_files.decode(whole[: int(len(whole) * kept)], "cut")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "junk", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%!PS-Adobe-3.0 EPSF-3.0\n", bytes(4000)]
)
def test_what_is_no_picture_is_refused(junk: bytes) -> None:
    """Empty files, text, bare signatures and PostScript are all refused by name."""
    with pytest.raises(InvalidImageError, match="holiday"):
        image_files.decode(junk, "holiday")


@pytest.mark.parametrize("size", [(10_001, 20_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_by_its_announced_size(size: tuple[int, int]) -> None:
    """Neither just above the bound nor far above it is anything decoded; the file holds no pixels at all."""
    with pytest.raises(ImageTooLargeError, match="too large"):
        image_files.decode(png_of_shape((*size, 3), b""))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a folder and a device each have their sentence."""
    with pytest.raises(InvalidImageError, match=r"gone\.png does not exist"):
        image_files.read(tmp_path / "gone.png")
    with pytest.raises(InvalidImageError, match="is a folder"):
        image_files.read(tmp_path)
    with pytest.raises(InvalidImageError, match="is not a file"):
        image_files.read(os.devnull)
    with pytest.raises(InvalidImageError, match=r"cannot be read|does not exist"):
        image_files.read("a" * 5000)


def test_a_picture_under_32_px_cannot_be_used() -> None:
    """31 px is too small, 32 is enough."""
    with pytest.raises(ImageTooSmallError, match="32 px"):
        image_files.require_usable(np.zeros((31, 100, 3), np.float32))
    usable = np.zeros((32, 32, 3), np.float32)
    assert image_files.require_usable(usable) is usable


def test_a_fully_transparent_picture_cannot_be_used() -> None:
    """There is nothing to stylize where nothing can be seen; one visible pixel suffices."""
    pixels = np.zeros((40, 40, 4), np.float32)
    with pytest.raises(NothingVisibleError):
        image_files.require_usable(pixels)
    pixels[3, 3, 3] = 0.5
    image_files.require_usable(pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".PNG", ".webp", ".jpg"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    """Lossless formats come back exactly, the others within what an eye sees."""
    path = tmp_path / f"picture{suffix}"
    smooth = resize(np.asarray(noise(4, 4), np.float32) / np.float32(255), 64, 48)
    image_files.write(path, smooth)
    exact = suffix.lower() in {".png", ".tif"}
    np.testing.assert_allclose(image_files.read(path), smooth, atol=0.51 / 255 if exact else 0.12)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_transparency_on_jpeg_lies_on_white(tmp_path: Path) -> None:
    """JPEG has no alpha: the visible part stays, the invisible part is white."""
    pixels = np.zeros((40, 40, 4), np.float32)
    pixels[:, 20:, 3] = 1
    image_files.write(tmp_path / "flat.jpg", pixels)
    flat = image_files.read(tmp_path / "flat.jpg")
    np.testing.assert_allclose(flat[20, 5], [1, 1, 1], atol=0.02)
    np.testing.assert_allclose(flat[20, 35], [0, 0, 0], atol=0.02)


def test_unwritable_outputs_are_named(tmp_path: Path) -> None:
    """An unknown ending, a missing folder and a folder in the file's place are refused before any work."""
    pixels = np.zeros((40, 40, 3), np.float32)
    (tmp_path / "folder.png").mkdir()
    for name, sentence in (
        ("picture.xyz", "known format"),
        ("picture", "known format"),
        ("nowhere/picture.png", "does not exist"),
        ("folder.png", "is a folder"),
    ):
        with pytest.raises(UnwritableOutputError, match=sentence):
            image_files.require_writable(tmp_path / name)
        if "nowhere" not in name:  # a folder that vanishes is another matter: see test_finished_work
            with pytest.raises(UnwritableOutputError, match=sentence):
                image_files.write(tmp_path / name, pixels)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """WebP holds at most 16383 px: the refusal leaves what was there, and nothing beside it."""
    path = tmp_path / "wide.webp"
    path.write_bytes(b"precious")
    with pytest.raises(UnwritableOutputError):
        image_files.write(path, np.zeros((1, 16_384, 3), np.float32))
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_resizing_keeps_the_range_and_the_mean() -> None:
    """Lanczos overshoots at edges; the result stays in [0, 1] and as bright as it was."""
    checks = (np.indices((64, 64)).sum(axis=0) // 8 % 2).astype(np.float32)[..., None].repeat(3, axis=2)
    for height, width in ((150, 170), (40, 33)):
        sized = resize(checks, height, width)
        assert sized.shape == (height, width, 3)
        assert sized.dtype == np.float32
        assert sized.min() >= 0
        assert sized.max() <= 1
        assert abs(sized.mean() - 0.5) < 0.02


def test_hidden_colours_do_not_bleed_when_resized() -> None:
    """Red under zero alpha must not tint the visible green at the border."""
    pixels = np.zeros((64, 64, 4), np.float32)
    pixels[:, :32, 0] = 1
    pixels[:, 32:, 1] = 1
    pixels[:, 32:, 3] = 1
    sized = resize(pixels, 25, 25)
    visible = sized[..., 3] > 0.01
    assert sized[visible][:, 0].max() < 0.01
    assert sized[visible][:, 1].min() > 0.99


def test_resizing_to_the_same_size_changes_nothing() -> None:
    """No filter touches a picture that already has its size."""
    pixels = RNG.random((33, 47, 4), dtype=np.float32)
    np.testing.assert_array_equal(resize(pixels, 33, 47), pixels)


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut leaves the old file or the new one, of pictures and of what a batch remembers: never half."""
    safe: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: safe.append(os.fstat(number).st_ino))
    image_files.write(tmp_path / "a.png", np.zeros((40, 40, 3), np.float32))
    Records(tmp_path).write(tmp_path / "a.png", "made so")
    files = [tmp_path / "a.png", tmp_path / ".neural-style" / "a.png.json"]
    assert [path.stat().st_ino for path in files] == safe


def test_what_a_format_cannot_hold_is_refused_before_it_is_painted(tmp_path: Path) -> None:
    """WebP and JPEG end at a number of pixels; the other formats go on."""
    image_files.require_size(tmp_path / "a.webp", 16_383, 16_383)
    for suffix, side in ((".webp", 16_384), (".jpg", 65_536)):
        with pytest.raises(UnwritableOutputError, match=f"would be 40 x {side} px"):
            image_files.require_size(tmp_path / f"a{suffix}", side, 40)
        image_files.require_size(tmp_path / "a.png", side, 40)
        image_files.require_size(tmp_path / "a.tif", side, 40)
