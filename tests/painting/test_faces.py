"""Faces are found where photographs show some, nowhere else, and covered by soft ellipses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import PACKAGE, PHOTOGRAPHS
from PIL import Image

from nst_core.backends.onnx_session import load_graph
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.faces import BORDER, Face, face_mask, find_faces
from nst_core.vgg import weights

pytestmark = pytest.mark.slow

OURS = Path(__file__).resolve().parents[1] / "support" / "photographs"


@dataclass(frozen=True)
class Portrait:
    """A photograph with one face: its middle, and half of its width from ear to ear, all in px."""

    file: Path
    x: float
    y: float
    half_width: float

    @cached_property
    def picture(self) -> Float:
        return image_files.read(self.file)

    def cut(self, sides: float) -> Float:
        """A square around the face, so many of its widths wide."""
        reach = sides * self.half_width
        top, left = (max(0, round(at - reach)) for at in (self.y, self.x))
        return self.picture[top : round(self.y + reach), left : round(self.x + reach)]


ASTRONAUT = Portrait(PHOTOGRAPHS / "astronaut.jpg", 226, 116, 57)
OFFICER = Portrait(OURS / "officer.jpg", 264, 214, 111)
CAMERAMAN = Portrait(OURS / "cameraman.jpg", 239, 157, 38)
PORTRAITS = pytest.mark.parametrize(
    "portrait", [ASTRONAUT, OFFICER, CAMERAMAN], ids=lambda portrait: portrait.file.stem
)
FRONTAL = pytest.mark.parametrize("portrait", [ASTRONAUT, OFFICER], ids=lambda portrait: portrait.file.stem)


def is_at(face: Face, x: float, y: float, half_width: float) -> bool:
    """Whether it lies there, within a quarter of its width, and has about that width."""
    return math.hypot(face.x - x, face.y - y) < half_width / 2 and 0.75 < face.half_width / half_width < 1.33


def prairie(height: int, width: int) -> Float:
    return resize(image_files.read(OURS / "prairie.jpg"), height, width)


def pasted(ground: Float, picture: Float, y: int, x: int) -> Float:
    ground[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return ground


def turned(picture: Float, degrees: float) -> Float:
    """The picture turned clockwise about its middle, by the nearest pixels."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width] - np.array([height / 2, width / 2])[:, None, None]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rows = np.clip(np.rint(y * cos - x * sin + height / 2), 0, height - 1).astype(int)
    columns = np.clip(np.rint(x * cos + y * sin + width / 2), 0, width - 1).astype(int)
    out: Float = picture[rows, columns]
    return out


def test_the_graph_answers_as_its_source() -> None:
    """TensorFlow Lite's own interpreter gave these figures for the original model and this picture of 192 px."""
    picture = Image.open(ASTRONAUT.file).convert("RGB").resize((192, 192), Image.Resampling.BICUBIC)
    pixels = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
    score, box = load_graph(weights.verified(weights.FACES_FILE), 1).run(None, {"image": pixels})
    assert score.shape == (1, 1, 48, 48)
    assert np.unravel_index(score.argmax(), score.shape) == (0, 0, 11, 21)
    assert score.max() == pytest.approx(0.93699, abs=1e-3)
    expected = (-1.020, -0.601, 40.138, 40.136, -9.007, -7.800, 6.502, -6.582)
    np.testing.assert_allclose(box[0, :8, 11, 21], expected, atol=0.03)


@PORTRAITS
def test_a_photographed_face_is_found(portrait: Portrait) -> None:
    """From the front, under a hat, and from the side: one face, in its place."""
    (face,) = find_faces(portrait.picture)
    assert is_at(face, portrait.x, portrait.y, portrait.half_width)
    assert face.score >= 0.6
    assert abs(face.roll) < math.radians(15)


@pytest.mark.parametrize("longer", [1024, 2048])
@PORTRAITS
def test_a_larger_copy_shows_the_same_faces(portrait: Portrait, longer: int) -> None:
    """What is found does not depend on the resolution, and places are told in the picture's own pixels."""
    picture = portrait.picture
    scale = longer / max(picture.shape[:2])
    (face,) = find_faces(resize(picture, round(picture.shape[0] * scale), round(picture.shape[1] * scale)))
    assert is_at(face, portrait.x * scale, portrait.y * scale, portrait.half_width * scale)


