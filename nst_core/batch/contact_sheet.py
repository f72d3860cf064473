"""The contact sheet: pictures of one size side by side, each with its name under it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_core.imaging.arrays import Float

PAPER, INK = (250, 249, 246), (38, 38, 40)
SHAPE = 1.5
"""Width / height that a sheet comes close to if the number of columns is not given."""


def columns_for(count: int, height: int, width: int) -> int:
    """The number of columns of `count` pictures (height x width) whose sheet comes closest to SHAPE."""

    def distance(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log(columns * width / (rows * height * 1.1) / SHAPE)) + 0.1 * (columns * rows - count)

    return min(range(1, count + 1), key=distance)


class Layout:
    """The layout of a sheet of `count` pictures (height x width). size: the sheet's width and height, px."""

    def __init__(self, count: int, height: int, width: int, columns: int | None = None) -> None:
        self.columns = min(columns or columns_for(count, height, width), count)
        self.gap = max(8, round(min(height, width) / 16))
        self.font = ImageFont.load_default(max(10, round(width / 20)))
        self._across = width + self.gap
        self._down = height + round(self.gap * 0.5) + sum(_lines(self.font)) + self.gap
        self.size = self.columns * self._across + self.gap, math.ceil(count / self.columns) * self._down + self.gap

    def corner(self, number: int) -> tuple[int, int]:
        """The upper left corner of a picture, x and y."""
        row, column = divmod(number, self.columns)
        return self.gap + column * self._across, self.gap + row * self._down


def draw(pictures: Sequence[tuple[str, Float]], columns: int | None = None) -> Float:
    """The sheet (H, W, 3): pictures (h, w, 3 or 4) of equal size, row by row, each with its name below."""
    height, width = pictures[0][1].shape[:2]
    layout = Layout(len(pictures), height, width, columns)
    sheet = Image.new("RGB", layout.size, PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (name, pixels) in enumerate(pictures):
        x, y = layout.corner(number)
        sheet.paste(_on_paper(pixels), (x, y))
        below = y + pixels.shape[0] + round(layout.gap * 0.5)
        pen.text((x, below), _fitted(name, layout.font, pixels.shape[1]), INK, layout.font)
    return np.asarray(sheet, np.float32) / np.float32(255)


def _lines(font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> tuple[int, int]:
    """Height of a line above and below its baseline, px."""
    if isinstance(font, ImageFont.FreeTypeFont):
        return font.getmetrics()
    return math.ceil(font.getbbox("Ág")[3]), 0  # a Pillow without FreeType has one small font


def _fitted(name: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The name in one line, shortened to at most `width` px."""
    name = " ".join(name.split())
    if font.getlength(name) <= width:
        return name
    while name and font.getlength(f"{name}…") > width:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _on_paper(pixels: Float) -> Image.Image:
    color, alpha = pixels[..., :3], pixels[..., 3:] if pixels.shape[2] == 4 else np.float32(1)
    laid = color * alpha + np.array(PAPER, np.float32) / np.float32(255) * (1 - alpha)
    return Image.fromarray(np.rint(laid.clip(0, 1) * 255).astype(np.uint8))
