"""Files that were once read wrong without a word: each is read right, or refused by its name."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from command_line import run, unpainted
from PIL import Image
from problem_files import (
    ACROSS,
    ALPHA,
    EIGHT,
    GRAY,
    INKS,
    LAB,
    RGB,
    H,
    W,
    as_numbers,
    cut_jpeg,
    gain_map_xmp,
    png,
    psd,
    psd_of_layers_alone,
    tiff,
    tiff_with_thumbnail,
)

from nst_core.batch.batch_files import items, passed_over
from nst_core.imaging.files import decoding, image_files, png_colors
from nst_core.imaging.files.tiff_files import lab_to_srgb
from nst_core.shared.errors import InvalidImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIFFS: dict[str, tuple[bytes, NDArray[Any]]] = {
    "premultiplied": (
        tiff(as_numbers(np.dstack([RGB * ALPHA, ALPHA]), "<u2"), 2, t338=1),
        np.dstack([RGB, ALPHA]),
    ),
    "inks with a spot": (tiff(as_numbers(np.dstack([INKS, ALPHA]), "u1"), 5, t338=0), RGB),
    "RGB with a mask": (tiff(as_numbers(np.dstack([RGB, ALPHA]), "u1"), 2, t338=0), RGB),
    "float Lab": (tiff(LAB.astype("<f4"), 8, t339=3), lab_to_srgb(LAB.astype(np.float32))),
    "16-bit Lab": (
        tiff((np.rint(LAB * [655.35, 256, 256]).astype(int) % 65536).astype("<u2"), 8),
        lab_to_srgb(LAB.astype(np.float32)),
    ),
    "8-bit ICC Lab": (
        tiff(np.rint(LAB * [2.55, 1, 1] + [0, 128, 128]).astype("u1"), 9),
        lab_to_srgb(LAB.astype(np.float32)),
    ),
    "1 bit": (tiff(ACROSS.round().astype(int), 1, bits=1), GRAY.round()),
    "4 bits": (tiff(np.rint(ACROSS * 15).astype(int), 1, bits=4), np.rint(GRAY * 15) / 15),
    "thumbnail first": (tiff_with_thumbnail(as_numbers(RGB, "u1")), RGB),
}


@pytest.mark.parametrize("kind", TIFFS)
def test_a_tiff_of_this_kind_is_read_right(kind: str) -> None:
    """Whatever its numbers are, they mean the colours that they were made from."""
    encoded, wanted = TIFFS[kind]
    found = image_files.decode(encoded, "a.tif")
    assert found.shape == wanted.shape
    near = 0.02 if "8-bit ICC" in kind else 2 * EIGHT if kind == "premultiplied" else EIGHT
    np.testing.assert_allclose(found, wanted, atol=near)


def test_a_tiff_that_cannot_be_read_right_is_refused_with_what_it_is() -> None:
    """The sentence names the bits and their kind, and does not advise a TIFF to who has one."""
    with pytest.raises(InvalidImageError, match="is a TIFF of 12-bit unsigned") as caught:
        image_files.decode(tiff(np.rint(ACROSS * 4095).astype(int), 1, bits=12), "a.tif")
    assert "8 or 16 bits" in caught.value.remedy


def test_png_chunks_tell_colours() -> None:
    """cICP goes before iCCP, that before sRGB, that before gAMA; what is written looks like what was read."""
    pixels = as_numbers(RGB, "u1")
    plain = image_files.decode(png(pixels), "a.png")
    p3 = image_files.decode(png(pixels, cICP=bytes([12, 13, 0, 1])), "a.png")
    assert np.abs(p3 - plain).max() > 0.05
    for same in (
        {"cICP": bytes([1, 13, 0, 1])},
        {"sRGB": b"\0", "gAMA": (100_000).to_bytes(4, "big")},
        {"gAMA": (45_455).to_bytes(4, "big")},
    ):
        np.testing.assert_array_equal(image_files.decode(png(pixels, **same), "a.png"), plain)
    linear = image_files.decode(png(pixels, gAMA=(100_000).to_bytes(4, "big")), "a.png")
    x = 0.5019608
    assert linear[0, 0, 2] == pytest.approx(1.055 * x ** (1 / 2.4) - 0.055, abs=0.01)
    gray = image_files.decode(png(pixels[..., :1], gAMA=(100_000).to_bytes(4, "big")), "a.png")
    assert gray[0, W // 2, 0] == pytest.approx(1.055 * 0.508 ** (1 / 2.4) - 0.055, abs=0.01)


def test_a_png_of_told_colours_is_written_as_it_was(tmp_path: Path) -> None:
    """Display P3 by a chunk becomes Display P3 by a profile: the same numbers, and the same colours."""
    (tmp_path / "in.png").write_bytes(png(as_numbers(RGB, "u1"), cICP=bytes([12, 13, 0, 1])))
    unpainted(tmp_path / "in.png", tmp_path / "out.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), as_numbers(RGB, "u1"))
    np.testing.assert_allclose(
        image_files.read(tmp_path / "out.png"), image_files.read(tmp_path / "in.png"), atol=EIGHT
    )


def test_hdr_by_a_chunk_gets_a_note(tmp_path: Path) -> None:
    """A curve for HDR cannot be kept: the report says so."""
    (tmp_path / "in.png").write_bytes(png(as_numbers(RGB, "u1"), cICP=bytes([9, 16, 0, 1])))
    assert "HDR" in unpainted(tmp_path / "in.png", tmp_path / "out.png")["notes"][0]


def test_a_camera_that_says_adobe_rgb_is_believed(tmp_path: Path) -> None:
    """EXIF's R03: other colours than sRGB's, and a profile in the result that says so to every program."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0xA001: 65535, 0xA005: {1: "R03"}})
    picture = Image.fromarray(as_numbers(RGB, "u1"))
    picture.save(tmp_path / "in.jpg", quality=95, exif=exif)
    picture.save(tmp_path / "plain.jpg", quality=95)
    assert np.abs(image_files.read(tmp_path / "in.jpg") - image_files.read(tmp_path / "plain.jpg")).max() > 0.1
    unpainted(tmp_path / "in.jpg", tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as out, Image.open(tmp_path / "in.jpg") as before:
        assert out.info["icc_profile"] == png_colors.adobe_rgb()
        assert np.abs(np.asarray(out).astype(int) - np.asarray(before)).max() <= 6


def test_a_phones_photograph_keeps_what_is_true_of_a_painting(tmp_path: Path) -> None:
    """Gain maps and films are gone, from the packet too; author, IPTC and camera stay."""
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    iptc = b"\x1c\x02\x05\x00\x04Town"
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc + b"\0" * (len(iptc) % 2)
    app = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
    picture = Image.fromarray(as_numbers(RGB, "u1"))
    picture.save(tmp_path / "in.jpg", exif=exif, xmp=gain_map_xmp(), extra=app)
    for suffix in (".jpg", ".png", ".tif"):
        out = tmp_path / f"out{suffix}"
        report = unpainted(tmp_path / "in.jpg", out)
        assert report["notes"] == []
        with Image.open(out) as opened:
            xmp = opened.info.get("xmp") or opened.info["XML:com.adobe.xmp"]
            text = xmp.decode() if isinstance(xmp, bytes) else xmp
            assert "Somebody" in text
            assert "GainMap" not in text
            assert "MotionPhoto" not in text
            assert opened.getexif()[0x010F] == "Phone"
        assert image_files.read_image(out).metadata.iptc == iptc


def test_a_jpeg_with_a_scratch_is_read_and_one_that_is_cut_is_not() -> None:
    """The last bytes may be missing, as every viewer forgives; a part of the picture may not."""
    encoded = cut_jpeg(0)
    picture = image_files.decode(encoded)
    for cut in (1, 2, 4):
        np.testing.assert_allclose(image_files.decode(encoded[:-cut])[:-16], picture[:-16], atol=EIGHT)
    with pytest.raises(InvalidImageError):
        image_files.decode(encoded[: len(encoded) // 2])


def test_a_raw_file_is_never_painted_as_its_thumbnail() -> None:
    """A file with a camera's colour pattern, whatever it is called, is developed or refused by name."""
    for name in ("shot.nef", "shot.tif"):
        with pytest.raises(InvalidImageError, match="camera's raw file"):
            image_files.decode(tiff_with_thumbnail(as_numbers(RGB, "u1"), photometric=32803), name)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"8BPS\0\1", "Photoshop"),
        (b"v/1\x01", "OpenEXR"),
        (b"\xff\x0a", "JPEG XL"),
        (b"gimp xcf v011", "GIMP document"),
        (b"<?xml version='1.0'?><svg xmlns='", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video"),
        (b"FUJIFILMCCD-RAW", "raw file"),
    ],
)
def test_a_kind_that_cannot_be_read_is_named(start: bytes, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its content, whatever the file is called, and with a remedy."""
    monkeypatch.setattr("nst_core.imaging.files.file_kinds.find_spec", lambda _: None)
    with pytest.raises(InvalidImageError, match=name) as caught:
        image_files.decode(start + bytes(400), "a.png")
    assert "export it" in caught.value.remedy


@pytest.mark.skipif(find_spec("pillow_heif") is None, reason="without the extra files")
def test_heic_and_jpeg_xl_are_read_by_the_extra() -> None:
    """As other programs write them."""
    import pillow_heif  # noqa: PLC0415 - of the extra
    import pillow_jxl  # noqa: F401, PLC0415 - of the extra

    pillow_heif.register_heif_opener()
    for kind in ("HEIF", "JXL"):
        file = io.BytesIO()
        Image.fromarray(as_numbers(RGB, "u1")).save(file, kind, quality=95)
        np.testing.assert_allclose(image_files.decode(file.getvalue(), "a"), RGB, atol=0.1)


@pytest.mark.skipif(find_spec("OpenImageIO") is None, reason="without the extra files")
def test_photoshop_is_read_flattened_and_openexr_as_light(tmp_path: Path) -> None:
    """8 and 16 bits; a document of layers alone is refused, with the remedy; light becomes sRGB."""
    import OpenImageIO as oiio  # noqa: N813, PLC0415 - of the extra

    for kind in ("u1", ">u2"):
        np.testing.assert_allclose(image_files.decode(psd(as_numbers(RGB, kind)), "a.psd"), RGB, atol=EIGHT)
    with pytest.raises(InvalidImageError, match="layers alone"):
        image_files.decode(psd_of_layers_alone(as_numbers(RGB, "u1")), "a.psd")
    buffer = oiio.ImageBuf(oiio.ImageSpec(W, H, 3, "float"))
    buffer.set_pixels(oiio.ROI(), np.full((H, W, 3), 0.2140411, np.float32))
    buffer.write(str(tmp_path / "a.exr"))
    np.testing.assert_allclose(image_files.read(tmp_path / "a.exr"), 0.5, atol=0.002)


@pytest.mark.skipif(find_spec("OpenImageIO") is None, reason="without the extra files")
def test_a_gray_photoshop_document_is_read_in_its_own_profile() -> None:
    """Half of linear light is 0.735 in sRGB."""
    profile = png_colors.profile("linear", png_colors.SRGB, (1, 1, 0, 0, 0), gray=True)
    block = b"8BIM" + (0x040F).to_bytes(2, "big") + bytes(2) + len(profile).to_bytes(4, "big") + profile
    gray = np.full((H, W, 1), 0.5)
    found = image_files.decode(psd(as_numbers(gray, ">u2"), block + b"\0" * (len(profile) % 2)), "a.psd")
    np.testing.assert_allclose(found, np.full((H, W, 3), 0.7354), atol=0.002)


def test_several_pictures_in_a_file_are_told_and_chosen(tmp_path: Path) -> None:
    """Animations and scans of several pages: a note, --page for another, a sentence for one that is not there."""
    frames = [Image.new("RGB", (40, 40), (shade, shade, shade)) for shade in (0, 100, 200)]
    for name in ("a.gif", "a.webp", "a.png", "a.tif"):
        more: dict[str, Any] = {"lossless": True} if name == "a.webp" else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **more)
        out = tmp_path / "out.png"
        assert "3 pictures" in unpainted(tmp_path / name, out, "--overwrite")["notes"][0]
        report = unpainted(tmp_path / name, out, "--page", "3", "--overwrite")
        assert report["notes"] == []
        assert image_files.read(out)[0, 0, 0] == pytest.approx(200 / 255, abs=EIGHT)
        assert "no picture 4" in unpainted(tmp_path / name, out, "--page", "4", "--overwrite")["error"]["message"]


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "avif"])
def test_a_sequence_takes_the_frames_of_an_animation(kind: str, tmp_path: Path) -> None:
    """Each gets a number in its name, and is read as itself; without --sequence an animation is one picture."""
    frames = [Image.new("RGB", (40, 40), (shade, 0, 0)) for shade in (0, 100, 200)]
    path = tmp_path / f"a.{kind}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    found = items([str(path)], tmp_path / "out", frames=True)
    assert [(item.page, item.output.name) for item in found] == [(n, f"a-000{n}.png") for n in (1, 2, 3)]
    reds = [decoding.decode_image(path.read_bytes(), path.name, item.page).pixels[20, 20, 0] for item in found]
    assert np.allclose(reds, np.array([0, 100, 200]) / 255, atol=3 * EIGHT)  # of what compresses with loss
    assert len(items([str(path)], tmp_path / "out")) == 1


def test_a_batch_names_what_it_passes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers' .jfif is taken, raw and HEIC are named with the reason, thumbnails of a NAS are not looked at."""
    monkeypatch.setattr("nst_core.imaging.files.file_kinds.find_spec", lambda _: None)
    folder = tmp_path / "in"
    for name in ("a.jpg", "b.jfif", "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", ".thumbnails/a.jpg", "Thumbs/a.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40)).save(folder / name, "JPEG")
    for name in ("c.HEIC", "d.nef", "e.txt"):
        (folder / name).write_bytes(b"?")
    done = run("batch", folder, "--out", tmp_path / "out", "--preset", "mosaic", "--dry-run", "--json")
    report = json.loads(done.stdout)
    assert [Path(entry["source"]).name for entry in report["pictures"]] == ["a.jpg", "b.jfif"]
    assert [Path(entry["source"]).name for entry in report["passed_over"]] == ["c.HEIC", "d.nef"]
    assert "HEIC" in report["passed_over"][0]["why"]
    assert len(passed_over([str(folder)], tmp_path / "out")) == 2