@pytest.mark.parametrize("size", [32, 48, 100, 300, 600])
@FRONTAL
def test_faces_of_all_sizes_are_found_in_a_picture_of_a_thousand_pixels(portrait: Portrait, size: int) -> None:
    """From a thirty-second of the picture's side to most of it."""
    cut = portrait.cut(2)
    scale = size / (2 * portrait.half_width)
    small = resize(cut, round(cut.shape[0] * scale), round(cut.shape[1] * scale))[:700]
    y, x = (90, 80) if size > 100 else (330, 280)
    (face,) = find_faces(pasted(prairie(790, 1024), small[:, : 1024 - x], y, x))
    up, left = min(portrait.y, 2 * portrait.half_width), min(portrait.x, 2 * portrait.half_width)
    assert is_at(face, x + left * scale, y + up * scale, size / 2)


@FRONTAL
def test_a_face_that_fills_the_picture_is_found(portrait: Portrait) -> None:
    """Cut at hair and chin."""
    cut = portrait.cut(1.3)
    (face,) = find_faces(cut)
    assert is_at(face, cut.shape[1] / 2, cut.shape[0] / 2, portrait.half_width)


def test_several_faces_are_told_apart_the_surest_first() -> None:
    """Two people side by side, one of them twice as large."""
    ground = prairie(790, 1024)
    first, second = resize(ASTRONAUT.cut(2), 172, 172), resize(OFFICER.cut(1.9), 400, 400)
    found = find_faces(pasted(pasted(ground, first, 60, 40), second, 300, 500))
    assert len(found) == 2
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)
    assert sorted(face.x < 400 for face in found) == [False, True]


@FRONTAL
def test_faces_at_the_border_are_found(portrait: Portrait) -> None:
    """With the ear, and with the hair, outside of the picture."""
    picture = portrait.picture
    left, top = round(portrait.x - 0.8 * portrait.half_width), round(portrait.y - 0.8 * portrait.half_width)
    assert is_at(find_faces(picture[:, left:])[0], portrait.x - left, portrait.y, portrait.half_width)
    assert is_at(find_faces(picture[top:])[0], portrait.x, portrait.y - top, portrait.half_width)


@pytest.mark.parametrize("degrees", [-45, -20, 20, 45])
@FRONTAL
def test_tilted_heads_are_found_with_their_tilt(portrait: Portrait, degrees: int) -> None:
    """Up to half a right angle. Lying heads are not looked for: a picture turned a quarter may show none."""
    cut = portrait.cut(1.9)
    straight, tilted = find_faces(cut)[0], find_faces(turned(cut, degrees))[0]
    assert abs(math.degrees(tilted.roll - straight.roll) - degrees) < 10


@pytest.mark.parametrize("name", ["cat", "coffee", "prairie"])
def test_no_face_is_found_where_no_human_is(name: str) -> None:
    """A cat, a cup and a house under clouds."""
    file = next(folder / f"{name}.jpg" for folder in (PHOTOGRAPHS, OURS) if (folder / f"{name}.jpg").exists())
    picture = image_files.read(file)
    assert find_faces(picture) == ()
    assert find_faces(resize(picture, 1200, 1600)) == ()


PEOPLE = {
    "art-nouveau-poster",
    "charcoal-hatching",
    "comic-ink",
    "gouache",
    "oil-portrait",
    "risograph",
    "watercolour",
}
"""Style pictures with people in them."""
STYLES = [file for file in sorted(PACKAGE.glob("data/styles/*/style.jpg")) if file.parent.name not in PEOPLE]


@pytest.mark.parametrize("style", STYLES, ids=lambda p: p.parent.name)
def test_no_face_is_found_in_a_painting_without_people(style: Path) -> None:
    """Nor in brush strokes and tiles."""
    assert find_faces(image_files.read(style)) == ()


def test_no_face_is_found_in_gray_and_noise() -> None:
    """Black, gray, white, and random pixels fine and coarse."""
    noise = np.random.default_rng(0).random((300, 400, 3), np.float32)
    coarse = resize(noise[:30, :40], 600, 800)
    for picture in (*(np.full((300, 400, 3), value, np.float32) for value in (0, 0.5, 1)), noise, coarse):
        assert find_faces(picture) == ()


