"""The built-in styles: complete, small, full of contrast and detail at every scale, and painted alike every time."""

from __future__ import annotations

import dataclasses
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import styles.__main__ as program
from nst_core.shared.presets import lookup
from styles.catalogue import STYLES, Style

pytestmark = pytest.mark.slow

FOLDER = lookup.BUILT_IN
BUDGET = 8_000_000  # bytes for all built-in styles
SLUGS = [style.slug for style in STYLES]
SMALL = (192, 160)
# The least deviation of luma between blurs of 1, 2, 4, ... pixels: half of what the faintest style has.
BANDS = {1: 0.008, 2: 0.010, 4: 0.011, 8: 0.012, 16: 0.015, 32: 0.017}


@cache
def luma(slug: str) -> npt.NDArray[Any]:
    with Image.open(FOLDER / slug / "style.jpg") as picture:
        return np.asarray(picture.convert("L"), np.float32) / 255


def small(slug: str) -> Style:
    style = next(style for style in STYLES if style.slug == slug)
    return dataclasses.replace(style, size=SMALL)


def test_there_are_at_least_twenty_styles_and_each_has_its_folder() -> None:
    """The folders are those of the catalogue."""
    assert len(SLUGS) >= 20
    assert sorted(SLUGS) == sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


@pytest.mark.parametrize("slug", SLUGS)
def test_a_built_in_preset_is_readable_and_as_the_catalogue_says(slug: str) -> None:
    """The engine's own reader takes the folder, and no file is out of date."""
    style = next(style for style in STYLES if style.slug == slug)
    preset = lookup.read_preset(FOLDER / slug)
    assert preset.title == style.title
    assert preset.description == style.description
    assert "CC0" in preset.credits


@pytest.mark.parametrize("slug", SLUGS)
def test_a_style_picture_is_large_and_its_thumbnail_256_px(slug: str) -> None:
    """Both pictures open, in colour, with the promised sides."""
    with Image.open(FOLDER / slug / "style.jpg") as picture:
        assert picture.mode == "RGB"
        assert min(picture.size) >= 1024
        picture.load()
    with Image.open(FOLDER / slug / "thumbnail.jpg") as picture:
        assert picture.size == (256, 256)


def test_all_built_in_styles_together_stay_small() -> None:
    """They travel in every copy of the plug-in."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= BUDGET


@pytest.mark.parametrize("slug", SLUGS)
def test_a_style_has_dark_and_light(slug: str) -> None:
    """A style without a tonal range would make every photograph flat."""
    dark, light = np.percentile(luma(slug), [5, 95])
    assert dark < 0.3
    assert light > 0.7


@pytest.mark.parametrize("slug", SLUGS)
def test_a_style_has_detail_at_every_scale(slug: str) -> None:
    """Forms, strokes and grain: a band of the Laplacian pyramid that is empty would transfer as a hole."""
    picture = luma(slug)
    blurred = [cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in (0.5, *BANDS)]
    for (sigma, least), (finer, coarser) in zip(BANDS.items(), pairwise(blurred), strict=True):
        assert (finer - coarser).std() > least, f"blur of {sigma} px"


@pytest.mark.parametrize(
    "slug", ["ukiyo-e-woodcut", "stained-glass", "pointillism", "sumi-e-ink", "risograph", "night-neon"]
)
def test_a_style_is_painted_alike_every_time(slug: str) -> None:
    """Chance comes from a seed alone."""
    first, second = (np.asarray(program.painted(small(slug), SMALL)) for _ in range(2))
    assert first.shape == (SMALL[1], SMALL[0], 3)
    assert np.array_equal(first, second)


def test_a_repainted_folder_is_a_complete_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program writes all three files of a preset."""
    monkeypatch.setattr(program, "FOLDER", tmp_path / "core" / "styles")
    monkeypatch.setattr(program, "STYLES", (small("ukiyo-e-woodcut"),))
    assert program.main([]) == 0
    folder = tmp_path / "core" / "styles" / "ukiyo-e-woodcut"
    assert sorted(path.name for path in folder.iterdir()) == ["preset.json", "style.jpg", "thumbnail.jpg"]
    assert lookup.read_preset(folder).title == "Ukiyo-e woodcut"


def test_an_unknown_style_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names what there is, and nothing is painted."""
    assert program.main(["fresco"]) == 2
    assert "mosaic" in capsys.readouterr().err
