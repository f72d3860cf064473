"""TIFFs of all colours, numbers and layouts together: each is read right, or refused with what it is."""

from __future__ import annotations

import io
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import pyvips
import tifffile
from problem_files import ACROSS, ALPHA, EIGHT, GRAY, INKS, LAB, RGB, as_numbers, tiff

from nst_core.imaging.files import image_files
from nst_core.imaging.files.tiff_files import lab_to_srgb
from nst_core.shared.errors import InvalidImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLORS: dict[str, tuple[int, NDArray[Any], NDArray[Any]]] = {
    "gray": (1, ACROSS[..., None], GRAY),
    "gray, white is 0": (0, ACROSS[..., None], 1 - GRAY),
    "RGB": (2, RGB, RGB),
    "inks": (5, INKS, RGB),
}
NUMBERS = ("<u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8", "<f2", "<f4", ">f4", "<f8", ">f8")
LAYOUTS: tuple[dict[str, Any], ...] = (
    *({}, {"planar": True}, {"tile": 16}, {"big": True}),
    *({"planar": True, "big": True}, {"tile": 16, "big": True}),
)


def with_channels(values: NDArray[Any], wanted: NDArray[Any], told: str) -> tuple[NDArray[Any], NDArray[Any], int]:
    """The samples, what they mean, and what the tag of further channels says."""
    if told == "straight":
        return np.dstack([values, ALPHA]), np.dstack([wanted, ALPHA]), 2
    if told == "premultiplied":
        return np.dstack([values * ALPHA, ALPHA]), np.dstack([wanted, ALPHA]), 1
    if told == "two further":
        return np.dstack([values, ALPHA, 1 - ALPHA]), wanted, 0
    return values, wanted, 0


@pytest.mark.parametrize(("color", "numbers"), list(product(COLORS, NUMBERS)))
def test_every_layout_and_channel_of_a_tiff_is_read_right(color: str, numbers: str) -> None:
    """Strips, tiles, planes, BigTIFF; no, straight, premultiplied and further channels: the colours are the same."""
    photometric, values, wanted = COLORS[color]
    for layout, told in product(LAYOUTS, ("none", "straight", "premultiplied", "two further")):
        if told == "premultiplied" and color not in ("gray", "RGB"):
            continue
        samples, meant, extra = with_channels(values, wanted, told)
        more: dict[str, Any] = ({"t338": extra} if told != "none" else {}) | ({"t339": 3} if numbers[1] == "f" else {})
        encoded = tiff(as_numbers(samples, numbers), photometric, order=numbers[0], **layout, **more)
        found = image_files.decode(encoded, "a.tif")
        near = 5 * EIGHT if told == "premultiplied" else EIGHT  # a quarter of alpha makes four of each rounding
        np.testing.assert_allclose(found, meant, atol=near, err_msg=f"{layout}, {told}")


@pytest.mark.parametrize(("color", "numbers"), list(product(COLORS, ("<i1", "<i2", ">i2", "<i4", "<i8", ">i8"))))
def test_signed_integers_are_refused_with_what_they_are(color: str, numbers: str) -> None:
    """What is white among them no two programs agree on; every layout is refused by its bits."""
    photometric, values, _ = COLORS[color]
    for layout in LAYOUTS:
        samples = np.rint(values * np.iinfo(numbers).max * 0.9).astype(numbers)
        encoded = tiff(samples, photometric, order=numbers[0], t339=2, **layout)
        told = f"is a TIFF of {8 * int(numbers[2])}-bit signed integers"
        with pytest.raises(InvalidImageError, match=told) as caught:
            image_files.decode(encoded, "a.tif")
        assert "8 or 16 bits" in caught.value.remedy


def written(values: NDArray[Any], **more: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, **more)
    return file.getvalue()


