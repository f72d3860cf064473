"""Faces that the engine found, as outlines and as soft levels of a map."""

from __future__ import annotations

import math

import pytest

from gimp_plugin.strength_map import face_shapes
from nst_core.shared.wire.messages import Face

UPRIGHT = Face(100, 80, 20, 30, 0.0)


def level(face: Face, x: float, y: float, size: tuple[int, int] = (200, 160)) -> int:
    """At a place of the picture, px."""
    width, height, levels = face_shapes.levels([face], size)
    return levels[int(y * height / size[1]) * width + int(x * width / size[0])]


def test_a_map_of_faces_is_white_on_them_and_soft_around() -> None:
    """White inside the ellipse, soft around it, black further away."""
    assert level(UPRIGHT, 100, 80) == level(UPRIGHT, 100, 108) == 255
    assert 0 < level(UPRIGHT, 100, 113) < 255
    assert level(UPRIGHT, 100, 119) == level(UPRIGHT, 130, 80) == 0


def test_a_turned_face_is_turned_clockwise() -> None:
    """A quarter turn swaps width and height; after an eighth the top is on the right."""
    assert level(Face(100, 80, 20, 30, math.pi / 2), 128, 80) == 255
    turned = Face(100, 80, 10, 40, math.pi / 4)
    assert level(turned, 122, 58) == 255
    assert level(turned, 78, 58) == 0


def test_the_outline_lies_on_the_ellipse_that_the_map_fills() -> None:
    """With the same rotation: just inside of it the map is white."""
    face = Face(100, 80, 15, 35, 0.6)
    for x, y in face_shapes.outline(face, 24):
        assert level(face, 100 + 0.95 * (x - 100), 80 + 0.95 * (y - 80)) == 255


def test_a_map_of_a_large_picture_stays_small() -> None:
    """It has no details. Faces outside the picture are cut off, and those of size 0 are not drawn."""
    width, height, levels = face_shapes.levels([Face(0, 0, 900, 900, 0), Face(5, 5, 0, 0, 0)], (6000, 4000))
    assert width * height <= 1.01 * face_shapes.MOST
    assert width / height == pytest.approx(1.5, rel=0.02)
    assert levels[0] == 255
    assert levels[-1] == 0
