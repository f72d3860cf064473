"""What picture files keep on their way through: depth, colours, alpha, the upright side, metadata."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from nst_core.imaging.files import color_profiles, decoding, image_files
from nst_core.imaging.files.metadata import Metadata
from nst_core.imaging.resizing import resize
from nst_core.shared.errors import InvalidImageError, UnwritableOutputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6" by="me"/></x:xmpmeta>'
CAMERA, TAKEN, TURN, MAKERS_NOTE = 0x8769, 0x9003, 0x0112, 0x927C


def words(height: int, width: int, channels: int, seed: int = 0) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).integers(0, 65536, (height, width, channels), dtype=np.uint16)


def deep_file(path: Path, values: NDArray[np.uint16], **more: Any) -> Path:
    """A 16-bit file of libvips's own making. more: blocks of metadata by their names there."""
    image = color_profiles.as_image(values)
    for name, block in more.items():
        image.set_type(color_profiles.vips().GValue.blob_type, name.replace("_", "-"), block)
    image.write_to_file(str(path), **({"compression": "lzw"} if path.suffix == ".tif" else {}))
    return path


def stored(path: Path) -> NDArray[np.uint16]:
    """The integers in a file, as another reader sees them."""
    image = color_profiles.vips().Image.new_from_file(str(path))
    assert image.format == "ushort"
    found: NDArray[np.uint16] = image.numpy()
    return found


def wide_profile() -> bytes:
    return bytes(color_profiles.vips().Image.profile_load("p3"))


def exif() -> Image.Exif:
    """What a camera writes, a turn, a maker's note and a thumbnail's folder among it."""
    found = Image.Exif()
    found[0x010F], found[0x0110], found[0x8298], found[TURN] = "Maker", "Model", "Someone", 6
    found.get_ifd(CAMERA).update({TAKEN: "2024:05:06 07:08:09", MAKERS_NOTE: b"secret" * 9, 0x829A: 0.004})
    return found


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_read_and_written_whole(tmp_path: Path, suffix: str, channels: int) -> None:
    """Grey and colour, with and without alpha: every one of 65536 steps comes back, in both formats."""
    values = words(40, 50, channels)
    source = image_files.read_image(deep_file(tmp_path / f"in{suffix}", values))
    colors = values[..., :1].repeat(3, axis=2) if channels < 3 else values[..., :3]
    alpha = values[..., channels - 1 :] if channels in (2, 4) else values[..., :0]
    wanted = np.concatenate([colors, alpha], axis=2)
    assert source.depth == 16
    np.testing.assert_allclose(source.pixels, wanted / 65535, atol=1e-6)
    image_files.write(tmp_path / f"out{suffix}", source.pixels, source)
    np.testing.assert_array_equal(stored(tmp_path / f"out{suffix}"), wanted)


def test_only_what_was_deep_is_written_deep(tmp_path: Path) -> None:
    """An 8-bit source gives an 8-bit PNG; a 16-bit source a JPEG as good as JPEG can be."""
    shallow = decoding.DecodedImage(np.full((40, 40, 3), 0.5, np.float32))
    image_files.write(tmp_path / "shallow.png", shallow.pixels, shallow)
    assert color_profiles.vips().Image.new_from_file(str(tmp_path / "shallow.png")).format == "uchar"
    deep = image_files.read_image(deep_file(tmp_path / "deep.png", np.full((40, 40, 3), 30000, np.uint16)))
    image_files.write(tmp_path / "deep.jpg", deep.pixels, deep)
    np.testing.assert_allclose(image_files.read(tmp_path / "deep.jpg"), deep.pixels, atol=1 / 255)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_cut_sixteen_bit_file_is_refused(tmp_path: Path, suffix: str) -> None:
    """As with 8 bits: one sentence, never half a picture."""
    whole = deep_file(tmp_path / f"in{suffix}", words(64, 64, 3)).read_bytes()
    for kept in (0.3, 0.7, 0.95):
        with pytest.raises(InvalidImageError):
            image_files.decode(whole[: int(len(whole) * kept)], "cut")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