@pytest.mark.parametrize("numbers", ["u1", "u2", "u4", "u8", "f2", "f4", "f8"])
def test_compressed_and_turned_files_of_other_programs_are_read_right(numbers: str) -> None:
    """Deflate in strips, tiles and planes, each turn of a camera, several pages: as tifffile writes them."""
    rgb, gray = as_numbers(RGB, f"<{numbers}"), as_numbers(ACROSS, f"<{numbers}")
    planes = np.moveaxis(rgb, 2, 0)
    two = np.stack([gray, as_numbers(ALPHA[..., 0], f"<{numbers}")])
    files = {
        "strips": (written(rgb, photometric="rgb", compression="deflate", rowsperstrip=7), RGB),
        "planes": (written(planes, photometric="rgb", planarconfig="separate", compression="deflate"), RGB),
        "tiled planes": (
            written(planes, photometric="rgb", planarconfig="separate", compression="deflate", tile=(16, 16)),
            RGB,
        ),
        "gray with alpha in planes": (
            written(two, photometric="minisblack", planarconfig="separate", extrasamples=["unassalpha"]),
            np.dstack([GRAY, ALPHA]),
        ),
        "pages": (written(np.stack([gray] * 3), photometric="minisblack"), GRAY),
        "ImageJ": (written(gray, imagej=numbers in ("u1", "u2", "f4")), GRAY),
    }
    turned = {1: rgb, 2: rgb[:, ::-1], 3: rgb[::-1, ::-1], 4: rgb[::-1], 5: rgb.swapaxes(0, 1)}
    turned |= {6: np.rot90(rgb), 7: np.rot90(rgb, 2).swapaxes(0, 1), 8: np.rot90(rgb, -1)}
    for number, values in turned.items():
        tag = [(274, 3, 1, number, True)]
        files[f"turn {number}"] = written(np.ascontiguousarray(values), photometric="rgb", extratags=tag), RGB
    for name, (encoded, wanted) in files.items():
        np.testing.assert_allclose(image_files.decode(encoded, "a.tif"), wanted, atol=EIGHT, err_msg=name)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_lab_of_floats_is_read_right_in_every_layout(kind: str) -> None:
    """Whole, in planes, in tiles, and with alpha."""
    wanted, lab = lab_to_srgb(LAB.astype(np.float32)), LAB.astype(kind)
    planes = np.moveaxis(lab, 2, 0)
    files = [
        (written(lab, photometric="cielab"), wanted),
        (written(lab, photometric="cielab", tile=(16, 16)), wanted),
        (written(planes, photometric="cielab", planarconfig="separate"), wanted),
        (written(np.dstack([lab, ALPHA.astype(kind)]), photometric="cielab", extrasamples=["unassalpha"]), None),
    ]
    for encoded, meant in files:
        found = image_files.decode(encoded, "a.tif")
        np.testing.assert_allclose(found, np.dstack([wanted, ALPHA]) if meant is None else meant, atol=2 * EIGHT)


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "jpeg", "webp"])
def test_what_libvips_writes_is_read_right(compression: str) -> None:
    """Compressed in strips and in tiles with smaller copies, the smaller ones no pictures of their own."""
    image = pyvips.Image.new_from_array(as_numbers(RGB, "<u1"), interpretation="srgb")
    for tiled in (False, True):
        encoded = image.tiffsave_buffer(
            compression=compression, tile=tiled, pyramid=tiled, bigtiff=tiled, Q=100, lossless=True, tile_width=16
        )
        np.testing.assert_allclose(image_files.decode(encoded, "a.tif"), RGB, atol=0.03)


def test_what_nobody_here_unpacks_is_refused_with_what_it_is() -> None:
    """Six inks, complex numbers, light in logarithms, doubles in LZW: by their names."""
    doubles = pyvips.Image.new_from_array(RGB.astype("f8")).copy(interpretation="srgb")
    six = np.dstack([RGB, RGB])
    refused = {
        r"8-bit unsigned integers \(ink, 6 channels\)": written(
            as_numbers(six, "<u1"), photometric="separated", extratags=[(332, 3, 1, 2, True)]
        ),
        "64-bit complex numbers": written(ACROSS.astype("c8")),
        r"\(LogLuv, 3 channels\)": written(as_numbers(RGB, "<u2"), photometric="logluv"),
        r"64-bit floating-point numbers \(RGB, 3 channels, compressed by LZW\)": doubles.tiffsave_buffer(
            compression="lzw"
        ),
    }
    for what, encoded in refused.items():
        with pytest.raises(InvalidImageError, match=what):
            image_files.decode(encoded, "a.tif")