@pytest.mark.parametrize("shape", [(32, 2000), (2000, 32), (32, 32), (1, 1), (33, 65), (1, 5000)])
def test_narrow_and_tiny_pictures_are_looked_at(shape: tuple[int, int]) -> None:
    """Whatever the shape, there is an answer."""
    assert find_faces(np.full((*shape, 3), 0.5, np.float32)) == ()
    find_faces(np.resize(ASTRONAUT.picture, (*shape, 3)))


def test_a_face_is_found_in_a_thumbnail() -> None:
    """The whole photograph with 96 px on a side: its face has 21."""
    (face,) = find_faces(resize(ASTRONAUT.picture, 96, 96))
    assert is_at(face, ASTRONAUT.x * 96 / 512, ASTRONAUT.y * 96 / 512, ASTRONAUT.half_width * 96 / 512)


def test_the_picture_is_left_as_it_is() -> None:
    """Finding writes nowhere, and finds the same again."""
    picture = ASTRONAUT.picture
    before = picture.copy()
    assert find_faces(picture) == find_faces(picture)
    np.testing.assert_array_equal(picture, before)


def test_a_mask_is_one_on_the_face_and_falls_smoothly_to_zero() -> None:
    """Along each axis: one up to the ellipse, half in the middle of the border, zero beyond it."""
    face = Face(100, 80, 30, 40, 0, 1)
    mask = face_mask((160, 200), (face,))
    assert mask.shape == (160, 200)
    assert mask.dtype == np.float32
    across, down = mask[80, 100:], mask[80:, 100]
    for line, half in ((across, 30), (down, 40)):
        assert (line[: half - 1] == 1).all()
        assert (line[math.ceil(half * (1 + BORDER)) :] == 0).all()
        assert (np.diff(line) <= 0).all()
        assert abs(np.interp(half * (1 + BORDER / 2) - 0.5, np.arange(len(line)), line) - 0.5) < 0.05
        assert -np.diff(line).min() < 0.3


def test_a_mask_turns_with_the_face() -> None:
    """A quarter clockwise, wide and high change places; an eighth leans to the upper right."""
    upright, lying = Face(50, 50, 15, 30, 0, 1), Face(50, 50, 15, 30, math.pi / 2, 1)
    np.testing.assert_allclose(face_mask((100, 100), (lying,)), face_mask((100, 100), (upright,)).T, atol=1e-5)
    leaning = face_mask((100, 100), (Face(50, 50, 15, 30, math.pi / 4, 1),))
    assert leaning[32, 67] == 1
    assert leaning[32, 32] == 0


def test_masks_of_several_faces_are_the_larger_of_both() -> None:
    """Where two meet, nothing adds up; without faces there is nothing; faces outside do no harm."""
    one, other = Face(40, 50, 20, 25, 0.1, 1), Face(70, 55, 20, 25, -0.2, 1)
    separate = [face_mask((100, 100), (face,)) for face in (one, other)]
    np.testing.assert_array_equal(face_mask((100, 100), (one, other)), np.maximum(*separate))
    assert not face_mask((100, 100), ()).any()
    far = (Face(-300, 50, 20, 25, 0, 1), Face(50, 400, 20, 25, 0, 1))
    assert not face_mask((100, 100), far).any()
    assert face_mask((100, 100), (Face(0, 0, 20, 25, 0, 1),))[0, 0] == 1


@PORTRAITS
def test_a_mask_covers_the_face_and_little_else(portrait: Portrait) -> None:
    """Eyes to mouth wholly, and no more of the picture than an ellipse half as wide again."""
    picture = portrait.picture
    mask = face_mask((picture.shape[0], picture.shape[1]), find_faces(picture))
    reach = portrait.half_width
    middle = mask[round(portrait.y - reach / 2) : round(portrait.y + reach / 2)]
    assert (middle[:, round(portrait.x - reach / 2) : round(portrait.x + reach / 2)] == 1).all()
    assert mask.sum() < math.pi * 1.2 * (1.5 * reach) ** 2
