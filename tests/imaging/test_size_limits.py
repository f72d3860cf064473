"""Files of more pixels than are held, and of fewer than are painted: --size counts, not what the file has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import run, unpainted
from PIL import Image
from problem_files import as_numbers, png, tiff

from nst_core.imaging.files import decoding, image_files, png_colors
from nst_core.shared.errors import ImageTooLargeError, InvalidImageError

H, W = 96, 128
DOWN, ACROSS = np.mgrid[:H, :W] / np.array([H - 1, W - 1])[:, None, None]
RGB = np.dstack([ACROSS, DOWN, np.full((H, W), 0.5)])
BYTES = as_numbers(RGB, "u1")
NEAR = 0.02


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if 6000 pixels were the most that is held."""
    monkeypatch.setattr(decoding, "MAX_PIXELS", 6000)


def test_a_scan_beyond_the_limit_is_reduced_while_it_is_read(tmp_path: Path) -> None:
    """204 megapixels and --size: the picture in that size, and a note; without --size it is named."""
    scan = Image.new("1", (20400, 10000), 1)
    scan.paste(0, (0, 0, 10200, 10000))
    scan.save(tmp_path / "scan.png")
    report = unpainted(tmp_path / "scan.png", tmp_path / "out.png", "--size", "512")
    assert report["size"] == [512, 251]
    assert "reduced to 512 px" in report["notes"][0]
    found = image_files.read(tmp_path / "out.png")
    assert found[:, :250].max() < NEAR
    assert found[:, -250:].min() > 1 - NEAR
    refused = unpainted(tmp_path / "scan.png", tmp_path / "other.png")
    assert "--size" in refused["error"]["remedy"]


@pytest.mark.usefixtures("small_limit")
def test_a_plan_is_for_the_size_to_which_a_scan_is_reduced(tmp_path: Path) -> None:
    """The same as it will be painted in."""
    Image.new("1", (204, 100), 1).save(tmp_path / "scan.png")
    planned = run("plan", tmp_path / "scan.png", "--size", "72", "--json")
    assert json.loads(planned.stdout)["size"] == [72, 35]


@pytest.mark.usefixtures("small_limit")
def test_every_common_kind_is_reduced_with_its_colours_and_data(tmp_path: Path) -> None:
    """PNG, JPEG, WebP and TIFF, 8 and 16 bits, turned by EXIF, with a profile or a chunk of colours: as it was."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif[274] = 6
    for suffix, more in ((".png", {}), (".jpg", {"quality": 98}), (".webp", {"lossless": True}), (".tif", {})):
        path = tmp_path / f"in{suffix}"
        Image.fromarray(BYTES).save(path, exif=exif, icc_profile=png_colors.adobe_rgb(), **more)
        source = image_files.read_image(path, longest=64)
        assert source.pixels.shape == (64, 48, 3), suffix
        assert source.profile == png_colors.adobe_rgb()
        assert source.own is not None
        wanted = np.rot90(RGB, -1)[::2, ::2]
        np.testing.assert_allclose(source.own / 255, wanted, atol=NEAR, err_msg=suffix)
        assert source.metadata.exif[0x010F] == "Camera"
    deep = tmp_path / "deep.tif"
    deep.write_bytes(tiff(as_numbers(RGB, "<u2"), 2))
    assert image_files.read_image(deep, longest=64).depth == 16
    clear = tmp_path / "clear.png"
    Image.fromarray(np.dstack([BYTES, np.full((H, W), 51, np.uint8)])).save(clear)
    wanted = np.dstack([RGB, np.full((H, W), 0.2)])[::2, ::2]
    np.testing.assert_allclose(image_files.read_image(clear, longest=64).pixels, wanted, atol=NEAR)
    told = tmp_path / "p3.png"
    told.write_bytes(png(BYTES, cICP=bytes([12, 13, 0, 1])))
    small = image_files.read_image(told, longest=64)
    assert small.profile is not None
    assert small.own is not None
    np.testing.assert_allclose(small.own / 255, RGB[::2, ::2], atol=NEAR)


@pytest.mark.usefixtures("small_limit")
def test_masks_of_such_a_picture_are_reduced_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask as large as the picture is no reason to refuse it."""
    Image.fromarray(BYTES).save(tmp_path / "in.png")
    Image.new("L", (W, H), 255).save(tmp_path / "mask.png")
    Image.new("RGB", (64, 64), 255).save(tmp_path / "style.png")
    words = ["stylize", "in.png", "--style", "style.png", "--strength", "0", "--mask", "mask.png", "-o", "out.png"]
    monkeypatch.chdir(tmp_path)
    done = run(*words, "--json", "--size", "64")
    assert json.loads(done.stdout)["size"] == [64, 48]


@pytest.mark.usefixtures("small_limit")
def test_what_cannot_be_reduced_is_refused_as_before(tmp_path: Path) -> None:
    """Odd kinds of TIFF, other formats, a picture that is cut: no wrong colours, and no half picture."""
    odd = {
        "a.tif": tiff(RGB.astype("<f4"), 2, t339=3),
        "b.tif": tiff(as_numbers(np.dstack([RGB, ACROSS]), "u1"), 2, t338=1),
    }
    Image.fromarray(BYTES).save(tmp_path / "c.bmp")
    for name, encoded in odd.items():
        (tmp_path / name).write_bytes(encoded)
    for name in (*odd, "c.bmp"):
        with pytest.raises(ImageTooLargeError):
            image_files.read_image(tmp_path / name, longest=64)
    Image.fromarray(BYTES).save(tmp_path / "d.jpg", quality=98)
    whole = (tmp_path / "d.jpg").read_bytes()
    (tmp_path / "d.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidImageError, match="damaged or cut short"):
        image_files.read_image(tmp_path / "d.jpg", longest=64)


@pytest.mark.usefixtures("small_limit")
def test_a_page_of_a_large_scan_is_reduced(tmp_path: Path) -> None:
    """--page counts as it does for a file that is held."""
    pages = [Image.fromarray(BYTES), Image.fromarray(255 - BYTES)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    second = image_files.read_image(tmp_path / "a.tif", 2, 64)
    np.testing.assert_allclose(second.pixels, 1 - RGB[::2, ::2], atol=NEAR)


def test_an_icon_is_painted_at_the_size_that_is_asked_for(tmp_path: Path) -> None:
    """24 x 24 px and --size 256: 256 px; without it the sentence names the remedy."""
    Image.fromarray(BYTES).resize((24, 24)).save(tmp_path / "icon.png")
    assert unpainted(tmp_path / "icon.png", tmp_path / "out.png", "--size", "256")["size"] == [256, 256]
    assert "--size" in unpainted(tmp_path / "icon.png", tmp_path / "b.png")["error"]["remedy"]
    Image.fromarray(BYTES).resize((24, 2)).save(tmp_path / "line.png")
    refused = unpainted(tmp_path / "line.png", tmp_path / "c.png", "--size", "256")
    assert "at this --size" in refused["error"]["message"]