@pytest.mark.parametrize("depth", [8, 16])
def test_a_wide_profile_is_kept_and_its_own_values_come_back(tmp_path: Path, suffix: str, depth: int) -> None:
    """Untouched pixels have the file's own values, though sRGB cannot hold some of them."""
    values = words(40, 50, 3) if depth == 16 else (words(40, 50, 3) >> 8).astype(np.uint8)
    if suffix in {".jpg", ".webp"}:  # whose losses are another matter
        values = np.broadcast_to(values[:1, :1] // 2 + values.dtype.type(9), values.shape).copy()
    path = tmp_path / "in.png"
    image = color_profiles.as_image(values)
    image.set_type(color_profiles.vips().GValue.blob_type, "icc-profile-data", wide_profile())
    image.pngsave(str(path))
    source = image_files.read_image(path)
    assert np.abs(source.pixels - color_profiles.as_floats(values)).max() > 0.01  # sRGB says the same colours otherwise
    out = tmp_path / f"out{suffix}"
    image_files.write(out, source.pixels, source)
    again = color_profiles.vips().Image.new_from_file(str(out))
    assert again.get("icc-profile-data") == wide_profile()
    found = color_profiles.as_floats(again.numpy())
    np.testing.assert_allclose(
        found, color_profiles.as_floats(values), atol=0 if suffix in {".png", ".tif"} else 3 / 255
    )


def test_painted_pixels_are_written_in_the_files_colours(tmp_path: Path) -> None:
    """What was painted reads as it was painted, whatever the profile; nothing of the photograph's own colours stays."""
    source = image_files.read_image(deep_file(tmp_path / "in.png", words(40, 50, 3), icc_profile_data=wide_profile()))
    painted = resize(color_profiles.as_floats(words(5, 5, 3, seed=1)), 40, 50)
    far = np.abs(painted - source.pixels).max(axis=2) > 0.1
    image_files.write(tmp_path / "out.png", painted, source)
    np.testing.assert_allclose(image_files.read(tmp_path / "out.png")[far], painted[far], atol=0.006)


def test_no_border_shows_where_painting_begins(tmp_path: Path) -> None:
    """The file's own colours fade out as the painting fades in: no step larger than the painting's own."""
    vivid = np.zeros((40, 400, 3), np.uint16)
    vivid[..., 1] = 65535  # a green that sRGB has not
    source = image_files.read_image(deep_file(tmp_path / "in.png", vivid, icc_profile_data=wide_profile()))
    fading = np.linspace(0, 0.2, 400, dtype=np.float32)[None, :, None]
    image_files.write(tmp_path / "out.png", source.pixels + fading * (0.5 - source.pixels), source)
    steps = np.abs(np.diff(color_profiles.as_floats(stored(tmp_path / "out.png")), axis=1))
    assert steps.max() < 0.02


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_metadata_travels_upright_and_without_a_thumbnail(tmp_path: Path, suffix: str) -> None:
    """Camera, time and author stay; the turn is done and no longer told, and what would be untrue is left out."""
    image = Image.new("RGB", (60, 40), (200, 100, 50))
    image.save(tmp_path / "in.jpg", exif=exif(), xmp=XMP, dpi=(300, 300))
    source = image_files.read_image(tmp_path / "in.jpg")
    assert source.pixels.shape == (60, 40, 3)
    out = tmp_path / f"out{suffix}"
    image_files.write(out, source.pixels, source)
    assert_told(out, resolution=suffix != ".webp")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_files_keep_their_metadata(tmp_path: Path, suffix: str) -> None:
    """Also in TIFF, where libvips writes no EXIF: the tags are added to the finished file, and its pixels stay."""
    values = words(40, 60, 3)
    source = image_files.read_image(
        deep_file(
            tmp_path / "in.png", values, exif_data=exif().tobytes(), xmp_data=XMP, icc_profile_data=wide_profile()
        )
    )
    out = tmp_path / f"out{suffix}"
    image_files.write(out, source.pixels, source)
    assert_told(out, resolution=False)
    np.testing.assert_array_equal(stored(out), np.rot90(values, -1))
    again = image_files.read_image(out)
    assert again.profile == wide_profile()
    image_files.write(tmp_path / f"twice{suffix}", again.pixels, again)
    assert_told(tmp_path / f"twice{suffix}", resolution=False)


def assert_told(path: Path, *, resolution: bool) -> None:
    with Image.open(path) as opened:
        told = opened.getexif()
        assert (told[0x010F], told[0x0110], told[0x8298]) == ("Maker", "Model", "Someone")
        camera = told.get_ifd(CAMERA)
        assert camera[TAKEN] == "2024:05:06 07:08:09"
        assert camera[0x829A] == pytest.approx(0.004)
        assert MAKERS_NOTE not in camera
        assert told.get(TURN, 1) == 1
        xmp = opened.info.get("xmp") or opened.info["XML:com.adobe.xmp"]
        text = xmp.decode() if isinstance(xmp, bytes) else str(xmp)
        assert 'by="me"' in text
        assert 'tiff:Orientation="1"' in text
        if resolution:
            assert opened.info["dpi"] == pytest.approx((300, 300), abs=1)


def test_broken_metadata_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Nonsense in the EXIF block is left out; the picture is read and written."""
    file = io.BytesIO()
    Image.new("RGB", (40, 40)).save(file, "JPEG", exif=b"Exif\0\0nonsense", xmp=b"\xff\xfe")
    (tmp_path / "in.jpg").write_bytes(file.getvalue())
    source = image_files.read_image(tmp_path / "in.jpg")
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        image_files.write(tmp_path / f"out{suffix}", source.pixels, source)
        assert image_files.read(tmp_path / f"out{suffix}").shape == (40, 40, 3)


def test_a_failed_deep_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there stays, nothing is left beside it, and the reason is one sentence."""
    path = tmp_path / "out.tif"
    path.write_bytes(b"precious")
    pixels = np.zeros((40, 40, 3), np.float32)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(image_files, "add_tags", full)
    with pytest.raises(UnwritableOutputError):
        image_files.write(path, pixels, decoding.DecodedImage(pixels, 16, metadata=Metadata({0x010F: "Maker"})))
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]
